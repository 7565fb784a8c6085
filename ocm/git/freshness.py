"""How far a record still holds: which of its files are as they were at its checkpoint, and what git did since.

Invariants: looking changes nothing, so reading never makes a thing look fresher; what cannot be known is None, never
a guess; a whole page of records costs one git process, and one more where files pass through filters.
"""

import contextlib
import os

from ocm.base.values import FRESHNESS, FileChange
from ocm.git import blobs, parse, process, refusal
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from ocm.store.paths import STORE, git_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

STATES = UNCHANGED, CHANGED, GONE = FRESHNESS
UNKNOWN = "unknown"
_OTHER_FORMAT = "its content was recorded in another repository's format"
MAX_COMMITS = 1_000
MAX_NAMED = 50  # commits whose files are looked at
_TREES = 8  # of so many the last answer of git is kept
_PAST = (("shallow",), ("info", "grafts"), ("refs", "replace"), ("packed-refs",))  # what else says what is behind HEAD
_LOG = (
    "log",
    *("--no-show-signature", "--no-color", "--no-decorate", "-z", "--format=%x01%ct%x09%H%x09%s"),
    *("--name-only", "--no-renames", "-c", "--no-ext-diff", "--ignore-submodules=dirty"),
)
Touched = list[tuple[FileChange, str | None]]  # files, each with the id of its content, as far as that is known
Logged = tuple[float, str, str, set[bytes]]  # of a commit: its time, id and subject, and the names it changed


class Page:
    """The records on one page, each with its files and when it was last worked on (epoch seconds)."""

    def __init__(self, root: str, records: list[tuple[Touched, float]], *, count_commits: bool = True) -> None:
        """Look at all of them at once."""
        wanted = {change.path: oid for touched, _ in records for change, oid in touched if oid}
        since = min((updated for _, updated in records), default=0.0)
        self._now, self._reasons = blobs.seen(root, wanted, since) if wanted else ({}, {})
        self._root = root
        self._commits = _commits(root, [updated for _, updated in records]) if count_commits else None

    def state(self, path: str, oid: str) -> str | None:
        """Return what became of a file that held the content `oid`; None when that is not known."""
        now = self._now.get(path)
        if now is None or (now and len(now) != len(oid)):
            return None
        return GONE if now == blobs.GONE else UNCHANGED if now == oid else CHANGED

    def counts(self, touched: Touched) -> dict[str, int] | None:
        """Return how many files are in which state, those of which that is not known last; None without any."""
        states = [self.state(change.path, oid) for change, oid in touched if oid]
        found = {name: states.count(name) for name in STATES}
        if unknown := states.count(None):
            found[UNKNOWN] = unknown
        return found if states else None

    def why_unknown(self, touched: Touched) -> dict[str, str]:
        """Return why something is not known: of the first file of which that is so, and of the commits."""
        found = {}
        lacking = (change.path for change, oid in touched if oid and self.state(change.path, oid) is None)
        if (path := next(lacking, None)) is not None:
            found["freshness"] = self._reasons.get(path, _OTHER_FORMAT)
        if self._commits is None and any(oid for _, oid in touched):
            found["commits_since"] = refusal.of_an_answer(self._root)
        return found

    def commits(self, updated: float) -> int | None:
        """Return how many commits HEAD got after an instant, at most `MAX_COMMITS`; None when git cannot say."""
        return None if self._commits is None else sum(when > updated for when in self._commits)


class Since:
    """What git did since a session began (epoch seconds), in the history of HEAD: one process for both questions."""

    def __init__(self, root: str, began: float) -> None:
        """Ask git."""
        self._tree = WorkTree.find(root)
        self._found: list[Logged] | None = None
        if self._tree is not None and began > 0:
            with contextlib.suppress(UnknownError):
                self._found = _log(self._tree, began, MAX_NAMED + 1)

    def commits(self, after: float) -> list[tuple[str, str]]:
        """Return id and subject of what was committed after an instant, the latest first, as far as it is known."""
        return [(sha, subject) for when, sha, subject, _ in self._found or () if when > after]

    def untouched(self, paths: "Iterable[str]") -> list[str]:
        """Return the paths in the work tree that no commit has changed; none where git cannot say that of all."""
        if self._tree is None or self._found is None or len(self._found) > MAX_NAMED:
            return []
        changed = {parse.printable(name) for *_, names in self._found for name in names}
        inside = {path: self._tree.name_of(path) for path in paths}
        return [path for path, name in inside.items() if name and name not in changed]


class _Counted:
    """When the commits since an instant were made, as of a HEAD and of what changes its past."""

    __slots__ = ("head", "since", "times")

    def __init__(self, head: tuple[object, ...], since: float, times: list[float]) -> None:
        self.head = head
        self.since = since
        self.times = times


# Of each work tree the last answer: where HEAD has not moved, asking git again is most of the time of a search.
_counted: dict[str, _Counted] = {}


def _commits(root: str, instants: list[float]) -> list[float] | None:
    tree = WorkTree.find(root)
    known = [updated for updated in instants if updated > 0]
    if tree is None or not known:
        return None
    since, head = min(known), _head(tree)
    counted = _counted.get(tree.top)
    if counted and counted.head == head and counted.since <= since:
        return counted.times
    try:
        times = _commit_times(tree, since, MAX_COMMITS)
    except UnknownError:
        return None
    if head[0] and head == _head(tree):
        if len(_counted) >= _TREES:
            _counted.clear()
        _counted[tree.top] = _Counted(head, since, times)
    return times


def _head(tree: WorkTree) -> tuple[object, ...]:
    """Return the commit that HEAD names, empty when that is not known, and when its past was last cut or replaced."""
    past = (os.path.join(tree.common_dir, *name) for name in _PAST)
    return git_head(tree.top)[0], *map(_written, past)


def _written(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _commit_times(tree: WorkTree, since: float, limit: int) -> list[float]:
    """Return when the commits of HEAD that are not older than `since` were made, at most `limit` of them."""
    asked = ("rev-list", "--timestamp", f"--max-age={int(since)}", f"--max-count={limit}", "HEAD", "--")
    out = process.run(tree.top, *asked, seconds=process.HOOK_SECONDS)
    return [float(line.split()[0]) for line in out.splitlines()]


def _log(tree: WorkTree, since: float, limit: int) -> list[Logged]:
    """Return the commits of HEAD not older than `since`, the latest first.

    Of a merge those names count that it holds otherwise than every parent.
    """
    asked = (*_LOG, f"--max-age={int(since)}", f"--max-count={limit}", "HEAD", "--")
    found: list[Logged] = []
    for word in process.run(tree.top, *asked, seconds=process.HOOK_SECONDS).split(b"\0"):
        when, _, rest = word.removeprefix(b"\x01").partition(b"\t")
        if word.startswith(b"\x01") and when.isdigit() and b"\t" in rest:
            sha, _, subject = rest.decode("utf-8", "replace").partition("\t")
            found.append((float(when), sha, subject, set()))
        elif found and (name := word.removeprefix(b"\n")):
            found[-1][3].add(name)
    return found


def contents_now(root: str, paths: set[str]) -> dict[str, str]:
    """Return the content that each of `paths` has now, empty for one that has none; only inside a repository."""
    example = blobs.example_id(root)
    if not example:
        return {}
    inside = {path: example for path in sorted(paths) if STORE not in path.split("/") and not os.path.isabs(path)}
    return {path: oid for path, oid in blobs.current(root, inside).items() if oid is not None}
