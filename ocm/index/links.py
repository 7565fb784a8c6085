# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""What the cache holds of links: the fingerprints of sessions, and those of the commits made since the first of them.

Links themselves are in no table: what a commit has in common with a session is counted when somebody asks, so that it
cannot depend on which of the two came first. Rows of sessions follow their files like all others; commits are brought
in step with git by whoever asks about links (`Commits`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ocm.base import times
from ocm.index import file_format, schema
from ocm.index.file_format import encodable
from ocm.markdown import facts
from ocm.markdown.facts import Facts
from ocm.markdown.fingerprint_lines import Unit, pack, unpack
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.model import Session

DECISION, PROBLEM = "decision", "problem"
SLACK = 3600.0  # seconds by which the clocks of two machines may differ
_CANDIDATES = 64
_MANY = 500


class Made(NamedTuple):
    """A commit as the cache holds it."""

    sha: str
    at: float
    subject: str
    whole: int
    bound: int
    own: frozenset[int]
    parts: frozenset[int]


class Item(NamedTuple):
    """A decision or a problem: its text, its place in its session's file, and when it was recorded (epoch seconds)."""

    file: str
    number: int
    text: str
    at: float


# --- rows of sessions


def insert(db: sqlite3.Connection, found: Sequence[tuple[int, "Session"]]) -> None:
    """Insert what sessions recorded of their work."""
    recorded = [(row, unit) for row, session in found for unit in Facts.parse(session.facts).units()]
    db.executemany(
        "INSERT INTO session_units VALUES(?, ?, ?, ?, ?, ?)",
        [(row, unit.number, unit.at, unit.sha, unit.whole, pack(unit.keys)) for row, unit in recorded],
    )
    db.executemany(
        "INSERT INTO session_keys VALUES(?, ?, ?)",
        [(key, row, unit.number) for row, unit in recorded for key in unit.keys],
    )
    db.executemany(
        "INSERT INTO session_items VALUES(?, ?, ?, ?)",
        [each for row, session in found for each in _dated(row, session)],
    )


def _dated(row: int, session: "Session") -> Iterator[tuple[int, str, int, float]]:
    """Return when each decision and problem was recorded; what a person added is as old as its session."""
    known = Facts.parse(session.facts).dates()
    for kind, texts in ((DECISION, session.decisions), (PROBLEM, session.problems)):
        for number, text in enumerate(texts):
            at = known.get(facts.digest(text), session.started_at) if known else session.started_at
            yield row, kind, number, times.instant(at)


def drop(db: sqlite3.Connection, row: int) -> None:
    """Remove the same."""
    for unit, keys in db.execute("SELECT unit, keys FROM session_units WHERE session = ?", (row,)).fetchall():
        if isinstance(keys, bytes):
            values = [(key, row, unit) for key in unpack(keys)]
            db.executemany("DELETE FROM session_keys WHERE key = ? AND session = ? AND unit = ?", values)
    for table in ("session_units", "session_items"):
        db.execute(f"DELETE FROM {table} WHERE session = ?", (row,))


# --- commits


class Commits:
    """The rows of commits, as they are brought in step with git; each write is a short transaction of its own."""

    def __init__(self, db: sqlite3.Connection, store: Store | None) -> None:
        """Change `db`, under the lock of `store`; None stands for a copy in memory."""
        self._db = db
        self._store = store

    def begin(self, project: str) -> float:
        """Return when the first session that recorded work began; 0 when none did."""
        sql = "SELECT min(started) FROM sessions s WHERE id IN (SELECT session FROM session_units)"
        found = self._db.execute(
            sql + (" AND project = ?" if project else ""), (project,) if project else ()
        ).fetchone()
        return float(found[0]) if found and isinstance(found[0], int | float) else 0.0

    def known(self, project: str) -> set[str]:
        """Return the commits that have rows."""
        asked = self._db.execute("SELECT sha FROM commits WHERE project = ?", (project,))
        return {sha for (sha,) in schema.rows(asked, str)}

    def change(self, project: str, gone: Iterable[str], new: Sequence[Made]) -> None:
        """Remove the rows of some commits, and insert those of others."""
        with schema.writing(self._store, self._db):
            for sha in gone:
                self._drop(project, sha)
            for made in new:
                self._put(project, made)

    def _put(self, project: str, made: Made) -> None:
        self._drop(project, made.sha)
        values = (project, made.sha, made.at, made.subject, made.whole, made.bound)
        keys = (pack(made.own), pack(made.parts))
        row = self._db.execute(
            "INSERT INTO commits(project, sha, at, subject, whole, bound, own, parts) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, *keys),
        ).lastrowid
        both = [(key, row) for key in made.own | made.parts]
        self._db.executemany("INSERT INTO commit_keys VALUES(?, ?)", both)

    def _drop(self, project: str, sha: str) -> None:
        sql = "SELECT id, own, parts FROM commits WHERE project = ? AND sha = ?"
        for row, own, parts in schema.rows(self._db.execute(sql, (project, sha)), int, bytes, bytes):
            keys = [(key, row) for key in unpack(own) | unpack(parts)]
            self._db.executemany('DELETE FROM commit_keys WHERE key = ? AND "commit" = ?', keys)
            self._db.execute("DELETE FROM commits WHERE id = ?", (row,))


class Links:
    """What sessions, named by their files, and commits have in common, and the ledger; read-only."""

    def __init__(self, db: sqlite3.Connection, project: str, scope: str = "") -> None:
        """Read `db`, of a user store only what belongs to `project`, and the commits that are there under `scope`."""
        self._db = db
        self._scope = scope
        self._of_project = " AND s.project = ?" if project else ""
        self._values: tuple[str, ...] = (project,) if project else ()
        self._key_weights: dict[int, float] = {}

    def commit(self, sha: str) -> Made | None:
        """Return a commit that has a row."""
        found = self._commits("sha = ?", encodable(sha))
        return found[0] if found else None

    def commits_of(self, file: str) -> list[Made]:
        """Return the commits that may come from a session: those it recorded, and those that share a key with it."""
        found: dict[str, Made] = {}
        for unit in self.units(file):
            if unit.sha:
                found.update({made.sha: made for made in self._commits("sha = ?", unit.sha)})
            if unit.whole:
                found.update({made.sha: made for made in self._commits("whole = ?", unit.whole)})
            found.update({made.sha: made for made in self._sharing(unit.keys)})
        return sorted(found.values(), key=lambda made: (made.at, made.sha))

    def _sharing(self, keys: Iterable[int]) -> list[Made]:
        counts: dict[str, int] = {}
        for part in _parts(sorted(keys)):
            sql = (
                'SELECT c.sha, count(*) FROM commit_keys k JOIN commits c ON c.id = k."commit"'
                f" WHERE c.project = ? AND k.key IN ({_slots(part)}) GROUP BY c.id"
            )
            for sha, count in schema.rows(self._db.execute(sql, (self._scope, *part)), str, int):
                counts[sha] = counts.get(sha, 0) + count
        best = sorted(counts, key=lambda sha: (-counts[sha], sha))[:_CANDIDATES]
        return [made for sha in best for made in self._commits("sha = ?", sha)]

    def units_near(self, made: Made) -> list[tuple[str, Unit]]:
        """Return what sessions recorded that a commit may come from; nothing of one that began after it."""
        keys = made.own | made.parts
        wanted = {*self._sessions_with(keys), *self._sessions_that("u.sha = ?", made.sha)}
        if made.whole:
            wanted.update(self._sessions_that("u.whole = ?", made.whole))
        before = made.at + SLACK if made.at else float("inf")
        return self._chosen(wanted, before)

    def units_with(self, keys: Iterable[int]) -> list[tuple[str, Unit]]:
        """Return what sessions recorded that holds one of these keys."""
        return self._chosen(self._sessions_with(frozenset(keys)), float("inf"))

    def units(self, file: str) -> list[Unit]:
        """Return what a session recorded."""
        return [unit for _, unit in self._units("s.file = ?", (file,))]

    def made_in(self, file: str) -> list[str]:
        """Return the commits that a session recorded as its own, in order."""
        sql = (
            "SELECT u.sha FROM session_units u JOIN sessions s ON s.id = u.session"
            " WHERE s.file = ? AND u.sha <> '' ORDER BY u.unit"
        )
        return [sha for (sha,) in schema.rows(self._db.execute(sql, (file,)), str)]

    def _chosen(self, wanted: Iterable[tuple[str, int]], before: float) -> list[tuple[str, Unit]]:
        condition = "s.file = ? AND u.unit = ? AND s.started <= ?"
        return [pair for file, number in sorted(wanted) for pair in self._units(condition, (file, number, before))]

    def key_weight(self, key: int) -> float:
        """Return one over the number of sessions that have a key."""
        if key not in self._key_weights:
            sql = "SELECT count(DISTINCT session) FROM session_keys WHERE key = ?"
            self._key_weights[key] = 1.0 / max(1, self._db.execute(sql, (key,)).fetchone()[0])
        return self._key_weights[key]

    def items(self, kind: str, rows: Sequence[int] | None = None) -> list[Item]:
        """Return every decision, or every problem, the oldest first; with `rows` only those of these sessions."""
        sql = (
            "SELECT s.file, i.session, i.n, i.at FROM session_items i JOIN sessions s ON s.id = i.session"
            f" WHERE i.kind = ?{self._of_project}"
        )
        values: tuple[object, ...] = (kind, *self._values)
        parts: Iterable[Sequence[int]] = [()] if rows is None else _parts(rows)
        chosen = " AND i.session IN ({})"
        asked = [(sql + chosen.format(_slots(part)) if part else sql, (*values, *part)) for part in parts]
        found = [row for one in asked for row in schema.rows(self._db.execute(*one), str, int, int, float)]
        found.sort(key=lambda row: (row[3], row[0], row[2]))
        texts = self._items_of(kind, sorted({session for _, session, _, _ in found}))
        return [
            Item(name, number, texts[session][number], at)
            for name, session, number, at in found
            if number < len(texts.get(session, ()))
        ]

    def _items_of(self, kind: str, rows: Sequence[int]) -> dict[int, list[str]]:
        """Return what the items of each session say; the text of a whole section is read once, however many it has."""
        column = {DECISION: "decisions", PROBLEM: "problems"}[kind]
        sql = f"SELECT id, {column} FROM session_chunks WHERE id IN ({{}})"
        asked = (self._db.execute(sql.format(_slots(part)), part) for part in _parts(rows))
        return {row: file_format.split(text) for one in asked for row, text in schema.rows(one, int, str)}

    def saying(self, file: str, expression: str) -> list[int]:
        """Return the rows of the sessions that match an expression of FTS5, and of the one in `file`."""
        sql = (
            "SELECT id FROM sessions WHERE file = ?"
            " UNION SELECT rowid FROM sessions_fts WHERE sessions_fts MATCH ? ORDER BY 1"
        )
        return [row for (row,) in schema.rows(self._db.execute(sql, (file, encodable(expression))), int)]

    def _sessions_with(self, keys: frozenset[int]) -> set[tuple[str, int]]:
        """Return the sessions and units that share most with `keys`; a key that everybody has leads to nobody."""
        counts: dict[tuple[str, int], int] = {}
        for part in _parts(sorted(keys)):
            sql = (
                "SELECT s.file, k.unit, count(*) FROM session_keys k JOIN sessions s ON s.id = k.session"
                f" WHERE k.key IN ({_slots(part)}){self._of_project} GROUP BY k.session, k.unit"
            )
            for file, unit, count in schema.rows(self._db.execute(sql, (*part, *self._values)), str, int, int):
                counts[file, unit] = counts.get((file, unit), 0) + count
        return set(sorted(counts, key=lambda pair: (-counts[pair], pair))[:_CANDIDATES])

    def _sessions_that(self, condition: str, value: object) -> set[tuple[str, int]]:
        sql = (
            f"SELECT s.file, u.unit FROM session_units u JOIN sessions s ON s.id = u.session"
            f" WHERE {condition}{self._of_project} ORDER BY s.file, u.unit LIMIT {_CANDIDATES}"
        )
        return set(schema.rows(self._db.execute(sql, (value, *self._values)), str, int))

    def _units(self, condition: str, values: tuple[object, ...]) -> list[tuple[str, Unit]]:
        sql = (
            "SELECT s.file, u.unit, u.at, u.sha, u.whole, u.keys"
            f" FROM session_units u JOIN sessions s ON s.id = u.session WHERE {condition} ORDER BY u.unit"
        )
        found = schema.rows(self._db.execute(sql, values), str, int, str, str, int, bytes)
        return [(file, Unit(number, at, sha, whole, unpack(keys))) for file, number, at, sha, whole, keys in found]

    def _commits(self, condition: str, value: object) -> list[Made]:
        columns = "sha, at, subject, whole, bound, own, parts"
        sql = f"SELECT {columns} FROM commits WHERE project = ? AND {condition} ORDER BY sha"
        found = schema.rows(self._db.execute(sql, (self._scope, value)), str, float, str, int, int, bytes, bytes)
        return [
            Made(sha, at, subject, whole, bound, unpack(own), unpack(parts))
            for sha, at, subject, whole, bound, own, parts in found
        ]


def _parts(values: Sequence[int]) -> Iterator[list[int]]:
    for n in range(0, len(values), _MANY):
        yield list(values[n : n + _MANY])


def _slots(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
