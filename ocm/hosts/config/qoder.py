"""Where Qoder keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, user_rules
from ocm.hosts.config.targets import PLAIN, STDIO, Target, server_target

NAME = "qoder"
HOOKS = Hooks(NAME)


def targets(place: Place) -> list[Target]:
    """Return the files to set up; a project's servers are where Claude Code has them."""
    settings = place.path(".qoder", "settings.json")
    if place.is_user:
        servers, written = (
            server_target(settings, PLAIN),
            [user_rules(place.path(".qoder", "AGENTS.md"), "claude-code")],
        )
    else:
        servers, written = server_target(place.path(".mcp.json"), STDIO), place.agents()
    return [servers, *written, place.hooks(HOOKS, settings, MINIMAL)]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [approve("Qoder", "type /mcp and look for")]


CONFIG = HostConfig(
    name=NAME,
    title="Qoder",
    targets=targets,
    commands=("qodercli", "qoder"),
    homes=(".qoder",),
    folders=(".qoder",),
    hooks=HOOKS,
    window=True,
    steps=steps,
)
