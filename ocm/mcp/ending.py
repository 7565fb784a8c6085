"""How the server over stdio ends: at once when it is told to, and when its host is gone, whoever still holds the pipe.

A checkpoint that is cut off by that is finished by the next one, as after any crash.
"""

import os
import select
import signal
import sys
import threading
import time
from types import FrameType

_EVERY = 2.0  # seconds between two looks at whether the host is still there
_PROC = "/proc"
_MOST = 64  # ancestors


def at_once() -> None:
    """Let SIGINT and SIGTERM end the process: the thread that waits for the next line would hold it up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def with_parent(wire: int, back: int) -> None:
    """End the process when its parent has gone and nobody can talk to it any more.

    Args:
        wire: The descriptor that the host writes to.
        back: The descriptor that it reads from.
    """
    host = Host(wire, back)
    threading.Thread(target=_watch, args=[host], daemon=True, name="parent").start()


class Host:
    """Who started this process: its parent, and those that this had, of whom one may hold the other end."""

    def __init__(self, wire: int, back: int) -> None:
        """Note who that is now."""
        self._parent = os.getppid()
        self._ancestors = ancestors(self._parent)
        self._pipe = _pipe_of(f"{_PROC}/self/fd/{wire}")
        self._back = back

    def is_gone(self) -> bool:
        """Return whether the parent has gone, and none of those before it holds the other end of the pipe."""
        if os.getppid() == self._parent:
            return False
        return has_no_reader(self._back) or not any(_holds(pid, self._pipe) for pid in self._ancestors)


def ancestors(pid: int) -> list[int]:
    """Return a process and its parents, as far as the system says."""
    found: list[int] = []
    while pid > 1 and len(found) < _MOST:
        found.append(pid)
        try:
            with open(f"{_PROC}/{pid}/stat", encoding="utf-8", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found


def has_no_reader(descriptor: int) -> bool:
    """Return whether what is written to a pipe would reach nobody."""
    if not hasattr(select, "poll"):  # pragma: no cover - Windows
        return False
    asked = select.poll()
    asked.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLNVAL) for _, event in asked.poll(0))


def _holds(pid: int, pipe: str) -> bool:
    """Return whether a process has the pipe open; where nobody can say, one that is alive may have."""
    folder = f"{_PROC}/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return not os.path.isdir(_PROC) and _is_alive(pid)
    return bool(pipe) and any(_pipe_of(f"{folder}/{name}") == pipe for name in names)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _pipe_of(path: str) -> str:
    """Return the name that the system gives to what is open there, so that two ends of a pipe have the same."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _watch(host: Host) -> None:
    while not host.is_gone():
        time.sleep(_EVERY)
    os._exit(0)


def _end(number: int, _frame: FrameType | None) -> None:
    sys.stderr.flush()
    os._exit(128 + number)
