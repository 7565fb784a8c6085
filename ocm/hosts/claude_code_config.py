"""Where Claude Code keeps MCP servers, hooks and rules, and which entries there are ocm's. Never imported by a hook."""

import json
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ocm import resources
from ocm.hosts.targets import SERVER, Hooks, Target, handlers, hooks_target, rules_target, server_target

NAME = "claude-code"
PROFILES = ("none", "minimal", "full")
DEFAULT_PROFILE = "minimal"

# What `claude mcp add` writes, without its empty `env`.
ENTRY = {"type": "stdio", "command": "ocm", "args": ["serve"]}

# A handler as the profile files hold it. A person may have added a threshold; it is kept when init runs again.
_COMMAND = re.compile(
    r"if command -v ocm-hook >/dev/null 2>&1; then exec ocm-hook (?P<event>[a-z-]+)"
    r" --tool claude-code(?P<threshold>(?: --threshold \d+)?); fi"
)
_ONLY_FULL = frozenset({"stop", "pre-compact"})
# What openCodeMemory 0.2 wrote: bare commands, and a line of shell that echoed the session id.
_REFERENCE = (
    re.compile(
        r"ocm-hook (?:session-start|pre-tool-use|post-tool-use|file-edited|session-end)"
        r"(?: --(?:tool|threshold) [\w-]+)*"
    ),
    re.compile(
        r'(?:SESSION_ID="\$\{CLAUDE_SESSION_ID:-\}"; )?'
        r'echo ["\']\{\\?"additionalContext\\?": ?\\?"openCodeMemory session_id: [^\n;|&<>`]*\}["\']'
    ),
)


def project_targets(root: str, profile: str | None, *, deny_all: bool) -> list[Target]:
    """Return what to set up in the project at `root`; without a `profile` the one there stays, else the default."""
    settings = os.path.join(root, ".claude", "settings.json")
    return _targets(os.path.join(root, ".mcp.json"), os.path.join(root, "CLAUDE.md"), settings, profile, deny_all)


def user_targets(home: str, profile: str | None, *, deny_all: bool) -> list[Target]:
    """Return what to set up for every project of the user; `CLAUDE_CONFIG_DIR` moves the client's files."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    folder = moved or os.path.join(home, ".claude")
    servers = os.path.join(moved or home, ".claude.json")
    return _targets(
        servers, os.path.join(folder, "CLAUDE.md"), os.path.join(folder, "settings.json"), profile, deny_all
    )


def project_notice() -> str:
    """Return what a person must do in the client once a project is set up."""
    return (
        f'When it next starts, Claude Code asks whether to use the MCP server "{SERVER}" of this project: '
        "choose to use it, for its default answer turns the server off for good."
    )


def project_warnings(root: str) -> list[str]:
    """Return what in the client's own settings of the project keeps ocm from working."""
    path = os.path.join(root, ".claude", "settings.local.json")
    try:
        with open(path, encoding="utf-8-sig") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return []
    refused = found.get("disabledMcpjsonServers") if isinstance(found, dict) else None
    if not isinstance(refused, list) or SERVER not in refused:
        return []
    return [f'{path} turns the MCP server "{SERVER}" off: take its name out of "disabledMcpjsonServers".']


def owns_server(entry: object) -> bool:
    """Return whether an MCP entry under ocm's name is ocm's, or the loopback address the reference system wrote."""
    if not isinstance(entry, dict):
        return False
    if entry.get("command") == "ocm":
        arguments = entry.get("args")
        return isinstance(arguments, list) and arguments[:1] == ["serve"]
    try:
        host = urlsplit(str(entry.get("url", ""))).hostname
    except ValueError:
        return False
    return "command" not in entry and host in ("127.0.0.1", "localhost", "::1")


def owns_handler(handler: object) -> bool:
    """Return whether a hook handler is one that ocm, or the reference system, writes."""
    command = handler.get("command") if isinstance(handler, dict) else None
    if not isinstance(command, str):
        return False
    return any(pattern.fullmatch(command) for pattern in (_COMMAND, *_REFERENCE))


def _targets(servers: str, rules: str, settings: str, profile: str | None, deny_all: bool) -> list[Target]:  # noqa: FBT001
    def wanted(text: str) -> Hooks:
        chosen = profile or _profile_in(text)
        return _with_thresholds(_profile(chosen, deny_all=deny_all), text)

    return [
        server_target(servers, ENTRY, owns_server),
        rules_target(rules, resources.read("rules", "claude-code.md")),
        hooks_target(settings, "hooks", wanted, owns_handler),
    ]


def _profile(name: str, *, deny_all: bool) -> dict[str, list[dict[str, Any]]]:
    if name == "none":
        return {}
    hooks: dict[str, list[dict[str, Any]]] = json.loads(resources.read("hooks", NAME, f"{name}.json"))["hooks"]
    if deny_all:  # reads are denied too, so they must reach the gate
        for group in hooks["PreToolUse"]:
            group["matcher"] = "*"
    return hooks


def _own_commands(text: str) -> dict[str, re.Match[str]]:
    """Return ocm's own commands in a settings text by the host's event."""
    commands = ((event, handler.get("command")) for event, _, handler in handlers(text) if isinstance(handler, dict))
    found = ((event, _COMMAND.fullmatch(command)) for event, command in commands if isinstance(command, str))
    return {event: match for event, match in found if match}


def _profile_in(text: str) -> str:
    present = {match["event"] for match in _own_commands(text).values()}
    return "full" if present & _ONLY_FULL else DEFAULT_PROFILE


def _with_thresholds(hooks: Mapping[str, list[dict[str, Any]]], text: str) -> Hooks:
    """Carry over the thresholds that a person wrote into ocm's own commands."""
    for event, match in _own_commands(text).items():
        for group in hooks.get(event, []):
            for handler in group["hooks"]:
                handler["command"] = handler["command"].removesuffix("; fi") + match["threshold"] + "; fi"
    return hooks
