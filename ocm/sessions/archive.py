"""Archived sessions: the folder `archive` of a store is a store of its own, so that a search can include it or not.

A file is moved, never copied: it is in one of the two folders at every moment, and a session that goes on comes back.
"""

import contextlib
import os
import time
from collections.abc import Iterator
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
class OldSession:
    """A session that can be archived: its file, its id, when it was last updated, and how large it is."""

    name: str
    session_id: str
    updated_at: str
    size: int


def archive_of(store: Store) -> Store:
    """Return the store of the archived sessions."""
    return store.archive


def exists(store: Store) -> bool:
    """Return whether anything was ever archived; a folder that leads out of the store is no archive."""
    return os.path.isdir(archive_of(store).sessions) and not paths.escapes_project(archive_of(store).path)


def places(store: Store) -> Iterator[tuple[Store, bool]]:
    """Return the store and, if there is one, its archive; each only if it has a folder of sessions."""
    if os.path.isdir(store.sessions):
        yield store, False
    if exists(store):
        yield archive_of(store), True


def old_sessions(
    store: Store, days: int, *, unfinished: bool = False, progress: Progress | None = None
) -> list[OldSession]:
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
                found.append(OldSession(name, session.session_id, stamp, len(known.text.encode())))
    return sorted(found, key=lambda old: (times.instant(old.updated_at), old.name))


def archive_session(store: Store, session_id: str, name: str) -> str:
    """Move one session into the archive and return its name there."""
    target = archive_of(store)
    files.make_inner_dir(target.path)
    files.make_private_dir(target.sessions)
    return _move(store, target, session_id, name)


def restore(store: Store, identifier: str) -> str:
    """Move one session, by its id or file name, back out of the archive and return its name.

    Raises:
        NotFoundError: it is not there.
    """
    source = archive_of(store)
    if not exists(store):
        raise NotFoundError("Nothing is archived.", "See: ocm list")
    name = identifier if identifier in _names(source) else _locate(source, identifier)
    if not name:
        raise NotFoundError(f"There is no session {identifier[:80]!r} in the archive.", "See: ocm search --archived")
    return _move(source, store, session_files.load(source, name).session.session_id, name)


def restore_if_archived(store: Store, session_id: str) -> None:
    """Move a session that goes on back out of the archive, so that it never has two files."""
    if exists(store):
        name = _locate(archive_of(store), session_id)
        if name:
            _move(archive_of(store), store, session_id, name)


def _locate(source: Store, session_id: str) -> str:
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
        session_files.move(source, name, target, free)
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


def rebuild_caches(store: Store) -> None:
    """Rebuild the caches in new files, and remove the damaged one that was kept: an old page may hold deleted text."""
    from ocm.index import sync

    for place, _ in places(store):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.database + ".damaged")
        sync.rebuild(place)
