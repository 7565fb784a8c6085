"""Kiro, its CLI and its IDE: exit code 2 with the reason on stderr denies, and plain text on stdout reaches the model.

From its documentation and what others captured on the IDE's version 1. No hook can change a call.
"""

from ocm.hosts import claude_code, common
from ocm.hosts.common import SERVER, Payload, text

NAME = "kiro"
_PREFIXES = (f"@{SERVER}/", f"mcp_{SERVER}_")
CHECKPOINT = f"{_PREFIXES[0]}ocm__checkpoint"
LOADING = ""
REWRITES = False
READS = True
DELEGATES = ""
DENY_CODE = 2

_KINDS = {"delete_file": "deleted", "str_replace": "modified", "fs_append": "modified"}
_STARTS = {"": "startup", "new": "startup"}


class Call(common.Call):
    """One tool call, as Kiro tells of it."""

    __slots__ = ()

    EDITS = frozenset({"fs_write", "fs_append", "str_replace", "write", "delete_file"})
    SHELLS = frozenset({"execute_bash", "execute_cmd", "shell"})
    HARMLESS = frozenset({"todo_list", "introspect", "thinking", "user_input"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"), text(payload, "tool_use_id"))
        self.own = next(filter(None, (common.own_tool(name, prefix) for prefix in _PREFIXES)), "")
        self.asks = name in self.HARMLESS
        self.shell = common.SHELL if name in self.SHELLS else ""
        is_foreign_tool = name.startswith(("@", "mcp_"))
        self.changes = not self.own and (name in self.EDITS or bool(self.shell) or is_foreign_tool)
        self.command = text(self.input, "command") if self.shell else ""
        if name in self.EDITS:
            known = _KINDS.get(text(self.input, "command"), _KINDS.get(name, ""))
            self.edits(cwd, text(self.input, "path") or text(self.input, "file_path"), known)


Edited = Call  # a call tells of its edit itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Kiro's hooks."""
    return False


session_id = claude_code.session_id
cwd = claude_code.cwd
ending = claude_code.ending


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def source(payload: Payload) -> str:
    """Return how a session starts."""
    found = text(payload, "source")
    return _STARTS.get(found, found)


def failed(payload: Payload) -> bool:
    """Tell whether a call failed."""
    found = payload.get("tool_response")
    told = isinstance(found, dict) and found.get("success") is False
    return told or text(payload, "hook_event_name") == "PostToolUseFailure"


def prompt(payload: Payload) -> str:
    """Return what the user typed."""
    return text(payload, "prompt").strip()


def may_ask_at_stop(_payload: Payload) -> bool:
    """Tell whether a turn that ends can be held: it cannot."""
    return False


def deny(_payload: Payload, _reason: str) -> None:
    """Return nothing: the exit code denies, and stderr holds the reason."""


def allow_own(_call: common.Call, _session_id: str) -> None:
    """Return nothing: a call runs as it is."""


def context(_payload: Payload, _event: str, words: str) -> str:
    """Return `words` as they are: what a hook prints reaches the model."""
    return words


def tell_user(_words: str) -> None:
    """Return nothing: there is no way to the user."""


def hold_turn(_reason: str) -> None:
    """Return nothing: a turn that ends has ended."""
