"""`ocm edit`."""

from typing import TYPE_CHECKING

import click

from ocm.cli import completion, options
from ocm.ui import output

if TYPE_CHECKING:
    from ocm.store.paths import Store


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
    """Correct a session.

    Without an option all of it opens in your editor (VISUAL, else EDITOR), as a copy that is checked before it counts:
    what cannot be read as a session is refused with its line, and kept. ID is a session id or the unique beginning of
    one, a slug, a file name, or `latest`.
    """
    from ocm.sessions import hand_edits, lookup, session_files

    store = options.find_store(project)
    place, name = lookup.find_anywhere(store, identifier, notice=output.notice)
    if title is None and pinned is None and not tags and not untags:
        _in_editor(store, place, name)
        return
    session_id = session_files.load(place, name).session.session_id
    hand_edits.label(store, place, session_id, hand_edits.Labels(title, tags, untags, pinned))
    output.notice(f"Changed: {name}")


def _in_editor(store: "Store", place: "Store", name: str) -> None:
    """Open a copy of a session in the person's editor, again until it counts or they have had enough."""
    import os

    from ocm.base.errors import OcmError
    from ocm.cli import editor
    from ocm.sessions import hand_edits

    if not editor.is_there():
        path = os.path.join(place.sessions, name)
        raise OcmError(
            "There is no terminal to edit on.",
            f"Give --title, --tag, --untag, --pin or --unpin, or edit {path} itself.",
        )
    draft = hand_edits.draft(place, name, store)
    while True:
        editor.run(draft.path)
        try:
            is_new = hand_edits.retype(store, place, draft)
        except OcmError as error:
            output.notice(str(error))
            if not click.confirm("Edit it again?", default=True, err=True):
                raise OcmError("Nothing was changed.", f"What you wrote is kept in {draft.path}.") from None
            continue
        output.notice(f"Changed: {name}" if is_new else "Nothing was changed.")
        return
