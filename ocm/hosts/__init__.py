"""One module a host: what its hooks say, what it wants to hear, and where its configuration lives."""

# What clients call themselves over MCP holds the host's name: `cursor-vscode`, `gemini-cli-mcp-client`.
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


def host_named(client: str) -> str:
    """Return the host that an MCP client's name stands for; a name that is not known stays as it is."""
    name = client.lower().replace(" ", "-").replace("_", "-")
    words = name.split("-")
    return next((host for host in _HOSTS if host in words or ("-" in host and name.startswith(host))), name)
