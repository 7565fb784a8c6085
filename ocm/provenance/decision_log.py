"""The ledger of this store: decisions in force and problems still open, each with its date, session and freshness."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ocm.base import times
from ocm.base.notices import Notice, ignore
from ocm.base.sanitize import clean_line
from ocm.git import freshness, worktree
from ocm.index import access
from ocm.index.file_format import STOP
from ocm.index.links import DECISION, PROBLEM
from ocm.index.queries import Index, SessionRow
from ocm.provenance import ledger, ledger_index
from ocm.provenance.ledger import State
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow

_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]{2,}|\d{2,}")
_MANY = 20  # sessions of which the whole ledger is read at once
_MAX_ENDED, _MAX_BY = 100, 200
_MIN_LETTERS = 4  # letters of a word that says something
_SAME_CHECKPOINT = 3  # what a decision counts more that was recorded along with the work itself
_LINE_WORD = 3  # what a word of the line itself counts, beside one of its file's name or its commit's subject


def decisions(
    store: Store, file: str = "", *, everything: bool = False, notice: Notice = ignore
) -> list[dict[str, Any]]:
    """Return the decisions in force, newest first; `file` keeps those of sessions that touched it."""
    return _listed(store, file, everything=everything, kind=DECISION, notice=notice)


def problems(
    store: Store, file: str = "", *, everything: bool = False, notice: Notice = ignore
) -> list[dict[str, Any]]:
    """Return the problems that are still open, newest first."""
    return _listed(store, file, everything=everything, kind=PROBLEM, notice=notice)


def ended(store: Store, file: str, *, notice: Notice = ignore) -> "list[EndedRow]":
    """Return the decisions and problems of one session that a later one superseded or solved."""
    project = worktree.own_project(store)

    return access.read(store, lambda cache: ended_in(cache, project, file), notice=notice)


def ended_of(cache: Index, project: str, rows: "Sequence[SessionRow]") -> "dict[int, list[EndedRow]]":
    """Return the decisions and problems of each of these sessions that a later one ended, by row, with when."""
    if len(rows) > _MANY:
        whole = ledger_index.read(cache, project)
        states: dict[str, list[State]] = {}
        for state in (*whole.decisions, *whole.problems):
            if state.by:
                states.setdefault(state.entry.file, []).append(state)
        return {row.row: _ended_rows(cache, states.get(row.file, ())) for row in rows}
    return {row.row: _ended_rows(cache, _ended_states(cache, project, row)) for row in rows}


def _ended_states(cache: Index, project: str, row: SessionRow) -> list[State]:
    """Return the items of one session that were ended; only who names one of their labels is looked at."""
    said = cache.state(row.row)
    labelled = [item for item in (*said.decisions, *said.problems) if ledger.label(item)]
    return list(ledger_index.ended(cache, project, row.file, labelled).values()) if labelled else []


def _ended_rows(cache: Index, states: Iterable[State]) -> "list[EndedRow]":
    found: list[EndedRow] = []
    for state in states:
        row = cache.in_file(state.by.file) if state.by else None
        if state.by and row:
            item, by = clean_line(state.entry.text)[:_MAX_ENDED], clean_line(state.by.text)[:_MAX_BY]
            found.append({"item": item, "by": by, "date": _when(state.by.at, row), "session_id": row.session_id})
    return found


def ended_in(cache: Index, project: str, file: str, texts: Iterable[str] = ()) -> "list[EndedRow]":
    """Return the same of a cache that is being read; with `texts`, which are not empty then, of these items alone."""
    found = ledger_index.ended(cache, project, file, texts)
    rows = {state.by.file: cache.in_file(state.by.file) for state in found.values() if state.by}
    return [
        {
            "item": text,
            "by": clean_line(state.by.text)[:_MAX_BY],
            "date": _when(state.by.at, row),
            "session_id": row.session_id,
        }
        for text, state in found.items()
        if state.by and (row := rows[state.by.file])
    ]


def _listed(store: Store, file: str, *, everything: bool, kind: str, notice: Notice) -> list[dict[str, Any]]:
    project = worktree.own_project(store)

    def work(cache: Index) -> list[dict[str, Any]]:
        found = ledger_index.read(cache, project)
        states = found.decisions if kind == DECISION else found.problems
        touched = {row.file for row in cache.touching(file, -1, project)} if file else None
        chosen = [one for one in reversed(states) if (everything or one.in_force) and _is_of(one, touched)]
        known = Sessions(store, cache, (name for one in chosen for name in files_of(one)))
        return [as_json(one, known, kind) for one in chosen if one.entry.file in known.rows]

    return access.read(store, work, notice=notice)


def _is_of(state: State, touched: set[str] | None) -> bool:
    return touched is None or state.entry.file in touched


def files_of(state: State) -> list[str]:
    """Return the session of an item, and that of what ended it."""
    return [state.entry.file, *([state.by.file] if state.by else [])]


class Sessions:
    """The sessions that an answer names, by their files, and how far each still holds: looked at all at once."""

    def __init__(self, store: Store, cache: Index, files: Iterable[str]) -> None:
        """Look at the sessions in these files; one that is gone is left out."""
        found = ((file, cache.in_file(file)) for file in dict.fromkeys(files))
        self.rows: dict[str, SessionRow] = {file: row for file, row in found if row}
        self._touched = {file: cache.touched(file) for file in self.rows}
        records = [(self._touched[file], row.updated) for file, row in self.rows.items()]
        self._page = freshness.Page(store.root, records) if records else None

    def fresh(self, file: str) -> dict[str, Any]:
        """Return how many files of a session are as they were, and how many commits came since."""
        page, row = self._page, self.rows.get(file)
        if page is None or row is None:
            return {"freshness": None, "commits_since": None}
        return {"freshness": page.counts(self._touched[file]), "commits_since": page.commits(row.updated)}


def as_json(state: State, known: Sessions, kind: str = DECISION) -> dict[str, Any]:
    """Return an item with where it stands."""
    row = known.rows[state.entry.file]
    by = known.rows.get(state.by.file) if state.by else None
    ended = {"by": clean_line(state.by.text)[:200], "session_id": by.session_id if by else ""} if state.by else None
    return {
        kind: state.entry.text,
        "label": ledger.label(state.entry.text),
        "origin": state.entry.origin,
        "date": date_of(state, row),
        "session_id": row.session_id,
        "title": row.title,
        "in_force" if kind == DECISION else "open": state.in_force,
        "superseded" if kind == DECISION else "solved": ended,
        **known.fresh(state.entry.file),
        "markdown_path": row.markdown_path,
    }


def date_of(state: State, row: SessionRow) -> str:
    """Return when an item was recorded, in the time of its session."""
    return _when(state.entry.at, row)


def _when(at: float, row: SessionRow) -> str:
    began = times.moment(row.date)
    return (began and times.iso(at, began.tzinfo)) or row.date


def relevant(
    states: list[State], words: set[str], at: float, line: frozenset[str] = frozenset()
) -> list[tuple[int, State]]:
    """Return the decisions of a session, the likeliest ones first, each with how much speaks for it.

    Args:
        states: The decisions.
        words: Words from around the work: the name of a file, the subject of a commit.
        at: When the work was recorded, in epoch seconds; what was decided along with it comes before the rest.
        line: Words of the line itself, which say more.
    """
    scored = [(_score(state, words, at, line), state) for state in states]
    return sorted(scored, key=lambda pair: (-pair[0], -pair[1].entry.at, -pair[1].entry.number))


def _score(state: State, words: set[str], at: float, line: frozenset[str]) -> int:
    together = _SAME_CHECKPOINT if at and state.entry.at == at else 0
    said = words_of(state.entry.text)
    return together + _LINE_WORD * len(line & said) + len((words - line) & said)


def citing(states: Iterable[State], name: str, first: int = 0, last: int = 0) -> list[tuple[int, State]]:
    """Return the decisions in force that cite a file in code marks, each with how many lines from these it means.

    The nearest come first, what names a line before what is about the whole file, and of equals the latest.
    """
    pattern = re.compile(rf"`{re.escape(name)}(?::(\d{{1,9}}))?`")
    found = []
    for state in states:
        if state.in_force and (cited := pattern.search(state.entry.text)):
            line = int(cited[1] or 0)
            away = max(first - line, line - last, 0) if first and line else 0
            found.append((away, not line, state))
    found.sort(key=lambda one: (*one[:2], -one[2].entry.at, -one[2].entry.number))
    return [(away, state) for away, _, state in found]


def words_of(*texts: str) -> set[str]:
    """Return the words of texts that say something, parts of identifiers and paths among them."""
    found = {
        word.lower() for text in texts for word in _WORD.findall(text) if len(word) >= _MIN_LETTERS or word.isdigit()
    }
    return found - STOP
