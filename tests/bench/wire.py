"""Speaking to MCP servers without a library in between, so that what is timed is the server."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOL = "2025-06-18"
_STARTS_IN = 20.0
_ENDS_IN = 10.0
_KEPT_ALIVE = 2.0  # the server hangs up after five idle seconds


class Server(ABC):
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Count requests."""
        self.process = process
        self.requests = 0

    def request(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask, and return the result."""
        self.requests += 1
        message = {"jsonrpc": "2.0", "id": self.requests, "method": method, "params": parameters}
        answer = self.exchange(json.dumps(message).encode())
        if answer is None or "result" not in answer:
            raise RuntimeError(f"{method} was answered with {answer}")
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Call a tool, which must work."""
        result = self.request("tools/call", name=tool, arguments=arguments)
        if result.get("isError"):
            raise RuntimeError(f"{tool} was answered with {result}")
        return result

    def tools(self) -> list[dict[str, Any]]:
        """List the tools."""
        found: list[dict[str, Any]] = self.request("tools/list")["tools"]
        return found

    def open(self) -> None:
        """Introduce the client."""
        who = {"name": "claude-code", "version": "1.0"}
        self.request("initialize", protocolVersion=PROTOCOL, capabilities={}, clientInfo=who)
        self.exchange(b'{"jsonrpc":"2.0","method":"notifications/initialized"}', answered=False)

    def memory(self) -> float:
        """Return how much memory it had at most, in megabytes; 0 where the system does not say."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as lines:
                return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
        except OSError:
            return 0.0

    @abstractmethod
    def exchange(self, message: bytes, *, answered: bool = True) -> dict[str, Any] | None:
        """Send a message, and return the answer if there is one."""

    def close(self) -> None:
        """End the server."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        try:
            self.process.wait(_ENDS_IN if self.process.stdin else 0)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(_ENDS_IN)


class Stdio(Server):
    """A server on the pipes of its own process."""

    def __init__(self, words: list[str], cwd: Path, environment: dict[str, str]) -> None:
        """Start it."""
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        super().__init__(subprocess.Popen(words, cwd=cwd, env=environment, stdin=pipe, stdout=pipe, stderr=quiet))
        self.open()

    def exchange(self, message: bytes, *, answered: bool = True) -> dict[str, Any] | None:
        """Write one line; read lines until the answer comes."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the server has no pipes")
        stdin.write(message + b"\n")
        stdin.flush()
        while answered:
            line = stdout.readline()
            if not line:
                raise RuntimeError(f"the server ended with {self.process.wait()}")
            found: dict[str, Any] = json.loads(line)
            if found.get("id") == self.requests:
                return found
        return None


class Http(Server):
    """A server on a port of this machine."""

    def __init__(self, words: list[str], cwd: Path, environment: dict[str, str]) -> None:
        """Start it, and find the port in what it writes down."""
        quiet = subprocess.DEVNULL
        super().__init__(subprocess.Popen(words, cwd=cwd, env=environment, stdin=quiet, stdout=quiet, stderr=quiet))
        self.session = ""
        self.used = time.monotonic()
        self.connection = self._connect(cwd / ".openCodeMemory" / "server.json")
        self.open()

    def _connect(self, written: Path) -> http.client.HTTPConnection:
        end = time.monotonic() + _STARTS_IN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                port = json.loads(written.read_text(encoding="utf-8"))["port"]
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.connect()
            except (OSError, ValueError):
                time.sleep(0.002)
            else:
                return connection
        raise RuntimeError(f"the server does not start: {self.process.poll()}")

    def exchange(self, message: bytes, *, answered: bool = True) -> dict[str, Any] | None:
        """Post one message; the answer is an event in a stream."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.session:
            headers |= {"mcp-session-id": self.session, "mcp-protocol-version": PROTOCOL}
        if time.monotonic() - self.used > _KEPT_ALIVE:
            self.connection.close()
        self.connection.request("POST", "/mcp", message, headers)
        response = self.connection.getresponse()
        self.session = response.getheader("mcp-session-id") or self.session
        body = response.read()
        self.used = time.monotonic()
        data = next((line[6:] for line in body.split(b"\r\n") if line.startswith(b"data: ")), body)
        if not answered:
            return None
        found: dict[str, Any] = json.loads(data)
        return found
