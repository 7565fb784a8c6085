"""`ocm list`."""

from typing import Any

import click

from ocm.cli import options, quick_commands


@click.command("list")
@options.project_option
@click.option("-n", "--limit", default=10, show_default=True, help="How many to list; -1 for all.")
@options.tool_option
@click.option("--all", "everything", is_flag=True, help="Also those that only asked something and changed nothing.")
@options.json_option
def command(**given: Any) -> None:  # noqa: ANN401 - click gives one keyword an option
    """List the newest sessions."""
    quick_commands.list_sessions(**given)
