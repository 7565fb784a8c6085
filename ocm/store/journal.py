"""The journal of a session: one appended line an event, until a checkpoint has made it durable.

Invariants: a line is one write on an `O_APPEND` descriptor; a writer holds a shared lock and looks, once it has it,
whether the path still names its file; a take-over renames first and then waits for the writers with an exclusive lock.
So a line is either in the journal that was taken or in the one after it. Light, because every hook imports it.
"""

import json
import os
import stat
import sys
import time

from ocm.store import paths

if sys.platform != "win32":  # pragma: no branch - there, a rename waits until every writer has closed the file
    import fcntl

ACTIVE, TAKEN = "active_", "taken_"
REJECTED, LARGE = "journal.rejected", "journal.large_"
LOGS = ("hook.log", "hook.log.old", REJECTED, f"{REJECTED}.old")  # what else in a store may speak of a session
ORPHAN_SECONDS = 600  # without a line, and whoever comes by stores what the journal holds
FORGOTTEN_SECONDS = 7 * 86_400  # without a line, and a journal in which nothing happened is dropped
SERVER_MADE = "mcp-"  # how an id begins that a server made, because no hook told of the conversation
REPEAT_SECONDS = 10  # in which a second hook may tell of a call again
MAX_REJECTED = 256 * 1024
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
# What a session without a file need not have one for.
END = b'{"e":"end"'
_BOOKKEEPING = (
    b'{"e":"open"', b'{"e":"carry"', b'{"e":"ask"', b'{"e":"deny"', b'{"e":"release"', b'{"e":"stop"',
    b'{"e":"compact"', b'{"e":"remind"',
)  # fmt: skip
_RETRIES = 50
_HEAD = 16 * 1024 * 1024  # bytes of a journal that is too large to be read whole
_MAX_KEY = 100
_INSTANT_DIGITS = 20


def key(session_id: str) -> str:
    """Return the part of a file name that stands for `session_id`, whatever characters that has."""
    if _is_key(session_id):
        return session_id
    import hashlib

    return "x-" + hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_key(text: str) -> bool:
    return 1 <= len(text) <= _MAX_KEY and _SAFE.issuperset(text)


def active_path(store: str, session_id: str) -> str:
    """Return where hooks append the events of a session."""
    return os.path.join(store, f"{ACTIVE}{key(session_id)}.jsonl")


def event(kind: str, /, **fields: object) -> dict[str, object]:
    """Return a journal event of `kind` with the time now; fields that are None or empty are left out."""
    line: dict[str, object] = {"e": kind}
    if "m" in fields:
        line["m"] = fields.pop("m")
    line["t"] = round(time.time(), 6)
    line.update((name, value) for name, value in fields.items() if value not in (None, ""))
    return line


def append(
    store: str, session_id: str, events: list[dict[str, object]], header: dict[str, object] | None = None
) -> tuple[int, int]:
    """Append `events` in one write; a journal that is still empty, or whose last line is torn, gets `header` first.

    Returns how many bytes it had before, and has now.

    Raises:
        OSError: nothing, or a torn line that readers pass over, was written then.
    """
    path = active_path(store, session_id)
    descriptor = _open_locked(path)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and _last_byte(descriptor, size) != b"\n"
        lines = [header, *events] if header and (torn or not size) else events
        data = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        if torn:
            data = b"\n" + data  # a torn line must not swallow this one
        if os.write(descriptor, data) != len(data):
            raise OSError(28, "the disk is full", path)
        return size, size + len(data)
    finally:
        os.close(descriptor)


def is_new(store: str, session_id: str) -> bool:
    """Return whether the next event needs a header: it is the first, or what may have been the header is torn."""
    try:
        descriptor = os.open(active_path(store, session_id), os.O_RDONLY | paths.NO_FOLLOW)
    except OSError:
        return True
    try:
        size = os.fstat(descriptor).st_size
        return not size or _last_byte(descriptor, size) != b"\n"
    finally:
        os.close(descriptor)


def size(store: str, session_id: str) -> int:
    """Return how many bytes the journal has that hooks append to."""
    try:
        return os.stat(active_path(store, session_id)).st_size
    except OSError:
        return 0


def parse_line(line: bytes) -> dict[str, object] | None:
    """Return the event that `line` holds, or None when it is torn, not JSON or no event, whose kind is a text."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("e", ""), str) else None


def parse(data: bytes) -> tuple[list[dict[str, object]], list[bytes]]:
    """Return the events in `data`, a call that several hooks told of once, and the lines that are none."""
    events: list[dict[str, object]] = []
    rejected: list[bytes] = []
    known: dict[object, float] = {}
    for line in data.split(b"\n"):
        if line.strip():
            found = parse_line(line)
            if found is None:
                rejected.append(line)
            elif not is_repeated(found, known):
                events.append(found)
    return events, rejected


def is_repeated(event: dict[str, object], known: dict[object, float]) -> bool:
    """Return whether another hook told of the same call just before; `known` keeps when each was told of.

    A host that has ocm's hooks twice, from a plugin and from its settings, reports each call twice. Some hosts number
    the calls of a conversation that goes on from the first one again, so what comes later is another call.
    """
    kind, call, at = event.get("e"), event.get("id"), event.get("t")
    if kind not in ("call", "sub") or not isinstance(call, str) or not call:
        return False
    when = at if isinstance(at, int | float) else 0.0
    name = (call, *(str(event.get(field)) for field in ("tool", "path", "cmd")))
    if name in known and abs(when - known[name]) < REPEAT_SECONDS:
        return True
    known[name] = when
    return False


def has_work(data: bytes, ignoring: tuple[bytes, ...] = ()) -> bool:
    """Return whether `data` holds anything that a checkpoint would record, without lines that start with `ignoring`."""
    return any(line.strip() and not line.startswith(_BOOKKEEPING + ignoring) for line in data.split(b"\n"))


def every(store: str, session_id: str) -> list[tuple[str, bytes]]:
    """Return every journal of a session, oldest first, each with the id of its take-over; the active one has none."""
    journals = [(_take_id(path), _read(path)) for path in taken_paths(store, session_id)]
    return [*journals, ("", _read(active_path(store, session_id)))]


def read_events(store: str, session_id: str) -> list[dict[str, object]]:
    """Return every event of a session that no checkpoint has taken yet, oldest first."""
    paths = [*taken_paths(store, session_id), active_path(store, session_id)]
    return [found for path in paths for found in parse(_read(path))[0]]


def take_over(store: str, session_id: str) -> str | None:
    """Rename the active journal so that hooks start a new one, wait for writers in flight, and return its take-over id.

    The caller holds the session's lock. None when there is no active journal.
    """
    # Background than any that is still there, whatever the clock says: under its name this one would replace it.
    earlier = max((_instant_of(path) for path in taken_paths(store, session_id)), default=0)
    take = f"{max(time.time_ns(), earlier + 1):020d}-{os.getpid()}"
    taken = os.path.join(store, f"{TAKEN}{key(session_id)}.{take}.jsonl")
    if not _rename(active_path(store, session_id), taken):
        return None
    if sys.platform != "win32":  # pragma: no branch
        descriptor = os.open(taken, os.O_RDONLY | paths.NO_FOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)
    return take


def taken(store: str, session_id: str) -> list[tuple[str, bytes]]:
    """Return the journals that were taken over and not dropped, oldest first, each with the id of its take-over.

    One that is gone by now was dropped by another machine, to which the lock does not reach: the file holds it.

    Raises:
        OSError: one of them cannot be read; whoever went on as if it were empty would drop what it holds.
    """
    found = []
    for path in taken_paths(store, session_id):
        try:
            found.append((_take_id(path), _read_whole(path)))
        except FileNotFoundError:
            continue
    return found


def drop(store: str, session_id: str, take: str) -> str:
    """Remove a taken journal, once the session file that holds it is durable; another machine may have done it.

    Returns the name under which one is kept that was too large to be read to its end, else nothing.
    """
    path = os.path.join(store, f"{TAKEN}{key(session_id)}.{take}.jsonl")
    try:
        if is_too_large(path):
            kept = f"{LARGE}{key(session_id)}.{take}"
            os.replace(path, os.path.join(store, kept))
            return kept
        os.unlink(path)
    except FileNotFoundError:
        pass
    return ""


def keep_rejected(store: str, lines: list[bytes]) -> None:
    """Keep lines that are no events aside, once each, for a person to look at."""
    path = os.path.join(store, REJECTED)
    if os.path.exists(path) and os.path.getsize(path) > MAX_REJECTED:
        os.replace(path, path + ".old")
    known = set(_read(path).split(b"\n"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | paths.NO_FOLLOW, 0o600)
    try:
        os.write(descriptor, b"".join(line + b"\n" for line in lines if line not in known))
    finally:
        os.close(descriptor)


def taken_paths(store: str, session_id: str) -> list[str]:
    """Return the paths of the taken journals of a session, oldest first."""
    prefix = f"{TAKEN}{key(session_id)}."
    names = (name for name in _names(store) if name.startswith(prefix))
    return sorted(os.path.join(store, name) for name in names if _is_take(name[len(prefix) :]))


def session_keys(store: str) -> list[str]:
    """Return the key of every session that has a journal, active or taken."""
    return sorted({session for name in _own(store) if (session := _key_in(name))})


def _own(store: str) -> list[str]:
    """Return the names in the store without those that came with a checkout: a journal is never shared."""
    from ocm.store import tracked

    came = tracked.names(store)
    return [name for name in _names(store) if not came or not tracked.holds(came, name)]


def large_paths(store: str, session_id: str) -> list[str]:
    """Return the paths of what was too large of a session to be read to its end, and is kept."""
    prefix = f"{LARGE}{key(session_id)}."
    return [os.path.join(store, name) for name in _names(store) if name.startswith(prefix)]


def _key_in(name: str) -> str:
    """Return the key of the session whose journal a file of that name is, empty where it is none."""
    prefix = ACTIVE if name.startswith(ACTIVE) else TAKEN
    session, _, rest = name.removeprefix(prefix).partition(".")
    is_ours = name.startswith(prefix) and _is_key(session)
    return session if is_ours and (rest == "jsonl" if prefix == ACTIVE else _is_take(rest)) else ""


def _is_take(rest: str) -> bool:
    """Return whether a file name goes on as that of a taken journal does; a copy that an editor left does not."""
    return rest.endswith(".jsonl") and rest.removesuffix(".jsonl").replace("-", "").isdigit()


def orphans(store: str, older_than: float) -> list[str]:
    """Return the keys of sessions whose journals hold work and were not touched since the instant `older_than`."""
    return [name for name, paths_of in _untouched(store, older_than) if any(has_work(_read(path)) for path in paths_of)]


def idle(store: str, older_than: float) -> list[str]:
    """Return the keys of sessions whose journals hold no work and were not touched since the instant `older_than`."""
    return [
        name
        for name, paths_of in _untouched(store, older_than)
        if not any(has_work(_read(path), (END,)) for path in paths_of)
    ]


def _untouched(store: str, older_than: float) -> list[tuple[str, list[str]]]:
    """Return the key and the journals of each session that nothing touched since; the folder is listed once."""
    found: dict[str, list[str]] = {}
    for name in sorted(_own(store)):
        session = _key_in(name)
        if session:
            found.setdefault(session, []).append(os.path.join(store, name))
    return [(name, paths_of) for name, paths_of in found.items() if all(_mtime(path) < older_than for path in paths_of)]


def _open_locked(path: str) -> int:
    for _ in range(_RETRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | paths.NO_FOLLOW, 0o600)
        is_held = sys.platform == "win32"
        try:
            if sys.platform != "win32":  # pragma: no branch
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                is_held = os.path.samestat(os.stat(path), os.fstat(descriptor))
        except FileNotFoundError:
            pass  # taken over and dropped in between
        finally:
            if not is_held:
                os.close(descriptor)
        if is_held:
            return descriptor
    raise OSError(11, "the journal was taken over again and again", path)


def _rename(source: str, target: str) -> bool:
    for attempt in range(_RETRIES):
        try:
            os.rename(source, target)
        except FileNotFoundError:
            return False
        except PermissionError:  # Windows, while a hook has it open
            if os.name != "nt" or attempt == _RETRIES - 1:
                raise
            time.sleep(0.02)
        else:
            return True
    return False  # pragma: no cover - the last attempt raised


def _last_byte(descriptor: int, size: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, 1, size - 1)
    os.lseek(descriptor, size - 1, os.SEEK_SET)  # pragma: no cover - Windows; appending writes at the end all the same
    return os.read(descriptor, 1)  # pragma: no cover


def _take_id(path: str) -> str:
    return os.path.basename(path).removesuffix(".jsonl").rsplit(".", 1)[1]


def _instant_of(path: str) -> int:
    digits = _take_id(path).split("-", 1)[0]
    return int(digits) if digits.isdecimal() and len(digits) <= _INSTANT_DIGITS else 0


def _names(store: str) -> list[str]:
    try:
        return os.listdir(store)
    except OSError:
        return []


def _mtime(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _read(path: str) -> bytes:
    try:
        return _read_whole(path)
    except OSError:
        return b""


def _read_whole(path: str) -> bytes:
    """Return what a journal holds; of one that grew beyond all measure the lines at its beginning."""
    try:
        return paths.read_regular(path, paths.MAX_JOURNAL_FILE)
    except paths.UnfitFileError:
        if not is_too_large(path):
            raise
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    return head[: head.rfind(b"\n") + 1]


def is_too_large(path: str) -> bool:
    """Return whether a journal is a regular file larger than any that is read whole."""
    found = os.lstat(path)
    return stat.S_ISREG(found.st_mode) and found.st_size > paths.MAX_JOURNAL_FILE
