"""What goes into `ocm-hook` and what comes out of it: payload, reply, reason on stderr, line in the log."""

import json
import os
import sys
import time

from ocm.store import config, paths

MAX_LOG = config.MAX_LOG
MAX_PAYLOAD = 1024 * 1024
MAX_ID = 500  # characters, as a checkpoint takes it
MAX_PATH = 4_096  # characters, more than any system opens
_PLAIN = 18  # the shortest token there is
_PIPE = 64 * 1024


def show_reason(reason: str) -> None:
    """Repeat a reason where a host may show it to its user; nobody has to be there."""
    try:
        os.write(2, reason.encode("utf-8", "backslashreplace") + b"\n")
    except OSError:
        return


def parse(arguments: list[str], tool: str) -> tuple[str, str, int | None]:
    """Return event, host (`tool` where none is named) and threshold of a command line; the rest is passed over."""
    name, threshold = arguments[0], None
    rest = iter(arguments[1:])
    for argument in rest:
        option, _, value = argument.partition("=")
        if option == "--tool":
            tool = value or next(rest, "")
        elif option == "--threshold":
            checked = config.check("gate.threshold", value or next(rest, ""))
            threshold = checked if isinstance(checked, int) else None
    return name, tool, threshold


def read_input() -> bytes:
    """Return what comes on stdin, at most a little over `MAX_PAYLOAD`; the rest is read so that the host can end."""
    chunks = []
    size = 0
    while chunk := os.read(0, _PIPE):  # which a pipe holds: room for more is made and given back at each read
        if size <= MAX_PAYLOAD:
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)


def read_payload(data: bytes) -> tuple[dict[str, object], str]:
    """Return the payload, and why it cannot be used, if so."""
    try:
        if len(data) > MAX_PAYLOAD:
            from ocm.hook import truncated_json

            return truncated_json.head(data), ""
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}, "the payload is not JSON"
    return (found, "") if isinstance(found, dict) else ({}, "the payload is not an object")


def clean(text: str) -> str:
    """Return a path or a reason as the journal and the log may have it: most are too plain to hold a secret."""
    if "=" not in text and "@" not in text and max(map(len, text.replace("\\", "/").split("/"))) < _PLAIN:
        return text
    from ocm.redaction import token_patterns

    if not token_patterns.may_need_redaction(text):
        return text
    from ocm.redaction import redact

    return redact.redact(text)[0]


def unusable(session_id: str) -> str:
    """Return why an id names no session, empty when it does: hooks and checkpoints take the same ones."""
    if not session_id:
        return "the payload names no session"
    odd = "\0" in session_id or "\r" in session_id or is_broken(session_id)
    if odd or len(session_id) > MAX_ID:
        return "the session id is too long, or holds what no id holds"
    return ""


def is_broken(value: object) -> bool:
    """Return whether a value contains a lone surrogate, which the server could not read: the call would not end."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def ident(text: str) -> str:
    """Return an id of the host's as the journal may have it; one that is too long to be one is left out."""
    return text if len(text) <= MAX_ID else ""


def path_of(text: str) -> str:
    """Return a path as the journal may have it; one that is too long for any file is left out."""
    return clean(text) if len(text) <= MAX_PATH else ""


def log(stores: list[paths.Store], arguments: list[str], why: str) -> None:
    """Add one line to the bounded log of the store; where there is none, there is nobody to tell."""
    if not stores:
        return
    path = os.path.join(stores[0].path, "hook.log")
    about = clean(f"{' '.join(arguments)[:100]}: {why[:500]}")
    line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {_shown(' '.join(about.split()))}\n"
    try:
        if os.path.lexists(path) and os.lstat(path).st_size > MAX_LOG:
            os.replace(path, path + ".old")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | paths.NO_FOLLOW, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError:
        pass  # a log that cannot be written must not break the host either


def _shown(text: str) -> str:
    """Return a text in which a sign that a terminal would obey, or not show, is written out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def leave(answer: bytes, code: int) -> None:
    """Print the answer and end at once: tearing the interpreter down takes a sixth of a hook's time."""
    try:
        while answer:
            answer = answer[os.write(1, answer) :]
    except OSError:
        pass  # the host has gone away
    if "coverage" not in sys.modules:
        os._exit(code)  # pragma: no cover - nothing could be measured any more
    if code:
        sys.exit(code)
