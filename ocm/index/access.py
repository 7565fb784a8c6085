"""Asking the cache: it is brought in step with the session files first, and what goes wrong with it costs no answer."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ocm.base.errors import OcmError
from ocm.base.notices import Notice, ignore
from ocm.index import checkpoint_queries, scan, schema, sync, writer
from ocm.index.queries import Index
from ocm.store import trust
from ocm.store.paths import SESSIONS, Store

if TYPE_CHECKING:
    from ocm.index.links import Commits

_T = TypeVar("_T")
_NAMED, _MAX_YOUNG = 3, 5


def read(
    store: Store,
    work: Callable[[Index], _T],
    *,
    notice: Notice = ignore,
    prepare: "Callable[[Commits], None] | None" = None,
) -> _T:
    """Return what `work` finds in the cache, which is brought in step with the session files first.

    Args:
        store: Whose sessions to read.
        work: What to do with the index. It sees one state of it, is called again when the cache turns out to be
            damaged, and should be short and write nothing to the store, because writers wait for it.
        notice: Takes one line when a damaged cache was moved aside, and one about session files that cannot be read.
        prepare: Brings the commits in step with git, for questions about links; no transaction is open meanwhile.

    Raises:
        OcmError: the folder of the session files cannot be read.
    """
    listing = scan.scan(store)
    trusted = True
    for _ in range(2):
        db = sync.synced(store, listing, notice)
        if db is None:
            break
        seen = schema.identity(store)
        try:
            if prepare:
                _prepare(db, store, prepare)
                db = sync.synced(store, listing, notice)  # what others changed meanwhile is seen, too
                if db is None:
                    break
            return _ask(db, store, listing, work, notice)
        except sqlite3.Error as error:
            trusted = not schema.is_damage(error)
            if trusted or not sync.move_aside(store, seen, error, notice):
                break
    try:
        copied = sync.in_memory(store, listing, trusted=trusted)
        if prepare:
            prepare(_commits(copied, None))
        return _ask(copied, store, listing, work, notice)
    except sqlite3.Error as error:
        raise OcmError(
            f"The session files cannot be searched: {error}.", "Rebuild the cache: ocm rebuild-index"
        ) from error


def _say_what_lies_below(store: Store, notice: Notice) -> None:
    """Name the session files that a person has put into a folder among them; only where somebody listens."""
    below = scan.below(store) if notice is not ignore else []
    if below:
        more = f" and {len(below) - _NAMED} more" if len(below) > _NAMED else ""
        named = os.fsencode(", ".join(below[:_NAMED])).decode("utf-8", "backslashreplace")
        notice(
            f"Not read, because they lie in a folder within {SESSIONS}/: {named}{more}. Move them up to have them read."
        )


def _say_what_came(store: Store, notice: Notice) -> None:
    """Say how many session files are left out because git tracks them; only where somebody listens."""
    came = trust.foreign(store.path) if notice is not ignore else ()
    many = sum(name.startswith(SESSIONS) for name in came)
    if many:
        notice(
            f"Left out, because git tracks them and a checkout can bring such files: {many} session files. "
            "If they are shared on purpose: ocm trust"
        )


def health(store: Store) -> str:
    """Return what is wrong with the cache as it is, changing nothing: `damaged`, `behind`, or empty for nothing."""
    try:
        db = schema.connect(store, wait=0)
        if db is None:
            return ""
        with contextlib.closing(db):
            plan = writer.plan(db, store, scan.scan(store))
    except (sqlite3.Error, OSError) as error:
        return "damaged" if isinstance(error, sqlite3.Error) and schema.is_damage(error) else ""
    return "behind" if plan.needs_rebuild or plan.is_behind else ""


def recent(store: Store, work: Callable[[Index], _T | None]) -> _T | None:
    """Return what `work` finds in the cache without looking at every file first; None when that might not be right.

    Nothing came or went since every file was known, and those too young for their time stamps are looked at; of the
    rest `work` has to check the ones that matter to it (`Index.is_current`).
    """
    with contextlib.suppress(sqlite3.Error, OSError):
        db = schema.connect(store, wait=sync.SHORT)
        if db is not None:
            with contextlib.closing(db):
                if checkpoint_queries.is_complete(db, store) and _are_settled(db, store):
                    db.execute("BEGIN")
                    return work(Index(db, store))
    return None


def _prepare(db: sqlite3.Connection, store: Store, prepare: "Callable[[Commits], None]") -> None:
    """Let the commits be brought in step, in transactions of their own."""
    with contextlib.closing(db):
        if db.in_transaction:
            db.execute("ROLLBACK")
        prepare(_commits(db, store))


def _commits(db: sqlite3.Connection, lock: Store | None) -> "Commits":
    from ocm.index.links import Commits

    return Commits(db, lock)


def _are_settled(db: sqlite3.Connection, store: Store) -> bool:
    sql = "SELECT file, racy FROM sessions WHERE racy IS NOT NULL LIMIT ?"
    young = schema.rows(db.execute(sql, (_MAX_YOUNG + 1,)), str, bytes)
    return len(young) <= _MAX_YOUNG and all(scan.look(store, name)[0] == racy for name, racy in young)


def _ask(
    db: sqlite3.Connection, store: Store, listing: scan.Listing, work: Callable[[Index], _T], notice: Notice
) -> _T:
    with contextlib.closing(db):
        if not db.in_transaction:
            db.execute("BEGIN")  # one state for all of the questions
        index = Index(db, store, listing.undecodable)
        found = work(index)
        unreadable = index.unreadable() if notice is not ignore else []
        shadowed = index.copies() if notice is not ignore else []
    _say_what_came(store, notice)
    _say_what_lies_below(store, notice)
    if shadowed:
        pairs = "; ".join(f"{copy} beside {file}" for _, copy, file in shadowed[:_NAMED])
        more = f" and {len(shadowed) - _NAMED} more" if len(shadowed) > _NAMED else ""
        notice(f"Sessions in several files, of which the one updated last counts: {pairs}{more}. See: ocm doctor")
    if unreadable:
        names = ", ".join(f"{file} ({why})" for file, why in unreadable[:_NAMED])
        more = f" and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
        notice(f"Not read, and left as they are: {names}{more}. Correct them in an editor.")
    return found
