"""Small databases of other memories, made after their published schemas."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ocm.sources import registry
from ocm.sources.head import Head
from ocm.sources.json_lines import Unreadable
from ocm.sources.story import Story
from tests.support.transcripts import story

CLAUDE_MEM = """
CREATE TABLE sdk_sessions(id INTEGER PRIMARY KEY, content_session_id TEXT, memory_session_id TEXT, project TEXT,
  platform_source TEXT, user_prompt TEXT, custom_title TEXT, started_at TEXT, started_at_epoch INTEGER, status TEXT);
CREATE TABLE observations(id INTEGER PRIMARY KEY, memory_session_id TEXT, project TEXT, text TEXT, type TEXT, title TEXT,
  subtitle TEXT, facts TEXT, narrative TEXT, concepts TEXT, files_modified TEXT, created_at TEXT, created_at_epoch INTEGER);
CREATE TABLE session_summaries(id INTEGER PRIMARY KEY, memory_session_id TEXT, project TEXT, request TEXT, learned TEXT,
  completed TEXT, next_steps TEXT, files_edited TEXT, created_at TEXT, created_at_epoch INTEGER);
CREATE TABLE user_prompts(id INTEGER PRIMARY KEY, content_session_id TEXT, prompt_number INTEGER, prompt_text TEXT,
  created_at TEXT, created_at_epoch INTEGER);
"""
SESSIONMEM = """
CREATE TABLE session_events(id TEXT PRIMARY KEY, project_id TEXT);
CREATE TABLE memories(id TEXT PRIMARY KEY, project_id TEXT, session_id TEXT, source_adapter TEXT, kind TEXT, content TEXT,
  importance INTEGER, created_at TEXT, updated_at TEXT, tags TEXT, expires_at TEXT);
"""
ENGRAM = """
CREATE TABLE sessions(id TEXT PRIMARY KEY, project TEXT, directory TEXT, started_at TEXT, ended_at TEXT, summary TEXT);
CREATE TABLE observations(id INTEGER PRIMARY KEY, sync_id TEXT, session_id TEXT, type TEXT, title TEXT, content TEXT,
  project TEXT, scope TEXT, topic_key TEXT, created_at TEXT, updated_at TEXT, deleted_at TEXT);
CREATE TABLE user_prompts(id INTEGER PRIMARY KEY, session_id TEXT, content TEXT, project TEXT, created_at TEXT);
CREATE TABLE memory_relations(id INTEGER PRIMARY KEY, sync_id TEXT, source_id TEXT, target_id TEXT, relation TEXT,
  judgment_status TEXT);
"""
AT = 1_795_168_800  # 20 November 2026, 10:00 UTC


def database(path: Path, schema: str, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> Path:
    """Write a database with these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path)
    db.executescript(schema)
    for table, rows in tables.items():
        for row in rows:
            names = ", ".join(row)
            values = [json.dumps(one) if isinstance(one, list) else one for one in row.values()]
            db.execute(f"INSERT INTO {table}({names}) VALUES({', '.join('?' * len(values))})", values)
    db.commit()
    db.close()
    return path


def claude_mem(path: Path, project: str = "shop", session: str = "host-1") -> Path:
    """Write a database of claude-mem: one session with a decision, a bug, two summaries."""
    ms = AT * 1000
    return database(path, CLAUDE_MEM, {
        "sdk_sessions": [
            {"content_session_id": session, "memory_session_id": "m1", "project": project, "platform_source": "claude",
             "user_prompt": "Cart totals are off", "started_at_epoch": ms},
            {"content_session_id": "host-2", "project": "other", "platform_source": "windsurf", "user_prompt": "Elsewhere",
             "started_at_epoch": ms},
        ],
        "observations": [
            {"memory_session_id": "m1", "type": "decision", "title": "Decimal instead of float",
             "narrative": "A float cannot hold 0.10.", "concepts": ["trade-off", 7], "files_modified": ["cart.py"],
             "created_at_epoch": ms + 1000},
            {"memory_session_id": "m1", "type": "bugfix", "title": "Three dimes make 0.30", "created_at_epoch": ms + 2000},
            {"memory_session_id": "m1", "type": "hunch", "title": "It is late", "created_at": "2026-11-20T10:00:03Z"},
        ],
        "session_summaries": [
            {"memory_session_id": "m1", "completed": "Prices are Decimal", "next_steps": "Nothing yet",
             "files_edited": "no list", "created_at_epoch": ms + 3000},
            {"memory_session_id": "m1", "learned": "Floats lose cents", "completed": "Totals are exact",
             "next_steps": "Discount codes", "files_edited": ["total.py"], "created_at_epoch": ms + 4000},
        ],
        "user_prompts": [
            {"content_session_id": session, "prompt_number": 1, "prompt_text": "Cart totals are off by a cent.",
             "created_at_epoch": ms},
        ],
    })  # fmt: skip


def sessionmem(path: Path, project: str = "shop-0123abcd") -> Path:
    """Write a database of sessionmem: a decision, a warning that has expired, a kind of tomorrow."""
    base = {"project_id": project, "session_id": "sm-1", "source_adapter": "claude-code"}
    return database(path, SESSIONMEM, {
        "memories": [
            {**base, "id": "a", "kind": "decision", "content": "Prices are Decimal", "tags": ["money", 1],
             "created_at": "2026-11-20T10:00:00.000Z"},
            {**base, "id": "b", "kind": "warning", "content": "The old rate is wrong",
             "created_at": "2026-11-20T10:01:00.000Z", "expires_at": "2026-11-21T00:00:00.000Z"},
            {**base, "id": "c", "kind": "omen", "content": "A kind of tomorrow", "created_at": "2026-11-20T10:02:00.000Z"},
        ],
    })  # fmt: skip


def engram_rows(directory: str) -> dict[str, list[dict[str, Any]]]:
    """Return what engram keeps of one session, and of one that its sessions do not list."""
    base = {"session_id": "eg-1", "project": "shop", "scope": "project", "created_at": "2026-11-20 10:00:00"}
    return {
        "sessions": [{"id": "eg-1", "project": "shop", "directory": directory, "started_at": "2026-11-20 10:00:00",
                      "ended_at": "2026-11-20 11:00:00", "summary": "Prices were mended"}],
        "observations": [
            {**base, "id": 1, "sync_id": "o1", "type": "decision", "title": "Round each line", "content": "It is simple."},
            {**base, "id": 2, "sync_id": "o2", "type": "decision", "title": "Round at the end", "content": "A cent was lost.",
             "topic_key": "money/rounding", "updated_at": "2026-11-20 10:30:00"},
            {**base, "id": 3, "type": "bugfix", "title": "Gone", "content": "Deleted", "deleted_at": "2026-11-20 10:40:00"},
            {**base, "id": 4, "type": "manual", "title": "Mine", "content": "Private", "scope": "personal"},
            {**base, "id": 5, "type": "tool_use", "title": "bash", "content": "ls"},
            {**base, "id": 6, "type": "riddle", "title": "Riddle", "content": "Riddle"},
            {"id": 7, "session_id": "manual-save-shop", "type": "manual", "title": "Saved by hand", "content": "", "project": "shop",
             "created_at": "2026-11-20 12:00:00"},
        ],
        "user_prompts": [{"id": 1, "session_id": "eg-1", "content": "Mend the prices", "created_at": "2026-11-20 10:00:01"}],
        "memory_relations": [
            {"source_id": "o2", "target_id": "o1", "relation": "supersedes", "judgment_status": "judged"},
            {"source_id": "o1", "target_id": "o2", "relation": "supersedes", "judgment_status": "pending"},
        ],
    }  # fmt: skip


def engram(path: Path, directory: str) -> Path:
    """Write a database of engram."""
    return database(path, ENGRAM, engram_rows(directory))


def heads(path: Path | str) -> tuple[list[Head], dict[str, int]]:
    """Return the conversations that lie at a path, and what was passed over, counted."""
    unread = Unreadable()
    return list(registry.heads(str(path), unread)), unread.counts


def told(head: Head) -> Story:
    """Return what one conversation tells."""
    heard = story()
    registry.read(head, heard)
    return heard


def sections(heard: Story) -> list[tuple[str, str]]:
    """Return the notes of a story, each with its kind."""
    return [(note.kind, note.text) for note in heard.notes]
