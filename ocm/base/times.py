"""Times as text and as epoch seconds, by one rule: what is no time, or none of these centuries, is undated, which is 0.

These centuries reach from 1970 to the year 3000: whoever names another time did not read it from a clock.
"""

import math
from datetime import date, datetime, timedelta, tzinfo

from ocm.base.limits import FAR_FUTURE
from ocm.base.text import whole_number

_TO_THE_MINUTE = len("2026-03-31T14:00")


def moment(text: str) -> datetime | None:
    """Return an ISO time with its offset, which is the local one where it names none; None when it is undated."""
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.astimezone()
        return found if 0 < found.timestamp() < FAR_FUTURE else None
    except (ValueError, OverflowError, OSError):
        return None


def instant(text: str) -> float:
    """Return the epoch seconds of an ISO time, 0 when it is undated."""
    found = moment(text)
    return found.timestamp() if found else 0.0


def later(first: str, second: str) -> str:
    """Return the later of two ISO times as they were written; one that is undated loses."""
    return second if instant(second) >= instant(first) else first


def iso(at: float, zone: tzinfo | None = None) -> str:
    """Return epoch seconds as an ISO time of a zone, by default the local one; empty when they are undated."""
    is_dated = 0 < at < FAR_FUTURE
    return datetime.fromtimestamp(at).astimezone(zone).isoformat(timespec="seconds") if is_dated else ""


def on_the_wall(text: str) -> str:
    """Return day and minute of an ISO time as the clock on the wall here has them: the day that a filter means.

    What is undated, or names no offset, stays as it was written.
    """
    found = moment(text) if len(text) > _TO_THE_MINUTE else None
    return f"{found.astimezone():%Y-%m-%d %H:%M}" if found else text[:_TO_THE_MINUTE].replace("T", " ")


def with_offset(text: str) -> str:
    """Return an ISO time with its offset; what is no time stays as it is."""
    try:
        found = datetime.fromisoformat(text)
        return text if found.tzinfo else found.astimezone().isoformat()
    except (ValueError, OverflowError, OSError):
        return text


def second(text: str) -> int:
    """Return the epoch seconds that digits say, 0 for what is no time of these centuries: anyone can date a commit."""
    found = whole_number(text) or 0
    return found if found < FAR_FUTURE else 0


def bound(text: str, *, after: bool = False) -> float:
    """Return the day or time that a filter names as epoch seconds, or with `after` the first moment that is past it.

    A day is one of the local calendar; before the first and after the last that a clock can show lies infinity.

    Raises:
        ValueError: it is neither a day nor a time.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _seconds(datetime.fromisoformat(text)) + (1e-6 if after else 0.0)
    if after:
        day = day + timedelta(days=1) if day < date.max else day
    return _seconds(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - the calendar on the wall


def _seconds(at: datetime) -> float:
    try:
        return at.timestamp()
    except (ValueError, OverflowError, OSError):
        return -math.inf if at.year < 1970 else math.inf  # noqa: PLR2004 - where epoch seconds begin
