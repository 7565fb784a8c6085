"""Sets of records and questions, given by path, and the real session files that records become.

A set is a folder with `records.jsonl` (`id`, `date`, `title`, `sections`, `files`) and one or more `queries*.jsonl`
(`qid`, `text`, `relevant`). Nothing of a set is part of this project.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocm.base.model import FileChange, Session, WorkEntry, slugify
from ocm.markdown import render
from ocm.store.paths import STORE, Store

_BULLET = re.compile(r"^[-*] ", re.MULTILINE)
_LISTS = {"decisions": "decisions", "problems": "problems", "next_steps": "work_pending"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What is asked, and which records answer it."""

    qid: str
    text: str
    relevant: tuple[str, ...]


@dataclass(frozen=True)
class RecordSet:
    """Records and the questions about them, by the name of their file."""

    name: str
    records: list[Record]
    questions: dict[str, list[Question]]


def load(folder: Path) -> RecordSet:
    """Read a set."""
    questions = {}
    for path in sorted(folder.glob("queries*.jsonl")):
        asked = [Question(str(one["qid"]), str(one["text"]), tuple(one["relevant"])) for one in _lines(path)]
        questions[folder.name + path.stem.removeprefix("queries")] = asked
    return RecordSet(folder.name, _lines(folder / "records.jsonl"), questions)


def _lines(path: Path) -> list[Record]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def build(root: Path, records: list[Record]) -> Store:
    """Write a session file for every record, as a checkpoint would have left it."""
    store = Store(str(root / STORE), str(root))
    os.makedirs(store.sessions)
    for number, record in enumerate(records):
        path = Path(store.sessions) / f"{record['date']}_12-00_agent_{slugify(record['id'], 40)}-{number}.md"
        path.write_bytes(text_of(record).encode())
    return store


def text_of(record: Record, when: str = "") -> str:
    """Return the session file of a record; what no known section takes is a section of its own."""
    text = render.render(session_of(record, when))
    for name, content in record["sections"].items():
        if name not in {"goal", "work", *_LISTS} and content.strip():
            lines = "\n".join("    " + line if line.strip() else "" for line in content.split("\n"))
            text += f"\n## {name.replace('_', ' ').capitalize()}\n\n{lines}\n"
    return text


def session_of(record: Record, when: str = "") -> Session:
    """Return the session that a record says."""
    sections = {name: _readable(text) for name, text in record["sections"].items()}
    when = when or f"{record['date']}T12:00:00+00:00"
    work = _items(sections.get("work", ""))
    found = Session(
        record["id"],
        title=" ".join(_readable(record["title"]).split()),
        tool="agent",
        status="closed",
        started_at=when,
        updated_at=when,
        goal=sections.get("goal", "").strip(),
        files=[FileChange(path, "modified") for path in dict.fromkeys(record["files"])],
        work=[WorkEntry(f"{record['date']} 12:00", work)] if work else [],
    )
    for name, field in _LISTS.items():
        setattr(found, field, _items(sections.get(name, "")))
    return found


def _readable(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)


def _items(text: str) -> list[str]:
    """Return the items of a list; text that is none is one item."""
    text = text.strip()
    parts = _BULLET.split(text) if text[:2] in {"- ", "* "} else [text]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))
