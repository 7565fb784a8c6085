"""From commits to sessions and back: bringing the cache in step with git, and asking it what came from where.

Nothing is written into history. Commits are read since the first session that recorded work, new ones only, in
batches: one process lists, one streams all that is new, none is started for a single commit.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Generic, NamedTuple, TypeVar

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


class View(NamedTuple):
    """A store, its cache in one state, and the links in it; of a user store only what belongs to the `project`.

    The links are to the commits of one repository, at `root`: the project's own, or another one that lies within it.
    """

    store: Store
    cache: Index
    project: str
    links: Links
    root: str

    def of(self, inner: str) -> "View":
        """Return the same with the links to the repository that lies in a folder of the project."""
        links = self.cache.links(self.project, _scope(self.project, inner))
        return View(self.store, self.cache, self.project, links, os.path.join(self.store.root, inner))


class Background(Generic[_T]):
    """What another thread finds out meanwhile: git reads history while the cache is brought in step."""

    def __init__(self, work: Callable[[], _T]) -> None:
        """Begin."""
        self._work = work
        self._found: list[_T] = []
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self:
            self._found.append(self._work())

    def __enter__(self) -> None:
        """Begin the work, in its thread."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Keep what went wrong: whoever waits for the work is to meet it, as if there were no thread."""
        self._failed += [error] if error else []
        return True

    def result(self) -> _T:
        """Wait for it; what went wrong in it goes wrong here."""
        self._thread.join()
        for error in self._failed:
            raise error
        return self._found[0]


def read(
    store: Store,
    work: Callable[[View], _T],
    *,
    inner: Collection[str] = ("",),
    notice: Notice = ignore,
    progress: Progress | None = None,
) -> _T:
    """Return what `work` finds in the cache, after the commits in it were brought in step with git.

    Args:
        store: Whose sessions to read.
        work: What to do with the cache.
        inner: Where the repositories lie whose commits matter; the empty one is the project's own.
        notice: Takes what was odd.
        progress: Takes how many of the new commits were read.
    """
    project = worktree.own_project(store)

    def asked(cache: Index) -> _T:
        return work(View(store, cache, project, cache.links(project), store.root))

    def prepare(commits: Commits) -> None:
        for each in inner:
            catch_up(store, project, progress, inner=each)(commits)

    return access.read(store, asked, notice=notice, prepare=prepare)


def _scope(project: str, inner: str) -> str:
    """Return under which name the cache has the commits of a repository: a project's name is on one line."""
    return f"{project}\n{inner}" if inner else project


def catch_up(
    store: Store, project: str, progress: Progress | None = None, *, inner: str = ""
) -> Callable[[Commits], None]:
    """Return what brings the commits that the cache knows in step with git; without git, it leaves them as they are."""
    root, scope = os.path.join(store.root, inner), _scope(project, inner)

    def work(commits: Commits) -> None:
        began = commits.begin(project)
        listed = history.since(root, began - SLACK) if began else []
        if listed is None:
            return
        known = commits.known(scope)
        gone = known.difference(listed)
        new = [sha for sha in reversed(listed) if sha not in known]
        if gone:
            commits.change(scope, gone, [])
        done = 0
        for batch in _batches(root, new):
            commits.change(scope, (), batch)
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
        patch.sha,
        patch.at,
        subject,
        patch.whole,
        patch.bound,
        frozenset(patch.own),
        frozenset(patch.parts - patch.own),
        frozenset(patch.names),
    )


def sessions_of(found: Links, made: Made) -> list[Match]:
    """Return the sessions that a commit comes from, the best first."""
    patch = Patch(made.sha, made.at, made.subject)
    patch.own, patch.parts, patch.whole, patch.bound = set(made.own), set(made.parts), made.whole, made.bound
    return fingerprints.match(patch, found.units_near(made), found.key_weight)


def commits_of(found: Links, file: str) -> Iterator[tuple[Made, Match]]:
    """Return the commits that a session's work ended in, the oldest first, each with how that is known."""
    for made in found.commits_of(file):
        for one in sessions_of(found, made):
            if one.session == file:
                yield made, one
