"""Which repository holds a file: that of the project, one of its worktrees, or another one that lies within it.

A question about a file goes to the one that holds it. One that only a path or a `.git` file leads to, and neither lies
in the project nor belongs to its repository, is not asked anything.
"""

import os
from typing import NamedTuple

from ocm.git import refusal
from ocm.git.worktree import read_tail
from ocm.store.paths import linked_git_dir, shared_git_dir, work_tree


class Holder(NamedTuple):
    """Where to ask about a file: its `path` from `root`, and why nothing can be asked (`unknown`).

    `inner` says where in the project another repository lies that holds it; it is empty for the project's own one, of
    which `path` is the path in every worktree.
    """

    root: str
    path: str
    inner: str = ""
    unknown: str = ""


def holder(root: str, path: str) -> Holder:
    """Return who holds the file at a path that is relative to `root`, or absolute."""
    base = os.path.realpath(root)
    folder, name = os.path.split(os.path.join(base, path))
    folder = os.path.realpath(folder)
    own, top = work_tree(base), work_tree(folder)
    if top is None:
        return Holder(root, path, unknown=refusal.NO_REPOSITORY)
    if own == top:
        return Holder(root, path, unknown=in_missing_submodule(top, _within(top, folder, name)))
    if own and _common(own) == _common(top) != "":
        there = os.path.join(top, os.path.relpath(base, own))
        return Holder(os.path.normpath(there), _within(there, folder, name))
    if _is_in(top, base) and _is_its_own(top, own or base, base):
        return Holder(top, _within(top, folder, name), os.path.relpath(top, base).replace(os.sep, "/"))
    return Holder(root, path, unknown=refusal.ELSEWHERE)


def _within(base: str, folder: str, name: str) -> str:
    return os.path.relpath(os.path.join(folder, name), base).replace(os.sep, "/")


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _common(top: str) -> str:
    """Return the git folder that all worktrees of a repository share; empty where that is not known."""
    git_dir = os.path.join(top, ".git")
    return os.path.realpath(git_dir) if os.path.isdir(git_dir) else shared_git_dir(top)


def _is_its_own(top: str, own: str, base: str) -> bool:
    """Return whether the git folder of a repository in the project lies in the project too, as a submodule's does."""
    named = linked_git_dir(top)
    git_dir = os.path.realpath(named or os.path.join(top, ".git"))
    common = _common(own) or os.path.realpath(linked_git_dir(own) or base)
    return _is_in(git_dir, base) or _is_in(git_dir, common)


def in_missing_submodule(top: str, name: str) -> str:
    """Return why nothing is known of a file of a work tree: it lies in a submodule that is not there; else nothing."""
    found = next(
        (
            one
            for one in submodules(top)
            if name.startswith(one + "/") and not os.path.lexists(os.path.join(top, one, ".git"))
        ),
        "",
    )
    return refusal.missing_submodule(found) if found else ""


def submodules(top: str) -> list[str]:
    """Return where the submodules of a work tree lie, as its `.gitmodules` says."""
    lines = (line.partition("=") for line in os.fsdecode(read_tail(os.path.join(top, ".gitmodules"))).splitlines())
    return [value.strip().strip('"').rstrip("/") for key, _, value in lines if key.strip().lower() == "path"]
