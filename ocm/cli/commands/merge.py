"""`ocm merge`."""

import click

from ocm.cli import completion, options
from ocm.ui import output


@click.command("merge")
@options.project_option
@click.argument("kept", metavar="A", shell_complete=completion.sessions)
@click.argument("gone", metavar="B", shell_complete=completion.sessions)
def command(*, project: str | None, kept: str, gone: str) -> None:
    """Make one session of two that are one.

    B goes into A: the items of both in the order of their times, each once, and no line is lost. The id of B leads to A
    from then on, and a conversation that still goes on under it is kept there. `ocm undo` takes them apart again.
    """
    from ocm.sessions import copies, lookup

    store = options.find_store(project)
    names = [lookup.find(store, one, notice=output.notice) for one in (kept, gone)]
    copies.join(store, *names)
    output.notice(f"Merged: {names[1]} into {names[0]}")
