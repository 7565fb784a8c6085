"""Times in every unit."""

from __future__ import annotations

import pytest

from ocm.sources.moments import seconds

AT = 1_772_545_930.0


@pytest.mark.parametrize(
    "value",
    [AT, int(AT), AT * 1e3, AT * 1e6, int(AT) * 10**9, "2026-03-03T13:52:10Z", "2026-03-03T13:52:10", str(int(AT)),
     str(int(AT) * 1000), "2026-03-03T14:52:10+01:00"],
)  # fmt: skip
def test_a_time_is_read_in_every_unit(value: object) -> None:
    assert seconds(value) == pytest.approx(AT, abs=1)


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -5, 10**40, float("nan"), float("inf"), "", "now", "9999-12-31T23:59:59Z", "1" * 30, [], {}],
)
def test_what_is_no_time_is_undated(value: object) -> None:
    assert seconds(value) == 0
