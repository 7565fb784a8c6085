"""Safety copies of session files, in files that `ocm import` reads: before many are rewritten, or one is by hand.

A change by hand has a note of what it wrote beside what was there before, so that it can be taken back; and whatever
is forgotten or redacted goes from it as from every other copy.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from typing import NamedTuple

from ocm.base.errors import OcmError
from ocm.sessions import export_format
from ocm.sessions.export_format import Bundle, Entry
from ocm.store import files, journal, paths, tracked
from ocm.store.paths import Store

FOLDER = paths.COPIES
BY_HAND = "by-hand"
KEPT = 3
_DRAFT = "edit-"
_KEPT_OF = {BY_HAND: 20}


class Wrote(NamedTuple):
    """What a change by hand did to one file: by what its text is known again, empty where it took the file away."""

    session_id: str
    file: str
    after: str


def create(store: Store, why: str, *, owner: str = "") -> str:
    """Copy every session of the store into a file of `copies`, durably, and return its path; the oldest ones go."""
    return keep(store, why, export_format.collect(store)[0], owner=owner)


def keep(
    store: Store, why: str, entries: list[Entry], *, change: dict[str, object] | None = None, owner: str = ""
) -> str:
    """Copy some session files likewise; with the note of a `change` by hand, that is what they said before it."""
    folder = os.path.join(store.path, FOLDER)
    files.make_inner_dir(folder)
    path = os.path.join(folder, f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{time.time_ns() % 1_000_000_000:09d}-{why}.json")
    export_format.write(path, store, entries, owner=owner, change=change)
    for old in _of_kind(list_paths(store), why)[: -_KEPT_OF.get(why, KEPT)]:
        remove(old)
    return path


def _of_kind(found: Iterable[str], why: str) -> list[str]:
    return [path for path in found if path.endswith(f"-{why}.json")]


def changes(store: Store) -> list[tuple[str, Bundle]]:
    """Return the changes by hand, the latest first; none that came with a checkout, and none that cannot be read."""
    found: list[tuple[str, Bundle]] = []
    came = tracked.names(store.path)
    for path in _of_kind(list_paths(store), BY_HAND):
        with contextlib.suppress(OcmError, OSError):
            if not tracked.holds(came, f"{FOLDER}/{os.path.basename(path)}"):
                found.append((path, export_format.read(path)))
    return sorted((one for one in found if wrote(one[1])), key=lambda one: (_at(one[1]), one[0]), reverse=True)


def _at(bundle: Bundle) -> int:
    at = (bundle.change or {}).get("at")
    return at if isinstance(at, int) else 0


def wrote(bundle: Bundle) -> list[Wrote]:
    """Return what a change by hand did; nothing of what is no such note."""
    rows = (bundle.change or {}).get("wrote")
    told = (row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict))
    found = ([row.get(name) for name in Wrote._fields] for row in told)
    return [Wrote(*map(str, values)) for values in found if all(isinstance(value, str) for value in values)]


def changed(bundle: Bundle) -> set[str]:
    """Return the sessions that a change by hand is about."""
    return {one.session_id for one in wrote(bundle)}


def draft(store: Store, session_id: str, text: str) -> str:
    """Put a copy of a session there for a person to edit, and return its path."""
    folder = os.path.join(store.path, FOLDER)
    files.make_inner_dir(folder)
    path = os.path.join(folder, f"{_DRAFT}{journal.key(session_id)}-{time.time_ns()}.md")
    files.atomic_write(path, text.encode(), new=True)
    return path


def drafts(store: Store, session_id: str) -> list[str]:
    """Return the copies of a session that somebody edits, or that were refused and kept."""
    folder = os.path.join(store.path, FOLDER)
    prefix = f"{_DRAFT}{journal.key(session_id)}-"
    names = [] if os.path.islink(folder) or not os.path.isdir(folder) else os.listdir(folder)
    return sorted(os.path.join(folder, name) for name in names if name.startswith(prefix))


def list_paths(store: Store) -> list[str]:
    """Return the backups there are, oldest first; none where a link would lead to other files of the user."""
    folder = os.path.join(store.path, FOLDER)
    if os.path.islink(folder):
        return []
    try:
        with os.scandir(folder) as entries:
            regular = [entry.path for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(path for path in regular if path.endswith(".json"))


def remove(path: str) -> None:
    """Remove a backup that is no longer needed, durably, and the folder with the last one."""
    folder = os.path.dirname(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        files.sync_folder(folder)  # it may hold what was to go
    with contextlib.suppress(OSError):
        os.rmdir(folder)
