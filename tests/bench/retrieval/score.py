"""How good a ranking is: nDCG@10, R@1 and R@5 with bootstrap intervals over the questions."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

METRICS = ("nDCG@10", "R@1", "R@5")
_DEPTH, _RESAMPLES, _SEED = 10, 1_000, 7


def judged(ranked: Iterable[str], relevant: Iterable[str]) -> tuple[float, ...]:
    """Return each metric for one question; what is not answered scores nothing."""
    wanted = set(relevant)
    seen = list(dict.fromkeys(ranked))[:_DEPTH]
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(seen) if name in wanted)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(len(wanted), _DEPTH)))
    recalls = [len(wanted & set(seen[:depth])) / min(len(wanted), depth) for depth in (1, 5)]
    return gain / ideal, *recalls


@dataclass(frozen=True)
class Interval:
    """A mean, and where it lies in 95 of 100 samples."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Say it shortly."""
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def intervals(rows: Sequence[tuple[float, ...]]) -> list[Interval]:
    """Return the mean of every metric with its interval."""
    chance = random.Random(_SEED)  # noqa: S311 - the same samples at every run
    found = []
    for column in zip(*rows, strict=True):
        means = sorted(sum(chance.choices(column, k=len(column))) / len(column) for _ in range(_RESAMPLES))
        low, high = means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES) - 1]
        found.append(Interval(sum(column) / len(column), low, high))
    return found
