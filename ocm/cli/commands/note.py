"""`ocm note`."""

import os

import click

from ocm.cli import options
from ocm.store import paths
from ocm.ui import output


@click.command("note")
@options.project_option
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@click.option("--file", "place", metavar="PATH[:LINE]", help="What it is about: `ocm why` shows it there.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag of the day's notes; repeatable.")
def command(*, project: str | None, words: tuple[str, ...], place: str | None, tags: tuple[str, ...]) -> None:
    """Keep a note of your own.

    It is found, listed and told to new conversations as a decision is, and marked as a person's.
    """
    from ocm.base.sanitize import clean_line
    from ocm.provenance import why as reasons
    from ocm.sessions import hand_edits

    store = options.find_store(project)
    path, line = "", None
    if place:
        exists = os.path.lexists(place) or os.path.lexists(os.path.join(store.root, place))
        named, line, _ = reasons.parsed(place, exists=exists)
        path = paths.named(store, named)
    noted = hand_edits.note(store, " ".join(words), path=path, line=line, tags=tags)
    output.notice(f"Noted: {clean_line(noted)}")
