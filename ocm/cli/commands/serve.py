"""`ocm serve`."""

import click

from ocm.cli import options


@click.command("serve")
@options.project_option
@click.option(
    "--transport", type=click.Choice(["stdio", "http"]), default="stdio", show_default=True, help="How clients connect."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8765,
    show_default=True,
    help="For http, which listens on 127.0.0.1 only.",
)
@click.option("-f", "--foreground", is_flag=True, hidden=True, help="Accepted for old scripts; it always is.")
def command(*, project: str | None, transport: str, port: int, foreground: bool) -> None:  # noqa: ARG001
    """Run the MCP server; assistants start it."""
    from ocm.mcp import server

    if project and project.startswith("${"):
        project = None  # the host does not know the name, so it says nothing about the project
    server.serve(project, transport, port)
