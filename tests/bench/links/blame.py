"""What `ocm why` costs beside `git blame`: a file of 5,000 lines with 2,000 commits of history, made by fast-import."""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.git import fingerprints, history
from ocm.index import access
from ocm.markdown.fingerprint_lines import unit_line
from ocm.provenance import commit_links
from tests.support.session_store import make_store, put, session

if TYPE_CHECKING:
    from ocm.store.paths import Store

LINES, COMMITS, TURNS = 5_000, 2_000, 7
RATIO = 1.5
NAME = "big.py"
_START = 1_767_225_600  # 2026-01-01


def make_history(folder: Path, *, lines: int = LINES, commits: int = COMMITS) -> Path:
    """Make a repository of one long file, each of whose commits changes a few lines, always the same ones."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    chance = random.Random(6)  # noqa: S311 - a history that is the same every time
    text = [f"value_{n} = compute({n}, {n * n})" for n in range(lines)]
    stream: list[bytes] = []
    for number in range(commits):
        first = chance.randrange(lines - 5)
        for at in range(first, first + chance.randrange(1, 5)):
            text[at] = f"value_{at} = compute_{number}({at}, {number * at})"
        data = ("\n".join(text) + "\n").encode()
        who = b"n <n@example.org> %d +0000" % (_START + 600 * number)
        stream.append(b"commit refs/heads/main\nauthor %b\ncommitter %b\ndata 6\nchange\n" % (who, who))
        stream.append(b"M 100644 inline %b\ndata %d\n%b\n" % (NAME.encode(), len(data), data))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=b"".join(stream), check=True)
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=folder, check=True)
    subprocess.run(["git", "gc", "-q"], cwd=folder, check=True)
    return folder


def recorded(folder: Path, every: int = 8) -> Store:
    """Write a session file for every eighth commit."""
    store = make_store(folder)
    shas = (history.since(str(folder), 0) or [])[::-1][::every]
    for patch in fingerprints.patches(history.patches(str(folder), shas)):
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(patch.at - 60))
        fact = unit_line(at, "", patch.whole, patch.own)
        decision = f"**Value {patch.sha[:6]}:** computed anew"
        put(store, f"{patch.sha}.md", session(patch.sha, started_at=at, facts=[fact], decisions=[decision]))
    return store


def measure(commits: int = COMMITS) -> tuple[bool, list[str]]:
    """Time one line, ten lines and a hundred; returns whether the ratio holds for all, and the figures in words."""
    with tempfile.TemporaryDirectory(prefix="ocm-blame-") as name:
        folder = make_history(Path(name) / "repository", commits=commits)
        store = recorded(folder)
        begin = time.perf_counter()
        access.read(store, lambda _: None, prepare=commit_links.catch_up(store, ""))
        spent = time.perf_counter() - begin
        lines = [f"A file of {LINES:,} lines with {commits:,} commits, read at {1000 * spent / commits:.2f} ms each."]
        print(lines[0], flush=True)
        found = [_compared(folder, first, last) for first, last in ((2500, 2500), (100, 109), (4000, 4099))]
    return all(held for held, _ in found), lines + [line for _, line in found]


def _compared(folder: Path, first: int, last: int) -> tuple[bool, str]:
    """Time both in turns, whole processes; the first turn is left out.

    Processor time counts where the clock does not hold: on a busy machine the clock says how busy it is.
    """
    blame = ["git", "blame", f"-L{first},{last}", NAME]
    why = [str(Path(sys.executable).parent / "ocm"), "why", f"{NAME}:{first}-{last}"]
    spent: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    for turn in range(TURNS + 1):
        for side, command in enumerate((blame, why)):
            before = _children()
            begin = time.perf_counter()
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            if turn:
                spent[side].append((_children() - before, time.perf_counter() - begin))
    cpu = [statistics.median(each[0] for each in spent[side]) for side in (0, 1)]
    wall = [statistics.median(each[1] for each in spent[side]) for side in (0, 1)]
    line = (
        f"Lines {first}-{last}: processor time `git blame` {1000 * cpu[0]:.0f} ms, `ocm why` {1000 * cpu[1]:.0f} ms,"
        f" {cpu[1] / cpu[0]:.2f} times; on the clock {1000 * wall[0]:.0f} and {1000 * wall[1]:.0f} ms,"
        f" {wall[1] / wall[0]:.2f} times."
    )
    print(line, flush=True)
    return cpu[1] <= RATIO * cpu[0] or wall[1] <= RATIO * wall[0], line


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(0 if measure()[0] else 1)
