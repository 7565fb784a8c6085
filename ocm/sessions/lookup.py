"""Which session file is meant by an id, a unique prefix of one, a slug, a file name, or `latest`."""

import os

from ocm.base.errors import NotFoundError, suggestion
from ocm.base.notices import Notice, ignore
from ocm.base.text import one_line
from ocm.sessions import session_files
from ocm.store import paths
from ocm.store.paths import Store

_CANDIDATES, _COMPARED = 5, 2_000


def find(store: Store, identifier: str, notice: Notice = ignore) -> str:
    """Return which session file `identifier` means: an id, a unique prefix, a slug, a file name, `latest`.

    Raises:
        NotFoundError: nothing, or more than one session, answers to it.
        UnreadableSessionError: it means a file that cannot be parsed.
    """
    from ocm.index import access

    rows = access.read(store, lambda cache: cache.find(identifier), notice=notice)
    ids = list(dict.fromkeys(row.session_id for row in rows))
    if not ids:
        if name := _unlisted(store, identifier):
            return name
        said = f"There is no session {one_line(identifier, 80)!r} in {store.path}."
        raise NotFoundError(said, f"{_nearest(store, identifier)}See: ocm list")
    if len(ids) > 1:
        some = ", ".join(ids[:_CANDIDATES])
        raise NotFoundError(
            f"{one_line(identifier, 80)!r} may mean {len(ids)} sessions: {some}.", "Give more of the id."
        )
    return rows[0].file


def _nearest(store: Store, identifier: str) -> str:
    """Return a question after the session whose id, slug or file is nearest."""
    from ocm.index import access

    rows = access.read(store, lambda cache: cache.sessions(_COMPARED))
    return suggestion(identifier, [name for row in rows for name in (row.slug, row.session_id, row.file) if name])


def find_anywhere(store: Store, identifier: str, notice: Notice = ignore) -> tuple[Store, str]:
    """Return the session file that `identifier` means, and which store has it: this one or its archive.

    Raises:
        NotFoundError: neither has it, or there is more than one.
    """
    from ocm.sessions import archive

    try:
        return store, find(store, identifier, notice)
    except NotFoundError:
        if not archive.exists(store):
            raise
        return archive.archive_of(store), find(archive.archive_of(store), identifier, notice)


def _unlisted(store: Store, identifier: str) -> str:
    """Return the file that is meant although no list has it: it cannot be parsed, which is said, or does not count."""
    is_there = paths.is_session_file(identifier) and os.path.lexists(os.path.join(store.sessions, identifier))
    name = identifier if is_there else session_files.locate(store, identifier, [])
    if name:
        session_files.load(store, name)
    return name
