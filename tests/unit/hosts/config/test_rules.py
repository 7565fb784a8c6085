"""What assistants are told at the start: short, and true before their tools are there."""

from __future__ import annotations

import pytest

from ocm.base import resources

NAMES = ("agents", "claude-code", "cline", "codex", "copilot", "gemini-cli", "kiro", "opencode")
MOST_TOKENS = 330


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_cost_little_name_the_title_and_hold_while_the_tools_are_late(name: str) -> None:
    text = resources.read("rules", f"{name}.md")
    assert len(text) / 4 <= MOST_TOKENS
    assert "`title`" in text
    assert "ignore this section" not in text
