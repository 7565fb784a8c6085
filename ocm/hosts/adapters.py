"""Every host whose hooks are answered, and its adapter, loaded alone; light, because every hook imports it."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ocm.hosts.interface import Host

# The hosts whose hooks are answered, as `--tool` names them, and the module that speaks each one's dialect.
ADAPTERS = {
    "antigravity": "antigravity",
    "claude-code": "claude_code",
    "codex": "codex",
    "gemini-cli": "gemini_cli",
    "kiro": "kiro",
    "cline": "cline",
    "copilot": "copilot",
    "cursor": "cursor",
    "droid": "droid",
    "opencode": "opencode",
    "qoder": "qoder",
    "vscode-copilot": "vscode_copilot",
    "windsurf": "windsurf",
}
# What a hook prints that has nothing to say, by host and event: these hosts hold a call back for no reply at all.
SILENCE = {
    ("antigravity", "pre-tool-use"): b'{"decision":"allow"}',
    ("antigravity", ""): b"{}",
    ("cursor", ""): b"{}",
}

# What clients call themselves over MCP holds the host's name: `cursor-vscode`, `gemini-cli-mcp-client`, `@cline/core`.
_HOSTS = (
    "claude-code",
    "codex",
    "gemini-cli",
    "opencode",
    "copilot",
    "cline",
    "cursor",
    "windsurf",
    "antigravity",
    "qoder",
    "kiro",
    "droid",
    "continue",
    "zed",
    "roo",
    "amp",
)


def adapter(name: str) -> "Host | None":
    """Return the adapter of the host `name`, loaded alone; None for a host that is not known."""
    module = ADAPTERS.get(name)
    if module is None:
        return None
    __import__(f"ocm.hosts.{module}")
    found: Any = sys.modules[f"ocm.hosts.{module}"]  # its tests have the type checker compare it with `Host`
    host: Host = found
    return host


def host_named(client: str) -> str:
    """Return the host that an MCP client's name stands for; a name that is not known stays as it is."""
    name = client.lower().replace(" ", "-").replace("_", "-")
    words = name.replace("@", "-").replace("/", "-").split("-")
    return next((host for host in _HOSTS if host in words or ("-" in host and name.startswith(host))), name)
