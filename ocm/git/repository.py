"""The door to GitPython, for what is asked so seldom that its import, longer than most answers take, may be paid.

As in `process`, nothing is written, time is bounded and `os.environ` is never edited. GitPython copies the environment
it finds, and knows no SHA-256: where either stands against it, `is_readable` says so and `process` is asked instead.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

from ocm.base import processes
from ocm.git import process
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree

try:
    from git import Git, Repo
    from git.exc import GitError
except ImportError:  # GitPython's way to say that there is no git
    raise UnknownError from None


def is_readable(tree: WorkTree) -> bool:
    """Return whether GitPython can read this repository, and no other that a variable names."""
    return not tree.is_sha256 and os.environ.keys().isdisjoint(process.MISLEADING)


def merged_commits(tree: WorkTree, commit: str, limit: int) -> list[str]:
    """Return the commits that a merge brought in, merges left out, the newest first.

    Raises:
        UnknownError: git cannot say, or takes too long.
    """
    with _opened(tree) as repo:
        return [one.hexsha for one in repo.iter_commits(f"{commit}^1..{commit}", no_merges=True, max_count=limit)]


class _Git(Git):
    """Git as GitPython starts it, with the runner's options and bounds; keeps what it started, to end it in time."""

    def __init__(self, top: str) -> None:
        super().__init__(top)
        self.started: list[Any] = []
        self.update_environment(**process.environment(top))
        self._persistent_git_options = list(process.OPTIONS)

    def execute(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - GitPython's own has nine shapes
        """Start git in a session of its own; all that is asked here reads from a process."""
        handle: Any = super().execute(*arguments, start_new_session=processes.OWN_GROUP, **options)
        self.started.append(handle.proc)
        return handle

    def end(self) -> None:
        """End what still runs."""
        for child in self.started:
            if child.poll() is None:
                processes.end(child)


class _Repo(Repo):
    GitCommandWrapperType = _Git  # type: ignore[assignment]  # it is declared as `Git` itself
    git: _Git


@contextlib.contextmanager
def _opened(tree: WorkTree) -> Iterator[Repo]:
    """Open a repository for `SECONDS`: what is asked of it later fails."""
    try:
        with _Repo(tree.top, expand_vars=False) as repo:
            timer = threading.Timer(process.SECONDS, repo.git.end)
            timer.daemon = True
            timer.start()
            try:
                yield repo
            finally:
                timer.cancel()
    except (GitError, OSError, ValueError, AssertionError):  # the last is what an id that is none raises
        raise UnknownError from None
