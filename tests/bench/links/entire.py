"""Links to imported sessions, where the truth is written down: `python -m tests.bench.links.entire REPOSITORY…`.

Takes clones of public repositories that Entire wrote checkpoints for, and never touches them: a commit names its
checkpoints in a trailer, a checkpoint the sessions it is from, and the branch `entire/checkpoints/v1` holds their
transcripts. These come in through the importer; the product is then asked of each such commit where it comes from.
A session is right where the trailer names it, or its transcript printed the very commit. The trailer names only who was
at work last: others whose lines are in the commit too are counted wrong, so the first answer is what is held to a figure.
Exits 1 where a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.index import access, queries
from ocm.provenance import commit_links
from ocm.sources import importer
from ocm.sources.importer import Wish
from ocm.store.paths import Store
from tests.support.session_store import make_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RIGHT, RECALL, SHARED = (
    96.0,
    65.0,
    90.0,
)  # per cent: of the first sure answers, of the commits, of those that share a key
_BRANCHES = ("entire/checkpoints/v1", "origin/entire/checkpoints/v1")
_TRANSCRIPT = "full.jsonl"
_DATED = re.compile(r"\d{4}-\d\d-\d\d-(?=[0-9a-f]{8}-)")
_HEX = re.compile(r"[0-9a-f]{12}")
HEAD = (
    "| repository | sessions | commits | first sure answers that are right | all that are | recall | commits that share a key |"
    " recall of these |"
)


@dataclass
class Score:
    """What came of the commits of one repository whose sessions are known and could be imported."""

    name: str
    sessions: int = 0
    commits: int = 0
    firsts: int = 0
    first_right: int = 0
    answers: int = 0
    right: int = 0
    found: int = 0
    shared: int = 0
    absent: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add what came of another repository."""
        for name in ("sessions", "commits", "firsts", "first_right", "answers", "right", "found", "shared", "absent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def shares(self) -> tuple[float, float, float]:
        """The three figures, in per cent."""
        pairs = ((self.first_right, self.firsts), (self.found, self.commits), (self.found, self.shared))
        first, second, third = (100.0 * part / max(1, whole) for part, whole in pairs)
        return first, second, third

    @property
    def holds(self) -> bool:
        """Whether all three are reached."""
        return all(share >= least for share, least in zip(self.shares, (RIGHT, RECALL, SHARED), strict=True))

    def line(self) -> str:
        """Return a row of the table."""
        right, recall, shared = self.shares
        cells = (
            *(self.name, self.sessions, self.commits, f"{right:.1f} % of {self.firsts}"),
            *(f"{100.0 * self.right / max(1, self.answers):.1f} % of {self.answers}", f"{recall:.1f} %"),
            *(self.shared, f"{shared:.1f} %"),
        )
        return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every repository, and say whether all figures hold for all of them together."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.links.entire")
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    parser.add_argument("--misses", action="store_true", help="also list the commits that went wrong")
    options = parser.parse_args(arguments)
    whole = Score("all")
    print(HEAD, "| --- " * (HEAD.count("|") - 1) + "|", sep="\n")
    for repository in options.repositories:
        with tempfile.TemporaryDirectory(prefix="ocm-entire-") as name:
            score = measure(repository.resolve(), Path(name))
        print(score.line(), flush=True)
        if options.misses:
            print(*score.misses, sep="\n")
        whole.add(score)
    print(whole.line())
    print(f"Left out: {whole.absent} commits of whose sessions no transcript is there.")
    return 0 if whole.holds else 1


def measure(repository: Path, folder: Path) -> Score:
    """Import the sessions of a repository, and ask of each commit that names a checkpoint where it comes from."""
    clone = folder / _name(repository)
    subprocess.run(["git", "clone", "-q", "--shared", "--mirror", str(repository), str(clone / ".git")], check=True)
    _git(clone, "config", "core.bare", "false")
    branch = next(one for one in _BRANCHES if _git(clone, "rev-parse", "-q", "--verify", one, check=False))
    checkpoints = _unpacked(clone, branch, folder / "checkpoints")
    store = make_store(clone)
    importer.run(store, Wish((str(folder / "checkpoints"),), include_small=True))
    files = access.read(store, lambda cache: {row.session_id: row.file for row in cache.sessions(-1)})
    score = Score(clone.name, len(files))
    truth: dict[str, set[str]] = {}
    for sha, named in _trailers(clone):
        sessions = {session for one in named for session in checkpoints.get(one, ())}
        if sessions & set(files):
            truth[sha] = {files[session] for session in sessions if session in files}
        elif named:
            score.absent += 1
    _ask(store, truth, score)
    return score


def _name(repository: Path) -> str:
    return (repository.parent.name if repository.name in {"repo", ".git"} else repository.name).split("+")[-1]


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=check, capture_output=True, text=True, errors="replace"
    )
    return done.stdout.strip() if not done.returncode else ""


def _unpacked(clone: Path, branch: str, folder: Path) -> dict[str, set[str]]:
    """Write the largest transcript of each session, with what says whose it is; return the sessions by checkpoint."""
    sizes: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    for row in _git(clone, "ls-tree", "-r", "-l", branch).split("\n"):
        facts, _, path = row.partition("\t")
        if path.endswith(_TRANSCRIPT):
            said = facts.split()[-1]
            sizes[path] = int(said) if said.isdigit() else 0
    best: dict[str, str] = {}
    for path, size in sizes.items():
        about = json.loads(_git(clone, "show", f"{branch}:{os.path.dirname(path)}/metadata.json", check=False) or "{}")
        session = _DATED.sub("", about.get("session_id", ""))
        parts = path.split("/")
        found.setdefault(parts[0] + parts[1], set()).add(session)
        if session and size > sizes.get(best.get(session, ""), 0):
            best[session] = path
    for path in best.values():
        (folder / path).parent.mkdir(parents=True)
        for name in (_TRANSCRIPT, "metadata.json"):
            inner = f"{os.path.dirname(path)}/{name}"
            (folder / inner).write_bytes(_blob(clone, f"{branch}:{inner}"))
    return found


def _blob(clone: Path, name: str) -> bytes:
    return subprocess.run(["git", "show", name], cwd=clone, check=False, capture_output=True).stdout


def _trailers(clone: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the commits of all branches that name a checkpoint, with what they name."""
    asked = "--format=%H %(trailers:key=Entire-Checkpoint,valueonly,separator=%x2C)"
    shown = _git(clone, "log", "--no-merges", "--exclude=refs/heads/entire/*", "--all", asked)
    for line in shown.split("\n"):
        sha, *rest = line.split(" ", 1)
        if named := _HEX.findall(" ".join(rest)):
            yield sha, named


def _ask(store: Store, truth: dict[str, set[str]], score: Score) -> None:
    def look(cache: queries.Index) -> None:
        links = cache.links()
        for sha, true in truth.items():
            made = links.commit(sha)
            if made is None or not (made.own or made.whole):
                continue
            named = [one for one in commit_links.sessions_of(links, made) if one.sure]
            right = [one.session in true or one.how == "recorded" for one in named]
            found = any(one.session in true for one in named)
            shares = found or any(file in true for file, _ in links.units_with(made.own | made.parts))
            score.commits += 1
            score.answers += len(named)
            score.right += sum(right)
            score.firsts += bool(named)
            score.first_right += bool(right) and right[0]
            score.found += found
            score.shared += shares
            if not all(right) or (shares and not found):
                wrong = [f"{one.session} ({one.how} {one.score:.2f})" for one in named if one.session not in true]
                score.misses.append(
                    f"{sha[:10]} {made.subject[:60]!r}: {'found' if found else 'missed'}; not in the trailer: {wrong}"
                )

    access.read(store, look, prepare=commit_links.catch_up(store, ""))


if __name__ == "__main__":
    sys.exit(main())
