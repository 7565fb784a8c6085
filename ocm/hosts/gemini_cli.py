"""Gemini CLI: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 0.61.0: `decision` is flat, `tool_input` inside `hookSpecificOutput` replaces a call's arguments, `ask`
hangs for ever without a person, and words for the model count everywhere but before a call.
"""

from ocm.hosts import claude_code, common
from ocm.hosts.common import SERVER, Payload, text

NAME = "gemini-cli"
_PREFIX = f"mcp_{SERVER}_"
CHECKPOINT = f"{_PREFIX}ocm__checkpoint"
LOADING = ""
REWRITES = True
READS = True
DELEGATES = "invoke_agent"
DENY_CODE = 0

_CODE = "\nExit Code: "
_CONTEXT_END = "</hook_context>"
_EVENTS = {"session-start": "SessionStart", "user-prompt": "BeforeAgent", "post-tool-use": "AfterTool"}


class Call(common.Call):
    """One tool call, as Gemini tells of it."""

    __slots__ = ()

    EDITS = frozenset({"write_file", "replace"})
    HARMLESS = frozenset({
        "write_todos", "ask_user", "enter_plan_mode", "exit_plan_mode", "activate_skill", "get_internal_docs",
        "complete_task", "update_topic",
    })  # fmt: skip

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type; Gemini gives it no id."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"))
        self.own = common.own_tool(name, _PREFIX)
        self.asks = name in self.HARMLESS
        self.shell = common.SHELL if name == "run_shell_command" else ""
        self.changes = not self.own and (name in self.EDITS or bool(self.shell) or name.startswith("mcp_"))
        self.command = text(self.input, "command") if self.shell else ""
        if name in self.EDITS:
            self.edits(cwd, text(self.input, "file_path"), _kind(name, payload.get("tool_response")))


Edited = Call  # a call tells of its edit itself


def _kind(name: str, response: object) -> str:
    shown = response.get("returnDisplay") if isinstance(response, dict) else None
    is_new = shown.get("isNewFile") if isinstance(shown, dict) else None
    if isinstance(is_new, bool):
        return "created" if is_new else "modified"
    return "" if name == "write_file" else "modified"


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Gemini's hooks."""
    return False


session_id = claude_code.session_id
cwd = claude_code.cwd
source = claude_code.source
ending = claude_code.ending


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def failed(payload: Payload) -> bool:
    """Tell whether a call failed: there is one event for both, and a command says its code among its output."""
    found = payload.get("tool_response")
    if not isinstance(found, dict):
        return False
    is_command = text(payload, "tool_name") == "run_shell_command"
    return bool(found.get("error")) or (is_command and _CODE in text(found, "llmContent"))


def prompt(payload: Payload) -> str:
    """Return what the user typed, without what hooks put before it; empty when a hook made it up."""
    typed = text(payload, "prompt")
    typed = typed.rpartition(_CONTEXT_END)[2].strip()
    return "" if typed.startswith("ocm: ") else typed


def may_ask_at_stop(payload: Payload) -> bool:
    """Tell whether a turn is really over: not already held back once."""
    return payload.get("stop_hook_active") is not True


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return {"decision": "deny", "reason": reason}


def allow_own(call: common.Call, session_id: str) -> dict[str, object] | None:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return None
    return {
        "hookSpecificOutput": {"hookEventName": "BeforeTool", "tool_input": {**call.input, "session_id": session_id}}
    }


def context(payload: Payload, event: str, words: str) -> dict[str, object]:
    """Return the reply that puts `words` before the model."""
    name = text(payload, "hook_event_name") or _EVENTS.get(event, "")
    return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": words}}


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that tells the user something and changes nothing."""
    return {"systemMessage": words}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step before the turn ends."""
    return {"decision": "deny", "reason": reason}
