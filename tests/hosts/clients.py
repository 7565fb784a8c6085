"""Where the real clients are, and which version of them is tested."""

from __future__ import annotations

import os
from pathlib import Path

CLAUDE_PACKAGE = "@anthropic-ai/claude-code"
CLAUDE_VERSION = "2.1.329"

# Read when this module is imported: fixtures may move the home folder away later.
CACHE = Path(os.environ.get("OCM_TEST_CACHE") or Path.home() / ".cache" / "ocm-tests")
CLAUDE_FOLDER = CACHE / f"claude-code-{CLAUDE_VERSION}"
CLAUDE_BINARY = Path(os.environ.get("OCM_CLAUDE_BIN") or CLAUDE_FOLDER / "node_modules" / ".bin" / "claude")
