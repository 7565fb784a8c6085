# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""What sessions left standing (open, decided, met, noted), an item a row, each with the numbers of what ends it.

So the state of a project is asked in bounded questions, however many sessions there are: whether a later session ended
an item is looked up by number, and not by reading what that session says.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ocm.base import times
from ocm.base.values import ASSISTANT, MACHINE
from ocm.index import file_format, schema

if TYPE_CHECKING:
    from ocm.base.model import Session
    from ocm.markdown.facts import Facts

OPEN, DECISION, PROBLEM, NOTE, WORDS = "open", "decision", "problem", "note", "words"
LEFT = "left"  # open at the end of an imported conversation: nobody said that it still is
DONE = ""  # most ends are of this kind, and an empty text takes no room
# The columns that hold the text of an item already, as the one that its number says.
_COLUMNS = {OPEN: "todos", LEFT: "todos", DECISION: "decisions", PROBLEM: "problems"}
_LONGEST = 400  # characters of an item that are kept here: as much as anybody shows in a line
_MOST_NOTES = 12
_MANY = 500
_LATEST_ENDS = " ORDER BY 5 DESC LIMIT 4000"
_ON_BRANCH, _LATEST, _EACH = 12, 24, 40  # sessions, and items of each kind, that a project's state is made of
# A machine's own words in the account of the work say nothing that a person or an assistant meant.
_MACHINE_WORDS = ("Tests run: `", "`")
_NO_KEYS = (0, 0, 0)
_Row = tuple[int, str, int, float, int, str, int, int, int, str, str]
_End = tuple[int, int, str, int, float | None]  # the last is left out where it is that of the session
_FoundEnd = tuple[int, int, str, int, float]


class Item(NamedTuple):
    """Something that a session left: the row of that, its kind and place there, when, and the numbers that end it."""

    session: int
    kind: str
    number: int
    at: float
    text: str
    keys: tuple[int, ...]
    shown: str


# --- rows of sessions


def only_asked(session: "Session") -> bool:
    """Return whether a recorded conversation came to nothing: no words kept on purpose, no edit, no commit."""
    from ocm.markdown.facts import Facts

    facts = Facts.parse(session.facts)
    if not facts.fired:  # a person wrote it, or it was brought from elsewhere
        return False
    said = any(not item.startswith(_MACHINE_WORDS) for item in session.work_summary)
    lists = (session.work_completed, session.work_pending, session.decisions, session.problems, session.files)
    kept = (session.plan_files, session.references, session.tags, session.goal, session.notes)
    is_named = bool(session.title) and session.title != facts.asked
    return not (said or is_named or any(lists) or any(kept) or any(unit.sha for unit in facts.units()))


def insert(db: sqlite3.Connection, found: "Sequence[tuple[int, Session]]") -> None:
    """Insert what sessions left standing, and what they end."""
    left = [_Left(row, session) for row, session in found]
    rows = [item for one in left for item in one.items()]
    db.executemany("INSERT INTO session_items VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    ends = sorted(end for one in left for end in one.ends())  # neighbours in the table are quicker to insert
    db.executemany("INSERT OR IGNORE INTO session_ends VALUES(?, ?, ?, ?, ?)", ends)


def drop(db: sqlite3.Connection, row: int, later: "Session | None" = None) -> None:
    """Remove the same, as long as the texts of the session are there: they tell what it ended.

    What it ends `later` as well stays, because each number lies on a page of its own.
    """
    db.execute("DELETE FROM session_items WHERE session = ?", (row,))
    kept = _ended_by_deeds(_deeds(later)) if later else set()
    sql = "SELECT decisions, problems, work, todos FROM session_chunks WHERE id = ?"
    for decisions, problems, work, todos in schema.rows(db.execute(sql, (row,)), *[str] * 4):
        done = [*file_format.split(todos.partition(file_format.PART)[2]), *file_format.split(work)]
        deeds = _ended_by_deeds(done) - kept
        named = {key for key, *_ in _ends_by_name(file_format.split(decisions), file_format.split(problems))}
        delete = "DELETE FROM session_ends WHERE key = ? AND session = ? AND kind"
        db.executemany(f"{delete} = ?", [(key, row, DONE) for key in sorted(deeds)])
        db.executemany(f"{delete} <> ?", [(key, row, DONE) for key in sorted(named)])


def _deeds(session: "Session") -> Iterator[str]:
    return map(file_format.held, (*session.work_completed, *session.work_summary))


def _ended_by_deeds(texts: Iterable[str]) -> set[int]:
    from ocm.markdown import item_labels  # its patterns take time to make, and who only reads has no use for them

    return set().union(*map(item_labels.ended_by_deed, texts))


def _ends_by_name(decisions: Sequence[str], problems: Sequence[str]) -> Iterator[tuple[int, str, int]]:
    """Return what decisions and problems end by its name: the number, the kind and the place of who says so."""
    from ocm.markdown import item_labels
    from ocm.markdown.task_words import SOLVES, SUPERSEDES, key

    for n, text in enumerate(decisions):
        for how, names in ((SUPERSEDES, item_labels.superseded(text)), (SOLVES, item_labels.solved(text))):
            yield from ((key(how, tuple(name.split())), DECISION, n) for name in names)
    for n, text in enumerate(problems):
        yield from ((key(SOLVES, tuple(name.split())), PROBLEM, n) for name in item_labels.solved(text))


class _Left:
    """What one session left, as rows."""

    def __init__(self, row: int, session: "Session") -> None:
        from ocm.markdown.facts import Authors, Facts

        self._row, self._session, self._facts = row, session, Facts.parse(session.facts)
        self._dates, self._authors = _Dates(session, self._facts), Authors(self._facts, session.tool)
        self._finished = _ended_by_deeds(_deeds(session))

    def ends(self) -> Iterator[_End]:
        """Return what it ends: what it finished, superseded and solved; what it finished is as old as the session."""
        yield from ((key, self._row, DONE, 0, None) for key in self._finished)
        lists = self._session.decisions, self._session.problems
        for key, kind, n in _ends_by_name(*(list(map(file_format.held, items)) for items in lists)):
            yield key, self._row, kind, n, self._dates.of(lists[kind == PROBLEM][n])

    def items(self) -> Iterator[_Row]:
        """Return what it left to do, decided, met and noted."""
        from ocm.markdown import item_labels
        from ocm.markdown.task_words import SOLVES, SUPERSEDES

        session = self._session
        yield from self._open_items()
        for n, text in enumerate(session.decisions):
            over = item_labels.is_struck(text)
            yield self._item(DECISION, n, text, _label_key(SUPERSEDES, text), over=over)
        for n, text in enumerate(session.problems):
            over = item_labels.is_struck(text) or item_labels.says_solved(text) or bool(item_labels.solved(text))
            yield self._item(PROBLEM, n, text, _label_key(SOLVES, text), over=over)
        for n, text in enumerate(_paragraphs(session.notes)[:_MOST_NOTES]):
            yield self._text(NOTE, n, text)
        if session.last_words and not (session.goal or session.work_pending or session.decisions or session.problems):
            yield self._text(WORDS, 0, session.last_words)

    def _open_items(self) -> Iterator[_Row]:
        """Return what is to be done; what the session itself did since, in other words, is over."""
        from ocm.markdown import task_words

        completed, is_left = set(self._session.work_completed), _left_by(self._facts)
        for n, text in enumerate(self._session.work_pending):
            keys = task_words.ended_by(text)
            over = text not in completed and not self._finished.isdisjoint(keys)
            yield self._item(LEFT if is_left(text) else OPEN, n, text, keys, over=over)

    def _item(self, kind: str, n: int, text: str, keys: tuple[int, int, int], *, over: bool) -> _Row:
        """Return the row of an item whose text another table holds."""
        signs = _signs(text) if kind in {OPEN, LEFT} else ""
        author = self._authors.of(_COLUMNS[kind], text) if kind in {DECISION, PROBLEM} else ASSISTANT
        who = "" if author == ASSISTANT else author  # whose most items are; an empty text takes no room
        return self._row, kind, n, self._dates.of(text), int(over), "", *keys, signs, who

    def _text(self, kind: str, n: int, text: str) -> _Row:
        """Return the row of what nothing ends, with its text."""
        return self._row, kind, n, self._dates.last, 0, text[:_LONGEST], *_NO_KEYS, "", ""


def _left_by(known: "Facts") -> Callable[[str], bool]:
    """Return what says whether a task is from an imported transcript, and neither a person's nor a checkpoint's.

    A session that hooks recorded is completed from its transcript when it ends: what that leaves open was so just then.
    """
    from ocm.markdown.facts import digest

    origins = [] if known.fired else known.origins()
    held = {one.digest for one in origins if (one.word, one.section) == (MACHINE, "work_pending")}
    held.difference_update(known.dates() if held else ())  # a checkpoint's has its date, even where a transcript has it
    return lambda text: bool(held) and digest(text) in held


def _signs(text: str) -> str:
    """Return what in the code would show that a task is done, as one text; empty for nothing."""
    from ocm.markdown import item_labels

    shown = item_labels.shown_by(text)
    return "\t".join((str(int(shown.adds)), shown.path, shown.symbol)) if shown else ""


def _label_key(how: str, text: str) -> tuple[int, int, int]:
    from ocm.markdown import item_labels, task_words

    return task_words.key(how, tuple(item_labels.folded(item_labels.label(text)).split())), 0, 0


class _Dates:
    """When the items of a session were recorded; what a person added is as old as its session."""

    def __init__(self, session: "Session", known: "Facts") -> None:
        from ocm.markdown import facts

        self._digest = facts.digest
        self._known = known.dates()
        self._began = session.started_at
        self.last = times.instant(session.updated_at) or times.instant(session.started_at)

    def of(self, text: str) -> float:
        at = self._known.get(self._digest(text), self._began) if self._known else self._began
        return times.instant(at)


def _paragraphs(notes: str) -> list[str]:
    """Return what a person noted, a paragraph or an item of a list each, without the headings."""
    found: list[list[str]] = [[]]
    for line in notes.split("\n"):
        if not line.strip() or line.startswith("#"):
            found.append([])
        elif line.lstrip().startswith(("- ", "* ", "+ ")):
            found.append([line.strip()[2:].removeprefix("[ ] ")])
        else:
            found[-1].append(line.strip())
    return [text for lines in found if (text := " ".join(lines).strip())]


# --- asking


class Standing:
    """What is known across the sessions of a store, of a user store only of one `project`; read-only."""

    def __init__(self, db: sqlite3.Connection, project: str) -> None:
        """Read `db`."""
        self._db = db
        self._of = " AND s.project = ?" if project else ""
        self._values: tuple[str, ...] = (project,) if project else ()

    def sessions(self, branch: str) -> list[int]:
        """Return the rows of the sessions that matter: of a branch the latest, the latest, and of the latest items."""
        latest = f"s.only_asked = 0 AND s.counts{self._of} ORDER BY s.updated DESC, s.file LIMIT ?"
        asked: list[tuple[str, tuple[object, ...]]] = [
            (f"SELECT s.id FROM sessions s WHERE s.branch = ? AND {latest}", (branch, *self._values, _ON_BRANCH)),
            (f"SELECT s.id FROM sessions s WHERE {latest}", (*self._values, _LATEST)),
        ]
        of_kind = (
            "SELECT i.session FROM session_items i CROSS JOIN sessions s ON s.id = i.session"
            f" WHERE i.kind = ? AND i.over = 0{self._of} ORDER BY i.at DESC, s.file, i.n LIMIT ?"
        )
        asked += [(of_kind, (kind, *self._values, _EACH)) for kind in (OPEN, DECISION, PROBLEM, NOTE)]
        found = [row for sql, values in asked for (row,) in schema.rows(self._db.execute(sql, values), int)]
        return list(dict.fromkeys(found))

    def items(self, rows: Sequence[int]) -> list[Item]:
        """Return what these sessions left, by kind and place, but for what is over by their own words."""
        columns = "session, kind, n, at, text, a, b, c, shown"
        found: list[Item] = []
        for part in _parts(rows):
            sql = f"SELECT {columns} FROM session_items WHERE session IN ({_slots(part)}) AND over = 0 ORDER BY 1, 2, 3"
            found += self._read(sql, part)
        return found

    def all_open(self) -> list[Item]:
        """Return what is to be done in any session, what was listed first at the top."""
        sql = (
            "SELECT i.session, i.kind, i.n, i.at, i.text, i.a, i.b, i.c, i.shown FROM session_items i"
            f" JOIN sessions s ON s.id = i.session WHERE i.kind = ? AND i.over = 0{self._of} ORDER BY i.at, s.file, i.n"
        )
        return self._read(sql, (OPEN, *self._values))

    def _read(self, sql: str, values: Sequence[object]) -> list[Item]:
        """Return the items that a question finds, each with its text."""
        asked = self._db.execute(sql, values)
        found = list(map(_item, schema.rows(asked, int, str, int, float, str, int, int, int, str)))
        texts = self._texts(sorted({item.session for item in found if item.kind in _COLUMNS}))
        return [item._replace(text=texts[item.session].text(item)) if item.kind in _COLUMNS else item for item in found]

    def _texts(self, rows: Sequence[int]) -> "dict[int, _Texts]":
        found: dict[int, _Texts] = {}
        for part in _parts(rows):
            sql = f"SELECT id, todos, decisions, problems FROM session_chunks WHERE id IN ({_slots(part)})"
            for row, *texts in schema.rows(self._db.execute(sql, part), int, str, str, str):
                found[row] = _Texts(*texts)
        return found

    def named(self, rows: Sequence[int]) -> set[int]:
        """Return which of these sessions have a decision or a problem whose label another decision or problem names."""
        found: set[int] = set()
        for part in _parts(rows):
            sql = (
                "SELECT DISTINCT i.session FROM session_items i JOIN session_ends e ON e.key = i.a"
                f" WHERE i.session IN ({_slots(part)}) AND i.kind IN (?, ?) AND e.kind <> ?"
            )
            found |= {row for (row,) in schema.rows(self._db.execute(sql, (*part, DECISION, PROBLEM, DONE)), int)}
        return found

    def ended(self, items: Iterable[Item]) -> set[Item]:
        """Return those of the items that a later item of any session ends.

        What ends a number last says it of all of them, unless that is from the item's own session: of those few every
        end is looked at.
        """
        keyed = [item for item in items if item.keys]
        last = self._ends(
            {key for item in keyed for key in item.keys}, "max(coalesce(e.at, s.updated))", " GROUP BY 1, 3"
        )
        own = [item for item in keyed if any(end[1] == item.session for key in item.keys for end in last[key])]
        every = (
            self._ends({key for item in own for key in item.keys}, "coalesce(e.at, s.updated)", _LATEST_ENDS)
            if own
            else {}
        )
        return {
            item
            for item in keyed
            if any(_is_ended(item, end) for key in item.keys for end in (*last[key], *every.get(key, ())))
        }

    def _ends(self, keys: Iterable[int], at: str, behind: str) -> dict[int, list[_FoundEnd]]:
        wanted = sorted(keys)
        found: dict[int, list[_FoundEnd]] = {key: [] for key in wanted}
        for part in _parts(wanted):
            sql = (
                f"SELECT e.key, e.session, e.kind, e.n, {at} FROM session_ends e JOIN sessions s ON s.id = e.session"
                f" WHERE e.key IN ({_slots(part)}){self._of}{behind}"
            )
            for end in schema.rows(self._db.execute(sql, (*part, *self._values)), int, int, str, int, float):
                found[end[0]].append(end)
        return found

    def made(self, rows: Sequence[int]) -> dict[int, set[str]]:
        """Return the commits that each of these sessions recorded as its own."""
        found: dict[int, set[str]] = {}
        for part in _parts(rows):
            sql = f"SELECT session, sha FROM session_units WHERE session IN ({_slots(part)}) AND sha <> ''"
            for row, sha in schema.rows(self._db.execute(sql, part), int, str):
                found.setdefault(row, set()).add(sha)
        return found


def _item(row: tuple[Any, ...]) -> Item:
    session, kind, n, at, text, *keys, shown = row
    return Item(session, kind, n, at, text, tuple(key for key in keys if key), shown)


class _Texts(NamedTuple):
    """The columns of a session that hold the texts of its items."""

    todos: str
    decisions: str
    problems: str

    def text(self, item: Item) -> str:
        """Return what an item says, as much as anybody shows in a line.

        Raises:
            DamagedError: there is no such item.
        """
        items = getattr(self, _COLUMNS[item.kind]).partition(file_format.PART)[0].split(file_format.ITEM)
        if item.number >= len(items):
            raise schema.DamagedError("it holds what ocm never puts there")
        return str(items[item.number])[:_LONGEST]


def _is_ended(item: Item, end: _FoundEnd) -> bool:
    """Return whether what ends an item came after it: who lists again what was finished takes it up again."""
    _, session, kind, n, at = end
    if kind == DONE and item.kind in {OPEN, LEFT}:
        return session != item.session and at >= item.at
    is_itself = (session, kind) == (item.session, item.kind) and n <= item.number
    return at > item.at or (at == item.at and not is_itself)


def _parts(values: Sequence[int]) -> Iterator[list[int]]:
    for n in range(0, len(values), _MANY):
        yield list(values[n : n + _MANY])


def _slots(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
