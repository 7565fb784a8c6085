"""Codex CLI: Claude Code's dialect, read more strictly, with patches for edits.

Measured on 0.169.0: a reply with a field too many, or a denial without its reason, lets the call run. A sub-agent's
events carry the id of the conversation that started it, its prompt too.
"""

from ocm.hosts import claude_code, common, patches
from ocm.hosts.common import Payload, text

NAME = "codex"
CHECKPOINT = claude_code.CHECKPOINT
LOADING = " (load it with tool_search if needed)"
REWRITES = True
READS = False  # but through the shell
DELEGATES = ""
DENY_CODE = 0

PATCH = "apply_patch"
_CODE = "Exit code: "  # how what is said of a patch begins


class Call(claude_code.Call):
    """One tool call, as Codex tells of it."""

    __slots__ = ()

    EDITS = frozenset({PATCH})
    SHELLS = frozenset({"Bash"})
    HARMLESS = frozenset({"tool_search", "update_plan", "request_user_input", "wait_agent", "list_agents"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        super().__init__(payload, cwd)
        if self.shell:
            self.shell = common.SHELL
        if self.name == PATCH:
            for path, kind in patches.edited(text(self.input, "command")):
                self.edits(cwd, path, kind)


Edited = Call  # a call tells of its edits itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Codex' hooks."""
    return False


def failed(payload: Payload) -> bool:
    """Tell whether a call failed, as far as Codex says: of a command it gives the output alone."""
    found = payload.get("tool_response")
    if isinstance(found, dict):
        return found.get("isError") is True
    return isinstance(found, str) and found.startswith(_CODE) and not found.startswith(_CODE + "0")


def prompt(payload: Payload) -> str:
    """Return what the user typed, empty when it is the task of a sub-agent."""
    return "" if text(payload, "agent_id") else claude_code.prompt(payload)


def allow_own(call: common.Call, session_id: str) -> dict[str, object] | None:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    return claude_code.allow_own(call, session_id) if call.own == "checkpoint" else None


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that tells the user something, and the model too, for without a terminal nobody sees it."""
    return claude_code.tell_user(words) | claude_code.context({}, "pre-tool-use", words)


session_id = claude_code.session_id
cwd = claude_code.cwd
source = claude_code.source
ending = claude_code.ending
may_ask_at_stop = claude_code.may_ask_at_stop
deny = claude_code.deny
context = claude_code.context
hold_turn = claude_code.hold_turn


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]
