"""What the driver finds out, in one vocabulary for both systems."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def crashed(self) -> bool:
        """Whether a traceback reached the user."""
        return "Traceback (most recent call last)" in self.out + self.err

    def must_work(self) -> Done:
        """Return itself, or fail the test with what the command said."""
        assert self.exit == 0, f"exit {self.exit}: {self.err[-800:]}{self.out[-800:]}"
        return self


@dataclass(frozen=True)
class HookReply:
    """What a hook told its host."""

    exit: int
    out: str
    err: str

    @property
    def reply(self) -> dict[str, Any]:
        """The JSON object on stdout, empty if there is none."""
        try:
            answer = json.loads(self.out)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}

    @property
    def specific(self) -> dict[str, Any]:
        """The part of the answer that the host gives to the model."""
        answer: dict[str, Any] = self.reply.get("hookSpecificOutput", {})
        return answer

    @property
    def denied(self) -> bool:
        """Whether the host would stop the call, in any dialect."""
        return self.exit == 2 or self.specific.get("permissionDecision") == "deny"

    @property
    def context(self) -> str:
        """The text added to the conversation, in any dialect."""
        return str(self.specific.get("additionalContext") or self.reply.get("additionalContext") or "")

    @property
    def crashed(self) -> bool:
        """Whether the hook died of an error of its own."""
        return self.exit not in (0, 2) or "Traceback" in self.err or "error:" in self.err


@dataclass(frozen=True)
class Listed:
    """A session as the list shows it."""

    session_id: str
    tool: str
    status: str


@dataclass(frozen=True)
class Hit:
    """A search hit."""

    session_id: str
    rank: int


@dataclass(frozen=True)
class Seed:
    """A session that is simply there when the test begins."""

    session_id: str
    goal: str
    tool: str = "claude-code"
    summary: tuple[str, ...] = ()


@dataclass
class Facts:
    """What the system knows of one session."""

    session_id: str
    goal: str
    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    files: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    work_completed: list[str] = field(default_factory=list)
    work_pending: list[str] = field(default_factory=list)
    work_summary: list[str] = field(default_factory=list)
