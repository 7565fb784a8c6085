"""The cache `memory.db`: made from the session files in one direction, never trusted, and deleted without loss.

Invariants: every read compares the folder of session files with the cache first, so that no answer depends on what
the cache held before; a cache that is damaged, foreign or hostile is moved aside and made anew; a store that cannot be
written to is read through a copy in memory; a checkpoint never waits for any of this. All SQL is in this package.
"""

import contextlib
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from ocm.errors import OcmError
from ocm.index import records, schema, sync, writer
from ocm.index.lookup import edited_since, locate, refresh
from ocm.index.queries import CLOSE, OPEN, Filters, Index, SessionRow
from ocm.index.records import folder_stamp
from ocm.index.sync import Notice, Rebuilt, behind, rebuild, silent
from ocm.paths import Store

__all__ = [
    "CLOSE", "OPEN", "Filters", "Index", "Notice", "Rebuilt", "SessionRow", "behind", "edited_since", "folder_stamp",
    "health", "locate", "read", "rebuild", "refresh", "silent",
]  # fmt: skip
_T = TypeVar("_T")
_NAMED = 3


def read(store: Store, work: Callable[[Index], _T], *, notice: Notice = silent) -> _T:
    """Return what `work` finds in the cache, which is brought in step with the session files first.

    Args:
        store: Whose sessions to read.
        work: What to do with the index. It sees one state of it, is called again when the cache turns out to be
            damaged, and should be short and write nothing to the store, because writers wait for it.
        notice: Takes one line when a damaged cache was moved aside, and one about session files that cannot be read.

    Raises:
        OcmError: the folder of the session files cannot be read.
    """
    listing = records.scan(store)
    trusted = True
    for _ in range(2):
        db = sync.synced(store, listing, notice)
        if db is None:
            break
        seen = schema.identity(store)
        try:
            return _ask(db, store, listing, work, notice)
        except sqlite3.Error as error:
            trusted = not schema.is_damage(error)
            if trusted or not sync.move_aside(store, seen, error, notice):
                break
    try:
        return _ask(sync.in_memory(store, listing, trusted=trusted), store, listing, work, notice)
    except sqlite3.Error as error:
        raise OcmError(
            f"The session files cannot be searched: {error}.", "Make the cache anew: ocm rebuild-index"
        ) from error


def health(store: Store) -> str:
    """Return what is wrong with the cache as it is, changing nothing: `damaged`, `behind`, or empty for nothing."""
    try:
        db = schema.connect(store, wait=0)
        if db is None:
            return ""
        with contextlib.closing(db):
            plan = writer.plan(db, store, records.scan(store))
    except (sqlite3.Error, OSError) as error:
        return "damaged" if isinstance(error, sqlite3.Error) and schema.is_damage(error) else ""
    return "behind" if plan.whole or plan.is_behind else ""


def _ask(
    db: sqlite3.Connection, store: Store, listing: records.Listing, work: Callable[[Index], _T], notice: Notice
) -> _T:
    with contextlib.closing(db):
        if not db.in_transaction:
            db.execute("BEGIN")  # one state for all of the questions
        index = Index(db, store, listing.odd)
        found = work(index)
        unreadable = index.unreadable() if notice is not silent else []
    if unreadable:
        names = ", ".join(f"{file} ({why})" for file, why in unreadable[:_NAMED])
        more = f" and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
        notice(f"Not read, and left as they are: {names}{more}. Correct them in an editor.")
    return found
