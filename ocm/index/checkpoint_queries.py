"""What a checkpoint asks of the cache: which file holds a session, what others edited, and that a row be read again."""

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Iterable

from ocm.index import scan, schema, writer
from ocm.index.file_format import encodable, stat_hash
from ocm.index.sync import SHORT, TROUBLE
from ocm.store.paths import Store, is_session_file

_QUIET = 250_000_000  # nanoseconds after which no checkpoint is between writing its file and refreshing its row
_PLAIN = re.compile(r"[A-Za-z0-9-]+")


def locate(store: Store, session_id: str) -> str | None:
    """Return the name of the file that holds a session, whatever state the cache is in.

    A row names it, and the file is looked at; else the cache is known to be complete; else the front matters of the
    files it does not know are read.
    """
    session_id = encodable(session_id)
    with contextlib.suppress(sqlite3.Error, OSError):
        db = schema.connect(store, wait=SHORT)
        if db is not None:
            with contextlib.closing(db):
                return _locate(db, store, session_id)
    return _look_through(store, session_id, scan.names(store))


def refresh(store: Store, file: str, *, before: int | None = None) -> None:
    """Read one session file again after a checkpoint wrote, renamed or removed it; trouble is left to the next reader.

    Args:
        store: Whose cache.
        file: The name of the file.
        before: The `folder_stamp` just before the write. A cache that was complete then is complete now.
    """
    if not is_session_file(file) or encodable(file) != file:
        return  # no row can be its
    with contextlib.suppress(*TROUBLE):
        record = scan.load(store, file)
        db = schema.connect(store, wait=SHORT)
        if db is None:
            return
        with contextlib.closing(db), schema.writing(store, db, wait=SHORT):
            if record is None:
                writer.drop(db, file)
            else:
                writer.put(db, record)
            if before and before == writer.folder(db):
                writer.note_folder(db, scan.folder_stamp(store))


def edited_since(store: Store, since: float, *, project: str, exclude: str) -> set[str]:
    """Return the paths of sessions of `project`, other than `exclude`, that were updated since an instant.

    What the cache knows is enough: this only keeps the work of one session from being listed for another.
    """
    sql = (
        "SELECT f.path FROM session_files f JOIN sessions s ON s.id = f.session"
        " WHERE s.updated >= ? AND s.project = ? AND s.session_id <> ?"
    )
    with contextlib.suppress(sqlite3.Error, OSError):
        db = schema.connect(store, wait=SHORT)
        if db is not None:
            with contextlib.closing(db):
                return {str(path) for (path,) in db.execute(sql, (since, project, exclude))}
    return set()


def _locate(db: sqlite3.Connection, store: Store, session_id: str) -> str | None:
    sql = f"SELECT file, mark FROM sessions WHERE session_id = ? {writer.BEST}"  # noqa: S608 - a constant
    for file, known in db.execute(sql, (session_id,)).fetchall():
        if _holds(store, file, known, session_id):
            return str(file)
    sql = "SELECT s.file, s.mark FROM session_names n JOIN sessions s ON s.id = n.session WHERE n.name = ?"
    for file, known in db.execute(f"{sql} {writer.BEST}", (session_id,)).fetchall():
        if _holds(store, file, known, session_id):
            return str(file)
    unreadable = [file for (file,) in db.execute("SELECT file FROM sessions WHERE error IS NOT NULL ORDER BY file")]
    if is_complete(db, store):
        return _look_through(store, session_id, unreadable)
    known = {file for (file,) in db.execute("SELECT file FROM sessions WHERE error IS NULL")}
    return _look_through(store, session_id, (name for name in scan.names(store) if name not in known))


def is_complete(db: sqlite3.Connection, store: Store) -> bool:
    """Return whether no file came, went or was renamed since the cache knew every one, and none is being written."""
    stamp = scan.folder_stamp(store)
    return 0 < stamp == writer.folder(db) and stamp < time.time_ns() - _QUIET


def _holds(store: Store, file: str, known: int, session_id: str) -> bool:
    """Return whether a file is as its row says, or at least holds the session still; a row alone proves nothing."""
    if not is_session_file(file):
        return False
    try:
        if stat_hash(file, os.lstat(os.path.join(store.sessions, file))) == known:
            return True
    except OSError:
        return False
    own, merged = _ids_in(store, file)
    return session_id in {own, *merged}


def _look_through(store: Store, session_id: str, names: Iterable[str]) -> str | None:
    """Return which of these files says that it holds a session; of several the one that was updated last.

    One that another session was merged into holds that, too, where no file holds it alone.
    """
    needle = session_id.encode() if _PLAIN.fullmatch(session_id) else b""
    held = {name: _ids_in(store, name, needle) for name in names}
    found = [name for name, (own, _) in held.items() if own == session_id]
    found = found or [name for name, (_, merged) in held.items() if session_id in merged]
    if len(found) < 2:  # noqa: PLR2004 - nothing to choose from
        return found[0] if found else None
    loaded = [record for name in found if (record := scan.load(store, name))]
    stamps = {record.file: scan.updated(record.session, record.file) if record.session else 0.0 for record in loaded}
    return min(stamps, key=lambda name: (-stamps[name], len(name), name), default=None)  # as `writer.BEST`


def _ids_in(store: Store, name: str, needle: bytes = b"") -> tuple[str, list[str]]:
    """Return the session id in the front matter of a file, and those that were merged into it.

    There is no closer look when `needle` is not there at all.
    """
    data = scan.head(store, name)
    if needle not in data:
        return "", []
    from ocm.markdown import parse

    text = data.decode("utf-8", "replace")
    return parse.session_id_of(text), parse.merged_ids_of(text)
