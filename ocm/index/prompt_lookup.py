"""A look at the cache for a hook that cannot wait: opened for reading only, without comparing it with the folder first.

So nothing here may be taken for the truth: a session counts only while its file has the stat hash of its row, and
whatever is wrong with the cache, the answer is that nothing was found. Light to import.
"""

import os
import sqlite3

from ocm.base.bm25 import COLUMN_WEIGHTS, idf, smoothed_idf
from ocm.index.file_format import STOP, address, normal, quoted, stat_hash, words_in
from ocm.store.paths import Store

MAX_MATCHES, MAX_RARE, MAX_FILES = 3, 6, 20
_MAX_WORDS, _READ = 32, 4_000  # words and characters of a prompt that are looked at
_WAIT, _LONGEST = 0.1, 0.5  # seconds: for a lock, and for all questions
_POOL = 8
_SMALL, _FEW = 50, 3  # a store of so few sessions; what counts as few there
# Words of every second prompt; a small store cannot tell by itself how little they say.
_GENERIC = frozenset(
    [
        "add",
        "again",
        "app",
        "branch",
        "bug",
        "build",
        "change",
        "changes",
        "check",
        "class",
        "code",
        "command",
        "commit",
        "create",
        "data",
        "delete",
        "directory",
        "error",
        "errors",
        "example",
        "feature",
        "file",
        "files",
        "find",
        "fix",
        "fixed",
        "folder",
        "function",
        "get",
        "give",
        "goal",
        "help",
        "implement",
        "issue",
        "let",
        "like",
        "line",
        "list",
        "look",
        "main",
        "make",
        "method",
        "module",
        "need",
        "new",
        "now",
        "number",
        "open",
        "output",
        "please",
        "problem",
        "project",
        "read",
        "remove",
        "repo",
        "repository",
        "result",
        "return",
        "run",
        "script",
        "session",
        "set",
        "show",
        "step",
        "sure",
        "task",
        "test",
        "tests",
        "thing",
        "things",
        "try",
        "update",
        "use",
        "used",
        "using",
        "value",
        "want",
        "work",
        "working",
        "write",
    ]
)
_LEAST = 3  # letters of a word that may tell something
# A match is strong when it holds most of what the prompt says, and as much as two words say that one session alone has.
# On open collections this answers 14 to 66 of 100 questions about the past, four of five rightly, and keeps silent for
# 97 of 100 about other projects.
_COVERED, _TELLING = 0.6, 2.2
_RANK = (
    f"SELECT rowid, -bm25(sessions_fts, {COLUMN_WEIGHTS}) AS score FROM sessions_fts"  # noqa: S608 - a constant
    " WHERE sessions_fts MATCH ? ORDER BY score DESC LIMIT ?"
)
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM sessions_fts WHERE sessions_fts MATCH ? LIMIT ?)"
_HOLDS = "SELECT 1 FROM sessions_fts WHERE sessions_fts MATCH ? AND rowid = ?"
_SHOW = (
    "SELECT s.file, s.mark, s.session_id, s.project, s.tool, s.started_at, c.title, c.goal"
    " FROM sessions s JOIN session_chunks c ON c.id = s.id WHERE s.id = ?"
)
_FILES = "SELECT path, blob FROM session_files WHERE session = ? AND blob IS NOT NULL ORDER BY n LIMIT ?"


class Match:
    """A session that says what a prompt is about: the `words` that both hold, and its `files` as it recorded them.

    Its `decision` is the one in force that shares most of the words, "" where it left none.
    """

    __slots__ = ("date", "decision", "files", "project", "session_id", "title", "tool", "words")

    def __init__(self, row: tuple[str, ...], words: list[str], files: dict[str, str], decision: str = "") -> None:
        """Keep what an index line shows."""
        self.session_id, self.project, self.tool, self.date = row[2:6]
        self.title = row[6] or row[7] or row[2]
        self.words = words
        self.files = files
        self.decision = decision


def matches(store: Store, prompt: str, *, exclude: set[str], project: str) -> list[Match]:
    """Return the sessions that match a prompt strongly, best first, at most `MAX_MATCHES`.

    Args:
        store: Whose cache.
        prompt: What the user typed; its rarest words are looked for.
        exclude: The ids of sessions to leave out.
        project: Only sessions of this project, where one store serves several.
    """
    words = _words(prompt)
    if len(words) < 2 or not os.path.isfile(store.database):  # noqa: PLR2004 - one word proves nothing
        return []
    try:
        db = sqlite3.connect(address(store.database, "ro"), uri=True, timeout=_WAIT, isolation_level=None)
    except sqlite3.Error:
        return []
    try:
        return _Question(db, store, words).answer(exclude, project)
    except (sqlite3.Error, TypeError, ValueError):  # damaged, locked or foreign: the next search sees to it
        return []
    finally:
        db.close()


def _words(prompt: str) -> list[str]:
    found = (word.lower() for word in words_in(normal(prompt[:_READ])) if len(word) >= _LEAST)
    return list(dict.fromkeys(word for word in found if word not in STOP and not word.isdigit()))[:_MAX_WORDS]


class _Question:
    """The rarest words of a prompt, and how much each tells in this cache."""

    def __init__(self, db: sqlite3.Connection, store: Store, words: list[str]) -> None:
        from ocm.index import schema  # not before there is something to ask

        db.execute("PRAGMA trusted_schema = OFF")
        schema.bound(db, _LONGEST)
        schema.verify(db)
        self.store = store
        self.db = db
        self.total = db.execute("SELECT max(id) FROM sessions").fetchone()[0] or 0
        common = max(_FEW, self.total // 10)
        if self.total < _SMALL:
            words = [word for word in words if word not in _GENERIC]
        counts = {word: self._count(word, common + 1) for word in words}
        ranked = sorted((count, word) for word, count in counts.items() if 0 < count <= common)[:MAX_RARE]
        self.rare = {word: count for count, word in ranked}
        self.unknown = sum(not count for count in counts.values()) * self._weight(1)

    def _count(self, word: str, limit: int) -> int:
        return int(self.db.execute(_COUNT, (quoted(word), limit)).fetchone()[0])

    def _weight(self, count: int) -> float:
        """Return how much a word tells that `count` sessions have; never less than nothing, however few there are."""
        return smoothed_idf(self.total, count)

    def answer(self, exclude: set[str], project: str) -> list[Match]:
        found: list[Match] = []
        if not self.rare:
            return found
        expression = " OR ".join(quoted(word) for word in self.rare)
        for row, score in self.db.execute(_RANK, (expression, _POOL)).fetchall():
            held = [word for word in self.rare if self.db.execute(_HOLDS, (quoted(word), row)).fetchone()]
            if len(found) < MAX_MATCHES and self._is_strong(held, score):
                match = self._match(row, held)
                if match and match.session_id not in exclude and project in {"", match.project}:
                    match.decision = self._decision(row, held, project)
                    found.append(match)
        return found

    def _decision(self, row: int, held: list[str], project: str) -> str:
        """Return the decision of a session that says most of the words, the latest of several, unless it was ended."""
        from ocm.index import standing  # not before there is something to tell

        known = standing.Standing(self.db, project)
        made = [item for item in known.items([row]) if item.kind == standing.DECISION]
        ended = known.ended(made)
        in_force = [item.text for item in reversed(made) if item not in ended]
        return max(in_force, key=lambda text: sum(word in normal(text).lower() for word in held), default="")

    def _is_strong(self, held: list[str], score: float) -> bool:
        weight = sum(self._weight(self.rare[word]) for word in held)
        everything = sum(map(self._weight, self.rare.values())) + self.unknown
        # FTS5 gives no weight to what half of all sessions hold, which in a small store is everything.
        fts5_weight = sum(idf(self.total, self.rare[word]) for word in held)
        return (
            len(held) >= (_FEW if self.total < _SMALL else 2)
            and weight >= _COVERED * everything
            and score / fts5_weight * weight >= _TELLING * self._weight(1)
        )

    def _match(self, row: int, held: list[str]) -> Match | None:
        """Return what is shown of a row, None when its file is not as it was when the row was made."""
        shown = self.db.execute(_SHOW, (row,)).fetchone()
        if shown is None or not all(isinstance(text, str) for text in (shown[0], *shown[2:])):
            return None
        try:
            if stat_hash(shown[0], os.lstat(os.path.join(self.store.sessions, shown[0]))) != shown[1]:
                return None
        except (OSError, ValueError):
            return None
        files = {str(path): str(oid) for path, oid in self.db.execute(_FILES, (row, MAX_FILES))}
        return Match(shown, held, files)
