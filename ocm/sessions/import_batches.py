"""What each import did to session files, so that it can be taken back: `imports/<batch>.jsonl` in a store.

A row is written before the file that it tells of: the session, what its file said before, and a hash of what it says
then. Taking a batch back puts back what was before, but for files that say something else by now.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ocm.base.errors import NotFoundError, UnreadableSessionError
from ocm.sessions import archive, session_files
from ocm.store import files, paths
from ocm.store.paths import Store

FOLDER = "imports"
_SUFFIX = ".jsonl"
_MAX_BYTES = 2 * 1024**3


class Row(NamedTuple):
    """What a batch did to one session: its file before (None: there was none), and a hash of what it wrote."""

    session_id: str
    before: str | None
    after: str
    source: str = ""

    def line(self) -> bytes:
        """Return the line of the batch's file."""
        row = {"session": self.session_id, "before": self.before, "after": self.after, "source": self.source}
        return json.dumps(row).encode() + b"\n"


@dataclass(slots=True)
class Undone:
    """What became of a batch that was taken back: sessions removed, sessions put back, and those that were changed."""

    removed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def digest(text: str) -> str:
    """Return the hash by which a file is known again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def append(store: Store, batch: str, rows: list[Row]) -> None:
    """Add rows to a batch, durably."""
    folder = os.path.join(store.path, FOLDER)
    is_new = not os.path.isdir(folder)
    files.make_inner_dir(folder)
    path = _path(store, batch)
    is_new = is_new or not os.path.exists(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | paths.NO_FOLLOW | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600)
    with open(descriptor, "ab") as file:
        file.writelines(row.line() for row in rows)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        files.sync_folder(folder)
        files.sync_folder(store.path)


def names(store: Store) -> list[str]:
    """Return the batches of a store, oldest first."""
    folder = os.path.join(store.path, FOLDER)
    if os.path.islink(folder):
        return []
    with contextlib.suppress(OSError):
        return sorted(name.removesuffix(_SUFFIX) for name in os.listdir(folder) if name.endswith(_SUFFIX))
    return []


def rows(store: Store, batch: str) -> list[Row]:
    """Return what a batch did; a line that is torn or no row tells of nothing that was done.

    Raises:
        NotFoundError: there is no such batch.
    """
    if batch not in names(store):
        raise NotFoundError(f"There is no import {batch[:80]!r}.", "See: ocm import --list")
    data = paths.read_regular(_path(store, batch), _MAX_BYTES)
    return list(_parsed(data))


def undo(store: Store, batch: str) -> Undone:
    """Take a batch back, newest first; what was changed since stays, and stays in the batch.

    Raises:
        NotFoundError: there is no such batch.
    """
    done = Undone()
    left: list[Row] = []
    for row in reversed(rows(store, batch)):
        with files.locked(session_files.lock_path(store, row.session_id)):
            if not _undo_one(store, row, done):
                left.append(row)
    done.kept = list(dict.fromkeys(row.session_id for row in left))
    _rewrite(store, batch, left[::-1])
    return done


def forget(store: Store, session_id: str, owner: str) -> None:
    """Take a session out of every batch: what its file said before stands there."""
    for batch in names(store):
        found = rows(store, batch)
        kept = [row for row in found if row.session_id != session_id]
        if len(kept) < len(found):
            _rewrite(store, batch, kept, owner)


def _undo_one(store: Store, row: Row, done: Undone) -> bool:
    """Take back what was done to one session; False where its file says something else by now."""
    for place, _ in archive.places(store):
        name = session_files.locate(place, row.session_id, [])
        if not name:
            continue
        try:
            now = session_files.text(place, name)
        except (OSError, UnreadableSessionError):
            return False
        if digest(now) != row.after:
            return now == row.before
        if row.before is None:
            session_files.remove(place, [name])
            done.removed.append(row.session_id)
        else:
            session_files.put(place, name, row.before, row.session_id)
            done.restored.append(row.session_id)
        return True
    return True


def _rewrite(store: Store, batch: str, left: list[Row], owner: str = "") -> None:
    if left:
        files.atomic_write(_path(store, batch), b"".join(row.line() for row in left), owner=owner)
        return
    os.unlink(_path(store, batch))
    folder = os.path.join(store.path, FOLDER)
    files.sync_folder(folder)
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _parsed(data: bytes) -> Iterator[Row]:
    for line in data.split(b"\n"):
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(line or b"null")
            if isinstance(found, dict):
                values = [found.get(name) for name in ("session", "before", "after", "source")]
                if all(isinstance(value, str) for value in (values[0], values[2], values[3], values[1] or "")):
                    yield Row(*values)  # type: ignore[arg-type]  # checked just above


def _path(store: Store, batch: str) -> str:
    return os.path.join(store.path, FOLDER, batch + _SUFFIX)
