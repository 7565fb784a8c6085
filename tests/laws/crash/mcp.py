"""One MCP server that lives as long as its world, or until it is killed in the middle of a call."""

import contextlib
import json
import mmap
import os
import select
import signal
import tempfile
from dataclasses import dataclass
from typing import IO, Any

from tests.laws.crash import process
from tests.laws.crash.faults import SIZE, Slots
from tests.laws.crash.process import PATIENCE, Place, Wish

_PROTOCOL = "2025-06-18"


@dataclass
class Server:
    """A server that was started: what it is asked goes into `asked`, what it answers comes out of `said`."""

    pid: int
    slots: Slots
    asked: int
    said: IO[bytes]
    errors: IO[bytes]
    last: int = 0

    def checkpoint(self, given: dict[str, Any], wish: Wish) -> Any:
        """Send a checkpoint; returns the tool's result, None when the server died of it."""
        self.slots.shift(wish.offset)
        self.slots.kill_at(wish.kill_at)
        return self._request("tools/call", {"name": "ocm__checkpoint", "arguments": given})

    def greet(self) -> None:
        """Say who is there, as every client does first."""
        client = {"name": "claude-code", "version": "1"}
        self._request("initialize", {"protocolVersion": _PROTOCOL, "capabilities": {}, "clientInfo": client})
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def close(self) -> int:
        """Hang up; returns the exit code."""
        os.close(self.asked)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.said.close()
        self.errors.close()
        return code

    def kill(self) -> None:
        """Let it die where it stands."""
        os.kill(self.pid, signal.SIGKILL)
        self.close()

    def _request(self, method: str, parameters: dict[str, Any]) -> Any:
        self.last += 1
        with contextlib.suppress(BrokenPipeError):
            self._send({"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters})
        if not select.select([self.said], [], [], PATIENCE)[0]:
            raise TimeoutError(f"the server has not answered {method} for {PATIENCE:.0f} s")
        line = self.said.readline()
        return json.loads(line)["result"] if line.endswith(b"\n") else None

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self.asked, data) :]


def start(place: Place, wish: Wish) -> Server:
    """Start `ocm serve` in a fork and greet it."""
    slots = Slots(mmap.mmap(-1, SIZE))
    slots.reset(offset=wish.offset)
    theirs, asked = os.pipe()
    said, answers = os.pipe()
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as the server
    pid = os.fork()
    if pid == 0:
        os.close(asked)
        os.close(said)
        process.become(place, ["ocm", "serve"], (theirs, answers, errors.fileno()), wish, slots)
    os.close(theirs)
    os.close(answers)
    server = Server(pid, slots, asked, os.fdopen(said, "rb", buffering=0), errors)
    server.greet()
    return server
