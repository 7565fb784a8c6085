"""The state of a project, not of one session: what is open, decided, unsolved or noted, the nearest work first.

Near is a session of this branch, then one whose work HEAD's history holds (a commit that it made, or the very contents
that it left, as after a squash), then one whose files are not committed now, then the rest; of equals the latest.
Light to import, because a hook asks for it.
"""

from typing import NamedTuple

from ocm.base.times import instant
from ocm.git.freshness import Touched
from ocm.git.head import Commit, Head
from ocm.index.queries import Index, SessionRow
from ocm.index.standing import Item
from ocm.recall import shown_done

HERE, LANDED, DIRTY, ELSEWHERE = range(4)
_FILES_LOOKED_AT = 100  # of the sessions worked on last
_AHEAD = 7 * 86_400.0
_MERGE = "Merge branch '{}'"


class Known(NamedTuple):
    """What the cache knows: sessions, what each left standing, its files, and the commits that it made."""

    rows: list[SessionRow]
    items: dict[int, list[Item]]
    files: dict[int, Touched]
    made: dict[int, set[str]]


class State(NamedTuple):
    """The sessions, the nearest first, with how near each is; what they left, and what git says."""

    branch: str
    rows: list[SessionRow]
    places: dict[int, int]
    items: dict[int, list[Item]]
    files: dict[int, Touched]
    head: Head
    uncommitted: set[str]

    def is_near(self, row: SessionRow) -> bool:
        """Return whether what became of a session's files here says anything about its work."""
        return self.places[row.row] != ELSEWHERE

    def has_landed(self, row: SessionRow) -> bool:
        """Return whether the work of another branch is in this history."""
        return self.places[row.row] == LANDED


def known(cache: Index, branch: str, project: str, session_id: str = "") -> Known:
    """Return what the cache knows of a project that matters on a branch, without the session `session_id`."""
    standing = cache.standing(project)
    chosen = standing.sessions(branch)
    rows = [row for row in cache.rows(chosen) if row.session_id != session_id]
    numbers = [row.row for row in rows]
    items = standing.items(numbers)
    ended = standing.ended(items)
    found: dict[int, list[Item]] = {number: [] for number in numbers}
    for item in items:
        if item not in ended:
            found[item.session].append(item)
    return Known(rows, found, cache.files_of(numbers), standing.made(numbers))


def state(root: str, branch: str, found: Known) -> State:
    """Return where the project stands, once git was asked."""
    latest = sorted(found.rows, key=lambda row: (row.branch != branch, -row.updated, row.file))
    paths = [change.path for row in latest for change, _ in found.files[row.row]][:_FILES_LOOKED_AT]
    began = min((instant(row.date) or row.updated for row in found.rows), default=0.0)
    head = Head(root, began, list(dict.fromkeys(paths)), meanwhile=_load)
    uncommitted = set(head.uncommitted(dict.fromkeys(paths)))
    places = _places(branch, found, head, uncommitted)
    rows = sorted(found.rows, key=lambda row: _distance(row, places[row.row]))
    items = {row.row: shown_done.without(root, head, found.items[row.row]) for row in found.rows}
    return State(branch, rows, places, items, found.files, head, uncommitted)


def _load() -> None:
    """Load what all that is told goes through; git takes as long to answer."""
    import ocm.base.fence_sentences
    import ocm.base.fence_tags  # noqa: F401


def _distance(row: SessionRow, place: int) -> tuple[int, float, str]:
    """Return what puts the nearest first: this branch and what it holds by their dates, this branch a week ahead."""
    return max(place, LANDED), -row.updated - (_AHEAD if place == HERE else 0.0), row.file


def _places(branch: str, found: Known, head: Head, uncommitted: set[str]) -> dict[int, int]:
    landed = _landed(found, head.commits)
    merged = {row.branch: row.updated for row in sorted(found.rows, key=lambda row: row.updated) if row.row in landed}
    return {row.row: _place(row, branch, found, landed, merged, uncommitted) for row in found.rows}


def _place(  # noqa: PLR0913, PLR0917 - each is one thing that a place follows from
    row: SessionRow,
    branch: str,
    found: Known,
    landed: set[int],
    merged: dict[str, float],
    uncommitted: set[str],
) -> int:
    if row.branch == branch:
        return HERE
    if row.row in landed or (row.branch and row.updated <= merged.get(row.branch, 0.0)):
        return LANDED
    return DIRTY if any(change.path in uncommitted for change, _ in found.files[row.row]) else ELSEWHERE


def _landed(found: Known, commits: list[Commit]) -> set[int]:
    """Return the sessions whose work is in these commits: by an id, by a content, or by the merge of the branch."""
    shas = {commit.sha for commit in commits}
    contents = {(change.path, change.new) for commit in commits for change in commit.changes}
    subjects = {commit.subject for commit in commits}
    return {
        row.row
        for row in found.rows
        if not shas.isdisjoint(found.made.get(row.row, ()))
        or _holds(found.files[row.row], contents)
        or _MERGE.format(row.branch) in subjects
    }


def _holds(files: Touched, contents: set[tuple[str, str]]) -> bool:
    return any((change.path, oid) in contents for change, oid in files if oid)
