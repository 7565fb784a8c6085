"""Copilot in VS Code: Claude Code's replies, to payloads that name session and event in camel case.

From its documentation. It reads Claude Code's and Copilot CLI's hook files too, and Copilot CLI reads its: a payload
says by how it names its event which of the two sent it.
"""

from ocm.hosts import patches
from ocm.hosts.adapter import SERVER, SHELL, Call, Payload, Reply, text
from ocm.hosts.claude_code import ClaudeDialect, specific

# It cuts what stands before the tool's own name to 18 characters.
_PREFIXES = (f"mcp_{SERVER[:13]}_", f"mcp_{SERVER}_")
_KINDS = {
    "apply_patch": "", "create_directory": "created", "create_file": "created", "createFile": "created",
    "create_new_jupyter_notebook": "created", "edit_notebook_file": "modified", "editFiles": "modified",
    "insert_edit_into_file": "modified", "multi_replace_string_in_file": "modified",
    "replace_string_in_file": "modified",
}  # fmt: skip
_SHELLS = dict.fromkeys(("run_in_terminal", "runTerminalCommand", "runInTerminal"), SHELL)
_EVENTS = {"session-start": "SessionStart", "post-tool-use": "PostToolUse"}


class VsCodeCopilot(ClaudeDialect):
    """Copilot in VS Code."""

    name = "vscode-copilot"
    checkpoint_tool = f"{_PREFIXES[0]}ocm__checkpoint"

    own_prefixes = _PREFIXES
    server_prefixes = ("mcp_",)
    edit_tools = frozenset(_KINDS)
    shell_tools = _SHELLS
    harmless_tools = frozenset({"manage_todo_list", "vscode_askQuestions", "tool_search", "switch_agent"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; an edit may name several files."""
        name = text(payload, "tool_name")
        call = self.new_call(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        if name == "apply_patch":
            for path, kind in patches.edited(text(call.input, "input")):
                call.add_edit(cwd, path, kind)
        elif name in _KINDS:
            for path in _paths(call.input):
                call.add_edit(cwd, path, _KINDS[name])
        return call

    def from_other_host(self, payload: Payload) -> bool:
        """Return whether Copilot CLI made this call: it names its events in another way, or not at all."""
        return "hookEventName" not in payload

    def session_id(self, payload: Payload) -> str:
        """Return the id of the conversation."""
        return text(payload, "sessionId") or text(payload, "session_id")

    def start_source(self, _payload: Payload) -> str:
        """Return how a session starts: VS Code reports new ones only."""
        return "startup"

    def failed(self, _payload: Payload) -> bool:
        """Return whether a call failed: VS Code reports those that did not."""
        return False

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed."""
        return text(payload, "prompt").strip()

    def add_context(self, _payload: Payload, event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model, where VS Code takes any."""
        return specific(_EVENTS[event], additionalContext=message) if event in _EVENTS else None

    def block_stop(self, reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        return specific("Stop", decision="block", reason=reason)


def _paths(given: Payload) -> list[str]:
    """Return the files an edit names: one, a list of them, or one for each replacement."""
    several = [item for name in ("files", "replacements") for item in _list(given.get(name))]
    each = [item if isinstance(item, str) else text(item, "filePath") for item in several]
    return [text(given, "filePath") or text(given, "path"), *each]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
