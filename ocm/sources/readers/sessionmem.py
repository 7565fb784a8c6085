"""sessionmem: `memories.db`, and what `sessionmem export` writes: one text a memory, of a kind, by the host's session.

A project is its folder's name and eight digits of a hash. A memory that has expired is not told as in force.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator

from ocm.sources import databases, notes
from ocm.sources.databases import parsed
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Record, Unreadable, parts, seconds, text
from ocm.sources.sample import Sample

NAME = "sessionmem"
VERSION = "1"
_COLUMNS = ("kind", "content")
_KINDS = {"decision": "decisions", "warning": "problems", "fact": "work", "preference": "work", "summary": "work"}
_HASH = re.compile(r"[-_.:][0-9a-f]{8}")
read = notes.read


def places() -> list[str]:
    """Return the database of the user."""
    moved = os.environ.get("SESSIONMEM_DB_PATH")
    path = moved or os.path.join(os.path.expanduser("~"), ".sessionmem", "memories.db")
    return [path] if os.path.isabs(path) else []


def knows(sample: Sample) -> bool:
    """Return whether a file is a database of sessionmem, or an export."""
    if sample.tables >= {"memories", "session_events"}:
        return True
    return any(
        all(text(one, name) for name in _COLUMNS) and ("sessionId" in one or "session_id" in one)
        for one in _exported(sample)
    )


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a database or an export, or in those of a folder."""
    for one in notes.files(path, (".db", ".json")):
        sample = Sample(one)
        if not knows(sample):
            continue
        if not sample.tables:
            yield from _grouped(one, _exported(sample), unread)
            continue
        with databases.opened(one, unread) as db:
            yield from _grouped(one, db.rows("memories", "created_at"), unread)


def _exported(sample: Sample) -> list[Record]:
    tree = {"memories": sample.document} if isinstance(sample.document, list) else sample.document
    return parts(tree, "memories")


def _grouped(path: str, rows: Iterable[Record], unread: Unreadable) -> Iterator[Head]:
    sessions: dict[tuple[str, str, str], list[Note]] = {}
    for row in rows:
        project = _either(row, "project_id", "projectId")
        key = (
            _either(row, "session_id", "sessionId"),
            _HASH.sub("", project),
            _either(row, "source_adapter", "sourceAdapter"),
        )
        sessions.setdefault(key, []).extend(_noted(row, unread))
    for (name, project, tool), held in sessions.items():
        found = notes.head(NAME, name, path, project, held)
        found.tool = tool
        yield found


def _noted(row: Record, unread: Unreadable) -> Iterator[Note]:
    kind, at = text(row, "kind"), seconds(_either(row, "created_at", "createdAt"))
    if kind not in _KINDS:
        unread.note(f"memory {kind}")
    expires = seconds(_either(row, "expires_at", "expiresAt"))
    is_over = bool(expires) and expires <= time.time()
    yield Note(
        _KINDS.get(kind, "work"), text(row, "content"), at, f"memories.{text(row, 'id')}".replace(" ", ""), is_over
    )
    tags = row.get("tags")
    listed = tags if isinstance(tags, list) else parsed(tags)
    yield from (Note("tag", one) for one in listed if isinstance(one, str))


def _either(row: Record, *names: str) -> str:
    return next((found for name in names if (found := text(row, name))), "")
