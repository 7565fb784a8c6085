"""Tombstones: `forgotten` in a store holds a hash of each id that was forgotten, so that no import brings it back.

Hashes of ids and nothing else. A conversation that goes on by itself is no import: it begins anew.
"""

import hashlib
import os

from ocm.store import files, paths
from ocm.store.paths import Store

NAME = "forgotten"
_MAX_BYTES = 64 * 1024 * 1024


def add(store: Store, session_id: str, owner: str = "") -> None:
    """Note durably that a session was forgotten; `owner` as in `files.atomic_write`."""
    known = read(store)
    one = tombstone(session_id)
    if one not in known:
        data = "".join(f"{line}\n" for line in [*sorted(known), one]).encode()
        files.atomic_write(os.path.join(store.path, NAME), data, owner=owner)


def read(store: Store) -> set[str]:
    """Return the tombstones of a store."""
    try:
        data = paths.read_regular(os.path.join(store.path, NAME), _MAX_BYTES)
    except OSError:
        return set()
    return set(data.decode("ascii", "replace").split())


def tombstone(session_id: str) -> str:
    """Return what stands for a session that was forgotten."""
    return hashlib.sha256(session_id.encode("utf-8", "backslashreplace")).hexdigest()
