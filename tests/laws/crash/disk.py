"""The disk after a power cut: what was never synced may be gone, and of names that moved the old ones may be back.

The weakest promise of POSIX is taken: `fsync` of a file keeps its content, `fsync` of a folder keeps its names, nothing
else keeps anything. Within one folder names change in order, as every journaling file system has it.
"""

import json
import os
import random
from dataclasses import dataclass, field

CACHE = "memory.db"


@dataclass
class _File:
    """A file apart from its names: its content now, and what of it is safe."""

    live: bytes = b""
    safe: bytes = b""


_Change = tuple[str, _File | None]


@dataclass
class Disk:
    """The store as it is and as it would be after a power cut; fed with the log of what processes did."""

    root: str
    log: str
    names: dict[str, _File] = field(default_factory=dict)
    safe: dict[str, _File] = field(default_factory=dict)
    inodes: dict[int, _File] = field(default_factory=dict)
    pending: dict[str, list[list[_Change]]] = field(default_factory=dict)
    _read: int = 0

    def sync(self) -> None:
        """Take the store as it lies there for safe, as the system makes it after half a minute."""
        self.follow()
        self.names, self.inodes, self.pending = {}, {}, {}
        for folder, _, files in os.walk(self.root):
            for name in files:
                if not name.startswith(CACHE):
                    self._adopt(os.path.join(folder, name))
        self.safe = dict(self.names)

    def _adopt(self, path: str) -> None:
        with open(path, "rb") as file:
            data = file.read()
            self.names[path] = self.inodes[os.fstat(file.fileno()).st_ino] = _File(data, data)

    def follow(self) -> None:
        """Take in what the log says since the last look."""
        with open(self.log, encoding="utf-8") as file:
            file.seek(self._read)
            for line in file:
                verb, *rest = json.loads(line)
                getattr(self, f"_on_{verb}")(*rest)
            self._read = file.tell()

    # --- events, by their names in the log

    def _on_create(self, path: str, inode: int) -> None:
        if not os.path.basename(path).startswith(CACHE):
            self.inodes[inode] = file = _File()
            self._change([(path, file)])

    def _on_truncate(self, inode: int, size: int) -> None:
        if inode in self.inodes:
            self.inodes[inode].live = self.inodes[inode].live[:size]

    def _on_write(self, inode: int, offset: int, data: str) -> None:
        if inode in self.inodes:
            live = self.inodes[inode].live
            added = data.encode("latin-1")
            self.inodes[inode].live = live[:offset].ljust(offset, b"\0") + added + live[offset + len(added) :]

    def _on_fsync(self, path: str, inode: int) -> None:
        if inode in self.inodes:
            self.inodes[inode].safe = self.inodes[inode].live
        for changes in self.pending.pop(path, []):  # where it is a folder
            _apply(self.safe, changes)

    def _on_move(self, source: str, target: str) -> None:
        if source in self.names:
            self._change([(source, None), (target, self.names[source])])

    def _on_link(self, source: str, target: str) -> None:
        if source in self.names:
            self._change([(target, self.names[source])])

    def _on_unlink(self, path: str) -> None:
        if path in self.names:
            self._change([(path, None)])

    def _change(self, changes: list[_Change]) -> None:
        """Note changes of names that come about together."""
        self.pending.setdefault(os.path.dirname(changes[0][0]), []).append(changes)
        _apply(self.names, changes)

    # --- the cut

    def remains(self, chooser: random.Random) -> dict[str, bytes]:
        """Return what a power cut now may leave, each file by its path: the least that is promised, or any more."""
        self.follow()
        is_worst = chooser.random() < 0.25
        names = dict(self.safe)
        for changes in self.pending.values():
            kept = 0 if is_worst else chooser.choice((0, len(changes), chooser.randint(0, len(changes))))
            for change in changes[:kept]:
                _apply(names, change)
        return {path: self._content(file, is_worst=is_worst, chooser=chooser) for path, file in names.items()}

    def cut(self, contents: dict[str, bytes], chooser: random.Random) -> None:
        """Put on the real disk what is left; the cache is there, or is not, or is broken."""
        self._replace(contents)
        self._break_cache(chooser)
        self.sync()

    @staticmethod
    def _content(file: _File, *, is_worst: bool, chooser: random.Random) -> bytes:
        if is_worst or file.live == file.safe:
            return file.safe
        start = len(file.safe) if file.live.startswith(file.safe) else 0
        return chooser.choice((file.safe, file.live, file.live[: chooser.randint(start, len(file.live))]))

    def _replace(self, contents: dict[str, bytes]) -> None:
        for folder, _, files in os.walk(self.root):
            for name in files:
                if not name.startswith(CACHE):
                    os.unlink(os.path.join(folder, name))
        for path, data in contents.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
            os.chmod(path, 0o600)

    def _break_cache(self, chooser: random.Random) -> None:
        path = os.path.join(self.root, CACHE)
        if not os.path.exists(path):
            return
        fate = chooser.choice(("stays", "gone", "short", "zeros"))
        if fate == "gone":
            os.unlink(path)
        elif fate == "short":
            os.truncate(path, os.path.getsize(path) // 2)
        elif fate == "zeros":
            with open(path, "r+b") as file:
                file.seek(os.path.getsize(path) // 2)
                file.write(bytes(4096))


def _apply(names: dict[str, _File], changes: list[_Change]) -> None:
    for path, file in changes:
        if file:
            names[path] = file
        else:
            names.pop(path, None)
