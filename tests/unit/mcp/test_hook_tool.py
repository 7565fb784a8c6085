"""The hook as a tool of the running server: the same answers as the command gives, and never an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp_types import TextContent

from ocm.mcp import hook_tool
from ocm.mcp.server import JournalServer, listed
from ocm.mcp.tools import TOOLS
from tests.support.builders import CHECKPOINT_TOOL, Project

PROFILE = Path(__file__).parents[3] / "hooks" / "claude-code" / "mcp.json"


def filled(event: str, hook_input: dict[str, Any]) -> list[dict[str, str]]:
    """Return the arguments of the profile's tools for `event`, filled in as Claude Code was seen to."""
    groups = json.loads(PROFILE.read_text(encoding="utf-8"))["hooks"][event]
    tools = [handler for group in groups for handler in group["hooks"] if handler["type"] == "mcp_tool"]
    return [{name: _fill(value, hook_input) for name, value in tool["input"].items()} for tool in tools]


def _fill(value: str, hook_input: dict[str, Any]) -> str:
    if not value.startswith("${"):
        return value
    found: Any = hook_input
    for name in value[2:-1].split("."):
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found if isinstance(found, str) else json.dumps(found)


def sent(project: Project, event: str, **fields: Any) -> dict[str, Any]:
    about = {"session_id": "S", "cwd": str(project.root), "hook_event_name": event, "transcript_path": "/t.jsonl"}
    return {**about, **fields}


def answers(project: Project, event: str, **fields: Any) -> list[dict[str, Any]]:
    """Answer every tool hook of an event; which one the client calls, its matcher says."""
    given = filled(event, sent(project, event, **fields))
    return [json.loads(found) if found else {} for found in map(hook_tool.answer, given)]


def shut(project: Project, session_id: str = "S") -> dict[str, Any]:
    reply: dict[str, Any] = {}
    edit = {"tool_name": "Edit", "tool_input": {"file_path": "a.py"}}
    for _ in range(5):
        (reply,) = answers(project, "PostToolUse", session_id=session_id, **edit)
    return reply


def test_it_counts_reminds_and_denies_as_the_command_does(project: Project) -> None:
    reminder = shut(project)["hookSpecificOutput"]
    assert CHECKPOINT_TOOL in reminder["additionalContext"]
    denied, _ = answers(project, "PreToolUse", tool_name="Edit", tool_input={"file_path": "a.py", "new_string": "x"})
    shut(project, "T")
    edit = {"tool_name": "Edit", "tool_input": {"file_path": "a.py"}}
    by_command = project.hook("pre-tool-use", session_id="T", **edit)
    by_command = json.loads(json.dumps(by_command).replace("'T'", "'S'"))
    assert denied == by_command
    assert denied["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_a_checkpoint_keeps_what_the_model_gave_and_gets_the_true_id(project: Project) -> None:
    given = {"goal": "g", "work_completed": ["a", "b"], "session_id": "made up"}
    _, reply = answers(project, "PreToolUse", tool_name=CHECKPOINT_TOOL, tool_use_id="t1", tool_input=given)
    assert reply["hookSpecificOutput"]["updatedInput"] == {**given, "session_id": "S"}


def test_edits_commands_failures_and_sub_agents_are_told_apart(project: Project) -> None:
    new = {"tool_input": {"file_path": "new.py", "content": "x" * 100}, "tool_response": {"type": "create"}}
    answers(project, "PostToolUse", tool_name="Write", **new)
    answers(project, "PostToolUse", tool_name="Bash", tool_input={"command": "make test"})
    answers(project, "PostToolUseFailure", tool_name="Edit", tool_input={"file_path": "a.py"})
    answers(project, "PostToolUse", tool_name="Edit", tool_input={"file_path": "b.py"}, agent_id="a1")
    _, written, ran, failed, other = project.lines()
    assert (written["kind"], written["path"]) == ("created", str(project.root / "new.py"))
    assert ran["cmd"] == "make test"
    assert failed["failed"] is True
    assert (other["e"], other["agent"]) == ("sub", "a1")


def test_a_prompt_is_a_title(project: Project) -> None:
    assert answers(project, "UserPromptSubmit", prompt="Do the ${thing}") == [{}]
    assert project.lines()[-1]["title"] == "Do the ${thing}"


@pytest.mark.parametrize("arguments", [
    {}, {"event": 7}, {"event": "no-such"}, {"event": "pre-tool-use"}, {"event": "stop", "session_id": "S", "background_tasks": "{"},
    {"event": "pre-tool-use", "session_id": "S", "tool_input": "[" * 100_000, "tool_name": "Edit"}, {"event": "stop", "cwd": ["x"]},
])  # fmt: skip
def test_arguments_of_any_shape_say_nothing(project: Project, monkeypatch: pytest.MonkeyPatch, arguments: Any) -> None:
    monkeypatch.chdir(project.root)
    assert hook_tool.answer(arguments) == "{}"


def test_a_turn_that_goes_on_is_told_by_text(project: Project) -> None:
    about = {"event": "stop", "session_id": "S", "cwd": str(project.root)}
    assert hook_tool.payload({**about, "stop_hook_active": "true", "background_tasks": "[]"}) == {
        "session_id": "S",
        "cwd": str(project.root),
        "stop_hook_active": True,
        "background_tasks": [],
    }


def test_whatever_goes_wrong_is_logged_and_says_nothing(project: Project) -> None:
    (Path(project.store.path) / "active_S.jsonl").mkdir()
    (reply,) = answers(project, "PostToolUse", tool_name="Read", tool_input={})
    assert reply == {}
    assert len(project.log()) == 1


def test_the_server_answers_a_tool_that_it_lists_to_nobody(project: Project) -> None:
    server = JournalServer(str(project.root))
    assert hook_tool.NAME not in TOOLS
    assert hook_tool.NAME not in [tool.name for tool in listed()]
    asked = sent(project, "PreToolUse", tool_name=CHECKPOINT_TOOL, tool_input={})
    given = filled("PreToolUse", asked)[0]
    (content,) = anyio.run(server.call_tool, hook_tool.NAME, given).content
    assert isinstance(content, TextContent)
    assert '"session_id": "S"' in content.text


def test_no_call_starts_a_process_and_the_servers_own_tools_need_no_second_hook() -> None:
    hooks = json.loads(PROFILE.read_text(encoding="utf-8"))["hooks"]
    commands = [
        event
        for event, groups in hooks.items()
        for group in groups
        for one in group["hooks"]
        if one["type"] == "command"
    ]
    assert commands == ["SessionStart", "SessionEnd"], "the client has no server at those two"
    assert not [one for groups in hooks.values() for group in groups for one in group["hooks"] if "onFailure" in one]
