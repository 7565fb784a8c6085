"""What tests of the screens share: a clock, a row of a list, and lines as plain text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ocm.ui.terminal import Screen

NOW = datetime.fromisoformat("2026-03-20T17:05:00+01:00")


def plain(lines: Any) -> list[str]:
    return [Screen(10_000).text(line) for line in lines]


def row(**values: Any) -> dict[str, Any]:
    return {
        "session_id": "s1", "title": "T", "goal": "", "date": "2026-03-20T14:32:00+01:00", "tool": "codex", "branch": "main", "status": "open",
        "freshness": None, "commits_since": None, "rank": 1, "snippet": "", "top_files": [], **values,
    }  # fmt: skip
