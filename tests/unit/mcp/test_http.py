"""The server over HTTP serves this machine, this user, and no browser."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from ocm.base.errors import OcmError
from ocm.mcp import http as door
from ocm.mcp import patience
from tests.support.builders import Project, script

TOKEN = "0123456789abcdef-x"  # noqa: S105 - of this test alone
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip


def test_two_servers_never_share_a_port_wherever_the_system_would_let_them(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    for name, reused in (("posix", True), ("nt", False)):
        with monkeypatch.context() as there:
            there.setattr("ocm.mcp.http.os.name", name)
            with door._listening(port) as listener:
                assert bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)) is reused
                with pytest.raises(OcmError, match="cannot be listened on"):
                    door._listening(port)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def server(project: Project) -> Iterator[int]:
    """Start the real server and return its port."""
    port = free_port()
    env = {**os.environ, "OCM_HTTP_TOKEN": TOKEN}
    command = [script("ocm"), "serve", "--transport", "http", "--port", str(port)]
    with subprocess.Popen(command, cwd=project.root, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", port), 0.2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def ask(port: int, /, **headers: str | None) -> tuple[int, str]:
    """Send the first message of a client, with other headers where they are given, and return status and answer."""
    sent: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port}", "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }  # fmt: skip
    sent.update({name.title(): value for name, value in headers.items()})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/mcp", skip_host=True)
    body = json.dumps(INITIALIZE).encode()
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_only_this_host_no_foreign_page_and_the_token(server: int) -> None:
    status, text = ask(server)
    assert status == 200
    assert "opencodememory" in text
    assert ask(server, host=f"localhost:{server}")[0] == 200
    assert ask(server, origin=f"http://localhost:{server}")[0] == 200
    for wrong in (
        f"evil.example:{server}",
        "evil.example",
        f"127.0.0.1:{server + 1}",
        f"127.0.0.1.evil.example:{server}",
        "",
        None,
    ):
        assert ask(server, host=wrong)[0] in {400, 421}
    for wrong in (
        "https://evil.example",
        "null",
        "http://localhost",
        f"https://localhost:{server}",
        f"http://localhost:{server}.evil.example",
    ):
        assert ask(server, origin=wrong)[0] == 403
    for wrong in (
        None,
        "",
        "Bearer",
        "Bearer ",
        f"bearer {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer ÿ",
    ):
        assert ask(server, authorization=wrong)[0] == 401


def test_no_other_address_is_listened_on(server: int) -> None:
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("only Linux lists them in a file")
    rows = [line.split() for line in listening.read_text(encoding="ascii").splitlines()[1:]]
    addresses = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{server:04X}")]
    assert addresses == [f"0100007F:{server:04X}"]


def scope(**parts: Any) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:1"), (b"authorization", f"Bearer {TOKEN}".encode())]
    return {"type": "http", "client": ("127.0.0.1", 5), "headers": headers, **parts}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, 0), ({"client": ("10.0.0.9", 5)}, 403), ({"client": None}, 403), ({"client": ("::1", 5)}, 0),
        ({"headers": [*scope()["headers"], (b"host", b"127.0.0.1:1")]}, 421),
        ({"headers": [*scope()["headers"], (b"Authorization", b"Bearer x")]}, 401),
    ],
)  # fmt: skip
def test_what_the_door_lets_through(parts: dict[str, Any], expected: int) -> None:
    async def app(*_: Any) -> None:
        """Never called."""

    assert door.Door(app, 1, TOKEN)._refusal(scope(**parts))[0] == expected


def test_the_token_is_made_once_and_is_its_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home"))
    made = door.token()
    assert len(made) >= 43
    assert door.token() == made
    path = tmp_path / "home" / door.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(OcmError, match="read by others"):
        door.token()


@pytest.mark.parametrize("value", ["short", "with space in it 123", "ünïcödé-0123456789", "tab\t0123456789abcdef"])
def test_a_token_that_could_not_be_sent_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_HTTP_TOKEN", value)
    with pytest.raises(OcmError, match="token"):
        door.token()


def served(port: int, project: Project) -> subprocess.CompletedProcess[str]:
    words = [script("ocm"), "serve", "--transport", "http", "--port", str(port)]
    env = {**os.environ, "OCM_HTTP_TOKEN": TOKEN}
    return subprocess.run(words, cwd=project.root, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("port", [0, -1, 65536, 70000])
def test_a_port_that_is_none_is_refused_in_one_line(port: int, project: Project) -> None:
    done = served(port, project)
    assert done.returncode == 2
    assert "Listening" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named_and_nothing_says_that_it_listens(server: int, project: Project) -> None:
    done = served(server, project)
    assert done.returncode == 1
    assert f"Port {server} of 127.0.0.1 cannot be listened on" in done.stderr
    assert "Listening" not in done.stderr


class Clock:
    """A loop that only knows the time and what is to be called later."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Any]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Any) -> Clock:
        self.later.append((self.now + delay, call))
        return self

    def cancel(self) -> None:
        self.later.clear()

    def go(self, to: float) -> None:
        self.now = to
        due, self.later = [call for when, call in self.later if when <= to], [x for x in self.later if x[0] > to]
        for call in due:
            call()


class Wire:
    """A connection that can only be closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Cycle:
    """A request that is being answered."""

    response_complete = False


def test_a_connection_without_a_whole_request_is_closed_and_one_that_waits_for_its_answer_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("connection_made", "connection_lost", "on_response_complete"):
        monkeypatch.setattr(H11Protocol, name, lambda *_: None)
    clock: Any = Clock()
    wire: Any = Wire()
    one: Any = patience.Impatient.__new__(patience.Impatient)
    one.loop, one.transport, one.cycle = clock, wire, None
    one.connection_made(wire)
    one.cycle = Cycle()
    clock.go(10.0)
    assert not wire.closed
    clock.now = 15.0
    one.cycle.response_complete = True
    one.on_response_complete()
    clock.go(20.0)
    assert not wire.closed
    clock.go(25.0)
    assert wire.closed
    one.connection_made(wire)
    one.connection_lost(None)
    assert clock.later == []


def test_half_open_connections_are_closed(server: int) -> None:
    held = [socket.create_connection(("127.0.0.1", server), 30) for _ in range(20)]
    for one in held:
        one.sendall(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    for one in held:
        one.settimeout(30)
        assert one.recv(1) == b""
        one.close()
    assert ask(server)[0] == 200
