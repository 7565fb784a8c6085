"""Runs the real Claude Code, headless, against a scripted model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .scripted_api import Exchange, Json, Lane, Script, ScriptedApi, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .network import Network

API_KEY = "sk-ant-not-a-key"
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_BUG_COMMAND": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_FEEDBACK_COMMAND": "1",
    "DISABLE_TELEMETRY": "1",
    "IS_SANDBOX": "1",
}
HEADLESS = ("--output-format", "stream-json", "--verbose", "--include-hook-events")
ALLOWED = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash")
TIME_LIMIT = 60


@dataclass(frozen=True)
class Run:
    """What one run of the client left behind."""

    exit_code: int
    events: list[Json]
    exchanges: list[Exchange]
    stderr: str

    @property
    def session_ids(self) -> list[str]:
        """The ids of the conversations of this run, in order, as the client names them."""
        named = (e["session_id"] for e in self.events if e["type"] == "system" and e["subtype"] == "init")
        return list(dict.fromkeys(named))

    @property
    def session_id(self) -> str:
        """The id of the only conversation of this run."""
        (only,) = self.session_ids
        return only

    @property
    def hooks(self) -> list[Json]:
        """What each hook answered, in order."""
        return [e for e in self.events if e["type"] == "system" and e["subtype"] == "hook_response"]

    @property
    def notices(self) -> list[str]:
        """What the client told the user beside the conversation, such as the message of a hook."""
        return [e["content"] for e in self.events if e["type"] == "system" and e["subtype"] == "informational"]


@dataclass
class Claude:
    """The client, in one project and one home."""

    binary: Path
    project: Path
    home: Path
    search_path: str
    network: Network
    variables: Mapping[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    pid: int = 0
    killed: bool = False

    def run(
        self, script: Script, *options: str, prompts: tuple[str, ...] = ("Go on.",), lanes: tuple[Lane, ...] = ()
    ) -> Run:
        """Run the client until it has answered every prompt, with this script for the main conversation."""
        model = ScriptedModel([*lanes, Lane(script)])
        with self.network.run(ScriptedApi, model) as api, tempfile.TemporaryFile() as stderr:
            with self.network.run(self.start, api.url, stderr.fileno(), options) as process:
                self.pid = process.pid
                events = list(converse(process, prompts))
            stderr.seek(0)
            run = Run(process.returncode, events, model.exchanges, stderr.read().decode())
        self.runs.append(run)
        for failure in model.failures:
            raise failure
        assert self.killed or run.exit_code != -signal.SIGKILL, f"the client took longer than {TIME_LIMIT} s"
        return run

    def environment(self) -> dict[str, str]:
        """Return an environment built from nothing, so that nothing of this machine's own gets in."""
        own = {
            "HOME": str(self.home),
            "PATH": self.search_path,
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
            "TERM": "dumb",
        }
        return own | dict(self.variables)

    def kill(self) -> None:
        """Kill the running client and all it has started."""
        self.killed = True
        os.killpg(self.pid, signal.SIGKILL)

    def start(self, url: str, stderr: int, options: tuple[str, ...]) -> subprocess.Popen[str]:
        """Start the client, with prompts to come on its standard input."""
        return subprocess.Popen(
            [self.binary, "-p", "--input-format", "stream-json", *HEADLESS, *ALLOWED, *options],
            cwd=self.project,
            env=self.environment() | QUIET | {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            start_new_session=True,
        )


def converse(process: subprocess.Popen[str], prompts: tuple[str, ...]) -> Iterator[Json]:
    """Give each prompt after the result of the one before, and yield every event the client prints."""
    assert process.stdin
    assert process.stdout
    watchdog = threading.Timer(TIME_LIMIT, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        waiting = list(prompts)
        give(process, waiting.pop(0))
        for line in process.stdout:
            event: Json = json.loads(line)
            yield event
            if event["type"] == "result" and waiting:
                give(process, waiting.pop(0))
            elif event["type"] == "result":
                process.stdin.close()
    finally:
        watchdog.cancel()


def give(process: subprocess.Popen[str], prompt: str) -> None:
    """Type one prompt."""
    assert process.stdin
    process.stdin.write(json.dumps({"type": "user", "message": {"role": "user", "content": prompt}}) + "\n")
    process.stdin.flush()
