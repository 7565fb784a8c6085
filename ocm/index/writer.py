# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""What changes in the cache: comparing it with the folder, and putting records in. The caller holds a transaction.

Sync tools and `cp` make several files with one session id: the one updated last counts, and has the texts. The others
have a row in `sessions` and nowhere else, so that no list, search or figure holds a session twice.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Sized
from typing import TYPE_CHECKING

from ocm.base import times
from ocm.base.values import CHANGE_TYPES
from ocm.index import scan, schema
from ocm.index.scan import Listing, Record
from ocm.index.schema import COLUMNS, PAGE, TEXTS
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.model import Session

WHOLE = 500
# Of files with the same time a copy has the longer name: "a (conflicted copy).md".
BEST = "ORDER BY updated DESC, length(file), file"
_UNREAD = -1  # no stat hash: what a row with it stands for is read again
_COLUMNS, _TEXT = ", ".join(COLUMNS), ", ".join(TEXTS)
_OVERHEAD = 40  # bytes of a row beside its text: its length, number and place, and the length of each column
# Bytes that the index of words collects before it writes a part of itself: while a cache is filled, and else.
_COLLECTED, _USUALLY_COLLECTED = 1 << 26, 1 << 20
_Row = tuple[int, Record, tuple[str, ...]]  # its number, what was read, and the searchable text of that


class Plan:
    """What makes the cache agree with the folder again; `needs_rebuild` when rebuilding it is cheaper, or safer."""

    __slots__ = ("changed", "folder", "gone", "needs_rebuild", "settled")

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self.changed: list[str] = []
        self.gone: list[str] = []
        self.settled: list[str] = []
        self.folder = 0
        self.needs_rebuild = False

    @property
    def is_behind(self) -> bool:
        """Whether the cache would answer wrongly."""
        return bool(self.changed or self.gone)

    @property
    def is_upkeep(self) -> bool:
        """Whether there is anything to note at all."""
        return bool(self.is_behind or self.settled or self.folder)


def in_step(db: sqlite3.Connection, listing: Listing) -> bool:
    """Return whether the stat hashes of all rows add up to those of all files, without comparing one by one."""
    count, total = db.execute("SELECT count(*), sum(mark) FROM sessions").fetchone()
    return bool(count == len(listing.stat_hashes) and (total or 0) == listing.total)


def plan(db: sqlite3.Connection, store: Store, listing: Listing, *, look: bool = True) -> Plan:
    """Compare the rows with the files; `look` again at those that were too young for their time stamps to tell."""
    found = Plan()
    hashes = listing.stat_hashes
    if not in_step(db, listing):
        rows: dict[str, int] = dict(schema.rows(db.execute("SELECT file, mark FROM sessions"), str, int))
        found.changed = sorted(name for name, known in hashes.items() if rows.get(name) != known)
        found.gone = sorted(rows.keys() - hashes.keys())
        # Where not one row is known to be right, nothing else in the file has any claim to be trusted.
        found.needs_rebuild = len(found.changed) > WHOLE or len(found.changed) == len(hashes)
    known = set(found.changed)
    young = db.execute("SELECT file, racy FROM sessions WHERE racy IS NOT NULL AND ?", (look,))
    for name, racy in schema.rows(young, str, bytes):
        if name in hashes and name not in known:
            _recheck(found, store, name, racy)
    if listing.folder and folder(db) != listing.folder:
        found.folder = listing.folder
    return found


def _recheck(found: Plan, store: Store, name: str, racy: bytes) -> None:
    """Look again at a file that was young when it was read: its time stamps could hide a change since."""
    digest, settled = scan.look(store, name)
    if digest != racy:
        found.changed.append(name)
    elif settled:
        found.settled.append(name)


def put(db: sqlite3.Connection, record: Record) -> None:
    """Replace the rows of a file by what was read."""
    row, former = _remove(db, record.file, record.session)
    row = row or db.execute("SELECT coalesce(max(id), 0) + 1 FROM sessions").fetchone()[0]
    _insert(db, [(row, record, _texts(record))])
    session_id = record.session.session_id if record.session else ""
    for one in {former, session_id}:
        _elect(db, one)


def drop(db: sqlite3.Connection, name: str) -> None:
    """Remove the rows of a file."""
    _elect(db, _remove(db, name)[1])


def _remove(db: sqlite3.Connection, name: str, later: "Session | None" = None) -> tuple[int | None, str]:
    """Remove the rows of a file, but for what is in `later` too; returns the number they had, and the session id."""
    found = db.execute("SELECT id, session_id FROM sessions WHERE file = ?", (name,)).fetchone()
    if found is None:
        return None, ""
    _remove_texts(db, found[0], later)
    db.execute("DELETE FROM sessions WHERE id = ?", found[:1])
    return int(found[0]), found[1] if isinstance(found[1], str) else ""


def _remove_texts(db: sqlite3.Connection, row: int, later: "Session | None" = None) -> None:
    """Remove all that the cache holds of a file but its row among the sessions, and but for what is in `later` too."""
    texts = db.execute(
        f"SELECT {_TEXT} FROM session_chunks WHERE id = (SELECT id FROM sessions WHERE id = ? AND NOT only_asked)",
        (row,),
    )
    for text in schema.rows(texts, *[str] * len(TEXTS)):  # FTS5 has to be told again what it was told
        values = (row, *scan.indexed(text))
        db.execute(
            f"INSERT INTO sessions_fts(sessions_fts, rowid, {_COLUMNS}) VALUES('delete', {_slots(values)})", values
        )
    from ocm.index import links, standing  # as below: who only reads has no use for it

    links.drop(db, row, later)
    standing.drop(db, row, later)
    for table, key in (("session_chunks", "id"), ("session_files", "session"), ("session_names", "session")):
        db.execute(f"DELETE FROM {table} WHERE {key} = ?", (row,))


def unread(db: sqlite3.Connection) -> list[str]:
    """Return the files that came to count because another one went."""
    return [file for (file,) in schema.rows(db.execute("SELECT file FROM sessions WHERE mark < 0"), str)]


def _elect(db: sqlite3.Connection, session_id: str) -> None:
    """Let the file of a session that was updated last stand for it, the others for nothing."""
    unread, beaten = _rivals(db, session_id)
    if unread is not None:  # its texts were never kept
        db.execute("UPDATE sessions SET mark = ? WHERE id = ?", (_UNREAD, unread))
    for row in beaten:
        _remove_texts(db, row)
        db.execute("UPDATE sessions SET counts = 0 WHERE id = ?", (row,))


def _rivals(db: sqlite3.Connection, session_id: str) -> tuple[int | None, list[int]]:
    """Return the row of the file of a session that counts but has no texts yet, and those that count no longer."""
    sql = f"SELECT id, counts FROM sessions WHERE session_id = ? {BEST}"
    found = schema.rows(db.execute(sql, (session_id,)), int, int)
    if not found:
        return None, []
    (best, counts), *others = found
    return None if counts else best, [row for row, counted in others if counted] if counts else []


def finish(db: sqlite3.Connection, done: Plan) -> None:
    """Note all of a plan that needs no reading."""
    for name in done.gone:
        drop(db, name)
    db.executemany("UPDATE sessions SET racy = NULL WHERE file = ?", [(name,) for name in done.settled])
    if done.folder:
        note_folder(db, done.folder)


def folder(db: sqlite3.Connection) -> int:
    """Return the time stamp that the folder had when every file in it was known; 0 when that was never so."""
    found = db.execute("SELECT value FROM meta WHERE key = 'folder'").fetchone()
    return found[0] if found and isinstance(found[0], int) else 0


def note_folder(db: sqlite3.Connection, stamp: int) -> None:
    """Note that every file is known, as of the time stamp of the folder."""
    db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('folder', ?)", (stamp,))


class Bulk:
    """Filling an empty cache, in a transaction that has begun."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Begin at the first row."""
        self._db = db
        self._next = 1
        self._met: set[str] = set()
        self._collect(_COLLECTED)

    def _collect(self, size: int) -> None:
        """Let the index collect so many bytes before it writes a part of itself; each part costs every search."""
        self._db.execute("INSERT INTO sessions_fts(sessions_fts, rank) VALUES('hashsize', ?)", (size,))

    def add(self, found: list[Record]) -> None:
        """Add the records of some files, none of which is there yet."""
        packed = _packed([(record, _texts(record)) for record in found])
        _insert(self._db, [(row, *pair) for row, pair in enumerate(packed, self._next)])
        self._next += len(found)
        for record in found:
            self._meet(record.session.session_id if record.session else "")

    def _meet(self, session_id: str) -> None:
        """Let one file stand for a session that has several."""
        if session_id in self._met:
            _elect(self._db, session_id)
        self._met.add(session_id)

    def finish(self, folder_stamp: int) -> None:
        """Commit."""
        if folder_stamp:
            note_folder(self._db, folder_stamp)
        self._collect(_USUALLY_COLLECTED)
        self._db.execute("COMMIT")


def _packed(found: list[tuple[Record, tuple[str, ...]]]) -> list[tuple[Record, tuple[str, ...]]]:
    """Return rows in an order that leaves little of a page empty, where as they come it would be a seventh.

    Into each page goes the largest that still fits; what fits into none has pages of its own.
    """
    sizes = [sum(len(text.encode()) for text in texts) + _OVERHEAD for _, texts in found]
    order = sorted(range(len(found)), key=sizes.__getitem__)
    left = [found[n] for n in order]
    sizes.sort()
    packed = []
    free = PAGE
    while left:
        at = bisect_right(sizes, free) - 1
        if at < 0 and free < PAGE:
            free = PAGE
            continue
        packed.append(left.pop(at))
        free -= sizes.pop(at)
    return packed


def _texts(record: Record) -> tuple[str, ...]:
    return scan.texts(record.session) if record.session else ()


def _insert(db: sqlite3.Connection, found: list[_Row]) -> None:
    """Insert the rows of some files; a conversation that only asked is listed when it is asked for, and never found."""
    heads = {row: _session_row(row, it) for row, it, _ in found}
    db.executemany(f"INSERT INTO sessions VALUES({_slots(range(19))})", list(heads.values()))
    read = [(row, record.session, texts) for row, record, texts in found if record.session]
    slots = _slots(range(len(TEXTS) + 1))
    db.executemany(f"INSERT INTO session_chunks VALUES({slots})", [(row, *texts) for row, _, texts in read])
    db.executemany(
        f"INSERT INTO sessions_fts(rowid, {_COLUMNS}) VALUES({slots}, ?)",
        [(row, *scan.indexed(texts)) for row, _, texts in read if not heads[row][-1]],
    )
    touched = [
        (row, n, change.path, CHANGE_TYPES.index(change.change_type), change.old_path, blob)
        for row, session, _ in read
        for n, (change, blob) in enumerate(scan.touched(session))
    ]
    db.executemany(f"INSERT INTO session_files VALUES({_slots(range(6))})", touched)
    names = [(name, row) for row, session, _ in read for name in session.merged_ids]
    db.executemany("INSERT OR IGNORE INTO session_names VALUES(?, ?)", names)
    from ocm.index import links, standing

    for room in (links, standing):
        room.insert(db, [(row, session) for row, session, _ in read])


def _session_row(row: int, record: Record) -> tuple[object, ...]:
    head = (row, record.file, record.stat_hash, record.racy)
    session = record.session
    if session is None:
        return (*head, record.why, 0, *[None] * 10, 0, None, 0)
    started = scan.started(session, record.file)
    updated = times.with_offset(session.updated_at) if times.instant(session.updated_at) else started
    texts = (session.session_id, session.slug, session.tool, session.project, session.branch, session.status)
    from ocm.index import standing

    spans = (started, updated, times.instant(started), times.instant(updated))
    return (*head, None, 1, *texts, *spans, int(session.is_pinned), session.parent, int(standing.only_asked(session)))


def _slots(values: Sized) -> str:
    return ", ".join("?" * len(values))
