"""Where Cursor keeps MCP servers, hooks and rules. Never imported by a hook."""

import json

from ocm.edit import json_text
from ocm.edit.plain_text import EditError, decode
from ocm.hosts.config.hook_files import NONE, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve
from ocm.hosts.config.targets import IN_WORKSPACE, PLAIN, Target, server_target

NAME = "cursor"
HOOKS = Hooks(NAME, every=".*", comments=True)
# One event that Cursor does not know voids the whole file, and so does a "//" in a text: it takes that for a comment.
EVENTS = frozenset({
    "sessionStart", "sessionEnd", "beforeSubmitPrompt", "preToolUse", "postToolUse", "postToolUseFailure",
    "beforeShellExecution", "afterShellExecution", "beforeMCPExecution", "afterMCPExecution", "beforeReadFile",
    "afterFileEdit", "subagentStart", "subagentStop", "preCompact", "stop", "afterAgentResponse", "afterAgentThought",
    "beforeTabFileRead", "afterTabFileEdit", "workspaceOpen",
})  # fmt: skip


def targets(place: Place) -> list[Target]:
    """Return the files to set up; the user's own rules are not in a file."""
    return [
        server_target(place.path(".cursor", "mcp.json"), PLAIN if place.is_user else {**PLAIN, "args": IN_WORKSPACE}),
        *([] if place.is_user else place.agents()),
        place.hooks(HOOKS, place.path(".cursor", "hooks.json"), NONE),
    ]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [approve("Cursor", "in Settings, MCP, turn on (for the agent CLI: cursor-agent mcp enable opencodememory)")]


def warnings(place: Place) -> list[str]:
    """Return why Cursor passes over a whole hooks file."""
    path = place.path(".cursor", "hooks.json")
    try:
        with open(path, "rb") as file:
            text, _ = decode(file.read())
        found = json_text.parse(text, comments=True)
    except (OSError, EditError):
        return []
    if "//" in json.dumps(found):
        return [f'{path} holds "//" in a text: Cursor takes that for a comment and passes over the whole file.']
    hooks = found.get("hooks") if isinstance(found, dict) else None
    unknown = sorted(set(hooks) - EVENTS) if isinstance(hooks, dict) else []
    return [
        f"{path} names events that Cursor does not know, so it passes over all of it: {', '.join(unknown)}."
    ] * bool(unknown)


CONFIG = HostConfig(
    name=NAME,
    title="Cursor",
    targets=targets,
    commands=("cursor", "cursor-agent"),
    homes=(".cursor",),
    folders=(".cursor",),
    hooks=HOOKS,
    window=True,
    default=NONE,
    steps=steps,
    warnings=warnings,
)
