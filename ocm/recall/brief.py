"""The brief that a new conversation begins with, and `ocm resume` prints: where the work stands, within a token budget.

Stored text is data, never instructions: it is fenced and labelled, on lines of its own, without any character that can
hide or turn text, and without the markers of the fence. The same store gives the same bytes. Light to import, because
a hook asks for it.
"""

from collections import Counter
from dataclasses import dataclass

from ocm.base.notices import Notice, ignore
from ocm.base.sanitize import BEGIN, END, LABEL, MARKED, holds_marks, sanitize_line, short
from ocm.base.text import cut
from ocm.base.times import instant
from ocm.git import freshness, worktree
from ocm.index import access, sync
from ocm.index.queries import ENDING, Index, SessionRow, State
from ocm.store import paths
from ocm.store.paths import Store

_CHARACTERS_A_TOKEN = 4
MOST = 9_900  # characters: hosts cut at 10,000
_MAX_ITEM, _MAX_TITLE, _MAX_NAME, _MAX_PATH, _MAX_COMMITS = 300, 90, 40, 200, 20
_SHA, _MAX_MADE, _UNLANDED = 9, 8, 5
_RECENT, _LISTED, _LATEST, _CANDIDATES = 8, 5, 5, 20
_FILE_HEADINGS = {
    freshness.CHANGED: "Files changed since:",
    freshness.GONE: "Files gone since:",
    freshness.UNCHANGED: "Files unchanged since:",
    None: "Files:",
}


def brief(  # noqa: PLR0913 - each is one thing that a caller may know
    store: Store,
    *,
    branch: str,
    session_id: str | None,
    tokens: int,
    alone: bool = False,
    whole: bool = False,
    most_read: int | None = None,
    notice: Notice = ignore,
) -> str:
    """Return what a conversation on `branch` should know, in at most `tokens`; empty when nothing is worth saying.

    Args:
        store: Where the sessions are.
        branch: The branch that is checked out; the latest session with a goal on it comes first.
        session_id: The session to say instead, if it is known.
        tokens: The budget, at four characters each; hosts cut what is longer than `MOST` characters.
        alone: Say that one session and nothing else, and what was done in it, too.
        whole: Say what was done in the session in any case.
        most_read: Do not look at every session file first, where the folder says that nothing came or went, and read
            no more than this many; None for as many as there are.
        notice: Takes one line when a damaged cache was moved aside.

    Raises:
        BehindError: more than `most_read` session files would have to be read first.
        OcmError: the store cannot be read.
    """
    room = min(tokens * _CHARACTERS_A_TOKEN, MOST) - len(BEGIN) - len(LABEL) - len(END) - 2
    if room <= 0:
        return ""
    project = worktree.own_project(store) or None
    known = None
    if most_read is not None:
        known = access.recent(store, lambda cache: _current(cache, branch, session_id, project))
        if known is None:
            _check_lacking(store, most_read)
    known = known or access.read(store, lambda cache: _known(cache, branch, session_id, project), notice=notice)
    if alone and (known.row is None or known.row.session_id != session_id):
        return ""
    said = _said(store, known, room, alone=alone, whole=alone or whole)
    return _fenced(said, room) if said else ""


def _fenced(said: list[str], room: int) -> str:
    """Return the lines within their fence; where some are marked, a line that says what the marks mean takes room."""
    labels = [LABEL]
    if holds_marks("".join(said)):
        labels.append(MARKED)
        while said and sum(len(line) + 1 for line in said) + len(MARKED) + 1 > room:
            said = said[:-1]
    return "\n".join([BEGIN, *labels, *said, END])


class BehindError(Exception):
    """The cache lacks more session files than a hook may read."""


def for_hook(store: Store, *, own: str, tokens: int, most_read: int) -> str:
    """Return what a conversation needs that begins, or that has just been compacted: then its `own` state, fuller.

    Raises:
        BehindError: more than `most_read` session files would have to be read first.
        OcmError: the store cannot be read.
    """
    _, branch = paths.git_head(store.root)
    mine = ""
    if own:
        mine = brief(store, branch="", session_id=own, tokens=2 * tokens, alone=True, most_read=most_read)
    return mine or brief(store, branch=branch, session_id=None, tokens=tokens, most_read=most_read)


def _check_lacking(store: Store, most_read: int) -> None:
    lacking = sync.behind(store)
    if lacking > most_read:
        raise BehindError(
            f"no brief, because memory.db lacks {lacking} session files; any search, or ocm rebuild-index, reads them"
        )


def _said(store: Store, known: "_Known", room: int, *, alone: bool, whole: bool) -> list[str]:
    """Return the lines, most useful first; what comes later has its share set apart before the first may take all."""
    row = known.row
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
    since = freshness.Since(store.root, instant(row.date) or row.updated) if row else None
    if row and since:
        _name_commits(commits, row, since)
    first = _Lines(room - others.used - files.used - commits.used)
    if row and since and known.state:
        _describe(first, row, known.state, whole=whole)
        first.joined("Its commits:", [sha[:_SHA] for sha in known.made[-_MAX_MADE:]])
        first.joined("Not committed:", _never_landed(known, store, row, since))
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
    """What the cache knows: the session to describe, its state and its commits, others, and the files of each row."""

    row: SessionRow | None
    others: list[SessionRow]
    files: dict[int, freshness.Touched]
    state: State | None
    made: list[str]


def _known(cache: Index, branch: str, session_id: str | None, project: str | None) -> _Known:
    mine = [row for row in cache.find(session_id) if row.session_id == session_id] if session_id else []
    # A conversation that ended is closed, and still where the work stopped; one without a goal says too little.
    here = mine or cache.latest(_RECENT, branch=branch, project=project)
    first = next((row for row in here if row.goal), here[0] if here else None)
    skipped = {session_id, first.session_id if first else None}
    latest = cache.latest(_CANDIDATES + len(skipped), project=project)
    others = [row for row in latest if row.session_id not in skipped][:_CANDIDATES]
    files = cache.files_of([row.row for row in [*([first] if first else []), *others]])
    state = _in_force(cache, project or "", first.file, cache.state(first.row)) if first else None
    made = cache.links().made_in(first.file) if first else []
    return _Known(first, _most_relevant(first, others, files), files, state, made)


def _in_force(cache: Index, project: str, file: str, state: State | None) -> State | None:
    """Return what a session decided and met without what a later one superseded or solved."""
    if state is None or not (state.decisions or state.problems) or not cache.count(ENDING):
        return state
    from ocm.provenance import ledger_index

    ended = ledger_index.ended(cache, project, file, [*state.decisions, *state.problems])
    decisions, problems = ([text for text in items if text not in ended] for items in (state.decisions, state.problems))
    return state._replace(decisions=decisions, problems=problems)


def _current(cache: Index, branch: str, session_id: str | None, project: str | None) -> _Known | None:
    """Return the same, or None when a file that it shows was edited since."""
    known = _known(cache, branch, session_id, project)
    return known if cache.is_current(list(known.files)) else None


def _most_relevant(
    first: SessionRow | None, others: list[SessionRow], files: dict[int, freshness.Touched]
) -> list[SessionRow]:
    """Return the latest sessions, and of those before them the ones that share most files with the first."""
    mine = {change.path for change, _ in files[first.row]} if first else set()
    shared = {row.row: sum(change.path in mine for change, _ in files[row.row]) for row in others}
    before = sorted(others[_LATEST:], key=lambda row: -shared[row.row])
    return [*others[:_LATEST], *before][:_RECENT]


def _describe(lines: _Lines, row: SessionRow, session: State, *, whole: bool) -> None:
    where = [row.date[:10], row.tool, row.branch, row.status, short(row.session_id)]
    title = cut(sanitize_line(row.title), _MAX_TITLE)
    if not lines.add(
        " · ".join(["Session", *filter(None, (cut(sanitize_line(part), _MAX_NAME) for part in where))]), title
    ):
        return
    goal = _item(row.goal)
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
        named = [sanitize_line(path) for path in ranked if states[path] == state and len(path) <= _MAX_PATH]
        lines.joined(heading, named)


def _never_landed(known: "_Known", store: Store, row: SessionRow, since: freshness.Since) -> list[str]:
    """Return the files of a session that no commit of its branch has changed since it began.

    Where another branch is checked out, that says nothing about them.
    """
    if not row.branch or row.branch != paths.git_head(store.root)[1]:
        return []
    left = since.untouched(change.path for change, _ in known.files[row.row] if len(change.path) <= _MAX_PATH)
    more = [f"{len(left) - _UNLANDED} more"] if len(left) > _UNLANDED else []
    return [*map(sanitize_line, left[:_UNLANDED]), *more]


def _name_commits(lines: _Lines, row: SessionRow, since: freshness.Since) -> None:
    found = since.commits(row.updated)[: _MAX_COMMITS + 1]
    if found:
        many = f"more than {_MAX_COMMITS}" if len(found) > _MAX_COMMITS else str(len(found))
        subjects = [cut(f"{sha[:7]} {sanitize_line(subject)}", _MAX_TITLE) for sha, subject in found]
        lines.section(f"Commits since, {many}, latest first:", subjects)


def _entry(row: SessionRow, known: _Known, page: freshness.Page) -> str:
    parts = [
        row.date[:10],
        cut(sanitize_line(row.tool), _MAX_NAME),
        cut(sanitize_line(row.title), _MAX_TITLE),
        short(row.session_id),
    ]
    counts = page.counts(known.files[row.row])
    stale = counts and counts[freshness.CHANGED] + counts[freshness.GONE]
    if counts and stale:
        parts.append(f"{stale} of {sum(counts.values())} files changed")
    return " · ".join(part for part in parts if part)


def _item(text: str) -> str:
    return cut(sanitize_line(text), _MAX_ITEM)
