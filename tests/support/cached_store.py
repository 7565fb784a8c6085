"""Asking a store through its cache, as the tests of the index do."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from ocm.index import access
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.session_store import put, session

DAY = "2026-03-03T14:32:10+00:00"
SETTLED = 0.06  # seconds after which a time stamp tells every change


def listed(store: Store, **options: Any) -> list[str]:
    """Return the ids of the sessions in a list."""
    return [row.session_id for row in access.read(store, lambda cache: cache.sessions(**options))]


def found(store: Store, query: str) -> list[str]:
    """Return the ids of the sessions that a search finds."""
    return [hit["session_id"] for hit in search.search(store, query)]


def find(store: Store, identifier: str) -> list[str]:
    """Return the files that an identifier can mean."""
    return [row.file for row in access.read(store, lambda cache: cache.find(identifier))]


def unreadable(store: Store) -> list[tuple[str, str]]:
    """Return the files that cannot be read, each with the reason."""
    return access.read(store, lambda cache: cache.unreadable())


def execute(store: Store, *statements: str) -> list[Any]:
    """Run statements on the cache itself."""
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as db:
        return [db.execute(statement).fetchall() for statement in statements]


def three(store: Store) -> None:
    """Put three sessions into a store."""
    for day, name in enumerate(("alpha", "beta", "gamma"), 1):
        put(store, f"{name}.md", session(f"id-{name}", day, title=f"The {name} work", goal=f"{name} goal", slug=name))


def junk(path: str) -> None:
    """Overwrite a file by what is no database."""
    Path(path).write_bytes(b"junk\n" * 100)
