"""openCodeMemory 0.2: its database, of one project or of a user; each of its sessions is one, by the same id.

The markdown beside it is read where it lies, by any command; the database alone tells what that lost.
"""

import os
from collections.abc import Iterator

from ocm.sources import databases, notes
from ocm.sources.databases import Database, Row
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Unreadable, seconds, text
from ocm.sources.sample import Sample

NAME = "opencodememory"
VERSION = "1"
_TABLES = frozenset({"sessions", "session_files", "session_chunks"})
_SECTIONS = {
    "work_completed": "work_completed", "work_pending": "work_pending", "work_summary": "work", "decision": "decisions",
    "reference": "link", "plan_file": "", "diff_summary": "",
}  # fmt: skip
read = notes.read


def places() -> list[str]:
    """Return the database of the user."""
    return [os.path.join(os.path.expanduser("~"), ".openCodeMemory", "memory.db")]


def knows(sample: Sample) -> bool:
    """Return whether a file is a database of openCodeMemory 0.2, not the cache of a later version."""
    return sample.tables >= _TABLES and "meta" not in sample.tables


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the sessions in a database, or in those of a folder and of its store."""
    inner = os.path.join(path, ".openCodeMemory")
    for one in [*notes.files(path, (".db",)), *notes.files(inner, (".db",))]:
        if knows(Sample(one)):
            with databases.opened(one, unread) as db:
                yield from _in_database(one, db, unread)


def _in_database(path: str, db: Database, unread: Unreadable) -> Iterator[Head]:
    for row in db.rows("sessions", "started_at"):
        found = notes.head(NAME, text(row, "id"), path, text(row, "project"), _noted(db, row, unread))
        found.tool = text(row, "tool")
        yield found


def _noted(db: Database, session: Row, unread: Unreadable) -> Iterator[Note]:
    name, start = text(session, "id"), seconds(session.get("started_at"))
    yield Note("title", text(session, "slug").replace("-", " "))
    yield Note("prompt", text(session, "goal"), start, "sessions")
    for row in db.rows("session_chunks", "id", session_id=name):
        kind, said = text(row, "chunk_type"), text(row, "content")
        if kind not in _SECTIONS:
            unread.note(f"chunk {kind}")
        section = _SECTIONS.get(kind, "work")
        said = text(databases.parsed(said), "url") if section == "link" else said
        if section:
            yield Note(section, said, seconds(row.get("created_at")), f"session_chunks.{row.get('id')}")
    for row in db.rows("session_files", session_id=name):
        yield Note("edited", text(row, "file_path"), start)
