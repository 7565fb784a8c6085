"""The benchmark's own verdicts: a row holds only with all its runs and within its figure."""

from __future__ import annotations

import math

import pytest

from tests.bench.__main__ import main
from tests.bench.table import Detail, Report, Row, grid
from tests.bench.timing import alternate


def row(value: float = 1.0, runs: int = 30, least: int = 30) -> Row:
    return Row("what", value, 1.5, runs, "here", "other", least)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (row(), "holds"),
        (row(value=1.5), "holds"),
        (row(value=1.51), "MISSED"),
        (row(value=math.inf), "MISSED"),
        (row(runs=29), "lacks runs: 29 of 30"),
        (row(runs=5, least=5), "holds"),
    ],
)
def test_a_row_says_how_it_came_out(one: Row, verdict: str) -> None:
    assert one.verdict == verdict
    assert one.cells()[-1] == verdict


def test_a_report_holds_when_every_row_does() -> None:
    assert not Report().holds
    assert Report([row()], [Detail("what", "1 ms", "2 ms", 30)]).holds
    assert not Report([row(), row(runs=3)]).holds


def test_a_report_is_markdown_with_both_tables() -> None:
    report = Report()
    report.add(row(), Detail("a | b", "1 ms", "2 ms", 30))
    text = report.markdown("# Title\n")
    assert "| what | 1.00x | ≤ 1.5x | 30 | here | other | holds |" in text
    assert "| a \\| b | 1 ms | 2 ms | 30 |" in text


def test_a_table_has_a_line_below_its_head() -> None:
    assert grid(["a", "b"], [["1", "2"]]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]


def test_jobs_take_turns_and_the_first_turns_do_not_count() -> None:
    order: list[str] = []

    def job(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = alternate({"a": lambda: job("a"), "b": lambda: job("b")}, 3, warm=1)
    assert order == ["a", "b"] * 4
    assert samples.values == {"a": [3.0, 5.0, 7.0], "b": [4.0, 6.0, 8.0]}
    assert samples.count("a", "b") == 3
    assert samples.ratio("b", "a") == 6.0 / 5.0


def test_an_unknown_row_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--rows", "nonsense"])
    assert stop.value.code == 2
