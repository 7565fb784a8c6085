"""Antigravity: payloads in camel case without the event's name, and a decision in every reply to a call.

From what others measured on 1.1.2 of its CLI: `deny` blocks and shows the reason, `allow` leaves its own questions as
they are, and a reply without a decision makes it ask. Messages reach the model before a request only, and it reports
each request alike. What a call was is not always said after it.
"""

from ocm.hosts.adapter import FIRST_REQUEST, SERVER, SHELL, Adapter, Call, Payload, Reply, text

_KINDS = {"write_to_file": "", "replace_file_content": "modified", "multi_replace_file_content": "modified"}
_SHELLS = {"run_command": SHELL}


class Antigravity(Adapter):
    """Antigravity."""

    name = "antigravity"
    checkpoint_tool = "ocm__checkpoint"
    loading_hint = f" (a tool of the MCP server {SERVER})"

    own_prefixes = (f"mcp_{SERVER}_", f"mcp__{SERVER}__", f"{SERVER}_", f"{SERVER}/", "")
    server_prefixes = ("mcp_",)
    edit_tools = frozenset(_KINDS)
    shell_tools = _SHELLS
    command_field = "CommandLine"
    harmless_tools = frozenset({"task_boundary", "notify_user", "ask_question", "command_status"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call, which is an object of its own in the payload; its id is the number of the step."""
        found = payload.get("toolCall")
        made: Payload = found if isinstance(found, dict) else {}
        name, step = text(made, "name"), payload.get("stepIdx")
        call = self.new_call(name, made.get("args"), str(step) if isinstance(step, int) else "")
        if name in _KINDS:
            call.add_edit(cwd, text(call.input, "TargetFile"), _KINDS[name])
        return call

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation."""
        return text(payload, "conversationId")

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store."""
        found = payload.get("workspacePaths")
        return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []

    def cwd(self, payload: Payload) -> str:
        """Return the folder that relative paths are relative to."""
        return next(iter(self.folders(payload)), "")

    def start_source(self, payload: Payload) -> str:
        """Return how a session starts, empty where this is not its first request; builds count from 0 or from 1."""
        number = payload.get("invocationNum")
        return "" if isinstance(number, int) and number > 1 else FIRST_REQUEST

    def end_reason(self, _payload: Payload) -> str:
        """Return nothing: no session ends."""
        return ""

    def failed(self, payload: Payload) -> bool:
        """Return whether a call failed."""
        return bool(payload.get("error"))

    def user_prompt(self, _payload: Payload) -> str:
        """Return nothing: what the user typed is in no payload."""
        return ""

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return {"decision": "deny", "reason": reason}

    def allow_own(self, _call: Call, _session_id: str) -> Reply:
        """Return the reply to a call of the journal's own tools; it cannot be changed."""
        return {"decision": "allow"}

    def add_context(self, _payload: Payload, event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model, which only a request takes."""
        return {"injectSteps": [{"ephemeralMessage": message}]} if event == "session-start" else None

    def notify_user(self, _message: str) -> Reply:
        """Return the reply that lets the call run; no message reaches the user."""
        return {"decision": "allow"}
