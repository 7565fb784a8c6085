"""Where Droid keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, user_rules
from ocm.hosts.config.targets import STDIO, Target, server_target

NAME = "droid"
HOOKS = Hooks(NAME, comments=True)


def targets(place: Place) -> list[Target]:
    """Return the files to set up."""
    written = [user_rules(place.path(".factory", "AGENTS.md"), "claude-code")] if place.is_user else place.agents()
    return [
        server_target(place.path(".factory", "mcp.json"), STDIO),
        *written,
        place.hooks(HOOKS, place.path(".factory", "settings.json"), MINIMAL),
    ]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [
        approve("Droid", "type /mcp and turn on"),
        "Droid reviews new hooks: type /hooks and accept those of ocm-hook.",
    ]


CONFIG = HostConfig(
    name=NAME,
    title="Droid",
    targets=targets,
    commands=("droid",),
    homes=(".factory",),
    folders=(".factory",),
    hooks=HOOKS,
    steps=steps,
)
