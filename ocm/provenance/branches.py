"""Where branches stand, read from git's own files: their tips, and the branch that all others come back to."""

import os

from ocm.git.worktree import WorkTree, read_tail
from ocm.store.paths import git_head, object_id

_REF = b"ref:"
_MOST_LINKS = 5
_LIMIT = 16_000_000  # bytes of the list of packed refs that are read
_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_TRUNKS = ("main", "master", "trunk")


class Branches:
    """The branches of a repository, each looked up when asked for; `head` and `current` are what is checked out."""

    def __init__(self, tree: WorkTree) -> None:
        """Look at what is checked out."""
        self._folders = list(dict.fromkeys((tree.git_dir, tree.common_dir)))
        self._packed: dict[str, str] | None = None
        self.head, self.current = git_head(tree.top)
        self._remotes = _names_in(os.path.join(tree.common_dir, "refs", "remotes"))
        self.trunk, self.trunk_tip = self._find_trunk()

    @property
    def bases(self) -> list[str]:
        """Where the history that counts begins: what is checked out, and the branch that all others come back to."""
        return [base for base in (self.head, self.trunk_tip) if base]

    def tips(self, branch: str) -> list[str]:
        """Return where a branch is, here and as the remotes had it last; empty where there is no such branch."""
        refs = [_HEADS + branch, *(f"{_REMOTES}{remote}/{branch}" for remote in self._remotes)]
        return list(dict.fromkeys(filter(None, map(self._commit, refs))))

    def _find_trunk(self) -> tuple[str, str]:
        """Return name and tip of the branch that the remote calls its own, else of the one with the usual name."""
        for remote in sorted(self._remotes, key=lambda name: name != "origin"):
            target = self._target(f"{_REMOTES}{remote}/HEAD")
            prefix = f"{_REMOTES}{remote}/"
            if target.startswith(prefix) and (tip := self._commit(target)):
                return target.removeprefix(prefix), tip
        return next(((name, tip) for name in _TRUNKS if (tip := self._commit(_HEADS + name))), ("", ""))

    def _commit(self, ref: str) -> str:
        for _ in range(_MOST_LINKS):
            found = self._target(ref)
            if not found.startswith("refs/"):
                return object_id(found)
            ref = found
        return ""

    def _target(self, ref: str) -> str:
        """Return what a ref holds: the id of a commit, or the name of another ref; empty where there is none."""
        if ".." in ref or not ref.startswith("refs/"):
            return ""
        for folder in self._folders:
            line = read_tail(os.path.join(folder, *ref.split("/")), 4096).strip()
            if line.startswith(_REF):
                return os.fsdecode(line[len(_REF) :].strip())
            if line:
                return line.decode("ascii", "replace")
        return self._all_packed().get(ref, "")

    def _all_packed(self) -> dict[str, str]:
        if self._packed is None:
            data = b"".join(read_tail(os.path.join(folder, "packed-refs"), _LIMIT) for folder in self._folders)
            lines = (os.fsdecode(line).split(" ", 1) for line in data.splitlines() if line[:1].isalnum())
            self._packed = {pair[1]: pair[0] for pair in lines if len(pair) > 1}
        return self._packed


def _names_in(folder: str) -> list[str]:
    """Return the remotes whose branches are known; of one that is packed alone, the usual one."""
    try:
        return sorted({"origin", *os.listdir(folder)})
    except OSError:
        return ["origin"]
