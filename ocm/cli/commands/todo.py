"""`ocm todo`."""

import click

from ocm.base.sanitize import clean_line
from ocm.cli import options
from ocm.ui import output


@click.command("todo")
@options.project_option
@click.argument("words", metavar="[add TEXT]", nargs=-1)
@options.json_option
def command(*, project: str | None, words: tuple[str, ...], as_json: bool) -> None:
    """List what is to be done, or add to it.

    What no session, no commit and nobody finished, over all sessions, each with the number that `ocm done` and
    `ocm drop` take.
    """
    from ocm.recall import todo
    from ocm.sessions import hand_edits

    store = options.find_store(project)
    if words and (words[0] != "add" or len(words) == 1):
        raise click.UsageError("Accepted: ocm todo, or ocm todo add TEXT.")
    if words:
        added = hand_edits.add(store, " ".join(words[1:]))
        output.notice(f"To be done: {clean_line(added)}")
        return
    with options.notices() as notice:
        found = todo.open_items(store, notice)
    if as_json:
        output.as_json([one.as_json() for one in found])
        return
    for one in found:
        output.say(f"{one.number:3} {clean_line(one.text)} · {one.row.updated_at[:10]} · {clean_line(one.row.title)}")
    if not found:
        output.say("Nothing is open.")
