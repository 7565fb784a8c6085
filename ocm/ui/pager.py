"""Showing lines to a person: at once where they fit on the screen, else through `$PAGER` or `less`."""

import contextlib
import os
import shlex
import subprocess
import sys

from ocm.ui import output
from ocm.ui.terminal import Line, Screen

_USUAL = "less -FRX"


def show(screen: Screen, lines: list[Line]) -> None:
    """Print lines that were laid out for `screen`."""
    texts = [screen.text(line) for line in lines]
    if len(texts) < screen.height or not _paged("\n".join(texts) + "\n"):
        for text in texts:
            output.write(text)


def _paged(text: str) -> bool:
    """Let the pager show a text; False when there is none, and nothing was shown."""
    command = _command()
    if not command or not sys.stdin.isatty():
        return False
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.flush()
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - what the user named
    except OSError:
        return False
    if process.stdin:  # pragma: no branch - it was asked for
        with contextlib.suppress(OSError, KeyboardInterrupt):  # who has seen enough leaves early
            process.stdin.write(output.shown(text).encode(encoding, "backslashreplace"))
            process.stdin.flush()
        with contextlib.suppress(OSError):
            process.stdin.close()
    _wait(process)
    return True


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the pager, which takes ^C for itself."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            process.wait()
            return


def _command() -> list[str]:
    named = os.environ.get("PAGER", _USUAL)
    try:
        words = shlex.split(named, posix=os.name != "nt")
    except ValueError:
        return []
    return [] if words[:1] == ["cat"] else words
