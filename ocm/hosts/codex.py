"""Codex CLI: Claude Code's dialect, read more strictly, with patches for edits.

Measured on 0.169.0: a reply with a field too many, or a denial without its reason, lets the call run. A sub-agent's
events carry the id of the conversation that started it, its prompt too.
"""

from ocm.hosts import patches
from ocm.hosts.adapter import CHECKPOINT, SHELL, Call, Payload, Reply, text
from ocm.hosts.claude_code import ClaudeDialect, specific

PATCH = "apply_patch"
_SHELLS = {"Bash": SHELL}
_CODE = "Exit code: "  # how what is said of a patch begins


class Codex(ClaudeDialect):
    """Codex CLI."""

    name = "codex"
    loading_hint = " (load it with tool_search if needed)"

    edit_tools = frozenset({PATCH})
    shell_tools = _SHELLS
    harmless_tools = frozenset({"tool_search", "update_plan", "request_user_input", "wait_agent", "list_agents"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; a patch names every file it edits."""
        call = super().read_call(payload, cwd)
        if call.name == PATCH:
            for path, kind in patches.edited(text(call.input, "command")):
                call.add_edit(cwd, path, kind)
        return call

    def failed(self, payload: Payload) -> bool:
        """Return whether a call failed, as far as Codex says: of a command it gives the output alone."""
        found = payload.get("tool_response")
        if isinstance(found, dict):
            return found.get("isError") is True
        return isinstance(found, str) and found.startswith(_CODE) and not found.startswith(_CODE + "0")

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when it is the task of a sub-agent."""
        return "" if text(payload, "agent_id") else super().user_prompt(payload)

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a checkpoint, with the true ids; the journal's other tools need none."""
        return super().allow_own(call, session_id) if call.own_tool == CHECKPOINT else None

    def notify_user(self, message: str) -> Reply:
        """Return the reply that shows a message to the user, and to the model: without a terminal no user sees it."""
        return {"systemMessage": message, **specific("PreToolUse", additionalContext=message)}
