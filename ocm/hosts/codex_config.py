"""Where Codex CLI keeps MCP servers, hooks and rules. Never imported by a hook."""

import os

from ocm.hosts.hookfiles import MINIMAL, Hooks
from ocm.hosts.place import AGENTS, PROJECT, Host, Place, rules, user_rules
from ocm.hosts.targets import PLAIN, SERVER, Target, rules_target, toml_target

NAME = "codex"
KEYS = ("mcp_servers", SERVER)
# Without a person to ask, Codex refuses tools that write, and the one that opens the gate would be among them.
ENTRY = {**PLAIN, "default_tools_approval_mode": "approve"}
HOOKS = Hooks(NAME)
_OVERRIDE = "AGENTS.override.md"  # where it is, Codex does not read AGENTS.md


def folder(place: Place) -> str:
    """Return Codex' own folder; `CODEX_HOME` moves the user's."""
    moved = os.environ.get("CODEX_HOME") if place.is_user else None
    return moved or place.path(".codex")


def targets(place: Place) -> list[Target]:
    """Return the files to set up."""
    own = folder(place)
    return [
        toml_target(os.path.join(own, "config.toml"), KEYS, ENTRY),
        *_instructions(place, own),
        place.hooks(HOOKS, os.path.join(own, "hooks.json"), MINIMAL),
    ]


def _instructions(place: Place, own: str) -> list[Target]:
    override = os.path.join(own if place.is_user else place.root, _OVERRIDE)
    if place.is_user:
        return [user_rules(override if os.path.lexists(override) else os.path.join(own, AGENTS), NAME)]
    instead = [rules_target(override, rules("agents"), top=True)] if os.path.lexists(override) else []
    return [*place.agents(), *instead]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    trusted = "Codex skips hooks that nobody trusted, and says nothing: type /hooks in it and trust those of ocm-hook"
    first = [f"{trusted}, or let ocm ask Codex to: add --trust-hooks to the command."]
    if place.level == PROJECT:
        first.append(f"Codex reads .codex/ only where it trusts the project: say yes when it asks about {place.root}.")
    return first


HOST = Host(NAME, "Codex CLI", targets, ("codex",), (".codex",), (".codex",), HOOKS, steps=steps)
