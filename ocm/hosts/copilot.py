"""Copilot CLI: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 1.0.102: replies are flat, `modifiedArgs` replaces a call's arguments, and a hook that fails denies the
call, so the commands that run this always end well. Events in camel case do not name themselves, so the command line
does. A sub-agent has a session of its own and names its parent's.
"""

import os

from ocm.hosts import adapter, patches
from ocm.hosts.adapter import CHECKPOINT, SERVER, Adapter, Call, Payload, Reply, text

_PREFIX = f"{SERVER}-"
_EXIT = " completed with exit code "
_SHELLS = {"bash": adapter.POSIX_SHELL, "powershell": adapter.POWERSHELL}
_TYPING = frozenset({"write_bash", "write_powershell"})  # into a shell that already runs


class Copilot(Adapter):
    """Copilot CLI."""

    name = "copilot"
    checkpoint_tool = f"{_PREFIX}ocm__checkpoint"
    can_change_calls = True
    mode_field = "permissionMode"

    own_prefixes = (_PREFIX,)
    edit_tools = frozenset({"apply_patch", "create", "edit", "str_replace_editor"})
    shell_tools = _SHELLS
    harmless_tools = frozenset({"ask_user", "exit_plan_mode", "report_intent", "task_complete", "update_todo"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; the arguments of a patch may be the patch itself."""
        name, given = text(payload, "toolName"), payload.get("toolArgs")
        call = self.new_call(name, given, "", text(payload, "agentId"))
        if name == "apply_patch":
            patch = given if isinstance(given, str) else text(given, "patch") or text(given, "input")
            for path, kind in patches.edited(patch):
                call.add_edit(cwd, path, kind)
        elif name in self.edit_tools:
            is_new = name == "create" or text(call.input, "command") == "create"
            call.add_edit(cwd, text(call.input, "path"), "created" if is_new else "modified")
        return call

    def can_change(self, name: str) -> bool:
        """Return whether a tool can change something; a server's name, a hyphen and the tool's own is another's."""
        return super().can_change(name) or name in _TYPING or "-" in name

    def from_other_host(self, payload: Payload) -> bool:
        """Return whether this call is counted elsewhere.

        VS Code reads the same folder of hooks, and its payloads name their event. Copilot itself runs the user's hooks
        and the project's: where ocm is among both, the user's count, for a project's run only in a trusted folder.
        """
        if "hookEventName" in payload or "hook_event_name" in payload:
            return True
        folder = os.environ.get("COPILOT_HOOK_DIR", "").replace(os.sep, "/")
        return folder.endswith("/.github/hooks") and os.path.exists(_user_hooks())

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation, the main one's for a sub-agent."""
        return (text(payload, "agentId") and text(payload, "parentAgentId")) or text(payload, "sessionId")

    def start_source(self, payload: Payload) -> str:
        """Return how a session starts."""
        source = super().start_source(payload)
        return "startup" if source == "new" else source

    def failed(self, payload: Payload) -> bool:
        """Return whether a call failed: a failed shell command is reported as a success, its exit code in the text."""
        _, code, rest = text(payload.get("toolResult"), "textResultForLlm")[-80:].rpartition(_EXIT)
        return "error" in payload or (bool(code) and not rest.startswith("0>"))

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when it is the task of a sub-agent."""
        return "" if text(payload, "agentId") else super().user_prompt(payload)

    def last_words(self, payload: Payload) -> str:
        """Return what the assistant said last, as the end of its own log of the conversation has it."""
        path = text(payload, "transcriptPath")
        return "" if not path or text(payload, "agentId") else _last_message(path)

    def may_block_stop(self, payload: Payload) -> bool:
        """Return whether a turn is really over: not a sub-agent's, and not already blocked once."""
        return payload.get("stop_hook_active") is not True and not text(payload, "agentId")

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return {"permissionDecision": "deny", "permissionDecisionReason": reason}

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a call of the journal's own tools, with the true ids for a checkpoint."""
        if call.own_tool != CHECKPOINT:
            return {"permissionDecision": "allow"}
        return {"permissionDecision": "allow", "modifiedArgs": adapter.with_identity(call, session_id)}

    def add_context(self, _payload: Payload, _event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model."""
        return {"additionalContext": message}

    def notify_user(self, message: str) -> Reply:
        """Return the reply that lets the call run and puts `message` before the model, a hook's only reader here."""
        return {"additionalContext": message}

    def block_stop(self, reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        return {"decision": "block", "reason": reason}


def _last_message(path: str) -> str:
    """Return the last text of the assistant in the log of events at `path`; empty for a log of another form."""
    import json

    for line in reversed(adapter.log_tail(path)):
        if b'"tool.execution' in line:  # a closing message that is not written yet is unknown, no earlier one
            return ""
        if b'"assistant.message"' in line:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            data = found.get("data") if isinstance(found, dict) else None
            if isinstance(data, dict) and text(data, "content").strip():
                return text(data, "content")
    return ""


def _user_hooks() -> str:
    home = os.environ.get("COPILOT_HOME") or os.path.join(os.path.expanduser("~"), ".copilot")
    return os.path.join(home, "hooks", "opencodememory.json")
