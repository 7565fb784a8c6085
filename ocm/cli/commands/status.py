"""`ocm status`."""

import click

from ocm.cli import options
from ocm.ui import layout, output


@click.command("status")
@options.project_option
@options.json_option
def command(*, project: str | None, as_json: bool) -> None:
    """Show the store, the active sessions and the gate."""
    from ocm.recall import show

    with options.notices() as notice:
        found = show.status(options.find_store(project), notice)
    if as_json:
        output.as_json(found)
    else:
        layout.status(found)
