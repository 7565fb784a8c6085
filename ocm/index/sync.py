"""Bringing the cache in step with the session files: some rows, or all of it, beside and then over the old one."""

import contextlib
import gc
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ocm.base.errors import OcmError
from ocm.base.late_patterns import late
from ocm.base.notices import Notice, Progress, ignore
from ocm.base.text import one_line
from ocm.index import scan, schema, writer
from ocm.index.scan import Listing
from ocm.index.writer import Plan
from ocm.store.paths import Store

TROUBLE = (sqlite3.Error, OSError, OcmError)
_QUIETLY = 1.0  # seconds that a reader waits for a lock before it says so
_HELD = 60.0  # seconds in which nobody waits again for a lock that somebody else did not give up
_held: dict[str, float] = {}  # until when that is so of a store
SHORT = 0.2  # seconds that something waits which could as well be left to the next reader
_READERS = 10.0  # seconds that a new cache waits for those who read the old one
_BATCH = 200
_TURNS = 5  # after so many, in which others were quicker each time, an answer a moment old is good enough
_STALE = 3600
_TEMPORARY = late(r"memory\.db\.(\d{1,10})\.\w+\.tmp")


class Rebuilt(NamedTuple):
    """How many files a rebuild read, and those that it could not read, each with where and why."""

    read: int
    unreadable: list[tuple[str, str]]


_watchers: list[Callable[[], Progress]] = []


def watch(start: Callable[[], Progress]) -> None:
    """Report the progress of every rebuild of a cache to whoever waits for it; `start` begins one such report."""
    _watchers[:] = [start]


def synced(store: Store, listing: Listing, notice: Notice) -> sqlite3.Connection | None:
    """Return the cache in step with `listing`; None when that cannot be had, for whatever reason."""
    _sweep(store)
    if listing.left:
        _clear(store)
    wait = SHORT if time.monotonic() < _held.get(store.path, 0.0) else _QUIETLY
    for _ in range(3):
        seen = schema.identity(store)
        try:
            return _caught_up(store, listing, wait=wait) or _rebuilt(store, listing, notice)
        except sqlite3.Error as error:
            if schema.is_busy(error) and wait == _QUIETLY:
                notice("memory.db is in use by another program; if it stays so, the session files are read instead.")
                wait = schema.WAIT
            elif schema.is_busy(error):
                _held[store.path] = time.monotonic() + _HELD
                return None
            elif not schema.is_damage(error) or not move_aside(store, seen, error, notice):
                return None
        except (OSError, OcmError):
            return None
    return None


def behind(store: Store) -> int:
    """Return how many session files `read` would have to read first, to bring the cache in step.

    Raises:
        OcmError: the folder of the session files cannot be read.
    """
    listing = scan.scan(store)
    with contextlib.suppress(*TROUBLE):
        db = schema.connect(store)
        if db is not None:
            with contextlib.closing(db):
                plan = writer.plan(db, store, listing)
            return len(listing.stat_hashes) if plan.needs_rebuild else len(plan.changed)
    return len(listing.stat_hashes)


def in_memory(store: Store, listing: Listing, *, trusted: bool) -> sqlite3.Connection:
    """Return a cache in step with `listing` that no file holds; one that is `trusted` saves reading every session."""
    db = _copied(store, listing) if trusted else None
    if db is None:
        db = schema.create(":memory:")
        _fill(db, store, listing, None)
    return db


def _copied(store: Store, listing: Listing) -> sqlite3.Connection | None:
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.ExitStack() as stack:
        live = schema.connect(store, wait=SHORT)
        if live is None:
            return None
        with contextlib.closing(live):
            db = stack.enter_context(contextlib.closing(schema.memory()))
            live.backup(db, progress=_deadline(schema.WAIT))
        plan = writer.plan(db, store, listing)
        if not plan.needs_rebuild:
            _apply(None, db, store, plan)
            stack.pop_all()
            return db
    return None


def rebuild(store: Store, progress: Progress | None = None, *, notice: Notice = ignore) -> Rebuilt:
    """Rebuild the whole cache from the session files.

    Args:
        store: Whose cache.
        progress: Told how many files of how many are read.
        notice: Takes one line when a damaged cache was moved aside.

    Raises:
        OcmError: the store cannot be read, or not be written to.
    """
    _sweep(store)
    try:
        return _build(store, scan.scan(store), notice, progress)
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OcmError(f"The cache cannot be rebuilt: {reason}.", "Searches work without it, but slower.") from error


def move_aside(store: Store, seen: tuple[int, int] | None, error: sqlite3.Error, notice: Notice) -> bool:
    """Move a damaged cache out of the way and say so, unless another process was quicker; False when it has to stay."""
    from ocm.store import files  # it brings filelock along, which a reader does not need

    why = one_line(str(error), 120)
    try:
        with files.locked(schema.lock_path(store)):
            moved = schema.move_aside(store, seen)
    except (OSError, OcmError):
        notice(f"memory.db cannot be used ({why}) and not be moved aside; the session files were read instead.")
        return False
    if moved:
        notice(_moved(why))
    return True


def _moved(why: str) -> str:
    return f"memory.db could not be used ({why}): it is now memory.db.damaged, and a new one was made."


# --- a few rows


def _caught_up(
    store: Store, listing: Listing, *, look: bool = True, wait: float = schema.WAIT
) -> sqlite3.Connection | None:
    """Return the cache after its rows were brought in step; None when there is none, or a rebuild is better.

    A transaction is open then: a process with an older listing may take the rows away again that this one has added.
    """
    db = schema.connect(store, wait=wait)
    if db is None:
        return None
    with contextlib.ExitStack() as stack:
        stack.callback(db.close)
        for _ in range(_TURNS):
            db.execute("BEGIN")
            plan = writer.plan(db, store, listing, look=look)
            if plan.needs_rebuild:
                return None
            if not plan.is_behind and not (look and plan.is_upkeep):
                break
            db.execute("ROLLBACK")
            if plan.is_behind:
                _apply(store, db, store, plan)
                listing = scan.scan(store)
            else:
                with contextlib.suppress(*TROUBLE), schema.writing(store, db, wait=SHORT):
                    writer.finish(db, plan)
            look = False  # the files that were young have just been looked at
        stack.pop_all()
    return db


def _apply(lock: Store | None, db: sqlite3.Connection, store: Store, plan: Plan) -> None:
    """Carry a plan out in short transactions, so that nobody waits long; files are read and parsed outside them."""
    batches = [plan.changed[n : n + _BATCH] for n in range(0, len(plan.changed), _BATCH)] or [[]]
    for batch in batches:
        loaded = [(name, scan.load(store, name)) for name in batch]
        with schema.writing(lock, db):
            for name, record in loaded:
                if record is None:
                    writer.drop(db, name)
                else:
                    writer.put(db, record)
            if batch is batches[-1]:
                writer.finish(db, plan)
    _apply_unread(lock, db, store)


def _apply_unread(lock: Store | None, db: sqlite3.Connection, store: Store) -> None:
    """Read the files that came to stand for their sessions because others went; what changed since is left."""
    loaded = [record for name in writer.unread(db) if (record := scan.load(store, name))]
    if loaded:
        with schema.writing(lock, db):
            for record in loaded:
                writer.put(db, record)


# --- all of it


def _rebuilt(store: Store, listing: Listing, notice: Notice) -> sqlite3.Connection | None:
    _build(store, listing, notice, _watchers[0]() if _watchers else None, unless_in_step=True)
    return _caught_up(store, scan.scan(store), look=False)


def _build(
    store: Store, listing: Listing, notice: Notice, progress: Progress | None, *, unless_in_step: bool = False
) -> Rebuilt:
    """Build a cache beside the present one, which goes on answering meanwhile, and put it in its place."""
    import tempfile

    from ocm.store import files

    descriptor, temporary = tempfile.mkstemp(prefix=f"memory.db.{os.getpid()}.", suffix=".tmp", dir=store.path)
    os.close(descriptor)
    try:
        with contextlib.closing(schema.create(temporary)) as db:
            built = _fill(db, store, listing, progress)
        with files.locked(schema.lock_path(store)):
            _install(store, temporary, listing if unless_in_step else None, notice)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    return built


def _fill(db: sqlite3.Connection, store: Store, listing: Listing, progress: Progress | None) -> Rebuilt:
    bulk = writer.Bulk(db)
    names = sorted(listing.stat_hashes)
    read = 0
    unreadable = [(name, scan.UNDECODABLE) for name in listing.undecodable]
    with _uncollected():
        for begin in range(0, len(names), _BATCH):
            loaded = [record for name in names[begin : begin + _BATCH] if (record := scan.load(store, name))]
            bulk.add(loaded)
            broken = [(record.file, record.why) for record in loaded if record.session is None]
            read += len(loaded) - len(broken)
            unreadable += broken
            if progress:
                progress(min(begin + _BATCH, len(names)), len(names))
        bulk.finish(listing.folder)
    return Rebuilt(read, unreadable)


def _install(store: Store, temporary: str, listing: Listing | None, notice: Notice) -> None:
    """Put a new cache in place; the caller holds the lock. With `listing`, one that is in step already is left alone.

    A good one is overwritten by SQLite itself, which is safe for everyone who has it open; only where there is none a
    file is renamed. The new one first learns what has changed while it was made: a row that somebody has just put
    into the old one, and reads there, must not go back.
    """
    seen = schema.identity(store)
    try:
        live = schema.connect(store)
    except sqlite3.Error as error:
        if not schema.is_damage(error):
            raise
        live = None
        schema.move_aside(store, seen)
        notice(_moved(one_line(str(error), 120)))
    if live is None:
        schema.drop_side_files(store.database)
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, store.database)
        return
    with contextlib.closing(live):
        if listing is None or not writer.in_step(live, listing):
            with contextlib.closing(schema.reopen(temporary)) as source:
                _apply(None, source, store, writer.plan(source, store, scan.scan(store)))
                source.backup(live, progress=_deadline(_READERS), sleep=0.05)


def _deadline(seconds: float) -> Callable[[int, int, int], None]:
    """Return what ends a copy that readers keep from being made."""
    end = time.monotonic() + seconds

    def check(status: int, _remaining: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > end:
            raise TimeoutError("the cache is in use")

    return check


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking over what grows: half of the time of a rebuild went there."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _sweep(store: Store) -> None:
    """Remove what processes left behind that were killed while they built a cache."""
    with contextlib.suppress(OSError):
        for name in os.listdir(store.path):
            found = _TEMPORARY.fullmatch(name)
            path = os.path.join(store.path, name)
            if found and (not _is_alive(int(found[1])) or os.stat(path).st_mtime < time.time() - _STALE):
                os.unlink(path)


def _clear(store: Store) -> None:
    """Remove what a checkpoint left among the session files that was killed long ago."""
    from ocm.store import files

    files.clear_temporaries(store.sessions, time.time() - _STALE)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # pragma: no cover - asking would interrupt it there; an hour has to pass
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
