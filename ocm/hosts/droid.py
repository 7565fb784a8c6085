"""Droid: Claude Code's dialect with names of its own for commands and new files.

From its documentation: `permissionDecision`, `updatedInput` and `additionalContext` as there, the shell is `Execute`.
"""

import os

from ocm.hosts import claude_code, common
from ocm.hosts.common import SERVER, Payload

NAME = "droid"
CHECKPOINT = claude_code.CHECKPOINT
LOADING = ""
REWRITES = True
READS = True
DELEGATES = ""
DENY_CODE = 0
_PREFIX = f"{SERVER}___"  # how newer versions spell a server's tool


class Call(claude_code.Call):
    """One tool call, as Droid tells of it."""

    __slots__ = ()

    EDITS = frozenset({"Edit", "MultiEdit", "Create", "Write", "ApplyPatch", "NotebookEdit"})
    SHELLS = frozenset({"Execute"})
    HARMLESS = frozenset({"TodoWrite", "ExitSpecMode", "AskUser", "AskUserQuestion"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        super().__init__(payload, cwd)
        self.own = self.own or common.own_tool(self.name, _PREFIX)
        self.changes = (self.changes or "___" in self.name) and not self.own
        if self.shell:
            self.shell = common.SHELL
        if self.name == "Create" and self.path:
            self.kind = self.paths[self.path] = "created"


Edited = Call  # a call tells of its edit itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Droid's hooks."""
    return False


session_id = claude_code.session_id
cwd = claude_code.cwd
source = claude_code.source
ending = claude_code.ending
failed = claude_code.failed
prompt = claude_code.prompt
may_ask_at_stop = claude_code.may_ask_at_stop
deny = claude_code.deny
allow_own = claude_code.allow_own
context = claude_code.context
tell_user = claude_code.tell_user
hold_turn = claude_code.hold_turn


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store: first where the client was started."""
    return [folder for folder in (os.environ.get("FACTORY_PROJECT_DIR", ""), cwd(payload)) if folder]
