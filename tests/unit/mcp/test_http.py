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

from ocm.base.errors import OcmError
from ocm.mcp import http as door
from tests.support.builders import Project, script

TOKEN = "0123456789abcdef-x"  # noqa: S105 - of this test alone
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip


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
