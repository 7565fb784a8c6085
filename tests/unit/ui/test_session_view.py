"""One session as a person reads it."""

from __future__ import annotations

import pytest

from ocm.ui import session_view
from ocm.ui.terminal import Screen
from tests.support.screen import NOW, plain, row


@pytest.mark.parametrize(("lines", "shown"), [
    (["## Goal", "", "text"], ["", "Goal", "text"]), (["a", "", "", "b"], ["a", "", "b"]), (["- [ ] open", "- [x] done", "* item", "1. one"], ["☐ open", "✓ done", "• item", "1. one"]),
    (["```python", "- x", "```", "y"], ["    - x", "y"]), (["~~~", "```", "~~~"], ["    ```"]), (["````", "```", "````", "z"], ["    ```", "z"]),
    (["| File | Description |", "| --- | --- |", "| a | b |"], ["• a · b"]), (["a **b** `c` [d](e)"], ["a b `c` d e"]),
    (["- old  [ended by: new]"], ["• old [ended by: new]"]), (["  continued"], ["  continued"]), (["  - deeper"], ["  • deeper"]),
    (["a", "# b", "c"], ["a", "", "b", "c"]), (["#no heading"], ["#no heading"]),
])  # fmt: skip
def test_markdown_is_what_it_means(lines: list[str], shown: list[str]) -> None:
    assert plain(session_view._body(Screen(80), iter(lines))) == shown


def test_what_only_machines_need_is_left_out() -> None:
    lines = ["---", "ocm: 1", "---", "", "# T", "", "kept", "", "```ocm", "calls 3", "```", "", "## Notes"]
    assert list(session_view._worth_reading(lines, "T")) == ["", "", "kept", "", "", "## Notes"]
    assert list(session_view._worth_reading(["no front matter"], "T")) == ["no front matter"]


def test_a_session_without_known_freshness_says_nothing_of_it() -> None:
    assert plain(session_view.session(Screen(80, now=NOW), row(), ["text"])) == [
        "T",
        "today 14:32 · codex · main · open · s1",
        "text",
    ]


def test_what_was_said_is_laid_out_and_obeyed_by_no_terminal() -> None:
    evil = "\x1b[31mred\x1b]0;x\x07\r\u202etitle"
    text = {"role": "user", "date": "2026-03-01T10:00:00+00:00", "position": "7", "text": f"if a:\n    b {evil}"}
    found = {
        "date": "",
        "tool": "codex",
        "project": evil,
        "session_id": "S",
        "file": evil,
        "said": [text],
        "left_out": 3,
    }
    screen = Screen(60, now=NOW)
    lines = list(session_view.conversation(screen, found))
    assert not set("".join(map(screen.text, lines))) & {"\x1b", "\r", "\u202e", "\x07"}
    shown = plain(iter(lines))
    assert shown[0] == "codex · redtitle · S"
    assert shown[2:4] == ["", "user · 2026-03-01 10:00 · 7"]
    assert [line.strip() for line in shown[4:]] == ["if a:", "b redtitle", "", "(3 more before and after)"]
    assert len(list(session_view.conversation(screen, {**found, "left_out": 0}))) == len(lines) - 2
