"""Every host whose hooks are answered, and its adapter, loaded alone; light, because every hook imports it."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.hosts.adapter import Adapter

# The hosts whose hooks are answered, as `--tool` names them: the module in this room, and the class in it.
ADAPTERS = {
    "antigravity": ("antigravity", "Antigravity"),
    "claude-code": ("claude_code", "ClaudeCode"),
    "cline": ("cline", "Cline"),
    "codex": ("codex", "Codex"),
    "copilot": ("copilot", "Copilot"),
    "cursor": ("cursor", "Cursor"),
    "droid": ("droid", "Droid"),
    "gemini-cli": ("gemini_cli", "GeminiCli"),
    "kiro": ("kiro", "Kiro"),
    "opencode": ("opencode", "OpenCode"),
    "qoder": ("qoder", "Qoder"),
    "vscode-copilot": ("vscode_copilot", "VsCodeCopilot"),
    "windsurf": ("windsurf", "Windsurf"),
}
# What a hook without an answer prints, by host and event: these hosts hold a call back for no reply at all. It stands
# here and not in the adapters because it must be printed even when an adapter fails.
EMPTY_REPLIES = {
    ("antigravity", "pre-tool-use"): b'{"decision":"allow"}',
    ("antigravity", ""): b"{}",
    ("cursor", ""): b"{}",
}

# What clients call themselves over MCP holds the host's name: `cursor-vscode`, `gemini-cli-mcp-client`, `@cline/core`.
_CLIENTS = (
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


def adapter(name: str) -> "Adapter | None":
    """Return the adapter of the host `name`, loaded alone; None for a host that is not known."""
    if name not in ADAPTERS:
        return None
    module, kind = ADAPTERS[name]
    __import__(f"ocm.hosts.{module}")
    found: Adapter = getattr(sys.modules[f"ocm.hosts.{module}"], kind)()
    return found


def host_named(client: str) -> str:
    """Return the host that an MCP client's name stands for; an unknown name stays as it is."""
    name = client.lower().replace(" ", "-").replace("_", "-")
    words = name.replace("@", "-").replace("/", "-").split("-")
    return next((host for host in _CLIENTS if host in words or ("-" in host and name.startswith(host))), name)
