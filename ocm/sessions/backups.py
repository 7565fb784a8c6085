"""Backups: before many session files are rewritten, all of them go into one file that `ocm import` can read."""

import contextlib
import os
import time

from ocm.sessions import export_format
from ocm.store import files, paths
from ocm.store.paths import Store

FOLDER = paths.COPIES
KEPT = 3


def create(store: Store, why: str, *, owner: str = "") -> str:
    """Copy every session of the store into a file of `copies`, durably, and return its path; the oldest ones go."""
    folder = os.path.join(store.path, FOLDER)
    files.make_inner_dir(folder)
    path = os.path.join(folder, f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{time.time_ns() % 1_000_000_000:09d}-{why}.json")
    export_format.write(path, store, export_format.collect(store)[0], owner=owner)
    for old in list_paths(store)[:-KEPT]:
        remove(old)
    return path


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
