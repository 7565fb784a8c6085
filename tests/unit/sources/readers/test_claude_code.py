"""Claude Code's records, of every version that was seen."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import claude_code
from tests.support.transcripts import CWD, OTHER, SESSION, Claude, small_change, story, told


def test_a_conversation_is_told_whole(tmp_path: Path) -> None:
    head, heard = told(small_change().put(tmp_path))
    assert (head.source, head.session_id, head.cwd) == ("claude-code", SESSION, CWD)
    assert [(turn.prompt, turn.answer) for turn in heard.turns] == [
        ("Make the greeting friendlier", "The greeting is friendlier now.")
    ]
    assert heard.files == {"greet.py": "modified"}
    assert [(one.sha, one.subject) for one in heard.commits] == [("abc1234", "Greet warmly")]
    assert len(heard.segments[0].keys) == 2
    assert (heard.version, heard.branch, heard.model) == ("2.1.300", "main", "claude-opus-5")
    assert heard.end - heard.start == 5 * 60
    assert heard.unread.counts == {}


def test_every_record_twice_counts_once(tmp_path: Path) -> None:
    one = small_change()
    one.lines *= 2
    _, heard = told(one.put(tmp_path))
    assert (heard.prompts, heard.edits, len(heard.commits)) == (1, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "<command-name>/clear</command-name> <command-args></command-args>",
        "<command-message>x</command-message><command-name>compact</command-name>",
        "<local-command-stdout>x</local-command-stdout>", "<bash-input>ls</bash-input>", "[Request interrupted by user]",
        "Stop hook feedback: no", "This session is being continued from a previous one",
        "<system-reminder>be good</system-reminder>", "  ", "<task-notification>x</task-notification>",
    ],
)  # fmt: skip
def test_what_the_client_put_in_is_no_prompt(tmp_path: Path, text: str) -> None:
    _, heard = told(Claude().prompt(text).says("x").put(tmp_path))
    assert heard.prompts == 0


@pytest.mark.parametrize(
    "fields",
    [{"isMeta": True}, {"isCompactSummary": True}, {"isVisibleInTranscriptOnly": True}, {"isSidechain": True},
     {"origin": {"kind": "task-notification"}}],
)  # fmt: skip
def test_what_nobody_typed_is_no_prompt(tmp_path: Path, fields: dict[str, Any]) -> None:
    _, heard = told(Claude().prompt("not typed", **fields).says("x").put(tmp_path))
    assert heard.prompts == 0


def test_a_prompt_is_what_stands_behind_what_the_client_put_in_front(tmp_path: Path) -> None:
    blocks = [
        {"type": "text", "text": "<ide_opened_file>a.py</ide_opened_file>"},
        {"type": "image", "source": {"data": "x" * 1000}},
        {"type": "text", "text": "look at this"},
    ]
    one = Claude().prompt(blocks).prompt("again", origin={"kind": "human"})
    one.prompt("<command-name>/review</command-name><command-args>the last one</command-args>")
    one.record("attachment", attachment={"type": "queued_command", "prompt": "and this"})
    one.record("attachment", attachment={"type": "queued_command", "prompt": [{"type": "text", "text": "too"}]})
    one.record("attachment", attachment={"type": "queued_command", "prompt": "x", "commandMode": "task-notification"})
    one.record("attachment", attachment={"type": "task_reminder"})
    _, heard = told(one.put(tmp_path))
    said = [turn.prompt for turn in heard.turns]
    assert said == ["look at this", "again", "/review the last one", "and this", "too"]


def test_a_refusal_that_says_why_is_a_prompt(tmp_path: Path) -> None:
    one = Claude().prompt("do it")
    refusal = "Error: The user doesn't want to proceed. To tell you how to proceed, the user said:\nuse tabs"
    one.calls("Edit", {"file_path": "a"}, refusal, failed=True, told=refusal)
    one.calls("Edit", {"file_path": "a"}, "Error: no such file", failed=True)
    _, heard = told(one.put(tmp_path))
    assert [turn.prompt for turn in heard.turns] == ["do it", "use tabs"]
    assert heard.edits == 0


def test_a_plan_that_was_handed_over_names_its_parent(tmp_path: Path) -> None:
    text = f"Implement the following plan:\n\n# Retry\n\nIf needed, read the full transcript at: /x/{OTHER}.jsonl"
    one = Claude().prompt(text, planContent="# Retry").prompt("short", planContent="# Another\n\nplan").says("done")
    _, heard = told(one.put(tmp_path))
    assert heard.parent == OTHER
    assert heard.turns[1].prompt == "short\n\n# Another\n\nplan"


def test_edits_of_every_form_are_edits(tmp_path: Path) -> None:
    path = f"{CWD}/new.py"
    one = Claude().prompt("go")
    one.writes(path, "a line that is long\nanother one of them\n")
    one.calls("Write", {"file_path": f"{CWD}/b.py", "content": "text enough here"}, "File created")
    one.calls("Edit", {"file_path": f"{CWD}/c.py", "old_string": "an old line", "new_string": "a new line"}, "updated")
    one.calls("NotebookEdit", {"notebook_path": f"{CWD}/d.ipynb", "new_string": "x"}, {"new_source": "x"})
    one.calls("Edit", {}, {"structuredPatch": []})
    one.lines.append(json.dumps({"type": "user", "sessionId": SESSION, "message": {"content": [
        {"type": "tool_result", "tool_use_id": "unknown"}]}, "toolUseResult": {
            "filePath": f"{CWD}/e.py", "structuredPatch": [{"lines": ["+x"]}, {"lines": None}]}}))  # fmt: skip
    _, heard = told(one.put(tmp_path))
    assert heard.files == {
        "new.py": "created", "b.py": "modified", "c.py": "modified", "d.ipynb": "modified", "e.py": "modified",
    }  # fmt: skip


def test_commands_end_as_they_ended(tmp_path: Path) -> None:
    one = Claude().prompt("test it")
    one.runs("pytest", "FAILED tests/test_a.py::test_b", failed=True)
    one.calls("Bash", {"command": "go test ./..."}, {"stdout": "x", "backgroundTaskId": "b1"})
    one.calls("Bash", {"command": "make"}, {"stdout": "FAIL x", "interrupted": True})
    one.calls("Bash", {"command": "cargo test"}, "all fine")
    one.calls("Bash", {"command": "git commit"}, {"stdout": "", "gitOperation": {"commit": {"sha": "abcdef1"}}})
    _, heard = told(one.put(tmp_path))
    assert list(heard.checks) == ["pytest"]
    assert [one.sha for one in heard.commits] == ["abcdef1"]


def test_tasks_of_all_three_tools_are_todos(tmp_path: Path) -> None:
    one = Claude().prompt("plan")
    todos = [{"content": "a", "status": "completed"}, {"content": "b", "status": "pending"}]
    one.calls("TodoWrite", {"todos": todos}, {"oldTodos": [], "newTodos": todos})
    one.calls("TaskCreate", {"subject": "c"}, {"task": {"id": "1", "subject": "c"}})
    one.calls("TaskCreate", {"subject": "d"}, {"task": {"id": 2, "subject": "d"}})
    one.calls("TaskUpdate", {"taskId": "1", "status": "completed"}, {"statusChange": {"from": "x", "to": "completed"}})
    one.calls("TaskUpdate", {"taskId": "2", "status": "deleted"}, {"success": True})
    one.calls("TaskUpdate", {"taskId": "9", "status": "completed"}, {"success": True})
    one.calls("TaskUpdate", {"taskId": "1"}, {"success": True})
    one.calls("Grep", {}, {"mode": "x"})
    _, heard = told(one.put(tmp_path))
    assert list(heard.done) == ["a", "c"]
    assert [text for text, status, _ in heard.todos.values() if status == "pending"] == ["b"]


def test_accepted_plans_and_answered_questions_are_decisions(tmp_path: Path) -> None:
    one = Claude().prompt("plan")
    one.calls("ExitPlanMode", {"plan": "# Use TEI\n\nFaster."}, {"plan": "# Use TEI\n\nFaster.", "isAgent": False})
    one.calls("ExitPlanMode", {"plan": "# Refused"}, "Error: refused", failed=True)
    one.calls("AskUserQuestion", {}, {"answers": {"Which db?": "SQLite", "Unreadable?": 3}})
    _, heard = told(one.put(tmp_path))
    assert list(heard.decisions) == ["Plan accepted: Use TEI. Faster.", "Which db? → SQLite"]


def test_titles_and_links_are_taken(tmp_path: Path) -> None:
    one = Claude().bare(type="summary", summary="Of another", leafUuid="elsewhere")
    one.bare(type="summary", summary="Of this one", leafUuid=f"{SESSION[:8]}-1")
    one.prompt("x").prompt("y")
    link = {"prNumber": 7, "prUrl": "https://github.com/a/b/pull/7", "prRepository": "a/b"}
    _, heard = told(one.bare(type="pr-link", **link).put(tmp_path))
    assert heard.title == "Of this one"
    assert heard.links == {"https://github.com/a/b/pull/7": "a/b pull request 7"}
    one.bare(type="ai-title", aiTitle="By itself").bare(type="custom-title", customTitle="By hand")
    assert told(one.put(tmp_path))[1].title == "By hand"


def test_what_is_not_known_is_counted(tmp_path: Path) -> None:
    one = small_change().record("wonder").record("wonder").bare(type="mode", mode="x")
    _, heard = told(one.put(tmp_path, tail='{"type": "user", "mess'))
    assert heard.unread.counts == {"type wonder": 2, "torn line": 1}


def test_an_error_of_the_api_and_a_made_up_model_say_nothing(tmp_path: Path) -> None:
    one = Claude().prompt("x").says("answer")
    one.record("assistant", message={"model": "<synthetic>", "content": "No response requested."}, isSidechain=True)
    one.says("API Error: overloaded", isApiErrorMessage=True)
    _, heard = told(one.put(tmp_path))
    assert (heard.turns[0].answer, heard.model) == ("answer", "claude-opus-5")


def test_sub_agents_edit_for_their_parent(tmp_path: Path) -> None:
    small_change().put(tmp_path)
    agent = Claude().prompt("you are an agent").edits(f"{CWD}/inner.py", "an old line", "a new line").says("done")
    agent.put(tmp_path / SESSION / "subagents", "agent-a1.jsonl")
    old = Claude().prompt("old form").edits(f"{CWD}/outer.py", "an old line", "a new line")
    old.session = SESSION
    for n, line in enumerate(old.lines):
        old.lines[n] = line.replace('"uuid": "', '"uuid": "o')
    old.put(tmp_path, "agent-b2.jsonl")
    Claude(OTHER).prompt("x").put(tmp_path, "agent-c3.jsonl")
    for n, line in enumerate(agent.lines):
        agent.lines[n] = line.replace('"uuid": "', '"uuid": "s')
    agent.put(tmp_path / SESSION / "subagents", "agent-a1.jsonl")
    head, heard = told(tmp_path)
    assert sorted(heard.files) == ["greet.py", "inner.py", "outer.py"]
    assert heard.prompts == 1
    assert heard.turns[-1].answer == "The greeting is friendlier now."
    assert head.mark.count("+") == 2


def test_a_fork_is_what_came_after_the_copy(tmp_path: Path) -> None:
    original = small_change()
    original.lines.insert(2, json.dumps({"type": "mode", "mode": "x", "sessionId": SESSION}))
    original.put(tmp_path)
    fork = Claude(OTHER)
    fork.lines = [line.replace(f'"sessionId": "{SESSION}"', f'"sessionId": "{OTHER}"') for line in original.lines]
    del fork.lines[2]
    fork.minute = 100
    fork.prompt("now in the fork").edits(f"{CWD}/fork.py", "an old line", "a new line").put(tmp_path)
    first, second = sorted(registry.heads(str(tmp_path), Unreadable()), key=lambda head: head.origins)
    assert (first.session_id, second.session_id, second.origins) == (SESSION, OTHER, (first.path,))
    heard = story()
    registry.read(second, heard)
    assert (heard.parent, heard.prompts, list(heard.files)) == (SESSION, 1, ["fork.py"])


def test_a_fork_of_a_fork_is_only_what_neither_of_the_others_has(tmp_path: Path) -> None:
    last = small_change()
    last.lines.insert(2, json.dumps({"type": "mode", "mode": "x", "sessionId": SESSION}))
    os.utime(last.put(tmp_path), (1, 1))
    for number, name in enumerate((OTHER, "33333333-2222-4333-8444-555555555555"), 2):
        fork = Claude(name, minute=100 * number)
        fork.lines = [line.replace(f'"sessionId": "{last.session}"', f'"sessionId": "{name}"') for line in last.lines]
        fork.lines = [line for line in fork.lines if "uuid" in line]
        fork.prompt(f"now in fork {number}").edits(f"{CWD}/fork{number}.py", "an old line", "a new line")
        os.utime(fork.put(tmp_path), (number, number))
        last = fork
    heads = sorted(registry.heads(str(tmp_path), Unreadable()), key=lambda head: len(head.origins))
    heard = [story() for _ in heads]
    for head, one in zip(heads, heard, strict=True):
        registry.read(head, one)
    assert [len(head.origins) for head in heads] == [0, 1, 2]
    assert [list(one.files) for one in heard] == [["greet.py"], ["fork2.py"], ["fork3.py"]]
    assert [one.parent for one in heard[1:]] == [SESSION, SESSION]


def test_a_file_that_is_no_conversation_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"type": "other"}\n', encoding="utf-8")
    assert list(claude_code.heads(str(tmp_path), Unreadable())) == []
    assert list(claude_code.heads(str(tmp_path / "a.jsonl"), Unreadable())) == []


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    unread = Unreadable()
    assert list(claude_code.heads(str(tmp_path), unread)) == []
    assert unread.counts == {"unreadable: it is not a regular file": 1}


def test_folders_of_tools_and_memories_hold_no_conversation(tmp_path: Path) -> None:
    small_change().put(tmp_path / "x" / "tool-results")
    assert list(claude_code.heads(str(tmp_path), Unreadable())) == []


def test_the_places_follow_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    home = str(tmp_path)
    folders = [f"{home}/.claude", f"{home}/.config/claude"]
    assert claude_code.places() == [f"{one}/{name}" for name in ("projects", "history.jsonl") for one in folders]
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/moved")
    assert claude_code.places() == ["/moved/projects", "/moved/history.jsonl"]
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "relative")
    assert claude_code.places() == []
