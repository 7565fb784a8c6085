"""Sessions in several files, and files in which git left conflict markers: named, and merged when a person asks for it.

Nothing is merged by itself. A safety copy of the whole store comes first, and no line of any file is lost.
"""

import contextlib
import os

from ocm.base.errors import BadInputError, OcmError, UnreadableSessionError
from ocm.markdown import conflicts, unite
from ocm.sessions import archive, backups, session_files
from ocm.sessions.by_hand import Change
from ocm.sessions.session_files import Known
from ocm.store import files, journal, paths
from ocm.store.events import kind_of
from ocm.store.paths import Store

_ATTEMPTS = 5


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


def join(store: Store, kept: str, gone: str) -> str:
    """Merge the session in the file `gone` into the one in `kept`, and return that one's id; nothing is lost.

    The id of the one that goes leads to the other from then on, for whoever asks and for its own conversation.

    Raises:
        BadInputError: it is one session already.
        OcmError: one is in several files, or locked for too long, or leaves open what would swallow the other.
    """
    from ocm.sessions import checkpoints

    ids = [session_files.load(store, name).session.session_id for name in (kept, gone)]
    if ids[0] == ids[1]:
        raise BadInputError(f"Both are the session {ids[0]}.", "Name two sessions.")
    for one in ids:
        if len(of_session(store, one)) > 1:
            raise OcmError(f"The session {one} is in several files.", "Merge these first: ocm doctor --fix")
        if any(kind_of(event) not in {"open", "carry"} for event in journal.read_events(store.path, one)):
            checkpoints.flush(store, one)
    change = Change(store, "merge")
    with contextlib.ExitStack() as locks:
        for path in sorted(session_files.lock_path(store, one) for one in ids):
            locks.enter_context(files.locked(path))
        for _ in range(_ATTEMPTS):
            first, second = (session_files.load(store, name) for name in (kept, gone))
            text = unite.joined(first.text, second.text, gone)
            if change.over(store, first, text) and change.remove(store, second):
                return ids[0]
    raise OcmError("The session files are being changed all the time.", "Try again.")


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
