"""Where Copilot CLI keeps MCP servers, hooks and rules. Never imported by a hook.

In a project it reads AGENTS.md, CLAUDE.md, GEMINI.md and its own instructions all at once, so its own get no block.
"""

import os

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import PROJECT, HostConfig, Place, user_rules
from ocm.hosts.config.targets import PLAIN, STDIO, Target, server_target

NAME = "copilot"
HOOKS = Hooks(NAME)
ENTRY = {"type": "local", **PLAIN, "tools": ["*"]}
FILE = "opencodememory.json"


def targets(place: Place) -> list[Target]:
    """Return the files to set up; `COPILOT_HOME` moves the user's."""
    if place.is_user:
        own = os.environ.get("COPILOT_HOME") or place.path(".copilot")
        return [
            server_target(os.path.join(own, "mcp-config.json"), ENTRY),
            user_rules(os.path.join(own, "copilot-instructions.md"), NAME),
            place.hooks(HOOKS, os.path.join(own, "hooks", FILE), MINIMAL, own=True),
        ]
    return [
        server_target(place.path(".mcp.json"), STDIO),
        *place.agents(),
        place.hooks(HOOKS, place.path(".github", "hooks", FILE), MINIMAL, own=True),
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    if place.level != PROJECT:
        return []
    return ["Copilot CLI reads servers and hooks of a project only in a trusted folder: say yes when it asks."]


CONFIG = HostConfig(
    name=NAME,
    title="Copilot CLI",
    targets=targets,
    commands=("copilot",),
    homes=(".copilot",),
    folders=(".github/hooks",),
    hooks=HOOKS,
    steps=steps,
)
