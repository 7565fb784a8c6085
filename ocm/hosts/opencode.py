"""OpenCode: what its plugin says of a call.

Measured on 1.18.33: an MCP tool is called by its server's name, an underscore and its own name; an error that the
plugin throws before a call is the denial, and the arguments it changes there are those the tool gets.
"""

from ocm.hosts import common, patches, plugin
from ocm.hosts.common import SERVER, Payload, text

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


Edited = Call  # never asked for: a call tells of its edits itself

LOADING = plugin.LOADING
REWRITES = plugin.REWRITES
READS = True
DELEGATES = ""
DENY_CODE = plugin.DENY_CODE
foreign = plugin.foreign
session_id = plugin.session_id
folders = plugin.folders
cwd = plugin.cwd
source = plugin.source
ending = plugin.ending
failed = plugin.failed
prompt = plugin.prompt
may_ask_at_stop = plugin.may_ask_at_stop
deny = plugin.deny
allow_own = plugin.allow_own
context = plugin.context
tell_user = plugin.tell_user
hold_turn = plugin.hold_turn
