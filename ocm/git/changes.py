"""What a session changed in its work tree since it began, and which commits it made there.

Invariants: what git cannot say is None, "not known"; a change is the session's own only where nothing says that it is
older, another session's, or brought by a checkout, a pull, a reset or a merge.
"""

import os

from ocm.git import history, parse, process, worktree
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree, read_tail
from ocm.store.paths import STORE, content, git_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ocm.base.model import FileChange
    from ocm.git.parse import Entry

MAX_FILES = 5_000
_MAX_READ, _MAX_READ_ALL = 1_000_000, 32_000_000  # bytes of new files whose lines are worth counting
_MAX_REFLOG = 4_000_000
_CALL_SECONDS = 30  # between a commit and the end of the shell call that made it
_CLOCK_TICK = 0.01  # the kernel stamps files with a clock that lags behind by up to a tick
_EMPTY_TREES = (  # what stands for the commit that was not there yet, with SHA-1 and with SHA-256
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
)
_DIFF = (
    "diff",
    "--raw",
    "--numstat",
    "-z",  # names as they are, not quoted
    "-M",
    "--no-abbrev",
    "--no-ext-diff",  # a configured diff program prints whatever it likes
    "--no-textconv",  # and this one would run a program for each file
    "--no-relative",  # names from the top, whatever diff.relative says
    "--ignore-submodules=dirty",  # where a submodule points counts; looking inside is one process each
)
_UNTRACKED = ("ls-files", "-z", "--others", "--exclude-standard")


class Changes:
    """What a session changed: its `files`, a `summary` like git's, and which of its recorded paths are `undone`."""

    __slots__ = ("files", "summary", "undone")

    def __init__(self, files: "list[FileChange]", summary: str, undone: set[str]) -> None:
        """Keep the three."""
        self.files = files
        self.summary = summary
        self.undone = undone


def since_start(  # noqa: PLR0913 - each of them is one fact about how the session began
    root: str,
    start_sha: str,
    since: float,
    *,
    deleted_before: "Collection[str] | None" = None,
    touched: "Collection[str]" = frozenset(),
    others: "Collection[str]" = frozenset(),
) -> Changes | None:
    """Return what this session changed in the work tree since it started, or None when that is not known.

    Args:
        root: Where the session works.
        start_sha: The commit at the start, empty when there was none.
        since: The instant of the start, in epoch seconds.
        deleted_before: What `deleted_now` said then; None when that is not known.
        touched: The paths that the journal says this session edited, or that were recorded for it. They count whenever
            they differ from the start, and are `undone` when they no longer do.
        others: The paths that other sessions edited.
    """
    tree = WorkTree.find(root)
    if tree is None or not worktree.is_commit_id(start_sha):
        return None
    session = _Session(tree, start_sha, since)
    names = {path: tree.name_of(path) for path in touched}
    session.touched = set(names.values())
    session.others = {tree.name_of(path) for path in others}
    if deleted_before is not None:
        session.deleted_before = {tree.name_of(path) for path in deleted_before}
    try:
        found, whole = _differences(tree, session.base)
        entries = session.corrected(found)
        undone = (
            session.undone({parse.printable(name) for entry in entries for name in entry.names}) if whole else set()
        )
        mine = session.without_what_commits_brought([entry for entry in entries if session.may_own(entry)])
    except UnknownError:
        return None
    mine.sort(key=lambda entry: entry.path)
    mine = parse.pair_renames(mine, _count_new(tree, mine))
    back = {path for path, name in names.items() if name in undone}
    return Changes(_file_changes(tree, mine), parse.summary(mine, MAX_FILES), back)


def commit_titles(root: str, start_sha: str, instants: "Collection[float]") -> list[str]:
    """Return id and subject of the commits made here just before one of `instants`, oldest first; starts no process.

    Args:
        root: Where the session works.
        start_sha: The commit that it started at.
        instants: When its shell calls ended, in epoch seconds.
    """
    made, reflog = _commits_made(root, start_sha, instants)
    known = parse.subjects(reflog, set(made))
    return [f"{sha[:7]} {known.get(sha, '')}".strip() for sha in made]


def commits_made(root: str, start_sha: str, instants: "Collection[float]") -> list[str]:
    """Return the ids of the same commits."""
    return _commits_made(root, start_sha, instants)[0]


def _commits_made(root: str, start_sha: str, instants: "Collection[float]") -> tuple[list[str], bytes]:
    """Return the commits made here just before one of `instants`, and the reflog that says so."""
    tree = WorkTree.find(root)
    if tree is None or not instants:
        return [], b""
    reflog = read_tail(os.path.join(tree.git_dir, "logs", "HEAD"), _MAX_REFLOG)
    made = [
        sha
        for when, sha in parse.commits_created(reflog, start_sha)
        if any(when - 1 <= instant <= when + _CALL_SECONDS for instant in instants)
    ]
    return list(dict.fromkeys(made)), reflog


class _Session:
    """Which changes are this session's. Sets hold printable names from the top of the work tree."""

    __slots__ = ("base", "deleted_before", "head", "others", "since", "start", "touched", "tree")

    def __init__(self, tree: WorkTree, start: str, since: float) -> None:
        self.tree = tree
        self.start = start
        self.since = since
        self.head = git_head(tree.top)[0]
        self.base = start or _EMPTY_TREES[tree.is_sha256]
        self.touched: set[str] = set()
        self.others: set[str] = set()
        self.deleted_before: set[str] | None = None

    def corrected(self, entries: "list[Entry]") -> "list[Entry]":
        """Return `entries`, one a path, with what git cannot know put right, and without the store's own files."""
        found: dict[bytes, Entry] = {}
        for entry in entries:
            if entry.kind == "deleted":
                self._correct_deleted(entry)
            if entry.old is not None and parse.printable(entry.old) in (self.deleted_before or ()):
                entry.kind, entry.old = "created", None  # what looks like its source was gone before
            if STORE.encode() not in entry.path.split(b"/"):
                found.setdefault(entry.path, entry)
        return [entry for entry in found.values() if entry.kind]

    def _correct_deleted(self, entry: "Entry") -> None:
        """Take a file that is no longer tracked, but still there, for what it is: modified, or not changed at all."""
        path = self.tree.on_disk(entry.path)
        if os.path.lexists(path) and not os.path.isdir(path):
            data = _content(path)
            same = data is not None and parse.blob_id(data, entry.oid) == entry.oid
            entry.kind = "" if same else "modified"

    def may_own(self, entry: "Entry") -> bool:
        """Return whether nothing says that a change is older than the session, or another session's."""
        if self._edited(entry):
            return True
        name = parse.printable(entry.path)
        if name in self.others:
            return False
        path = self.tree.on_disk(entry.path)
        if entry.submodule:  # its folder does not change when it moves on
            folder = WorkTree(os.fsdecode(path), "").git_dir
            return any(self._is_recent(os.path.join(folder, *name)) for name in (("HEAD",), ("logs", "HEAD")))
        if entry.kind != "deleted":
            return self._is_recent(path)
        if self.deleted_before is not None:
            return name not in self.deleted_before
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        return self._is_recent(path)

    def without_what_commits_brought(self, entries: "list[Entry]") -> "list[Entry]":
        """Return `entries` without those that a checkout, a pull, a reset or an unfinished merge brought."""
        merging = read_tail(os.path.join(self.tree.git_dir, "MERGE_HEAD")).decode("ascii", "replace").split()
        is_still = self.head in ("", self.start) and not merging
        if is_still or all(self._edited(entry) or not entry.tracked for entry in entries):
            return entries
        own = set.intersection(*(_dirty(self.tree, commit) for commit in (self.head, *merging)))
        own |= history.names_in(self.tree, self._commits())
        return [
            entry for entry in entries if not entry.tracked or self._edited(entry) or not own.isdisjoint(entry.names)
        ]

    def undone(self, changed: set[str]) -> set[str]:
        """Return the recorded names that are again as they were at the start, with nothing of them kept in a commit.

        A file that is there but unknown to git (ignored, or in a nested repository) is none of them.
        """
        suspects = {name for name in self.touched if name and name not in changed}
        if not suspects:
            return set()
        known = worktree.names_at(self.tree, self.start, suspects)
        back = {
            name for name in suspects if name in known or not os.path.lexists(self.tree.on_disk(self.tree.raw(name)))
        }
        commits = self._commits() if back else []
        if commits:
            lost = _lost(self.tree, commits)
            kept = history.names_in(self.tree, [commit for commit in commits if commit not in lost])
            back -= {parse.printable(name) for name in kept}
        return back

    def _edited(self, entry: "Entry") -> bool:
        return any(parse.printable(name) in self.touched for name in entry.names)

    def _is_recent(self, path: str | bytes) -> bool:
        try:
            found = os.lstat(path)
        except OSError:
            return False
        stamp = max(found.st_ctime, found.st_mtime)
        # Some file systems keep whole seconds.
        return (
            stamp + (1.0 if stamp.is_integer() else _CLOCK_TICK) >= self.since
        )  # some file systems keep whole seconds

    def _commits(self) -> list[str]:
        """Return the commits made in this worktree since the start; without a reflog, what is new here and young.

        A reflog keeps whole seconds; of the one in which the session started, the commits' own files tell the rest.
        """
        reflog = read_tail(os.path.join(self.tree.git_dir, "logs", "HEAD"), _MAX_REFLOG)
        if not reflog:
            return _young(self.tree, self.start, self.head, self.since) if self.head else []
        second = int(self.since)
        return [
            sha
            for when, sha in parse.commits_created(reflog, self.start)
            if when > second or (when == second and self._is_recent(_loose_object(self.tree, sha)))
        ]


def _count_new(tree: WorkTree, entries: "list[Entry]") -> dict[bytes, bytes]:
    """Count the lines of untracked files, and return what these hold, as far as that is cheap."""
    contents: dict[bytes, bytes] = {}
    size = 0
    for entry in entries[:MAX_FILES]:
        data = _content(tree.on_disk(entry.path)) if not entry.tracked and size < _MAX_READ_ALL else None
        if data is not None:
            size += len(data)
            contents[entry.path] = data
            entry.added = parse.line_count(data)
    return contents


def _content(path: bytes) -> bytes | None:
    """Return what git would store of a file; None when it is long or cannot be read."""
    import stat

    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return os.readlink(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_READ:
            return None
        with open(path, "rb") as file:
            return content(file, _MAX_READ)
    except OSError:
        return None


def _file_changes(tree: WorkTree, entries: "list[Entry]") -> "list[FileChange]":
    from ocm.base.model import FileChange

    return [
        FileChange(tree.path_of(entry.path), entry.kind, None if entry.old is None else tree.path_of(entry.old))
        for entry in entries[:MAX_FILES]
    ]


def _differences(tree: WorkTree, base: str) -> "tuple[list[Entry], bool]":
    """Return how the work tree differs from the commit or tree `base`, and whether that is all."""
    tracked, others = process.run_all(tree.top, (*_DIFF, base, "--"), _UNTRACKED)
    new = (name for name in parse.names(others) if not name.endswith(b"/"))  # with one: another repository
    tracked_is_whole = len(tracked) < process.MAX_OUTPUT
    entries = parse.parse_diff(tracked, whole=tracked_is_whole)
    entries += [parse.Entry("created", name, tracked=False) for name in new]
    return entries, tracked_is_whole and len(others) < process.MAX_OUTPUT


def _dirty(tree: WorkTree, commit: str) -> set[bytes]:
    """Return every tracked name, old or new, that is not as in `commit`."""
    entries = parse.parse_diff(process.run(tree.top, *_DIFF, commit, "--"))
    return {name for entry in entries for name in entry.names}


def _lost(tree: WorkTree, commits: list[str]) -> set[str]:
    """Return which of these commits no branch, tag or HEAD holds any more."""
    data = process.run(tree.top, "rev-list", "--stdin", "--not", "--all", stdin=parse.lines_of(commits))
    return set(data.decode().split()) & set(commits)


def _young(tree: WorkTree, start: str, head: str, since: float) -> list[str]:
    """Return the commits between two that are not older than the instant `since`, the newest first."""
    commits = f"{start}..{head}" if start else head
    return process.run(tree.top, "rev-list", f"--max-age={int(since)}", commits).decode().split()


def _loose_object(tree: WorkTree, sha: str) -> str:
    """Return the file in which git first keeps an object."""
    return os.path.join(tree.common_dir, "objects", sha[:2], sha[2:])
