"""Cursor: the payloads of its hooks as plain facts, and decisions in its own dialect.

From its documentation and the engine it ships: a reply that is no JSON denies the call, so even nothing to say is `{}`;
the folder a hook runs in says nothing, `workspace_roots` does; a tool of an MCP server is named without the server.
"""

import os

from ocm.hosts import common
from ocm.hosts.common import Payload, text

NAME = "cursor"
_PREFIX = "MCP:"
CHECKPOINT = "ocm__checkpoint"
LOADING = ""
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0

_LONGEST = 10_000  # characters of context that reach the model
_DRIVE = 3  # characters of `/c:`, as it writes a path of Windows
_KINDS = {"Delete": "deleted", "Edit": "modified"}


class Call(common.Call):
    """One tool call, as Cursor tells of it."""

    __slots__ = ()

    EDITS = frozenset({"Write", "Edit", "Delete"})
    HARMLESS = frozenset({"TodoWrite", "AskQuestion", "SwitchMode", "CreatePlan"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "tool_name")
        super().__init__(name, payload.get("tool_input"), text(payload, "tool_use_id"), text(payload, "subagent_id"))
        self.own = common.own_tool(name, _PREFIX)
        self.asks = name in self.HARMLESS
        self.shell = common.SHELL if name == "Shell" else ""
        self.changes = not self.own and (name in self.EDITS or bool(self.shell) or name.startswith(_PREFIX))
        self.command = text(self.input, "command") if self.shell else ""
        if name in self.EDITS:
            self.edits(cwd, text(self.input, "file_path") or text(self.input, "path"), _KINDS.get(name, ""))


def Edited(payload: Payload, cwd: str) -> common.Call:  # noqa: N802 - beside `Call`
    """Read an edit that is told of apart from the call."""
    return Call({"tool_name": "Edit", "tool_input": payload}, cwd)


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Cursor's hooks."""
    return False


def session_id(payload: Payload) -> str:
    """Return the id of the conversation."""
    return text(payload, "conversation_id") or text(payload, "session_id")


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    found = payload.get("workspace_roots")
    roots = [root for root in found if isinstance(root, str)] if isinstance(found, list) else []
    return [_local(root) for root in roots]


def _local(root: str) -> str:
    is_drive = os.name == "nt" and root[:1] == "/" and root[2:_DRIVE] == ":"
    return root[1:] if is_drive else root


def cwd(payload: Payload) -> str:
    """Return the folder that relative paths are meant from."""
    return next(iter(folders(payload)), "")


def source(_payload: Payload) -> str:
    """Return how a session starts: Cursor tells of new ones only."""
    return "startup"


def ending(payload: Payload) -> str:
    """Return why a session ends."""
    return text(payload, "reason")


def failed(payload: Payload) -> bool:
    """Tell whether a `post-tool-use` payload is of a call that failed."""
    return text(payload, "hook_event_name") == "postToolUseFailure"


def prompt(payload: Payload) -> str:
    """Return what the user typed, empty when a hook made it up."""
    typed = text(payload, "prompt").strip()
    return "" if typed.startswith("ocm: ") else typed


def may_ask_at_stop(payload: Payload) -> bool:
    """Tell whether a turn is really over: completed, and nothing followed up yet."""
    return text(payload, "status") == "completed" and not payload.get("loop_count")


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return {"permission": "deny", "user_message": "ocm asks for a checkpoint first.", "agent_message": reason}


def allow_own(call: common.Call, session_id: str) -> dict[str, object] | None:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return None
    return {"permission": "allow", "updated_input": {**call.input, "session_id": session_id}}


def context(payload: Payload, event: str, words: str) -> dict[str, object] | None:
    """Return the reply that puts `words` before the model, where Cursor takes any."""
    takes = event == "session-start" or (event == "post-tool-use" and not failed(payload))
    return {"additional_context": words[:_LONGEST]} if takes else None


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that tells the user something and changes nothing."""
    return {"permission": "allow", "user_message": words}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step after the turn."""
    return {"followup_message": reason}
