"""What hosts send to a hook and how they read its answer, for those that cannot be run here: from their documentation."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
ID = "6f0f4f0e-9f0d-4f0e-8a10-2f6f3d1c9a10"

_numbers = itertools.count(1)


def _id() -> str:
    """Return the id of another call: a host gives each its own."""
    return f"call-{next(_numbers)}"


@dataclass(frozen=True)
class Act:
    """Something the assistant does: read, edit, run, call a tool of another server, or one of the journal's."""

    kind: str
    path: str = "src/a.py"
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def given(self) -> Json:
        """The arguments of the call."""
        return dict(self.arguments)


READ, EDIT, RUN, OTHER = Act("read"), Act("edit"), Act("run"), Act("other")
ACTS = (READ, EDIT, RUN, OTHER)


def own(**arguments: Any) -> Act:
    """Return a call of the checkpoint tool."""
    return Act("own", arguments=tuple(arguments.items()))


@dataclass(frozen=True)
class Answer:
    """What a hook gave back."""

    printed: str
    code: int
    stderr: str

    @property
    def json(self) -> Json:
        """The reply as an object, empty when there is none."""
        reply: Json = json.loads(self.printed) if self.printed else {}
        return reply

    @property
    def specific(self) -> Json:
        """What Claude Code and its kin put into an object of its own."""
        found: Json = self.json.get("hookSpecificOutput", {})
        return found


@dataclass(frozen=True)
class Dialect:
    """One host: payloads in, and what its replies mean to it."""

    host: str
    # Each gets the project's root; a host that does not tell of something has None there.
    start: Callable[[str], Json] | None
    prompt: Callable[[str, str], Json] | None
    before: Callable[[str, Act], Json]
    after: Callable[[str, Act], Json]
    end: Callable[[str], Json] | None
    denied: Callable[[Answer], str]
    told: Callable[[Answer], str]
    changed: Callable[[Answer], Json]
    # Whether it can put words before the model at the start, and after a call, and change a call.
    tells: bool = True
    reminds: bool = True
    rewrites: bool = True
    deny_code: int = 0


def _exit_2(answer: Answer) -> str:
    return answer.stderr if answer.code == 2 else ""


def _nested_deny(answer: Answer) -> str:
    found = answer.specific
    return str(found["permissionDecisionReason"]) if found.get("permissionDecision") == "deny" else ""


def _nested_words(answer: Answer) -> str:
    return str(answer.specific.get("additionalContext", ""))


def _nested_input(answer: Answer) -> Json:
    found: Json = answer.specific.get("updatedInput", {})
    return found


def _nothing(_answer: Answer) -> str:
    return ""


def _unchanged(_answer: Answer) -> Json:
    return {}


# --- Cursor


def _cursor(root: str, event: str, **fields: Any) -> Json:
    about = {"conversation_id": ID, "generation_id": "g1", "model": "m", "cursor_version": "2026.07.16"}
    return {**about, "hook_event_name": event, "workspace_roots": [root], "user_email": None, **fields}


def _cursor_call(root: str, event: str, act: Act, **fields: Any) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("Read", {"file_path": f"{root}/{act.path}"}),
        "edit": ("Write", {"file_path": f"{root}/{act.path}", "content": "x"}),
        "run": ("Shell", {"command": "make test", "cwd": root}),
        "other": ("MCP:create_issue", {"title": "t"}),
        "own": ("MCP:ocm__checkpoint", act.given),
    }
    tool, given = calls[act.kind]
    call = {"tool_name": tool, "tool_input": given, "tool_use_id": _id(), "cwd": "/home/dev/.cursor"}
    return _cursor(root, event, **call, **fields)


def _cursor_denied(answer: Answer) -> str:
    reply = answer.json
    assert set(reply) <= {"permission", "user_message", "agent_message", "updated_input", "additional_context"}
    return str(reply["agent_message"]) if reply.get("permission") == "deny" else ""


CURSOR = Dialect(
    "cursor",
    lambda root: _cursor(root, "sessionStart", session_id=ID, is_background_agent=False),
    lambda root, words: _cursor(root, "beforeSubmitPrompt", prompt=words, attachments=[]),
    lambda root, act: _cursor_call(root, "preToolUse", act),
    lambda root, act: _cursor_call(root, "postToolUse", act, tool_output="{}", duration=5),
    lambda root: _cursor(root, "sessionEnd", session_id=ID, reason="completed", duration_ms=9),
    _cursor_denied,
    lambda answer: str(answer.json.get("additional_context", "")),
    lambda answer: dict(answer.json.get("updated_input", {})),
)

# --- Copilot in VS Code


def _vscode(root: str, event: str, **fields: Any) -> Json:
    about = {"timestamp": "2026-02-09T10:30:00.000Z", "cwd": root, "sessionId": ID, "transcript_path": "/t.json"}
    return {**about, "hookEventName": event, **fields}


def _vscode_call(root: str, event: str, act: Act, **fields: Any) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("read_file", {"filePath": f"{root}/{act.path}"}),
        "edit": ("replace_string_in_file", {"filePath": f"{root}/{act.path}", "oldString": "a", "newString": "b"}),
        "run": ("run_in_terminal", {"command": "make test", "explanation": "x"}),
        "other": ("mcp_github_create_issue", {"title": "t"}),
        "own": ("mcp_opencodememor_ocm__checkpoint", act.given),
    }
    tool, given = calls[act.kind]
    return _vscode(root, event, tool_name=tool, tool_input=given, tool_use_id=_id(), **fields)


VSCODE = Dialect(
    "vscode-copilot",
    lambda root: _vscode(root, "SessionStart", source="new"),
    lambda root, words: _vscode(root, "UserPromptSubmit", prompt=words),
    lambda root, act: _vscode_call(root, "PreToolUse", act),
    lambda root, act: _vscode_call(root, "PostToolUse", act, tool_response="done"),
    None,
    _nested_deny,
    _nested_words,
    _nested_input,
)

# --- Windsurf


def _windsurf(action: str, **info: Any) -> Json:
    about = {"trajectory_id": ID, "execution_id": "e1", "timestamp": "2026-02-09T10:30:00Z", "model_name": "m"}
    return {**about, "agent_action_name": action, "tool_info": info}


def _windsurf_call(root: str, when: str, act: Act) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("read_code", {"file_path": f"{root}/{act.path}"}),
        "edit": ("write_code", {"file_path": f"{root}/{act.path}", "edits": [{"old_string": "a", "new_string": "b"}]}),
        "run": ("run_command", {"command_line": "make test", "cwd": root}),
        "other": (
            "mcp_tool_use",
            {"mcp_server_name": "github", "mcp_tool_name": "create_issue", "mcp_tool_arguments": {}},
        ),
        "own": (
            "mcp_tool_use",
            {
                "mcp_server_name": "opencodememory",
                "mcp_tool_name": "ocm__checkpoint",
                "mcp_tool_arguments": act.given,
            },
        ),
    }
    action, info = calls[act.kind]
    return _windsurf(f"{when}_{action}", **info)


WINDSURF = Dialect(
    "windsurf",
    None,
    lambda _root, words: _windsurf("pre_user_prompt", user_prompt=words),
    lambda root, act: _windsurf_call(root, "pre", act),
    lambda root, act: _windsurf_call(root, "post", act),
    None,
    _exit_2,
    _nothing,
    _unchanged,
    tells=False,
    reminds=False,
    rewrites=False,
    deny_code=2,
)

# --- Antigravity


def _antigravity(root: str, **fields: Any) -> Json:
    return {"conversationId": ID, "workspacePaths": [root], "modelName": "m", "transcriptPath": "/t.jsonl", **fields}


def _antigravity_call(root: str, act: Act) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("view_file", {"AbsolutePath": f"{root}/{act.path}"}),
        "edit": ("replace_file_content", {"TargetFile": f"{root}/{act.path}"}),
        "run": ("run_command", {"CommandLine": "make test", "Cwd": root}),
        "other": ("mcp_github_create_issue", {"title": "t"}),
        "own": ("mcp_opencodememory_ocm__checkpoint", act.given),
    }
    name, given = calls[act.kind]
    return _antigravity(root, stepIdx=next(_numbers), toolCall={"name": name, "args": given})


def _antigravity_denied(answer: Answer) -> str:
    assert answer.json["decision"] in {"allow", "deny"}, "it asks its user about a call without a decision"
    return str(answer.json["reason"]) if answer.json["decision"] == "deny" else ""


ANTIGRAVITY = Dialect(
    "antigravity",
    lambda root: _antigravity(root, invocationNum=0),
    None,
    _antigravity_call,
    _antigravity_call,
    None,
    _antigravity_denied,
    lambda answer: "".join(step["ephemeralMessage"] for step in answer.json.get("injectSteps", [])),
    _unchanged,
    reminds=False,
    rewrites=False,
)

# --- Qoder, Droid: Claude Code's payloads


def _claude(root: str, event: str, **fields: Any) -> Json:
    about = {"session_id": ID, "transcript_path": "/t.jsonl", "cwd": root, "permission_mode": "default"}
    return {**about, "hook_event_name": event, **fields}


def _claude_call(root: str, event: str, act: Act, shell: str, **fields: Any) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("Read", {"file_path": f"{root}/{act.path}"}),
        "edit": ("Edit", {"file_path": f"{root}/{act.path}", "old_string": "a", "new_string": "b"}),
        "run": (shell, {"command": "make test"}),
        "other": ("mcp__github__create_issue", {"title": "t"}),
        "own": ("mcp__opencodememory__ocm__checkpoint", act.given),
    }
    tool, given = calls[act.kind]
    return _claude(root, event, tool_name=tool, tool_input=given, tool_use_id=_id(), **fields)


QODER = Dialect(
    "qoder",
    lambda root: _claude(root, "SessionStart", source="startup"),
    lambda root, words: _claude(root, "UserPromptSubmit", prompt=words),
    lambda root, act: _claude_call(root, "PreToolUse", act, "Bash"),
    lambda root, act: _claude_call(root, "PostToolUse", act, "Bash", tool_response="done"),
    lambda root: _claude(root, "SessionEnd", reason="exit"),
    _exit_2,
    _nested_words,
    _unchanged,
    rewrites=False,
    deny_code=2,
)
DROID = Dialect(
    "droid",
    lambda root: _claude(root, "SessionStart", source="startup"),
    lambda root, words: _claude(root, "UserPromptSubmit", prompt=words),
    lambda root, act: _claude_call(root, "PreToolUse", act, "Execute"),
    lambda root, act: _claude_call(root, "PostToolUse", act, "Execute", tool_response="done"),
    lambda root: _claude(root, "SessionEnd", reason="other"),
    _nested_deny,
    _nested_words,
    _nested_input,
)

# --- Kiro


def _kiro(root: str, event: str, **fields: Any) -> Json:
    return {"session_id": ID, "hook_event_name": event, "cwd": root, **fields}


def _kiro_call(root: str, event: str, act: Act, **fields: Any) -> Json:
    calls: dict[str, tuple[str, Json]] = {
        "read": ("fs_read", {"path": f"{root}/{act.path}"}),
        "edit": ("fs_write", {"command": "str_replace", "path": f"{root}/{act.path}"}),
        "run": ("execute_bash", {"command": "make test"}),
        "other": ("@github/create_issue", {"title": "t"}),
        "own": ("@opencodememory/ocm__checkpoint", act.given),
    }
    tool, given = calls[act.kind]
    return _kiro(root, event, tool_name=tool, tool_input=given, **fields)


KIRO = Dialect(
    "kiro",
    lambda root: _kiro(root, "SessionStart"),
    lambda root, words: _kiro(root, "UserPromptSubmit", prompt=words),
    lambda root, act: _kiro_call(root, "PreToolUse", act),
    lambda root, act: _kiro_call(root, "PostToolUse", act, tool_response={"success": True, "result": ["done"]}),
    None,
    _exit_2,
    lambda answer: answer.printed,
    _unchanged,
    rewrites=False,
    deny_code=2,
)

DIALECTS = (CURSOR, VSCODE, WINDSURF, ANTIGRAVITY, QODER, DROID, KIRO)
