"""Claude Code's dialect: payloads of any shape in, the replies it was measured to obey out."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from ocm.hosts import adapter
from ocm.hosts.adapter import Call
from ocm.hosts.adapters import host_named
from ocm.hosts.claude_code import ClaudeCode
from tests.support.builders import CHECKPOINT_TOOL

claude_code = ClaudeCode()


def call(tool: object, given: object = None, **fields: Any) -> Call:
    return claude_code.read_call({"tool_name": tool, "tool_input": given or {}, **fields}, os.sep + "p")


@pytest.mark.parametrize(("name", "expected"), [
    (CHECKPOINT_TOOL, "checkpoint"),
    ("mcp__opencodememory__ocm__search_sessions", "search_sessions"),
    ("mcp__opencodememory__ocm__why", "why"),
    ("mcp__plugin_ocm_opencodememory__ocm__checkpoint", "checkpoint"),
    ("mcp__plugin_my_plugin_opencodememory__ocm__get_session", "get_session"),
    ("ocm__checkpoint", ""),
    ("checkpoint", ""),
    ("mcp__opencodememory__checkpoint", ""),
    ("mcp__opencodememory__ocm__", ""),
    ("mcp__opencodememory__ocm__Checkpoint", ""),
    ("mcp__OpenCodeMemory__ocm__checkpoint", ""),
    ("mcp__opencodememory__ocm__checkpoint ", ""),
    ("mcp__xopencodememory__ocm__checkpoint", ""),
    ("mcp__plugin_x_notopencodememory__ocm__checkpoint", ""),
    ("mcp__docmanager__checkpoint", ""),
    ("Bash", ""),
    ("", ""),
])  # fmt: skip
def test_our_own_tools_are_known_by_their_exact_names(name: str, expected: str) -> None:
    assert claude_code.own_tool(name) == expected


def test_the_names_of_our_tools_are_those_that_the_server_has() -> None:
    from ocm.mcp.tools import TOOLS

    assert {"mcp__opencodememory__" + name for name in TOOLS} <= {
        name
        for name in (f"mcp__opencodememory__ocm__{tool}" for tool in adapter.OWN_TOOLS)
        if claude_code.own_tool(name)
    }


@pytest.mark.parametrize(("tool", "changes"), [
    ("Edit", True), ("MultiEdit", True), ("Write", True), ("NotebookEdit", True), ("Bash", True), ("PowerShell", True),
    ("mcp__other__anything", True), ("Read", False), ("Grep", False), ("Agent", False), ("edit", False), ("", False), (CHECKPOINT_TOOL, False),
])  # fmt: skip
def test_what_can_change_something_is_known(tool: str, changes: bool) -> None:
    assert call(tool).can_change is changes


def test_an_edit_names_its_file_wherever_the_model_is() -> None:
    assert call("Edit", {"file_path": "src/../a.py"}).path == os.path.join(os.sep + "p", "a.py")
    assert call("Edit", {"file_path": "/other/a.py"}).path == os.path.normpath("/other/a.py")
    assert call("NotebookEdit", {"notebook_path": "n.ipynb"}).path.endswith("n.ipynb")
    assert call("Read", {"file_path": "a.py"}).path == ""
    assert call("Edit", {}).path == ""


@pytest.mark.parametrize("payload", [
    {}, {"tool_name": 7}, {"tool_name": None, "tool_input": "x", "agent_id": [], "tool_use_id": {}}, {"tool_name": "Edit", "tool_input": []},
    {"tool_name": "Bash", "tool_input": {"command": 7}}, {"tool_name": "Edit", "tool_input": {"file_path": None}},
])  # fmt: skip
def test_a_payload_of_any_shape_is_a_call_of_nothing(payload: dict[str, Any]) -> None:
    found = claude_code.read_call(payload, "/p")
    assert (found.path, found.command, found.agent, found.id) == ("", "", "", "")


def test_a_shell_call_has_a_command_and_nobody_else_has() -> None:
    assert call("Bash", {"command": "make"}).command == "make"
    assert call("Bash", {"command": "make"}).shell == adapter.POSIX_SHELL
    assert call("PowerShell", {"command": "make"}).shell == "PowerShell"
    assert (call("Read", {"command": "make"}).command, call("Read").shell) == ("", "")


def test_a_failed_call_is_told_by_its_event() -> None:
    assert claude_code.failed({"hook_event_name": "PostToolUseFailure"})
    assert not claude_code.failed({"hook_event_name": "PostToolUse"})
    assert not claude_code.failed({})


def test_the_folder_of_the_client_comes_before_that_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    assert claude_code.folders({"cwd": "/p/src"}) == ["/p/src"]
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", "/p")
    assert claude_code.folders({"cwd": "/p/src"}) == ["/p", "/p/src"]
    assert claude_code.folders({"cwd": 7}) == ["/p"]


@pytest.mark.parametrize(("payload", "expected"), [
    ({}, True), ({"stop_hook_active": False, "background_tasks": []}, True), ({"stop_hook_active": True}, False),
    ({"background_tasks": [{"id": "a"}]}, False),
])  # fmt: skip
def test_a_turn_is_over_when_nothing_goes_on(payload: dict[str, Any], expected: bool) -> None:
    assert claude_code.may_block_stop(payload) is expected


def test_replies_are_in_its_dialect() -> None:
    own = call(CHECKPOINT_TOOL, {"goal": "g"}, agent_id="a1")
    for reply in (
        claude_code.deny({}, "r"),
        claude_code.allow_own(own, "S"),
        claude_code.add_context({}, "session-start", "w"),
        claude_code.notify_user("w"),
        claude_code.block_stop("r"),
    ):
        json.dumps(reply)
    assert claude_code.deny({}, "r") == {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": "r",
        }
    }
    assert claude_code.add_context({"hook_event_name": "PostToolUseFailure"}, "post-tool-use", "w") == {
        "hookSpecificOutput": {"hookEventName": "PostToolUseFailure", "additionalContext": "w"}
    }
    assert claude_code.notify_user("w") == {"systemMessage": "w"}
    assert claude_code.block_stop("r") == {"decision": "block", "reason": "r"}
    allowed: Any = claude_code.allow_own(own, "S")
    specific = allowed["hookSpecificOutput"]
    assert specific["updatedInput"] == {"goal": "g", "session_id": "S", "agent_id": "a1"}
    assert own.input == {"goal": "g"}


@pytest.mark.parametrize(("client", "host"), [
    ("claude-code", "claude-code"), ("Claude Code", "claude-code"), ("cursor-vscode", "cursor"), ("gemini-cli-mcp-client", "gemini-cli"),
    ("codex", "codex"), ("My Client", "my-client"), ("", ""), ("scamp", "scamp"),
    ("@cline/core", "cline"), ("opencode", "opencode"), ("github-copilot-developer", "copilot"),
])  # fmt: skip
def test_a_client_is_known_by_what_it_calls_itself(client: str, host: str) -> None:
    assert host_named(client) == host
