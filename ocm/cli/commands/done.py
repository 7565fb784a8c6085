"""`ocm done`, and how an item comes off the list, which `ocm drop` shares."""

import click

from ocm.cli import options
from ocm.ui import output


@click.command("done")
@options.project_option
@click.argument("number", metavar="N", type=int)
def command(*, project: str | None, number: int) -> None:
    """Tick an item off the list of what is to be done.

    N is its number in `ocm todo`. It is changed in the session files that hold it, as a person would.
    """
    take_off(project, number, done=True)


def take_off(project: str | None, number: int, *, done: bool) -> None:
    """Take the item of that number off the list of what is to be done, in every session that holds it."""
    from ocm.base.sanitize import clean_line
    from ocm.recall import todo
    from ocm.sessions import hand_edits

    store = options.find_store(project)
    with options.notices() as notice:
        item = todo.numbered(store, number, notice)
    hand_edits.finish(store, item.holders, done=done)
    output.notice(f"{'Done' if done else 'Dropped'}: {clean_line(item.text)}")
