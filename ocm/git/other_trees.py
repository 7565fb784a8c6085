"""Work of a session in other work trees of its repository: entered in mid-session, or a sub-agent's own.

A file is recorded by its path in the tree it is in, which is the same in every tree of a repository; git is asked in
that tree, and what it says joins what the session did where it began.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from ocm.base.model import CHANGE_TYPES, FileChange, Session
from ocm.git import changes, freshness, holders, record
from ocm.git.worktree import WorkTree, read_tail
from ocm.store import paths


class Tree(NamedTuple):
    """Another work tree: where it is asked, and what the session edited there, each path with its kind."""

    root: str
    edits: dict[str, str]


def of_edits(root: str, edits: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[Tree]]:
    """Return the edits in the session's own tree, and those in others."""
    own: list[tuple[str, str]] = []
    trees: dict[str, Tree] = {}
    for path, kind in edits:
        who = holders.holder(root, path)
        if who.unknown or who.inner or who.root == root:
            own.append((path, kind))
        else:
            trees.setdefault(who.root, Tree(who.root, {})).edits[who.path] = kind
    return own, list(trees.values())


def begun_inside(root: str, since: float, named: Iterable[str]) -> list[str]:
    """Return the work trees within `root` that were made since an instant, but for those that others `named`."""
    tree = WorkTree.find(root)
    folder = os.path.join(tree.common_dir, "worktrees") if tree else ""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        link = os.path.join(folder, name, "gitdir")
        top = os.path.dirname(os.fsdecode(read_tail(link).strip()))
        is_own = top.startswith(os.path.join(os.path.realpath(root), "")) and top not in named
        if is_own and paths.shared_git_dir(top) and os.stat(link).st_mtime >= since:
            found.append(top)
    return found


def changed(tree: Tree, sha: str, since: float) -> list[FileChange]:
    """Return what the session did in a tree: what it edited, and what git says of its shell commands there."""
    found = changes.since_start(tree.root, sha, since, touched=frozenset(tree.edits))
    seen = {change.path: change for change in found.files} if found else {}
    undone = found.undone if found else set()
    edited = {path: FileChange(path, _kind(kind)) for path, kind in tree.edits.items() if path not in undone}
    return list({**edited, **seen}.values())


def _kind(kind: str) -> str:
    return kind if kind in CHANGE_TYPES[:3] else "modified"


def facts(  # noqa: PLR0913, PLR0917 - each is one thing that is known before the lock is taken
    root: str, sha: str, shell: list[float], at: str, files: list[FileChange], session: Session | None
) -> tuple[dict[str, str], list[str]]:
    """Return what the files of a tree hold, and the lines that fingerprint the work there."""
    contents = freshness.contents_now(root, {change.path for change in files})
    return contents, record.fact_lines(root, sha, shell, at, files, session)
