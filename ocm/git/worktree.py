r"""The work tree of a repository: where it lies, how its files are named, and the small facts that git knows about it.

Invariants: nothing here raises for what a repository may be (missing, bare, broken, without commits, too slow, no git
at all); the answer is None then, "not known". Paths come in relative to the caller's `root` or absolute, and go out
relative to it, with forward slashes, `../x` outside it; bytes of a name that are no UTF-8 go out as `\xff`. Light to
import, because a hook asks for `deleted_now`.
"""

import os
import posixpath

from ocm.git import parse, process
from ocm.git.process import UnknownError
from ocm.store.paths import Store, git_head, linked_git_dir, main_worktree, work_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_MAX_DELETED = 1_000
_DELETED = (
    "diff-index",
    "-z",
    "--name-only",
    "--no-renames",
    "--diff-filter=D",
    "--ignore-submodules=all",
    "HEAD",
    "--",
)


class WorkTree:
    """A work tree: its top folder (`top`), and where in it the caller's root lies (`prefix`).

    A *name* is what git calls a file, from the top; a *path* is what the caller calls it, from its root.
    """

    __slots__ = ("prefix", "top")

    def __init__(self, top: str, prefix: str) -> None:
        """Keep the real path of the top, and the root's name from there (empty for the top itself)."""
        self.top = top
        self.prefix = prefix

    @classmethod
    def find(cls, root: str) -> "WorkTree | None":
        """Return the work tree around `root`, None outside every one."""
        root = os.path.realpath(root)  # as git sees it
        top = work_tree(root)
        if top is None:
            return None
        prefix = os.path.relpath(root, top).replace(os.sep, "/")
        return cls(top, "" if prefix == "." else prefix)

    def path_of(self, name: bytes) -> str:
        """Return a name from the top as a path from the caller's root."""
        path = parse.printable(name).split("/")
        base = self.prefix.split("/") if self.prefix else []
        shared = 0
        while shared < min(len(base), len(path) - 1) and base[shared] == path[shared]:
            shared += 1
        return "/".join([".."] * (len(base) - shared) + path[shared:])

    def name_of(self, path: str) -> str:
        """Return a path from the caller's root, or an absolute one, as a printable name from the top; empty outside."""
        if os.path.isabs(path):
            folder, name = os.path.split(path)
            path = os.path.join(os.path.realpath(folder), name)
            top = os.path.join(self.top, "")
            if not path.startswith(top):
                return ""
            path = path[len(top) :].replace(os.sep, "/")
        else:
            path = posixpath.normpath(posixpath.join(self.prefix, path.replace(os.sep, "/")))
        outside = path in ("", ".", "..") or path.startswith("../")
        return "" if outside else parse.printable(parse.encoded(path))

    def raw(self, name: str) -> bytes:
        """Return a printable name as git has it, whose bytes need not be text."""
        found = parse.unprintable(name)
        said = parse.encoded(name)
        return said if found != said and os.path.lexists(self.on_disk(said)) else found

    def names_of(self, paths: "Collection[str]") -> list[str]:
        """Return the names of those paths that lie in the work tree, in order, as an argument of git has them."""
        return sorted({os.fsdecode(self.raw(self.name_of(path))) for path in paths} - {""})

    def on_disk(self, name: bytes) -> bytes:
        """Return where the file of a name lies, as bytes, because not every name is text."""
        return os.path.join(os.fsencode(self.top), name)

    @property
    def git_dir(self) -> str:
        """The folder with this work tree's own HEAD and logs."""
        return linked_git_dir(self.top) or os.path.join(self.top, ".git")

    @property
    def common_dir(self) -> str:
        """The folder with what all linked work trees share, such as the objects and the settings."""
        folder = self.git_dir
        return os.path.join(folder, os.fsdecode(read_tail(os.path.join(folder, "commondir")).strip()))

    @property
    def config(self) -> str:
        """The repository's own settings."""
        return read_tail(os.path.join(self.common_dir, "config")).decode("utf-8", "replace")

    @property
    def is_sha256(self) -> bool:
        """Whether ids are SHA-256 here, not SHA-1."""
        return "sha256" in self.config.lower()


def has_linked(root: str) -> bool:
    """Return whether the repository around `root` has linked work trees."""
    tree = WorkTree.find(root)
    return tree is not None and os.path.isdir(os.path.join(tree.common_dir, "worktrees"))


def read_tail(path: str, size: int = 1_000_000) -> bytes:
    """Return the last `size` bytes of a file, nothing when it cannot be read."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read(size)
    except OSError:
        return b""


def project_name(root: str) -> str:
    """Return the name of the repository: from its first remote's URL, else of its main work tree's folder."""
    root = os.path.realpath(root)
    top = work_tree(root)
    if top is None:
        return os.path.basename(root)
    main = main_worktree(top) or top
    return parse.remote_name(WorkTree(top, "").config) or os.path.basename(main).removesuffix(".git")


def own_project(store: Store) -> str:
    """Return the project that the caller of a user store is in; empty for a store that serves one project only."""
    return project_name(store.root) if store.is_user else ""


def deleted_now(root: str, meanwhile: "Callable[[], object] | None" = None) -> list[str] | None:
    """Return the tracked paths that are gone now, staged or not; None when that is not known within 1.5 s.

    The same when there are more than a journal should begin with, as in a work tree that holds a part of its commit.
    While git looks, `meanwhile` is done; without a question to git it is not.
    """
    tree = WorkTree.find(root)
    if tree is None:
        return None
    if not git_head(tree.top)[0]:
        return []
    try:  # plumbing looks at the files' times only, where `git status` would read every file whose times changed
        names = parse.names(process.run(tree.top, *_DELETED, seconds=process.HOOK_SECONDS, meanwhile=meanwhile))
    except UnknownError:
        return None
    return [tree.path_of(name) for name in names] if len(names) <= _MAX_DELETED else None


def can_be_committed(folder: str) -> bool:
    """Return whether git tracks, or would add, what lies in `folder`; where it cannot say, no."""
    tree = WorkTree.find(os.path.dirname(folder))
    name = os.path.relpath(os.path.realpath(folder), tree.top) if tree else ""
    if tree is None or name.startswith(os.pardir):
        return False
    asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", name.replace(os.sep, "/"))
    try:
        return bool(process.run(tree.top, *asked))
    except UnknownError:
        return False


def files_at(root: str, sha: str, paths: "Collection[str]") -> set[str]:
    """Return which of `paths` were files in the commit `sha` (empty: none were).

    What git cannot say (of anything, or outside the work tree) counts as there: "modified" claims less than "created".
    """
    tree = WorkTree.find(root)
    if tree is None or not is_commit_id(sha):
        return set(paths)
    names = {path: tree.name_of(path) for path in paths}
    try:
        found = names_at(tree, sha, {name for name in names.values() if name})
    except UnknownError:
        return set(paths)
    return {path for path, name in names.items() if not name or name in found}


def names_at(tree: WorkTree, sha: str, names: set[str]) -> set[str]:
    """Return which of `names` were files (or submodules) in the commit `sha`, none when that is empty.

    Raises:
        UnknownError: git cannot say.
    """
    if not sha or not names:
        return set()
    few = sum(map(len, names)) < process.MAX_ARGUMENTS
    arguments = (
        ["--full-tree", sha, "--", *(os.fsdecode(tree.raw(name)) for name in sorted(names))]
        if few
        else ["--full-tree", "-r", sha]
    )
    lines = parse.names(process.run(tree.top, "ls-tree", "-z", *arguments))
    return names & {parse.printable(name) for name in map(parse.tree_name, lines)}


def is_commit_id(text: str) -> bool:
    """Return whether `text` is hex digits or nothing: files are edited by hand, and git has dangerous options."""
    return not text or (7 <= len(text) <= 64 and set(text) <= set("0123456789abcdef"))  # noqa: PLR2004 - the ids git takes
