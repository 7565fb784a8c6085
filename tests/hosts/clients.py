"""Where the real clients are, and which version of each is tested."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Read when this module is imported: fixtures may move the home folder away later.
CACHE = Path(os.environ.get("OCM_TEST_CACHE") or Path.home() / ".cache" / "ocm-tests")


@dataclass(frozen=True)
class Client:
    """One client: its package in the npm registry, the version that is tested, and the command it brings."""

    name: str
    package: str
    version: str
    command: str

    @property
    def folder(self) -> Path:
        """The folder that this version is installed in."""
        return CACHE / f"{self.package.rpartition('/')[2]}-{self.version}"

    @property
    def binary(self) -> Path:
        """The command, wherever it is."""
        given = os.environ.get(f"OCM_{self.command.upper()}_BIN")
        return Path(given) if given else self.folder / "node_modules" / ".bin" / self.command

    @property
    def gone(self) -> Path:
        """A file with the registry's words, when the last installation was told that there is no such version."""
        return CACHE / f"{self.folder.name}.gone"


CLAUDE = Client("Claude Code", "@anthropic-ai/claude-code", "2.1.329", "claude")
OPENCODE = Client("OpenCode", "opencode-ai", "1.18.33", "opencode")
CLINE = Client("Cline CLI", "cline", "3.0.65", "cline")
COPILOT = Client("Copilot CLI", "@github/copilot", "1.0.102", "copilot")
CODEX = Client("Codex CLI", "@openai/codex", "0.169.0", "codex")
GEMINI = Client("Gemini CLI", "@google/gemini-cli", "0.61.0", "gemini")
CLIENTS = (CLAUDE, OPENCODE, CLINE, COPILOT, CODEX, GEMINI)
