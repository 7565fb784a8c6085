"""Times as text and as epoch seconds, by one rule: what is no time, or none that a clock showed, is 0."""

from datetime import datetime

from ocm.base.limits import FAR_FUTURE
from ocm.base.text import whole_number


def later(first: str, second: str) -> str:
    """Return the later of two instants as they were written; one that cannot be read loses."""
    return second if instant(second) >= instant(first) else first


def instant(text: str) -> float:
    """Return the epoch seconds of an ISO time; one without an offset is local, one of no time near is 0."""
    try:
        found = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return found if found < FAR_FUTURE else 0.0


def iso(at: float) -> str:
    """Return epoch seconds as an ISO time of this zone, empty for 0, which stands for none."""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds") if at else ""


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
