"""The benchmark of links: `python -m tests.bench.links [--sessions N] [--out FILE.md] REPOSITORY…`.

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

from ocm import githistory, index, lineage, links, traces
from ocm.index import Commits
from ocm.paths import Store
from tests.bench.links import replay
from tests.session_store import make_store, put, session

if TYPE_CHECKING:
    from collections.abc import Sequence

RECALL = {"squash of 3": 80.0, "rebase": 97.0, "squash of 3 on a moved base": 78.0}
PRECISION = {"squash of 3": 89.0, "rebase": 96.0, "squash of 3 on a moved base": 89.0}
LINK_MS = 15.0
HEAD = "| repository | rewrite | pairs | skipped | recall | precision | trailer in message | git notes |"


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
        kept = "kept" if self.rewrite == "rebase" else "only if every message is kept"
        return f"| {' | '.join(map(str, cells))} | {kept} | lost |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every repository, and say whether all figures hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.links")
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    parser.add_argument("--sessions", type=int, default=replay.SESSIONS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    lines, good = [HEAD, "| --- " * (HEAD.count("|") - 1) + "|"], True
    for repository in options.repositories:
        with tempfile.TemporaryDirectory(prefix="ocm-links-") as name:
            scores, note = measure(repository.resolve(), Path(name), options.sessions)
        good &= all(score.holds for score in scores) and note[1] <= LINK_MS
        lines[len(lines) :] = [score.line() for score in scores]
        print("\n".join(score.line() for score in scores), note[0], sep="\n", flush=True)
        lines.append(f"\n{note[0]}\n" if repository == options.repositories[-1] else f"| {note[0]} |" + " |" * 7)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0 if good else 1


def measure(repository: Path, folder: Path, count: int) -> tuple[list[Score], tuple[str, float]]:
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
    spent, count_new = caught_up(store)
    name = repository.parent.name if repository.name in {"repo", ".git"} else repository.name
    scores = [scored(store, name, kind, found) for kind, found in rewrites.items()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = (
        f"{name}: {len(sessions)} sessions, {twins} twins left out; {count_new} commits read at"
        f" {1000 * spent / max(1, count_new):.1f} ms each, peak memory {peak:.0f} MB"
    )
    return scores, (note, 1000 * spent / max(1, count_new))


def distinct(scratch: replay.Scratch, count: int) -> tuple[list[str], int]:
    """Return the sessions, and how many commits were left out because another one made the very same change.

    A fix that was committed to two branches is two commits and one piece of work: nobody could tell them apart.
    """
    listed = scratch.sessions(count + count // 2)
    seen: set[int] = set()
    chosen: list[str] = []
    twins = 0
    patches = {patch.sha: patch for patch in links.patches(githistory.patches(str(scratch.folder), listed))}
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
    for patch in links.patches(githistory.patches(str(scratch.folder), sessions)):
        at = "2020-01-01T00:00:00+00:00"
        fact = traces.unit_fact(at, "", patch.whole, patch.own)
        put(store, f"{patch.sha}.md", session(patch.sha, started_at=at, facts=[fact]))
    return store


def caught_up(store: Store) -> tuple[float, int]:
    """Return how long it took to read the commits there are, and how many that were."""
    count = 0

    def prepare(commits: Commits) -> None:
        nonlocal count
        lineage.catch_up(store, "")(commits)
        count = len(commits.known(""))

    index.read(store, lambda _: None)
    begin = time.perf_counter()
    index.read(store, lambda _: None, prepare=prepare)
    return time.perf_counter() - begin, count


def scored(store: Store, repository: str, kind: str, found: replay.Rewritten) -> Score:
    """Ask of every new commit which sessions it comes from."""
    score = Score(repository, kind, sum(len(true) for _, true in found.made), found.skipped, 0, 0)
    named = index.read(store, lambda cache: [_named(cache, sha) for sha, _ in found.made])
    for (_, true), answer in zip(found.made, named, strict=True):
        score.said += len(answer)
        score.right += len(answer & true)
    return score


def _named(cache: index.Index, sha: str) -> set[str]:
    found = cache.links()
    made = found.commit(sha)
    matches = lineage.sessions_of(found, made) if made else []
    return {match.session.removesuffix(".md") for match in matches if match.sure}


if __name__ == "__main__":
    sys.exit(main())
