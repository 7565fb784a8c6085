"""A clock that can be put wrong: everything that asks Python for the time gets it with an offset."""

import datetime  # noqa: ICN001 - the module itself is changed
import time
from collections.abc import Callable

_time, _time_ns = time.time, time.time_ns
_localtime, _gmtime, _strftime = time.localtime, time.gmtime, time.strftime
_Real = datetime.datetime
_offset: Callable[[], float] = float


class _Datetime(_Real):
    """The class that modules imported after `install` know as `datetime`."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Datetime":
        return cls.fromtimestamp(shifted(), tz)

    @classmethod
    def today(cls) -> "_Datetime":
        return cls.fromtimestamp(shifted())


def shifted() -> float:
    """Return the time as the program is to see it."""
    return _time() + _offset()


def install() -> None:
    """Replace the clocks of `time` and `datetime`; to be called before the program is imported."""
    patches: dict[str, object] = {
        "time": shifted,
        "time_ns": lambda: _time_ns() + int(_offset() * 1e9),
        "localtime": lambda seconds=None: _localtime(shifted() if seconds is None else seconds),
        "gmtime": lambda seconds=None: _gmtime(shifted() if seconds is None else seconds),
        "strftime": lambda form, when=None: _strftime(form, _localtime(shifted()) if when is None else when),
    }
    for name, patch in patches.items():
        setattr(time, name, patch)
    setattr(datetime, "datetime", _Datetime)  # noqa: B010 - a type checker forbids the plain form


def follow(offset: Callable[[], float]) -> None:
    """Take the offset in seconds from `offset` from now on."""
    global _offset  # noqa: PLW0603 - one clock a process
    _offset = offset
