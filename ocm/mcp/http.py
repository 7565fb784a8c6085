"""The door of the server over HTTP, opened only when its user asks for it: this machine alone, no browser, a token.

Whatever else runs here, another user or a page in a browser, can reach a port on loopback. So every request must name
this host, come from no other origin, and hold the token, which only its user can read.
"""

import hmac
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from ocm.base.errors import OcmError
from ocm.store import files, paths

HOST = "127.0.0.1"
NAME = "http.token"
VARIABLE = "OCM_HTTP_TOKEN"
_SHORTEST = 16
_BACKLOG = 128
_LOOPBACK = ("127.0.0.1", "::1")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """Lets requests through to an application that come from here, for here, and with the token."""

    def __init__(self, app: App, port: int, token: str) -> None:
        """Guard `app`, which listens on `port`."""
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost", "[::1]")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 4xx at the door, or let the application answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        status, why = self._refusal(scope) if scope["type"] == "http" else (403, "only HTTP is spoken here")
        if status:
            await _refuse(send, status, why)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        client = scope.get("client")
        if not client or client[0] not in _LOOPBACK:
            return 403, "only this machine is served"
        if _only(headers, b"host") not in self._hosts:
            return 421, "the Host header names another host"
        if _only(headers, b"origin") not in {None, *self._origins}:
            return 403, "the Origin header names another origin"
        given = (_only(headers, b"authorization") or "").encode("latin-1")
        if not hmac.compare_digest(given, b"Bearer " + self._token):
            return 401, f"the token is missing or wrong; it is in {NAME} of the user's store"
        return 0, ""


def serve(app: App, port: int, say: Callable[[str], None]) -> None:
    """Serve `app` on loopback until it is stopped; `say` takes one line on how to reach it, once that is so.

    Raises:
        OcmError: the token cannot be used, or the port is taken.
    """
    import uvicorn

    from ocm.mcp.patience import Impatient

    value = token()
    where = VARIABLE if os.environ.get(VARIABLE) else _path()
    door = Door(app, port, value)
    with _listening(port) as listener:
        say(f"Listening on http://{HOST}:{port}/mcp; the bearer token is in {where}.")
        settings = uvicorn.Config(door, http=Impatient, log_level="warning", access_log=False)
        uvicorn.Server(settings).run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on loopback.

    Raises:
        OcmError: another program listens there, or this user may not.
    """
    listener = socket.socket()
    try:
        if os.name != "nt":  # elsewhere it would let two listen there
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise OcmError(
            f"Port {port} of {HOST} cannot be listened on: {error.strerror}.", "Choose another with --port."
        ) from None
    return listener


def token() -> str:
    """Return the token that requests must hold: the environment's, else the one that is kept in the user store.

    Raises:
        OcmError: it is too short, or others can read it.
    """
    value = os.environ.get(VARIABLE) or _kept()
    if len(value) < _SHORTEST or not value.isascii() or not value.isprintable() or " " in value:
        raise OcmError(
            f"The token must be at least {_SHORTEST} characters without spaces.", f"Set {VARIABLE} to a longer one."
        )
    return value


def _kept() -> str:
    path = _path()
    data = files.read_bytes(path)
    if data is None:
        files.make_private_dir(os.path.dirname(path))
        data = secrets.token_urlsafe(32).encode()
        files.atomic_write(path, data + b"\n")
    elif os.name != "nt" and os.stat(path).st_mode & 0o077:
        raise OcmError(f"{path} can be read by others.", "Delete that file; a new one is made.")
    return data.decode("utf-8", "replace").strip()


def _path() -> str:
    return os.path.join(paths.own_store(), NAME)


def _only(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return the value of a header, None without one; two of it are none that could be right."""
    values = [value.decode("latin-1") for key, value in headers if key.lower() == name]
    return values[0] if len(values) == 1 else "" if values else None


async def _refuse(send: Send, status: int, why: str) -> None:
    body = f"{why}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    if status == 401:  # noqa: PLR2004 - what the answer to a missing token must say
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
