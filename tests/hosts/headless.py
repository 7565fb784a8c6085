"""Runs real clients other than Claude Code: one prompt, no terminal, against a scripted model."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

from . import clients
from .chat_api import MODEL, ChatApi
from .claude import Claude, Run
from .scripted_api import Json, Lane, Reply, Script, ScriptedApi, ScriptedModel, call

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
SERVER = {"command": "ocm", "args": ["serve"]}
TIME_LIMIT = 120


class Headless(Claude):
    """A client that takes its prompt on the command line, in one project and one home."""

    host: ClassVar[str]
    client: ClassVar[clients.Client]
    api: ClassVar[type[ScriptedApi]] = ChatApi
    checkpoint_tool: ClassVar[str]
    profile: ClassVar[str] = "full"

    def run(
        self, script: Script, *options: str, prompts: tuple[str, ...] = ("Go on.",), lanes: tuple[Lane, ...] = ()
    ) -> Run:
        """Run the client with its one prompt, and this script for the main conversation."""
        model = ScriptedModel([*lanes, Lane(script)])
        (prompt,) = prompts
        with self.network.run(self.api, model) as api:
            self.prepare(api.url)
            exit_code, output = self.wait_for(self.command(prompt, options), api.url)
        run = Run(exit_code, [], model.exchanges, output)
        self.runs.append(run)
        for failure in model.failures:
            raise failure
        assert self.killed or exit_code != -signal.SIGKILL, f"the client took longer than {TIME_LIMIT} s:\n{output}"
        return run

    def wait_for(self, command: list[str], url: str) -> tuple[int, str]:
        """Run a command to its end, and return its exit code and all it printed."""
        with tempfile.TemporaryFile() as output:
            process = self.network.run(self.begin, command, url, output.fileno())
            self.pid = process.pid
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TIME_LIMIT)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            output.seek(0)
            return process.wait(), output.read().decode("utf-8", "replace")

    def begin(self, command: list[str], url: str, output: int) -> subprocess.Popen[bytes]:
        """Start a command; it is not waited for here, so that the network is there for another one beside it."""
        return subprocess.Popen(
            command,
            cwd=self.project,
            env=self.environment() | self.quiet(url),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def prepare(self, url: str) -> None:
        """Write what the client must know of the model before it starts."""

    def quiet(self, url: str) -> dict[str, str]:
        """Return the variables that keep the client offline."""
        raise NotImplementedError

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        raise NotImplementedError

    def resume(self, session_id: str) -> tuple[str, ...]:
        """Return the options that go on with a conversation."""
        raise NotImplementedError

    def set_up(self, server: Json | None) -> None:
        """Put ocm's hooks, and the MCP server if there is to be one, where the client looks for them."""
        raise NotImplementedError

    def close(self) -> None:
        """End what the client has left running."""

    def checkpoint(self, **arguments: object) -> Reply:
        """Make the model call the checkpoint tool."""
        return call(self.checkpoint_tool, **arguments)

    def file(self, path: str) -> str:
        """Return the whole path of a file of the project."""
        return str(self.project / path)

    def read(self, path: str) -> Reply:
        """Make the model read a file."""
        raise NotImplementedError

    def look(self) -> Reply:
        """Make the model call a tool that can change nothing."""
        return self.read("README.md")

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file."""
        raise NotImplementedError

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        raise NotImplementedError

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        raise NotImplementedError

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        raise NotImplementedError


class OpenCode(Headless):
    """OpenCode: a plugin; the model is named in the user's own configuration."""

    host = "opencode"
    client = clients.OPENCODE
    checkpoint_tool = "opencodememory_ocm__checkpoint"

    def prepare(self, url: str) -> None:
        """Name the model."""
        model = {"name": MODEL, "tool_call": True, "limit": {"context": 100_000, "output": 4000}}
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "name": MODEL,
            "options": {"baseURL": url, "apiKey": "none"},
            "models": {MODEL: model},
        }
        name = f"{MODEL}/{MODEL}"
        settings = {"autoupdate": False, "share": "disabled", "model": name, "small_model": name}
        write_json(self.home / ".config/opencode/opencode.json", {**settings, "provider": {MODEL: provider}})

    def quiet(self, url: str) -> dict[str, str]:
        """Return the variables that keep the client offline; it asks npm for its plugins' library, once."""
        del url
        names = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "SHARE")
        npm = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0"}
        return {f"OPENCODE_DISABLE_{name}": "1" for name in names} | npm

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        return [str(self.binary), "run", *options, prompt]

    def resume(self, session_id: str) -> tuple[str, ...]:
        """Return the options that go on with a conversation."""
        return ("--session", session_id)

    def set_up(self, server: Json | None) -> None:
        """Put the plugin and the MCP server into the project."""
        copy(HOOKS / "opencode/ocm.js", self.project / ".opencode/plugins/ocm.js")
        if server:
            entry = {"type": "local", "command": [server["command"], *server["args"]], "enabled": True}
            write_json(self.project / "opencode.json", {"mcp": {"opencodememory": entry}})

    def read(self, path: str) -> Reply:
        """Make the model read a file."""
        return call("read", filePath=self.file(path))

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file."""
        return call("edit", filePath=self.file(path), oldString=old, newString=new)

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        return call("write", filePath=self.file(path), content=content)

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        return call("bash", command=command, description="Look")

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        return call("task", description="Help", prompt=task, subagent_type="general")


class Cline(Headless):
    """Cline CLI: a plugin; it is told of the model by a command of its own."""

    host = "cline"
    client = clients.CLINE
    checkpoint_tool = "opencodememory__ocm__checkpoint"

    def prepare(self, url: str) -> None:
        """Name the model."""
        command = [str(self.binary), "auth", "openai", "-k", "none", "-m", MODEL, "-b", url]
        exit_code, output = self.wait_for(command, url)
        assert exit_code == 0, output

    def quiet(self, url: str) -> dict[str, str]:
        """Return the variables that keep the client offline, and let it load a plugin on a busy machine."""
        del url
        quiet = {"CLINE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1", "USER": "tester"}
        return {**quiet, "CLINE_PLUGIN_IMPORT_TIMEOUT_MS": "60000"}

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        return [str(self.binary), "-P", "openai", "-m", MODEL, "-c", str(self.project), "--json", *options, prompt]

    def set_up(self, server: Json | None) -> None:
        """Put the plugin into the project; MCP servers are the user's. It waits no more than 3 s for one, unless told."""
        copy(HOOKS / "cline/ocm.js", self.project / ".cline/plugins/ocm.js")
        servers = {"opencodememory": {**server, "disabled": False, "timeout": 60}} if server else {}
        write_json(self.home / ".cline/data/settings/cline_mcp_settings.json", {"mcpServers": servers})

    def close(self) -> None:
        """End the daemon that the client starts in a session of its own."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"--cwd\0{self.project}\0".encode() in (folder / "cmdline").read_bytes():
                    os.kill(int(folder.name), signal.SIGKILL)

    def read(self, path: str) -> Reply:
        """Make the model read a file."""
        return call("read_files", files=[{"path": self.file(path)}])

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file."""
        return call("editor", path=self.file(path), old_text=old, new_text=new)

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        return call("editor", path=self.file(path), new_text=content)

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        return call("run_commands", commands=[command])

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        return call("spawn_agent", systemPrompt="You help.", task=task)


class Copilot(Headless):
    """Copilot CLI: hooks; the model is named in its environment."""

    host = "copilot"
    client = clients.COPILOT
    checkpoint_tool = "opencodememory-ocm__checkpoint"
    profile = "full"

    def prepare(self, url: str) -> None:
        """Trust the folder, as its user would when asked: in another one no hook of the project runs."""
        del url
        write_json(self.home / ".copilot/config.json", {"trustedFolders": [str(self.project)]})

    def quiet(self, url: str) -> dict[str, str]:
        """Return the variables that keep the client offline."""
        provider = {"BASE_URL": url, "TYPE": "openai"}
        settings = {"OFFLINE": "true", "AUTO_UPDATE": "false", "MODEL": MODEL}
        named = settings | {f"PROVIDER_{name}": value for name, value in provider.items()}
        return {f"COPILOT_{name}": value for name, value in named.items()}

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        return [str(self.binary), "--allow-all", "--no-color", *options, "-p", prompt]

    def resume(self, session_id: str) -> tuple[str, ...]:
        """Return the options that go on with a conversation."""
        return (f"--resume={session_id}",)

    def set_up(self, server: Json | None) -> None:
        """Put the hooks and the MCP server into the project."""
        copy(HOOKS / f"copilot/{self.profile}.json", self.project / ".github/hooks/opencodememory.json")
        if server:
            write_json(self.project / ".mcp.json", {"mcpServers": {"opencodememory": {"type": "stdio", **server}}})

    def read(self, path: str) -> Reply:
        """Make the model read a file."""
        return call("view", path=self.file(path))

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file."""
        return call("edit", path=self.file(path), old_str=old, new_str=new)

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        return call("create", path=self.file(path), file_text=content)

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        return call("bash", command=command, description="Look")

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        return call("task", description="Help", prompt=task, agent_type="general-purpose", name="helper", mode="sync")


def copy(source: Path, target: Path) -> None:
    """Copy a file, and make the folders it lies in."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_json(path: Path, content: Json) -> None:
    """Write a JSON file, and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
