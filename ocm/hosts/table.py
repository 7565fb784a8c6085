"""Every host that ocm sets up, by name. Never imported by a hook."""

from ocm.hosts import (
    antigravity_config,
    claude_code_config,
    cline_config,
    codex_config,
    copilot_config,
    cursor_config,
    droid_config,
    gemini_cli_config,
    kiro_config,
    opencode_config,
    others_config,
    qoder_config,
    vscode_copilot_config,
    windsurf_config,
)

_ALL = (
    claude_code_config.HOST,
    codex_config.HOST,
    gemini_cli_config.HOST,
    opencode_config.HOST,
    copilot_config.HOST,
    cline_config.HOST,
    cursor_config.HOST,
    vscode_copilot_config.HOST,
    windsurf_config.HOST,
    antigravity_config.HOST,
    qoder_config.HOST,
    kiro_config.HOST,
    droid_config.HOST,
    others_config.CONTINUE,
    others_config.ZED,
    others_config.ROO,
    others_config.AMP,
)
HOSTS = {host.name: host for host in _ALL}
