"""What the tests may do to a system: real commands, real hooks, a real server; one vocabulary for both systems."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from .values import Done, HookReply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .mcp_client import Mcp
    from .values import Facts, Hit, Listed, Seed
    from .world import World

T = TypeVar("T")

COMMAND_TIMEOUT = 90
CHECKPOINT_TOOL = "mcp__opencodememory__ocm__checkpoint"
SEARCH_TOOL = "mcp__opencodememory__ocm__search_sessions"
HOST_EVENTS = {
    "session-start": "SessionStart",
    "user-prompt": "UserPromptSubmit",
    "pre-tool-use": "PreToolUse",
    "post-tool-use": "PostToolUse",
    "file-edited": "PostToolUse",
    "stop": "Stop",
    "session-end": "SessionEnd",
}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "claude-code", "version": "1.0"},
    },
}


def together(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run the jobs at the same moment, and return their results in order."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        start.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


class System(ABC):
    """One system under test, installed in one world."""

    def __init__(self, world: World, bin_dir: Path) -> None:
        """Aim at the commands in a directory."""
        self.world = world
        self.bin_dir = bin_dir
        self.hook_environment: dict[str, str] = {}
        self.prefix: list[str] = []
        self.serving: Path = world.project

    # Processes

    def command(self, name: str) -> str:
        """Find one of the system's commands."""
        found = shutil.which(name, path=str(self.bin_dir))
        assert found is not None, f"{name} is not installed in {self.bin_dir}"
        return found

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        stdin: str | bytes = "",
        environment: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command in this world."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        started = time.monotonic()
        done = subprocess.run(
            [*self.prefix, *command],
            cwd=cwd or self.world.project,
            env=self.world.environment | dict(environment or {}),
            input=given,
            capture_output=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
        took = time.monotonic() - started
        out, err = (text.decode("utf-8", "backslashreplace") for text in (done.stdout, done.stderr))
        return Done(done.returncode, out, err, took)

    def ocm(self, *arguments: str, cwd: Path | None = None, stdin: str | bytes = "") -> Done:
        """Run `ocm`."""
        return self.run([self.command("ocm"), *arguments], cwd=cwd, stdin=stdin)

    def start_ocm(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `ocm` and do not wait for it."""
        command = [*self.prefix, self.command("ocm"), *arguments]
        quiet = subprocess.DEVNULL
        environment = self.world.environment
        return subprocess.Popen(command, cwd=self.world.project, env=environment, stdout=quiet, stderr=quiet)

    # The host's side

    def hook(
        self, event: str, session: str, *, cwd: Path | None = None, threshold: int | None = None, **fields: object
    ) -> HookReply:
        """Let the host fire an event, with the fields that its payload has."""
        where = cwd or self.world.project
        payload = {
            "session_id": session,
            "transcript_path": str(self.world.home / "transcript.jsonl"),
            "cwd": str(where),
            "hook_event_name": HOST_EVENTS[event],
            "permission_mode": "default",
        }
        return self.raw_hook(event, json.dumps(payload | fields), cwd=where, threshold=threshold)

    def raw_hook(
        self, event: str, stdin: str | bytes, *, cwd: Path | None = None, threshold: int | None = None
    ) -> HookReply:
        """Fire an event with exactly these bytes on its standard input."""
        command = self.hook_command(event, threshold)
        done = self.run(command, cwd=cwd, stdin=stdin, environment=self.hook_environment)
        return HookReply(done.exit, done.out, done.err)

    def before(self, session: str, tool: str, *, cwd: Path | None = None, **tool_input: object) -> HookReply:
        """Fire the event before a tool call."""
        fields: dict[str, Any] = {"tool_name": tool, "tool_input": tool_input, "tool_use_id": "toolu_1"}
        return self.hook("pre-tool-use", session, cwd=cwd, **fields)

    def after(self, session: str, tool: str, *, cwd: Path | None = None, **tool_input: object) -> HookReply:
        """Fire the event after a tool call that succeeded."""
        return self.answered(session, tool, tool_input, {"type": "text"}, cwd=cwd)

    def answered(
        self, session: str, tool: str, tool_input: object, tool_response: object, *, cwd: Path | None = None
    ) -> HookReply:
        """Fire the event after a tool call, with what the tool answered."""
        fields: dict[str, Any] = {"tool_name": tool, "tool_input": tool_input, "tool_response": tool_response}
        return self.hook("post-tool-use", session, cwd=cwd, tool_use_id="toolu_1", **fields)

    def read_files(self, session: str, calls: int, *, cwd: Path | None = None, **fields: Any) -> None:
        """Let the assistant read a file so many times."""
        path = str(self.world.project / "README.md")
        read: dict[str, Any] = {"tool_name": "Read", "tool_input": {"file_path": path}, "tool_response": {}}
        for _ in range(calls):
            self.hook("post-tool-use", session, cwd=cwd, **read, **fields)

    def before_edit(self, session: str, *, cwd: Path | None = None) -> HookReply:
        """Ask the gate about an edit."""
        path = str(self.world.project / "src/a.py")
        return self.before(session, "Edit", cwd=cwd, file_path=path, old_string="a", new_string="b")

    def edit(self, session: str, name: str, text: str = "print()\n", tool: str = "Edit") -> None:
        """Let the assistant write a file, and its host tell of it."""
        existed = (self.world.project / name).exists()
        path = str(self.world.write(name, text))
        response = {"type": "update" if existed else "create", "filePath": path}
        self.report_edit(session, tool, {"file_path": path}, response)

    def report_edit(self, session: str, tool: str, tool_input: object, tool_response: object) -> None:
        """Let the host tell of an edit that was made."""
        self.answered(session, tool, tool_input, tool_response)

    def journal_edit(self, session: str, name: str) -> None:
        """Let the assistant write a file, so that the journal holds it and nothing has taken it over yet."""
        self.edit(session, name, tool="Write")

    def shell(self, session: str, command: str) -> None:
        """Let the assistant run a shell command in the project, and its host tell of it."""
        environment = self.world.environment
        subprocess.run(["/bin/sh", "-ec", command], cwd=self.world.project, env=environment, check=True)
        self.after(session, "Bash", command=command)

    # The command line

    def init(self, *options: str, cwd: Path | None = None) -> Done:
        """Run `ocm init`."""
        return self.ocm("init", *options, cwd=cwd)

    def checkpoint(
        self, session: str, *options: str, cwd: Path | None = None, stdin: str | bytes | None = None
    ) -> Done:
        """Run `ocm checkpoint`, with a JSON text on its standard input if one is given."""
        given = ("--from-stdin",) if stdin is not None else ()
        named = ("--session-id", session) if session else ()
        return self.ocm("checkpoint", *named, *given, *options, cwd=cwd, stdin=stdin or "")

    @abstractmethod
    def hook_command(self, event: str, threshold: int | None) -> list[str]:
        """Say which command the host runs for an event."""

    @abstractmethod
    def listed(self, *, tool: str | None = None, cwd: Path | None = None) -> list[Listed]:
        """List the sessions."""

    @abstractmethod
    def search(
        self, query: str, *, tool: str | None = None, everywhere: bool = False, cwd: Path | None = None
    ) -> list[Hit]:
        """Search the sessions."""

    @abstractmethod
    def show(self, session: str) -> Facts | None:
        """Show a session, or nothing if it is not known."""

    @abstractmethod
    def session_file(self, session: str) -> Path:
        """Find a session's markdown file."""

    # The server

    @abstractmethod
    def mcp(self, client: str = "claude-code") -> AbstractContextManager[Mcp]:
        """Connect to the server as a host would."""

    @abstractmethod
    def server_pid(self) -> int:
        """Tell the process id of the server that runs."""

    def serves_stdio(self) -> bool:
        """Say whether `ocm serve` answers a host that started it and speaks to its standard streams."""
        command = [self.command("ocm"), "serve"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.world.project, env=self.world.environment, stdin=pipe, stdout=pipe, stderr=pipe
        ) as process:
            line = _ask(process, json.dumps(INITIALIZE))
            process.communicate(timeout=COMMAND_TIMEOUT)
        return '"jsonrpc"' in line

    def stop_server(self) -> None:  # noqa: B027 -- most servers end with their client
        """Stop a server that does not stop by itself."""

    def as_installed_by_a_user(self) -> System:
        """Aim at an installation made with nothing but the package's own requirements."""
        return self

    # The state on disk

    @property
    def store(self) -> Path:
        """The project's store."""
        return self.world.project / ".openCodeMemory"

    def journal(self, session: str) -> Path:
        """Name the session's journal."""
        return self.store / f"active_{session}.jsonl"

    def drop_database(self) -> None:
        """Delete the database, and only it."""
        for path in self.store.glob("memory.db*"):
            path.unlink()

    def front_matter(self, session: str) -> dict[str, Any]:
        """Read the front matter of a session's file: every value is a string."""
        text = self.session_file(session).read_text(encoding="utf-8")
        values: dict[str, Any] = yaml.load(text.split("---\n")[1], Loader=yaml.BaseLoader)  # noqa: S506 -- strings only
        return values

    @abstractmethod
    def seed(self, sessions: Sequence[Seed]) -> None:
        """Put sessions into the store, fast."""

    @abstractmethod
    def begin_ahead(self, session: str, hours: int) -> None:
        """Begin a session while the clock is ahead of the true time."""


def _ask(process: subprocess.Popen[bytes], line: str, timeout: float = 10) -> str:
    """Write one line to a process, and wait for its first line."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        ready = selector.select(timeout)
    return process.stdout.readline().decode() if ready else ""


def run_as_plain_user() -> list[str]:
    """Say what to put before a command so that file permissions hold for it, even when root runs the tests."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "root needs setpriv to honour permissions"
    return [setpriv, "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]
