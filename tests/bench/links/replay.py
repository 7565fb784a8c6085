"""Rewriting real history with real git: a commit stands for a session, and is then rebased, squashed, or both.

Every rewrite happens in a scratch repository that borrows the objects of the one it was given, which is never touched.
A replay that conflicts is skipped and counted.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS = 240
SQUASHED = 3
_TIMES = {"GIT_AUTHOR_DATE": "2030-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2030-01-01T00:00:00Z"}
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "n"), ("EMAIL", "n@example.org"))
}
_QUIET = (
    *("-c", "gc.auto=0"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "commit.gpgSign=false"),
    *("-c", "core.autocrlf=false"),
    *("-c", "merge.conflictStyle=merge"),
)


@dataclass
class Rewritten:
    """What one kind of rewrite made: each new commit with the sessions in it, and how many replays conflicted."""

    made: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    skipped: int = 0


class ConflictError(Exception):
    """A replay did not go through."""


class Scratch:
    """A repository to rewrite in, with a work tree of its own."""

    def __init__(self, source: Path, folder: Path) -> None:
        """Borrow the objects of `source`."""
        self.folder = folder
        subprocess.run(
            ["git", *_QUIET, "clone", "-q", "--shared", "--no-checkout", str(source), str(folder)],
            check=True,
            capture_output=True,
        )

    def git(self, *arguments: str) -> str:
        """Run git here and return what it printed.

        Raises:
            ConflictError: it failed.
        """
        environment = {**os.environ, **_NAMES, **_TIMES}
        command = ["git", *_QUIET, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, errors="replace"
        )
        if done.returncode:
            raise ConflictError(done.stderr)
        return done.stdout.strip()

    def sessions(self, count: int) -> list[str]:
        """Return the last `count` commits that changed something and are no merges, the oldest first."""
        listed = self.git("rev-list", "--no-merges", "--topo-order", f"--max-count={2 * count}", "HEAD").split()
        chosen: list[str] = []
        for sha in listed:
            if len(chosen) < count and self.git("diff-tree", "--no-commit-id", "--name-only", "-r", sha):
                chosen.append(sha)
        return chosen[::-1]

    def at(self, commit: str) -> None:
        """Check a commit out, whatever is there."""
        self.git("checkout", "-q", "-f", "--detach", commit)

    def pick(self, *commits: str) -> str:
        """Replay commits here and return the last new one."""
        try:
            self.git("cherry-pick", "--keep-redundant-commits", *commits)
        except ConflictError:
            self.git("reset", "-q", "--hard")
            self.git("cherry-pick", "--quit")
            raise
        return self.git("rev-parse", "HEAD")

    def squash(self, base: str, branch: str) -> str:
        """Squash-merge `branch` into `base` and return the new commit."""
        self.at(base)
        try:
            self.git("merge", "-q", "--squash", branch)
        except ConflictError:
            self.git("reset", "-q", "--hard")
            raise
        self.git("commit", "-q", "-m", "squashed")
        return self.git("rev-parse", "HEAD")

    def files(self, commit: str) -> set[str]:
        """Return the names that a commit changed."""
        return set(self.git("diff-tree", "--no-commit-id", "--name-only", "-r", "-z", commit).split("\0")) - {""}


def rebased(scratch: Scratch, sessions: list[str]) -> Rewritten:
    """Rebase each session onto a later one that changed a file of its, as if that had come in first."""
    found = Rewritten()
    names = [scratch.files(sha) for sha in sessions]
    for n, sha in enumerate(sessions):
        later = next((m for m in range(n + 1, len(sessions)) if names[m] & names[n]), None)
        if later is None:
            continue
        try:
            scratch.at(f"{sha}^")
            scratch.pick(sessions[later])
            found.made.append((scratch.pick(sha), frozenset((sha,))))
        except ConflictError:
            found.skipped += 1
    return found


def squashed(scratch: Scratch, sessions: list[str], *, moved: bool) -> Rewritten:
    """Squash each three sessions into one commit; with `moved`, onto a base on which the next session came first."""
    found = Rewritten()
    for n in range(0, len(sessions) - SQUASHED, SQUASHED):
        group = sessions[n : n + SQUASHED]
        try:
            scratch.at(f"{group[0]}^")
            branch = scratch.pick(*group)
            scratch.at(f"{group[0]}^")
            base = scratch.pick(sessions[n + SQUASHED]) if moved else scratch.git("rev-parse", "HEAD")
            found.made.append((scratch.squash(base, branch), frozenset(group)))
        except ConflictError:
            found.skipped += 1
    return found
