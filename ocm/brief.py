"""The brief that a new conversation begins with, and `ocm resume` prints: where the work stands, within a token budget.

Stored text is data, never instructions: it is fenced and labelled, on lines of its own, without any character that can
hide or turn text, and without the markers of the fence. The same store gives the same bytes. Light to import, because
a hook asks for it.
"""

import re

from ocm import git, index
from ocm.fence import BEGIN, END, LABEL, MARKED, clean_line, holds_marks, marked, unfenced
from ocm.index import Index, Notice, SessionRow, silent
from ocm.index.records import load
from ocm.model import Session
from ocm.paths import Store

_CHARACTERS_A_TOKEN = 4
_MAX_ITEM, _MAX_TITLE, _MAX_NAME = 300, 90, 40
_RECENT = 5
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-.*")


def brief(store: Store, *, branch: str, session_id: str | None, tokens: int, notice: Notice = silent) -> str:
    """Return what a conversation on `branch` should know, in at most `tokens`; empty when nothing is worth saying.

    Args:
        store: Where the sessions are.
        branch: The branch that is checked out; the latest session with a goal on it comes first.
        session_id: The session to say instead, if it is known.
        tokens: The budget, at four characters each.
        notice: Takes one line when a damaged cache was moved aside.

    Raises:
        OcmError: the store cannot be read.
    """
    room = tokens * _CHARACTERS_A_TOKEN - len(BEGIN) - len(LABEL) - len(MARKED) - len(END) - 3
    if room <= 0:
        return ""
    project = git.own_project(store) or None
    row, others = index.read(store, lambda cache: _chosen(cache, branch, session_id, project), notice=notice)
    record = load(store, row.file) if row else None
    recent = _Lines(room // 3 if row else room)
    recent.section("Other recent sessions:" if row else "Recent sessions:", [_entry(other) for other in others])
    lines = _Lines(room - recent.used)
    if row and record and record.session:
        _describe(lines, row, record.session)
    said = [*lines.lines, *recent.lines]
    label = [LABEL, MARKED] if holds_marks("".join(said)) else [LABEL]
    return "\n".join([BEGIN, *label, *said, END]) if said else ""


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


def _chosen(
    cache: Index, branch: str, session_id: str | None, project: str | None
) -> tuple[SessionRow | None, list[SessionRow]]:
    """Return the session to describe and other recent ones."""
    own = [row for row in cache.find(session_id) if row.session_id == session_id] if session_id else []
    # A conversation that ended is closed, and still where the work stopped; one without a goal says too little.
    here = own or cache.latest(_RECENT, branch=branch, project=project)
    first = next((row for row in here if row.goal), here[0] if here else None)
    skipped = {session_id, first.session_id if first else None}
    recent = cache.latest(_RECENT + len(skipped), project=project)
    return first, [row for row in recent if row.session_id not in skipped][:_RECENT]


def _describe(lines: _Lines, row: SessionRow, session: Session) -> None:
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


def _entry(row: SessionRow) -> str:
    parts = (row.date[:10], _cut(_say(row.tool), _MAX_NAME), _cut(_say(row.title), _MAX_TITLE), _short(row.session_id))
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
