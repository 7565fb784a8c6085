"""Gemini CLI's conversations, logs and documents."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import gemini_cli
from ocm.sources.story import Story
from tests.support.transcripts import HISTORIES, SHOP, story, told

AT = "2026-03-01T10:00:00Z"


def message(name: str, kind: str, content: Any = "", **fields: Any) -> dict[str, Any]:
    return {"id": name, "timestamp": AT, "type": kind, "content": content, **fields}


def tool(name: str, args: dict[str, Any], output: str = "", **fields: Any) -> dict[str, Any]:
    result = [{"functionResponse": {"response": {"output": output}}}]
    return {"id": f"{name}-{args}", "name": name, "args": args, "status": "success", "result": result, **fields}


def put(folder: Path, *records: dict[str, Any], session: str = "S") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"session-{session}.jsonl"
    first = {"sessionId": session, "projectHash": "x", "startTime": AT}
    path.write_text("\n".join(map(json.dumps, [first, *records])), encoding="utf-8")
    return path


def read(folder: Path, *records: dict[str, Any]) -> Story:
    return told(put(folder, *records), "/w")[1]


def test_what_the_client_recorded_is_told_whole() -> None:
    head, heard = told(HISTORIES / "gemini", SHOP)
    assert (head.session_id, head.cwd) == ("b28da997-01dc-4c25-b534-141fc45a5579", SHOP)
    assert [turn.prompt[:12] for turn in heard.turns] == ["Cart totals ", "Add a discou"]
    assert heard.files == {"cart.py": "modified", "discount.py": "created"}
    assert [(one.sha, one.subject) for one in heard.commits] == [("b0120d7", "Use Decimal for cart prices")]
    assert list(heard.done) == ["Reproduce the rounding error", "Store prices as Decimal"]
    assert heard.turns[1].answer.startswith("`discount.py` holds the codes")
    assert heard.model == "gemini-2.5-flash"
    assert heard.unread.counts == {}


def test_a_later_message_replaces_and_a_rewind_drops(tmp_path: Path) -> None:
    heard = read(
        tmp_path,
        message("1", "user", [{"text": "first"}]),
        message(
            "2", "gemini", "half", toolCalls=[tool("write_file", {"file_path": "/w/a.py", "content": "a whole line"})]
        ),
        message("2", "gemini", "whole", model="m"),
        message("3", "user", "taken back"),
        {"$rewindTo": "3"},
        {"$rewindTo": "unknown"},
        {"$set": {"messages": [message("1", "user", [{"text": "first"}]), message("9", "user", "in a snapshot")]}},
        {"$set": {"summary": "My title"}},
    )
    assert [(turn.prompt, turn.answer) for turn in heard.turns] == [("first", "whole"), ("in a snapshot", "")]
    assert (heard.files, heard.title, heard.model) == ({"a.py": "modified"}, "My title", "m")


def test_what_nobody_typed_is_no_prompt(tmp_path: Path) -> None:
    heard = read(
        tmp_path,
        message("1", "user", "<session_context>x"),
        message("2", "user", "/quit"),
        message("3", "user", "?"),
        message("4", "user", [{"functionResponse": {"x": 1}}]),
        message("5", "user", 3),
        message("6", "info", "x"),
        message("7", "wonder", "x"),
        {"x": 1},
        {"timestamp": AT, "type": "user", "content": "without an id"},
    )
    assert [turn.prompt for turn in heard.turns] == ["without an id"]
    assert heard.unread.counts == {"type wonder": 1, "operation": 1}


def test_calls_are_edits_commands_and_todos(tmp_path: Path) -> None:
    diff = "Index: a.py\n@@ -1 +1 @@\n-an old line\n+a new line\n"
    calls = [
        tool("replace", {"file_path": "/w/a.py"}, resultDisplay={"fileDiff": diff}),
        tool("replace", {"file_path": "/w/b.py", "old_string": "an old line", "new_string": "a new line"}),
        tool("write_file", {}, resultDisplay={"fileDiff": diff, "filePath": "/w/c.py", "isNewFile": True}),
        tool("replace", {"file_path": "/w/no.py"}, status="error"),
        tool("replace", {}),
        tool("run_shell_command", {"command": "pytest"}, "Output: FAILED a.py::b\nExit Code: 1"),
        tool("run_shell_command", {"command": "git commit"}, "Output: [main abc1234] One\n"),
        tool("run_shell_command", {"command": "make"}, "FAILED a.py::c", status="error", timestamp=AT),
        tool("write_todos", {"todos": [{"description": "x", "status": "pending"}]}),
        tool("read_file", {}),
    ]
    heard = read(tmp_path, message("1", "gemini", "", toolCalls=calls))
    assert heard.files == {"a.py": "modified", "b.py": "modified", "c.py": "created"}
    assert (list(heard.checks), [one.sha for one in heard.commits], list(heard.todos)) == (
        ["pytest", "make"],
        ["abc1234"],
        ["x"],
    )


def test_sub_agents_edit_for_their_parent(tmp_path: Path) -> None:
    put(tmp_path, message("1", "user", "go"))
    call = tool("write_file", {"file_path": "/w/inner.py", "content": "x"})
    put(
        tmp_path / "S",
        message("2", "user", "for the agent"),
        message("3", "gemini", "x", toolCalls=[call], model="other"),
    )
    head = next(registry.heads(str(tmp_path), Unreadable()))
    heard = story("/w")
    registry.read(head, heard)
    assert (list(heard.files), heard.prompts, heard.model, head.mark.count("+")) == (["inner.py"], 1, "", 1)


def test_a_document_is_read_like_a_log(tmp_path: Path) -> None:
    tree = {
        "sessionId": "D",
        "projectHash": "x",
        "summary": "T",
        "messages": [message("1", "user", "go"), message("2", "gemini", "ok")],
    }
    path = tmp_path / "session-x.json"
    path.write_text(json.dumps(tree, indent=1), encoding="utf-8")
    head, heard = told(path)
    assert (head.session_id, heard.title, heard.turns[0].answer) == ("D", "T", "ok")


def test_the_project_is_named_beside_a_chat_or_in_it(tmp_path: Path) -> None:
    context = "<session_context>\n- **Workspace Directories:**\n  - /home/her/shop\n"
    inside = put(tmp_path / "tmp" / "slug" / "chats", message("1", "user", context))
    assert told(inside)[0].cwd == "/home/her/shop"
    (tmp_path / "projects.json").write_text('{"projects": {"/by/registry": "slug"}}', encoding="utf-8")
    assert told(inside)[0].cwd == "/by/registry"
    (tmp_path / "tmp" / "slug" / ".project_root").write_text("/by/note\n", encoding="utf-8")
    assert told(inside)[0].cwd == "/by/note"


def test_a_file_without_a_first_line_has_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "session-bare.jsonl"
    path.write_text(
        "\n".join(map(json.dumps, [message("1", "user", "x"), message("2", "gemini", "y")])), encoding="utf-8"
    )
    (tmp_path / "session-other.jsonl").write_text('{"x": 1}', encoding="utf-8")
    os.mkfifo(tmp_path / "session-z.jsonl")
    unread = Unreadable()
    assert [head.session_id for head in gemini_cli.heads(str(tmp_path), unread)] == ["session-bare"]
    assert list(gemini_cli.heads(str(tmp_path / "session-other.jsonl"), unread)) == []
    assert unread.counts == {"unreadable: it is not a regular file": 1}


def test_the_places_follow_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_CLI_HOME", "/moved")
    assert gemini_cli.places() == ["/moved/.gemini/tmp"]
    monkeypatch.setenv("GEMINI_CLI_HOME", "moved")
    assert gemini_cli.places() == []
