"""Copilot CLI: the payloads of its hooks as plain facts, and decisions in its own dialect.

Measured on 1.0.102: replies are flat, `modifiedArgs` replaces a call's arguments, and a hook that fails denies the
call, so the commands that run this always end well. Events in camel case do not name themselves, so the command line
does. A sub-agent has a session of its own and names its parent's.
"""

import os

from ocm.hosts import common, patches
from ocm.hosts.common import SERVER, Payload, text

NAME = "copilot"
_PREFIX = f"{SERVER}-"
CHECKPOINT = f"{_PREFIX}ocm__checkpoint"
LOADING = ""
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0

_SOURCES = {"new": "startup", "": "startup"}
_EXIT = " completed with exit code "


class Call(common.Call):
    """One tool call, as Copilot tells of it."""

    __slots__ = ()

    EDITS = frozenset({"apply_patch", "create", "edit", "str_replace_editor"})
    SHELLS = {"bash": common.POSIX_SHELL, "powershell": common.POWERSHELL}  # noqa: RUF012 - never changed
    TYPING = frozenset({"write_bash", "write_powershell"})  # into a shell that already runs
    HARMLESS = frozenset({"ask_user", "exit_plan_mode", "report_intent", "task_complete", "update_todo"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        name = text(payload, "toolName")
        super().__init__(name, payload.get("toolArgs"), "", text(payload, "agentId"))
        self.own = common.own_tool(name, _PREFIX)
        self.asks = name in self.HARMLESS
        self.shell = self.SHELLS.get(name, "")
        is_other_server = "-" in name and not self.own
        self.changes = bool(self.shell) or name in self.EDITS | self.TYPING or is_other_server
        self.command = text(self.input, "command") if self.shell else ""
        if name == "apply_patch":
            given = payload.get("toolArgs")
            patch = given if isinstance(given, str) else text(given, "patch") or text(given, "input")
            for path, kind in patches.edited(patch):
                self.edits(cwd, path, kind)
        elif name in self.EDITS:
            is_new = name == "create" or text(self.input, "command") == "create"
            self.edits(cwd, text(self.input, "path"), "created" if is_new else "modified")


Edited = Call  # never asked for: a call tells of its edits itself


def foreign(payload: Payload) -> bool:
    """Tell whether this call is counted elsewhere.

    VS Code reads the same folder of hooks, and its payloads name their event. Copilot itself runs the user's hooks and
    the project's: where ocm is among both, the user's count, for a project's run only in a folder that is trusted.
    """
    if "hookEventName" in payload or "hook_event_name" in payload:
        return True
    folder = os.environ.get("COPILOT_HOOK_DIR", "").replace(os.sep, "/")
    return folder.endswith("/.github/hooks") and os.path.exists(_users_hooks())


def _users_hooks() -> str:
    home = os.environ.get("COPILOT_HOME") or os.path.join(os.path.expanduser("~"), ".copilot")
    return os.path.join(home, "hooks", "opencodememory.json")


def session_id(payload: Payload) -> str:
    """Return the id of the conversation, the main one's for a sub-agent."""
    return (text(payload, "agentId") and text(payload, "parentAgentId")) or text(payload, "sessionId")


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def cwd(payload: Payload) -> str:
    """Return the folder the client works in."""
    return text(payload, "cwd")


def source(payload: Payload) -> str:
    """Return how a session starts."""
    found = text(payload, "source")
    return _SOURCES.get(found, found)


def ending(payload: Payload) -> str:
    """Return why a session ends."""
    return text(payload, "reason")


def failed(payload: Payload) -> bool:
    """Tell whether a call failed: a shell command that did is told of as a success, with its exit code in the text."""
    _, code, rest = text(payload.get("toolResult"), "textResultForLlm")[-80:].rpartition(_EXIT)
    return "error" in payload or (bool(code) and not rest.startswith("0>"))


def prompt(payload: Payload) -> str:
    """Return what the user typed, empty when it is the task of a sub-agent."""
    return "" if text(payload, "agentId") else text(payload, "prompt").strip()


def may_ask_at_stop(payload: Payload) -> bool:
    """Tell whether a turn is really over: not a sub-agent's, and not already held back once."""
    return payload.get("stop_hook_active") is not True and not text(payload, "agentId")


def deny(_payload: Payload, reason: str) -> dict[str, object]:
    """Return the reply that holds a call back."""
    return {"permissionDecision": "deny", "permissionDecisionReason": reason}


def allow_own(call: common.Call, session_id: str) -> dict[str, object]:
    """Return the reply to a call of the journal's own tools; a checkpoint gets the true id, whatever the model gave."""
    if call.own != "checkpoint":
        return {"permissionDecision": "allow"}
    identity = {"session_id": session_id, **({"agent_id": call.agent} if call.agent else {})}
    return {"permissionDecision": "allow", "modifiedArgs": {**call.input, **identity}}


def context(_payload: Payload, _event: str, words: str) -> dict[str, object]:
    """Return the reply that puts `words` before the model."""
    return {"additionalContext": words}


def tell_user(words: str) -> dict[str, object]:
    """Return the reply that lets the call run and puts `words` before the model, the only reader a hook has here."""
    return {"additionalContext": words}


def hold_turn(reason: str) -> dict[str, object]:
    """Return the reply that asks for one more step before the turn ends."""
    return {"decision": "block", "reason": reason}
