"""Qoder, its CLI and its IDE: Claude Code's payloads; exit code 2 with the reason on stderr is what both obey.

From its documentation. Nothing there lets a hook change a call, so the model is told the id that it has to give.
"""

from ocm.hosts.adapter import SHELL, Call, Payload, Reply
from ocm.hosts.claude_code import ClaudeCode, ClaudeDialect

_SHELLS = {**ClaudeDialect.shell_tools, "run_in_terminal": SHELL}


class Qoder(ClaudeDialect):
    """Qoder; the IDE has names of its own for some tools."""

    name = "qoder"
    can_change_calls = False
    deny_exit_code = 2

    edit_tools = ClaudeDialect.edit_tools | {"create_file", "search_replace", "edit_file", "delete_file"}
    shell_tools = _SHELLS
    harmless_tools = ClaudeCode.harmless_tools

    def deny(self, _payload: Payload, _reason: str) -> Reply:
        """Return nothing: the exit code denies, and stderr holds the reason."""
        return None

    def allow_own(self, _call: Call, _session_id: str) -> Reply:
        """Return nothing: a call runs as it is."""
        return None
