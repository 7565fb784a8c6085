"""Other programs' SQLite databases: read in one state of them, changed by nothing; the only SQL outside of `index`.

A database in WAL mode is copied with its log first where it cannot be opened as it is, because reading it in place
would write beside it.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from ocm.sources.json_lines import Unreadable

MAGIC = b"SQLite format 3\x00"
_WAIT = 2.0
_MAX_STEPS = 200  # of a million instructions each, after which no question goes on
_ERRORS = (sqlite3.Error, UnicodeDecodeError)  # the second is how a message comes that quotes what is damaged
Row = dict[str, Any]


@contextlib.contextmanager
def opened(path: str, unread: Unreadable | None = None) -> Iterator["Database"]:
    """Open a database for reading; one that is locked, damaged or of another kind holds nothing.

    A copy is read, with its log, so that nothing is written beside the original. What could not be read is noted.
    """
    with tempfile.TemporaryDirectory(prefix="ocm-import-") as folder:
        copy = os.path.join(folder, "copy.db")
        with contextlib.suppress(OSError):
            for end in ("", "-wal"):
                if os.path.exists(path + end):
                    shutil.copyfile(path + end, copy + end)
        db = sqlite3.connect(f"file:{quote(copy)}?mode=rwc", uri=True, timeout=_WAIT)
        try:
            found = Database(db)
            yield found
            if found.broken and unread is not None:
                unread.note(f"database: {found.broken}")
        finally:
            db.close()


def tables(path: str) -> frozenset[str]:
    """Return the tables of a database, none where it cannot be read; those of a new one may be in its log alone."""
    found = _tables(path)
    if found or not os.path.exists(path + "-wal"):
        return found
    with opened(path) as db:
        return db.tables()


def _tables(path: str) -> frozenset[str]:
    try:
        db = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro&immutable=1", uri=True, timeout=_WAIT)
    except sqlite3.Error:
        return frozenset()
    with contextlib.closing(db), contextlib.suppress(*_ERRORS):
        return frozenset(str(name) for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    return frozenset()


class Database:
    """An open database; what cannot be read of it is left out, and `broken` says so."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Keep the connection, with a bound on how long a question may take."""
        self.broken = ""
        self._db = db
        self._db.text_factory = lambda data: data.decode("utf-8", "replace")
        self._steps = 0
        self._db.set_progress_handler(self._tick, 1_000_000)

    def rows(self, table: str, order: str = "", **equal: str) -> Iterator[Row]:
        """Yield the rows of a table as objects, in the order of a column, those whose columns equal the values given.

        A table or a column that is not there yields nothing, or is not asked about.
        """
        known = self._columns(table)
        if not known or not set(equal) <= known:
            return
        where = " AND ".join(f'"{name}" = ?' for name in equal) or "1"
        by = f' ORDER BY "{order}"' if order in known else ""
        yield from self._ask(f'SELECT * FROM "{table}" WHERE {where}{by}', *equal.values())  # noqa: S608 - known names

    def like(self, table: str, column: str, prefix: str) -> Iterator[Row]:
        """Yield the rows whose column begins with `prefix`."""
        if column in self._columns(table):
            last = prefix[:-1] + chr(ord(prefix[-1]) + 1)
            where = f'"{column}" >= ? AND "{column}" < ?'
            yield from self._ask(f'SELECT * FROM "{table}" WHERE {where}', prefix, last)  # noqa: S608 - known names

    def tables(self) -> frozenset[str]:
        """Return the names of the tables."""
        return frozenset(str(row["name"]) for row in self.rows("sqlite_master", type="table"))

    def _ask(self, sql: str, *values: str) -> Iterator[Row]:
        try:
            cursor = self._db.execute(sql, values)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                self._steps = 0
                yield dict(zip(names, row, strict=True))
        except _ERRORS as error:
            self.broken = str(error)

    def _columns(self, table: str) -> set[str]:
        try:
            return {str(row[1]) for row in self._db.execute(f'PRAGMA table_info("{table}")')}
        except _ERRORS as error:
            self.broken = str(error)
            return set()

    def _tick(self) -> int:
        self._steps += 1
        return int(self._steps > _MAX_STEPS)


def parsed(value: object) -> Any:  # noqa: ANN401 - whatever the column holds
    """Return what a column holds as JSON, an empty object where it holds none."""
    try:
        return json.loads(value) if isinstance(value, str | bytes) else {}
    except (ValueError, RecursionError):
        return {}
