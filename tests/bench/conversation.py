"""What ocm says to a model in a whole conversation, in tokens of four characters: counted, not timed.

A conversation with Claude Code of 24 calls in a project that has a past: read, searched, edited and tested as the
recorded ones were. Counted is all that the model is given of ocm: the rules, the names of the tools and the server's
words, the schema of the checkpoint once it is loaded, the brief, what hooks add, and what the checkpoints answer.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp_types import TextContent

from ocm.base import resources
from ocm.mcp.server import JournalServer, listed
from tests.bench.table import Row
from tests.support.builders import CHECKPOINT_TOOL, Project, commit, repository

if TYPE_CHECKING:
    from tests.bench.setting import Setting
    from tests.bench.table import Detail

DILIGENT, COPYING = 1_450, 1_650
PREFIX = CHECKPOINT_TOOL.removesuffix("ocm__checkpoint")
NAME = "src/client.py"
FOLDER = "/home/somebody/work/client"
ROUND = (
    ("Read", {"file_path": NAME}),
    ("Bash", {"command": "rg -n retries src"}),
    ("Edit", {"file_path": NAME, "old_string": "a", "new_string": "b"}),
    ("Bash", {"command": "python -m pytest -q tests"}),
)
WORDS: dict[str, Any] = {
    "goal": "A client that survives a slow server",
    "work_summary": ["Five attempts in fetch, tested against a server that fails twice"],
    "work_pending": ["Describe the retries in docs/client.md"],
    "decisions": ["**Backoff:** fetch waits 2 ** attempt seconds; a fixed wait hammered the server"],
}


class Conversation:
    """One conversation, and what ocm said in it, by what it was."""

    def __init__(self, project: Project, *, copies: bool) -> None:
        """Begin in `project`; a model that `copies` sends what a denial offers, and nothing of its own accord."""
        self.project = project
        self.copies = copies
        self.said: Counter[str] = Counter()
        self.server = JournalServer(str(project.root))
        self.due = False
        self.calls = 0

    def hear(self, what: str, text: str) -> str:
        """Count what the model is given, as in a folder with a name of common length."""
        self.said[what] += len(text.replace(str(self.project.root), FOLDER))
        return text

    def play(self, calls: int) -> Counter[str]:
        """Play so many calls, and return the tokens of each kind."""
        self.begin()
        while self.calls < calls:
            name, given = ROUND[self.calls % len(ROUND)]
            self.act(name, given)
            if self.due and not self.copies:
                self.checkpoint(WORDS)
        return Counter({what: round(count / 4) for what, count in self.said.items()})

    def begin(self) -> None:
        """Let the client start: what every conversation is given."""
        self.hear("rules", resources.read("rules", "claude-code.md"))
        tools = listed()
        names = "".join(f"{PREFIX}{tool.name}\n" for tool in tools)
        self.hear("names and server", names + str(self.server.instructions))
        started = self.project.hook("session-start", source="startup")
        self.hear("brief", context(started))
        self.hear("prompt", context(self.project.hook("user-prompt", prompt="Go on with the client.")))

    def act(self, name: str, given: dict[str, Any]) -> None:
        """Make one call, again after a checkpoint where it is held back."""
        self.calls += 1
        use: dict[str, Any] = {"tool_name": name, "tool_input": given, "tool_use_id": f"toolu_{self.calls}"}
        reply = self.project.hook("pre-tool-use", **use).get("hookSpecificOutput", {})
        if reply.get("permissionDecision") == "deny":
            offered = self.hear("denials", reply["permissionDecisionReason"])
            self.checkpoint(json.JSONDecoder().raw_decode(offered[offered.index("{") :])[0])
        if name == "Edit":
            (self.project.root / NAME).write_text(f"attempts = {self.calls}\n", encoding="utf-8")
        answer = context(self.project.hook("post-tool-use", **use, tool_response={}))
        self.due = self.due or bool(self.hear("reminders", answer))

    def checkpoint(self, words: dict[str, Any]) -> None:
        """Call the checkpoint as a client does, its schema loaded the first time."""
        tool = next(tool for tool in listed() if CHECKPOINT_TOOL.endswith(tool.name))
        if not self.said["schema"]:
            shown = {"name": CHECKPOINT_TOOL, "description": tool.description, "parameters": tool.input_schema}
            self.hear("schema", json.dumps(shown, separators=(",", ":"), ensure_ascii=False))
        use: dict[str, Any] = {
            "tool_name": CHECKPOINT_TOOL,
            "tool_input": words,
            "tool_use_id": f"toolu_c{self.said['results']}",
        }
        filled = self.project.hook("pre-tool-use", **use)["hookSpecificOutput"]["updatedInput"]
        done = anyio.run(self.server.call_tool, tool.name, filled)
        self.hear("results", "".join(part.text for part in done.content if isinstance(part, TextContent)))
        self.project.hook("post-tool-use", **use, tool_response={})
        self.due = False


def context(reply: dict[str, Any]) -> str:
    """Return what a hook gives to the model."""
    return str(reply.get("hookSpecificOutput", {}).get("additionalContext", ""))


def tokens(folder: Path, *, copies: bool, calls: int = 24) -> Counter[str]:
    """Return what one conversation costs, in a project that an earlier one worked in."""
    project = Project(repository(folder / "project"))
    (project.root / "src").mkdir()
    (project.root / NAME).write_text("attempts = 0\n", encoding="utf-8")
    project.hook("session-start", session_id="before", source="startup")
    project.edited(str(project.root / NAME), session_id="before", kind="create")
    project.checkpoint("before", title="Retries in the client", **WORDS, work_completed=["Five attempts in fetch"])
    commit(project.root, "Retries")  # its session saw it: one that comes later costs a line more, by the second it has
    project.hook("session-end", session_id="before", reason="other")
    return Conversation(project, copies=copies).play(calls)


def conversation(_: Setting) -> list[Row | Detail]:
    """Count both."""
    rows: list[Row | Detail] = []
    for what, copies, limit in (("is diligent", False, DILIGENT), ("copies what denials offer", True, COPYING)):
        with tempfile.TemporaryDirectory(prefix="ocm-bench-") as name:
            said = tokens(Path(name), copies=copies)
        parts = ", ".join(f"{kind} {count:,}" for kind, count in said.items() if count)
        title = f"a conversation of 24 calls whose model {what}, all that ocm says, characters / 4"
        rows.append(Row(title, said.total(), limit, 1, f"{said.total():,}", parts, least=1, unit=" tokens"))
    return rows
