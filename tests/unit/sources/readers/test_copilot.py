"""Copilot CLI's conversations."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import copilot
from ocm.sources.story import Story
from tests.support.transcripts import HISTORIES, SHOP, told


def event(kind: str, data: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"type": kind, "data": data, "timestamp": "2026-03-01T10:00:00Z", **fields})


def read(folder: Path, *lines: str) -> Story:
    path = folder / "S" / "events.jsonl"
    path.parent.mkdir()
    start = event("session.start", {"sessionId": "S", "context": {"cwd": "/w"}})
    path.write_text("\n".join([start, *lines]), encoding="utf-8")
    return told(path, "/w")[1]


def call(name: str, given: dict[str, Any], done: dict[str, Any], number: str = "1") -> tuple[str, str]:
    return (
        event("tool.execution_start", {"toolCallId": number, "toolName": name, "arguments": given}),
        event("tool.execution_complete", {"toolCallId": number, "success": True, **done}),
    )


def test_what_the_client_recorded_is_told_whole() -> None:
    head, heard = told(HISTORIES / "copilot", SHOP)
    assert (head.session_id, head.cwd) == ("f06fea61-c04b-4c06-8c6e-d82f065ac7bc", SHOP)
    assert [turn.prompt[:12] for turn in heard.turns] == ["Cart totals ", "Add a discou"]
    assert heard.files == {"cart.py": "modified", "discount.py": "created"}
    assert [(one.sha, one.subject) for one in heard.commits] == [("da3e713", "Use Decimal for cart prices")]
    assert (heard.version, heard.branch, heard.model) == ("1.0.102", "main", "scripted")
    assert heard.checks == {} or not any(check.failed for check in heard.checks.values())
    assert heard.unread.counts == {}


def test_edits_come_with_their_diff_or_with_what_the_call_named(tmp_path: Path) -> None:
    diff = "\ndiff --git a/w/a.py b/w/a.py\n--- a/w/a.py\n+++ b/w/a.py\n@@ -1 +1 @@\n-an old line\n+a new line\n"
    patch = "*** Begin Patch\n*** Add File: /w/p.py\n+a patched line\n*** End Patch"
    heard = read(
        tmp_path,
        *call("edit", {}, {"fileEdits": [{"path": "/w/a.py", "kind": "edit"}], "result": {"detailedContent": diff}}),
        *call("create", {"path": "/w/b.py", "file_text": "a whole line"}, {"result": {}}),
        *call("edit", {"path": "/w/c.py", "old_str": "an old line", "new_str": "a new line"}, {}),
        *call("delete", {}, {"fileEdits": [{"path": "/w/d.py", "kind": "delete"}]}),
        *call("apply_patch", {"input": patch}, {}),
        *call("edit", {"path": "/w/failed.py"}, {"success": False}),
        *call("edit", {}, {}),
    )
    assert heard.files == {
        "a.py": "modified",
        "b.py": "created",
        "c.py": "modified",
        "d.py": "deleted",
        "p.py": "created",
    }
    assert len(heard.segments[0].keys) == 6


@pytest.mark.parametrize(
    ("done", "failed"),
    [
        ({"shellExecution": {"exitCode": 1}}, True),
        ({"result": {"content": "FAILED a.py::b\n<exited with exit code 1>"}}, True),
        ({"result": {"content": "FAILED a.py::b\n"}}, False),
    ],
)
def test_commands_end_as_they_ended(tmp_path: Path, done: dict[str, Any], *, failed: bool) -> None:
    result = {"result": {"content": "FAILED a.py::b"}, **done}
    assert bool(read(tmp_path, *call("bash", {"command": "pytest"}, result)).checks) is failed


def test_todos_answers_titles_and_models_are_taken(tmp_path: Path) -> None:
    heard = read(
        tmp_path,
        event("user.message", {"content": "do the work"}),
        event("user.message", {"content": "from a skill", "source": "skill-x"}),
        event("user.message", {"content": "for an agent"}, agentId="a"),
        event("session.model_change", {"newModel": "m2"}),
        event("session.title_changed", {"title": "My title"}),
        event("session.resume", {"selectedModel": "m3", "context": {"headCommit": "b" * 40}}),
        event("assistant.message", {"content": "aside", "parentToolCallId": "x", "toolRequests": [
            {"toolCallId": "9", "name": "bash", "arguments": {"command": "git commit"}}]}),
        event("tool.execution_complete", {"toolCallId": "9", "result": {"content": "[main abc1234] One"}}),
        *call("update_todo", {"todos": "- [x] one\n- [ ] two\n- [~] three\nother"}, {}),
        *call("ask_user", {"question": "Which?"}, {"result": {"content": "That."}}),
        *call("view", {"path": "/w/x"}, {"result": {"detailedContent": "diff --git a/x b/x"}}),
        event("wonder.ful", {}),
    )  # fmt: skip
    assert [turn.prompt for turn in heard.turns] == ["do the work"]
    assert (heard.title, heard.model, heard.sha) == ("My title", "m3", "b" * 40)
    assert [status for _, status, _ in heard.todos.values()] == ["completed", "pending", "in_progress"]
    assert list(heard.decisions) == ["Which? → That."]
    assert [one.sha for one in heard.commits] == ["abc1234"]
    assert heard.unread.counts == {"type wonder.ful": 1}


def test_older_files_and_others_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "abc.jsonl").write_text(event("user.message", {"content": "x"}), encoding="utf-8")
    (tmp_path / "other.jsonl").write_text(event("hook.start", {}), encoding="utf-8")
    os.mkfifo(tmp_path / "z.jsonl")
    unread = Unreadable()
    assert [head.session_id for head in copilot.heads(str(tmp_path), unread)] == ["abc"]
    assert unread.counts == {"unreadable: it is not a regular file": 1}


def test_the_places_follow_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPILOT_HOME", "/moved")
    assert copilot.places() == ["/moved/session-state"]
    monkeypatch.setenv("COPILOT_HOME", "moved")
    assert copilot.places() == []
