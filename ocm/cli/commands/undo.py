"""`ocm undo`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ocm.cli import options
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.sessions.by_hand import Step, Undo

_MOST_LINES = 20


@click.command("undo")
@options.project_option
@options.dry_run_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(*, project: str | None, dry_run: bool, yes: bool) -> None:
    """Undo the last change by hand.

    That is the last of note, edit, todo add, done, drop and merge. It says first what it would do, and does nothing
    where the session was changed since. What is undone goes into a safety copy.
    """
    from ocm.sessions import by_hand

    store = options.find_store(project)
    found = by_hand.last(store)
    for line in _lines(found):
        output.say(line)
    if dry_run:
        return
    if not yes:
        click.confirm("Undo this?", abort=True, err=True)
    by_hand.undo(store, found)
    output.notice(f"Undone: {found.what}.")


def _lines(found: "Undo") -> Iterator[str]:
    """Yield what would be undone: the command, when, and what becomes of which file."""
    from ocm.base import times

    yield f"ocm {found.what} · {output.day(times.iso(found.at))}"
    for step in found.steps:
        yield f"{step.name} ({_fate(step)})"
        lines = list(_changes(step))
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"  … {len(lines) - _MOST_LINES} more lines"


def _fate(step: "Step") -> str:
    if step.before is None:
        return "goes"
    return "comes back" if step.now is None else "as it was before"


def _changes(step: "Step") -> Iterator[str]:
    """Yield the lines that go and come, where a file stays."""
    import difflib

    if step.now is None or step.before is None:
        return
    compared = difflib.unified_diff(step.now.splitlines(), step.before.splitlines(), n=0, lineterm="")
    yield from (f"  {line}" for line in list(compared)[2:] if not line.startswith("@@"))
