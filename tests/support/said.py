"""A home with conversations of Claude Code and Codex in it, and questions about what was said in them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ocm.index import transcripts as index
from ocm.index.transcripts import Text
from ocm.sources import transcripts
from ocm.sources.transcripts import Answer, Wish
from tests.support.builders import Project
from tests.support.transcripts import Claude

FIRST = "aaaaaaaa-1111-4111-8111-111111111111"
SECOND = "bbbbbbbb-2222-4222-8222-222222222222"


@dataclass
class Talks:
    """Everything of one user: a home, a project, and the conversations in it."""

    tmp: Path
    project: Project
    notices: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, tmp: Path, monkeypatch: pytest.MonkeyPatch) -> Talks:
        """Make the home, empty but for a project without sessions."""
        home = tmp / "home"
        (tmp / "shop").mkdir(parents=True)
        home.mkdir()
        for name, value in (
            ("HOME", home), ("OCM_HOME", home / "ocm"), ("CLAUDE_CONFIG_DIR", home / "claude"),
            ("CODEX_HOME", home / "codex"), ("XDG_DATA_HOME", home / "data"),
        ):  # fmt: skip
            monkeypatch.setenv(name, str(value))
        return cls(tmp, Project(tmp / "shop"))

    @property
    def folder(self) -> Path:
        """Where Claude Code keeps the conversations of the project."""
        return self.tmp / "home" / "claude" / "projects" / "shop"

    @property
    def home(self) -> str:
        """The user store."""
        return str(self.tmp / "home" / "ocm")

    @property
    def cache(self) -> Path:
        """The cache."""
        return Path(index.path_in(self.home))

    def claude(self, session: str = FIRST, cwd: str = "") -> Claude:
        """Return a conversation that nobody has begun yet."""
        return Claude(session, cwd or str(self.project.root))

    def codex(self, *said: tuple[str, str], session: str = SECOND) -> Path:
        """Write a conversation of Codex, each text with its role; a role that is a number rolls back so many turns."""
        path = self.tmp / "home" / "codex" / "sessions" / "2026" / "03" / "01" / f"rollout-1-{session}.jsonl"
        lines: list[tuple[str, dict[str, Any]]] = [("session_meta", {"id": session, "cwd": str(self.project.root)})]
        for role, text in said:
            if role.isdigit():
                lines.append(("event_msg", {"type": "thread_rolled_back", "num_turns": int(role)}))
            else:
                lines.append(("response_item", {"type": "message", "role": role, "content": [{"text": text}]}))
        path.parent.mkdir(parents=True, exist_ok=True)
        records = (
            {"timestamp": f"2026-03-01T10:00:{n:02}.000Z", "type": kind, "payload": payload}
            for n, (kind, payload) in enumerate(lines)
        )
        path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        return path

    def ask(self, query: str, **wish: Any) -> Answer:
        """Ask what was said; what is noticed meanwhile is kept."""
        return transcripts.search(self.project.store, Wish(query, **wish), notice=self.notices.append)

    def found(self, query: str, **wish: Any) -> list[str]:
        """Return what was found, without marks."""
        return [row["snippet"].replace("**", "") for row in self.ask(query, **wish).rows]

    def held(self) -> list[tuple[str, list[Text]]]:
        """Return everything that the cache holds: each transcript, and what was said in it."""
        with index.reading(self.home) as cache:
            assert cache is not None
            rows = [(one._replace(id=0, stat=0), cache.texts(one.id)) for one in cache.transcripts()]
        return sorted((repr(one), [text._replace(transcript=0) for text in texts]) for one, texts in rows)

    def rebuilt(self) -> list[tuple[str, list[Text]]]:
        """Return the same after the cache was deleted and made again."""
        os.unlink(self.cache)
        self.ask("whatever", everywhere=True)
        return self.held()
