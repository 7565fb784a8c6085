"""Rebuilding the caches of a store and of its archive, where something must not be left on any page of the old ones."""

import contextlib
import os

from ocm.sessions import archive
from ocm.store.paths import Store


def rebuild(store: Store) -> None:
    """Rebuild the caches in new files, and remove the damaged one that was kept: an old page may hold deleted text."""
    from ocm.index import sync

    for place, _ in archive.places(store):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.database + ".damaged")
        sync.rebuild(place)
