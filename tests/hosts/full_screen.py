"""Runs the real Claude Code in its full screen, in a pseudo-terminal: it is typed into, and its screen is read."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .claude import API_KEY, QUIET, Claude, Run
from .scripted_api import Lane, Script, ScriptedApi, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.platform != "win32":
    import fcntl
    import pty
    import termios

ENTER, UP, DOWN, SHIFT_TAB, END = "\r", "\x1b[A", "\x1b[B", "\x1b[Z", "\x03"
TIME_LIMIT = 40
_ESCAPES = re.compile(r"\x1b\[[0-9;?<>=]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b.")


@dataclass
class Screen:
    """What a pseudo-terminal was given to show, letters without the space between them, and the way to type into it."""

    descriptor: int
    shown: str = ""
    seen: int = 0
    raw: bytes = field(default=b"", repr=False)

    def read(self) -> None:
        """Keep what comes, until the other end is closed."""
        with suppress(OSError):
            while data := os.read(self.descriptor, 65_536):
                self.raw += data
                self.shown = re.sub(r"\s+", "", _ESCAPES.sub("", self.raw.decode("utf-8", "replace")))

    def wait(self, words: str) -> None:
        """Wait until some words are shown that were not waited for before."""
        wanted, until = re.sub(r"\s+", "", words), time.monotonic() + TIME_LIMIT
        while wanted not in self.shown[self.seen :]:
            assert time.monotonic() < until, f"{words!r} was not shown: {self.shown[-3000:]}"
            time.sleep(0.05)
        self.seen = self.shown.index(wanted, self.seen) + len(wanted)

    def press_until(self, key: str, words: str) -> None:
        """Press a key that goes round a few modes, each time that the screen has come to rest, until one is shown."""
        wanted = re.sub(r"\s+", "", words)
        for _ in range(8):
            self.type(key)
            at_rest = ""
            while at_rest != self.shown:
                at_rest = self.shown
                time.sleep(1)
            if wanted in self.shown[self.seen :]:
                return
            self.seen = len(self.shown)
        raise AssertionError(f"{words!r} was not shown: {self.shown[-3000:]}")

    def type(self, *keys: str) -> None:
        """Type, a key or a text at a time, no faster than a person does."""
        for key in keys:
            time.sleep(0.3)
            os.write(self.descriptor, key.encode())


def play(claude: Claude, script: Script, act: Callable[[Screen], None], *options: str) -> Run:
    """Run the client with this script for the main conversation, while `act` sits in front of its screen."""
    model = ScriptedModel([Lane(script)])
    with claude.network.run(ScriptedApi, model) as api:
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        process = claude.network.run(start, claude, api.url, its, options)
        os.close(its)
        screen = Screen(ours)
        reader = threading.Thread(target=screen.read, daemon=True)
        reader.start()
        try:
            act(screen)
            process.wait(TIME_LIMIT)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            reader.join(5)
            os.close(ours)
    run = Run(process.returncode, [], model.exchanges, screen.shown)
    claude.runs.append(run)
    for failure in model.failures:
        raise failure
    return run


def start(claude: Claude, url: str, terminal: int, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start the client as a person who has used it before in other projects."""
    known = {"approved": [API_KEY[-20:]], "rejected": []}
    settings = {"hasCompletedOnboarding": True, "theme": "dark", "customApiKeyResponses": known}
    (claude.home / ".claude.json").write_text(json.dumps(settings), encoding="utf-8")
    shown = {"TERM": "xterm-256color", "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": url}
    return subprocess.Popen(
        [claude.binary, *options],
        cwd=claude.project,
        env=claude.environment() | QUIET | shown,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
