"""Cline: what its plugin says of a call.

Measured on 3.0.65: an MCP tool is called by its server's name, two underscores and its own name; a shell call may hold
several commands, and the prompt comes wrapped in a tag.
"""

from ocm.hosts import patches
from ocm.hosts.adapter import SERVER, SHELL, Call, Payload, text
from ocm.hosts.plugin import PluginHost

_PREFIX = f"{SERVER}__"
_SHELLS = {"run_commands": SHELL}
_TAG = "user_input"


class Cline(PluginHost):
    """Cline."""

    name = "cline"
    checkpoint_tool = f"{_PREFIX}ocm__checkpoint"

    own_prefixes = (_PREFIX,)
    shell_tools = _SHELLS
    harmless_tools = frozenset({"ask_question", "submit_and_exit", "switch_to_act_mode"})
    read_tools = frozenset({"fetch_web_content", "read_files", "search_codebase", "skills", "spawn_agent"})

    def read_call(self, payload: Payload, cwd: str) -> Call:
        """Return the call; that of a shell may hold several commands."""
        call = super().read_call(payload, cwd)
        if call.shell:
            call.command = "\n".join(_commands(payload.get("tool_input")))
        return call

    def add_edits(self, call: Call, payload: Payload, cwd: str) -> None:
        """Note the files that the call edits."""
        if call.name == "editor":
            is_change = text(call.input, "old_text") or "insert_line" in call.input
            call.add_edit(cwd, text(call.input, "path"), "modified" if is_change else "")
        elif call.name == "apply_patch":
            given = payload.get("tool_input")
            for path, kind in patches.edited(given if isinstance(given, str) else text(given, "input")):
                call.add_edit(cwd, path, kind)

    def can_change(self, name: str) -> bool:
        """Return whether a tool can change something; a team's tools only talk to agents whose own calls are seen."""
        return super().can_change(name) and not name.startswith("team_")

    def user_prompt(self, payload: Payload) -> str:
        """Return what the user typed, without the tag that Cline puts around it."""
        typed = super().user_prompt(payload)
        if typed.startswith(f"<{_TAG}") and ">" in typed:
            typed = typed.partition(">")[2].removesuffix(f"</{_TAG}>")
        return typed.strip()


def _commands(given: object) -> list[str]:
    """Return the command lines of a shell call: Cline takes one or several, as texts or as a program and its words."""
    if isinstance(given, dict):
        given = given.get("commands", given)
    found = given if isinstance(given, list) else [given]
    return [line for line in map(_command, found) if line]


def _command(given: object) -> str:
    if not isinstance(given, dict):
        return given if isinstance(given, str) else ""
    words = given.get("args")
    rest = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    return " ".join([text(given, "command") or text(given, "cmd"), *rest]).strip()
