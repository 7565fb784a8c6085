"""Writes a store in the present format: `python -m tests.formats`, once after the cache's `VERSION` was raised.

The others were written in the same way by the programs of their time, and are never written again.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ocm.index.file_format import VERSION
from tests.bench.sides import GIT

FOLDER = Path(__file__).parent
ROOT = "/home/ada/shop"
SESSION = "f0000001-aaaa-4aaa-8aaa-000000000001"
OTHER = "f0000002-bbbb-4bbb-8bbb-000000000002"
CHECKPOINTS = (
    (
        "--session-id", SESSION, "--slug", "retry-policy", "--tag", "net",
        "--goal", "A retry policy for the warehouse client, 再試行の方針",
        "--completed", "Five attempts in `fetch`", "--pending", "Show the outage on the shop page",
        "--summary", "Compared fixed waits with exponential ones",
        "--decision", "**Backoff:** waits grow as 2 ** attempt; a fixed wait hammered the server",
        "--problem", "**Flaky:** the server test fails at night",
    ),
    (
        "--session-id", OTHER, "--tool", "cursor", "--slug", "stock-page",
        "--goal", "The stock page says unknown, not zero", "--completed", "Shown as unknown",
    ),
)  # fmt: skip
NOTES = "\n## My own notes\n\nAsk the warehouse team about their limits.\n"
_OLD = "import time\n\nATTEMPTS = 3\n"
_NEW = "import time\n\nATTEMPTS = 5\n\n\ndef backoff(attempt: int) -> None:\n    time.sleep(2**attempt)\n"


class Shop:
    """A project with a repository, in which two assistants work."""

    def __init__(self, folder: Path) -> None:
        """Make it."""
        self.root = folder / "shop"
        self.source = self.root / "src" / "client.py"
        home = folder / "home"
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {
            **GIT,
            "PATH": path,
            "HOME": str(home),
            "OCM_HOME": str(home / ".openCodeMemory"),
            "LANG": "C.UTF-8",
        }
        home.mkdir()
        self.source.parent.mkdir(parents=True)
        self.source.write_text(_OLD, encoding="utf-8")
        (self.root / ".gitignore").write_text(".openCodeMemory/\n", encoding="utf-8")
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Shop"]):
            self.run("git", *words)
        self.run("ocm", "init", "--host", "claude-code", "--claude-hooks", "none")

    def run(self, *words: str, data: str = "") -> None:
        """Run a program in the project."""
        subprocess.run(
            words, cwd=self.root, env=self.environment, input=data, check=True, capture_output=True, encoding="utf-8"
        )

    def hook(self, event: str, name: str, **fields: Any) -> None:
        """Let the host report an event of the first session."""
        payload = {"session_id": SESSION, "cwd": str(self.root), "hook_event_name": name, **fields}
        self.run("ocm-hook", event, "--tool", "claude-code", data=json.dumps(payload))

    def call(self, tool: str, **given: str) -> None:
        """Let the host report a call."""
        self.hook("post-tool-use", "PostToolUse", tool_name=tool, tool_input=given, tool_response={})

    def work(self) -> None:
        """Hold both sessions; the first leaves a call in its journal, and a person writes into its file."""
        self.hook("session-start", "SessionStart", source="startup")
        self.source.write_text(_NEW, encoding="utf-8")
        self.call("Edit", file_path=str(self.source), old_string="3", new_string="5")
        self.call("Bash", command="pytest -q")
        self.run("ocm", "checkpoint", *CHECKPOINTS[0])
        self.run("git", "commit", "-qam", "Retry with backoff")
        self.run("ocm", "checkpoint", *CHECKPOINTS[1])
        self.call("Write", file_path=str(self.root / "src" / "left.py"), content="x")
        self.run("ocm", "search", "backoff")
        (written,) = (self.root / ".openCodeMemory" / "sessions").glob("*retry-policy.md")
        written.write_text(written.read_text(encoding="utf-8") + NOTES, encoding="utf-8")


def write(target: Path) -> None:
    """Write the store of such a project, with another root in its journals than the one it happened in."""
    with tempfile.TemporaryDirectory(prefix="ocm-format-") as name:
        shop = Shop(Path(name).resolve())
        shop.work()
        store = shop.root / ".openCodeMemory"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(store / "sessions", target / "sessions")
        for journal in store.glob("active_*.jsonl"):
            text = journal.read_text(encoding="utf-8").replace(str(shop.root), ROOT)
            (target / journal.name).write_text(text, encoding="utf-8", newline="\n")
        (target / "memory.db.gz").write_bytes(gzip.compress((store / "memory.db").read_bytes(), mtime=0))


if __name__ == "__main__":
    write(FOLDER / str(VERSION))
