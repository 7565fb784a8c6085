"""What HEAD says: the commits behind it, each with the contents that it made, and which contents it holds now.

Invariants: two questions, which git is asked at once; plumbing, so that no setting of the user changes an answer; what
git cannot say is None. Light to import, because a hook asks for it.
"""

import os
from typing import NamedTuple

from ocm.git import blobs, parse, process
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from ocm.store.paths import git_head, work_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_COMMITS = 60
NOTHING = frozenset("0")  # the id of what was not there, or is not any more
_FIELDS = 5  # of a raw line: two modes, two ids, and what happened
_LOG = (
    "log",
    *("--no-show-signature", "--no-color", "--no-decorate", "-z", "--format=%x01%ct%x09%H%x09%s"),
    *("--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=all", f"--max-count={MAX_COMMITS}"),
)
_TREE = ("ls-tree", "-z", "--full-tree", "HEAD", "--")


class Change(NamedTuple):
    """A file that a commit changed, by its path from the caller's root: the ids of what was there, and is now."""

    path: str
    old: str
    new: str

    @property
    def is_new(self) -> bool:
        """Whether there was no such file before."""
        return set(self.old) == NOTHING

    @property
    def is_gone(self) -> bool:
        """Whether there is none any more."""
        return set(self.new) == NOTHING


class Commit(NamedTuple):
    """A commit: when it was made (epoch seconds), its id, its subject and what it changed; a merge changes nothing."""

    at: float
    sha: str
    subject: str
    changes: list[Change]


class Head:
    """HEAD as it is now: its commits, the latest first, and of some files what it holds."""

    def __init__(
        self, root: str, since: float, paths: "Sequence[str]", meanwhile: "Callable[[], object] | None" = None
    ) -> None:
        """Ask git for the commits since an instant (epoch seconds), and for the files at `paths`.

        While git works, `meanwhile` is done; without a question to git it is not.
        """
        self._root = root
        self.commits: list[Commit] = []
        self._held: dict[str, str] | None = None
        tree = WorkTree.find(root)
        if tree is None or not git_head(tree.top)[0]:
            return
        names = _names(tree, paths)
        asked = [(*_LOG, *([f"--max-age={int(since)}"] if since > 0 else []), "HEAD", "--")]
        asked += [(*_TREE, *names.values())] if names else []
        try:
            answers = process.run_all(tree.top, *asked, seconds=process.HOOK_SECONDS, meanwhile=meanwhile)
        except UnknownError:
            return
        self.commits = _logged(tree, answers[0])
        held = _entries(answers[1]) if names else {}
        self._held = {path: held.get(name, "") for path, name in names.items()}

    def uncommitted(self, paths: "Iterable[str]") -> list[str]:
        """Return the files whose content HEAD does not hold; of the others it is not known, or not so."""
        held = self._held or {}
        there = [path for path in paths if path in held and os.path.lexists(os.path.join(self._root, path))]
        example = blobs.example_id(self._root)
        wanted = {path: held[path] or example for path in there}
        now = blobs.current(self._root, wanted) if wanted else {}
        return [path for path in wanted if now[path] and now[path] != held[path]]

    def content(self, oid: str) -> bytes | None:
        """Return what has an id in the object store; None where git cannot say."""
        tree = WorkTree.find(self._root)
        try:
            return process.run(tree.top, "cat-file", "blob", oid, seconds=process.HOOK_SECONDS) if tree else None
        except UnknownError:
            return None


def _names(tree: WorkTree, paths: "Sequence[str]") -> dict[str, str]:
    """Return the names of the paths in this work tree and in none within it, as far as git takes arguments."""
    found: dict[str, str] = {}
    left = process.MAX_ARGUMENTS
    for path in dict.fromkeys(paths):
        name = tree.name_of(path)
        left -= len(name) + 1
        if name and left > 0 and _is_own(tree, name):
            found[path] = name
    return found


def _is_own(tree: WorkTree, name: str) -> bool:
    """Return whether a file lies in no repository within this one."""
    folder, slash, _ = name.rpartition("/")
    return not slash or work_tree(f"{tree.top}/{folder}") == tree.top


def _entries(data: bytes) -> dict[str, str]:
    """Return the ids of the files that `git ls-tree` lists, by their names."""
    found = {}
    for line in parse.names(data):
        fields, _, name = line.partition(b"\t")
        mode, kind, oid = fields.split(b" ")
        if kind == b"blob" and mode:
            found[parse.printable(name)] = oid.decode()
    return found


def _logged(tree: WorkTree, data: bytes) -> list[Commit]:
    """Return the commits in the output of `git log -z --raw`."""
    found: list[Commit] = []
    words = iter(data.split(b"\0"))
    for raw in words:
        word = raw.removeprefix(b"\n")
        when, _, rest = word.removeprefix(b"\x01").partition(b"\t")
        if word.startswith(b"\x01") and when.isdigit() and b"\t" in rest:
            sha, _, subject = rest.decode("utf-8", "replace").partition("\t")
            found.append(Commit(float(when), sha, subject, []))
        fields = word[1:].decode("ascii", "replace").split(" ")
        if found and word.startswith(b":") and len(fields) == _FIELDS:
            found[-1].changes.append(Change(tree.path_of(next(words, b"")), fields[2], fields[3]))
    return found
