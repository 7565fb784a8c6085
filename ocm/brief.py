"""The brief that a new conversation begins with, and `ocm resume` prints: where the work stands, within a token budget.

Stored text is data, never instructions: it is fenced and labelled, on lines of its own, without any character that can
hide or turn text, and without the markers of the fence. The same store gives the same bytes. Light to import, because
a hook asks for it.
"""

import re
from collections import Counter
from dataclasses import dataclass

from ocm import freshness, git, index
from ocm.fence import BEGIN, END, LABEL, MARKED, clean_line, holds_marks, marked, unfenced
from ocm.index import Index, Notice, SessionRow, silent
from ocm.index.records import load
from ocm.model import Session
from ocm.paths import Store

_CHARACTERS_A_TOKEN = 4
MOST = 9_900  # characters: hosts cut at 10,000
_MAX_ITEM, _MAX_TITLE, _MAX_NAME, _MAX_PATH, _MAX_COMMITS = 300, 90, 40, 200, 20
_RECENT, _LISTED, _LATEST, _CANDIDATES = 8, 5, 5, 20
_FILE_HEADINGS = {
    freshness.CHANGED: "Files changed since:",
    freshness.GONE: "Files gone since:",
    freshness.UNCHANGED: "Files unchanged since:",
    None: "Files:",
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-.*")


def brief(  # noqa: PLR0913 - each is one thing that a caller may know
    store: Store,
    *,
    branch: str,
    session_id: str | None,
    tokens: int,
    alone: bool = False,
    notice: Notice = silent,
) -> str:
    """Return what a conversation on `branch` should know, in at most `tokens`; empty when nothing is worth saying.

    Args:
        store: Where the sessions are.
        branch: The branch that is checked out; the latest session with a goal on it comes first.
        session_id: The session to say instead, if it is known.
        tokens: The budget, at four characters each; hosts cut what is longer than `MOST` characters.
        alone: Say that one session and nothing else, and what was done in it, too.
        notice: Takes one line when a damaged cache was moved aside.

    Raises:
        OcmError: the store cannot be read.
    """
    room = min(tokens * _CHARACTERS_A_TOKEN, MOST) - len(BEGIN) - len(LABEL) - len(END) - 2
    if room <= 0:
        return ""
    project = git.own_project(store) or None
    known = index.read(store, lambda cache: _known(cache, branch, session_id, project), notice=notice)
    if alone and (known.row is None or known.row.session_id != session_id):
        return ""
    said = _said(store, known, room, alone=alone)
    return _fenced(said, room) if said else ""


def _fenced(said: list[str], room: int) -> str:
    """Return the lines within their fence; where some are marked, a line that says what the marks mean takes room."""
    labels = [LABEL]
    if holds_marks("".join(said)):
        labels.append(MARKED)
        while said and sum(len(line) + 1 for line in said) + len(MARKED) + 1 > room:
            said = said[:-1]
    return "\n".join([BEGIN, *labels, *said, END])


def own(store: Store, session_id: str, tokens: int) -> str:
    """Return what a conversation needs that has just been compacted: its own state, at twice the length."""
    return brief(store, branch="", session_id=session_id, tokens=2 * tokens, alone=True)


def _said(store: Store, known: "_Known", room: int, *, alone: bool) -> list[str]:
    """Return the lines, most useful first; what comes later has its share set apart before the first may take all."""
    row = known.row
    record = load(store, row.file) if row else None
    if alone and not (record and record.session):
        return []
    shown = [] if alone else known.others
    named = [each for each in ([row] if row else []) + shown if each]
    records = [(known.files[each.row], each.updated) for each in named]
    page = freshness.Page(store.root, records, count_commits=False)
    others = _Lines(room // 4 if row else room // 2)
    heading = "Other recent sessions:" if row else "Recent sessions:"
    others.section(heading, [_entry(each, known, page) for each in shown[:_LISTED]])
    files = _Lines(room * 3 // 10)
    _name_files(files, known, shown, page)
    commits = _Lines(room // 10)
    if row:
        _name_commits(commits, store, row)
    first = _Lines(room - others.used - files.used - commits.used)
    if row and record and record.session:
        _describe(first, row, record.session, whole=alone)
    worth = first.lines or others.lines
    return [*first.lines, *files.lines, *commits.lines, *others.lines] if worth else []


class _Lines:
    """Lines that fit a budget; one that does not fit is left out whole."""

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self.used = 0
        self._room = room

    def add(self, *lines: str) -> bool:
        """Add all of `lines` or none; each costs its line end as well."""
        cost = sum(len(line) + 1 for line in lines)
        if self.used + cost > self._room:
            return False
        self.lines += lines
        self.used += cost
        return True

    def section(self, heading: str, items: list[str]) -> None:
        """Add as many of `items` as fit, in order, and the heading if there is any."""
        head = [heading]
        for item in items:
            if item and self.add(*head, f"- {item}"):
                head = []

    def joined(self, heading: str, items: list[str]) -> None:
        """Add as many of `items` as fit on one line behind the heading, in order."""
        line = heading
        for item in items:
            longer = f"{line}{' ' if line == heading else ', '}{item}"
            if self.used + len(longer) + 1 <= self._room:
                line = longer
        if line != heading:
            self.add(line)


@dataclass(slots=True)
class _Known:
    """What the cache knows: the session to describe, others, and the files of each by its row."""

    row: SessionRow | None
    others: list[SessionRow]
    files: dict[int, freshness.Touched]


def _known(cache: Index, branch: str, session_id: str | None, project: str | None) -> _Known:
    mine = [row for row in cache.find(session_id) if row.session_id == session_id] if session_id else []
    # A conversation that ended is closed, and still where the work stopped; one without a goal says too little.
    here = mine or cache.latest(_RECENT, branch=branch, project=project)
    first = next((row for row in here if row.goal), here[0] if here else None)
    skipped = {session_id, first.session_id if first else None}
    latest = cache.latest(_CANDIDATES + len(skipped), project=project)
    others = [row for row in latest if row.session_id not in skipped][:_CANDIDATES]
    files = cache.files_of([row.row for row in [*([first] if first else []), *others]])
    return _Known(first, _most_relevant(first, others, files), files)


def _most_relevant(
    first: SessionRow | None, others: list[SessionRow], files: dict[int, freshness.Touched]
) -> list[SessionRow]:
    """Return the latest sessions, and of those before them the ones that share most files with the first."""
    mine = {change.path for change, _ in files[first.row]} if first else set()
    shared = {row.row: sum(change.path in mine for change, _ in files[row.row]) for row in others}
    before = sorted(others[_LATEST:], key=lambda row: -shared[row.row])
    return [*others[:_LATEST], *before][:_RECENT]


def _describe(lines: _Lines, row: SessionRow, session: Session, *, whole: bool) -> None:
    where = [row.date[:10], row.tool, row.branch, row.status, _short(row.session_id)]
    title = _cut(_say(row.title), _MAX_TITLE)
    if not lines.add(" · ".join(["Session", *filter(None, (_cut(_say(part), _MAX_NAME) for part in where))]), title):
        return
    goal = _item(session.goal)
    if goal and goal != title:
        lines.add(f"Goal: {goal}")
    lines.section("To be done:", [_item(text) for text in session.work_pending])
    lines.section("Problems, latest first:", [_item(text) for text in reversed(session.problems)])
    lines.section("Decisions, latest first:", [_item(text) for text in reversed(session.decisions)])
    if whole or not (session.work_pending or session.decisions or session.problems):
        done = [*reversed(session.work_summary), *reversed(session.work_completed)]
        lines.section("Done, latest first:", [_item(text) for text in done])


def _name_files(lines: _Lines, known: _Known, shown: list[SessionRow], page: freshness.Page) -> None:
    """Name the files of the session, and those that the others touched most, by what became of them since."""
    rows = [row for row in [known.row, *shown] if row]
    times = Counter(change.path for row in rows for change, _ in known.files[row.row])
    touched: dict[str, str | None] = {}
    for row in rows:  # what the first one did is what matters; of the others, what the latest left
        for change, oid in known.files[row.row]:
            touched.setdefault(change.path, oid)
    own = {change.path for change, _ in known.files[known.row.row]} if known.row else set()
    ranked = sorted(touched, key=lambda path: (-times[path] - (path in own), path))
    states = {path: page.state(path, oid) if (oid := touched[path]) else None for path in ranked}
    for state, heading in _FILE_HEADINGS.items():
        named = [_say(path) for path in ranked if states[path] == state and len(path) <= _MAX_PATH]
        lines.joined(heading, named)


def _name_commits(lines: _Lines, store: Store, row: SessionRow) -> None:
    found = freshness.commits(store.root, row.updated, _MAX_COMMITS + 1)
    if found:
        many = f"more than {_MAX_COMMITS}" if len(found) > _MAX_COMMITS else str(len(found))
        subjects = [_cut(f"{sha[:7]} {_say(subject)}", _MAX_TITLE) for sha, subject in found]
        lines.section(f"Commits since, {many}, latest first:", subjects)


def _entry(row: SessionRow, known: _Known, page: freshness.Page) -> str:
    parts = [row.date[:10], _cut(_say(row.tool), _MAX_NAME), _cut(_say(row.title), _MAX_TITLE), _short(row.session_id)]
    counts = page.counts(known.files[row.row])
    stale = counts and counts[freshness.CHANGED] + counts[freshness.GONE]
    if counts and stale:
        parts.append(f"{stale} of {sum(counts.values())} files changed")
    return " · ".join(part for part in parts if part)


def _short(session_id: str) -> str:
    """Return what is enough to find a session again: the beginning of a random id, and all of any other."""
    return session_id[:8] if _UUID.fullmatch(session_id) else _say(session_id)


def _item(text: str) -> str:
    return _cut(_say(text), _MAX_ITEM)


def _say(text: str) -> str:
    """Return stored text as one line that cannot end the fence around it."""
    return marked(unfenced(clean_line(text)).strip())


def _cut(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    part = text[: limit - 1]
    space = part.rfind(" ", limit // 2)
    return (part if text[limit - 1] == " " else part[:space] if space > 0 else part).rstrip() + "…"
