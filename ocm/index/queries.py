# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""Reading the cache: lists, look-ups and the parts of a search."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ocm.base.bm25 import COLUMN_WEIGHTS
from ocm.base.text import one_line
from ocm.base.values import FileChange
from ocm.index import schema, snippets
from ocm.index.file_format import PART, encodable, split, stat_hash
from ocm.index.scan import UNDECODABLE
from ocm.index.schema import TEXTS
from ocm.index.vocabulary import Vocabulary
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base import rows as json_rows
    from ocm.index.links import Links
    from ocm.index.standing import Standing

ENDING = "{decisions problems} : (supersedes OR solves OR solved OR fixes OR fixed)"  # what may end an earlier one
_TIED = 2
_AMONG = " AND +sessions_fts.rowid IN (SELECT rowid FROM sessions_fts WHERE sessions_fts MATCH ?)"
_MANY = 900  # values bound in one statement
_SHOWN = 50_000  # characters, as long as an item may be
_TAIL = "{0} = ? OR substr({0}, -length(?)) = ?"
_HAS_FILE = f"s.id IN (SELECT session FROM session_files WHERE {_TAIL.format('path')} OR {_TAIL.format('old_path')})"
_TAGS = "char(10) || c.tags || char(10)"
_HAS_TAG = f"EXISTS(SELECT 1 FROM session_chunks c WHERE c.id = s.id AND instr({_TAGS}, char(10) || ? || char(10)))"
_FIELDS = (
    "s.id, s.file, s.session_id, c.title, c.goal, s.slug, s.tool, s.project, s.branch, s.status, s.started_at,"
    " s.updated_at, s.updated, s.pinned FROM sessions s JOIN session_chunks c ON c.id = s.id"
)
_KINDS = (int, *[str] * 11, float, int)
_COPIES = (
    "SELECT c.session_id, c.file, s.file FROM sessions c JOIN sessions s ON s.session_id = c.session_id AND s.counts"
    " WHERE c.counts = 0 AND c.error IS NULL ORDER BY c.session_id, c.updated DESC, c.file"
)
_KEPT = " AND s.only_asked = 0"
_MERGED = " AND s.id IN (SELECT session FROM session_names WHERE name = ?)"
_NEWEST = "ORDER BY s.started DESC, s.file"
_LATEST = "ORDER BY s.updated DESC, s.file"


class SessionRow(NamedTuple):
    """What a list shows of one session; `row` and `updated` (epoch seconds) are for the program itself."""

    row: int
    session_id: str
    title: str
    goal: str
    date: str
    tool: str
    branch: str
    status: str
    markdown_path: str
    slug: str
    project: str
    file: str
    updated_at: str
    updated: float
    pinned: bool

    def as_json(self) -> "json_rows.SessionRow":
        """Return the keys that the contract promises of a session."""
        return {
            "session_id": self.session_id,
            "title": self.title,
            "goal": self.goal,
            "date": self.date,
            "tool": self.tool,
            "branch": self.branch,
            "status": self.status,
            "markdown_path": self.markdown_path,
        }


class Numbers(NamedTuple):
    """What statistics count of one session."""

    file: str
    tool: str
    branch: str
    date: str
    decisions: int
    problems: int
    files: int


class State(NamedTuple):
    """Where the work of a session stood, each item whole."""

    work_pending: list[str]
    problems: list[str]
    decisions: list[str]
    work_summary: list[str]
    work_completed: list[str]


class Filters(NamedTuple):
    """What a search is limited to; empty and None mean everything. Times are epoch seconds, `until` is not included."""

    tool: str = ""
    status: str = ""
    branch: str = ""
    project: str = ""
    since: float | None = None
    until: float | None = None
    file: str = ""
    tag: str = ""

    def conditions(self) -> tuple[str, list[object]]:
        """Return this as SQL over `s`, a session, and the values in it."""
        tail = "/" + self.file
        asked: tuple[tuple[bool, str, tuple[object, ...]], ...] = (
            (bool(self.tool), "s.tool = ?", (self.tool,)),
            (bool(self.status), "s.status = ?", (self.status,)),
            (bool(self.branch), "s.branch = ?", (self.branch,)),
            (bool(self.project), "s.project = ?", (self.project,)),
            (self.since is not None, "s.started >= ?", (self.since,)),
            (self.until is not None, "s.started < ?", (self.until,)),
            (bool(self.file), _HAS_FILE, (self.file, tail, tail, self.file, tail, tail)),
            (bool(self.tag), _HAS_TAG, (one_line(self.tag),)),
        )
        chosen = [(sql, values) for given, sql, values in asked if given]
        return "".join(f" AND {sql}" for sql, _ in chosen), [value for _, values in chosen for value in values]


class Index:
    """The cache, in step with the folder when it was opened; every answer comes from one state of it."""

    def __init__(self, db: sqlite3.Connection, store: Store, undecodable: Sequence[str] = ()) -> None:
        """Read `db`; `undecodable` are the files whose names are not text."""
        self._db = db
        self._folder = os.path.realpath(store.sessions)
        self._undecodable = undecodable
        self.vocabulary = Vocabulary(db)

    def sessions(
        self, limit: int = -1, tool: str = "", project: str = "", *, everything: bool = True
    ) -> list[SessionRow]:
        """Return the sessions, newest start first, at most `limit` of them unless it is negative.

        Without `everything`, those that only asked something are left out.
        """
        condition, values = Filters(tool=tool, project=project).conditions()
        kept = "" if everything else _KEPT
        return self._sessions(f"{kept}{condition} {_NEWEST} LIMIT ?", *values, limit)

    def latest(
        self, limit: int, *, branch: str | None = None, status: str | None = None, project: str | None = None
    ) -> list[SessionRow]:
        """Return the sessions with a title or a goal that were worked on last."""
        condition = f"{_KEPT} AND (c.title <> '' OR c.goal <> '')"
        wanted = (("branch", branch), ("status", status), ("project", project))
        asked = [(name, value) for name, value in wanted if value is not None]
        condition += "".join(f" AND s.{name} = ?" for name, _ in asked)
        return self._sessions(f"{condition} {_LATEST} LIMIT ?", *(value for _, value in asked), limit)

    def touching(self, file: str, limit: int, project: str = "") -> list[SessionRow]:
        """Return the sessions that touched a file, named by its path or the end of it, newest start first."""
        condition, values = Filters(file=file, project=project).conditions()
        return self._sessions(f"{condition} {_NEWEST} LIMIT ?", *values, limit)

    def around(self, session: SessionRow, before: int, after: int) -> list[SessionRow]:
        """Return a session among those of its project that started just before and after it, in order."""
        same = _KEPT + " AND s.project = (SELECT project FROM sessions WHERE id = ?)"
        start = "(SELECT started, file FROM sessions WHERE id = ?)"
        earlier = f"{same} AND (s.started, s.file) < {start} ORDER BY s.started DESC, s.file DESC LIMIT ?"
        later = f"{same} AND (s.started, s.file) > {start} ORDER BY s.started, s.file LIMIT ?"
        older = self._sessions(earlier, session.row, session.row, before)
        return [*reversed(older), session, *self._sessions(later, session.row, session.row, after)]

    def find(self, identifier: str) -> list[SessionRow]:
        """Return what `identifier` can mean, several when it is ambiguous.

        It is, in this order, a session id, the id of one that was merged into it, a file name, a slug, `latest`, or the
        beginning of a session id.
        Of files with one session id the one that was updated last counts.
        """
        file = identifier if identifier.endswith(".md") else identifier + ".md"
        if not identifier:
            return []
        return (
            _one_each(self._sessions(f" AND s.session_id = ? {_LATEST}", identifier))
            or _one_each(self._sessions(f"{_MERGED} {_LATEST}", identifier))
            or self._sessions(" AND s.file = ?", file)
            or _one_each(self._sessions(f" AND s.slug = ? AND s.slug <> '' {_LATEST}", identifier))
            or (self._sessions(f"{_KEPT} {_LATEST} LIMIT 1") if identifier == "latest" else [])
            or self.starting(identifier)
        )

    def starting(self, beginning: str) -> list[SessionRow]:
        """Return the sessions whose ids begin so, of each id one."""
        sql = f" AND substr(s.session_id, 1, ?) = ? {_LATEST}"
        return _one_each(self._sessions(sql, len(beginning), beginning))

    def in_file(self, file: str) -> SessionRow | None:
        """Return the session that a file holds."""
        return next(iter(self._sessions(" AND s.file = ?", file)), None)

    def rows(self, rows: Sequence[int]) -> list[SessionRow]:
        """Return the sessions with these row numbers, in this order."""
        found = {session.row: session for session in self._sessions(f" AND s.id IN ({_slots(rows)})", *rows)}
        return [found[row] for row in rows if row in found]

    def updated(self, rows: Sequence[int]) -> dict[int, tuple[str, float]]:
        """Return the file of each of these rows, and when it was updated; a row that is no session has neither."""
        parts = (rows[n : n + _MANY] for n in range(0, len(rows), _MANY))
        sql = "SELECT id, file, updated FROM sessions WHERE id IN ({})"
        found = (each for part in parts for each in self._ask(sql.format(_slots(part)), part, int, str, float))
        return {row: (file, updated) for row, file, updated in found}

    def files(self, file: str) -> list[FileChange]:
        """Return the files that the session in the file `file` touched, in its order."""
        return [change for change, _ in self.touched(file)]

    def touched(self, file: str) -> list[tuple[FileChange, str | None]]:
        """Return the same, each with the blob id that was recorded of it."""
        sql = (
            f"SELECT path, {schema.KIND}, old_path, blob FROM session_files"
            " WHERE session = (SELECT id FROM sessions WHERE file = ?) ORDER BY n"
        )
        return [(FileChange(*row), blob) for *row, blob in self._ask(sql, (file,), str, str, *[str | None] * 2)]

    def standing(self, project: str = "") -> "Standing":
        """Return what sessions left standing, of a user store only what belongs to `project`."""
        from ocm.index.standing import Standing

        return Standing(self._db, project)

    def links(self, project: str = "", scope: str | None = None) -> "Links":
        """Return what sessions and commits have in common, of a user store only what belongs to `project`.

        The commits are those of a repository within the project where its `scope` is given.
        """
        from ocm.index.links import Links

        return Links(self._db, project, project if scope is None else scope)

    def files_of(self, rows: Sequence[int]) -> dict[int, list[tuple[FileChange, str | None]]]:
        """Return the same for each of several sessions, by their row numbers, in one question."""
        found: dict[int, list[tuple[FileChange, str | None]]] = {row: [] for row in rows}
        columns = f"session, path, {schema.KIND}, old_path, blob"
        sql = f"SELECT {columns} FROM session_files WHERE session IN ({_slots(rows)}) ORDER BY session, n"
        for row, *change, blob in self._ask(sql, rows, int, str, str, *[str | None] * 2):
            found[row].append((FileChange(*change), blob))
        return found

    def is_current(self, rows: Sequence[int]) -> bool:
        """Return whether the files of these sessions look as they did when they were read."""
        sql = f"SELECT file, mark FROM sessions WHERE id IN ({_slots(rows)})"
        try:
            return all(
                stat_hash(file, os.lstat(os.path.join(self._folder, file))) == known
                for file, known in self._ask(sql, rows, str, int)
            )
        except OSError:
            return False

    def numbers(self, project: str = "") -> list[Numbers]:
        """Return of each session what statistics count, the oldest first."""
        condition, values = Filters(project=project).conditions()
        items = "(SELECT count(*) FROM session_items i WHERE i.session = s.id AND i.kind = {!r})"
        sql = (
            f"SELECT s.file, s.tool, s.branch, s.started_at, {items.format('decision')}, {items.format('problem')},"
            " (SELECT count(*) FROM session_files f WHERE f.session = s.id)"
            f" FROM sessions s WHERE s.counts{condition} ORDER BY s.started, s.file"
        )
        return [Numbers(*row) for row in self._ask(sql, values, *[str] * 4, *[int] * 3)]

    def distinct_files(self, project: str = "") -> int:
        """Return how many different files the sessions touched."""
        condition, values = Filters(project=project).conditions()
        join = "session_files f JOIN sessions s ON s.id = f.session"
        sql = f"SELECT count(DISTINCT f.path) FROM {join} WHERE true{condition}"
        return int(self._ask(sql, values, int)[0][0])

    def merged_ids(self) -> set[str]:
        """Return the ids of the sessions that were merged into others, and have no file of their own."""
        sql = "SELECT name FROM session_names WHERE name NOT IN (SELECT session_id FROM sessions WHERE counts)"
        return {name for (name,) in self._ask(sql, (), str)}

    def copies(self) -> list[tuple[str, str, str]]:
        """Return every file that another one of its session stands for: session id, its name, that of the other."""
        return self._ask(_COPIES, (), str, str, str)

    def unreadable(self) -> list[tuple[str, str]]:
        """Return the files that cannot be read, each with where and why."""
        sql = "SELECT file, error FROM sessions WHERE error IS NOT NULL"
        found = self._ask(sql, (), str, str)
        return sorted([*found, *((name, UNDECODABLE) for name in self._undecodable)])

    # --- the parts of a search; an expression is one of the query language of FTS5

    def rank(self, expression: str, filters: Filters, limit: int, among: str = "") -> list[tuple[int, float]]:
        """Return row numbers and scores of the `limit` best matches, and of all as good as the last of them.

        With `among`, another expression, only of those that match it, too.
        """
        condition, values = filters.conditions()
        join = " CROSS JOIN sessions s ON s.id = sessions_fts.rowid" if condition else ""
        if among:
            condition, values = _AMONG + condition, [among, *values]
        sql = (
            f"SELECT sessions_fts.rowid, -bm25(sessions_fts, {COLUMN_WEIGHTS}) AS score FROM sessions_fts{join}"
            f" WHERE sessions_fts MATCH ?{condition} ORDER BY score DESC LIMIT ?"
        )
        asked = _TIED * limit
        while True:
            found = self._ask(sql, (expression, *values, asked), int, float)
            if len(found) < asked or found[limit - 1][1] != found[-1][1]:
                break
            asked *= _TIED  # which of the tied ones come first must not depend on how the rows came in
        return [pair for pair in found if len(found) <= limit or pair[1] >= found[limit - 1][1]]

    def scores(self, expression: str, rows: Sequence[int]) -> dict[int, float]:
        """Return the scores of those of these rows that match."""
        sql = (
            f"SELECT rowid, -bm25(sessions_fts, {COLUMN_WEIGHTS}) FROM sessions_fts"
            f" WHERE sessions_fts MATCH ? AND +rowid IN ({_slots(rows)})"
        )
        return dict(self._ask(sql, (expression, *rows), int, float))

    def count(self, expression: str | None = None) -> int:
        """Return how many sessions there are, or how many match."""
        if expression is None:
            return int(self._ask("SELECT count(*) FROM sessions_fts_docsize", (), int)[0][0])
        sql = "SELECT count(*) FROM sessions_fts WHERE sessions_fts MATCH ?"
        return int(self._ask(sql, (expression,), int)[0][0])

    def count_files(self) -> int:
        """Return how many files hold a session that no other file stands for, or cannot be read."""
        sql = "SELECT count(*) FROM sessions WHERE counts OR error IS NOT NULL"
        return int(self._ask(sql, (), int)[0][0]) + len(self._undecodable)

    def snippets(self, rows: Collection[int], expression: str) -> dict[int, str]:
        """Return the text around the best match of each row, matches marked; none where only `ident` matches.

        Of a very long text only the beginning is looked at: the time that a snippet takes grows with its square.
        """
        columns = ", ".join(f"substr({column}, 1, {_SHOWN})" for column in TEXTS)
        sql = f"SELECT id, {columns} FROM session_chunks WHERE id IN ({_slots(rows)})"
        return snippets.snippets(self._ask(sql, rows, int, *[str] * len(TEXTS)), encodable(expression))

    def texts(self, row: int) -> tuple[str, ...]:
        """Return the searchable text of a session, column by column."""
        sql = f"SELECT {', '.join(TEXTS)} FROM session_chunks WHERE id = ?"
        return next(iter(self._ask(sql, (row,), *[str] * len(TEXTS))), ())

    def state(self, row: int) -> State:
        """Return where the work of a session stood."""
        _, _, decisions, problems, work, todos, *_ = self.texts(row) or ("",) * len(TEXTS)
        pending, _, completed = todos.partition(PART)
        return State(*map(split, (pending, problems, decisions, work, completed)))

    def _sessions(self, condition: str, *values: object) -> list[SessionRow]:
        return [self._row(row) for row in self._ask(f"SELECT {_FIELDS} WHERE true{condition}", values, *_KINDS)]

    def _ask(self, sql: str, values: Iterable[object], *kinds: type | UnionType) -> list[Any]:
        """Return the rows of an answer, each column of its kind; a lone surrogate, which no row has, is escaped."""
        bound = [encodable(value) if isinstance(value, str) else value for value in values]
        return schema.rows(self._db.execute(sql, bound), *kinds)

    def _row(self, columns: tuple[Any, ...]) -> SessionRow:
        row, file, session_id, title, goal, slug, tool, project, branch, status, *dates, updated, pinned = columns
        title = title or one_line(goal, 80) or slug or session_id
        path = os.path.join(self._folder, file)
        started_at, updated_at = dates
        listed = (session_id, title, goal, started_at, tool, branch, status, path)
        return SessionRow(row, *listed, slug, project, file, updated_at, updated, bool(pinned))


def _one_each(found: list[SessionRow]) -> list[SessionRow]:
    """Return the first row of every session id."""
    first: dict[str, SessionRow] = {}
    for session in found:
        first.setdefault(session.session_id, session)
    return list(first.values())


def _slots(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
