r"""Facts that git knows about a work tree: the one door to git for the rest of the project.

Invariants: nothing here raises for what a repository may be (missing, bare, broken, without commits, too slow, no git
at all); the answer is None then, "not known". Nothing is written to the repository. Paths come in relative to the
caller's `root` or absolute, and go out relative to it, with forward slashes, `../x` outside it; bytes of a name that
are no UTF-8 go out as `\xff`. Light to import, because a hook asks for `deleted_now`.
"""

import os

from ocm.git import parse, process
from ocm.git.process import Place, UnknownError
from ocm.store.paths import STORE, Store, content, git_head, main_worktree, work_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from ocm.base.model import FileChange
    from ocm.git.parse import Entry

MAX_FILES = 5_000
_MOST_DELETED = 1_000
_MAX_READ, _MAX_READ_ALL = 1_000_000, 32_000_000  # bytes of new files whose lines are worth counting
_MAX_REFLOG = 4_000_000
_CALL_SECONDS = 30  # between a commit and the end of the shell call that made it
_GRAIN = 0.01  # the kernel stamps files with a clock that lags behind by up to a tick
_EMPTY_TREES = (  # what stands for the commit that was not there yet, with SHA-1 and with SHA-256
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
)


class Changes:
    """What a session changed: its `files`, a `summary` like git's, and which of its recorded paths are `undone`."""

    __slots__ = ("files", "summary", "undone")

    def __init__(self, files: "list[FileChange]", summary: str, undone: set[str]) -> None:
        """Keep the three."""
        self.files = files
        self.summary = summary
        self.undone = undone


def project_name(root: str) -> str:
    """Return the name of the repository: from its first remote's URL, else of its main worktree's folder."""
    root = os.path.realpath(root)
    top = work_tree(root)
    if top is None:
        return os.path.basename(root)
    main = main_worktree(top) or top
    return parse.remote_name(Place(top, "").config) or os.path.basename(main).removesuffix(".git")


def own_project(store: Store) -> str:
    """Return the project that the caller of a user store is in; empty for a store that serves one project only."""
    return project_name(store.root) if store.is_user else ""


def deleted_now(root: str) -> list[str] | None:
    """Return the tracked paths that are gone now, staged or not; None when that is not known within 1.5 s.

    The same when there are more than a journal should begin with, as in a work tree that holds a part of its commit.
    """
    place = Place.find(root)
    if place is None:
        return None
    if not git_head(place.top)[0]:
        return []
    try:
        names = process.deleted(place)
    except UnknownError:
        return None
    return [place.outward(name) for name in names] if len(names) <= _MOST_DELETED else None


def can_be_committed(folder: str) -> bool:
    """Tell whether git tracks, or would add, what lies in `folder`; where it cannot say, no."""
    place = Place.find(os.path.dirname(folder))
    name = os.path.relpath(os.path.realpath(folder), place.top) if place else ""
    if place is None or name.startswith(os.pardir):
        return False
    try:
        return process.shows(place, name.replace(os.sep, "/"))
    except UnknownError:
        return False


def kinds_at(root: str, sha: str, paths: "Collection[str]") -> set[str]:
    """Return which of `paths` were files in the commit `sha` (empty: none were).

    What git cannot say (of anything, or outside the work tree) counts as there: "modified" claims less than "created".
    """
    place = Place.find(root)
    if place is None or not _is_commit_id(sha):
        return set(paths)
    names = {path: place.inward(path) for path in paths}
    try:
        found = process.files_at(place, sha, {name for name in names.values() if name})
    except UnknownError:
        return set(paths)
    return {path for path, name in names.items() if not name or name in found}


def changes(  # noqa: PLR0913 - each of them is one fact about how the session began
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
    place = Place.find(root)
    if place is None or not _is_commit_id(start_sha):
        return None
    session = _Session(place, start_sha, since)
    spelled = {path: place.inward(path) for path in touched}
    session.touched = set(spelled.values())
    session.others = {place.inward(path) for path in others}
    if deleted_before is not None:
        session.deleted_before = {place.inward(path) for path in deleted_before}
    try:
        found, whole = process.differences(place, session.base)
        entries = session.settled(found)
        undone = (
            session.undone({parse.printable(name) for entry in entries for name in entry.names}) if whole else set()
        )
        mine = session.without_foreign_commits([entry for entry in entries if session.may_own(entry)])
    except UnknownError:
        return None
    mine.sort(key=lambda entry: entry.path)
    mine = parse.pair_renames(mine, _read_new(place, mine))
    back = {path for path, name in spelled.items() if name in undone}
    return Changes(_listed(place, mine), parse.summary(mine, MAX_FILES), back)


def commits_made(root: str, start_sha: str, instants: "Collection[float]") -> list[str]:
    """Return id and subject of the commits made here just before one of `instants`, oldest first; starts no process.

    Args:
        root: Where the session works.
        start_sha: The commit that it started at.
        instants: When its shell calls ended, in epoch seconds.
    """
    made, reflog = _made(root, start_sha, instants)
    known = parse.subjects(reflog, set(made))
    return [f"{sha[:7]} {known.get(sha, '')}".strip() for sha in made]


def made_since(root: str, start_sha: str, instants: "Collection[float]") -> list[str]:
    """Return the ids of the same commits."""
    return _made(root, start_sha, instants)[0]


def _made(root: str, start_sha: str, instants: "Collection[float]") -> tuple[list[str], bytes]:
    """Return the commits made here just before one of `instants`, and the reflog that says so."""
    place = Place.find(root)
    if place is None or not instants:
        return [], b""
    reflog = process.read_tail(os.path.join(place.git_dir, "logs", "HEAD"), _MAX_REFLOG)
    made = [
        sha
        for when, sha in parse.made_here(reflog, start_sha)
        if any(when - 1 <= instant <= when + _CALL_SECONDS for instant in instants)
    ]
    return list(dict.fromkeys(made)), reflog


class _Session:
    """Which changes are this session's. Sets hold printable names from the top of the work tree."""

    __slots__ = ("base", "deleted_before", "head", "others", "place", "since", "start", "touched")

    def __init__(self, place: Place, start: str, since: float) -> None:
        self.place = place
        self.start = start
        self.since = since
        self.head = git_head(place.top)[0]
        self.base = start or _EMPTY_TREES["sha256" in place.config.lower()]
        self.touched: set[str] = set()
        self.others: set[str] = set()
        self.deleted_before: set[str] | None = None

    def settled(self, entries: "list[Entry]") -> "list[Entry]":
        """Return `entries`, one a path, with what git cannot know put right, and without the store's own files."""
        found: dict[bytes, Entry] = {}
        for entry in entries:
            if entry.kind == "deleted":
                self._look_again(entry)
            if entry.old is not None and parse.printable(entry.old) in (self.deleted_before or ()):
                entry.kind, entry.old = "created", None  # what looks like its source was gone before
            if STORE.encode() not in entry.path.split(b"/"):
                found.setdefault(entry.path, entry)
        return [entry for entry in found.values() if entry.kind]

    def _look_again(self, entry: "Entry") -> None:
        """Take a file that is no longer tracked, but still there, for what it is: modified, or not changed at all."""
        path = self.place.on_disk(entry.path)
        if os.path.lexists(path) and not os.path.isdir(path):
            data = _content(path)
            same = data is not None and parse.blob_id(data, entry.oid) == entry.oid
            entry.kind = "" if same else "modified"

    def may_own(self, entry: "Entry") -> bool:
        """Tell whether nothing says that a change is older than the session, or another session's."""
        if self._edited(entry):
            return True
        name = parse.printable(entry.path)
        if name in self.others:
            return False
        path = self.place.on_disk(entry.path)
        if entry.submodule:  # its folder does not change when it moves on
            folder = Place(os.fsdecode(path), "").git_dir
            return any(self._is_recent(os.path.join(folder, *name)) for name in (("HEAD",), ("logs", "HEAD")))
        if entry.kind != "deleted":
            return self._is_recent(path)
        if self.deleted_before is not None:
            return name not in self.deleted_before
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        return self._is_recent(path)

    def without_foreign_commits(self, entries: "list[Entry]") -> "list[Entry]":
        """Return `entries` without those that a checkout, a pull, a reset or an unfinished merge brought."""
        merging = process.read_tail(os.path.join(self.place.git_dir, "MERGE_HEAD")).decode("ascii", "replace").split()
        is_still = self.head in ("", self.start) and not merging
        if is_still or all(self._edited(entry) or not entry.tracked for entry in entries):
            return entries
        own = set.intersection(*(process.dirty(self.place, commit) for commit in (self.head, *merging)))
        own |= process.names_in(self.place, self._commits())
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
        known = process.files_at(self.place, self.start, suspects)
        back = {
            name for name in suspects if name in known or not os.path.lexists(self.place.on_disk(parse.encoded(name)))
        }
        commits = self._commits() if back else []
        if commits:
            lost = process.lost(self.place, commits)
            kept = process.names_in(self.place, [commit for commit in commits if commit not in lost])
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
        return stamp + (1.0 if stamp.is_integer() else _GRAIN) >= self.since  # some file systems keep whole seconds

    def _commits(self) -> list[str]:
        """Return the commits made in this worktree since the start; without a reflog, what is new here and young.

        A reflog keeps whole seconds; of the one in which the session started, the commits' own files tell the rest.
        """
        reflog = process.read_tail(os.path.join(self.place.git_dir, "logs", "HEAD"), _MAX_REFLOG)
        if not reflog:
            return process.young(self.place, self.start, self.head, self.since) if self.head else []
        second = int(self.since)
        return [
            sha
            for when, sha in parse.made_here(reflog, self.start)
            if when > second or (when == second and self._is_recent(process.loose_object(self.place, sha)))
        ]


def _read_new(place: Place, entries: "list[Entry]") -> dict[bytes, bytes]:
    """Count the lines of untracked files, and return what these hold, as far as that is cheap."""
    contents: dict[bytes, bytes] = {}
    size = 0
    for entry in entries[:MAX_FILES]:
        data = _content(place.on_disk(entry.path)) if not entry.tracked and size < _MAX_READ_ALL else None
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


def _listed(place: Place, entries: "list[Entry]") -> "list[FileChange]":
    from ocm.base.model import FileChange

    return [
        FileChange(place.outward(entry.path), entry.kind, None if entry.old is None else place.outward(entry.old))
        for entry in entries[:MAX_FILES]
    ]


def _is_commit_id(text: str) -> bool:
    """Tell whether `text` is hex digits or nothing: a session file is edited by hand, and git has dangerous options."""
    return not text or (7 <= len(text) <= 64 and set(text) <= set("0123456789abcdef"))  # noqa: PLR2004 - the ids git takes
