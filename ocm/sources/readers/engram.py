"""engram: `engram.db`, and what `engram export` writes: observations of a kind, prompts and summaries by session.

What another observation supersedes by its own judgement is not told as in force; what was deleted is not told at all,
nor is what an observation calls personal.
"""

import os
from collections.abc import Iterable, Iterator

from ocm.sources import databases, notes
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Record, Unreadable, parts, seconds, text
from ocm.sources.sample import Sample

NAME = "engram"
VERSION = "1"
_NAMES = ("sessions", "observations", "user_prompts", "memory_relations")
_TABLES = frozenset(_NAMES[:3])
_KINDS = {
    "decision": "decisions", "architecture": "decisions", "bugfix": "work", "pattern": "work", "config": "work",
    "discovery": "work", "learning": "work", "session_summary": "work", "manual": "work", "preference": "work",
    "tool_use": "", "file_change": "", "command": "", "file_read": "", "search": "", "passive": "work",
}  # fmt: skip
_Held = dict[str, list[Record]]
read = notes.read


def places() -> list[str]:
    """Return the database of the user."""
    moved = os.environ.get("ENGRAM_DATA_DIR") or os.path.join(os.path.expanduser("~"), ".engram")
    return [os.path.join(moved, "engram.db")] if os.path.isabs(moved) else []


def knows(sample: Sample) -> bool:
    """Return whether a file is a database of engram, or an export."""
    if sample.tables:
        return sample.tables >= _TABLES
    tree = sample.document
    return isinstance(tree, dict) and "observations" in tree and "sessions" in tree


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations in a database or an export, or in those of a folder."""
    for one in notes.files(path, (".db", ".json")):
        sample = Sample(one)
        if not knows(sample):
            continue
        if not sample.tables:
            prompts = parts(sample.document, "prompts") or parts(sample.document, "user_prompts")
            held = {name: parts(sample.document, name) for name in _NAMES}
            yield from _told(one, {**held, "user_prompts": prompts}, unread)
            continue
        with databases.opened(one, unread) as db:
            yield from _told(one, {name: list(db.rows(name)) for name in _NAMES}, unread)


def _told(path: str, held: _Held, unread: Unreadable) -> Iterator[Head]:
    over = {
        text(one, "target_id")
        for one in held["memory_relations"]
        if (one.get("relation"), one.get("judgment_status")) == ("supersedes", "judged")
    }
    known = {text(one, "id"): one for one in held["sessions"]}
    names = dict.fromkeys([*known, *(text(row, "session_id") for row in held["observations"])])
    for name in names:
        session = known.get(name, {})
        own = [row for row in held["observations"] if text(row, "session_id") == name]
        cwd = text(session, "directory") or next((p for row in (session, *own) if (p := text(row, "project"))), "")
        asked = [row for row in held["user_prompts"] if text(row, "session_id") == name]
        yield notes.head(NAME, name, path, cwd, [*_prompts(session, asked), *_noted(own, over, unread)])


def _prompts(session: Record, rows: Iterable[Record]) -> Iterator[Note]:
    yield Note("work", text(session, "summary"), seconds(session.get("ended_at")), "sessions")
    for row in rows:
        yield Note("prompt", text(row, "content"), seconds(row.get("created_at")), f"user_prompts.{row.get('id')}")


def _noted(rows: Iterable[Record], over: set[str], unread: Unreadable) -> Iterator[Note]:
    for row in rows:
        kind = text(row, "type")
        if kind not in _KINDS:
            unread.note(f"observation {kind}")
        section = _KINDS.get(kind, "work")
        if not section or row.get("deleted_at") or row.get("scope") == "personal":
            continue
        said = notes.joined(text(row, "title"), text(row, "content"))
        at = seconds(row.get("updated_at")) or seconds(row.get("created_at"))
        is_over = bool(text(row, "sync_id")) and text(row, "sync_id") in over
        yield Note(section, said, at, f"observations.{row.get('id')}", is_over)
        if text(row, "topic_key"):
            yield Note("tag", text(row, "topic_key"))
