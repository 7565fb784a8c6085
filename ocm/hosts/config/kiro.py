"""Where Kiro keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, user_rules
from ocm.hosts.config.targets import PLAIN, Target, server_target

NAME = "kiro"
HOOKS = Hooks(NAME, every=".*", listed=True)


def targets(place: Place) -> list[Target]:
    """Return the files to set up."""
    written = (
        [user_rules(place.path(".kiro", "steering", "opencodememory.md"), NAME)] if place.is_user else place.agents()
    )
    return [
        server_target(place.path(".kiro", "settings", "mcp.json"), PLAIN),
        *written,
        place.hooks(HOOKS, place.path(".kiro", "hooks", "opencodememory.json"), MINIMAL, own=True),
    ]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [
        approve("Kiro", "in the MCP panel, turn on and reconnect"),
        "Kiro shows hooks in its Agent Hooks panel: those of opencodememory must be on.",
    ]


CONFIG = HostConfig(
    name=NAME,
    title="Kiro",
    targets=targets,
    commands=("kiro", "kiro-cli"),
    homes=(".kiro",),
    folders=(".kiro",),
    hooks=HOOKS,
    window=True,
    steps=steps,
)
