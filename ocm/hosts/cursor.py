"""Cursor: the payloads of its hooks as plain facts, and decisions in its own dialect.

From its documentation and the engine it ships: a reply that is no JSON denies the call, so even nothing to say is `{}`;
the folder a hook runs in says nothing, `workspace_roots` does; a tool of an MCP server is named without the server.
"""

import os

from ocm.hosts.adapter import CHECKPOINT, SHELL, Adapter, Call, Payload, Reply, text

_PREFIX = "MCP:"
_LONGEST = 10_000  # characters of context that reach the model
_DRIVE = 3  # characters of `/c:`, as it writes a path of Windows
_KINDS = {"Delete": "deleted", "Edit": "modified"}
_SHELLS = {"Shell": SHELL}


class Cursor(Adapter):
    """Cursor."""

    name = "cursor"
    checkpoint_tool = "ocm__checkpoint"
    can_change_calls = True
    mode_field = "composer_mode"
    words_field = "text"

    own_prefixes = (_PREFIX,)
    server_prefixes = (_PREFIX,)
    edit_tools = frozenset({"Write", "Edit", "Delete"})
    shell_tools = _SHELLS
    harmless_tools = frozenset({"TodoWrite", "AskQuestion", "SwitchMode", "CreatePlan"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call."""
        name = text(payload, "tool_name")
        agent = text(payload, "subagent_id")
        call = self.new_call(name, payload.get("tool_input"), text(payload, "tool_use_id"), agent)
        if name in self.edit_tools:
            call.add_edit(cwd, text(call.input, "file_path") or text(call.input, "path"), _KINDS.get(name, ""))
        return call

    def read_edit(self, payload: Payload, cwd: str) -> Call:
        """Return an edit that is reported apart from the call."""
        return self.read_call({"tool_name": "Edit", "tool_input": payload}, cwd)

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation."""
        return text(payload, "conversation_id") or text(payload, "session_id")

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store."""
        found = payload.get("workspace_roots")
        roots = [root for root in found if isinstance(root, str)] if isinstance(found, list) else []
        return [_local(root) for root in roots]

    def cwd(self, payload: Payload) -> str:
        """Return the folder that relative paths are relative to."""
        return next(iter(self.folders(payload)), "")

    def start_source(self, _payload: Payload) -> str:
        """Return how a session starts: Cursor reports new ones only."""
        return "startup"

    def failed(self, payload: Payload) -> bool:
        """Return whether a `post-tool-use` payload is of a call that failed."""
        return text(payload, "hook_event_name") == "postToolUseFailure"

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when a hook generated it."""
        typed = super().user_prompt(payload)
        return "" if typed.startswith("ocm: ") else typed

    def may_block_stop(self, payload: Payload) -> bool:
        """Return whether a turn is really over: completed, and nothing followed up yet."""
        return text(payload, "status") == "completed" and not payload.get("loop_count")

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return {"permission": "deny", "user_message": "ocm asks for a checkpoint first.", "agent_message": reason}

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a checkpoint, with the true id; the journal's other tools need none."""
        if call.own_tool != CHECKPOINT:
            return None
        return {"permission": "allow", "updated_input": {**call.input, "session_id": session_id}}

    def add_context(self, payload: Payload, event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model, where Cursor takes any."""
        takes = event == "session-start" or (event == "post-tool-use" and not self.failed(payload))
        return {"additional_context": message[:_LONGEST]} if takes else None

    def notify_user(self, message: str) -> Reply:
        """Return the reply that shows the user a message and changes nothing."""
        return {"permission": "allow", "user_message": message}

    def block_stop(self, reason: str) -> Reply:
        """Return the reply that asks for one more step after the turn."""
        return {"followup_message": reason}


def _local(root: str) -> str:
    is_drive = os.name == "nt" and root[:1] == "/" and root[2:_DRIVE] == ":"
    return root[1:] if is_drive else root
