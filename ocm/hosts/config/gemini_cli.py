"""Where Gemini CLI keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import PROJECT, HostConfig, Place, user_rules
from ocm.hosts.config.targets import PLAIN, Target, server_target

NAME = "gemini-cli"
HOOKS = Hooks(NAME, comments=True)


def targets(place: Place) -> list[Target]:
    """Return the files to set up: servers and hooks share one, and AGENTS.md is not read."""
    settings = place.path(".gemini", "settings.json")
    return [
        server_target(settings, PLAIN, comments=True),
        user_rules(place.path(".gemini", "GEMINI.md") if place.is_user else place.path("GEMINI.md"), NAME),
        place.hooks(HOOKS, settings, MINIMAL),
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    if place.level != PROJECT:
        return []
    return [
        "Gemini CLI runs the hooks of a project only in a trusted folder: say yes when it asks, or type /permissions."
    ]


CONFIG = HostConfig(
    name=NAME,
    title="Gemini CLI",
    targets=targets,
    commands=("gemini",),
    homes=(".gemini",),
    folders=(".gemini",),
    hooks=HOOKS,
    steps=steps,
)
