"""Cursor: what is particular to its payloads and replies; what it has in common is in test_documented_hosts."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ocm.hosts.adapter import Call
from ocm.hosts.cursor import Cursor
from tests.support.builders import Project
from tests.support.dialects import CURSOR, EDIT, ID, Json

cursor = Cursor()


def test_cursor_is_found_by_its_workspace_and_not_by_the_folder_a_hook_runs_in() -> None:
    payload: Json = {"workspace_roots": ["/p", 7, "/q"], "cwd": "/home/dev/.cursor"}
    assert cursor.folders(payload) == ["/p", "/q"]
    assert cursor.cwd(payload) == "/p"
    assert cursor.cwd({}) == ""


def test_cursor_tells_edits_apart(project: Project) -> None:
    edit = CURSOR.start(str(project.root)) if CURSOR.start else {}
    edit |= {"hook_event_name": "afterFileEdit", "file_path": f"{project.root}/b.py", "edits": []}
    project.answer("cursor", "file-edited", edit)
    assert project.lines(ID)[-1]["kind"] == "modified"
    assert cursor.read_call({"tool_name": "Delete", "tool_input": {"path": "b.py"}}, os.sep).kind == "deleted"


def test_cursor_tells_of_a_call_that_failed_by_another_event(project: Project) -> None:
    failed = CURSOR.after(str(project.root), EDIT) | {"hook_event_name": "postToolUseFailure"}
    project.answer("cursor", "post-tool-use", failed)
    (line,) = project.lines(ID)[1:]
    assert (line["failed"], "path" in line) == (True, False)


def test_cursor_follows_up_once_and_takes_no_more_than_it_shows() -> None:
    assert cursor.may_block_stop({"status": "completed", "loop_count": 0})
    assert not cursor.may_block_stop({"status": "completed", "loop_count": 1})
    assert not cursor.may_block_stop({"status": "aborted", "loop_count": 0})
    assert cursor.block_stop("ocm: r") == {"followup_message": "ocm: r"}
    assert cursor.user_prompt({"prompt": "ocm: r"}) == ""
    spoken: Any = cursor.add_context({}, "session-start", "x" * 20_000)
    assert len(spoken["additional_context"]) == 10_000
    assert cursor.add_context({"hook_event_name": "postToolUseFailure"}, "post-tool-use", "x") is None
    assert cursor.notify_user("w") == {"permission": "allow", "user_message": "w"}


@pytest.mark.parametrize("own", ["search_sessions", "list_sessions", ""])
def test_cursor_lets_a_call_of_another_tool_of_the_journal_through_as_it_is(own: str) -> None:
    call = Call(f"MCP:ocm__{own}", {"query": "x"})
    call.own_tool = own
    assert cursor.allow_own(call, "S") is None
