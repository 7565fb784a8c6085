"""The table of ratios: what each row must reach, whether it did, and how it reads as markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

LEAST_RUNS = 30
HEAD = ["What", "Ratio", "To reach", "Runs a side", "Here", "Over what", "Verdict"]
DIGITS = {"x": 2, " s": 1, " MB": 1}


@dataclass(frozen=True)
class Row:
    """One figure: `value` is to be at most `most`, from at least `least` runs a side.

    `low` is what a figure that was timed is at least, with 95 % certainty; what was counted has none.
    """

    what: str
    value: float
    most: float
    runs: int
    here: str
    other: str
    least: int = LEAST_RUNS
    unit: str = "x"
    low: float | None = None

    @property
    def verdict(self) -> str:
        """Say in a word or two how it came out."""
        if self.runs < self.least:
            return f"lacks runs: {self.runs} of {self.least}"
        return "holds" if self.value <= self.most else "MISSED"

    def cells(self) -> list[str]:
        """Return what the table shows."""
        number = f"{self.value:,.{DIGITS.get(self.unit, 0)}f}"
        limit = f"≤ {self.most:,g}{self.unit}"
        return [self.what, f"{number}{self.unit}", limit, str(self.runs), self.here, self.other, self.verdict]


@dataclass(frozen=True)
class Detail:
    """A measurement without a figure to reach."""

    what: str
    here: str
    other: str
    runs: int

    def cells(self) -> list[str]:
        """Return what the table shows."""
        return [self.what, self.here, self.other, str(self.runs)]


@dataclass
class Report:
    """All that was measured."""

    rows: list[Row] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    def add(self, *found: Row | Detail) -> None:
        """Put rows and details in their tables."""
        self.rows += [one for one in found if isinstance(one, Row)]
        self.details += [one for one in found if isinstance(one, Detail)]

    @property
    def holds(self) -> bool:
        """Whether there is a row, and none that lacks its runs or misses its figure."""
        return bool(self.rows) and all(row.verdict == "holds" for row in self.rows)

    def markdown(self, introduction: str) -> str:
        """Return both tables."""
        parts = [introduction, "## Figures", "", *grid(HEAD, [row.cells() for row in self.rows])]
        if self.details:
            head = ["What", "Here", "Reference or floor", "Runs a side"]
            parts += ["", "## Everything else", "", *grid(head, [one.cells() for one in self.details])]
        return "\n".join([*parts, ""])


def grid(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table in markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
