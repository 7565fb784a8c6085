"""Where Claude Code keeps MCP servers, hooks and rules, and which entries there are ocm's. Never imported by a hook."""

import json
import os

from ocm.hosts.config import hook_files
from ocm.hosts.config.hook_files import Hooks
from ocm.hosts.config.host_config import LOCAL, PROJECT, USER, HostConfig, Place, rules
from ocm.hosts.config.targets import SERVER, STDIO, Target, rules_target, server_target

NAME = "claude-code"
PROFILES = hook_files.PROFILES
DEFAULT_PROFILE = hook_files.MINIMAL
ENTRY = STDIO  # what `claude mcp add` writes, without its empty `env`
HOOKS = Hooks(NAME, all_but_own="^(?!mcp__(plugin_.*_)?opencodememory__ocm__).*$")


def targets(place: Place) -> list[Target]:
    """Return the files to set up; `CLAUDE_CONFIG_DIR` moves the user's own."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    home = os.path.expanduser("~")
    servers = place.path(".mcp.json") if place.level == PROJECT else os.path.join(moved or home, ".claude.json")
    folder = (moved or place.path(".claude")) if place.is_user else place.path(".claude")
    within = ["projects", os.path.realpath(place.root), "mcpServers"] if place.level == LOCAL else ["mcpServers"]
    written = {PROJECT: place.path("CLAUDE.md"), LOCAL: place.path("CLAUDE.local.md")}
    settings = "settings.local.json" if place.level == LOCAL else "settings.json"
    return [
        server_target(servers, ENTRY, within=within),
        rules_target(written.get(place.level) or os.path.join(folder, "CLAUDE.md"), rules(NAME)),
        place.hooks(HOOKS, os.path.join(folder, settings), DEFAULT_PROFILE),
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client: it asks about servers of a project only."""
    if place.level != PROJECT:
        return []
    asked = f'When it next starts, Claude Code asks whether to use the MCP server "{SERVER}" of this project'
    return [f"{asked}: choose to use it, for its default answer turns the server off for good."]


def warnings(place: Place) -> list[str]:
    """Return what in the client's own settings of the project keeps ocm from working."""
    path = place.path(".claude", "settings.local.json")
    try:
        with open(path, encoding="utf-8-sig") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return []
    refused = found.get("disabledMcpjsonServers") if isinstance(found, dict) else None
    if place.is_user or not isinstance(refused, list) or SERVER not in refused:
        return []
    return [f'{path} turns the MCP server "{SERVER}" off: take its name out of "disabledMcpjsonServers".']


CONFIG = HostConfig(
    name=NAME,
    title="Claude Code",
    targets=targets,
    commands=("claude",),
    homes=(".claude",),
    folders=(".claude",),
    hooks=HOOKS,
    steps=steps,
    warnings=warnings,
    levels=(PROJECT, USER, LOCAL),
)
