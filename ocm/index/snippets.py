"""Text around what was found in a few sessions, which are indexed once more by themselves, in memory.

The large index would be read from one end to the other. One small one serves a whole process, a question at a time, and
is empty between two of them.
"""

import functools
import sqlite3
import threading
from collections.abc import Sequence

from ocm.index.schema import TEXTS, TOKENIZER

OPEN, CLOSE = (
    "\ue000",
    "\ue001",
)  # around matched words in a snippet; for private use, so no text means anything by them
_TOKENS = 30
_COLUMNS = ", ".join(TEXTS)
_PUT = f"INSERT INTO shown(rowid, {_COLUMNS}) VALUES(?{', ?' * len(TEXTS)})"
_ASK = "SELECT rowid, snippet(shown, -1, ?, ?, '…', ?) FROM shown WHERE shown MATCH ?"
_one_at_a_time = threading.Lock()


def snippets(texts: Sequence[tuple[object, ...]], expression: str) -> dict[int, str]:
    """Return the text around the best match in each of some sessions, each given by its number and its texts."""
    with _one_at_a_time:
        db = _small()
        db.execute("BEGIN")
        try:
            db.executemany(_PUT, texts)
            return dict(db.execute(_ASK, (OPEN, CLOSE, _TOKENS, expression)).fetchall())
        finally:
            db.execute("ROLLBACK")


@functools.cache
def _small() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    db.execute(f"CREATE VIRTUAL TABLE shown USING fts5({_COLUMNS}, tokenize='{TOKENIZER}')")
    return db
