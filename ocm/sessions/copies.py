"""Sessions in several files, and files in which git left conflict markers: named, and merged when a person asks for it.

Nothing is merged by itself. A safety copy of the whole store comes first, and no line of any file is lost.
"""

import os

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import conflicts, unite
from ocm.sessions import archive, backups, session_files
from ocm.sessions.session_files import Known
from ocm.store import files, paths
from ocm.store.paths import Store


def of_session(place: Store, session_id: str) -> list[str]:
    """Return the files of a session that can be read, the one that counts first."""
    return _by_session(place).get(session_id, [])


def several(place: Store) -> list[list[str]]:
    """Return the files of each session that has several, the one that counts first."""
    return [names for names in _by_session(place).values() if len(names) > 1]


def conflicted(place: Store) -> list[str]:
    """Return the files in which git left conflict markers, and of which both sides can be read."""
    return [known.name for known in _readable(place) if known.text != session_files.text(place, known.name)]


def merge_all(store: Store) -> list[str]:
    """Merge the files of each session into the one that counts, and what conflict markers hold; returns their names.

    Raises:
        OcmError: a session is locked for too long, or something left open in a file would swallow the others.
    """
    merged = []
    with files.upkeep(store.path) as owner:
        backups.create(store, "merge", owner=owner)
        for place, _ in archive.places(store):
            marked = set(conflicted(place))
            every = _by_session(place).items()
            merged += [
                _merge(store, place, one) for one, names in every if len(names) > 1 or marked.intersection(names)
            ]
    return merged


def _merge(store: Store, place: Store, session_id: str) -> str:
    from ocm.index import checkpoint_queries

    with files.locked(session_files.lock_path(store, session_id)):
        name, *others = of_session(place, session_id)
        text = conflicts.resolved(session_files.text(place, name))
        for other in others:
            text = unite.united(text, conflicts.resolved(session_files.text(place, other)), other)
        session_files.put(place, name, text, session_id)
        session_files.remove(place, others)
    for changed in (name, *others):
        checkpoint_queries.refresh(place, changed)
    return name


def _by_session(place: Store) -> dict[str, list[str]]:
    found: dict[str, list[Known]] = {}
    for known in _readable(place):
        found.setdefault(known.session.session_id, []).append(known)
    return {session_id: [one.name for one in sorted(each, key=_rank)] for session_id, each in found.items()}


def _rank(known: Known) -> tuple[float, int, str]:
    """Return what tells which of several files counts, as the index has it."""
    from ocm.index import scan

    return -scan.updated(known.session, known.name), len(known.name), known.name


def _readable(place: Store) -> list[Known]:
    found = []
    for name in sorted(os.listdir(place.sessions)) if os.path.isdir(place.sessions) else []:
        if paths.is_session_file(name):
            try:
                found.append(session_files.load(place, name))
            except (UnreadableSessionError, OSError):  # named by whoever lists the sessions
                continue
    return found
