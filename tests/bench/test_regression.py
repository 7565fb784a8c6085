"""What counts as worse than the committed figures, and what is only noise."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench import __main__ as bench
from tests.bench import regression
from tests.bench.setting import Setting
from tests.bench.table import HEAD, Detail, Row, grid
from tests.bench.timing import Samples, at_least

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE = {"a hook | pipe": 1.5, "tokens": 900.0, "lost": 0.0}


def row(what: str, value: float, low: float | None, unit: str = "x", most: float = 2.0) -> Row:
    return Row(what, value, most, 30, "here", "other", unit=unit, low=low)


def results(*rows: Row) -> str:
    table = "\n".join(grid(HEAD, [one.cells() for one in rows]))
    return f"# Title\n\n## Figures\n\n| What | 9.00x |\n\n{regression.HEADING}\n\nwords\n\n{table}\n\n## More\n\n| x | 3.00x | |\n"


def test_the_short_form_is_read_back_from_the_file() -> None:
    rows = (row("a hook | pipe", 1.504, 1.4), row("tokens", 1_234.0, None, " tokens"), row("wheels", 2.84, None, " MB"))
    assert regression.committed(results(*rows)) == {"a hook | pipe": 1.5, "tokens": 1234.0, "wheels": 2.8}


def test_a_file_without_a_short_form_has_no_figures() -> None:
    assert regression.committed("# What it costs\n\n| a | 1.00x | ≤ 2x |\n") == {}


@pytest.mark.parametrize(
    ("one", "is_worse"),
    [
        (row("a hook | pipe", 1.5, 1.4), False),
        (row("a hook | pipe", 1.9, 1.885), True),
        (row("a hook | pipe", 1.95, 1.80), False),  # above by more than a quarter, but so may noise be
        (row("a hook | pipe", 1.80, 1.95), False),  # the turns say so, the medians do not
        (row("a hook | pipe", 1.879, 1.879), False),  # 1.5 may have been 1.504
        (row("tokens", 1_125.0, None, " tokens"), False),
        (row("tokens", 1_126.0, None, " tokens"), True),
        (row("lost", 0.0, None, ""), False),
        (row("lost", 1.0, None, ""), True),
        (row("something new", 99.0, 99.0), False),
    ],
)
def test_worse_is_more_than_a_quarter_and_more_than_noise(one: Row, is_worse: bool) -> None:
    assert bool(regression.worse(one, BEFORE)) == is_worse


def test_it_says_what_was_and_what_is() -> None:
    said = regression.worse(row("a hook | pipe", 3.0, 2.8), BEFORE)
    assert said == "a hook | pipe: 3.00x, at least 2.80 with 95 % certainty; it was 1.50x"


@pytest.mark.parametrize(
    ("count", "rank"),
    [(1, 1), (4, 1), (5, 1), (8, 2), (30, 11)],
)
def test_a_bound_is_an_order_statistic(count: int, rank: int) -> None:
    values = list(range(1, count + 1))
    random.Random(count).shuffle(values)  # noqa: S311 - nothing is secret here
    assert at_least([float(value) for value in values]) == rank


def test_the_bound_is_below_the_true_median_as_often_as_it_says() -> None:
    chosen = random.Random(1)  # noqa: S311 - nothing is secret here
    below = sum(at_least([chosen.lognormvariate(0.0, 0.3) for _ in range(30)]) <= 1.0 for _ in range(2_000))
    assert 0.93 <= below / 2_000 <= 0.99


def test_the_low_end_of_a_ratio_goes_by_turns() -> None:
    samples = Samples({"a": [2.0, 4.0, 6.0, 8.0, 10.0], "b": [1.0, 2.0, 2.0, 4.0, 5.0]})
    assert samples.low("a", "b") == 2.0


# --- the whole of it


class World:
    """A measurement that gives what it is told, run after run, and a file of results."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.results = folder / "RESULTS.md"
        self.left: list[Row] = []
        patch.setattr(bench, "RESULTS", self.results)
        patch.setattr(bench, "MEASUREMENTS", {"one": self.measure})
        patch.setattr(bench, "SHORT", ("one",))
        patch.setattr(Setting, "shortened", lambda setting: Setting(setting.folder, short=True))

    def measure(self, setting: Setting) -> list[Row | Detail]:
        assert isinstance(setting, Setting)
        return [self.left.pop(0), Detail("beside", "1 ms", "2 ms", 30)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


FINE, WORSE, LUCKY = row("it", 1.0, 0.9), row("it", 1.6, 1.5), row("it", 1.3, 1.1)


def test_the_whole_benchmark_writes_both_tables(world: World) -> None:
    world.left = [row("it", 1.7, 1.6), FINE]
    assert bench.main([]) == 0
    text = world.results.read_text(encoding="utf-8")
    assert "| it | 1.70x |" in text.partition(regression.HEADING)[0]
    assert regression.committed(text) == {"it": 1.0}


@pytest.mark.parametrize(
    ("left", "code", "says"),
    [
        ([FINE], 0, ""),
        ([WORSE, FINE], 0, ""),
        ([WORSE, LUCKY], 0, ""),
        ([WORSE, WORSE], 1, "it: 1.60x"),
        ([Row("it", 1.0, 2.0, 3, "", "", low=0.9)], 1, "it: lacks runs: 3 of 30"),
        ([row("other", 3.0, None, " tokens")], 0, ""),
        ([row("other", 3.0, 2.9)], 0, ""),  # figures to reach are for the whole form
    ],
)
def test_the_short_form_compares(
    world: World, capsys: pytest.CaptureFixture[str], left: list[Row], code: int, says: str
) -> None:
    world.results.write_text(results(FINE), encoding="utf-8")
    world.left = list(left)
    assert bench.main(["--short"]) == code
    assert world.left == []
    assert capsys.readouterr().out.splitlines()[-1].startswith(says)


def test_without_results_it_says_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.left = [WORSE]
    assert bench.main(["--short"]) == 0
    assert "There is no tests/bench/RESULTS.md to compare with" in capsys.readouterr().out
    assert not world.results.exists()


def test_what_cannot_be_measured_fails_either_form(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(setting: Setting) -> list[Row | Detail]:
        raise RuntimeError(f"no {setting.most}")

    measurements: dict[str, Callable[[Setting], list[Row | Detail]]] = {"one": broken}
    monkeypatch.setattr(bench, "MEASUREMENTS", measurements)
    assert bench.main(["--short"]) == 1
    assert bench.main(["--rows", "one"]) == 1
    assert not world.results.exists()
