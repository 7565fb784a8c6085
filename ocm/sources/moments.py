"""Times as other tools write them, as epoch seconds: ISO texts, and numbers in seconds or thousandths of them."""

from datetime import UTC, datetime, tzinfo

from ocm.base.limits import FAR_FUTURE

_UNITS = (1.0, 1e3, 1e6, 1e9)
_LARGEST = 1e20  # a whole number beyond what a float holds cannot even be divided


def seconds(value: object) -> float:
    """Return a time in whatever unit as epoch seconds, 0 for what is none of these centuries."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LARGEST:
        return 0.0
    return next((value / unit for unit in _UNITS if value / unit < FAR_FUTURE / 4), 0.0)


def local_seconds(value: str) -> float:
    """Return the same of a text that says what a clock on the wall showed."""
    return _of_text(value, None)


def _of_text(value: str, zone: tzinfo | None = UTC) -> float:
    if value.isascii() and value.isdigit() and 9 <= len(value) <= 19:  # noqa: PLR2004 - seconds to nanoseconds
        return seconds(int(value))
    try:
        found = datetime.fromisoformat(value)
        at = (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return at if 0 < at < FAR_FUTURE else 0.0
