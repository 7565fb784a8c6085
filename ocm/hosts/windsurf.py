"""Windsurf's Cascade: one action a payload, exit code 2 and stderr as the only answer, nothing for the model.

From its documentation. It reports neither the start of a conversation nor its end, and no hook can change a call, so a
denial holds the id that the model has to give.
"""

from ocm.hosts.adapter import SERVER, SHELL, Adapter, Call, Payload, text

_SHELLS = {"run_command": SHELL}


class Windsurf(Adapter):
    """Windsurf."""

    name = "windsurf"
    checkpoint_tool = "ocm__checkpoint"
    loading_hint = f" (a tool of the MCP server {SERVER})"
    deny_exit_code = 2

    own_prefixes = (f"{SERVER}/",)
    edit_tools = frozenset({"write_code"})
    shell_tools = _SHELLS
    command_field = "command_line"

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the action, which is reported before and after; a server's tool is named `SERVER/TOOL` here."""
        action = text(payload, "agent_action_name").removeprefix("pre_").removeprefix("post_")
        info = payload.get("tool_info")
        about: Payload = info if isinstance(info, dict) else {}
        if action == "mcp_tool_use":
            name = f"{text(about, 'mcp_server_name')}/{text(about, 'mcp_tool_name')}"
            return self.new_call(name, about.get("mcp_tool_arguments"))
        call = self.new_call(action, about)
        if action in self.edit_tools:
            call.add_edit(cwd, text(about, "file_path"))
        return call

    def can_change(self, name: str) -> bool:
        """Return whether an action can change something; a server's tool may."""
        return super().can_change(name) or "/" in name

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation."""
        return text(payload, "trajectory_id")

    def cwd(self, _payload: Payload) -> str:
        """Return nothing: the paths of a payload are absolute, and only the hook's own folder leads to the store."""
        return ""

    def start_source(self, _payload: Payload) -> str:
        """Return how a session starts."""
        return "startup"

    def end_reason(self, _payload: Payload) -> str:
        """Return nothing: no session ends."""
        return ""

    def last_words(self, payload: Payload) -> str:
        """Return what the assistant said at the end of a turn."""
        return text(payload.get("tool_info"), "response")

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed."""
        return text(payload.get("tool_info"), "user_prompt").strip()
