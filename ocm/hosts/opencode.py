"""OpenCode: what its plugin says of a call.

Measured on 1.18.33: an MCP tool is called by its server's name, an underscore and its own name; an error that the
plugin throws before a call is the denial, and the arguments it changes there are those the tool gets.
"""

from ocm.hosts import patches
from ocm.hosts.adapter import SERVER, SHELL, Call, Payload, text
from ocm.hosts.plugin import PluginHost

_PREFIX = f"{SERVER}_"
_PATCHES = frozenset({"apply_patch", "patch"})
_SHELLS = {"bash": SHELL}


class OpenCode(PluginHost):
    """OpenCode."""

    name = "opencode"
    checkpoint_tool = f"{_PREFIX}ocm__checkpoint"

    own_prefixes = (_PREFIX,)
    shell_tools = _SHELLS
    harmless_tools = frozenset({"invalid", "plan_enter", "plan_exit", "question", "todoread", "todowrite"})
    read_tools = frozenset({
        "codesearch", "glob", "grep", "list", "list_mcp_resource_templates", "list_mcp_resources", "lsp", "read",
        "read_mcp_resource", "skill", "task", "webfetch", "websearch",
    })  # fmt: skip

    def add_edits(self, call: Call, payload: Payload, cwd: str) -> None:
        """Note the files that the call edits; the plugin says of a written file whether it is new."""
        if call.name == "write":
            created = payload.get("created")
            kind = "" if created is None else "created" if created else "modified"
            call.add_edit(cwd, text(call.input, "filePath"), kind)
        elif call.name in {"edit", "multiedit"}:
            call.add_edit(cwd, text(call.input, "filePath"), "modified")
        elif call.name in _PATCHES:
            for path, kind in patches.edited(text(call.input, "patchText")):
                call.add_edit(cwd, path, kind)
