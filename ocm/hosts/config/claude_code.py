"""Where Claude Code keeps MCP servers, hooks and rules, and which entries there are ocm's. Never imported by a hook."""

import os
import sys
from fnmatch import fnmatchcase

from ocm.hosts.config import client_settings, hook_files, rules_files
from ocm.hosts.config.hook_files import Hooks
from ocm.hosts.config.host_config import LOCAL, PROJECT, USER, HostConfig, Place, rules
from ocm.hosts.config.targets import SERVER, STDIO, Target, rules_target, server_target

NAME = "claude-code"
PROFILES = hook_files.PROFILES
DEFAULT_PROFILE = hook_files.MINIMAL
ENTRY = STDIO  # what `claude mcp add` writes, without its empty `env`
HOOKS = Hooks(NAME, all_but_own="^(?!mcp__(plugin_.*_)?opencodememory__ocm__).*$")

_RULES = "CLAUDE.md"
_MANAGED = {
    "linux": "/etc/claude-code/managed-settings.json",
    "darwin": "/Library/Application Support/ClaudeCode/managed-settings.json",
    "win32": "C:\\Program Files\\ClaudeCode\\managed-settings.json",
}


def targets(place: Place) -> list[Target]:
    """Return the files to set up; `CLAUDE_CONFIG_DIR` moves the user's own."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    home = os.path.expanduser("~")
    servers = place.path(".mcp.json") if place.level == PROJECT else os.path.join(moved or home, ".claude.json")
    folder = (moved or place.path(".claude")) if place.is_user else place.path(".claude")
    within = ["projects", os.path.realpath(place.root), "mcpServers"] if place.level == LOCAL else ["mcpServers"]
    written = os.path.join(folder, "CLAUDE.md") if place.is_user else place.path("CLAUDE.local.md")
    settings = "settings.local.json" if place.level == LOCAL else "settings.json"
    return [
        server_target(servers, ENTRY, within=within),
        *(place.own_rules(_RULES, NAME) if place.level == PROJECT else [rules_target(written, rules(NAME))]),
        place.hooks(HOOKS, os.path.join(folder, settings), DEFAULT_PROFILE),
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client: it asks about servers of a project only."""
    if place.level != PROJECT:
        return []
    asked = f'When it next starts, Claude Code asks whether to use the MCP server "{SERVER}" of this project'
    return [f"{asked}: choose to use it, for its default answer turns the server off for good."]


def warnings(place: Place) -> list[str]:
    """Return what in the client's settings, of whichever level, keeps ocm's hooks or its server from working."""
    found = []
    if place.level == PROJECT and rules_files.is_text_for_link(place.path(_RULES)):
        why = (
            "a link that git wrote out as text (core.symlinks is false), so Claude Code reads a name there and no rules"
        )
        found.append(f"{place.path(_RULES)} is {why}; it stays as it is, and the rules are in the file that it names.")
    for path in _settings_files(place):
        settings = client_settings.read(path)
        if settings.get("disableAllHooks") is True:
            found.append(f'{path} turns all hooks off: take "disableAllHooks" out of it.')
        if settings.get("allowManagedHooksOnly") is True:
            found.append(f'{path} lets hooks of the administrator run alone ("allowManagedHooksOnly").')
        found += [
            f'{path} turns the MCP server "{SERVER}" off: take its name out of "{name}".'
            for name in ("disabledMcpjsonServers", "deniedMcpServers")
            if SERVER in client_settings.names(settings, name)
        ]
        denied = [rule for rule in client_settings.names(settings, "permissions", "deny") if _denies(rule)]
        if denied:
            found.append(f'{path} denies ocm\'s tools ({denied[0]}): take that out of "permissions", "deny".')
    own = client_settings.read(_own_file())
    for name in ("disabledMcpServers", "disabledMcpjsonServers"):
        if SERVER in client_settings.names(own, "projects", os.path.realpath(place.root), name):
            found.append(f'{_own_file()} turns the MCP server "{SERVER}" off for {place.root}: turn it on with /mcp.')
    return found


def _denies(rule: str) -> bool:
    """Return whether a rule of the permissions holds for the tool that opens the gate."""
    name = f"mcp__{SERVER}__ocm__checkpoint"
    return rule == f"mcp__{SERVER}" or (rule.startswith("mcp__") and fnmatchcase(name, rule.partition("(")[0]))


def _own_file() -> str:
    return os.path.join(os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~"), ".claude.json")


def _settings_files(place: Place) -> list[str]:
    """Return the settings that hold in a place, the administrator's first."""
    user = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")
    found = [_MANAGED.get(sys.platform, _MANAGED["linux"]), os.path.join(user, "settings.json")]
    own = [place.path(".claude", name) for name in ("settings.json", "settings.local.json")]
    return found if place.is_user else found + own


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
    here_only=True,
    levels=(PROJECT, USER, LOCAL),
)
