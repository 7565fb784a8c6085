# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""What the cache holds of links: the fingerprints of sessions, and those of the commits made since the first of them.

Links themselves are in no table: what a commit has in common with a session is counted when somebody asks, so that it
cannot depend on which of the two came first. Rows of sessions follow their files like all others; commits are brought
in step with git by whoever asks about links (`Commits`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ocm.base.values import ASSISTANT
from ocm.index import file_format, schema
from ocm.index.file_format import encodable
from ocm.index.standing import DECISION, PROBLEM
from ocm.markdown.fingerprint_lines import Unit, pack, unpack
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.model import Session

SLACK = 3600.0  # seconds by which the clocks of two machines may differ
__all__ = ["DECISION", "PROBLEM", "SLACK", "Commits", "Item", "Links", "Made", "drop", "insert"]
_CANDIDATES = 64
_MANY = 500
_ENOUGH, _LEAST, _MOSTLY = 0.34, 3, 0.5  # of a record that a commit holds; of a commit's keys, and least of them
_Value = TypeVar("_Value")


class Made(NamedTuple):
    """A commit as the cache holds it."""

    sha: str
    at: float
    subject: str
    whole: int
    bound: int
    own: frozenset[int]
    parts: frozenset[int]
    names: frozenset[int] = frozenset()


class Holding(NamedTuple):
    """A commit that holds work of a session: its id, the names it changed, and whether an inner repository has it."""

    sha: str
    names: frozenset[int]
    is_inner: bool


class Item(NamedTuple):
    """A decision or a problem: its text and place in its session's file, when it was recorded, and who it is from."""

    file: str
    number: int
    text: str
    at: float
    origin: str = ""


# --- rows of sessions


def insert(db: sqlite3.Connection, found: Sequence[tuple[int, "Session"]]) -> None:
    """Insert what sessions recorded of their work."""
    from ocm.markdown.facts import Facts  # a reader needs none of it

    recorded = [(row, unit) for row, session in found for unit in Facts.parse(session.facts).units()]
    db.executemany(
        "INSERT INTO session_units VALUES(?, ?, ?, ?, ?, ?)",
        [(row, unit.number, unit.at, unit.sha, unit.whole, pack(unit.keys)) for row, unit in recorded],
    )
    db.executemany(
        "INSERT OR IGNORE INTO session_keys VALUES(?, ?, ?)",
        [(key, row, unit.number) for row, unit in recorded for key in unit.keys],
    )


def drop(db: sqlite3.Connection, row: int, later: "Session | None" = None) -> None:
    """Remove the same; a key that the session has `later` as well stays, because each one lies on a page of its own."""
    from ocm.markdown.facts import Facts

    kept = {unit.number: unit.keys for unit in Facts.parse(later.facts).units()} if later else {}
    for unit, keys in db.execute("SELECT unit, keys FROM session_units WHERE session = ?", (row,)).fetchall():
        if isinstance(keys, bytes):
            values = [(key, row, unit) for key in unpack(keys) - kept.get(unit, frozenset())]
            db.executemany("DELETE FROM session_keys WHERE key = ? AND session = ? AND unit = ?", values)
    db.execute("DELETE FROM session_units WHERE session = ?", (row,))


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
        keys = (pack(made.own), pack(made.parts), pack(made.names))
        columns = "project, sha, at, subject, whole, bound, own, parts, names"
        row = self._db.execute(
            f"INSERT INTO commits({columns}) VALUES({_slots((*values, *keys))})", (*values, *keys)
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

    def holding(self, rows: Sequence[int]) -> dict[int, list[Holding]]:
        """Return the commits that hold work of each of these sessions, as far as it recorded any.

        What the diffs have in common says it alone: whose work that was first is another question.
        """
        columns = "session, unit, sha, whole, keys FROM session_units WHERE session IN ({})"
        units = [row for part in _parts(rows) for row in self._of_rows(f"SELECT {columns}", part)]
        commits: dict[int, set[int]] = {}
        for part in _parts(sorted({key for *_, keys in units for key in unpack(keys)})):
            sql = f'SELECT key, "commit" FROM commit_keys WHERE key IN ({_slots(part)})'
            for key, commit in schema.rows(self._db.execute(sql, part), int, int):
                commits.setdefault(commit, set()).add(key)
        made = self._made(commits, {sha for _, _, sha, *_ in units if sha}, {whole for *_, whole, _ in units if whole})
        found: dict[int, list[Holding]] = {row: [] for row, *_ in units}
        for row, number, sha, whole, keys in units:
            unit = Unit(number, "", sha, whole, unpack(keys))
            found[row] += [one for one, commit, shared in made if _holds(commit, unit, shared & unit.keys)]
        return found

    def _of_rows(self, sql: str, rows: Sequence[int]) -> list[tuple[int, int, str, int, bytes]]:
        return schema.rows(self._db.execute(sql.format(_slots(rows)), rows), int, int, str, int, bytes)

    def _made(
        self, commits: dict[int, set[int]], shas: set[str], wholes: set[int]
    ) -> list[tuple[Holding, Made, set[int]]]:
        """Return these commits, and those with one of these ids or wholes, each with the keys that are asked for."""
        columns = "SELECT id, project, sha, at, subject, whole, bound, own, parts, names FROM commits WHERE"
        asked: list[tuple[str, tuple[object, ...], Sequence[object]]] = [
            ("id IN ({})", (), sorted(commits)),
            ("project = ? AND sha IN ({})", (self._scope,), sorted(shas)),
            ("whole IN ({})", (), sorted(wholes)),
        ]
        found: dict[int, tuple[Holding, Made, set[int]]] = {}
        for condition, values, wanted in asked:
            for part in _parts(wanted):
                cursor = self._db.execute(f"{columns} {condition.format(_slots(part))}", (*values, *part))
                found |= {row: (one, made, keys) for row, one, made, keys in self._held(cursor, commits)}
        return list(found.values())

    def _held(
        self, cursor: sqlite3.Cursor, commits: dict[int, set[int]]
    ) -> Iterator[tuple[int, Holding, Made, set[int]]]:
        kinds = (int, str, str, float, str, int, int, *[bytes] * 3)
        for row, scope, *columns in schema.rows(cursor, *kinds):
            if scope == self._scope or scope.startswith(f"{self._scope}\n"):
                commit = _unpacked(*columns)
                yield row, Holding(commit.sha, commit.names, scope != self._scope), commit, commits.get(row, set())

    def key_weight(self, key: int) -> float:
        """Return one over the number of sessions that have a key."""
        if key not in self._key_weights:
            sql = "SELECT count(DISTINCT session) FROM session_keys WHERE key = ?"
            self._key_weights[key] = 1.0 / max(1, self._db.execute(sql, (key,)).fetchone()[0])
        return self._key_weights[key]

    def items(self, kind: str, rows: Sequence[int] | None = None) -> list[Item]:
        """Return every decision, or every problem, the oldest first; with `rows` only those of these sessions."""
        sql = (
            "SELECT s.file, i.session, i.n, i.at, i.origin FROM session_items i JOIN sessions s ON s.id = i.session"
            f" WHERE i.kind = ?{self._of_project}"
        )
        values: tuple[object, ...] = (kind, *self._values)
        parts: Iterable[Sequence[int]] = [()] if rows is None else _parts(rows)
        chosen = " AND i.session IN ({})"
        asked = [(sql + chosen.format(_slots(part)) if part else sql, (*values, *part)) for part in parts]
        found = [row for one in asked for row in schema.rows(self._db.execute(*one), str, int, int, float, str)]
        found.sort(key=lambda row: (row[3], row[0], row[2]))
        texts = self._items_of(kind, sorted({session for _, session, *_ in found}))
        return [
            Item(name, number, texts[session][number], at, origin or ASSISTANT)
            for name, session, number, at, origin in found
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

    # --- what ties sessions to each other

    def touching(self, paths: Sequence[str]) -> list[tuple[int, str]]:
        """Return the sessions that touched one of these files, by its present or its former name."""
        found: set[tuple[int, str]] = set()
        for part in _parts(paths):
            for column in ("path", "old_path"):
                sql = (
                    f"SELECT f.session, f.{column} FROM session_files f JOIN sessions s ON s.id = f.session"
                    f" WHERE f.{column} IN ({_slots(part)}){self._of_project}"
                )
                found.update(schema.rows(self._db.execute(sql, (*part, *self._values)), int, str))
        return sorted(found)

    def recording(self, shas: Sequence[str]) -> list[tuple[int, str]]:
        """Return the sessions that recorded one of these commits as their own."""
        found: set[tuple[int, str]] = set()
        for part in _parts(shas):
            sql = f"SELECT session, sha FROM session_units WHERE sha IN ({_slots(part)})"
            found.update(schema.rows(self._db.execute(sql, part), int, str))
        return sorted(found)

    def tagged(self, tag: str) -> list[int]:
        """Return the sessions that have a tag."""
        sql = (
            "SELECT c.id, c.tags FROM sessions_fts f JOIN session_chunks c ON c.id = f.rowid"
            " JOIN sessions s ON s.id = c.id WHERE sessions_fts MATCH ?"
        )
        asked = (f"{{tags}} : {file_format.quoted(encodable(tag))}", *self._values)
        found = schema.rows(self._db.execute(f"{sql}{self._of_project} ORDER BY c.id", asked), int, str)
        return [row for row, tags in found if tag in tags.split("\n")]

    def family(self, row: int, session_id: str) -> tuple[str, list[int]]:
        """Return the id of the session that another one came from, and the sessions that came from it."""
        ((parent,),) = schema.rows(self._db.execute("SELECT parent FROM sessions WHERE id = ?", (row,)), str)
        sql = "SELECT id FROM sessions WHERE parent = ? AND counts ORDER BY id"
        return parent, [child for (child,) in schema.rows(self._db.execute(sql, (encodable(session_id),)), int)]

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
        columns = "sha, at, subject, whole, bound, own, parts, names"
        sql = f"SELECT {columns} FROM commits WHERE project = ? AND {condition} ORDER BY sha"
        found = schema.rows(self._db.execute(sql, (self._scope, value)), str, float, str, int, int, *[bytes] * 3)
        return [_unpacked(*row) for row in found]


def _unpacked(  # noqa: PLR0913, PLR0917 - one a column
    sha: str, at: float, subject: str, whole: int, bound: int, own: bytes, parts: bytes, names: bytes
) -> Made:
    return Made(sha, at, subject, whole, bound, unpack(own), unpack(parts), unpack(names))


def _holds(made: Made, unit: Unit, shared: set[int]) -> bool:
    """Return whether a commit has what a checkpoint recorded, or enough of it, or little else."""
    if (unit.sha and unit.sha == made.sha) or (unit.whole and unit.whole == made.whole):
        return True
    comparable = sum(key <= made.bound for key in unit.keys)
    inside = len(shared & made.own)
    return len(shared) > comparable * _ENOUGH or inside >= max(_LEAST, len(made.own) * _MOSTLY)


def _parts(values: Sequence[_Value]) -> Iterator[list[_Value]]:
    for n in range(0, len(values), _MANY):
        yield list(values[n : n + _MANY])


def _slots(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
