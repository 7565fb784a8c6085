"""Whether a short run of the benchmark is worse than the one that is committed, and by more than noise.

A figure that was timed is worse when it is more than a quarter above the committed one, and the median of its ratios
turn by turn is too, with 95 % certainty. It is then measured once more, and counts only if it is worse again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.bench.table import DIGITS

if TYPE_CHECKING:
    from tests.bench.table import Row

MOST_ABOVE = 1.25
HEADING = "## The short form"


def committed(text: str) -> dict[str, float]:
    """Return the figures of the short form in a file of results, by what they are of."""
    found = {}
    for line in text.partition(HEADING)[2].partition("\n## ")[0].splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        number = re.match(r" ([\d,]+(?:\.\d+)?)", cells[2]) if len(cells) > 3 else None
        if number:
            found[cells[1].strip().replace(r"\|", "|")] = float(number[1].replace(",", ""))
    return found


def worse(row: Row, before: dict[str, float]) -> str:
    """Say how a row is worse than it was, or nothing."""
    known = before.get(row.what)
    if known is None:
        return ""
    low = row.value if row.low is None else min(row.low, row.value)
    if low <= known * MOST_ABOVE + _rounding(row):
        return ""
    return (
        f"{row.what}: {row.value:.2f}{row.unit}, at least {low:.2f} with 95 % certainty; it was {known:.2f}{row.unit}"
    )


def _rounding(row: Row) -> float:
    """Return how much of a figure its table does not show."""
    return float(0.5 * 10 ** -DIGITS.get(row.unit, 0))
