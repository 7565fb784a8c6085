"""Codex CLI and Gemini CLI as the tests run them: hooks and MCP server in the project, the model in the home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from . import clients, gemini_api, responses_api
from .headless import HOOKS, Headless, copy, write_json
from .scripted_api import Json, Reply, call

if TYPE_CHECKING:
    from pathlib import Path


class Codex(Headless):
    """Codex CLI: hooks that somebody has trusted, in a project that is trusted."""

    host = "codex"
    client = clients.CODEX
    api = responses_api.ResponsesApi
    checkpoint_tool = "mcp__opencodememory__ocm__checkpoint"
    profile: ClassVar[str] = "full"
    trusted: ClassVar[tuple[str, ...]] = ("--dangerously-bypass-hook-trust",)

    def prepare(self, url: str) -> None:
        """Name the model, and trust the project: the whole repository, also when it is started in a subfolder."""
        root = next(folder for folder in (self.project, *self.project.parents) if (folder / ".git").exists())
        lines = [
            f'model = "{responses_api.MODEL}"',
            'model_provider = "scripted"',
            'approval_policy = "never"',
            'sandbox_mode = "danger-full-access"',
            "[model_providers.scripted]",
            'name = "scripted"',
            f'base_url = "{url}"',
            'wire_api = "responses"',
            f'[projects."{root}"]',
            'trust_level = "trusted"',
        ]
        config = self.home / ".codex/config.toml"
        config.parent.mkdir(exist_ok=True)
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def quiet(self, url: str) -> dict[str, str]:
        """Return nothing: a provider of one's own is asked and nobody else."""
        del url
        return {}

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        return [str(self.binary), "exec", *self.trusted, "--json", *options, prompt]

    def resume(self, session_id: str) -> tuple[str, ...]:
        """Return the options that go on with a conversation."""
        return ("resume", session_id)

    def set_up(self, server: Json | None) -> None:
        """Put the hooks and the MCP server into the project."""
        copy(HOOKS / f"codex/{self.profile}.json", self.project / ".codex/hooks.json")
        if server:
            lines = [
                "[mcp_servers.opencodememory]",
                f'command = "{server["command"]}"',
                f"args = {server['args']}".replace("'", '"'),
                'default_tools_approval_mode = "approve"',
            ]
            (self.project / ".codex/config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def read(self, path: str) -> Reply:
        """Make the model read a file; Codex has no tool for it but the shell."""
        return self.shell(f"cat '{path}'")

    def look(self) -> Reply:
        """Make the model call a tool that can change nothing."""
        return call("list_mcp_resources")

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file: a patch knows whole lines."""
        lines = (self.project / path).read_text(encoding="utf-8").splitlines()
        line = next((line for line in lines if old in line), old)
        return patch(f"*** Update File: {path}", "@@", f"-{line}", f"+{line.replace(old, new)}")

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        return patch(f"*** Add File: {path}", *(f"+{line}" for line in content.splitlines()))

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        return call("exec_command", cmd=command, yield_time_ms=3000)

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        return call("multi_agent_v1__spawn_agent", message=task)


class Gemini(Headless):
    """Gemini CLI: hooks in the settings of a trusted folder."""

    host = "gemini-cli"
    client = clients.GEMINI
    api = gemini_api.GeminiApi
    checkpoint_tool = "mcp_opencodememory_ocm__checkpoint"
    profile: ClassVar[str] = "full"

    def prepare(self, url: str) -> None:
        """Choose the kind of login, and trust the folder."""
        del url
        settings = {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
            "general": {"enableAutoUpdate": False, "disableAutoUpdate": True, "disableUpdateNag": True},
            "telemetry": {"enabled": False},
        }
        write_json(self.home / ".gemini/settings.json", settings)
        write_json(self.home / ".gemini/trustedFolders.json", {str(self.project): "TRUST_FOLDER"})

    def quiet(self, url: str) -> dict[str, str]:
        """Return the variables that keep the client offline."""
        return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_TELEMETRY_ENABLED": "false"}

    def command(self, prompt: str, options: tuple[str, ...]) -> list[str]:
        """Return the command line that gives the client its prompt."""
        mode = () if "--approval-mode" in options else ("--approval-mode", "yolo")
        return [str(self.binary), "-m", gemini_api.MODEL, *mode, *options, "-p", prompt]

    def resume(self, session_id: str) -> tuple[str, ...]:
        """Return the options that go on with a conversation."""
        return ("--resume", session_id)

    def set_up(self, server: Json | None) -> None:
        """Put the hooks and the MCP server into the project."""
        settings = json_of(HOOKS / f"gemini-cli/{self.profile}.json")
        servers = {"mcpServers": {"opencodememory": server}} if server else {}
        write_json(self.project / ".gemini/settings.json", {**settings, **servers})

    def read(self, path: str) -> Reply:
        """Make the model read a file."""
        return call("read_file", file_path=self.file(path))

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file."""
        return call("replace", file_path=self.file(path), old_string=old, new_string=new, instruction="Change it")

    def create(self, path: str, content: str) -> Reply:
        """Make the model write a new file."""
        return call("write_file", file_path=self.file(path), content=content)

    def shell(self, command: str) -> Reply:
        """Make the model run a command."""
        return call("run_shell_command", command=command, description="Look")

    def delegate(self, task: str) -> Reply:
        """Make the model give a task to a sub-agent."""
        return call("invoke_agent", agent_name="generalist", prompt=task)


def patch(*lines: str) -> Reply:
    """Make the model apply a patch."""
    return call("apply_patch", input="\n".join(["*** Begin Patch", *lines, "*** End Patch", ""]))


def json_of(path: Path) -> Json:
    """Read a JSON file."""
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content
