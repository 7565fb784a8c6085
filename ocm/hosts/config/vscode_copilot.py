"""Where Copilot in VS Code keeps MCP servers, hooks and rules. Never imported by a hook."""

import os

from ocm.hosts.config.hook_files import MINIMAL, Hooks
from ocm.hosts.config.host_config import HostConfig, Place, approve, code_user_folder
from ocm.hosts.config.targets import IN_WORKSPACE, STDIO, Target, server_target

NAME = "vscode-copilot"
HOOKS = Hooks(NAME)
FILE = "opencodememory-vscode.json"


def targets(place: Place) -> list[Target]:
    """Return the files to set up; the user's own rules are in the settings of each profile."""
    entry = STDIO if place.is_user else {**STDIO, "args": IN_WORKSPACE}
    if place.is_user:
        servers = os.path.join(code_user_folder(place.root), "mcp.json")
        hooks = place.path(".copilot", "hooks", FILE)
    else:
        servers, hooks = place.path(".vscode", "mcp.json"), place.path(".github", "hooks", FILE)
    return [
        server_target(servers, entry, within=("servers",), comments=True),
        *([] if place.is_user else place.agents()),
        place.hooks(HOOKS, hooks, MINIMAL, own=True),
    ]


def steps(_place: Place) -> list[str]:
    """Return what a person must do in the client."""
    return [
        approve("VS Code", "open mcp.json and click Start above, then trust,"),
        "VS Code runs hooks in a trusted workspace only, and hooks are a preview there: Chat Hooks must be on.",
    ]


CONFIG = HostConfig(
    name=NAME,
    title="Copilot in VS Code",
    targets=targets,
    commands=("code",),
    homes=(".vscode",),
    folders=(".vscode",),
    hooks=HOOKS,
    window=True,
    steps=steps,
)
