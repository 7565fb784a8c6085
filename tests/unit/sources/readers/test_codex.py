"""Codex CLI's conversations, of every form that was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import codex
from ocm.sources.story import Story
from tests.support.transcripts import HISTORIES, SHOP, story, told

ID = "01a22f1d-25dd-7d32-b073-17caffeff630"
OTHER = "01a22f1d-25dd-7d32-b073-17caffeff631"


def line(kind: str, **payload: Any) -> str:
    return json.dumps({"timestamp": "2026-03-01T10:00:00.000Z", "type": kind, "payload": payload})


def put(folder: Path, *lines: str, name: str = ID) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rollout-2026-03-01T10-00-00-{name}.jsonl"
    path.write_text("".join(one + "\n" for one in lines), encoding="utf-8")
    return path


def read(folder: Path, *lines: str) -> Story:
    meta = line("session_meta", id=ID, cwd="/w")
    return told(put(folder, meta, *lines), "/w")[1]


def test_what_the_client_recorded_is_told_whole() -> None:
    head, heard = told(HISTORIES / "codex", SHOP)
    assert (head.session_id, head.cwd) == (ID, SHOP)
    assert [turn.prompt[:12] for turn in heard.turns] == ["Cart totals ", "Add a discou"]
    assert heard.files == {"cart.py": "modified", "discount.py": "created"}
    assert [(one.sha, one.subject) for one in heard.commits] == [("449b3d2", "Use Decimal for cart prices")]
    assert heard.turns[1].answer.startswith("`discount.py` holds the codes")
    assert (heard.version, heard.branch, heard.model, len(heard.sha)) == ("0.171.0", "main", "gpt-5.5", 40)
    assert list(heard.done)[-1] == "Add discount.py with the code"
    assert heard.unread.counts == {}


def test_edits_are_taken_as_they_were_applied_and_once(tmp_path: Path) -> None:
    patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-old line here\n+new line here\n*** End Patch"
    changes = {"/w/a.py": {"type": "update", "unified_diff": "@@ -1 +1 @@\n-old line here\n+new line here\n"},
               "/w/b.py": {"type": "delete", "content": "x"}, "/w/c.py": {"type": "add", "content": "a new line"},
               "/w/d.py": {"type": "update", "unified_diff": "", "move_path": "/w/e.py"}, "/w/f.py": "odd"}  # fmt: skip
    heard = read(
        tmp_path,
        line("response_item", type="custom_tool_call", name="apply_patch", input=patch, call_id="1"),
        line("event_msg", type="patch_apply_end", call_id="1", success=True, changes=changes),
        line("response_item", type="custom_tool_call_output", call_id="1", output="Success"),
        line("event_msg", type="patch_apply_end", call_id="2", success=False, changes=changes),
        line("event_msg", type="item_completed", item={"type": "FileChange", "id": "3", "status": "failed", "changes": changes}),
    )  # fmt: skip
    assert heard.edits == 5
    assert heard.files == {
        "a.py": "modified",
        "b.py": "deleted",
        "c.py": "created",
        "d.py": "deleted",
        "e.py": "created",
    }


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("apply_patch", "{patch}"),
        ("apply_patch", {"input": "{patch}"}),
        ("shell", {"command": ["bash", "-lc", "apply_patch <<'EOF'\n{patch}\nEOF"]}),
        ("shell", {"command": ["apply_patch", "{patch}"]}),
    ],
)
def test_a_patch_that_only_the_call_tells_of_is_an_edit(tmp_path: Path, name: str, given: Any) -> None:
    patch = (
        "*** Begin Patch\n*** Add File: /w/new.py\n+a new line\n*** Update File: /w/a.py\n*** Move to: /w/b.py\n@@\n-x\n+y\n"
        "*** Delete File: /w/c.py\n*** End Patch"
    )
    text = json.dumps(given).replace("{patch}", json.dumps(patch)[1:-1]) if isinstance(given, dict) else patch
    call = {"type": "function_call", "name": name, "arguments": text}
    heard = read(
        tmp_path,
        line("response_item", **call, call_id="1"),
        line(
            "response_item",
            type="function_call_output",
            call_id="1",
            output='{"output":"ok","metadata":{"exit_code":0}}',
        ),
        line("response_item", **call, call_id="2"),
        line("response_item", type="function_call_output", call_id="2", output="Exit code: 1\nfailed"),
    )
    assert heard.files == {"new.py": "created", "a.py": "deleted", "b.py": "created", "c.py": "deleted"}
    assert heard.edits == 4


@pytest.mark.parametrize(
    "output",
    [
        "Process exited with code 1\nOutput:\nFAILED a.py::test_b", {"content": "Exit code: 1\nFAILED a.py::test_b"},
        [{"text": "Exit code: 1"}, {"text": "FAILED a.py::test_b"}],
        '{"output": "FAILED a.py::test_b", "metadata": {"exit_code": 1}}',
    ],
)  # fmt: skip
def test_commands_end_as_they_ended(tmp_path: Path, output: Any) -> None:
    heard = read(
        tmp_path,
        line("response_item", type="function_call", name="exec_command", arguments='{"cmd": "pytest"}', call_id="1"),
        line("response_item", type="function_call_output", call_id="1", output=output),
        line("response_item", type="local_shell_call", action={"command": ["go", "test"]}, call_id="2"),
        line("response_item", type="function_call_output", call_id="2", output="still running"),
        line("response_item", type="local_shell_call", action={"command": None}, call_id="3"),
        line("response_item", type="function_call", name="exec_command", arguments="{", call_id="4"),
        line("response_item", type="function_call", name="exec_command", arguments="[]", call_id="5"),
        line("response_item", type="function_call_output", call_id="4", output='{"output": 3}'),
    )
    assert {name: check.line for name, check in heard.checks.items()} == {"pytest": "FAILED a.py::test_b"}


def test_what_the_client_put_in_is_no_prompt(tmp_path: Path) -> None:
    ide = "# Context from my IDE setup:\n\n## Open tabs\n- a.py\n\n## My request for Codex:\nfix it"
    injected = (
        "# AGENTS.md instructions for /w",
        "<environment_context>x",
        '<hook_prompt hook_run_id="1">Save first.</hook_prompt>',
    )
    blocks = [*({"text": one} for one in injected), {"text": ide}]
    heard = read(
        tmp_path,
        line("response_item", type="message", role="user", content=blocks),
        line("response_item", type="message", role="developer", content=[{"text": "x"}]),
        line("response_item", type="message", role="user", content=[{"text": "<turn_aborted>"}]),
        line("event_msg", type="user_message", message="fix it"),
        line("response_item", role="user", content=[{"text": "and that"}]),
        line("event_msg", type="thread_rolled_back", num_turns=1),
        line("event_msg", type="thread_rolled_back", num_turns=0),
    )
    assert [turn.prompt for turn in heard.turns] == ["fix it"]


def test_what_is_not_known_is_counted(tmp_path: Path) -> None:
    heard = read(tmp_path, line("wonder"), line("response_item", type="marvel"), '{"type": "bare"}')
    assert heard.unread.counts == {"type wonder": 1, "item marvel": 1, "type bare": 1}


def test_older_files_are_read(tmp_path: Path) -> None:
    bare = [
        json.dumps({"id": "old", "timestamp": "2025-05-01T10:00:00Z", "instructions": None, "git": {"branch": "b"}}),
        json.dumps({"record_type": "state"}),
        json.dumps({"type": "message", "role": "user", "content": [{"text": "do the work"}]}),
    ]
    path = tmp_path / "session.jsonl"
    path.write_text("\n".join(bare), encoding="utf-8")
    head, heard = told(path)
    assert (head.session_id, heard.branch, heard.turns[0].prompt) == ("old", "b", "do the work")
    tree = {"session": {"id": "oldest", "timestamp": "2025-04-01T10:00:00Z"}, "items": [json.loads(bare[2])]}
    path = tmp_path / "rollout-2025-04-01-oldest.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    head, heard = told(path)
    assert (head.session_id, heard.prompts, heard.start > 0) == ("oldest", 1, True)


def test_sub_agents_edit_for_their_parent_and_forks_begin_behind_the_copy(tmp_path: Path) -> None:
    ask = {"type": "message", "role": "user"}
    put(tmp_path, line("session_meta", id=ID, cwd="/w"), line("turn_context", turn_id="t1", model="m"),
        line("response_item", **ask, content=[{"text": "in the original"}]))  # fmt: skip
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": ID}}}
    added = {"/w/inner.py": {"type": "add", "content": "x"}}
    put(tmp_path, line("session_meta", id="child", source=spawn), line("turn_context", turn_id="c", model="other"),
        line("response_item", **ask, content=[{"text": "for the agent"}]),
        line("response_item", type="function_call", name="update_plan", arguments='{"plan": [{"step": "x"}]}'),
        line("event_msg", type="thread_rolled_back", num_turns=9),
        line("event_msg", type="patch_apply_end", call_id="1", changes=added), name=OTHER)  # fmt: skip
    put(tmp_path, line("session_meta", id="fork", forked_from_id=ID), line("turn_context", turn_id="t1"),
        line("response_item", **ask, content=[{"text": "in the original"}]), line("turn_context", turn_id="t2"),
        line("response_item", **ask, content=[{"text": "in the fork"}]), name="fork")  # fmt: skip
    orphan = {"subagent": {"thread_spawn": {"parent_thread_id": "gone"}}}
    put(tmp_path, line("session_meta", id="lost", source=orphan), name="lost")
    found = {head.session_id: head for head in registry.heads(str(tmp_path), Unreadable())}
    assert sorted(found) == [ID, "fork"]
    whole, fork = story("/w"), story("/w")
    registry.read(found[ID], whole)
    registry.read(found["fork"], fork)
    assert (whole.files, whole.prompts, whole.model, whole.todos) == ({"inner.py": "created"}, 1, "m", {})
    assert ([turn.prompt for turn in fork.turns], fork.parent) == (["in the fork"], ID)


def test_the_places_follow_the_variable_and_titles_come_from_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))
    put(tmp_path / "sessions" / "2026", line("session_meta", id=ID, cwd="/w"))
    (tmp_path / "session_index.jsonl").write_text(json.dumps({"id": ID, "thread_name": "My title"}), encoding="utf-8")
    assert codex.places() == [str(tmp_path / "sessions"), str(tmp_path / "archived_sessions")]
    (head,) = codex.heads(codex.places()[0], Unreadable())
    heard = story()
    codex.read(head, heard)
    assert heard.title == "My title"
    monkeypatch.setenv("CODEX_HOME", "relative")
    assert codex.places() == []


def test_what_is_compressed_or_unreadable_is_named(tmp_path: Path) -> None:
    import os

    (tmp_path / "rollout-a.jsonl.zst").write_bytes(b"x")
    (tmp_path / "rollout-b.jsonl.zst").write_bytes(b"x")
    put(tmp_path, line("other"), name="b").rename(tmp_path / "rollout-b.jsonl")
    os.mkfifo(tmp_path / "rollout-c.jsonl")
    unread = Unreadable()
    assert list(codex.heads(str(tmp_path), unread)) == []
    assert unread.counts == {"compressed by zstd: unpack it": 1, "unreadable: it is not a regular file": 1}


def test_a_document_without_its_session_is_no_conversation(tmp_path: Path) -> None:
    path = tmp_path / "rollout-2025-05-07-x.json"
    path.write_text(json.dumps({"items": [{"type": "message", "role": "user", "content": []}]}), encoding="utf-8")
    assert list(codex.heads(str(path), Unreadable())) == []


def test_a_call_of_any_other_tool_is_no_edit_and_no_command(tmp_path: Path) -> None:
    call = line("response_item", type="function_call", name="view_image", arguments='{"path": "a.png"}', call_id="1")
    heard = read(tmp_path, call, line("response_item", type="function_call_output", call_id="1", output="ok"))
    assert (heard.files, heard.checks, heard.todos) == ({}, {}, {})


@pytest.mark.parametrize(("output", "edited"), [
    ("Success. Updated the following files:\nM a.py\n", True), ("Exit code: 0\nOutput:\nSuccess. Updated the following files:\nM a.py", True),
    ("", True), ("Command blocked by PreToolUse hook: ocm: a checkpoint is due", False), ("patch rejected by user", False),
    ("apply_patch verification failed: no such line", False), ("Exit code: 1\nOutput:\nno such file", False),
])  # fmt: skip
def test_a_patch_that_was_refused_is_no_edit(tmp_path: Path, output: str, *, edited: bool) -> None:
    patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-one\n+two\n*** End Patch\n"
    heard = read(
        tmp_path,
        line("response_item", type="message", role="user", content=[{"text": "change it"}]),
        line("response_item", type="custom_tool_call", name="apply_patch", input=patch, call_id="1"),
        line("response_item", type="custom_tool_call_output", call_id="1", output=output),
    )
    assert bool(heard.files) == edited
