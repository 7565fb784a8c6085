"""Where Gemini CLI keeps MCP servers, hooks and rules. Never imported by a hook."""

import os

from ocm.hosts.config import client_settings
from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import PROJECT, HostConfig, Place, user_rules
from ocm.hosts.config.targets import PLAIN, SERVER, Target, server_target

NAME = "gemini-cli"
HOOKS = Hooks(NAME, comments=True)

_SYSTEM = "/etc/gemini-cli/settings.json"
# Newer and older names of the switch that turns all hooks off.
_SWITCHES = (("hooksConfig", "enabled"), ("hooks", "enabled"), ("tools", "enableHooks"))


def targets(place: Place) -> list[Target]:
    """Return the files to set up: servers and hooks share one, and AGENTS.md is not read."""
    settings = place.path(".gemini", "settings.json")
    written = [user_rules(place.path(".gemini", "GEMINI.md"), NAME)]
    if not place.is_user:
        written = place.own_rules("GEMINI.md", NAME, top=True)
    return [
        server_target(settings, PLAIN, comments=True),
        *written,
        place.hooks(HOOKS, settings, MINIMAL),
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    if place.level != PROJECT:
        return []
    return [
        "Gemini CLI runs the hooks of a project only in a trusted folder: say yes when it asks, or type /permissions."
    ]


def warnings(place: Place) -> list[str]:
    """Return what in the client's settings, of whichever level, keeps ocm's hooks or its server from working."""
    found = []
    for path in _settings_files(place):
        settings = client_settings.read(path)
        found += [
            f'{path} turns hooks off: set "{".".join(switch)}" to true, or take it out.'
            for switch in _SWITCHES
            if client_settings.at(settings, *switch) is False
        ]
        found += [
            f'{path} turns hooks of ocm off: take them out of "{".".join(off)}".'
            for off in (("hooksConfig", "disabled"), ("hooks", "disabled"))
            if any("ocm" in name.split() or "ocm-hook" in name for name in client_settings.names(settings, *off))
        ]
        allowed = client_settings.at(settings, "mcp", "allowed")
        if SERVER in client_settings.names(settings, "mcp", "excluded") or (
            isinstance(allowed, list) and SERVER not in allowed
        ):
            found.append(f'{path} keeps the MCP server "{SERVER}" out: see "mcp" there.')
    return found + _distrusted(place)


def _settings_files(place: Place) -> list[str]:
    home = os.environ.get("GEMINI_CLI_HOME") or os.path.expanduser("~")
    found = [_SYSTEM, os.path.join(home, ".gemini", "settings.json")]
    return found if place.is_user else [*found, place.path(".gemini", "settings.json")]


def _distrusted(place: Place) -> list[str]:
    """Return that a person told the client not to trust the folder."""
    path = os.path.join(os.path.expanduser("~"), ".gemini", "trustedFolders.json")
    known = client_settings.read(path)
    if place.is_user or "DO_NOT_TRUST" not in (known.get(place.root), known.get(os.path.realpath(place.root))):
        return []
    return [f"{path} says not to trust {place.root}, so Gemini CLI runs no hooks there: type /permissions in it."]


CONFIG = HostConfig(
    name=NAME,
    title="Gemini CLI",
    targets=targets,
    commands=("gemini",),
    homes=(".gemini",),
    folders=(".gemini",),
    hooks=HOOKS,
    steps=steps,
    warnings=warnings,
    here_only=True,
)
