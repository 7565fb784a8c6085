"""Codex CLI's dialect: the payloads it was seen to send in, replies as strict as it reads them out."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.hosts import adapter
from ocm.hosts.codex import Codex
from tests.support.builders import CHECKPOINT_TOOL, Project

codex = Codex()
ID = "01a1fba4-3565-7370-9d5c-28d8dfe1e04c"
CHILD = {"agent_id": "01a1fbc2-595e-79e2-9f92-2fc0d5f1d7de", "agent_type": "default"}
PROFILES = Path(__file__).parents[3] / "hooks" / "codex"
PATCHED = "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nA new.txt\nM a.txt\n"
PATCH = "*** Begin Patch\n*** Add File: new.txt\n+line\n*** Update File: a.txt\n@@\n-hello\n+hello2\n*** End Patch\n"
# What its schemas let a reply have: one field more, and the whole reply is passed over.
TOP = {"continue", "decision", "hookSpecificOutput", "reason", "stopReason", "suppressOutput", "systemMessage"}
SPECIFIC = {
    "PreToolUse": {
        "hookEventName",
        "permissionDecision",
        "permissionDecisionReason",
        "updatedInput",
        "additionalContext",
    },
    "PostToolUse": {"hookEventName", "additionalContext", "updatedMCPToolOutput"},
    "SessionStart": {"hookEventName", "additionalContext"},
    "UserPromptSubmit": {"hookEventName", "additionalContext"},
}

_calls = itertools.count()


def sent(event: str, tool: str = "", given: object = None, **fields: Any) -> dict[str, Any]:
    """Return what Codex sends for an event."""
    call = {"tool_name": tool, "tool_input": given or {}, "tool_use_id": f"call_{next(_calls)}_0"} if tool else {}
    about = {"model": "gpt-5.5", "permission_mode": "bypassPermissions", "transcript_path": "/home/dev/.codex/r.jsonl"}
    return {"session_id": ID, "turn_id": "t", "cwd": os.sep + "p", "hook_event_name": event, **about, **call, **fields}


def answer(project: Project, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    reply = project.answer("codex", event, {**payload, "cwd": str(project.root)})
    assert_accepted(reply)
    return reply


def assert_accepted(reply: dict[str, Any]) -> None:
    """Fail on a reply that Codex would pass over."""
    assert set(reply) <= TOP
    specific = reply.get("hookSpecificOutput")
    if specific:
        assert set(specific) <= SPECIFIC[specific["hookEventName"]]
    if reply.get("decision"):
        assert (reply["decision"], bool(reply["reason"])) == ("block", True)


def shut(project: Project) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    for _ in range(5):
        reply = answer(project, "post-tool-use", sent("PostToolUse", "Bash", {"command": "make"}, tool_response="a\n"))
    return reply


@pytest.mark.parametrize(("tool", "changes"), [
    ("Bash", True), ("apply_patch", True), ("mcp__recall__recall_save", True), ("spawn_agent", False), ("view_image", False),
    ("tool_search", False), ("Edit", False), ("exec_command", False), (CHECKPOINT_TOOL, False), ("", False),
])  # fmt: skip
def test_what_can_change_something_is_known(tool: str, changes: bool) -> None:
    assert codex.read_call(sent("PreToolUse", tool), "/p").can_change is changes


def test_a_patch_names_all_its_files() -> None:
    found = codex.read_call(sent("PostToolUse", "apply_patch", {"command": PATCH}, tool_response=PATCHED), os.sep + "p")
    assert found.paths == {
        os.path.join(os.sep + "p", "new.txt"): "created",
        os.path.join(os.sep + "p", "a.txt"): "modified",
    }
    assert (found.path, found.kind) == (os.path.join(os.sep + "p", "new.txt"), "created")


def test_a_shell_call_has_a_command_for_the_shell_of_the_platform() -> None:
    found = codex.read_call(sent("PreToolUse", "Bash", {"command": "make"}), "/p")
    assert (found.command, found.shell) == ("make", adapter.SHELL)


@pytest.mark.parametrize("given", [None, {}, {"command": 7}, {"command": "*** Add File:"}, [], "x"])
def test_a_patch_of_any_shape_is_a_call_that_changes_something(given: object) -> None:
    payload = {"session_id": ID, "tool_name": "apply_patch", "tool_input": given}
    assert codex.read_call(payload, "/p").can_change
    assert codex.read_call(payload, "/p").paths == {}


@pytest.mark.parametrize(("response", "failed"), [
    (PATCHED, False), ("Exit code: 1\nOutput:\nno", True), ("HELLO\n", False), ("", False), ({"isError": False}, False),
    ({"isError": True}, True), (None, False), (7, False),
])  # fmt: skip
def test_a_failed_call_is_told_by_what_came_back(response: object, failed: bool) -> None:
    assert codex.failed(sent("PostToolUse", "Bash", tool_response=response)) is failed


def test_every_file_of_a_patch_is_in_the_session(project: Project) -> None:
    answer(project, "session-start", sent("SessionStart", source="startup"))
    answer(project, "post-tool-use", sent("PostToolUse", "apply_patch", {"command": PATCH}, tool_response=PATCHED))
    assert project.tally(ID).calls == 1
    project.checkpoint(ID, work_completed=["Patched"])
    files = {(change.path, change.change_type) for change in project.session().files}
    assert files == {("new.txt", "created"), ("a.txt", "modified")}


def test_the_fifth_call_reminds_and_the_next_change_is_denied(project: Project) -> None:
    reply = shut(project)
    assert CHECKPOINT_TOOL in reply["hookSpecificOutput"]["additionalContext"]
    denied = answer(project, "pre-tool-use", sent("PreToolUse", "apply_patch", {"command": PATCH}))
    specific = denied["hookSpecificOutput"]
    assert (specific["hookEventName"], specific["permissionDecision"]) == ("PreToolUse", "deny")
    assert "tool_search" in specific["permissionDecisionReason"]
    assert "reading and searching are free" in specific["permissionDecisionReason"]
    read = sent("PreToolUse", "Bash", {"command": "rg -n main src | head"})
    assert answer(project, "pre-tool-use", read) == {}, "there is no tool for it but the shell"


def test_a_checkpoint_gets_the_true_id(project: Project) -> None:
    shut(project)
    given = {"goal": "g", "session_id": "made up"}
    reply = answer(project, "pre-tool-use", sent("PreToolUse", CHECKPOINT_TOOL, given))
    specific = reply["hookSpecificOutput"]
    assert specific["permissionDecision"] == "allow"
    assert specific["updatedInput"] == {"goal": "g", "session_id": ID}
    search = sent("PreToolUse", "mcp__opencodememory__ocm__search_sessions", {"query": "x"})
    assert answer(project, "pre-tool-use", search) == {}


def test_a_sub_agent_neither_counts_nor_is_denied_nor_gives_the_title(project: Project) -> None:
    answer(project, "user-prompt", sent("UserPromptSubmit", prompt="do the thing"))
    assert answer(project, "user-prompt", sent("UserPromptSubmit", prompt="child task", **CHILD)) == {}
    shut(project)
    for _ in range(3):
        answer(project, "post-tool-use", sent("PostToolUse", "Bash", {"command": "ls"}, tool_response="", **CHILD))
    assert project.tally(ID).calls == 5
    patch = sent("PreToolUse", "apply_patch", {"command": PATCH}, **CHILD)
    assert answer(project, "pre-tool-use", patch) == {}
    assert [line["title"] for line in project.lines(ID) if line["e"] == "prompt"] == ["do the thing"]


@pytest.mark.usefixtures("steps_apart")
def test_the_gate_that_lets_go_tells_the_user_and_the_model(project: Project) -> None:
    shut(project)
    edits = [sent("PreToolUse", "apply_patch", {"command": PATCH}) for _ in range(4)]
    denied = [answer(project, "pre-tool-use", edit)["hookSpecificOutput"]["permissionDecision"] for edit in edits[:3]]
    assert denied == ["deny"] * 3
    released = answer(project, "pre-tool-use", edits[3])
    assert released["systemMessage"] == released["hookSpecificOutput"]["additionalContext"]


def test_a_turn_that_leaves_work_behind_is_held_once(project: Project) -> None:
    answer(project, "post-tool-use", sent("PostToolUse", "apply_patch", {"command": PATCH}, tool_response=PATCHED))
    assert answer(project, "stop", sent("Stop", stop_hook_active=False))["decision"] == "block"
    assert answer(project, "stop", sent("Stop", stop_hook_active=True)) == {}


def test_the_profiles_end_in_time_and_never_change_by_version() -> None:
    for name in ("minimal", "full"):
        hooks = json.loads((PROFILES / f"{name}.json").read_text(encoding="utf-8"))["hooks"]
        for event, groups in hooks.items():
            (handler,) = (handler for group in groups for handler in group["hooks"])
            assert handler["timeout"] == (3 if event == "SessionEnd" else 5)
            assert handler["command"].endswith("--tool codex 2>/dev/null; fi"), (
                "exit code 2 and words on stderr would deny"
            )
