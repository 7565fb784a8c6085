"""Claude Code: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 2.1.197 and 2.1.329: JSON on stdout counts with exit code 0, `updatedInput` replaces a call's whole input,
and a hook that gives no usable answer lets the call run. Light, because every hook imports it.
"""

import os

NAME = "claude-code"
SERVER = "opencodememory"
CHECKPOINT = f"mcp__{SERVER}__ocm__checkpoint"

_EDITS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
POSIX_SHELL = "Bash"
_SHELLS = frozenset({POSIX_SHELL, "PowerShell"})
# They load a tool's schema, keep a list or ask the user: never held back, whatever the settings.
_HARMLESS = frozenset({
    "ToolSearch", "TodoRead", "TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "AskUserQuestion",
    "EnterPlanMode", "ExitPlanMode",
})  # fmt: skip
_OWN = frozenset({
    "checkpoint", "search_sessions", "list_sessions", "get_session_files", "get_session", "timeline", "why",
})  # fmt: skip
_KINDS = {"create": "created", "update": "modified"}
# A finished background agent, a reminder or a command's output arrives as if the user had typed it.
_SYNTHETIC = ("<task-notification>", "<system-reminder>", "<local-command", "<command-name>", "<bash-")


class Call:
    """One tool call: what it is, whether it can change something, and what it touches."""

    __slots__ = ("agent", "asks", "changes", "command", "id", "input", "kind", "name", "own", "path", "shell")

    def __init__(self, payload: dict[str, object], cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        self.name = text(payload, "tool_name")
        self.id = text(payload, "tool_use_id")
        self.agent = text(payload, "agent_id")
        found = payload.get("tool_input")
        self.input: dict[str, object] = found if isinstance(found, dict) else {}
        self.own = own_tool(self.name)
        self.shell = self.name if self.name in _SHELLS else ""
        self.asks = self.name in _HARMLESS
        self.changes = not self.own and (self.name in _EDITS or self.name in _SHELLS or self.name.startswith("mcp__"))
        self.command = text(self.input, "command") if self.shell else ""
        self.path = ""
        self.kind = ""
        if self.name in _EDITS:
            path = text(self.input, "file_path") or text(self.input, "notebook_path") or text(self.input, "path")
            self.path = os.path.normpath(os.path.join(cwd, path)) if path else ""
            response = payload.get("tool_response")
            known = text(response, "type") if isinstance(response, dict) else ""
            self.kind = _KINDS.get(known, "" if self.name == "Write" else "modified")


def text(payload: dict[str, object], name: str) -> str:
    """Return the text under `name`, empty when there is none."""
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def own_tool(name: str) -> str:
    """Return which of the journal's own tools `name` is, by its exact name; empty for any other."""
    if not name.startswith("mcp__"):
        return ""
    server, _, tool = name[5:].partition("__ocm__")
    ours = server == SERVER or (server.startswith("plugin_") and server.endswith("_" + SERVER))
    return tool if ours and tool in _OWN else ""


def folders(payload: dict[str, object]) -> list[str]:
    """Return where to look for the store: first where the client was started, which follows no `cd` of the model."""
    return [folder for folder in (os.environ.get("CLAUDE_PROJECT_DIR", ""), text(payload, "cwd")) if folder]


def failed(payload: dict[str, object]) -> bool:
    """Tell whether a `post-tool-use` payload is of a call that failed."""
    return text(payload, "hook_event_name") == "PostToolUseFailure"


def prompt(payload: dict[str, object]) -> str:
    """Return what the user typed, empty when the client made the prompt up."""
    typed = text(payload, "prompt").strip()
    return "" if typed.startswith(_SYNTHETIC) else typed


def may_ask_at_stop(payload: dict[str, object]) -> bool:
    """Tell whether a turn is really over: not already held back once, no agent still at work."""
    return payload.get("stop_hook_active") is not True and not payload.get("background_tasks")


def deny(reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return _specific("PreToolUse", permissionDecision="deny", permissionDecisionReason=reason)


def allow_own(call: Call, session_id: str) -> dict[str, object]:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return _specific("PreToolUse", permissionDecision="allow")
    identity = {"session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}
    return _specific("PreToolUse", permissionDecision="allow", updatedInput={**call.input, **identity})


def context(payload: dict[str, object], default_event: str, words: str) -> dict[str, object]:
    """Return the reply that puts `words` before the model."""
    return _specific(text(payload, "hook_event_name") or default_event, additionalContext=words)


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that tells the user something and changes nothing."""
    return {"systemMessage": words}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step before the turn ends."""
    return {"decision": "block", "reason": reason}


def _specific(event: str, **fields: object) -> dict[str, object]:
    return {"hookSpecificOutput": {"hookEventName": event, **fields}}
