"""Text around what was found in a few sessions, which are indexed once more by themselves, in memory.

The large index would be read from one end to the other. One small one serves a whole process, a question at a time, and
is empty between two of them.
"""

import functools
import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence

from ocm.base.sanitize import clean_line
from ocm.index.file_format import normal
from ocm.index.schema import TEXTS, TOKENIZER

OPEN, CLOSE = (
    "\ue000",
    "\ue001",
)  # around matched words in a snippet; for private use, so no text means anything by them
_TOKENS = 30
_SNIPPET, _BEFORE = 190, 60
_CUT = "…"  # where a snippet begins or ends within a text
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)  # the marks of one, which mean nothing in a line
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


def snippet(text: str) -> str:
    """Return the line that is shown of a text, the matches in it marked."""
    return _window(clean_line(_HEADING.sub("", text.replace("**", "")))).replace(OPEN, "**").replace(CLOSE, "**")


def marked(texts: Iterable[str], words: list[str]) -> str:
    """Return the first of `texts` that holds any of `words`, those marked, from shortly before the first one on."""
    pattern = re.compile(f"(?:{'|'.join(re.escape(word) for word in words)})+" if words else "(?!)", re.IGNORECASE)
    for text in texts:
        plain = normal(text)
        shown = text if len(plain) == len(text) else plain
        first = pattern.search(plain)
        if first:
            begin, end = max(0, first.start() - _SNIPPET), first.end() + _SNIPPET
            part = _with_marks(shown[begin:end], pattern.finditer(plain[begin:end]))
            return f"{_CUT if begin else ''}{part}{_CUT if end < len(text) else ''}"
    return ""


def _with_marks(text: str, found: Iterable[re.Match[str]]) -> str:
    """Return a text with marks around what was found at the same places in its normal form."""
    parts, at = [], 0
    for one in found:
        parts += [text[at : one.start()], OPEN, text[one.start() : one.end()], CLOSE]
        at = one.end()
    return "".join((*parts, text[at:]))


def _window(text: str) -> str:
    """Return the stretch of a line that holds the first match, cut between words where there are any."""
    if len(text) <= _SNIPPET:
        return text
    begin = max(0, min(text.find(OPEN) - _BEFORE, len(text) - _SNIPPET))
    part = text[begin : begin + _SNIPPET]
    first = part.find(" ", 0, part.find(OPEN) if OPEN in part else _BEFORE) if begin else -1
    last = part.rfind(" ", _SNIPPET // 2) if begin + _SNIPPET < len(text) else -1
    part = part[first + 1 : last if last > first else None]
    if part.rfind(OPEN) > part.rfind(CLOSE):
        part += CLOSE
    return f"{'…' if begin else ''}{part}{'…' if begin + _SNIPPET < len(text) else ''}"
