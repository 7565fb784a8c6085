"""Where Cline keeps MCP servers, its plugin and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import USER, HostConfig, Place, user_rules
from ocm.hosts.config.targets import PLAIN, Target, server_target

NAME = "cline"
HOOKS = Hooks(NAME, script="ocm.js")
ENTRY = {**PLAIN, "timeout": 60}  # seconds; without it Cline gives a server no more than 3 to start


def targets(place: Place) -> list[Target]:
    """Return the files to set up; servers are the user's only, and of rules with the same name one is read."""
    plugin = place.hooks(HOOKS, place.path(".cline", "plugins", HOOKS.script), MINIMAL, own=True)
    if place.level != USER:
        return [*place.agents(), plugin]
    return [
        server_target(place.path(".cline", "data", "settings", "cline_mcp_settings.json"), ENTRY),
        user_rules(place.path(".cline", "rules", "opencodememory.md"), NAME),
        plugin,
    ]


def steps(place: Place) -> list[str]:
    """Return what a person must do beside."""
    return [] if place.is_user else ["Cline keeps MCP servers for the whole user: run ocm install --host cline."]


CONFIG = HostConfig(
    name=NAME,
    title="Cline CLI",
    targets=targets,
    commands=("cline",),
    homes=(".cline",),
    folders=(".cline", ".clinerules"),
    hooks=HOOKS,
    steps=steps,
)
