"""Gemini CLI: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 0.61.0: `decision` is flat, `tool_input` inside `hookSpecificOutput` replaces a call's arguments, `ask`
hangs for ever without a person, and messages for the model count everywhere but before a call.
"""

import json
import os

from ocm.hosts.adapter import CHECKPOINT, SERVER, SHELL, Adapter, Call, Payload, Reply, log_tail, text

_PREFIX = f"mcp_{SERVER}_"
_SHELLS = {"run_shell_command": SHELL}
_CODE = "\nExit Code: "
_CONTEXT_END = "</hook_context>"
_EVENTS = {"session-start": "SessionStart", "user-prompt": "BeforeAgent", "post-tool-use": "AfterTool"}


class GeminiCli(Adapter):
    """Gemini CLI."""

    name = "gemini-cli"
    checkpoint_tool = f"{_PREFIX}ocm__checkpoint"
    can_change_calls = True
    delegate_tool = "invoke_agent"
    mode_field = "approval_mode"
    words_field = "prompt_response"

    own_prefixes = (_PREFIX,)
    server_prefixes = ("mcp_",)
    edit_tools = frozenset({"write_file", "replace"})
    shell_tools = _SHELLS
    harmless_tools = frozenset({
        "write_todos", "ask_user", "enter_plan_mode", "exit_plan_mode", "activate_skill", "get_internal_docs",
        "complete_task", "update_topic",
    })  # fmt: skip

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; Gemini gives it no id."""
        name = text(payload, "tool_name")
        call = self.new_call(name, payload.get("tool_input"))
        if name in self.edit_tools:
            call.add_edit(cwd, text(call.input, "file_path"), _kind(name, payload.get("tool_response")))
        return call

    def only_plans(self, payload: Payload, call: Call) -> bool:
        """Return whether a call is made in plan mode, of which a payload says nothing, but the plan has its folder."""
        plans = os.environ.get("GEMINI_PLANS_DIR", "")
        return (bool(plans) and call.path.startswith(os.path.join(plans, ""))) or super().only_plans(payload, call)

    def failed(self, payload: Payload) -> bool:
        """Return whether a call failed: there is one event for both, and a command has its code among its output."""
        found = payload.get("tool_response")
        if not isinstance(found, dict):
            return False
        is_command = text(payload, "tool_name") in self.shell_tools
        return bool(found.get("error")) or (is_command and _CODE in text(found, "llmContent"))

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, without what hooks put before it; empty when a hook generated it."""
        typed = text(payload, "prompt").rpartition(_CONTEXT_END)[2].strip()
        return "" if typed.startswith("ocm: ") else typed

    def last_words(self, payload: Payload) -> str:
        """Return the closing message of a turn: the payload has all that was said in the turn, one after the other."""
        said = super().last_words(payload)
        last = _last_message(text(payload, "transcript_path")) if said else ""
        _, found, after = said.rpartition(last) if last else ("", "", said)
        return after.strip() or found

    def may_block_stop(self, payload: Payload) -> bool:
        """Return whether a turn is really over: not already blocked once."""
        return payload.get("stop_hook_active") is not True

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return {"decision": "deny", "reason": reason}

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a checkpoint, with the true id; the journal's other tools need none."""
        if call.own_tool != CHECKPOINT:
            return None
        changed = {**call.input, "session_id": session_id}
        return {"hookSpecificOutput": {"hookEventName": "BeforeTool", "tool_input": changed}}

    def add_context(self, payload: Payload, event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model."""
        name = text(payload, "hook_event_name") or _EVENTS.get(event, "")
        return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": message}}

    def notify_user(self, message: str) -> Reply:
        """Return the reply that shows the user a message and changes nothing."""
        return {"systemMessage": message}

    def block_stop(self, reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        return {"decision": "deny", "reason": reason}


def _last_message(path: str) -> str:
    """Return the last message of the model that the client's own log has; it may not have the closing one yet."""
    for line in reversed(log_tail(path) if path else []):
        if b'"type":"gemini"' in line:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if text(found, "content").strip():
                return text(found, "content").strip()
    return ""


def _kind(name: str, response: object) -> str:
    shown = response.get("returnDisplay") if isinstance(response, dict) else None
    is_new = shown.get("isNewFile") if isinstance(shown, dict) else None
    if isinstance(is_new, bool):
        return "created" if is_new else "modified"
    return "" if name == "write_file" else "modified"
