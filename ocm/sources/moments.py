"""Times as other tools write them, as epoch seconds: ISO texts, and numbers in seconds or thousandths of them."""

from datetime import UTC, datetime

from ocm.base.limits import FAR_FUTURE

_UNITS = (1.0, 1e3, 1e6, 1e9)


def seconds(value: object) -> float:
    """Return a time in whatever unit as epoch seconds, 0 for what is none of these centuries."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return 0.0
    return next((value / unit for unit in _UNITS if value / unit < FAR_FUTURE / 4), 0.0)


def _of_text(value: str) -> float:
    if value.isascii() and value.isdigit() and 9 <= len(value) <= 19:  # noqa: PLR2004 - seconds to nanoseconds
        return seconds(int(value))
    try:
        found = datetime.fromisoformat(value)
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return at if 0 < at < FAR_FUTURE else 0.0
