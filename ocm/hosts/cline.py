"""Cline: what its plugin says of a call.

Measured on 3.0.65: an MCP tool is called by its server's name, two underscores and its own name; a shell call may hold
several commands, and the prompt comes wrapped in a tag.
"""

from ocm.hosts import common, patches, plugin
from ocm.hosts.common import SERVER, Payload, text

NAME = "cline"
CHECKPOINT = f"{SERVER}__ocm__checkpoint"

_TAG = "user_input"


class Call(plugin.Call):
    """One tool call, as the plugin in Cline tells of it."""

    __slots__ = ()

    PREFIX = f"{SERVER}__"
    HARMLESS = frozenset({"ask_question", "submit_and_exit", "switch_to_act_mode"})
    READERS = frozenset({"fetch_web_content", "read_files", "search_codebase", "skills", "spawn_agent"})

    def __init__(self, payload: Payload, cwd: str) -> None:
        """Read the call; the tools of a team only talk to other agents, whose own calls are seen."""
        super().__init__(payload, cwd)
        self.changes = self.changes and not self.name.startswith("team_")

    def look(self, payload: Payload, cwd: str) -> None:
        """Note the command the call runs and the files it edits."""
        given = payload.get("tool_input")
        if self.name == "run_commands":
            self.shell, self.command = common.SHELL, "\n".join(_commands(given))
        elif self.name == "editor":
            changed = text(self.input, "old_text") or "insert_line" in self.input
            self.edits(cwd, text(self.input, "path"), "modified" if changed else "")
        elif self.name == "apply_patch":
            for path, kind in patches.edited(given if isinstance(given, str) else text(given, "input")):
                self.edits(cwd, path, kind)


Edited = Call  # never asked for: a call tells of its edits itself


def prompt(payload: Payload) -> str:
    """Return what the user typed, without the tag that Cline puts around it."""
    typed = text(payload, "prompt").strip()
    if typed.startswith(f"<{_TAG}") and ">" in typed:
        typed = typed.partition(">")[2].removesuffix(f"</{_TAG}>")
    return typed.strip()


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
may_ask_at_stop = plugin.may_ask_at_stop
deny = plugin.deny
allow_own = plugin.allow_own
context = plugin.context
tell_user = plugin.tell_user
hold_turn = plugin.hold_turn


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
