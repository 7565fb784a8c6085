"""Every host that ocm sets up, by name. Never imported by a hook."""

from ocm.hosts.config import (
    antigravity,
    claude_code,
    cline,
    codex,
    copilot,
    cursor,
    droid,
    gemini_cli,
    kiro,
    opencode,
    others,
    qoder,
    vscode_copilot,
    windsurf,
)

_ALL = (
    claude_code.CONFIG,
    codex.CONFIG,
    gemini_cli.CONFIG,
    opencode.CONFIG,
    copilot.CONFIG,
    cline.CONFIG,
    cursor.CONFIG,
    vscode_copilot.CONFIG,
    windsurf.CONFIG,
    antigravity.CONFIG,
    qoder.CONFIG,
    kiro.CONFIG,
    droid.CONFIG,
    others.CONTINUE,
    others.ZED,
    others.ROO,
    others.AMP,
)
HOSTS = {host.name: host for host in _ALL}
