"""Where hosts without hooks keep MCP servers and rules: Continue, Zed, Roo and Amp."""

import os
import sys

from ocm.hosts.config.host_config import AGENTS, HostConfig, Place, approve, code_user_folder, config_folder, user_rules
from ocm.hosts.config.targets import PLAIN, SERVER, Target, file_target, server_target

CONTINUE_FILE = f"""\
name: {SERVER}
version: 0.0.1
schema: v1
mcpServers:
  - name: {SERVER}
    command: ocm
    args:
      - serve
"""
# Zed reads the first of these that a project has, and no other.
_ZED_FIRST = (".rules", ".cursorrules", ".windsurfrules", ".clinerules", ".github/copilot-instructions.md", "AGENT.md")


def _continue(place: Place) -> list[Target]:
    own = place.path(".continue")
    servers = f"{own}/mcpServers/{SERVER}.yaml"
    written = [user_rules(f"{own}/rules/{SERVER}.md", "agents")] if place.is_user else place.agents()
    return [file_target(servers, f'MCP server "{SERVER}"', lambda _: CONTINUE_FILE, (CONTINUE_FILE,)), *written]


def _zed(place: Place) -> list[Target]:
    if not place.is_user:
        servers = server_target(place.path(".zed", "settings.json"), PLAIN, within=("context_servers",), comments=True)
        return [servers, *place.agents()]
    windows = os.path.join(os.environ.get("APPDATA") or place.root, "Zed")
    own = windows if sys.platform == "win32" else config_folder(place.root, "zed")
    servers = server_target(f"{own}/settings.json", PLAIN, within=("context_servers",), comments=True)
    return [servers, user_rules(f"{own}/{AGENTS}", "agents")]


def _zed_warnings(place: Place) -> list[str]:
    found = [name for name in _ZED_FIRST if os.path.isfile(place.path(*name.split("/")))]
    if place.is_user or not found:
        return []
    return [f"Zed reads {place.path(found[0])} and then no {AGENTS}: copy ocm's block of rules there."]


def _roo(place: Place) -> list[Target]:
    if not place.is_user:
        return [server_target(place.path(".roo", "mcp.json"), PLAIN), *place.agents()]
    own = os.path.join(code_user_folder(place.root), "globalStorage", "rooveterinaryinc.roo-cline", "settings")
    servers = server_target(os.path.join(own, "mcp_settings.json"), PLAIN)
    return [servers, user_rules(place.path(".roo", "rules", f"{SERVER}.md"), "agents")]


def _amp(place: Place) -> list[Target]:
    own = config_folder(place.root, "amp") if place.is_user else place.path(".amp")
    servers = server_target(f"{own}/settings.json", PLAIN, within=("amp.mcpServers",), comments=True)
    return [servers, *([user_rules(f"{own}/{AGENTS}", "agents")] if place.is_user else place.agents())]


def _amp_steps(place: Place) -> list[str]:
    return [] if place.is_user else [approve("Amp", "when it asks, or with amp mcp approve, approve")]


CONTINUE = HostConfig(
    name="continue", title="Continue", targets=_continue, commands=("cn",), homes=(".continue",), folders=(".continue",)
)
ZED = HostConfig(
    name="zed",
    title="Zed",
    targets=_zed,
    commands=("zed", "zeditor"),
    homes=(".config/zed",),
    folders=(".zed",),
    window=True,
    warnings=_zed_warnings,
)
ROO = HostConfig(name="roo", title="Roo Code", targets=_roo, homes=(".roo",), folders=(".roo",), window=True)
AMP = HostConfig(
    name="amp",
    title="Amp",
    targets=_amp,
    commands=("amp",),
    homes=(".config/amp",),
    folders=(".amp",),
    steps=_amp_steps,
)
