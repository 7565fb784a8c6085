"""Taking turns: every side runs once in each turn, so that what slows the machine slows all of them alike."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

WARM = 2
# Started by a bench of 100 MB, a child would be said to have had 100 MB itself; this one is small when it starts it.
_PEAK = """
import os, sys
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]), 0)
print(used.ru_maxrss * (1 if sys.platform == "linux" else 1 / 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass
class Samples:
    """What was measured, by name; in seconds, unless a job says otherwise."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def count(self, *names: str) -> int:
        """Return how often the least measured of these was measured."""
        return min(len(self.values[name]) for name in names)

    def median(self, name: str) -> float:
        """Return the middle one."""
        return statistics.median(self.values[name])

    def ratio(self, name: str, over: str) -> float:
        """Return the ratio of two medians."""
        return self.median(name) / self.median(over)

    def low(self, name: str, over: str) -> float:
        """Return what the ratio is at least, judged by the ratios within each turn."""
        pairs = zip(self.values[name], self.values[over], strict=True)
        return at_least([one / two for one, two in pairs])

    def ms(self, name: str) -> str:
        """Say a median in milliseconds."""
        return f"{self.median(name) * 1000:.1f} ms"


def alternate(jobs: Mapping[str, Callable[[], float]], runs: int, *, warm: int = WARM) -> Samples:
    """Run all jobs in turn, `runs` times each, after some turns that do not count; a job returns what it measured."""
    samples = Samples({name: [] for name in jobs})
    for turn in range(-warm, runs):
        for name, job in jobs.items():
            value = job()
            if turn >= 0:
                samples.values[name].append(value)
    return samples


def at_least(values: Sequence[float], certainty: float = 0.95) -> float:
    """Return the highest of `values` that their true median is not below, with this certainty; the lowest if none is."""
    ranked, chance, rank = sorted(values), 0.0, 0
    while (chance := chance + math.comb(len(ranked), rank) / 2 ** len(ranked)) <= 1 - certainty:
        rank += 1
    return ranked[max(0, rank - 1)]


@dataclass
class Command:
    """A program to run, as a whole process."""

    words: list[str]
    cwd: Path
    environment: dict[str, str]
    data: bytes = b""

    def wall(self) -> float:
        """Run it and return how long that took."""
        start = time.perf_counter()
        done = subprocess.run(
            self.words, input=self.data, cwd=self.cwd, env=self.environment, check=False, capture_output=True
        )
        took = time.perf_counter() - start
        self._must_work(done.returncode, done.stdout + done.stderr)
        return took

    def processor(self) -> float:
        """Run it on one core and return how long that worked, in user code and in the kernel."""
        before = os.times()
        done = subprocess.run(
            _on_one_core(self.words), cwd=self.cwd, env=self.environment, check=False, capture_output=True
        )
        after = os.times()
        self._must_work(done.returncode, done.stdout + done.stderr)
        return after.children_user - before.children_user + after.children_system - before.children_system

    def peak(self) -> float:
        """Run it and return how much memory it had at most, in megabytes."""
        words = [sys.executable, "-I", "-S", "-c", _PEAK, *self.words]
        done = subprocess.run(
            words, input=self.data, cwd=self.cwd, env=self.environment, check=False, capture_output=True
        )
        self._must_work(done.returncode, done.stdout + done.stderr)
        return float(done.stdout) / 1024

    def _must_work(self, status: int, said: bytes) -> None:
        if status:
            raise RuntimeError(f"{' '.join(self.words)} exits {status}: {said.decode(errors='replace')[-2000:]}")


def _on_one_core(words: list[str]) -> list[str]:
    """Return a command line that keeps a program on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        return words
    pin = "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", pin, *words]


def timed(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
