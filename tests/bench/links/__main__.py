"""The benchmark of links: `python -m tests.bench.links [--sessions N] [--blame] [--out FILE.md] REPOSITORY…`.

Takes repositories by path and never touches them. 240 commits of each stand for 240 sessions, whose files hold what a
checkpoint would have recorded and no commit id; the history is then rewritten with real git, and the product itself is
asked of every new commit which sessions it comes from. Exits 1 where a figure is missed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.git import fingerprints, history
from ocm.index import access, queries
from ocm.markdown.fingerprint_lines import unit_line
from ocm.provenance import commit_links
from ocm.store.paths import Store
from tests.bench.links import blame, replay
from tests.support.session_store import make_store, put, session

if TYPE_CHECKING:
    from collections.abc import Sequence

RECALL = {"squash of 3": 80.0, "rebase": 97.0, "squash of 3 on a moved base": 78.0}
PRECISION = {"squash of 3": 89.0, "rebase": 96.0, "squash of 3 on a moved base": 89.0}
LINK_MS = 15.0
INTRODUCTION = """\
# Links after a rewrite

Written by `python -m tests.bench.links --blame --out FILE REPOSITORY…` with clones of public repositories. The last 240
commits of each that are no merges stand for 240 sessions; a session file holds what a checkpoint just before the commit
would have recorded, and no commit id. The history is then rewritten with real `git cherry-pick` and `git merge --squash`,
and the product is asked of each new commit which sessions it comes from. A replay that conflicts is skipped and counted; a
commit whose very change another one makes as well, as when a fix went to two branches, is left out as a twin. Recall and
precision are over all pairs of session and new commit. To reach: squash of 3, 80 and 89 %; rebase, 97 and 96 %; squash of
3 on a moved base, 78 and 89 %; at most 15 ms a commit; `ocm why` in at most 1.5 times the time of `git blame`.
"""
HEAD = "| repository | rewrite | pairs | skipped | recall | precision |"


@dataclass
class Score:
    """What came of one kind of rewrite in one repository."""

    repository: str
    rewrite: str
    pairs: int
    skipped: int
    right: int
    said: int

    @property
    def recall(self) -> float:
        """How many of the sessions in the commits were named, in per cent."""
        return 100.0 * self.right / max(1, self.pairs)

    @property
    def precision(self) -> float:
        """How many of those named were in the commits, in per cent."""
        return 100.0 * self.right / max(1, self.said)

    @property
    def holds(self) -> bool:
        """Whether both figures are reached."""
        return self.recall >= RECALL[self.rewrite] and self.precision >= PRECISION[self.rewrite]

    def line(self) -> str:
        """Return a row of the table."""
        mark = "" if self.holds else " **missed**"
        cells = (
            self.repository,
            self.rewrite,
            self.pairs,
            self.skipped,
            f"{self.recall:.1f} %",
            f"{self.precision:.1f} %{mark}",
        )
        return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every repository, and say whether all figures hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.links")
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    parser.add_argument("--sessions", type=int, default=replay.SESSIONS)
    parser.add_argument("--blame", action="store_true", help="also time `ocm why` beside `git blame`")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    rows, notes, good = [], [], True
    for repository in options.repositories:
        with tempfile.TemporaryDirectory(prefix="ocm-links-") as name:
            scores, note, cost = measure(repository.resolve(), Path(name), options.sessions)
        good &= all(score.holds for score in scores) and cost <= LINK_MS
        rows += [score.line() for score in scores]
        notes.append(f"- {note}")
        print("\n".join(score.line() for score in scores), note, sep="\n", flush=True)
    if options.blame:
        held, lines = blame.measure()
        good &= held
        notes += [f"- {line}" for line in lines]
    if options.out:
        head = [HEAD, "| --- " * (HEAD.count("|") - 1) + "|"]
        options.out.write_text("\n".join([INTRODUCTION, *head, *rows, "", *notes, ""]), encoding="utf-8")
    return 0 if good else 1


def measure(repository: Path, folder: Path, count: int) -> tuple[list[Score], str, float]:
    """Rewrite the history of one repository and ask the product about it."""
    scratch = replay.Scratch(repository, folder / "repository")
    sessions, twins = distinct(scratch, count)
    store = stored(scratch, sessions)
    rewrites = {
        "rebase": replay.rebased(scratch, sessions),
        "squash of 3": replay.squashed(scratch, sessions, moved=False),
        "squash of 3 on a moved base": replay.squashed(scratch, sessions, moved=True),
    }
    made = [sha for found in rewrites.values() for sha, _ in found.made]
    for number, sha in enumerate(made):
        scratch.git("update-ref", f"refs/heads/made/{number}", sha)
    cost, read = caught_up(store)
    own = repository.name not in {"repo", ".git"}
    name = (repository.name if own else repository.parent.name).replace("+", "/")
    scores = [scored(store, name, kind, found) for kind, found in rewrites.items()]
    return scores, f"{name}: {len(sessions)} sessions, {twins} twins left out; {read}", cost


def distinct(scratch: replay.Scratch, count: int) -> tuple[list[str], int]:
    """Return the sessions, and how many commits were left out because another one made the very same change.

    A fix that was committed to two branches is two commits and one piece of work: nobody could tell them apart.
    """
    listed = scratch.sessions(count + count // 2)
    seen: set[int] = set()
    chosen: list[str] = []
    twins = 0
    patches = {patch.sha: patch for patch in fingerprints.patches(history.patches(str(scratch.folder), listed))}
    for sha in reversed(listed):
        if patches[sha].whole in seen:
            twins += 1
        elif len(chosen) < count:
            seen.add(patches[sha].whole)
            chosen.append(sha)
    return chosen[::-1], twins


def stored(scratch: replay.Scratch, sessions: list[str]) -> Store:
    """Write a session file for each commit, with what a checkpoint before the commit would have recorded."""
    store = make_store(scratch.folder)
    for patch in fingerprints.patches(history.patches(str(scratch.folder), sessions)):
        at = "2020-01-01T00:00:00+00:00"
        fact = unit_line(at, "", patch.whole, patch.own)
        put(store, f"{patch.sha}.md", session(patch.sha, started_at=at, facts=[fact]))
    return store


def caught_up(store: Store) -> tuple[float, str]:
    """Read the commits there are; returns the milliseconds that each took, and that in words, with the memory taken."""
    sizes: list[float] = []
    done = [0]

    def progress(count: int, _of: int) -> None:
        done.append(count)
        sizes.append(_resident())

    access.read(store, lambda _: None)
    begin = time.perf_counter()
    access.read(store, lambda _: None, prepare=commit_links.catch_up(store, "", progress))
    cost = 1000 * (time.perf_counter() - begin) / max(1, done[-1])
    memory = f"{sizes[0]:.0f} MB after the first {done[1]}, {sizes[-1]:.0f} MB after the last" if sizes else "none"
    return cost, f"{done[-1]} commits read at {cost:.1f} ms each; memory {memory}"


def _resident() -> float:
    """Return the megabytes that this process takes now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6


def scored(store: Store, repository: str, kind: str, found: replay.Rewritten) -> Score:
    """Ask of every new commit which sessions it comes from."""
    score = Score(repository, kind, sum(len(true) for _, true in found.made), found.skipped, 0, 0)
    named = access.read(store, lambda cache: [_named(cache, sha) for sha, _ in found.made])
    for (_, true), answer in zip(found.made, named, strict=True):
        score.said += len(answer)
        score.right += len(answer & true)
    return score


def _named(cache: queries.Index, sha: str) -> set[str]:
    found = cache.links()
    made = found.commit(sha)
    matches = commit_links.sessions_of(found, made) if made else []
    return {match.session.removesuffix(".md") for match in matches if match.sure}


if __name__ == "__main__":
    sys.exit(main())
