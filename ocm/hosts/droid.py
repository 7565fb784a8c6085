"""Droid: Claude Code's dialect with names of its own for commands and new files.

From its documentation: `permissionDecision`, `updatedInput` and `additionalContext` as there, the shell is `Execute`.
"""

import os

from ocm.hosts.adapter import SERVER, SHELL, Call, Payload, own_tool
from ocm.hosts.claude_code import ClaudeDialect

_PREFIX = f"{SERVER}___"  # how newer versions spell a server's tool
_SHELLS = {"Execute": SHELL}


class Droid(ClaudeDialect):
    """Droid."""

    name = "droid"

    edit_tools = frozenset({"Edit", "MultiEdit", "Create", "Write", "ApplyPatch", "NotebookEdit"})
    shell_tools = _SHELLS
    harmless_tools = frozenset({"TodoWrite", "ExitSpecMode", "AskUser", "AskUserQuestion"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; a file that `Create` writes is new."""
        call = super().read_call(payload, cwd)
        if call.name == "Create" and call.path:
            call.kind = call.paths[call.path] = "created"
        return call

    def own_tool(self, name: str) -> str:
        """Return which of the journal's own tools `name` is, in either spelling."""
        return super().own_tool(name) or own_tool(name, _PREFIX)

    def can_change(self, name: str) -> bool:
        """Return whether a tool can change something; any server's may, in either spelling."""
        return super().can_change(name) or "___" in name

    def folders(self, payload: Payload) -> list[str]:
        """Return where to look for the store: first where the client was started."""
        return [folder for folder in (os.environ.get("FACTORY_PROJECT_DIR", ""), self.cwd(payload)) if folder]
