"""Small builders: a repository, a store in it, the payloads of a host, and hooks run through the real code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ocm.base.model import Session
from ocm.hook import main
from ocm.markdown import parse
from ocm.sessions import checkpoints
from ocm.store import gate, journal, trust
from ocm.store.paths import STORE, Store

EDIT = {"tool_name": "Edit"}
CHECKPOINT_TOOL = "mcp__opencodememory__ocm__checkpoint"
AGENT = {"agent_id": "aef4cb268e90f1870", "agent_type": "general-purpose"}
_EVENT_NAMES = {
    "session-start": "SessionStart",
    "user-prompt": "UserPromptSubmit",
    "pre-tool-use": "PreToolUse",
    "post-tool-use": "PostToolUse",
    "pre-compact": "PreCompact",
    "stop": "Stop",
    "session-end": "SessionEnd",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    """Make a git repository of one file and one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--template=")
    (folder / "a.py").write_text("one\n", encoding="utf-8")
    commit(folder)
    return folder


def commit(folder: Path, message: str = "change") -> str:
    """Commit all that is there and return the commit's id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def payload(event: str, session_id: str = "S", **fields: Any) -> dict[str, Any]:
    """Return what Claude Code sends for `event`."""
    return {"session_id": session_id, "hook_event_name": _EVENT_NAMES.get(event, event), **fields}


class Ahead(NamedTuple):
    """A clock that is some seconds ahead, for a module that takes the time from `datetime`."""

    seconds: int

    def now(self) -> datetime:
        """Return the time, as `datetime.now` does."""
        return datetime.now() + timedelta(seconds=self.seconds)  # noqa: DTZ005 - as the program asks


@dataclass
class Project:
    """A project with a store, and what a host and an assistant do in it."""

    root: Path
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(str(self.root / STORE), str(self.root))
        os.makedirs(self.store.sessions, mode=0o700)
        trust.note(self.store.path, trust.ACCEPTED)
        if (self.root / ".git").is_dir():
            exclude = self.root / ".git" / "info" / "exclude"
            exclude.parent.mkdir(exist_ok=True)
            exclude.write_text(STORE + "\n", encoding="utf-8")

    def hook(self, event: str, *options: str, session_id: str = "S", **fields: Any) -> dict[str, Any]:
        """Run one hook in this process and return its reply, empty when it has none."""
        data = json.dumps(payload(event, session_id, **{"cwd": str(self.root), **fields}))
        answer, _ = main.run([event, "--tool", "claude-code", *options], data.encode(), [])
        reply: dict[str, Any] = json.loads(answer) if answer else {}
        return reply

    def answer(self, host: str, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Run one hook of any host in this process and return its reply, empty when it has none."""
        answer, _ = main.run([event, "--tool", host], json.dumps(payload).encode(), [])
        reply: dict[str, Any] = json.loads(answer) if answer else {}
        return reply

    def calls(self, count: int, session_id: str = "S", **fields: Any) -> dict[str, Any]:
        """Let the assistant make `count` calls that only read, and return the last reply."""
        reply: dict[str, Any] = {}
        for _ in range(count):
            reply = self.hook("post-tool-use", session_id=session_id, **{"tool_name": "Read", **fields})
        return reply

    def changes(self, count: int, session_id: str = "S", **fields: Any) -> dict[str, Any]:
        """Let the assistant make `count` calls that may change something, and return the last reply."""
        return self.calls(count, session_id, **{"tool_name": "mcp__other__act", **fields})

    def edited(self, path: str, session_id: str = "S", kind: str = "update", **fields: Any) -> dict[str, Any]:
        """Tell of an edit by the `Write` tool."""
        edit = {"tool_name": "Write", "tool_input": {"file_path": path}, "tool_response": {"type": kind}}
        return self.hook("post-tool-use", session_id=session_id, **{**edit, **fields})

    def denied(self, tool: str = "Edit", session_id: str = "S", **fields: Any) -> str:
        """Return why a call that is about to be made is denied, empty when it is not."""
        reply = self.hook("pre-tool-use", session_id=session_id, tool_name=tool, **fields)
        specific = reply.get("hookSpecificOutput", {})
        return str(specific["permissionDecisionReason"]) if specific.get("permissionDecision") == "deny" else ""

    def checkpoint(self, session_id: str = "S", **arguments: Any) -> dict[str, Any]:
        """Store a checkpoint."""
        return checkpoints.checkpoint(self.store, {"session_id": session_id, **arguments}, tool="test")

    def tally(self, session_id: str = "S") -> gate.Tally:
        """Count what the gate counts."""
        return gate.tally(self.store.path, session_id)

    def journals(self) -> list[str]:
        """Return the names of all journals, active and taken."""
        return sorted(name for name in os.listdir(self.store.path) if name.endswith(".jsonl"))

    def lines(self, session_id: str = "S") -> list[dict[str, Any]]:
        """Return the events that no checkpoint has taken yet."""
        return journal.read_events(self.store.path, session_id)

    def files(self) -> list[Path]:
        """Return the session files."""
        return sorted(Path(self.store.sessions).glob("*.md"))

    def file(self) -> Path:
        """Return the one session file there is."""
        (found,) = self.files()
        return found

    def session(self) -> Session:
        """Return what the one session file says."""
        return parse.parse(self.file().read_bytes().decode())

    def log(self) -> list[str]:
        """Return the lines of the hook's log."""
        path = Path(self.store.path) / "hook.log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def run_hook(
    folder: Path, event: str, data: bytes | dict[str, Any], *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the real `ocm-hook` in `folder`."""
    sent = data if isinstance(data, bytes) else json.dumps(data).encode()
    command = [script("ocm-hook"), event, "--tool", "claude-code", *options]
    env = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=folder, input=sent, capture_output=True, check=False, env=env)


def run_ocm(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the real `ocm` in `folder`."""
    return subprocess.run(
        [script("ocm"), *arguments], cwd=folder, input=stdin, capture_output=True, check=False, text=True
    )


def script(name: str) -> str:
    """Return the path of a command that belongs to the running interpreter."""
    return str(Path(sys.executable).parent / name)
