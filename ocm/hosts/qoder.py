"""Qoder, its CLI and its IDE: Claude Code's payloads; exit code 2 with the reason on stderr is what both obey.

From its documentation. Nothing there lets a hook change a call, so the model is told the id that it has to give.
"""

from ocm.hosts import claude_code, common
from ocm.hosts.common import Payload

NAME = "qoder"
CHECKPOINT = claude_code.CHECKPOINT
LOADING = ""
REWRITES = False
READS = True
DELEGATES = ""
DENY_CODE = 2


class Call(claude_code.Call):
    """One tool call, as Qoder tells of it; the IDE has names of its own."""

    __slots__ = ()

    EDITS = claude_code.Call.EDITS | {"create_file", "search_replace", "edit_file", "delete_file"}
    SHELLS = claude_code.Call.SHELLS | {"run_in_terminal"}

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call out of a payload whose fields may be missing or of any type."""
        super().__init__(payload, cwd)
        if self.shell == "run_in_terminal":
            self.shell = common.SHELL


Edited = Call  # a call tells of its edit itself


def foreign(_payload: Payload) -> bool:
    """Tell whether this is a call of another host: none reads Qoder's hooks."""
    return False


session_id = claude_code.session_id
cwd = claude_code.cwd
source = claude_code.source
ending = claude_code.ending
failed = claude_code.failed
prompt = claude_code.prompt
may_ask_at_stop = claude_code.may_ask_at_stop
context = claude_code.context
tell_user = claude_code.tell_user
hold_turn = claude_code.hold_turn


def folders(payload: Payload) -> list[str]:
    """Return where to look for the store."""
    return [folder for folder in (cwd(payload),) if folder]


def deny(_payload: Payload, _reason: str) -> None:
    """Return nothing: the exit code denies, and stderr holds the reason."""


def allow_own(_call: common.Call, _session_id: str) -> None:
    """Return nothing: a call runs as it is."""
