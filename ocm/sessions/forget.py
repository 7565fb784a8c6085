"""Removing a session for good: from its file, its journals, caches, logs, archive, backups and imports.

What is to go is noted first and the note removed last, so that the next process finishes what a killed one began.
Journals go before the file, because a journal without its file would become a new one.
"""

import contextlib
import json
import os
from dataclasses import dataclass

from ocm.base.errors import OcmError
from ocm.markdown import parse
from ocm.sessions import archive, backups, export_format, import_batches, session_files
from ocm.store import files, forgotten, journal, paths, tracked
from ocm.store.paths import Store

_PREFIX, _SUFFIX = "forget_", ".json"
_MAX_NOTE = 4096


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed: files by name, and lines of logs that spoke of the session; backups that could not be read."""

    session_id: str
    files: list[str]
    log_lines: int
    unread: list[str]


def forget(store: Store, session_id: str) -> Forgotten:
    """Remove every trace of a session from the store; git may still have one, where the store is tracked.

    Raises:
        OcmError: it is locked for too long; what was begun is finished by the next start or the next call.
    """
    with files.upkeep(store.path) as owner:
        ids = [session_id, *_merged_into(store, session_id)]
        note = {"session": session_id, "merged": ids[1:]}
        files.atomic_write(_note_path(store, session_id), json.dumps(note).encode(), owner=owner)
        return _carry_out(store, ids, owner)


def forget_file(store: Store, place: Store, name: str) -> None:
    """Remove one of several files of a session, in the store or its archive; the session stays with the others.

    Raises:
        OcmError: the session is locked for too long.
    """
    session_id = session_files.load(place, name).session.session_id
    with files.upkeep(store.path), files.locked(session_files.lock_path(store, session_id)):
        session_files.remove(place, [name])
    archive.rebuild_caches(store)


def is_pending(store: Store) -> bool:
    """Return whether a note says that a session is to be forgotten: left by a killed process, or part of a project."""
    return bool(_notes(store))


def finish(store: Store) -> None:
    """Finish what a killed process of this user began to forget."""
    for name in _notes(store):
        with contextlib.suppress(OSError, ValueError, OcmError, AttributeError), files.upkeep(store.path) as owner:
            note = json.loads(paths.read_regular(os.path.join(store.path, name), _MAX_NOTE))
            session_id, merged = note.get("session"), note.get("merged", [])
            if isinstance(session_id, str) and _note_path(store, session_id).endswith(os.sep + name):
                _carry_out(store, [session_id, *parse.ids_of(merged)], owner)


def _merged_into(store: Store, session_id: str) -> list[str]:
    """Return the ids of the sessions that were merged into one, whichever of its files says so."""
    found = []
    for place, _ in archive.places(store):
        for name in filter(paths.is_session_file, sorted(os.listdir(place.sessions))):
            with contextlib.suppress(OSError, OcmError):
                text = session_files.text(place, name)
                found += parse.merged_ids_of(text) if parse.session_id_of(text) == session_id else []
    return list(dict.fromkeys(found))


def _carry_out(store: Store, ids: list[str], owner: str) -> Forgotten:
    """Remove every trace of a session, and of those that were merged into it."""
    gone, unread, lines = [], [], 0
    for session_id in reversed(ids):  # its own file goes last: until then it says what else there is
        forgotten.add(store, session_id, owner)
        with files.locked(session_files.lock_path(store, session_id)):
            _drop_journals(store, session_id)
            gone += [name for place, _ in archive.places(store) for name in _drop_files(place, session_id)]
        for key in journal.session_keys(store.path):
            _forget_in_journals(store, key, session_id, owner)
        unread += _forget_in_backups(store, session_id, owner)
        import_batches.forget(store, session_id, owner)
        lines += sum(_forget_in_log(os.path.join(store.path, name), session_id, owner) for name in journal.LOGS)
    archive.rebuild_caches(store)
    _forget_what_was_said(ids)
    session_id = ids[0]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_note_path(store, session_id))
    files.sync_folder(store.path)
    return Forgotten(session_id, gone, lines, list(dict.fromkeys(unread)))


def _forget_what_was_said(ids: list[str]) -> None:
    """Take the conversations out of the cache of transcripts; the host's own files are the host's."""
    from ocm.index import transcripts

    home = paths.user_store()
    for session_id in ids if home else ():
        transcripts.forget(home, session_id)


def _drop_journals(store: Store, session_id: str) -> None:
    journal.take_over(store.path, session_id)
    for path in (*journal.taken_paths(store.path, session_id), *journal.large_paths(store.path, session_id)):
        os.unlink(path)
    files.sync_folder(store.path)


def _forget_in_journals(store: Store, key: str, session_id: str, owner: str) -> None:
    """Take the session out of what another one was told of; hooks go on in a new journal meanwhile."""
    needle = json.dumps(session_id).encode()
    if not any(needle in data for _, data in journal.every(store.path, key)):
        return
    with files.locked(session_files.lock_path(store, key)):
        journal.take_over(store.path, key)
        for path in journal.taken_paths(store.path, key):
            data = paths.read_regular(path, paths.MAX_JOURNAL_FILE)
            lines = [_untold(line, session_id) if needle in line else line for line in data.split(b"\n")]
            if (kept := b"\n".join(lines)) != data:
                files.atomic_write(path, kept, owner=owner)


def _untold(line: bytes, session_id: str) -> bytes:
    """Return a line of a journal whose list of sessions that were told of does not name the session."""
    event = journal.parse_line(line)
    told = event.get("recall") if event else None
    if event is None or not isinstance(told, list):
        return line
    left = [name for name in told if name != session_id]
    return json.dumps({**event, "recall": left}, separators=(",", ":")).encode()


def _drop_files(place: Store, session_id: str) -> list[str]:
    """Remove every file that says it holds the session, and what a killed writer of it left."""
    files.clear_temporary(place.sessions, journal.key(session_id))
    names = sorted(filter(paths.is_session_file, os.listdir(place.sessions)))
    gone = [name for name in names if session_files.holds(place, name, session_id)]
    session_files.remove(place, gone)
    return gone


def _forget_in_backups(store: Store, session_id: str, owner: str) -> list[str]:
    """Take the session out of every backup, and return those that cannot be read in part, and may hold it still."""
    unread = []
    for path in backups.drafts(store, session_id):
        backups.remove(path)
    for path in backups.list_paths(store):
        try:
            found = export_format.read(path)
        except (OSError, OcmError):
            unread.append(path)
            continue
        if found.troubles:
            unread.append(path)
        if session_id in backups.changed(found):
            backups.remove(path)
            continue
        kept = [entry for entry in found.entries if parse.session_id_of(entry.text) != session_id]
        if len(kept) < len(found.entries):
            export_format.write(path, store, kept, owner=owner, others=found.others, change=found.change)
    return unread


def _forget_in_log(path: str, session_id: str, owner: str) -> int:
    """Take the lines that name the session out of a log, and return how many these were."""
    try:
        lines = paths.read_regular(path, paths.MAX_LOG_FILE).split(b"\n")
    except OSError:
        return 0
    needles = {session_id.encode("utf-8", "backslashreplace"), journal.key(session_id).encode()}
    kept = [line for line in lines if not any(needle in line for needle in needles)]
    if len(kept) < len(lines):
        files.atomic_write(path, b"\n".join(kept), owner=owner)
    return len(lines) - len(kept)


def _note_path(store: Store, session_id: str) -> str:
    return os.path.join(store.path, f"{_PREFIX}{journal.key(session_id)}{_SUFFIX}")


def _notes(store: Store) -> list[str]:
    try:
        found = [name for name in os.listdir(store.path) if name.startswith(_PREFIX) and name.endswith(_SUFFIX)]
    except OSError:
        return []
    came = tracked.names(store.path) if found else frozenset()
    return [name for name in found if not tracked.holds(came, name)]
