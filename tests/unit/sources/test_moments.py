"""Times in every unit."""

from __future__ import annotations

from datetime import datetime

import pytest

from ocm.sources.moments import local_seconds, seconds

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
    [
        None,
        True,
        0,
        -5,
        10**40,
        10**400,
        float("nan"),
        float("inf"),
        "",
        "now",
        "9999-12-31T23:59:59Z",
        "1" * 30,
        [],
        {},
    ],
)
def test_what_is_no_time_is_undated(value: object) -> None:
    assert seconds(value) == 0


@pytest.mark.parametrize("value", ["2026-13-45 25:61:61", "0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_what_no_clock_shows_is_undated(value: str) -> None:
    assert local_seconds(value) == 0


def test_a_time_without_a_zone_is_that_of_this_machine() -> None:
    assert local_seconds("2026-03-03 13:52:10") == datetime(2026, 3, 3, 13, 52, 10).astimezone().timestamp()
