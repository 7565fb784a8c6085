"""Files that are not there: gone, or left out on purpose, or of a work tree that is gone itself."""

import os
from typing import NamedTuple

from ocm.git import parse, process, refusal, worktree
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from ocm.store.paths import git_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

_SKIPPED = b"S"  # what git writes in front of a file that a sparse checkout leaves out
_EVER = (
    "log",
    "--all",
    "--reflog",
    "-z",
    "--format=",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--ignore-submodules=all",
)
_SLACK = 3600  # seconds by which the clocks of two machines may differ


class LeftOut(NamedTuple):
    """Of files that are not there: what the index has of those left out on purpose, and why others are unknown."""

    ids: "dict[str, str | None]"
    reasons: dict[str, str]


def look(root: str, tree: WorkTree, paths: "Collection[str]", since: float) -> LeftOut:
    """Return what is known of files that are not there, but for those that are gone since an instant."""
    found = LeftOut({}, {})
    missing = {path: why for path in paths if (why := _in_submodule(tree, path))}
    rest = [path for path in paths if path not in missing]
    if is_sparse(tree):
        try:
            found.ids.update(_skipped(tree, rest))
        except UnknownError:
            missing.update(dict.fromkeys(rest, refusal.of_an_answer(root)))
    rest = [path for path in rest if path not in found.ids and path not in missing]
    missing.update(dict.fromkeys(never_held(root, rest, since), refusal.NEVER_HELD))
    found.ids.update(dict.fromkeys(missing))
    found.reasons.update(missing)
    return found


def is_sparse(tree: WorkTree) -> bool:
    """Return whether a part of the commit may be left out on purpose."""
    return os.path.exists(os.path.join(tree.git_dir, "info", "sparse-checkout"))


def _in_submodule(tree: WorkTree, path: str) -> str:
    from ocm.git import holders

    return holders.in_missing_submodule(tree.top, tree.name_of(path))


def _skipped(tree: WorkTree, paths: "Collection[str]") -> dict[str, str]:
    """Return the ids that the index has of files that a sparse checkout leaves out.

    Raises:
        UnknownError: git cannot say.
    """
    names = {tree.raw(name): path for path in paths if (name := tree.name_of(path))}
    if not names:
        return {}
    asked = ("ls-files", "-z", "-t", "--stage", "--", *(os.fsdecode(name) for name in sorted(names)))
    found: dict[str, str] = {}
    for line in parse.names(process.run(tree.top, *asked)):
        facts, _, skipped = line.partition(b"\t")
        fields = facts.split(b" ")
        if fields[0] == _SKIPPED and skipped in names:
            found[names[skipped]] = fields[2].decode()
    return found


def never_held(root: str, paths: "Collection[str]", since: float) -> set[str]:
    """Return which of these files, in folders that are not there either, no commit since an instant was about.

    They may have been another work tree's: one that was removed with all that was in it.
    """
    tree = WorkTree.find(root)
    names = {path: tree.name_of(path) for path in paths if not os.path.lexists(_folder(root, path))} if tree else {}
    if tree is None or not names:
        return set()
    inside = {name for name in names.values() if name}
    try:
        held = worktree.names_at(tree, git_head(tree.top)[0], inside)
        if inside - held:
            raw = sorted(os.fsdecode(tree.raw(name)) for name in inside - held)
            young = f"--max-age={max(0, int(since) - _SLACK)}"
            out = process.run(tree.top, *_EVER, young, "--", *raw, seconds=process.HOOK_SECONDS)
            held |= {parse.printable(name.removeprefix(b"\n")) for name in parse.names(out)}
    except UnknownError:
        return set(names)
    return {path for path, name in names.items() if name not in held}


def _folder(root: str, path: str) -> str:
    return os.path.dirname(os.path.join(root, path))
