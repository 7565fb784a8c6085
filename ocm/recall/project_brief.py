"""What a brief says of the state of a project, the nearest first, until its room is used up.

What is told is chosen session by session, so that of near work nothing is missing while far work is told, and then set
in order by its kind. Each line ends with the number of the session that it comes from.
"""

from collections import defaultdict
from typing import NamedTuple

from ocm.base.text import one_line
from ocm.git import freshness
from ocm.git.head import MAX_COMMITS
from ocm.index.queries import SessionRow
from ocm.index.queries import State as Said
from ocm.index.standing import DECISION, LEFT, NOTE, OPEN, PROBLEM, WORDS
from ocm.recall import brief_words as words
from ocm.recall.lines import Lines
from ocm.recall.neighbours import Neighbour
from ocm.recall.project_state import State

UNSAVED = "Not saved by any checkpoint; cut off, or still at work in another conversation (do not do the same):"
AT_WORK = "Still at work in another conversation, saved so far (do not do the same):"
GOAL, LAST = "Goal:", "Last worked at:"
SILENT = "Left without a word, but for what was asked and edited:"
_ALONE = (GOAL, LAST)  # what is on one line with its heading
HEADINGS = {
    OPEN: "To be done:",
    PROBLEM: "Problems not solved:",
    DECISION: "Decisions in force:",
    NOTE: "A person noted:",
    WORDS: "Said last by an assistant that saved nothing else:",
    LEFT: "Left open in imported conversations (check whether it was done since):",
}
_ORDER = (
    UNSAVED,
    AT_WORK,
    LAST,
    GOAL,
    HEADINGS[OPEN],
    HEADINGS[PROBLEM],
    HEADINGS[DECISION],
    HEADINGS[NOTE],
    HEADINGS[WORDS],
    SILENT,
    HEADINGS[LEFT],
)
_FILE_HEADINGS = {
    freshness.CHANGED: "Files changed since:",
    freshness.GONE: "Files gone since:",
    freshness.UNCHANGED: "Files unchanged since:",
    None: "Files:",
}
_SOURCES = "From these sessions:"
# How short lines are made before some are left out: characters of an item, and of what its session was about.
_LENGTHS = ((words.MAX_ITEM, words.MAX_TITLE), (200, 45), (140, 0))
_LISTED, _UNCOMMITTED, _COMMITS = 5, 5, 6
NOTHING_YET = "ocm: records this session; nothing is known of this project yet"
_LEAST = 40  # characters of a line that is worth trying
_MOST = 60  # entries that are tried
_MOST_LEFT, _LEFT_WITHIN = 3, 14 * 86_400.0  # items of imported conversations, and seconds before the latest work
_FILES_OF = 14  # sessions, the nearest, whose files are named
_FOR_FILES, _FARTHER = 3 / 8, 0.9  # of the room, kept for files; and what a session's files count beside a nearer one's


class Entry(NamedTuple):
    """Something to be told: under which heading, its text, and the session that it comes from."""

    heading: str
    text: str
    row: SessionRow | None


class Telling:
    """What is told within a room, and which sessions that names."""

    def __init__(self, state: State, page: freshness.Page, room: int, length: int, title: int) -> None:
        """Begin with nothing."""
        self._state, self._page = state, page
        self._room, self._length, self._title = room, length, title
        self._told: dict[str, list[str]] = {}
        self.sources: list[SessionRow] = []
        self.used = 0
        self.is_whole = True

    def add(self, entry: Entry) -> None:
        """Add an entry, with its heading and its session where they are not there yet; what does not fit is left."""
        if self._room - self.used < _LEAST:
            self.is_whole = False
            return
        is_new = entry.row is not None and entry.row not in self.sources
        number = len(self.sources) + 1 if is_new else self.sources.index(entry.row) + 1 if entry.row else 0
        text = words.item(entry.text, self._length) if number else entry.text  # what has no session is cut already
        line = text + (f" [{number}]" if number else "")
        line = f"{entry.heading} {line}" if entry.heading in _ALONE else f"- {line}"
        cost = len(line) + 1
        if entry.heading not in self._told and entry.heading not in _ALONE:
            cost += len(entry.heading) + 1
        if is_new and entry.row:
            cost += len(self._source(number, entry.row)) + 1 + (len(_SOURCES) + 1) * (not self.sources)
        if self.used + cost > self._room:
            self.is_whole = False
            return
        self.used += cost
        self._told.setdefault(entry.heading, []).append(line)
        if is_new and entry.row:
            self.sources.append(entry.row)

    def lines(self) -> list[str]:
        """Return what is told, by its kind."""
        found: list[str] = []
        for heading in _ORDER:
            told = self._told.get(heading, [])
            found += [heading, *told] if told and heading not in _ALONE else told
        return found

    def source_lines(self) -> list[str]:
        """Return where it comes from."""
        return [_SOURCES, *(self._source(n, row) for n, row in enumerate(self.sources, 1))] if self.sources else []

    def _source(self, number: int, row: SessionRow) -> str:
        title = words.item(row.title, self._title) if self._title else ""
        return f"[{number}] " + _from(self._state, self._page, row, title)


def _from(state: State, page: freshness.Page, row: SessionRow, title: str) -> str:
    counts = page.counts(state.files[row.row]) if state.is_near(row) else None
    return words.session(row, title, landed=state.has_landed(row), stale=words.stale(counts))


def greeting(state: State, neighbours: list[Neighbour]) -> str:
    """Return the one line that says to a person what a conversation begins with."""
    open_items = {item.text for row in state.rows for item in state.items[row.row] if item.kind == OPEN}
    at_work = sum(one.is_at_work for one in neighbours)
    unsaved = sum(not one.is_at_work for one in neighbours)
    parts = [
        f"went on from '{words.item(state.rows[0].title, words.MAX_TITLE)}'" if state.rows else "",
        f"{len(open_items)} open" if open_items else "",
        f"{at_work} other session{'s' * (at_work != 1)} running" if at_work else "",
        f"{unsaved} session{'s' * (unsaved != 1)} cut off and not saved" if unsaved else "",
    ]
    return "ocm: " + ", ".join(part for part in parts if part)


def lines(root: str, state: State, neighbours: list[Neighbour], done: dict[int, Said], room: int) -> list[str]:
    """Return the lines; none where nothing is worth saying.

    Args:
        root: The work tree.
        state: Where the project stands.
        neighbours: Other conversations that are not saved, or at work.
        done: Of some sessions what they did.
        room: The characters that there are.
    """
    entries = _entries(state, neighbours)
    shown = [row for row in state.rows if not any(row.session_id == one.session_id for one in neighbours)]
    near = [row for row in state.rows if state.is_near(row)][:_FILES_OF]
    page = freshness.Page(root, [(state.files[row.row], row.updated) for row in near], count_commits=False)
    files = _Files(state, page)
    telling = _told(entries, state, page, room - min(int(room * _FOR_FILES), files.size))
    first = Lines(room - telling.used)
    files.add(first, room * 2 // 5)
    _add_commits(first, state, telling.sources or shown)
    _add_done(first, telling.sources or shown, done)
    others = [row for row in shown if row not in telling.sources and _says(state, row)][:_LISTED]
    heading = "Other recent sessions:" if telling.sources else "Recent sessions:"
    first.section(heading, [_from(state, page, row, words.item(row.title, words.MAX_TITLE)) for row in others])
    if not telling.used and not others:
        return []
    return [*telling.lines(), *first.lines, *telling.source_lines()]


def _told(entries: list[Entry], state: State, page: freshness.Page, room: int) -> Telling:
    """Return what can be told in a room: as it is, else all of it shorter, else what fits of that."""
    lengths = _LENGTHS if len(entries) <= _MOST else _LENGTHS[-1:]
    for length, title in lengths:
        telling = Telling(state, page, room, length, title)
        for entry in entries[:_MOST]:
            telling.add(entry)
        if telling.is_whole:
            break
    return telling


def _entries(state: State, neighbours: list[Neighbour]) -> list[Entry]:
    """Return all that may be told, what matters most first."""
    told = [Entry(UNSAVED if one.edited else AT_WORK, words.unsaved(one), None) for one in neighbours]
    told += _goal(state)
    near = [row for row in state.rows if state.is_near(row)]
    notes = [item for row in near for item in state.items[row.row] if item.kind == NOTE]
    by_number = {row.row: row for row in state.rows}
    told += [Entry(HEADINGS[NOTE], item.text, by_number[item.session]) for item in notes]
    silent = {one.session_id for one in neighbours if one.edited}
    for row in state.rows:
        told += _left(state, row, is_told=row.session_id in silent)
    told += _left_in_imported(state)
    once: dict[tuple[str, str], Entry] = {}
    for one in told:
        once.setdefault((one.heading, one.text), one)
    return list(once.values())


def _goal(state: State) -> list[Entry]:
    """Return the goal of the nearest work that is not finished, and of the latest such where that is another."""
    near = [row for row in state.rows if row.goal and state.is_near(row)]
    unfinished = [row for row in near if any(item.kind == OPEN for item in state.items[row.row])]
    latest = sorted(unfinished, key=lambda row: (-row.updated, row.file))[:1]
    last = [Entry(LAST, row.goal, row) for row in near[:1] if row.branch == state.branch and row not in unfinished]
    return [*last, *(Entry(GOAL, row.goal, row) for row in dict.fromkeys([*unfinished[:1], *latest]))]


def _says(state: State, row: SessionRow) -> bool:
    """Return whether there is anything to tell of a session: a name that somebody gave it, or a file."""
    return row.title not in {row.slug, row.session_id} or bool(state.files[row.row])


def _left(state: State, row: SessionRow, *, is_told: bool) -> list[Entry]:
    """Return what a session left: of each kind the latest first, but what is to be done in its order."""
    items = state.items[row.row]
    kinds = {kind: [item for item in items if item.kind == kind] for kind in (OPEN, PROBLEM, DECISION, NOTE, WORDS)}
    ordered = [
        *kinds[OPEN],
        *reversed(kinds[PROBLEM]),
        *reversed(kinds[DECISION]),
        *kinds[NOTE],
        *kinds[WORDS],
    ]
    found = [Entry(HEADINGS[item.kind], item.text, row) for item in ordered]
    if found or row.goal or is_told or not state.files[row.row]:
        return found
    edited = words.paths([change.path for change, _ in state.files[row.row]])
    return [Entry(SILENT, f"{words.item(one_line(row.title), words.MAX_TITLE)} · edited {edited}", row)]


def _left_in_imported(state: State) -> list[Entry]:
    """Return a little of what imported conversations left, as far as nothing that is much later was recorded."""
    since = max((row.updated for row in state.rows), default=0.0) - _LEFT_WITHIN
    held = {item.text for items in state.items.values() for item in items if item.kind != LEFT}
    return [
        Entry(HEADINGS[LEFT], item.text, row)
        for row in state.rows
        if row.updated >= since
        for item in state.items[row.row]
        if item.kind == LEFT and item.text not in held
    ][:_MOST_LEFT]


def _add_commits(first: Lines, state: State, rows: list[SessionRow]) -> None:
    """Name what was committed after the nearest session was worked on last."""
    since = [commit for commit in state.head.commits if rows and commit.at > rows[0].updated]
    if since:
        subjects = [words.item(f"{commit.sha[:7]} {commit.subject}", words.MAX_TITLE) for commit in since[:_COMMITS]]
        many = f"{len(since)}" if len(since) < MAX_COMMITS else f"{MAX_COMMITS} or more"
        first.section(f"Commits since, {many}, latest first:", subjects)


def _add_done(first: Lines, rows: list[SessionRow], done: dict[int, Said]) -> None:
    said = [done[row.row] for row in rows if row.row in done]
    items = [text for one in said for text in [*reversed(one.work_summary), *reversed(one.work_completed)]]
    first.section("Done, latest first:", [words.item(text) for text in dict.fromkeys(items)])


class _Files:
    """The files of the nearest sessions, those likeliest to be worked on next first, by what became of them."""

    def __init__(self, state: State, page: freshness.Page) -> None:
        self._state, self._page = state, page
        rows = state.rows[:_FILES_OF]
        self._touched: dict[str, tuple[str | None, bool]] = {}
        # Each session splits one vote among its files, and the farther it is the less that counts.
        votes: dict[str, float] = defaultdict(float)
        for place, row in enumerate(rows):
            for change, oid in state.files[row.row]:
                self._touched.setdefault(change.path, (oid, state.is_near(row)))
                votes[change.path] += _FARTHER**place / len(state.files[row.row])
        # A long name has to be worth the room that it takes.
        self._ranked = sorted(self._touched, key=lambda path: (-votes[path] / len(path), path))

    @property
    def size(self) -> int:
        """How many characters all of them would take."""
        return sum(len(path) + 2 for path in self._touched) + 30 * bool(self._touched)

    def add(self, first: Lines, room: int) -> None:
        """Add as many as fit, and which are not committed."""
        here = [path for path in self._touched if path in self._state.uncommitted and self._touched[path][1]]
        first.joined("Not committed:", [words.paths(sorted(here), _UNCOMMITTED)] if here else [])
        part = Lines(min(room, first.left))
        states = {path: self._of(path) for path in self._ranked}
        for state, heading in _FILE_HEADINGS.items():
            kept = [path for path in self._ranked if states[path] == state and len(path) <= words.MAX_PATH]
            part.joined(heading, list(map(words.place, kept)))
        first.add(*part.lines)

    def _of(self, path: str) -> str | None:
        oid, is_near = self._touched[path]
        return self._page.state(path, oid) if oid and is_near else None
