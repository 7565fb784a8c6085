"""`python -m tests.bench.transcripts [--mb 1000] [--sessions 400]`: how fast what was said is found in transcripts.

The conversations are made, with the mix of real ones: words by how often people use them, and much that tools printed.
What is measured is the first build, nothing new, ten more megabytes, questions of two to four words, and to forget one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ocm.base.notices import ignore
from ocm.index import transcripts as index
from ocm.sources import transcripts
from ocm.sources.transcripts import Wish
from ocm.store.paths import own_store
from tests.support.builders import Project
from tests.support.transcripts import Claude

if TYPE_CHECKING:
    from ocm.store.paths import Store

_PRINTED = "".join(f"line {number} of what a tool printed, as most of a transcript is\n" for number in range(60))
_WORDS, _ASKED = 20_000, 200
_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "qui",
    "ro",
    "su",
    "ta",
    "ve",
    "wi",
    "xo",
    "yu",
]


class Figures(NamedTuple):
    """What was measured: seconds, milliseconds and megabytes."""

    built: float
    unchanged: float
    grown: float
    question: float
    forgotten: float
    memory: float
    size: float
    cache: float


class Speaker:
    """Who says sentences of made-up words, few of them often and most of them rarely, as in any language."""

    def __init__(self, seed: int) -> None:
        """Know the words."""
        self._random = random.Random(seed)  # noqa: S311 - no secret is made of it
        self.words = ["".join(self._random.choices(_SYLLABLES, k=3)) + str(n % 7 or "") for n in range(_WORDS)]
        self._weights = [1 / (n + 3) for n in range(_WORDS)]

    def says(self, words: int) -> str:
        """Return so many words."""
        return " ".join(self._random.choices(self.words, self._weights, k=words))

    def asks(self) -> str:
        """Return a question: most of its words are not the most frequent ones."""
        return " ".join(self._random.sample(self.words[20:4_000], self._random.randint(2, 4)))


def write(folder: Path, project: str, size: int, number: int, speaker: Speaker) -> Path:
    """Write a conversation of about so many bytes."""
    one = Claude(str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), project)
    done = 0
    while done < size:
        begun = len(one.lines)
        more(one, project, speaker, begun)
        done += sum(map(len, one.lines[begun:]))
    return one.put(folder)


def more(one: Claude, project: str, speaker: Speaker, step: int) -> None:
    """Add a turn."""
    one.prompt(speaker.says(25))
    one.runs(f"cat src/part{step}.py", _PRINTED)
    one.says(speaker.says(30))
    one.edits(f"{project}/src/part{step % 40}.py", f"value = {step}", f"value = {step}  # friendlier")
    one.runs("pytest -q", _PRINTED, failed=step % 3 == 0)
    one.says(speaker.says(60))


def measured(store: Store, folder: Path, megabytes: int, sessions: int) -> Figures:
    """Write conversations where Claude Code keeps them, and measure."""
    speaker = Speaker(1)
    each = megabytes * 1_000_000 // sessions
    paths = [write(folder, store.root, each, number, speaker) for number in range(sessions)]
    size = sum(path.stat().st_size for path in paths)
    time.sleep(2)  # files so young may change without showing it, and are looked at again
    built = _seconds(store, speaker.asks())
    unchanged = _seconds(store, speaker.asks())
    added = Claude(paths[0].stem, store.root, minute=100_000)
    while sum(map(len, added.lines)) < min(10_000_000, size // 100):
        more(added, store.root, speaker, len(added.lines))
    with paths[0].open("a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in added.lines)
    time.sleep(2)
    grown = _seconds(store, speaker.asks())
    times = sorted(_seconds(store, speaker.asks()) for _ in range(_ASKED))
    began = time.perf_counter()
    index.forget(own_store(), paths[-1].stem)
    forgotten = time.perf_counter() - began
    cache = os.path.getsize(index.path_in(own_store()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    question = statistics.quantiles(times, n=20)[-1] * 1000
    return Figures(built, unchanged, grown, question, forgotten, memory, size / 1e6, cache / 1e6)


def _seconds(store: Store, query: str) -> float:
    began = time.perf_counter()
    transcripts.search(store, Wish(query), notice=ignore)
    return time.perf_counter() - began


def main() -> None:
    """Print what was measured, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = os.environ["OCM_HOME"] = os.path.join(folder, "home")
        os.environ["CLAUDE_CONFIG_DIR"] = os.path.join(folder, "claude")
        root = Path(folder, "project")
        root.mkdir()
        found = measured(Project(root).store, Path(folder, "claude", "projects", "p"), wanted.mb, wanted.sessions)
    if wanted.json:
        print(json.dumps(found._asdict()))
        return
    print(f"{found.size:.0f} MB: first built in {found.built:.1f} s, a cache of {found.cache:.0f} MB")
    print(f"again, with nothing new: {found.unchanged:.2f} s; with more: {found.grown:.2f} s")
    print(
        f"a question, p95: {found.question:.0f} ms; to forget: {found.forgotten:.1f} s; at most {found.memory:.0f} MB of memory"
    )


if __name__ == "__main__":
    main()
