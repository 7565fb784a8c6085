"""Where Antigravity keeps MCP servers, hooks and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, user_rules
from ocm.hosts.config.targets import PLAIN, SERVER, Target, server_target

NAME = "antigravity"
HOOKS = Hooks(NAME, within=SERVER)  # its file holds hooks by name


def targets(place: Place) -> list[Target]:
    """Return the files to set up; the user's own rules are those of Gemini CLI."""
    own = place.path(".gemini", "config") if place.is_user else place.path(".agents")
    written = [user_rules(place.path(".gemini", "GEMINI.md"), "gemini-cli")] if place.is_user else place.agents()
    return [
        server_target(f"{own}/mcp_config.json", PLAIN),
        *written,
        place.hooks(HOOKS, f"{own}/hooks.json", MINIMAL),
    ]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [approve("Antigravity", "in Manage MCP Servers, refresh and turn on")]


CONFIG = HostConfig(
    name=NAME,
    title="Antigravity",
    targets=targets,
    commands=("agy", "antigravity"),
    homes=(".gemini/config", ".gemini/antigravity", ".antigravity"),
    folders=(".agents",),
    hooks=HOOKS,
    window=True,
    steps=steps,
)
