"""`ocm edit`."""

import click

from ocm.cli import completion, options
from ocm.ui import output


@click.command("edit")
@options.project_option
@click.argument("identifier", metavar="ID", shell_complete=completion.sessions)
@click.option("--title", metavar="T", help="What it is to be called.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag to add; repeatable.")
@click.option("--untag", "untags", multiple=True, metavar="T", help="A tag to take away; repeatable.")
@click.option("--pin/--unpin", "pinned", default=None, help="Mark it as one to keep in sight, or no longer.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    identifier: str,
    title: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    pinned: bool | None,
) -> None:
    """Change what a session is called and marked with.

    ID is a session id or the unique beginning of one, a slug, a file name, or `latest`.
    """
    from ocm.sessions import hand_edits, lookup, session_files

    store = options.find_store(project)
    place, name = lookup.find_anywhere(store, identifier, notice=output.notice)
    session_id = session_files.load(place, name).session.session_id
    hand_edits.label(store, place, session_id, hand_edits.Labels(title, tags, untags, pinned))
    output.notice(f"Changed: {name}")
