"""Sessions put away: the folder `archive` of a store is a store of its own, so that a search can include it or not.

A file is moved, never copied: it is in one of the two folders at every moment, and a session that goes on comes back.
"""

import contextlib
import os
import time
from dataclasses import dataclass

from ocm.base import times
from ocm.base.errors import NotFoundError, UnreadableSessionError
from ocm.base.notices import Progress, reported
from ocm.sessions import session_files
from ocm.store import files, journal, paths
from ocm.store.paths import Store

FOLDER = paths.ARCHIVE
CLOSED = "closed"
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Old:
    """A session that can be put away: its file, its id, when it was last updated, and how large it is."""

    name: str
    session_id: str
    updated_at: str
    size: int


def store_of(store: Store) -> Store:
    """Return the store of the sessions that were put away."""
    return store.archive


def exists(store: Store) -> bool:
    """Tell whether anything was ever put away; what leads out of the store is no archive."""
    return os.path.isdir(store_of(store).sessions) and not paths.escapes_project(store_of(store).path)


def old_sessions(store: Store, days: int, *, unfinished: bool = False, progress: Progress | None = None) -> list[Old]:
    """Return the sessions that nothing updated for `days`, oldest first; `unfinished` ones only when asked for.

    One that has a journal is at work, and one that cannot be read is left alone.
    """
    before = time.time() - days * _DAY
    active = set(journal.session_keys(store.path))
    found = []
    for name in reported(_names(store), progress):
        with contextlib.suppress(OSError, UnreadableSessionError):
            known = session_files.load(store, name)
            session = known.session
            stamp = session.updated_at or session.started_at
            is_over = unfinished or session.status == CLOSED
            if is_over and times.instant(stamp) < before and journal.key(session.session_id) not in active:
                found.append(Old(name, session.session_id, stamp, len(known.text.encode())))
    return sorted(found, key=lambda old: (times.instant(old.updated_at), old.name))


def put_away(store: Store, session_id: str, name: str) -> str:
    """Move one session into the archive and return its name there."""
    target = store_of(store)
    files.make_inner_dir(target.path)
    files.make_private_dir(target.sessions)
    return _move(store, target, session_id, name)


def take_out(store: Store, identifier: str) -> str:
    """Move one session, by its id or file name, back out of the archive and return its name.

    Raises:
        NotFoundError: it is not there.
    """
    source = store_of(store)
    if not exists(store):
        raise NotFoundError("Nothing was put away.", "See: ocm list")
    name = identifier if identifier in _names(source) else _located(source, identifier)
    if not name:
        raise NotFoundError(f"There is no session {identifier[:80]!r} in the archive.", "See: ocm search --archived")
    return _move(source, store, session_files.load(source, name).session.session_id, name)


def bring_back(store: Store, session_id: str) -> None:
    """Move a session that goes on back out of the archive, so that it never has two files."""
    if exists(store):
        name = _located(store_of(store), session_id)
        if name:
            _move(store_of(store), store, session_id, name)


def _located(source: Store, session_id: str) -> str:
    from ocm.index import checkpoint_queries

    return checkpoint_queries.locate(source, session_id) or ""


def _move(source: Store, target: Store, session_id: str, name: str) -> str:
    from ocm.index import checkpoint_queries

    outer = target if source.path.startswith(os.path.join(target.path, "")) else source
    with (
        files.locked(session_files.lock_path(outer, session_id)),
        files.locked(os.path.join(outer.path, "names.lock")),
    ):
        free = free_name(target, name)
        os.rename(os.path.join(source.sessions, name), os.path.join(target.sessions, free))
        files.sync_folder(target.sessions)
        files.sync_folder(source.sessions)
    checkpoint_queries.refresh(source, name)
    checkpoint_queries.refresh(target, free)
    return free


def free_name(store: Store, name: str) -> str:
    """Return `name`, with a number where a file of the store has it."""
    stem = name.removesuffix(".md")
    names = [name, *(f"{stem}-{number}.md" for number in range(2, 1000))]
    return next(one for one in names if not os.path.lexists(os.path.join(store.sessions, one)))


def _names(store: Store) -> list[str]:
    try:
        return sorted(name for name in os.listdir(store.sessions) if paths.is_session_file(name))
    except OSError:
        return []
