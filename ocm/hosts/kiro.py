"""Kiro, its CLI and its IDE: exit code 2 with the reason on stderr denies, and plain text on stdout reaches the model.

From its documentation and what others captured on the IDE's version 1. No hook can change a call.
"""

from ocm.hosts.adapter import SERVER, SHELL, Adapter, Call, Payload, Reply, text

_PREFIXES = (f"@{SERVER}/", f"mcp_{SERVER}_")
_KINDS = {"delete_file": "deleted", "str_replace": "modified", "fs_append": "modified"}
_SHELLS = dict.fromkeys(("execute_bash", "execute_cmd", "shell"), SHELL)


class Kiro(Adapter):
    """Kiro."""

    name = "kiro"
    checkpoint_tool = f"{_PREFIXES[0]}ocm__checkpoint"
    deny_exit_code = 2

    own_prefixes = _PREFIXES
    server_prefixes = ("@", "mcp_")
    edit_tools = frozenset({"fs_write", "fs_append", "str_replace", "write", "delete_file"})
    shell_tools = _SHELLS
    harmless_tools = frozenset({"todo_list", "introspect", "thinking", "user_input"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; one tool may have several commands for edits."""
        name = text(payload, "tool_name")
        call = self.new_call(name, payload.get("tool_input"), text(payload, "tool_use_id"))
        if name in self.edit_tools:
            kind = _KINDS.get(text(call.input, "command"), _KINDS.get(name, ""))
            call.add_edit(cwd, text(call.input, "path") or text(call.input, "file_path"), kind)
        return call

    def start_source(self, payload: Payload) -> str:
        """Return how a session starts."""
        source = super().start_source(payload)
        return "startup" if source == "new" else source

    def failed(self, payload: Payload) -> bool:
        """Return whether a call failed."""
        found = payload.get("tool_response")
        is_failure = isinstance(found, dict) and found.get("success") is False
        return is_failure or text(payload, "hook_event_name") == "PostToolUseFailure"

    def add_context(self, _payload: Payload, _event: str, message: str) -> Reply:
        """Return `message` as it is: what a hook prints reaches the model."""
        return message
