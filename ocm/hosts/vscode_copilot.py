"""Copilot in VS Code: Claude Code's replies, to payloads that name session and event in camel case.

From its documentation. It reads Claude Code's and Copilot CLI's hook files too, and Copilot CLI reads its: a payload
says by how it names its event which of the two sent it.
"""

from ocm.hosts import claude_code, common, patches
from ocm.hosts.common import SERVER, Payload, text

NAME = "vscode-copilot"
# It cuts what stands before the tool's own name to 18 characters.
_PREFIXES = (f"mcp_{SERVER[:13]}_", f"mcp_{SERVER}_")
CHECKPOINT = f"{_PREFIXES[0]}ocm__checkpoint"
LOADING = ""
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0


class Call(common.Call):
    """One tool call, as VS Code tells of it."""

    __slots__ = ()

    KINDS = {  # noqa: RUF012 - never changed
        "apply_patch": "", "create_directory": "created", "create_file": "created", "createFile": "created",
        "create_new_jupyter_notebook": "created", "edit_notebook_file": "modified", "editFiles": "modified",
        "insert_edit_into_file": "modified", "multi_replace_string_in_file": "modified",
        "replace_string_in_file": "modified",
    }  # fmt: skip
    SHELLS = frozenset({"run_in_terminal", "runTerminalCommand", "runInTerminal"})
    HARMLESS = frozenset({"manage_todo_list", "vscode_askQuestions", "tool_search", "switch_agent"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "agent_id"))
        self.own = next(filter(None, (common.own_tool(name, prefix) for prefix in _PREFIXES)), "")
        self.asks = name in self.HARMLESS
        self.shell = common.SHELL if name in self.SHELLS else ""
        self.changes = not self.own and (name in self.KINDS or bool(self.shell) or name.startswith("mcp_"))
        self.command = text(self.input, "command") if self.shell else ""
        if name == "apply_patch":
            for path, kind in patches.edited(text(self.input, "input")):
                self.edits(cwd, path, kind)
        elif name in self.KINDS:
            for path in _paths(self.input):
                self.edits(cwd, path, self.KINDS[name])


def _paths(given: Payload) -> list[str]:
    """Return the files an edit names: one, a list of them, or one for each replacement."""
    several = [item for name in ("files", "replacements") for item in _list(given.get(name))]
    each = [item if isinstance(item, str) else text(item, "filePath") for item in several]
    return [text(given, "filePath") or text(given, "path"), *each]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


Edited = Call  # a call tells of its edits itself


def foreign(payload: Payload) -> bool:
    """Tell whether Copilot CLI made this call: it names its events in another way, or not at all."""
    return "hookEventName" not in payload


def session_id(payload: Payload) -> str:
    """Return the id of the conversation."""
    return text(payload, "sessionId") or text(payload, "session_id")


cwd = claude_code.cwd
ending = claude_code.ending
may_ask_at_stop = claude_code.may_ask_at_stop
deny = claude_code.deny
allow_own = claude_code.allow_own
tell_user = claude_code.tell_user


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def source(_payload: Payload) -> str:
    """Return how a session starts: VS Code tells of new ones only."""
    return "startup"


def failed(_payload: Payload) -> bool:
    """Tell whether a call failed: VS Code tells of those that did not."""
    return False


def prompt(payload: Payload) -> str:
    """Return what the user typed."""
    return text(payload, "prompt").strip()


def context(_payload: Payload, event: str, words: str) -> dict[str, object] | None:
    """Return the reply that puts `words` before the model, where VS Code takes any."""
    names = {"session-start": "SessionStart", "post-tool-use": "PostToolUse"}
    if event not in names:
        return None
    return {"hookSpecificOutput": {"hookEventName": names[event], "additionalContext": words}}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step before the turn ends."""
    return {"hookSpecificOutput": {"hookEventName": "Stop", "decision": "block", "reason": reason}}
