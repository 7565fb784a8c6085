"""Where OpenCode keeps MCP servers, its plugin and rules. Never imported by a hook."""

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import AGENTS, HostConfig, Place, config_folder, user_rules
from ocm.hosts.config.targets import Target, server_target

NAME = "opencode"
ENTRY = {"type": "local", "command": ["ocm", "serve"], "enabled": True}
HOOKS = Hooks(NAME, script="ocm.js")


def targets(place: Place) -> list[Target]:
    """Return the files to set up."""
    own = config_folder(place.root, NAME)
    settings = place.first(own if place.is_user else place.root, "opencode.json", "opencode.jsonc")
    plugins = f"{own}/plugins" if place.is_user else place.path(".opencode", "plugins")
    written = [user_rules(f"{own}/{AGENTS}", NAME)] if place.is_user else place.agents()
    return [
        server_target(settings, ENTRY, within=("mcp",), comments=True),
        *written,
        place.hooks(HOOKS, f"{plugins}/{HOOKS.script}", MINIMAL, own=True),
    ]


CONFIG = HostConfig(
    name=NAME,
    title="OpenCode",
    targets=targets,
    commands=("opencode",),
    homes=(".config/opencode",),
    folders=(".opencode",),
    hooks=HOOKS,
)
