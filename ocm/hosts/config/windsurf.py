"""Where Windsurf keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, user_rules
from ocm.hosts.config.targets import PLAIN, Target, server_target

NAME = "windsurf"
HOOKS = Hooks(NAME)


def targets(place: Place) -> list[Target]:
    """Return the files to set up; servers are the user's only."""
    if place.is_user:
        own = place.path(".codeium", "windsurf")
        return [
            server_target(f"{own}/mcp_config.json", PLAIN),
            user_rules(f"{own}/memories/global_rules.md", "agents"),
            place.hooks(HOOKS, f"{own}/hooks.json", MINIMAL),
        ]
    return [*place.agents(), place.hooks(HOOKS, place.path(".windsurf", "hooks.json"), MINIMAL)]


def steps(place: Place) -> list[str]:
    """Return what a person must do in the client."""
    first = [] if place.is_user else ["Windsurf keeps MCP servers for the whole user: run ocm install --host windsurf."]
    return [*first, approve("Windsurf", "in the MCP settings of Cascade, refresh and turn on")]


CONFIG = HostConfig(
    name=NAME,
    title="Windsurf",
    targets=targets,
    commands=("windsurf",),
    homes=(".codeium/windsurf", ".windsurf"),
    folders=(".windsurf",),
    hooks=HOOKS,
    window=True,
    steps=steps,
)
