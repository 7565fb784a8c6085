# ruff: noqa: S608 - what is put together here are constants of this package; every value is bound
"""`transcripts.db`: what was said in the hosts' own transcripts, a cache beside the user's store that may be deleted.

Whoever changes or replaces the file holds `transcripts.lock`; what is asked is asked in one state of it. The number of
what was said holds that of its transcript, so that no question about some of them has to read a text.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ocm.base.notices import Notice, ignore
from ocm.base.text import one_line
from ocm.index import schema, snippets
from ocm.index.file_format import lowered, normal
from ocm.index.query_terms import Query, ident
from ocm.index.query_terms import query as taken_apart
from ocm.store import files

NAME, LOCK = "transcripts.db", "transcripts.lock"
CacheError = sqlite3.Error  # for those who ask, and have no other use of that library
ROLES = ("user", "assistant", "error")
_APPLICATION_ID, _VERSION = 0x6F636D74, 1  # "ocmt"
_BITS = 20  # of the number of what was said within its transcript
_CACHE = "cache_size = -16384"  # kB
_FORM = schema.Form(
    _APPLICATION_ID,
    _VERSION,
    (
        # `stat` is the stat hash of the file when it was read, 0 when it may have changed unseen; `rules` is empty
        # where nothing was read yet; from `offset` on, behind `said` texts, the reading goes on, if `tail` is the same.
        """CREATE TABLE transcripts(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, session_id TEXT NOT NULL, source TEXT, cwd TEXT, repository TEXT,
  origin TEXT, key TEXT, start REAL, mark TEXT, stat INTEGER, rules TEXT, version TEXT, offset INTEGER, line INTEGER,
  said INTEGER, tail TEXT, UNIQUE(path, session_id))""",
        "CREATE INDEX transcripts_session ON transcripts(session_id)",
        "CREATE TABLE files(path TEXT PRIMARY KEY, stat INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE said(id INTEGER PRIMARY KEY, role INTEGER, at REAL, place TEXT, text TEXT)",
        "CREATE VIEW said_texts AS SELECT id, text, '' AS ident FROM said",
        f"""CREATE VIRTUAL TABLE said_fts USING fts5(
  text, ident, content='said_texts', content_rowid='id', tokenize='{schema.TOKENIZER}')""",
    ),
)
_COLUMNS = (
    "id, path, session_id, source, cwd, repository, origin, key, start, mark, stat, rules, version, offset, line, said,"
    " tail"
)
_KINDS = (int, *[str] * 7, float, str, int, str, str, int, int, int, str)
_MANY = 5_000  # texts that a word may be in and still be asked about beside others: of more, it tells little
_COMMON = f"SELECT count(*) FROM (SELECT 1 FROM said_fts WHERE said_fts MATCH ? LIMIT {_MANY + 1})"
_A_CONVERSATION = 3  # hits of one conversation that are shown


class Transcript(NamedTuple):
    """One conversation in a file, and how far it was read."""

    id: int
    path: str
    session_id: str
    source: str
    cwd: str
    repository: str
    origin: str
    key: str
    start: float
    mark: str
    stat: int = 0
    rules: str = ""
    version: str = ""
    offset: int = 0
    line: int = 0
    said: int = 0
    tail: str = ""


class Text(NamedTuple):
    """One thing that was said, in transcript number `transcript`, as the `n`-th."""

    transcript: int
    n: int
    role: str
    at: float
    place: str
    text: str


class Hit(NamedTuple):
    """A text that was found, the stretch of it that matched, and what was said before and after it."""

    text: Text
    score: float
    snippet: str
    around: list[Text]


def path_in(home: str) -> str:
    """Return where the cache of a user store lies."""
    return os.path.join(home, NAME)


@contextlib.contextmanager
def reading(home: str) -> Iterator["Cache | None"]:
    """Open the cache for questions, which see one state of it; None where there is none that could be asked.

    Raises:
        sqlite3.Error: it is locked for too long, or damaged.
    """
    db = _unless_damaged(home)
    if db is None:
        yield None
        return
    with contextlib.closing(db):
        db.execute("BEGIN")
        yield Cache(db)


def _unless_damaged(home: str) -> sqlite3.Connection | None:
    try:
        return _opened(home)
    except sqlite3.Error as error:
        if not schema.is_damage(error):
            raise
        return None


def _opened(home: str) -> sqlite3.Connection | None:
    path = path_in(home)
    with contextlib.suppress(FileNotFoundError):
        if hasattr(os, "geteuid") and os.lstat(path).st_uid != os.geteuid():
            raise schema.DamagedError("another user made it")
    return schema.opened(path, _FORM)


@contextlib.contextmanager
def writing(home: str, notice: Notice) -> Iterator["Cache"]:
    """Change the cache in one transaction, under its lock; it is made where there is none, and anew where damaged.

    Raises:
        OcmError: another process has held the lock for too long.
        OSError: the user store cannot be written to.
        sqlite3.Error: so does the cache.
    """
    files.make_private_dir(home)
    with locked(home), contextlib.closing(_ready(home, notice)) as db:
        db.set_progress_handler(None, 0)  # a build takes as long as it takes
        db.execute(f"PRAGMA {_CACHE}")
        with schema.transaction(db):
            yield Cache(db)


def locked(home: str) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of everyone who changes or replaces the cache."""
    return files.locked(os.path.join(home, LOCK))


def _ready(home: str, notice: Notice) -> sqlite3.Connection:
    try:
        db = _opened(home)
    except sqlite3.Error as error:
        put_aside(home, error, notice)
        db = None
    return db or _made(home)


def put_aside(home: str, error: sqlite3.Error, notice: Notice) -> None:
    """Move a damaged cache out of the way; the caller holds the lock.

    Raises:
        sqlite3.Error: it is not damaged.
    """
    if not schema.is_damage(error):
        raise error
    schema.put_aside(path_in(home))
    notice(f"{NAME} was not usable ({one_line(str(error), 120)}): it was moved aside, and is built anew.")


def _made(home: str) -> sqlite3.Connection:
    """Make an empty cache, whole before it has its name."""
    temporary = path_in(home) + ".tmp"  # whoever left one was killed: the lock is held
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(schema.create(temporary, _FORM)) as db:
        db.execute("COMMIT")
    schema.drop_side_files(path_in(home))
    os.replace(temporary, path_in(home))
    made = schema.opened(path_in(home), _FORM)
    if made is None:
        raise sqlite3.OperationalError("somebody removed it in this moment")
    return made


def health(home: str) -> str:
    """Return why the cache cannot be used, changing nothing; empty where it can, or there is none."""
    try:
        db = _opened(home)
    except sqlite3.Error as error:
        return one_line(str(error), 120) if schema.is_damage(error) else ""
    if db:
        db.close()
    return ""


def forget(home: str, session_id: str) -> None:
    """Take a conversation out of the cache, so that no page of the file holds it; what was moved aside goes, too.

    Raises:
        OcmError: another process has held the lock for too long.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_in(home) + schema.DAMAGED)
    if not os.path.lexists(path_in(home)):
        return
    with writing(home, ignore) as cache:
        cache.erase(session_id)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_in(home) + schema.DAMAGED)


class Cache:
    """An open cache."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Keep the connection."""
        self._db = db

    # --- which transcripts there are

    def transcripts(self, where: str = "1", *values: str | int) -> list[Transcript]:
        """Return the transcripts that are known, by their numbers."""
        found = self._db.execute(f"SELECT {_COLUMNS} FROM transcripts WHERE {where} ORDER BY id", values)
        return [Transcript(*row) for row in schema.rows(found, *_KINDS)]

    def transcript(self, number: int) -> Transcript | None:
        """Return one of them as it is now."""
        return next(iter(self.transcripts("id = ?", number)), None)

    def files(self) -> dict[str, int]:
        """Return the stat hash that each file had when it was looked into."""
        return dict(schema.rows(self._db.execute("SELECT path, stat FROM files"), str, int))

    def looked(self, stats: Iterable[tuple[str, int]]) -> None:
        """Note which files were looked into, and their stat hashes."""
        self._db.executemany("INSERT OR REPLACE INTO files VALUES(?, ?)", stats)

    def gone(self, paths: Iterable[str]) -> None:
        """Take files out that are there no more, with all that was said in them."""
        for path in paths:
            for one in self.transcripts("path = ?", path):
                self.remove(one.id)
            self._db.execute("DELETE FROM files WHERE path = ?", (path,))

    def put(self, one: Transcript) -> None:
        """Note a transcript, its number 0 for one that is new; what was read of it stays."""
        number = one.id or self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM transcripts").fetchone()[0]
        slots = ", ".join("?" * len(one))
        self._db.execute(f"INSERT OR REPLACE INTO transcripts({_COLUMNS}) VALUES({slots})", (number, *one[1:]))

    def remove(self, number: int) -> None:
        """Take out a transcript and all that was said in it."""
        self.cut(number, 0)
        self._db.execute("DELETE FROM transcripts WHERE id = ?", (number,))

    def erase(self, session_id: str) -> None:
        """Take out a conversation without a trace: what is deleted is overwritten, and the index written anew."""
        self._db.execute("PRAGMA secure_delete = ON")
        found = self.transcripts("session_id = ?", session_id)
        for one in found:
            self.remove(one.id)
            self._db.execute("DELETE FROM files WHERE path = ?", (one.path,))
        if found:
            self._db.execute("INSERT INTO said_fts(said_fts) VALUES('optimize')")

    # --- what was said

    def add(self, number: int, texts: Iterable[tuple[int, str, float, str, str]]) -> None:
        """Add what was said: number in the transcript, role, time, place and text of each."""
        rows = [((number << _BITS) + n, ROLES.index(role), at, place, text) for n, role, at, place, text in texts]
        self._db.executemany("INSERT INTO said VALUES(?, ?, ?, ?, ?)", rows)
        indexed = ((row[0], *_indexed(row[4])) for row in rows)
        self._db.executemany("INSERT INTO said_fts(rowid, text, ident) VALUES(?, ?, ?)", indexed)

    def cut(self, number: int, n: int) -> None:
        """Take out what was said from the `n`-th on."""
        span = ((number << _BITS) + n, (number + 1) << _BITS)
        found = self._db.execute("SELECT id, text FROM said WHERE id >= ? AND id < ?", span)
        sql = "INSERT INTO said_fts(said_fts, rowid, text, ident) VALUES('delete', ?, ?, ?)"
        self._db.executemany(sql, [(row, *_indexed(text)) for row, text in schema.rows(found, int, str)])
        self._db.execute("DELETE FROM said WHERE id >= ? AND id < ?", span)

    def texts(self, number: int, first: int = 0, last: int = 1 << _BITS) -> list[Text]:
        """Return what was said in a transcript from the one number to the other."""
        base = number << _BITS
        sql = "SELECT id, role, at, place, text FROM said WHERE id BETWEEN ? AND ? ORDER BY id"
        span = (base + max(first, 0), base + min(last, (1 << _BITS) - 1))
        found = schema.rows(self._db.execute(sql, span), int, int, float, str, str)
        return [
            Text(number, row - base, ROLES[role % len(ROLES)], at, place, text) for row, role, at, place, text in found
        ]

    # --- asking

    def search(
        self, query: str, among: Sequence[int], limit: int, since: float | None = None, until: float | None = None
    ) -> list[Hit]:
        """Return what shares most words with a question, best first, in some of the transcripts."""
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted(id INTEGER PRIMARY KEY)")
        self._db.execute("DELETE FROM temp.wanted")
        self._db.executemany("INSERT INTO temp.wanted VALUES(?)", ((one,) for one in among))
        asked = taken_apart(query, lambda _: {})
        terms = [term.removesuffix("*") for term in asked.terms]
        found: dict[int, float] = {}
        for expression in self._expressions(terms):
            for row, score in self._matching(expression, limit * _A_CONVERSATION, since, until):
                found.setdefault(row, score)
            chosen = _of_many(found, limit)
            if len(chosen) >= limit:
                break
        return self._hits(_of_many(found, limit), found, asked, " OR ".join(terms))

    def _expressions(self, terms: list[str]) -> Iterator[str]:
        """Yield questions, each looser than the one before: all words, then fewer, those in few texts kept longest."""
        counts = {term: int(self._db.execute(_COMMON, (term,)).fetchone()[0]) for term in terms}
        known = sorted((term for term in terms if counts[term]), key=lambda term: counts[term])
        many = len(known)
        while many > 1:
            yield " AND ".join(known[:many])
            many = many * 2 // 3
        rare = [term for term in known if counts[term] <= _MANY] or known[:1]
        yield from [" OR ".join(rare)] if rare else []
        yield from [] if known else [" OR ".join(f"{term}*" for term in terms)] if terms else []

    def _matching(
        self, expression: str, limit: int, since: float | None, until: float | None
    ) -> list[tuple[int, float]]:
        dated = "" if since is None and until is None else " JOIN said s ON s.id = f.rowid AND s.at >= ? AND s.at < ?"
        times = (since or 0.0, float("inf") if until is None else until) if dated else ()
        sql = (
            f"SELECT f.rowid, -bm25(said_fts, 1.0, 0.5) AS score FROM said_fts f{dated} WHERE said_fts MATCH ?"
            f" AND (f.rowid >> {_BITS}) IN (SELECT id FROM temp.wanted) ORDER BY score DESC, f.rowid DESC LIMIT ?"
        )
        return schema.rows(self._db.execute(sql, (*times, expression, limit)), int, float)

    def _hits(self, rows: list[int], scores: dict[int, float], asked: Query, expression: str) -> list[Hit]:
        hits: list[Hit] = []
        for row in rows:
            number, n = row >> _BITS, row & ((1 << _BITS) - 1)
            near = self.texts(number, n - 1, n + 1)
            text = next((one for one in near if one.n == n), None)
            if text is None:
                raise schema.DamagedError("its index speaks of what it does not hold")
            shown = snippets.snippets([(row, text.text, *[""] * (len(schema.TEXTS) - 1))], expression).get(row, "")
            if snippets.OPEN not in shown:
                shown = snippets.marked([text.text], asked.pieces) or text.text
            score = min(scores[row], hits[-1].score) if hits else scores[row]  # what has fewer of the words comes later
            hits.append(Hit(text, score, snippets.snippet(shown), [one for one in near if one.n != n]))
        return hits


def _indexed(text: str) -> tuple[str, str]:
    plain = normal(text)
    return lowered(plain), ident(plain)


def _of_many(found: dict[int, float], limit: int) -> list[int]:
    """Return the first so many, not too many of one conversation."""
    counts: dict[int, int] = {}
    chosen = []
    for row in found:
        number = row >> _BITS
        counts[number] = counts.get(number, 0) + 1
        if counts[number] <= _A_CONVERSATION:
            chosen.append(row)
    return chosen[:limit]
