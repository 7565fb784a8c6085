"""`ocm status`."""

import click

from ocm.cli import options, quick_commands


@click.command("status")
@options.project_option
@options.json_option
def command(*, project: str | None, as_json: bool) -> None:
    """Show the store, the active sessions and the gate."""
    quick_commands.status(project=project, as_json=as_json)
