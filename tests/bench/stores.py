"""Stores of many sessions, the same ones for both systems, made at once instead of by one checkpoint after another."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ocm.base.model import FileChange, Session, WorkEntry, slugify
from ocm.base.text import one_line
from ocm.markdown import parse, render

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHECKED = 20  # of the files written by the quick way below, so many are compared with what the product reads
_FRONT = "session_id slug tool project branch status started_at updated_at ended_at git_sha_start git_sha_end trigger"
_INSERT = {
    "sessions": "INSERT INTO sessions VALUES (?, ?, ?, ?, NULL, NULL, ?, NULL, ?, ?, ?, ?)",
    "files": "INSERT INTO session_files VALUES (?, ?, ?)",
    "chunks": "INSERT INTO session_chunks (session_id, chunk_type, content, created_at) VALUES (?, ?, ?, ?)",
    "words": "INSERT INTO sessions_fts VALUES (?, ?, ?, ?, ?, ?)",
}


def file_name(session: Session) -> str:
    """Name a session's file as its format is published."""
    moment = datetime.fromisoformat(session.started_at)
    return f"{moment:%Y-%m-%d_%H-%M}_{session.tool}_{session.slug or session.session_id[:8]}.md"


def write_ours(folder: Path, sessions: Iterable[Session]) -> int:
    """Write session files; returns how many bytes they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for number, session in enumerate(sessions):
        text = quick(session)
        if number < CHECKED and parse.parse(text) != session:
            raise ValueError(f"the benchmark writes what the product reads differently:\n{text}")
        data = text.encode()
        size += len(data)
        (folder / file_name(session)).write_bytes(data)
    return size


def quick(session: Session) -> str:
    """Return the file of a made-up session, ten times as fast as the product, which looks at all it writes again."""
    front = [f"{name}: {getattr(session, name) or 'null'}" for name in _FRONT.split()]
    lines = ["---", "ocm: 1", *front, f"title: {json.dumps(session.title)}", f"tags: {json.dumps(session.tags)}", "---"]
    lines += ["", f"# {session.title}", "", "## Goal", "", session.goal, "", "## Todos"]
    lines += _list("### Work Completed", [f"[x] {item}" for item in session.work_completed])
    lines += _list("### Work To Be Completed", [f"[ ] {item}" for item in session.work_pending])
    lines += ["", "## Files Touched"]
    for kind in ("created", "modified"):
        changes = [f"`{change.path}`" for change in session.files if change.change_type == kind]
        lines += _list(f"### {kind.capitalize()}", changes)
    lines += ["", "## Git Diff Summary", "", f"    {session.diff_summary}", "", "## Work Done"]
    for entry in session.work:
        lines += _list(f"### {entry.heading}", entry.items)
    lines += _list("## Architecture Decisions", session.decisions) + _list("## Problems", session.problems)
    lines += _list("## References", [f"[{link.title}]({link.url})" for link in session.references])
    return "\n".join([*lines, ""])


def _list(heading: str, items: list[str]) -> list[str]:
    return ["", heading, "", *("- " + item.replace("\n", "\n  ").replace("\n  \n", "\n\n") for item in items)]


def write_reference(database: Path, sessions: Iterable[Session]) -> None:
    """Put sessions into the reference's own database, as its checkpoints would."""
    with closing(sqlite3.connect(database)) as db, db:
        for session in sessions:
            _put_reference(db, session)


def _put_reference(db: sqlite3.Connection, session: Session) -> None:
    key, began = session.session_id, int(datetime.fromisoformat(session.started_at).timestamp())
    path = f"sessions/{file_name(session)}"
    row = (key, session.project, session.tool, began, session.git_sha_start, "open", path, session.goal, session.slug)
    db.execute(_INSERT["sessions"], row)
    db.executemany(_INSERT["files"], [(key, change.path, change.change_type) for change in session.files])
    chunks = {
        "work_completed": session.work_completed,
        "work_pending": session.work_pending,
        "work_summary": session.work_summary,
        "decision": session.decisions,
        "reference": [json.dumps({"url": link.url, "title": link.title}) for link in session.references],
        "diff_summary": [session.diff_summary],
    }
    db.executemany(_INSERT["chunks"], [(key, kind, item, began) for kind, items in chunks.items() for item in items])
    words = (
        " ".join([*session.work_completed, *session.work_pending]),
        " ".join(change.path for change in session.files),
        " ".join(session.decisions),
        " ".join(session.work_summary),
    )
    db.execute(_INSERT["words"], (key, session.goal, *words))


def records(path: Path) -> list[Session]:
    """Read a set of records, one JSON object a line, as sessions."""
    with path.open(encoding="utf-8") as lines:
        return [_from_record(json.loads(line)) for line in lines]


def _from_record(record: dict[str, Any]) -> Session:
    """Take each paragraph list or bullet list of a record's sections for items."""
    sections: dict[str, list[str]] = {name: _items(text) for name, text in record["sections"].items()}
    work = [*sections.get("work", []), *sections.get("prompts", [])]
    title = one_line(record["title"], 200)
    return Session(
        session_id=record["id"],
        title=title,
        slug=slugify(record["id"], 40),
        tool="claude-code",
        status="closed",
        started_at=f"{record['date']}T12:00:00+00:00",
        updated_at=f"{record['date']}T12:30:00+00:00",
        goal=record["sections"].get("goal", "").strip() or title,
        files=[FileChange(path, "modified") for path in dict.fromkeys(record["files"])],
        work=[WorkEntry(f"{record['date']} 12:30", work)] if work else [],
        work_pending=sections.get("next_steps", []),
        decisions=sections.get("decisions", []),
        problems=sections.get("problems", []),
    )


def _items(text: str) -> list[str]:
    items: list[str] = []
    for line in text.split("\n"):
        if line.startswith("- ") or not items:
            items.append(line.removeprefix("- "))
        else:
            items[-1] += "\n" + line
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def write_records(folder: Path, sessions: Iterable[Session]) -> int:
    """Write real sessions, whose text can be anything, as the product writes it; returns how many bytes that makes."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for session in sessions:
        data = render.render(session).encode()
        size += len(data)
        (folder / file_name(session)).write_bytes(data)
    return size
