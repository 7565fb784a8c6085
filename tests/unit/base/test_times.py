"""Times: one rule says what is a time, and everything that reads one follows it."""

import math
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocm.base import times
from ocm.base.limits import FAR_FUTURE

UNDATED = [
    "", "no time", "2026-13-45T99:99:99", "0001-01-01", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59+00:00",
    "1970-01-01T00:00:00+00:00", "3000-01-01T00:00:00+00:00", "9999-12-31", "9999-12-31T23:59:59-14:00", "10000-01-01",
]  # fmt: skip
ZONES = st.timezones() | st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
ANY_TIME = st.datetimes(timezones=st.none() | ZONES).map(datetime.isoformat) | st.sampled_from(UNDATED) | st.text()
CENTURIES = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - the zones are drawn


@pytest.mark.parametrize("text", UNDATED)
def test_what_no_clock_showed_is_undated_everywhere(text: str) -> None:
    assert times.moment(text) is None
    assert times.instant(text) == 0
    assert times.later(text, "2026-01-01") == "2026-01-01"
    assert times.later("2026-01-01", text) == "2026-01-01"


@given(ANY_TIME)
def test_a_moment_and_its_seconds_agree(text: str) -> None:
    found = times.moment(text)
    assert times.instant(text) == (found.timestamp() if found else 0)
    assert found is None or found.utcoffset() is not None
    assert 0 <= times.instant(text) < FAR_FUTURE


@given(CENTURIES)
def test_seconds_come_back_as_the_same_time(at: datetime) -> None:
    whole = at.replace(microsecond=0)
    seconds = times.instant(whole.isoformat())
    assert times.instant(times.iso(seconds)) == seconds
    assert times.iso(seconds, UTC) == whole.astimezone(UTC).isoformat()


def test_seconds_that_stand_for_none_are_no_text() -> None:
    assert times.iso(0) == ""


@given(ANY_TIME, ANY_TIME)
def test_the_later_of_two_is_not_before_either(first: str, second: str) -> None:
    found = times.later(first, second)
    assert found in {first, second}
    assert times.instant(found) == max(times.instant(first), times.instant(second))


@given(ANY_TIME)
@example("9999-12-31T23:59:59")
def test_an_offset_changes_no_time_and_is_given_once(text: str) -> None:
    given_one = times.with_offset(text)
    assert times.instant(given_one) == times.instant(text)
    assert times.with_offset(given_one) == given_one


@pytest.mark.parametrize(("digits", "seconds"), [("12", 12), ("", 0), ("-5", 0), ("9" * 12, 0), (str(FAR_FUTURE), 0)])
def test_seconds_of_a_commit_are_judged_by_the_same_rule(digits: str, seconds: int) -> None:
    assert times.second(digits) == seconds


@given(st.dates())
def test_a_day_begins_where_the_one_before_it_is_past(day: date) -> None:
    assert times.bound(day.isoformat()) <= times.bound(day.isoformat(), after=True)
    if date(1970, 1, 2) < day < date(2999, 1, 1):
        assert times.bound((day - timedelta(days=1)).isoformat(), after=True) == times.bound(day.isoformat())


@given(CENTURIES)
def test_past_a_time_is_just_behind_it(at: datetime) -> None:
    assert times.bound(at.isoformat()) == at.timestamp()
    assert 0 <= times.bound(at.isoformat(), after=True) - at.timestamp() < 1e-4


def test_the_first_and_the_last_day_of_all_leave_nothing_out() -> None:
    assert times.bound("0001-01-01") < 0
    assert times.bound("9999-12-31", after=True) > FAR_FUTURE
    assert times.bound("0001-01-01T00:00:00+14:00") < 0


def test_beyond_what_a_clock_can_show_lies_infinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert times.bound("0001-01-01") == -math.inf
        assert times.bound("9999-12-31T23:00") == math.inf
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-01-01T25:00"])
def test_what_is_neither_day_nor_time_bounds_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.bound(text)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process is fixed there")
@pytest.mark.parametrize(
    ("zone", "shown"), [("UTC", "2026-02-28 23:00"), ("Asia/Tokyo", "2026-03-01 08:00"), ("UTC+12", "2026-02-28 11:00")]
)
def test_the_day_that_is_shown_is_the_one_that_a_filter_means(
    zone: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        written = "2026-03-01T08:00:00+09:00"
        assert times.on_the_wall(written) == shown
        assert times.bound(shown[:10]) <= times.instant(written) < times.bound(shown[:10], after=True)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T08:00", "2026-03-01 08:00"),
        ("once upon a time there", "once upon a time"),
    ],
)
def test_what_is_no_moment_is_shown_as_it_is(written: str, shown: str) -> None:
    assert times.on_the_wall(written) == shown
