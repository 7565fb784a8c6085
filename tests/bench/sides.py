"""The two systems side by side, each installed in an environment of its own, with stores of the same sessions."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import corpus, stores
from tests.bench.timing import Command
from tests.bench.wire import Http, Server, Stdio
from tests.defects import environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocm.base.model import Session

ROOT = Path(__file__).resolve().parents[2]
STORE = ".openCodeMemory"
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "n",
    "GIT_AUTHOR_EMAIL": "n@example.org",
    "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "n@example.org",
}


def install_ours(folder: Path) -> Path:
    """Build the wheel and install it into an environment of its own; return the folder of its commands."""
    venv.create(folder / "env", with_pip=True)
    commands = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(commands / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder / "dist"), str(ROOT)], check=True, env=kept)
    wheel = next((folder / "dist").glob("*.whl"))
    subprocess.run([*pip, "install", str(wheel)], check=True, env=kept)
    return commands


def install_reference() -> Path:
    """Install the reference once for all runs, with a version of its MCP library that it starts with."""
    environment.install_reference()
    return environment.reference_commands("bounded")


class Side(ABC):
    """One system, in a home of its own."""

    def __init__(self, commands: Path, folder: Path) -> None:
        """Aim at the commands in one folder; make projects in another."""
        self.commands = commands
        self.folder = folder
        self.home = folder / "home"
        (self.home / ".claude").mkdir(parents=True)  # without a trace of an assistant the reference sets up no server
        path = os.pathsep.join([str(commands), os.environ.get("PATH", os.defpath)])
        self.environment = {
            **GIT, "PATH": path, "HOME": str(self.home), "OCM_HOME": str(self.home / STORE), "LANG": "C.UTF-8",
        }  # fmt: skip
        self._projects: dict[str, Path] = {}

    def command(self, project: Path, *words: str, data: bytes = b"") -> Command:
        """Name a command of this system, to run in a project."""
        return Command([str(self.commands / words[0]), *words[1:]], project, self.environment, data)

    def hook(self, project: Path, event: str, data: bytes) -> Command:
        """Name the command that a host runs for an event; no threshold is ever reached."""
        return self.command(project, *self.hook_words(event), data=data)

    def project(self, sessions: int = 0, *, files: int = 3, dirty: int = 1) -> Path:
        """Return a repository of so many files, with a store of so many sessions; it is made once."""
        name = f"s{sessions}-f{files}-d{dirty}"
        if name not in self._projects:
            project = repository(self.folder / name, files, dirty, self.environment)
            self.command(project, *self.INIT).wall()
            if sessions:
                head = self._head(project)
                self.seed(project / STORE, (_at(session, head) for session in corpus.sessions(sessions)))
            self._projects[name] = project
        return self._projects[name]

    def _head(self, project: Path) -> str:
        command = ["git", "rev-parse", "HEAD"]
        return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout.strip()

    INIT: tuple[str, ...] = ("ocm", "init")

    @abstractmethod
    def hook_words(self, event: str) -> list[str]:
        """Say what the host runs."""

    @abstractmethod
    def seed(self, store: Path, sessions: Iterable[Session]) -> None:
        """Fill a store."""

    @abstractmethod
    def serve(self, project: Path) -> Server:
        """Start the MCP server."""


def _at(session: Session, head: str) -> Session:
    session.git_sha_start = head
    return session


class Ours(Side):
    """This project."""

    INIT = ("ocm", "init", "--host", "claude-code", "--claude-hooks", "none")

    def hook_words(self, event: str) -> list[str]:
        """Say what the host runs."""
        return ["ocm-hook", event, "--tool", "claude-code", "--threshold", "10000"]

    def seed(self, store: Path, sessions: Iterable[Session]) -> None:
        """Write session files, and let the first reader make the cache."""
        stores.write_ours(store / "sessions", sessions)
        self.command(store.parent, "ocm", "rebuild-index").wall()

    def serve(self, project: Path) -> Server:
        """Start it on pipes, as hosts do."""
        return Stdio([str(self.commands / "ocm"), "serve"], project, self.environment)


class Reference(Side):
    """The system that this one replaces."""

    def hook_words(self, event: str) -> list[str]:
        """Say what the host runs."""
        tool = [] if event == "pre-tool-use" else ["--tool", "claude-code"]
        return ["ocm-hook", event, *tool, "--threshold", "10000"]

    def seed(self, store: Path, sessions: Iterable[Session]) -> None:
        """Fill its database; a file of each session is nothing it reads."""
        stores.write_reference(store / "memory.db", sessions)

    def serve(self, project: Path) -> Server:
        """Start it on a port, which is all it offers."""
        return Http([str(self.commands / "ocm"), "serve", "--foreground"], project, self.environment)


def repository(folder: Path, files: int, dirty: int, variables: dict[str, str]) -> Path:
    """Make a repository of `files` committed files, `dirty` of which are changed."""
    for number in range(files):
        path = folder / f"d{number % 300}" / f"f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value = {number}\n", encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text(f"{STORE}/\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=variables)
    for number in range(dirty):
        (folder / f"d{number % 300}" / f"f{number}.py").write_text("changed\n", encoding="utf-8")
    return folder


def payload(project: Path, event: str, session: str, *, size: int = 0) -> bytes:
    """Return what Claude Code sends for a call of its editing tool, which wrote `size` characters more."""
    path = str(project / "d0" / "f0.py")
    return json.dumps({
        "session_id": session,
        "transcript_path": str(project / "t.jsonl"),
        "cwd": str(project),
        "permission_mode": "acceptEdits",
        "hook_event_name": event,
        "tool_name": "Edit",
        "tool_input": {"file_path": path, "old_string": "a", "new_string": "b"},
        "tool_response": {"filePath": path, "structuredPatch": [], "type": "update", "content": "x" * size},
        "tool_use_id": "toolu_1",
    }).encode()  # fmt: skip
