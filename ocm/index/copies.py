"""Several files with one session id, as sync tools and `cp` make them: the one updated last counts, and has the texts.

The others have a row in `sessions` and nowhere else, so that no list, search or figure holds a session twice.
"""

import sqlite3

from ocm.index import schema

# Of files with the same time a copy has the longer name: "a (conflicted copy).md".
BEST = "ORDER BY updated DESC, length(file), file"
# No stat hash: what a row with it stands for is read again.
UNREAD = -1
_COPIES = (
    "SELECT c.session_id, c.file, s.file FROM sessions c JOIN sessions s ON s.session_id = c.session_id AND s.counts"
    " WHERE c.counts = 0 AND c.error IS NULL ORDER BY c.session_id, c.updated DESC, c.file"
)


def rivals(db: sqlite3.Connection, session_id: str) -> tuple[int | None, list[int]]:
    """Return the row of the file of a session that counts but has no texts yet, and those that count no longer."""
    sql = f"SELECT id, counts FROM sessions WHERE session_id = ? {BEST}"  # noqa: S608 - a constant
    found = schema.rows(db.execute(sql, (session_id,)), int, int)
    if not found:
        return None, []
    (best, counts), *others = found
    return None if counts else best, [row for row, counted in others if counted] if counts else []


def unread(db: sqlite3.Connection) -> list[str]:
    """Return the files that came to count because another one went."""
    return [file for (file,) in schema.rows(db.execute("SELECT file FROM sessions WHERE mark < 0"), str)]


def copies(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return every file that does not count: its session id, its name, and the file that counts instead."""
    return schema.rows(db.execute(_COPIES), str, str, str)
