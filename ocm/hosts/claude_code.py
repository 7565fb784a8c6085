"""Claude Code: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 2.1.197 and 2.1.329: JSON on stdout counts with exit code 0, `updatedInput` replaces a call's whole input,
and a hook that gives no usable answer lets the call run. Light, because every hook imports it.
"""

import os

from ocm.hosts import common
from ocm.hosts.common import SERVER, Payload, text

NAME = "claude-code"
_PREFIX = f"mcp__{SERVER}__"
CHECKPOINT = f"{_PREFIX}ocm__checkpoint"
LOADING = f" (load it with ToolSearch select:{CHECKPOINT} if needed)"
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0

_KINDS = {"create": "created", "update": "modified"}
# A finished background agent, a reminder or a command's output arrives as if the user had typed it.
_SYNTHETIC = ("<task-notification>", "<system-reminder>", "<local-command", "<command-name>", "<bash-")
_EVENTS = {
    "session-start": "SessionStart",
    "user-prompt": "UserPromptSubmit",
    "pre-tool-use": "PreToolUse",
    "post-tool-use": "PostToolUse",
}


class Call(common.Call):
    """One tool call, as Claude Code tells of it."""

    __slots__ = ()

    EDITS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
    SHELLS = frozenset({common.POSIX_SHELL, common.POWERSHELL})
    # They load a tool's schema, keep a list or ask the user: never held back, whatever the settings.
    HARMLESS = frozenset({
        "ToolSearch", "TodoRead", "TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "AskUserQuestion",
        "EnterPlanMode", "ExitPlanMode",
    })  # fmt: skip

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        self.own = own_tool(name)
        self.asks = name in self.HARMLESS
        self.shell = name if name in self.SHELLS else ""
        self.changes = not self.own and (name in self.EDITS or bool(self.shell) or name.startswith("mcp__"))
        self.command = text(self.input, "command") if self.shell else ""
        if name in self.EDITS:
            path = text(self.input, "file_path") or text(self.input, "notebook_path") or text(self.input, "path")
            known = text(payload.get("tool_response"), "type")
            self.edits(cwd, path, _KINDS.get(known, "" if name == "Write" else "modified"))


def Edited(payload: Payload, cwd: str) -> common.Call:  # noqa: N802 - beside `Call`
    """Read an edit that is told of apart from the call: its fields, or a whole call."""
    call = Call({"tool_name": "Edit", **payload, "tool_input": payload}, cwd)
    return call if call.path else Call(payload, cwd)


def own_tool(name: str) -> str:
    """Return which of the journal's own tools `name` is, by its exact name; empty for any other."""
    if name.startswith("mcp__plugin_"):
        server, _, tool = name[5:].partition("__ocm__")
        return tool if server.endswith("_" + SERVER) and tool in common.OWN else ""
    return common.own_tool(name, _PREFIX)


def foreign(payload: Payload) -> bool:
    """Tell whether another host made this call: Cursor, VS Code and Copilot CLI run these hooks beside their own."""
    if "cursor_version" in payload or "hookEventName" in payload:
        return True
    return "timestamp" in payload and ".copilot" in (text(payload, "transcript_path") or ".copilot")


def session_id(payload: Payload) -> str:
    """Return the id of the conversation."""
    return text(payload, "session_id")


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store: first where the client was started, which follows no `cd` of the model."""
    return [folder for folder in (os.environ.get("CLAUDE_PROJECT_DIR", ""), cwd(payload)) if folder]


def cwd(payload: Payload) -> str:
    """Return the folder the model is in."""
    return text(payload, "cwd")


def source(payload: Payload) -> str:
    """Return how a session starts."""
    return text(payload, "source") or "startup"


def ending(payload: Payload) -> str:
    """Return why a session ends."""
    return text(payload, "reason")


def failed(payload: Payload) -> bool:
    """Tell whether a `post-tool-use` payload is of a call that failed."""
    return text(payload, "hook_event_name") == "PostToolUseFailure"


def prompt(payload: Payload) -> str:
    """Return what the user typed, empty when the client made the prompt up."""
    typed = text(payload, "prompt").strip()
    return "" if typed.startswith(_SYNTHETIC) else typed


def may_ask_at_stop(payload: Payload) -> bool:
    """Tell whether a turn is really over: not already held back once, no agent still at work."""
    return payload.get("stop_hook_active") is not True and not payload.get("background_tasks")


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return _specific("PreToolUse", permissionDecision="deny", permissionDecisionReason=reason)


def allow_own(call: common.Call, session_id: str) -> dict[str, object]:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return _specific("PreToolUse", permissionDecision="allow")
    identity = {"session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}
    return _specific("PreToolUse", permissionDecision="allow", updatedInput={**call.input, **identity})


def context(payload: Payload, event: str, words: str) -> dict[str, object]:
    """Return the reply that puts `words` before the model."""
    return _specific(text(payload, "hook_event_name") or _EVENTS.get(event, ""), additionalContext=words)


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that tells the user something and changes nothing."""
    return {"systemMessage": words}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step before the turn ends."""
    return {"decision": "block", "reason": reason}


def _specific(event: str, **fields: object) -> dict[str, object]:
    return {"hookSpecificOutput": {"hookEventName": event, **fields}}
