"""The file `memory.db`: what it must look like, opening it, and moving it aside when it does not.

Invariants: a file whose schema is not exactly the one below is never asked anything; whoever changes or replaces the
file holds `memory.lock`, so that no journal of one database is ever taken for that of another.
"""

import contextlib
import functools
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from types import UnionType
from typing import Any, NamedTuple

from ocm.base.values import CHANGE_TYPES
from ocm.index import file_format
from ocm.index.file_format import APPLICATION_ID, VERSION
from ocm.store.paths import Store

WAIT = 5.0
LONGEST = 20.0  # seconds that the questions of one connection may take in all; an honest one takes milliseconds
_STEPS, _APART = 50_000, 0.1  # between two looks at the clock; what is further apart was spent elsewhere
# Marks are parts of words: a vowel of Devanagari is one. Doubled quotes, because this stands in a string of SQL.
TOKENIZER = "porter unicode61 remove_diacritics 2 categories ''L* N* Co M*''"
PAGE = 16_384  # a session fills a page of 4096 bytes to three quarters, which wastes the rest
TEXTS = ("title", "goal", "decisions", "problems", "work", "todos", "tags", "files", "other", "words")
COLUMNS = (*TEXTS, "ident")  # the last is indexed only: it follows from the others, and nobody reads it
_TEXT = ", ".join(TEXTS)
# `mark` is the stat hash of the file, another one when it has changed;
# `racy` is the hash of one too young for that, `error` is why one is unreadable;
# `counts` is 0 for one that another file of the same session stands for.
_SESSIONS = """CREATE TABLE sessions(
  id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, mark INTEGER NOT NULL, racy BLOB, error TEXT,
  counts INTEGER NOT NULL, session_id TEXT, slug TEXT, tool TEXT, project TEXT, branch TEXT, status TEXT,
  started_at TEXT, updated_at TEXT, started REAL, updated REAL, pinned INTEGER NOT NULL, parent TEXT,
  only_asked INTEGER NOT NULL)"""
# `kind` is a place in CHANGE_TYPES; KIND is its name.
KIND = f"CASE kind {' '.join(f'WHEN {n} THEN {name!r}' for n, name in enumerate(CHANGE_TYPES))} END"
_FILES = """CREATE TABLE session_files(
  session INTEGER, n INTEGER, path TEXT, kind INTEGER, old_path TEXT, blob TEXT,
  PRIMARY KEY(session, n)) WITHOUT ROWID"""
# Under which other ids a session is known: those of sessions that a person merged into it.
_NAMES = "CREATE TABLE session_names(name TEXT, session INTEGER, PRIMARY KEY(name, session)) WITHOUT ROWID"
_FTS = f"""CREATE VIRTUAL TABLE sessions_fts USING fts5(
  {", ".join(COLUMNS)}, content='session_texts', content_rowid='id', tokenize='{TOKENIZER}')"""
# What sessions recorded of their work (`keys` is all of a unit's), and the commits that it may have ended in.
_LINKS = (
    """CREATE TABLE session_units(
  session INTEGER, unit INTEGER, at TEXT, sha TEXT, whole INTEGER, keys BLOB,
  PRIMARY KEY(session, unit)) WITHOUT ROWID""",
    "CREATE INDEX units_sha ON session_units(sha) WHERE sha <> ''",
    "CREATE INDEX units_whole ON session_units(whole)",
    """CREATE TABLE session_keys(
  key INTEGER, session INTEGER, unit INTEGER, PRIMARY KEY(key, session, unit)) WITHOUT ROWID""",
    """CREATE TABLE commits(
  id INTEGER PRIMARY KEY, project TEXT NOT NULL, sha TEXT NOT NULL, at REAL, subject TEXT, whole INTEGER, bound INTEGER,
  own BLOB, parts BLOB, names BLOB, UNIQUE(project, sha))""",
    "CREATE INDEX commits_whole ON commits(whole)",
    'CREATE TABLE commit_keys(key INTEGER, "commit" INTEGER, PRIMARY KEY(key, "commit")) WITHOUT ROWID',
)
# What sessions left (`a`, `b` and `c` are the numbers that end it; `over` by their own words), and what they end.
# The text of an item is empty where a column of `session_chunks` has it; `at` of an end where it is the session's.
_ITEMS = (
    """CREATE TABLE session_items(
  session INTEGER, kind TEXT, n INTEGER, at REAL, over INTEGER, text TEXT, a INTEGER, b INTEGER, c INTEGER, shown TEXT,
  origin TEXT,
  PRIMARY KEY(session, kind, n)) WITHOUT ROWID""",
    "CREATE INDEX items_latest ON session_items(kind, at) WHERE over = 0",
    """CREATE TABLE session_ends(
  key INTEGER, session INTEGER, kind TEXT, n INTEGER, at REAL, PRIMARY KEY(key, session, kind, n)) WITHOUT ROWID""",
)
_SCHEMA = (
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    _SESSIONS,
    "CREATE INDEX sessions_mark ON sessions(mark)",
    "CREATE INDEX sessions_racy ON sessions(file) WHERE racy IS NOT NULL",
    "CREATE INDEX sessions_error ON sessions(file) WHERE error IS NOT NULL",
    "CREATE INDEX sessions_id ON sessions(session_id)",
    "CREATE INDEX sessions_copies ON sessions(session_id) WHERE counts = 0 AND error IS NULL",
    "CREATE INDEX sessions_unread ON sessions(file) WHERE mark < 0",
    "CREATE INDEX sessions_parent ON sessions(parent) WHERE parent <> ''",
    "CREATE INDEX sessions_started ON sessions(started)",
    "CREATE INDEX sessions_updated ON sessions(updated)",
    "CREATE INDEX sessions_branch ON sessions(branch, updated)",
    f"CREATE TABLE session_chunks(id INTEGER PRIMARY KEY, {_TEXT})",
    f"CREATE VIEW session_texts AS SELECT id, {_TEXT}, '' AS ident FROM session_chunks",  # noqa: S608 - constants
    _FILES,
    _NAMES,
    "CREATE INDEX names_session ON session_names(session)",
    _FTS,
    *_LINKS,
    *_ITEMS,
)


class Form(NamedTuple):
    """What a database of ours must look like: whose it is, in which version, and every statement that makes it."""

    application_id: int
    version: int
    statements: tuple[str, ...]


SESSIONS_FORM = Form(APPLICATION_ID, VERSION, _SCHEMA)
# The tables that SQLite makes by itself for an index of texts that lie in another table.
_OF_FTS = (
    ("_config", "(k PRIMARY KEY, v) WITHOUT ROWID"),
    ("_data", "(id INTEGER PRIMARY KEY, block BLOB)"),
    ("_docsize", "(id INTEGER PRIMARY KEY, sz BLOB)"),
    ("_idx", "(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID"),
)
_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
DAMAGED = ".damaged"  # how the name of one ends that was moved aside
_SIDE_FILES = ("-journal", "-wal", "-shm")
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
# A statement of ours can only be wrong (ERROR, MISMATCH, CONSTRAINT) when what it meets is not what we made.
_DAMAGE = frozenset(
    (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_INTERRUPT,  # by `bound`: a cache that is asked in vain for so long is none of ours
    )
)


class DamagedError(sqlite3.DatabaseError):
    """The file is not a cache that this program made."""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether `error` says that the file is damaged, rather than locked, full or not writable."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # without one: text that is not UTF-8
    return isinstance(error, DamagedError) or (isinstance(error, sqlite3.DatabaseError) and code & 0xFF in _DAMAGE)


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether `error` says that others hold a lock on the file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def connect(store: Store, *, wait: float = WAIT) -> sqlite3.Connection | None:
    """Open the cache; None when there is none. What is write-protected is opened for reading.

    Raises:
        sqlite3.Error: `is_damage` tells what it means.
    """
    return opened(store.database, SESSIONS_FORM, wait=wait)


def opened(path: str, form: Form, *, wait: float = WAIT) -> sqlite3.Connection | None:
    """Open a database of a form; None when there is none. What is write-protected is opened for reading.

    Raises:
        sqlite3.Error: `is_damage` tells what it means.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise DamagedError("it is not a regular file")
    if not found.st_size:
        raise DamagedError("it is empty")
    _check_journal(path + "-journal")
    with contextlib.ExitStack() as stack:
        try:
            db = stack.enter_context(contextlib.closing(_open(path, wait)))
            bound(db, LONGEST)
            verify(db, form)
        except UnicodeDecodeError:  # SQLite quotes the damaged schema in its message
            raise DamagedError("its schema is not text") from None
        stack.pop_all()
    return db


def bound(db: sqlite3.Connection, seconds: float) -> None:
    """Let the questions of a connection take `seconds` in all; the one that goes beyond is interrupted.

    Counted is the time inside of questions, because much may be done between two of them.
    """
    spent, last = 0.0, time.monotonic()

    def is_over() -> bool:
        nonlocal spent, last
        now = time.monotonic()
        spent += min(now - last, _APART)
        last = now
        return spent > seconds

    db.set_progress_handler(is_over, _STEPS)


def rows(cursor: sqlite3.Cursor, *kinds: type | UnionType) -> list[Any]:
    """Return what a question found, each column of its kind; in a damaged file anything can stand anywhere.

    Raises:
        DamagedError: a row is none of ours.
    """
    found = cursor.fetchall()
    for row in found:
        if not all(map(isinstance, row, kinds)):
            raise DamagedError("it holds what ocm never puts there")
    return found


def create(path: str, form: Form = SESSIONS_FORM) -> sqlite3.Connection:
    """Make a cache at `path`, an empty file or `:memory:`, in one transaction that the caller commits."""
    with contextlib.ExitStack() as stack:
        db = stack.enter_context(contextlib.closing(_open(path, WAIT)))
        for pragma in (f"page_size = {PAGE}", "journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
            db.execute(f"PRAGMA {pragma}")
        db.execute(f"PRAGMA application_id = {form.application_id}")
        db.execute(f"PRAGMA user_version = {form.version}")
        db.execute("BEGIN")
        for statement in form.statements:
            db.execute(statement)
        stack.pop_all()
    return db


def memory() -> sqlite3.Connection:
    """Return an empty database in memory, to copy a cache into."""
    return _open(":memory:", WAIT)


def reopen(path: str) -> sqlite3.Connection:
    """Open a cache that was just made at `path`, and that nobody misses if this process dies."""
    db = _open(path, WAIT)
    db.execute("PRAGMA journal_mode = OFF")
    return db


def identity(store: Store) -> tuple[int, int] | None:
    """Return what tells the present file from one that replaces it."""
    try:
        found = os.lstat(store.database)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def move_aside(store: Store, damaged: tuple[int, int] | None) -> bool:
    """Move the file out of the way unless another process has done it; the caller holds the lock. One is kept."""
    if identity(store) != damaged or damaged is None:
        return False
    put_aside(store.database)
    return True


def put_aside(path: str) -> None:
    """Rename a damaged database, or whatever is in its place, so that a new one can be made; one is kept."""
    kept = path + DAMAGED
    if os.path.isdir(kept) and not os.path.islink(kept):
        import shutil

        shutil.rmtree(kept)
    elif os.path.isdir(path) and os.path.lexists(kept):
        os.unlink(kept)
    os.replace(path, kept)
    drop_side_files(path)


def drop_side_files(path: str) -> None:
    """Remove the journals of a database that is gone: SQLite would play them into the next one."""
    for suffix in _SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + suffix)


@contextlib.contextmanager
def writing(store: Store | None, db: sqlite3.Connection, *, wait: float = WAIT) -> Iterator[None]:
    """One short transaction that changes the cache of `store`, under its lock; None stands for a copy in memory.

    Raises:
        OcmError: another process has held the lock for too long.
    """
    with _locked(store, wait) if store else contextlib.nullcontext(), transaction(db):
        yield


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that changes a cache whose lock is held: all of it, or, whatever goes wrong, nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:  # no longer, where all went well
            db.execute("ROLLBACK")


def _locked(store: Store, wait: float) -> contextlib.AbstractContextManager[None]:
    from ocm.store import files  # it brings filelock along, which a reader does not need

    return files.locked(lock_path(store), timeout=wait)


def lock_path(store: Store) -> str:
    """Return the lock of everyone who changes or replaces the cache."""
    return os.path.join(store.path, "memory.lock")


def _open(path: str, wait: float) -> sqlite3.Connection:
    uri = path if path == ":memory:" else file_format.address(path, "rw")
    with contextlib.ExitStack() as stack:
        db = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)))
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY", "synchronous = NORMAL"):
            db.execute(f"PRAGMA {pragma}")
        stack.pop_all()
    return db


def verify(db: sqlite3.Connection, form: Form = SESSIONS_FORM) -> None:
    """Check that a cache is exactly what this program makes: no further view or trigger, which any question would run.

    Raises:
        DamagedError: it is not.
    """
    found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version", "journal_mode")]
    if found[0] != form.application_id:
        raise DamagedError("another program made it")
    if found[1] != form.version:
        raise DamagedError("another version of ocm made it")
    objects = db.execute(_OBJECTS).fetchall()
    if found[2] not in {"delete", "off"} or (objects != _written_down(form) and objects != _expected_objects(form)):
        raise DamagedError("it holds more or less than ocm puts there")


def _written_down(form: Form) -> list[tuple[str, str, str, str | None]]:
    """Return every object of a new cache as most versions of SQLite make it: to make one takes ten times as long."""
    found: list[tuple[str, str, str, str | None]] = []
    for sql in form.statements:
        kind, name, *rest = sql.removeprefix("CREATE ").removeprefix("VIRTUAL ").split(None, 4)
        name = name.partition("(")[0]
        found.append((kind.lower(), name, rest[1].partition("(")[0] if kind == "INDEX" else name, sql))
        if "UNIQUE" in sql:
            found.append(("index", f"sqlite_autoindex_{name}_1", name, None))
        if "USING fts5" in sql:
            found += (("table", name + of, name + of, f"CREATE TABLE '{name}{of}'{columns}") for of, columns in _OF_FTS)
    return sorted(found, key=lambda row: row[:2])


@functools.cache
def _expected_objects(form: Form) -> list[tuple[str, str, str, str | None]]:
    """Return every object of a new cache, as the SQLite at hand makes it."""
    with contextlib.closing(create(":memory:", form)) as db:
        return db.execute(_OBJECTS).fetchall()


def _check_journal(path: str) -> None:
    """Refuse a journal that names a super-journal: rolling it back, SQLite deletes whatever file it names.

    None of ours does, because no transaction here spans two databases.
    """
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise DamagedError("its journal is not a regular file")
        with open(path, "rb") as file:
            file.seek(max(0, found.st_size - len(_JOURNAL_MAGIC)))
            tail = file.read(len(_JOURNAL_MAGIC))
    except OSError:
        return
    if found.st_size > len(_JOURNAL_MAGIC) and tail == _JOURNAL_MAGIC:
        raise DamagedError("its journal names another file")
