"""Antigravity: payloads in camel case without the event's name, and a decision in every reply to a call.

From what others measured on 1.1.2 of its CLI: `deny` blocks and shows the reason, `allow` leaves its own questions as
they are, and a reply without a decision makes it ask. Words reach the model before a request only, and it tells of each
request alike. What a call was is not always said after it.
"""

from ocm.hosts import common
from ocm.hosts.common import SERVER, Payload, text

NAME = "antigravity"
_PREFIXES = (f"mcp_{SERVER}_", f"mcp__{SERVER}__", f"{SERVER}_", f"{SERVER}/", "")
CHECKPOINT = "ocm__checkpoint"
LOADING = f" (a tool of the MCP server {SERVER})"
REWRITES = False
READS = True
DELEGATES = ""
DENY_CODE = 0


class Call(common.Call):
    """One tool call, as Antigravity tells of it."""

    __slots__ = ()

    KINDS = {  # noqa: RUF012 - never changed
        "write_to_file": "", "replace_file_content": "modified", "multi_replace_file_content": "modified",
    }  # fmt: skip
    HARMLESS = frozenset({"task_boundary", "notify_user", "ask_question", "command_status"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        found = payload.get("toolCall")
        made: Payload = found if isinstance(found, dict) else {}
        name, step = text(made, "name"), payload.get("stepIdx")
        super().__init__(name, made.get("args"), str(step) if isinstance(step, int) else "")
        self.own = next(filter(None, (common.own_tool(name, prefix) for prefix in _PREFIXES)), "")
        self.asks = name in self.HARMLESS
        self.shell = common.SHELL if name == "run_command" else ""
        self.command = text(self.input, "CommandLine") if self.shell else ""
        is_foreign_tool = name.startswith("mcp_")
        self.changes = not self.own and (name in self.KINDS or bool(self.shell) or is_foreign_tool)
        if name in self.KINDS:
            self.edits(cwd, text(self.input, "TargetFile"), self.KINDS[name])


Edited = Call  # a call tells of its edit itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Antigravity's hooks."""
    return False


def session_id(payload: Payload) -> str:
    """Return the id of the conversation."""
    return text(payload, "conversationId")


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    found = payload.get("workspacePaths")
    return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []


def cwd(payload: Payload) -> str:
    """Return the folder that relative paths are meant from."""
    return next(iter(folders(payload)), "")


def source(payload: Payload) -> str:
    """Return how a session starts, empty where this is not its first request; some builds count from 0, some from 1."""
    number = payload.get("invocationNum")
    return "" if isinstance(number, int) and number > 1 else common.FIRST_REQUEST


def ending(_payload: Payload) -> str:
    """Return nothing: no session ends."""
    return ""


def failed(payload: Payload) -> bool:
    """Tell whether a call failed."""
    return bool(payload.get("error"))


def prompt(_payload: Payload) -> str:
    """Return nothing: what the user typed is in no payload."""
    return ""


def may_ask_at_stop(_payload: Payload) -> bool:
    """Tell whether a turn that ends can be held: how is not known."""
    return False


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return {"decision": "deny", "reason": reason}


def allow_own(_call: common.Call, _session_id: str) -> dict[str, object]:
    """Return the reply to a call of the journal's own tools; it cannot be changed."""
    return {"decision": "allow"}


def context(_payload: Payload, event: str, words: str) -> dict[str, object] | None:
    """Return the reply that puts `words` before the model, which only a request takes."""
    return {"injectSteps": [{"ephemeralMessage": words}]} if event == "session-start" else None


def tell_user(_words: str) -> dict[str, object]:
    """Return the reply that lets the call run; there is no way to the user."""
    return {"decision": "allow"}


def hold_turn(_reason: str) -> None:
    """Return nothing: a turn that ends has ended."""
