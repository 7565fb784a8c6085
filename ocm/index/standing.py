# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""What sessions left standing, and what ends it: items that are open, decided, met or noted, each with the numbers of what ends it.

An item is a row by itself, so that the state of a project is asked in bounded questions, however many sessions there
are; whether a later session ended it is looked up by number, not by reading what that session says.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ocm.base import times
from ocm.index import schema
from ocm.markdown.task_words import DONE, PART, SOLVES, SUPERSEDES

if TYPE_CHECKING:
    from ocm.base.model import Session
    from ocm.markdown.item_labels import Shown

OPEN, DECISION, PROBLEM, NOTE = "open", "decision", "problem", "note"
STATING = (OPEN, PROBLEM, DECISION, NOTE)
_LONGEST = 400  # characters of an item that are kept here: as much as anybody shows in a line
_MANY = 500
# A machine's own words in the account of the work say nothing that a person or an assistant meant.
_MACHINE_WORDS = ("Tests run: `", "`")
_Row = tuple[int, str, int, float, int, str, int, int, int, str]


class Item(NamedTuple):
    """Something that a session left: its row number, kind and place there, when, and the numbers that end it."""

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
    from ocm.markdown.facts import Facts, digest

    facts = Facts.parse(session.facts)
    said = [item for item in session.work_summary if not item.startswith(_MACHINE_WORDS)]
    lists = (session.work_completed, session.work_pending, session.decisions, session.problems, session.files, said)
    kept = (session.plan_files, session.references, session.tags, session.goal, session.notes)
    is_named = facts.prompt != digest(session.title) if facts.prompt else False
    return bool(facts.fired) and not (any(lists) or any(kept) or is_named or any(unit.sha for unit in facts.units()))


def insert(db: sqlite3.Connection, found: Sequence[tuple[int, "Session"]]) -> None:
    """Insert what sessions left standing, and what they end."""
    rows = [item for row, session in found for item in _items(row, session)]
    db.executemany("INSERT INTO session_items VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    ends = [end for row, session in found for end in _ends(row, session)]
    db.executemany("INSERT OR IGNORE INTO session_ends VALUES(?, ?, ?, ?, ?)", ends)


def drop(db: sqlite3.Connection, row: int) -> None:
    """Remove the same."""
    found = db.execute("SELECT keys FROM session_ending WHERE session = ?", (row,)).fetchone()
    for key in found[0].split() if found and isinstance(found[0], str) else ():
        db.execute("DELETE FROM session_ends WHERE key = ? AND session = ?", (int(key), row))
    db.execute("DELETE FROM session_items WHERE session = ?", (row,))


def _items(row: int, session: "Session") -> Iterator[_Row]:
    dates = _Dates(session)
    completed = set(session.work_completed)
    from ocm.markdown import task_words

    own = {key for text in [*completed, *session.work_summary] for key in task_words.ends(text)}
    for n, text in enumerate(session.work_pending):
        keys = task_words.ended_by(text)
        over = text not in completed and not own.isdisjoint(keys)
        yield _row(row, OPEN, n, dates.last, over, text, keys, _shown(text))
    for kind, texts in ((DECISION, session.decisions), (PROBLEM, session.problems)):
        for n, text in enumerate(texts):
            yield _labelled(row, kind, n, dates.of(text), text)
    for n, text in enumerate(_paragraphs(session.notes)):
        yield _row(row, NOTE, n, dates.last, False, text, (), "")
