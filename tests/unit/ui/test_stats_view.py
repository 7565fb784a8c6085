"""Figures as a person takes them in at a glance."""

from __future__ import annotations

import pytest

from ocm.ui import stats_view
from ocm.ui.terminal import Screen
from tests.support.screen import NOW, plain


@pytest.mark.parametrize(("values", "line"), [
    ([], ""), ([0, 0], ""), ([0, 1], "▁█"), ([1, 1], "██"), ([0, 1, 50, 100], "▁▂▄█"),
])  # fmt: skip
def test_a_sparkline_keeps_what_is_little_apart_from_nothing(values: list[int], line: str) -> None:
    assert stats_view.spark(values) == line


def test_a_calendar_ends_today() -> None:
    lines = plain(stats_view.calendar(Screen(80, now=NOW), {"2026-03-20": 4, "2026-03-19": 1, "2020-01-01": 9}))
    assert len(lines) == 8
    assert lines[5].rstrip().endswith("██")
    assert lines[4].rstrip().endswith("░░")
    assert list(stats_view.calendar(Screen(12, now=NOW), {})) == []
    assert "█" not in "".join(plain(stats_view.calendar(Screen(80, now=NOW), {})))


def test_many_branches_are_summed_up() -> None:
    groups = {f"b{n}": {"sessions": 1, "checkpoints": 1, "decisions": 0, "files": 0} for n in range(8)}
    assert plain(stats_view._groups(Screen(80), groups, "branch"))[-1] == "and 3 more"
