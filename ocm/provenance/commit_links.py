"""From commits to sessions and back: bringing the cache in step with git, and asking it what came from where.

Nothing is written into history. Commits are read since the first session that recorded work, new ones only, in
batches: one process lists, one streams all that is new, none is started for a single commit.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ocm.base.notices import Notice, ignore
from ocm.git import fingerprints, history, worktree
from ocm.git.fingerprints import Match, Patch
from ocm.git.process import UnknownError
from ocm.index import access
from ocm.index.links import SLACK, Commits, Links, Made
from ocm.index.queries import Index
from ocm.store.paths import Store

Progress = Callable[[int, int], None]
_BATCH = 500
_SUBJECT = 200
_BROKEN = 4  # times that reading goes on behind a commit that is broken
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class View:
    """A store, its cache in one state, and the links in it; of a user store only what belongs to the `project`."""

    store: Store
    cache: Index
    project: str
    links: Links


class Background(Generic[_T]):
    """What another thread finds out meanwhile: git reads history while the cache is brought in step."""

    def __init__(self, work: Callable[[], _T]) -> None:
        """Begin."""
        self._found: list[_T] = []
        self._thread = threading.Thread(target=lambda: self._found.append(work()), daemon=True)
        self._thread.start()

    def result(self) -> _T | None:
        """Wait for it; None when it failed."""
        self._thread.join()
        return self._found[0] if self._found else None


def read(store: Store, work: Callable[[View], _T], *, notice: Notice = ignore, progress: Progress | None = None) -> _T:
    """Return what `work` finds in the cache, after the commits in it were brought in step with git."""
    project = worktree.own_project(store)

    def asked(cache: Index) -> _T:
        return work(View(store, cache, project, cache.links(project)))

    return access.read(store, asked, notice=notice, prepare=catch_up(store, project, progress))


def catch_up(store: Store, project: str, progress: Progress | None = None) -> Callable[[Commits], None]:
    """Return what brings the commits that the cache knows in step with git; without git, it leaves them as they are."""

    def work(commits: Commits) -> None:
        began = commits.begin(project)
        listed = history.since(store.root, began - SLACK) if began else []
        if listed is None:
            return
        known = commits.known(project)
        gone = known.difference(listed)
        new = [sha for sha in reversed(listed) if sha not in known]
        if gone:
            commits.change(project, gone, [])
        done = 0
        for batch in _batches(store.root, new):
            commits.change(project, (), batch)
            done += len(batch)
            if progress:
                progress(done, len(new))

    return work


def _batches(root: str, shas: list[str]) -> Iterator[list[Made]]:
    """Read commits; one that git cannot read is left out, and tried again at the next question."""
    for _ in range(_BROKEN):
        seen: set[str] = set()
        batch: list[Made] = []
        try:
            for patch in fingerprints.patches(history.patches(root, shas)):
                batch.append(_made(patch))
                seen.add(patch.sha)
                if len(batch) == _BATCH:
                    yield batch
                    batch = []
        except UnknownError:
            shas = [sha for sha in shas if sha not in seen][1:]
        else:
            shas = []
        if batch:
            yield batch
        if not shas:
            return


def _made(patch: Patch) -> Made:
    subject = patch.subject[:_SUBJECT]
    return Made(
        patch.sha, patch.at, subject, patch.whole, patch.bound, frozenset(patch.own), frozenset(patch.parts - patch.own)
    )


def sessions_of(found: Links, made: Made) -> list[Match]:
    """Return the sessions that a commit comes from, the best first."""
    patch = Patch(made.sha, made.at, made.subject, set(made.own), set(made.parts), made.whole, made.bound)
    return fingerprints.match(patch, found.units_near(made), found.key_weight)


def commits_of(found: Links, file: str) -> Iterator[tuple[Made, Match]]:
    """Return the commits that a session's work ended in, the oldest first, each with how that is known."""
    for made in found.commits_of(file):
        for one in sessions_of(found, made):
            if one.session == file:
                yield made, one
