"""claude-mem: `claude-mem.db`, with what its own model noted of each conversation, by the host's id.

A project is known by its folder's name alone. What a tool was called with, and its queues, are left.
"""

import os
from collections.abc import Iterator

from ocm.sources import databases, notes
from ocm.sources.databases import Database, Row, parsed
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Unreadable, seconds, text
from ocm.sources.sample import Sample

NAME = "claude-mem"
VERSION = "1"
_TABLES = frozenset({"sdk_sessions", "observations", "session_summaries"})
_KINDS = {"decision": "decisions", "bugfix": "work", "feature": "work", "refactor": "work", "change": "work"}
_LEFT = frozenset({"discovery"})  # what was found out while reading: kept as work
_TOOLS = {"claude": "claude-code", "": "claude-code", "codex": "codex", "gemini": "gemini-cli", "cursor": "cursor"}
read = notes.read


def places() -> list[str]:
    """Return the database of the user."""
    moved = os.environ.get("CLAUDE_MEM_DATA_DIR") or os.path.join(os.path.expanduser("~"), ".claude-mem")
    return [os.path.join(moved, "claude-mem.db")] if os.path.isabs(moved) else []


def knows(sample: Sample) -> bool:
    """Return whether a file is a database of claude-mem."""
    return sample.tables >= _TABLES


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a database, or in those of a folder."""
    for one in notes.files(path, (".db",)):
        if knows(Sample(one)):
            with databases.opened(one, unread) as db:
                yield from _in_database(one, db, unread)


def _in_database(path: str, db: Database, unread: Unreadable) -> Iterator[Head]:
    for session in db.rows("sdk_sessions", "started_at_epoch"):
        name, memory = text(session, "content_session_id"), text(session, "memory_session_id")
        tool = _TOOLS.get(text(session, "platform_source"), text(session, "platform_source"))
        held = [*_prompts(db, session, name), *(_noted(db, memory, unread) if memory else ())]
        found = notes.head(NAME, name, path, text(session, "project"), held)
        found.tool = tool
        yield found


def _prompts(db: Database, session: Row, name: str) -> Iterator[Note]:
    yield Note("title", text(session, "custom_title"))
    asked = [
        Note("prompt", text(row, "prompt_text"), _at(row), f"user_prompts.{row.get('id')}")
        for row in db.rows("user_prompts", "prompt_number", content_session_id=name)
    ]
    first = seconds(session.get("started_at_epoch"))
    yield from asked or [Note("prompt", text(session, "user_prompt"), first, f"sdk_sessions.{session.get('id')}")]


def _noted(db: Database, memory: str, unread: Unreadable) -> Iterator[Note]:
    for row in db.rows("observations", "created_at_epoch", memory_session_id=memory):
        place, kind = f"observations.{row.get('id')}", text(row, "type")
        if kind not in _KINDS and kind not in _LEFT:
            unread.note(f"observation {kind}")
        said = notes.joined(text(row, "title"), text(row, "narrative") or text(row, "text") or text(row, "subtitle"))
        yield Note(_KINDS.get(kind, "work"), said, _at(row), place)
        yield from (Note("tag", one) for one in _listed(row, "concepts"))
        yield from (Note("edited", one, _at(row)) for one in _listed(row, "files_modified"))
    summaries = list(db.rows("session_summaries", "created_at_epoch", memory_session_id=memory))
    for number, row in enumerate(summaries, 1):
        place = f"session_summaries.{row.get('id')}"
        yield Note("work", text(row, "learned"), _at(row), place)
        yield Note("work_completed", text(row, "completed"), _at(row), place)
        yield from (Note("edited", one, _at(row)) for one in _listed(row, "files_edited"))
        if number == len(summaries):
            yield Note("work_pending", text(row, "next_steps"), _at(row), place)


def _at(row: Row) -> float:
    return seconds(row.get("created_at_epoch")) or seconds(row.get("created_at"))


def _listed(row: Row, column: str) -> list[str]:
    found = parsed(row.get(column))
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
