"""Claude Code: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 2.1.197 and 2.1.329: JSON on stdout counts with exit code 0, `updatedInput` replaces a call's whole input,
and a hook that gives no usable answer lets the call run. Light, because every hook imports it.
"""

import os

from ocm.hosts import adapter
from ocm.hosts.adapter import CHECKPOINT, SERVER, Adapter, Call, Payload, Reply, text

_PREFIX = f"mcp__{SERVER}__"
CHECKPOINT_TOOL = f"{_PREFIX}ocm__checkpoint"
_SERVERS = "mcpServers"
_KINDS = {"create": "created", "update": "modified"}
_SHELLS = {adapter.POSIX_SHELL: adapter.POSIX_SHELL, adapter.POWERSHELL: adapter.POWERSHELL}
# A finished background agent, a reminder or a command's output arrives as if the user had typed it.
_SYNTHETIC = ("<task-notification>", "<system-reminder>", "<local-command", "<command-name>", "<bash-")
_EVENTS = {
    "session-start": "SessionStart",
    "user-prompt": "UserPromptSubmit",
    "pre-tool-use": "PreToolUse",
    "post-tool-use": "PostToolUse",
}


class ClaudeDialect(Adapter):
    """What Claude Code and the hosts that took over its payloads and replies have in common."""

    checkpoint_tool = CHECKPOINT_TOOL
    can_change_calls = True

    own_prefixes: tuple[str, ...] = (_PREFIX,)
    server_prefixes = ("mcp__",)
    edit_tools = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
    shell_tools = _SHELLS

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; what came back says whether a written file is new."""
        name = text(payload, "tool_name")
        call = self.new_call(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        if name in self.edit_tools:
            path = text(call.input, "file_path") or text(call.input, "notebook_path") or text(call.input, "path")
            known = text(payload.get("tool_response"), "type")
            call.add_edit(cwd, path, _KINDS.get(known, "" if name == "Write" else "modified"))
        return call

    def own_tool(self, name: str) -> str:
        """Return which of the journal's own tools `name` is; a plugin puts its own name before the server's."""
        if name.startswith("mcp__plugin_"):
            server, _, tool = name[5:].partition("__ocm__")
            return tool if server.endswith("_" + SERVER) and tool in adapter.OWN_TOOLS else ""
        return super().own_tool(name)

    def deny(self, _payload: Payload, reason: str) -> Reply:
        """Return the reply that holds a call back."""
        return specific("PreToolUse", permissionDecision="deny", permissionDecisionReason=reason)

    def allow_own(self, call: Call, session_id: str) -> Reply:
        """Return the reply to a call of the journal's own tools, with the true ids for a checkpoint."""
        if call.own_tool != CHECKPOINT:
            return specific("PreToolUse", permissionDecision="allow")
        changed = adapter.with_identity(call, session_id)
        return specific("PreToolUse", permissionDecision="allow", updatedInput=changed)

    def add_context(self, payload: Payload, event: str, message: str) -> Reply:
        """Return the reply that puts `message` before the model."""
        return specific(text(payload, "hook_event_name") or _EVENTS.get(event, ""), additionalContext=message)

    def notify_user(self, message: str) -> Reply:
        """Return the reply that shows the user a message and changes nothing."""
        return {"systemMessage": message}

    def block_stop(self, reason: str) -> Reply:
        """Return the reply that asks for one more step before the turn ends."""
        return {"decision": "block", "reason": reason}

    def may_block_stop(self, payload: Payload) -> bool:
        """Return whether a turn is really over: not already blocked once, no agent still at work."""
        return payload.get("stop_hook_active") is not True and not payload.get("background_tasks")

    def failed(self, payload: Payload) -> bool:
        """Return whether a `post-tool-use` payload is of a call that failed."""
        return text(payload, "hook_event_name") == "PostToolUseFailure"

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, empty when the client generated the prompt."""
        typed = super().user_prompt(payload)
        return "" if typed.startswith(_SYNTHETIC) else typed


class ClaudeCode(ClaudeDialect):
    """Claude Code itself."""

    name = "claude-code"
    loading_hint = " (load it with ToolSearch select:{tool} if needed)"
    harmless_tools = frozenset({
        "ToolSearch", "TodoRead", "TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "AskUserQuestion",
        "EnterPlanMode", "ExitPlanMode",
    })  # fmt: skip

    def greeted(self, reply: Reply, line: str) -> Reply:
        """Return the reply to a start with a line for the user."""
        return {**(reply if isinstance(reply, dict) else {}), "systemMessage": line}

    def plugin_tool(self) -> str:
        """Return the checkpoint tool as the server of a plugin has it, which has the plugin's name before its own."""
        return f"mcp__plugin_ocm_{SERVER}__ocm__checkpoint" if os.environ.get("CLAUDE_PLUGIN_ROOT") else ""

    def server_places(self) -> list[tuple[str, ...]]:
        """Return where the project's and the user's own servers are; beside the same one, a plugin's is left out."""
        project = os.environ.get("CLAUDE_PROJECT_DIR") or os.curdir
        user = os.path.join(os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~"), ".claude.json")
        return [
            (os.path.join(project, ".mcp.json"), _SERVERS),
            (user, _SERVERS),
            (user, "projects", os.path.realpath(project), _SERVERS),
        ]

    def from_other_host(self, payload: Payload) -> bool:
        """Return whether another host made this call: Cursor, VS Code and Copilot CLI run these hooks beside theirs."""
        if "cursor_version" in payload or "hookEventName" in payload:
            return True
        return "timestamp" in payload and ".copilot" in (text(payload, "transcript_path") or ".copilot")

    def read_edit(self, payload: Payload, cwd: str) -> Call:
        """Return an edit that is reported apart from the call: its fields, or a whole call."""
        call = self.read_call({"tool_name": "Edit", **payload, "tool_input": payload}, cwd)
        return call if call.path else self.read_call(payload, cwd)

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store: first where the client was started, whatever the model's `cd`."""
        return [folder for folder in (os.environ.get("CLAUDE_PROJECT_DIR", ""), self.cwd(payload)) if folder]


def specific(event: str, **fields: object) -> dict[str, object]:
    """Return a reply whose fields belong to one event."""
    return {"hookSpecificOutput": {"hookEventName": event, **fields}}
