"""What the doctor tries out: does the MCP server answer, and does the hook deny a call when it should."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from ocm import __version__
from ocm.hosts import adapters
from ocm.hosts.adapter import Adapter
from ocm.store import journal, paths

_SECONDS = 20.0
_OTHER_SERVER = "another"
# How hosts name another server's tool where that cannot be told from how they name ocm's.
_OTHER_TOOLS = {"antigravity": "mcp_another_act", "cursor": "MCP:act"}
_EVENT_NAMES = {"vscode-copilot": {"post-tool-use": "PostToolUse", "pre-tool-use": "PreToolUse"}}
_REASON = "because"
_LONGEST_WORD = 60


def server_failure(root: str, words: Sequence[str] = ("ocm", "serve"), more: Mapping[str, str] | None = None) -> str:
    """Start the server as a host does and return why it does not answer; empty when it does.

    Args:
        root: The folder that it is started in.
        words: The command line, as a host's file has it.
        more: Variables that it is started with, beside those of this process.
    """
    variables = {**os.environ, **(more or {})}
    command = shutil.which(words[0], path=variables.get("PATH"))
    if command is None:
        return f"{words[0]} is not on the PATH"
    about = {"name": "ocm-doctor", "version": __version__}
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": about}
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}) + "\n"
    try:
        done = _run([command, *words[1:]], asked, root, variables)
    except subprocess.TimeoutExpired:
        return f"it did not answer within {_SECONDS:.0f} s"
    except OSError as error:
        return str(error.strerror or error)
    answers = [_parsed(line) for line in done.stdout.splitlines()]
    if any("serverInfo" in str(answer.get("result")) for answer in answers if answer):
        return ""
    return (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1][:200]


def hook_failure(name: str, words: Sequence[str], event: str, root: str, search: str) -> str:
    """Fire a host's hook as its file has it, into a throw-away store; return why nothing was recorded, else empty.

    Args:
        name: The host.
        words: The command line.
        event: Which event of ocm it is for.
        root: The folder that it is started in.
        search: The PATH that the host has.
    """
    host = adapters.adapter(name)
    if host is None:
        return f"{name} has no hooks"
    with tempfile.TemporaryDirectory(prefix="ocm-proof-") as folder:
        store = os.path.join(folder, paths.STORE)
        os.makedirs(os.path.join(store, paths.SESSIONS))
        own = {"PATH": search, "OCM_PROJECT_DIR": folder, "OCM_HOME": os.path.join(folder, "home")}
        try:
            done = _run(words, json.dumps(_payload(host, folder, event)), root, {**os.environ, **own})
        except subprocess.TimeoutExpired:
            return f"it did not end within {_SECONDS:.0f} s"
        except OSError as error:
            return str(error.strerror or error)
        if journal.session_keys(store):
            return ""
        return (done.stderr.strip().splitlines() or ["it ended without recording anything"])[-1][:200]


def gate_denies(name: str) -> bool:
    """Send a host's hook one call too many, in a temporary store, and return whether it is denied."""
    command, host = shutil.which("ocm-hook"), adapters.adapter(name)
    if command is None or host is None:
        return False
    with tempfile.TemporaryDirectory(prefix="ocm-doctor-") as folder:
        os.makedirs(os.path.join(folder, paths.STORE, paths.SESSIONS))
        own = {"OCM_PROJECT_DIR": folder, "OCM_HOME": os.path.join(folder, "home")}
        own |= {"OCM_GATE_MODE": "block", "OCM_GATE_THRESHOLD": "1", "OCM_GATE_COUNT": "all"}
        try:
            for event in ("post-tool-use", "pre-tool-use"):
                payload = _payload(host, folder, event)
                done = _run([command, event, "--tool", name], json.dumps(payload), folder, {**os.environ, **own})
        except (OSError, subprocess.TimeoutExpired):
            return False
    if host.deny_exit_code:
        return done.returncode == host.deny_exit_code
    expected = host.deny(payload, _REASON)
    return bool(done.stdout) if isinstance(expected, str) else _without_reason(_parsed(done.stdout)) == expected


def _payload(host: Adapter, folder: str, event: str) -> dict[str, Any]:
    """Return a call of another server's tool, under every name that a host may look for."""
    spelled = host.checkpoint_tool.replace("opencodememory", _OTHER_SERVER).replace("ocm__checkpoint", "act")
    tool = _OTHER_TOOLS.get(host.name, spelled)
    ids = ("session_id", "sessionId", "conversation_id", "conversationId", "trajectory_id")
    named = _EVENT_NAMES.get(host.name, {}).get(event)
    return {
        **dict.fromkeys(ids, "ocm-doctor"),
        **({"hookEventName": named} if named else {}),
        "tool_name": tool,
        "toolName": tool,
        "tool_input": {},
        "toolArgs": {},
        "tool_use_id": "1",
        "toolCall": {"name": tool, "args": {}},
        "tool_info": {"mcp_tool_name": tool, "mcp_server_name": _OTHER_SERVER},
        "agent_action_name": event.replace("-tool-use", "_mcp_tool_use"),
        "cwd": folder,
        "workspace_roots": [folder],
        "workspacePaths": [folder],
    }


def _run(
    command: Sequence[str], text: str, folder: str, variables: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - ocm's own commands, as the PATH names them
        command,
        input=text,
        cwd=folder,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _without_reason(value: object) -> object:
    """Return a reply with a placeholder for the reason, which is the only long text in it."""
    if isinstance(value, dict):
        return {key: _without_reason(inner) for key, inner in value.items()}
    return _REASON if isinstance(value, str) and len(value) > _LONGEST_WORD else value
