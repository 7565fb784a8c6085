"""Conversations as the clients of other tools write them, for the tests of what imports them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocm.sources import registry
from ocm.sources.head import Head
from ocm.sources.json_lines import Unreadable
from ocm.sources.story import Story

SESSION = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
CWD = "/home/dev/proj"
HISTORIES = Path(__file__).parent / "histories"
SHOP = "/home/dev/shop"  # where those were recorded


@dataclass
class Claude:
    """A conversation of Claude Code, record by record; a minute passes with each."""

    session: str = SESSION
    cwd: str = CWD
    version: str = "2.1.300"
    lines: list[str] = field(default_factory=list)
    minute: int = 0

    def record(self, kind: str, **fields: Any) -> Claude:
        """Add a record as the client envelopes it."""
        self.minute += 1
        at = f"2026-03-0{1 + self.minute // 1440}T{self.minute // 60 % 24:02}:{self.minute % 60:02}:00.000Z"
        envelope = {
            "parentUuid": None, "isSidechain": False, "type": kind, "uuid": f"{self.session[:8]}-{self.minute}",
            "timestamp": at, "cwd": self.cwd, "sessionId": self.session, "version": self.version, "gitBranch": "main",
        }  # fmt: skip
        self.lines.append(json.dumps({**envelope, **fields}))
        return self

    def bare(self, **fields: Any) -> Claude:
        """Add a record without an envelope."""
        self.lines.append(json.dumps({"sessionId": self.session, **fields}))
        return self

    def prompt(self, text: Any, **fields: Any) -> Claude:
        """Add what a person typed."""
        return self.record("user", message={"role": "user", "content": text}, **fields)

    def says(self, text: str, **fields: Any) -> Claude:
        """Add what the model said."""
        content = [{"type": "text", "text": text}]
        return self.record("assistant", message={"model": "claude-opus-5", "content": content}, **fields)

    def calls(self, name: str, given: dict[str, Any], result: Any, **fields: Any) -> Claude:
        """Add a call of a tool and what it returned; `failed` marks an error."""
        failed = fields.pop("failed", False)
        told = fields.pop("told", "done")
        call = f"toolu_{self.minute}"
        block = {"type": "tool_use", "id": call, "name": name, "input": given}
        self.record("assistant", message={"model": "claude-opus-5", "content": [block]}, **fields)
        back = {"type": "tool_result", "tool_use_id": call, "content": told, "is_error": failed}
        return self.record("user", message={"role": "user", "content": [back]}, toolUseResult=result, **fields)

    def edits(self, path: str, old: str, new: str, **fields: Any) -> Claude:
        """Add an edit that replaced one line."""
        patch = [{"oldStart": 1, "newStart": 1, "lines": [" before", f"-{old}", f"+{new}", " after"]}]
        return self.calls("Edit", {"file_path": path}, {"filePath": path, "structuredPatch": patch}, **fields)

    def writes(self, path: str, content: str, **fields: Any) -> Claude:
        """Add a new file."""
        result = {"type": "create", "filePath": path, "content": content, "structuredPatch": []}
        return self.calls("Write", {"file_path": path, "content": content}, result, **fields)

    def runs(self, command: str, output: str = "", *, failed: bool = False, **fields: Any) -> Claude:
        """Add a shell command."""
        result: Any = (
            f"Error: Exit code 1\n{output}" if failed else {"stdout": output, "stderr": "", "interrupted": False}
        )
        return self.calls("Bash", {"command": command}, result, failed=failed, told=f"Exit code 1\n{output}", **fields)

    def put(self, folder: Path, name: str = "", tail: str = "") -> Path:
        """Write the conversation where the client would, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (name or f"{self.session}.jsonl")
        path.write_text("".join(line + "\n" for line in self.lines) + tail, encoding="utf-8")
        return path


def story(cwd: str = CWD) -> Story:
    """Return a story that nothing was told to yet, of a project at `cwd`."""
    return Story(clean=lambda text: text, inside=lambda path: path.removeprefix(cwd + "/"))


def told(path: Path | str, cwd: str = CWD) -> tuple[Head, Story]:
    """Return the one conversation at a path, read."""
    (head,) = registry.heads(str(path), Unreadable())
    heard = story(cwd)
    registry.read(head, heard)
    return head, heard


def small_change(project: str = CWD, session: str = SESSION) -> Claude:
    """Return a conversation in which one line was changed and committed."""
    one = Claude(session, project)
    one.prompt("Make the greeting friendlier")
    one.edits(os.path.join(project, "greet.py"), 'print("Hi there, user")', 'print("Good morning, dear user")')
    one.runs("git commit -am 'Greet warmly'", "[main abc1234] Greet warmly\n 1 file changed")
    return one.says("The greeting is friendlier now.")
