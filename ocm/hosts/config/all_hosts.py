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
    claude_code.HOST,
    codex.HOST,
    gemini_cli.HOST,
    opencode.HOST,
    copilot.HOST,
    cline.HOST,
    cursor.HOST,
    vscode_copilot.HOST,
    windsurf.HOST,
    antigravity.HOST,
    qoder.HOST,
    kiro.HOST,
    droid.HOST,
    others.CONTINUE,
    others.ZED,
    others.ROO,
    others.AMP,
)
HOSTS = {host.name: host for host in _ALL}
