"""OpenCode: what its plugin says of a call.

Measured on 1.18.33: an MCP tool is called by its server's name, an underscore and its own name; an error that the
plugin throws before a call is the denial, and the arguments it changes there are those the tool gets.
"""

from ocm.hosts import common, patches, plugin
from ocm.hosts.common import SERVER, Payload, text
from ocm.hosts.plugin import (
    DENY_CODE,
    LOADING,
    REWRITES,
    allow_own,
    context,
    cwd,
    deny,
    ending,
    failed,
    folders,
    foreign,
    hold_turn,
    may_ask_at_stop,
    prompt,
    session_id,
    source,
    tell_user,
)

__all__ = [
    "CHECKPOINT", "DENY_CODE", "LOADING", "NAME", "REWRITES", "Call", "Edited", "allow_own", "context", "cwd", "deny",
    "ending", "failed", "folders", "foreign", "hold_turn", "may_ask_at_stop", "prompt", "session_id", "source",
    "tell_user",
]  # fmt: skip

NAME = "opencode"
CHECKPOINT = f"{SERVER}_ocm__checkpoint"

_PATCHES = frozenset({"apply_patch", "patch"})


class Call(plugin.Call):
    """One tool call, as the plugin in OpenCode tells of it."""

    __slots__ = ()

    PREFIX = f"{SERVER}_"
    HARMLESS = frozenset({"invalid", "plan_enter", "plan_exit", "question", "todoread", "todowrite"})
    READERS = frozenset({
        "codesearch", "glob", "grep", "list", "list_mcp_resource_templates", "list_mcp_resources", "lsp", "read",
        "read_mcp_resource", "skill", "task", "webfetch", "websearch",
    })  # fmt: skip

    def look(self, payload: Payload, cwd: str) -> None:
        """Note the command the call runs and the files it edits."""
        if self.name == "bash":
            self.shell, self.command = common.SHELL, text(self.input, "command")
        elif self.name == "write":
            created = payload.get("created")
            kind = "" if created is None else "created" if created else "modified"
            self.edits(cwd, text(self.input, "filePath"), kind)
        elif self.name in {"edit", "multiedit"}:
            self.edits(cwd, text(self.input, "filePath"), "modified")
        elif self.name in _PATCHES:
            for path, kind in patches.edited(text(self.input, "patchText")):
                self.edits(cwd, path, kind)


def Edited(payload: Payload, cwd: str) -> common.Call:  # noqa: N802 - beside `Call`
    """Read an edit that is told of apart from the call: the plugin tells of none."""
    return Call(payload, cwd)
