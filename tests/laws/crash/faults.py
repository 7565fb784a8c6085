"""What runs inside a process that is to die: it counts what that does to files, and kills or stops it where told.

Standard library only, and loaded before the program, which finds these functions in place of those of `os`. A point is
the moment before or after such a call, or in the middle of a write; the numbers of two runs of the same work agree.
"""

import builtins
import io
import json
import mmap
import os
import signal
import sqlite3
import struct
from collections.abc import Callable
from typing import Any

from tests.laws.crash import clock

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, where nothing here runs
    fcntl = None  # type: ignore[assignment]

SIZE = 4096
_NUMBERS = struct.Struct("<QQQd")
_LABEL = _NUMBERS.size
_WRITING = os.O_CREAT | os.O_WRONLY | os.O_RDWR
_WRITING_SQL = (
    "BEGIN",
    "INSERT",
    "DELETE",
    "UPDATE",
    "CREATE",
    "DROP",
    "COMMIT",
    "REPLACE",
    "VACUUM",
    "ALTER",
    "ROLLBACK",
)


class Slots:
    """Memory that outlives the process: how far it came, where it is to die or to stop, and by how much its clock is wrong."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def reset(self, kill_at: int = 0, pause_at: int = 0, offset: float = 0.0) -> None:
        self._memory[:_LABEL] = _NUMBERS.pack(0, kill_at, pause_at, offset)
        self._memory[_LABEL:SIZE] = bytes(SIZE - _LABEL)

    def numbers(self) -> tuple[int, int, int, float]:
        """Return the points passed, the one to die at, the one to stop at (0: none), and the clock's offset."""
        count, kill_at, pause_at, offset = _NUMBERS.unpack(self._memory[:_LABEL])
        return count, kill_at, pause_at, offset

    def kill_at(self, point: int) -> None:
        """Let the process die at the `point`th point from now on."""
        count, _, pause_at, offset = self.numbers()
        self._memory[:_LABEL] = _NUMBERS.pack(count, count + point if point else 0, pause_at, offset)

    def shift(self, offset: float) -> None:
        """Put the clock wrong by `offset` seconds."""
        self._memory[:_LABEL] = _NUMBERS.pack(*self.numbers()[:3], offset)

    def advance(self) -> int:
        count, kill_at, pause_at, offset = self.numbers()
        self._memory[:_LABEL] = _NUMBERS.pack(count + 1, kill_at, pause_at, offset)
        return count + 1

    @property
    def label(self) -> str:
        """Where the process died, empty when it did not die at a point."""
        return self._memory[_LABEL:SIZE].rstrip(b"\0").decode()

    @label.setter
    def label(self, text: str) -> None:
        data = text.encode()[: SIZE - _LABEL]
        self._memory[_LABEL : _LABEL + len(data)] = data


class Layer:
    """The functions that stand in for those of `os`, `fcntl`, `open` and `sqlite3`, for targets inside `root`."""

    def __init__(self, slots: Slots, root: str, *, lifeline: int = -1, log: int = -1) -> None:
        self.slots = slots
        self.root = os.path.realpath(root)
        self.lifeline = lifeline
        self.log = log
        self.paths: dict[int, str] = {1: "stdout"}
        self._folders: dict[str, str] = {}
        self.real: dict[str, Callable[..., Any]] = {}

    # --- points

    def point(self, what: str, target: str, when: str) -> None:
        """Pass one point; die or stop here when it is the one."""
        count = self.slots.advance()
        _, kill_at, pause_at, _ = self.slots.numbers()
        if count == kill_at:
            self.slots.label = f"{when} {what} {target}"
            os.kill(os.getpid(), signal.SIGKILL)
        if count == pause_at:
            self.real["write"](self.lifeline, b"p")
            os.kill(os.getpid(), signal.SIGSTOP)

    def target(self, path: object) -> str:
        """Return what kind of thing `path` is, empty when it lies outside the store."""
        if isinstance(path, int):
            path = self.paths.get(path, "")
        if path == "stdout":
            return "stdout"
        if not isinstance(path, str | bytes | os.PathLike):
            return ""
        whole = self.whole(os.fsdecode(path))
        if whole == self.root:
            return "the store"
        return _kind(os.path.relpath(whole, self.root)) if whole.startswith(self.root + os.sep) else ""

    def whole(self, path: str) -> str:
        """Return `path` from the root of the file system, the links of its folder resolved."""
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)

    def note(self, *event: object) -> None:
        """Log what was done, for the disk that a power cut leaves."""
        if self.log >= 0:
            self.real["write"](self.log, json.dumps(event).encode() + b"\n")

    # --- the functions

    def open(self, path: Any, flags: int, mode: int = 0o777, **rest: Any) -> int:
        target = self.target(path) if "dir_fd" not in rest else ""
        counts = target and flags & _WRITING
        is_new = counts and not os.path.lexists(path)
        if counts:
            self.point("open", target, "before")
        descriptor = int(self.real["open"](path, flags, mode, **rest))
        if target:
            self.paths[descriptor] = os.fsdecode(path)
        if counts:
            inode = os.fstat(descriptor).st_ino
            if is_new:
                self.note("create", os.path.realpath(path), inode)
            if flags & os.O_TRUNC:
                self.note("truncate", inode, 0)
            self.point("open", target, "after")
        return descriptor

    def close(self, descriptor: int) -> None:
        self.paths.pop(descriptor, None)
        self.real["close"](descriptor)

    def write(self, descriptor: int, data: Any) -> int:
        target = self.target(descriptor)
        if not target:
            return int(self.real["write"](descriptor, data))
        self.point("write", target, "before")
        half = len(data) // 2
        count, kill_at, _, _ = self.slots.numbers()
        if count + 1 == kill_at and half:
            self._write(descriptor, bytes(data)[:half])
        self.point("write", target, "in the middle of")
        written = self._write(descriptor, bytes(data))
        self.point("write", target, "after")
        return written

    def _write(self, descriptor: int, data: bytes) -> int:
        written = int(self.real["write"](descriptor, data))
        if self.log >= 0 and descriptor != 1:
            found = os.fstat(descriptor)
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            self.note("write", found.st_ino, end - written, data[:written].decode("latin-1"))
        return written

    def fsync(self, descriptor: int) -> None:
        target = self.target(descriptor)
        if not target:
            self.real["fsync"](descriptor)
            return
        self.point("fsync", target, "before")
        self.real["fsync"](descriptor)
        self.note("fsync", os.path.realpath(self.paths[descriptor]), os.fstat(descriptor).st_ino)
        self.point("fsync", target, "after")

    def moving(self, name: str) -> Callable[..., Any]:
        """Return the stand-in of a function that takes a path, or two."""

        def stand_in(path: Any, *args: Any, **rest: Any) -> Any:
            target = self.target(path) if "dir_fd" not in rest else ""
            if not target:
                return self.real[name](path, *args, **rest)
            self.point(name, target, "before")
            result = self.real[name](path, *args, **rest)
            if name in {"rename", "replace", "unlink", "remove", "link"}:
                verb = "link" if name == "link" else "move" if args else "unlink"
                self.note(verb, self.whole(path), *(self.whole(target) for target in args))
            self.point(name, target, "after")
            return result

        return stand_in

    def flock(self, descriptor: Any, operation: int) -> None:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        target = self.target(number)
        if target:
            self.point("flock", target, "before")
        self.real["flock"](descriptor, operation)
        if target:
            self.point("flock", target, "after")

    def open_file(self, file: Any, mode: str = "r", *args: Any, **rest: Any) -> Any:
        """Stand in for `open`: what is written goes through `os.write`, where it is seen."""
        if not set(mode) & set("wax+") or not self.target(file) or "opener" in rest:
            return self.real["open_file"](file, mode, *args, **rest)
        closefd = rest.pop("closefd", True)
        descriptor = file if isinstance(file, int) else os.open(file, _flags(mode), 0o666)
        raw = _Raw(descriptor, mode.replace("b", "").replace("t", ""), closefd=closefd)
        if args[:1] == (0,) or rest.get("buffering") == 0:
            return raw
        buffer: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffer
        rest.pop("buffering", None)
        return io.TextIOWrapper(buffer, **rest)

    def connect(self, database: Any, *args: Any, **rest: Any) -> Any:
        """Stand in for `sqlite3.connect`: every writing statement on the cache has its points."""
        if "memory.db" in str(database) and len(args) <= 4:
            rest.setdefault("factory", _connection_class(self))
        return self.real["connect"](database, *args, **rest)

    # --- putting them in place

    def install(self) -> None:
        """Put every stand-in in its place; there is no way back, the process is to die."""
        clock.follow(lambda: self.slots.numbers()[3])
        stand_ins = {"open": self.open, "close": self.close, "write": self.write, "fsync": self.fsync}
        moving = (
            "rename",
            "replace",
            "link",
            "symlink",
            "unlink",
            "remove",
            "mkdir",
            "rmdir",
            "chmod",
            "truncate",
            "utime",
        )
        stand_ins.update({name: self.moving(name) for name in moving})
        for name, stand_in in stand_ins.items():
            replacement: Any = stand_in
            self.real[name] = real = getattr(os, name)
            setattr(os, name, stand_in)
            for abilities in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
                if real in abilities:
                    abilities.add(replacement)
        self.real["flock"], self.real["open_file"], self.real["connect"] = fcntl.flock, builtins.open, sqlite3.connect
        for module, name, stand_in in (
            (fcntl, "flock", self.flock),
            (builtins, "open", self.open_file),
            (io, "open", self.open_file),
            (sqlite3, "connect", self.connect),
        ):
            setattr(module, name, stand_in)


class _Raw(io.FileIO):
    def write(self, data: Any) -> int:
        return os.write(self.fileno(), bytes(data))


def _connection_class(layer: Layer) -> type[sqlite3.Connection]:
    def counted(name: str) -> Callable[..., Any]:
        def run(self: sqlite3.Connection, sql: str, *args: Any) -> Any:
            method = getattr(super(Connection, self), name)
            verb = sql.split(None, 1)[0].upper().rstrip(";") if sql.strip() else ""
            if verb not in _WRITING_SQL:
                return method(sql, *args)
            layer.point(f"sql {verb}", "the cache", "before")
            result = method(sql, *args)
            layer.point(f"sql {verb}", "the cache", "after")
            return result

        return run

    class Connection(sqlite3.Connection):
        execute = counted("execute")
        executemany = counted("executemany")
        executescript = counted("executescript")

    return Connection


def _flags(mode: str) -> int:
    if "a" in mode:
        return os.O_CREAT | os.O_APPEND | (os.O_RDWR if "+" in mode else os.O_WRONLY)
    if "x" in mode:
        return os.O_CREAT | os.O_EXCL | os.O_WRONLY
    if "w" in mode:
        return os.O_CREAT | os.O_TRUNC | (os.O_RDWR if "+" in mode else os.O_WRONLY)
    return os.O_RDWR


def _kind(path: str) -> str:
    """Return what a path inside the store is, by its name."""
    folder, name = os.path.split(path)
    prefixes = {
        ".ocm-tmp-": "a temporary",
        "active_": "the active journal",
        "taken_": "a taken journal",
        "session_": "the session's lock",
        "names.lock": "the lock of names",
        "memory.db": "the cache",
        "hook.log": "the log",
        "sessions": "the folder",
        "journal.": "rejected lines",
    }
    found = next((kind for prefix, kind in prefixes.items() if name.startswith(prefix)), "")
    if found:
        return found
    return "a session file" if folder == "sessions" else f"{name.split('.')[-1]} file"


def from_environment() -> None:
    """Install what the environment asks for: the face for real executables, through `sitecustomize`."""
    text = os.environ.get("OCM_CRASH")
    if not text:
        return
    wanted = json.loads(text)
    descriptor = os.open(wanted["slots"], os.O_RDWR)
    slots = Slots(mmap.mmap(descriptor, SIZE))
    os.close(descriptor)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_APPEND) if wanted["log"] else -1
    clock.install()
    Layer(slots, wanted["root"], log=log).install()
