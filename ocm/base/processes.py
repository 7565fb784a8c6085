"""Ending what was started, together with what that has started. Light to import, because a hook asks git."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

OWN_GROUP = os.name != "nt"  # what `start_new_session` is to be, so that `end` reaches all of it


def end(process: "Popen[bytes] | Popen[str]") -> None:
    """Kill a process and its children, such as a filter program or a wrapper's own, that hold its pipes open."""
    if not OWN_GROUP:  # pragma: no cover - Windows
        process.kill()
        return
    import contextlib
    import signal

    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
