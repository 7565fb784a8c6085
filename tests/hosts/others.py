"""The bench for a client other than Claude Code: ocm is set up for it, and a model that knows its tools."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .bench import THRESHOLD, Bench, make_bench, system_path
from .codex_and_gemini import Codex, Gemini
from .headless import SERVER, Cline, Copilot, Headless, OpenCode

if TYPE_CHECKING:
    from collections.abc import Generator

    from .network import Network
    from .scripted_api import Json, Reply, Request

KINDS: tuple[type[Headless], ...] = (OpenCode, Cline, Copilot, Codex, Gemini)
DENIAL = "ocm: a checkpoint is due"  # the whole text, which is told once
SHORT_DENIAL = "ocm: held back, too"  # the line that every further denial is
THOUGHT = 1.7  # seconds: a model takes as long to answer, and calls that come faster were sent together


@dataclass
class OtherBench(Bench):
    """One repository, one home and a client that is not Claude Code."""

    @property
    def client(self) -> Headless:
        """The client."""
        assert isinstance(self.claude, Headless)
        return self.claude

    def set_up(self, *options: str, server: Json | None = SERVER) -> None:
        """Set `ocm` up for this client alone, by its own command, and commit what that has written."""
        host = self.client.host
        if server == SERVER:
            self.command("ocm", "init", "--host", host, "--hooks", f"{host}={self.client.profile}", *options)
            if host == "cline":  # its servers are the user's
                self.command("ocm", "install", "--host", host, "--hooks", f"{host}=none")
        else:
            self.command("ocm", "init", "--host", "claude-code", "--claude-hooks", "none", *options)
            (self.project / ".mcp.json").unlink()
            self.client.set_up(server)
        self.commit()

    def shut_the_gate(self) -> Generator[Reply, Request, Request]:
        """Make the model change README.md and read until the gate is shut, and return what it is shown then."""
        yield self.client.edit("README.md", "A project", "The project")
        for path in ("src/names.py", "src/app.py", *["README.md"] * (THRESHOLD - 4)):
            yield self.client.read(path)
        return (yield self.client.read("README.md"))


def make_other(kind: type[Headless], folder: Path, network: Network) -> OtherBench:
    """Make a repository with one commit; `ocm` is not set up in it yet."""
    made = make_bench(kind.client.binary, folder, network).claude
    path = os.pathsep.join([made.search_path, node()])
    return OtherBench(kind(made.binary, made.project, made.home, path, network, made.variables))


def node() -> str:
    """Return the folder of node, which some clients are started by."""
    found = shutil.which("node")
    return str(Path(found).parent) if found else ""


def without_ocm() -> str:
    """Return a search path that a client starts with, and no `ocm` in it."""
    return os.pathsep.join([system_path(), node()])


def without_rules(text: str) -> str:
    """Return what a model is shown without the rules that a repository may bring, which say when to ignore them."""
    return re.sub(r"<!-- BEGIN openCodeMemory -->.*?<!-- END openCodeMemory -->", "", text, flags=re.DOTALL)


def is_denied(text: str) -> bool:
    """Return whether the model is shown that the gate held a call back, at length or in short."""
    return DENIAL in text or SHORT_DENIAL in text


def after_a_thought(reply: Reply) -> Reply:
    """Return a reply as late as a model would give it: what was denied before belongs to an earlier step."""
    time.sleep(THOUGHT)
    return reply


def checkpoint_once_served(client: Headless, **arguments: object) -> Generator[Reply, Request, Request]:
    """Make the model call the checkpoint tool, again while the server of a client that does not wait for it starts."""
    for _ in range(40):
        request = yield client.checkpoint(**arguments)
        if "unsupported call" not in request.new_text:
            break
        time.sleep(0.25)
    return request


def stand_in(folder: Path, script: str) -> str:
    """Return a folder with a program called `ocm-hook` that does what `script`, in shell, says."""
    folder.mkdir()
    program = folder / "ocm-hook"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(folder)
