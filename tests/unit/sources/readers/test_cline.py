"""The conversations of Cline and its forks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import cline
from ocm.sources.story import Story
from tests.support.transcripts import told

TASK = "1772545930000"


def put(folder: Path, *messages: dict[str, Any], task: str = TASK) -> Path:
    path = folder / "tasks" / task / "api_conversation_history.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(messages), indent=1), encoding="utf-8")
    return path


def user(*texts: str, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts], **fields}


def model(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


def native(name: str, given: dict[str, Any], told_back: str = "done") -> tuple[dict[str, Any], dict[str, Any]]:
    use = {"type": "tool_use", "id": name + str(given), "name": name, "input": given}
    back = {"type": "tool_result", "tool_use_id": name + str(given), "content": [{"type": "text", "text": told_back}]}
    return {"role": "assistant", "content": [use]}, {"role": "user", "content": [back]}


def read(folder: Path, *messages: dict[str, Any]) -> Story:
    return told(put(folder, user("<task>\ndo the work\n</task>"), *messages), "/w")[1]


def test_calls_in_the_text_are_told(tmp_path: Path) -> None:
    diff = "<<<<<<< SEARCH\n:start_line:1\n-------\nan old line\n=======\na new line\n>>>>>>> REPLACE"
    heard = read(
        tmp_path,
        model("<thinking>hm</thinking>I write.\n<write_to_file><path>a.py</path><content>\na whole line\n</content></write_to_file>"),
        user("[write_to_file for 'a.py'] Result:\nThe content was saved.", "<environment_details>x</environment_details>"),
        model(f"<apply_diff><path>b.py</path><diff>\n{diff}\n</diff></apply_diff>"),
        user("[apply_diff for 'b.py'] Result:", "more"),
        model("<execute_command><command>pytest</command></execute_command>"),
        user("[execute_command for 'pytest'] Result:\nCommand executed. Exit code: 1\nFAILED a.py::b"),
        user("[ERROR] You did not use a tool"),
        user("<feedback>use tabs</feedback>"),
        model("<attempt_completion><result>It is done.</result></attempt_completion>"),
    )  # fmt: skip
    assert [(turn.prompt, turn.answer) for turn in heard.turns if turn.prompt != "more"] == [
        ("do the work", "I write."), ("use tabs", "It is done."),
    ]  # fmt: skip
    assert list(heard.named) == ["a.py", "b.py"]
    assert [check.line for check in heard.checks.values()] == ["FAILED a.py::b"]


def test_native_calls_are_told(tmp_path: Path) -> None:
    search = "------- SEARCH\nan old line\n=======\na new line\n+++++++ REPLACE"
    heard = read(
        tmp_path,
        *native("replace_in_file", {"path": "a.py", "diff": search}),
        *native("edit_file", {"path": "b.py", "old_text": "an old line", "new_text": "a new line"}),
        *native("write_to_file", {"path": "no.py", "content": "x"}, "[ERROR] it failed"),
        *native("read_file", {"path": "c.py"}),
        *native("execute_command", {"command": "make"}, "Command is still running"),
        *native("execute_command", {"command": "git commit"}, "[main abc1234] One\nExit code: 0"),
        *native("ask_followup_question", {"question": "Which?"}, "<answer>That</answer>"),
        *native("update_todo_list", {"todos": "[x] one\n- [ ] two\n[-] three\nx"}),
        *native("attempt_completion", {"result": "All done."}),
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "?", "content": "x"}]},
        {"role": "assistant", "content": [{"type": "image"}]},
    )
    assert list(heard.named) == ["a.py", "b.py"]
    assert len(heard.segments[0].keys) == 4
    assert (list(heard.checks), [one.sha for one in heard.commits]) == ([], ["abc1234"])
    assert list(heard.decisions) == ["Which? → That"]
    assert [status for _, status, _ in heard.todos.values()] == ["completed", "pending", "in_progress"]
    assert heard.turns[0].answer == "All done."


def test_what_the_client_notes_beside_is_taken(tmp_path: Path) -> None:
    path = put(tmp_path, user("<task>x</task>"), model("y"))
    (path.parent / "ui_messages.json").write_text(f'[{{"ts": {TASK}}}, {{"ts": 1772545990000}}, 3]', encoding="utf-8")
    assert told(path)[0].cwd == ""
    put(tmp_path, user("<task>x</task> Current Working Directory (/by/text)"), model("y"))
    head, heard = told(path)
    assert (head.cwd, head.start, heard.end) == ("/by/text", 1_772_545_930, 1_772_545_990)
    state = tmp_path / "state" / "taskHistory.json"
    state.parent.mkdir()
    row = {"id": TASK, "ts": int(TASK), "cwdOnTaskInitialization": "/by/state", "modelId": "m"}
    state.write_text(json.dumps([{"id": "other"}, 3, row]), encoding="utf-8")
    head, heard = told(path)
    assert (head.cwd, heard.model) == ("/by/state", "m")
    item = {"workspace": "/by/roo", "parentTaskId": "P"}
    (path.parent / "history_item.json").write_text(json.dumps(item), encoding="utf-8")
    head, heard = told(path)
    assert (head.cwd, heard.parent, head.session_id) == ("/by/roo", "P", TASK)


def test_newer_sessions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "s1" / "s1.messages.json"
    path.parent.mkdir(parents=True)
    tree = {"sessionId": "s1", "messages": [{"role": "user", "content": "do the work", "ts": int(TASK)}, model("ok")]}
    path.write_text(json.dumps(tree), encoding="utf-8")
    about = {"cwd": "/w", "model": "m", "metadata": {"title": "T"}, "created_at": "2026-03-01T10:00:00Z"}
    path.with_name("s1.json").write_text(json.dumps(about), encoding="utf-8")
    (head,) = registry.heads(str(tmp_path), Unreadable())
    assert (head.session_id, head.cwd) == ("s1", "/w")
    head, heard = told(path)
    assert (heard.title, heard.turns[0].prompt, heard.turns[0].answer) == ("T", "do the work", "ok")


def test_a_prompt_that_says_in_which_mode_it_was_typed_is_a_prompt(tmp_path: Path) -> None:
    path = put(tmp_path, user('<user_input mode="act">Write the names as digits.</user_input>'), model("Done."))
    assert [turn.prompt for turn in told(path)[1].turns] == ["Write the names as digits."]


def test_what_is_empty_or_torn_is_no_conversation(tmp_path: Path) -> None:
    put(tmp_path, task="1")
    put(tmp_path, {"role": "user", "content": 3}, task="3")
    torn = put(tmp_path, user("x"), task="2")
    torn.write_text('[{"role": "user", "con', encoding="utf-8")
    unread = Unreadable()
    assert list(cline.heads(str(tmp_path), unread)) == []
    assert unread.counts == {"unreadable: 2": 1}
    (tmp_path / "x.messages.json").write_text("3", encoding="utf-8")
    assert list(cline.heads(str(tmp_path / "x.messages.json"), unread)) == []


def test_the_places_follow_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLINE_DIR", "/moved")
    found = cline.places()
    assert found[:2] == ["/moved/data/sessions", "/moved/data/tasks"]
    assert f"{tmp_path}/.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/tasks" in found
    monkeypatch.setenv("CLINE_SESSION_DATA_DIR", "/sessions")
    assert cline.places()[0] == "/sessions"
