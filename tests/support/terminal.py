"""Running the real `ocm` on a terminal of a given size."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.builders import script

if sys.platform != "win32":
    import fcntl
    import pty
    import termios

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_SECONDS = 60


@dataclass
class Seen:
    """What came to the terminal, and how the command ended."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        return self.text.rstrip("\n").split("\n")


def on_terminal(  # noqa: PLR0913 - each is one thing that differs between terminals
    folder: Path,
    *words: str,
    columns: int = 80,
    rows: int = 1000,
    typed: bytes = b"",
    interrupt: float = 0,
    environment: dict[str, str] | None = None,
    program: str = "",
) -> Seen:
    """Run `ocm WORDS` on a terminal; `typed` goes in once it is quiet, ^C after `interrupt` seconds of output."""
    process, descriptor = pty.fork()
    if not process:  # pragma: no cover - the child
        os.chdir(folder)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"COLUMNS", "LINES", "PAGER", "NO_COLOR", "LESS"}
        }
        os.execve(  # noqa: S606 - the program under test
            program or script("ocm"),
            [program or "ocm", *words],
            {**kept, "TERM": "xterm-256color", **(environment or {})},
        )
    raw = _read(descriptor, process, typed, interrupt)
    os.close(descriptor)
    return Seen(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), raw.decode("utf-8", "replace"))


def _read(descriptor: int, process: int, typed: bytes, interrupt: float) -> bytes:
    found, until = b"", time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if not select.select([descriptor], [], [], interrupt or 0.5)[0]:
            if interrupt and found:
                os.write(descriptor, b"\x03")
                interrupt = 0
            elif typed and found:
                os.write(descriptor, typed)
                typed = b""
            continue
        try:
            data = os.read(descriptor, 65_536)
        except OSError:
            return found
        if not data:
            return found
        found += data
    os.kill(process, signal.SIGKILL)
    raise AssertionError(f"it did not end: {found[-2000:]!r}")
