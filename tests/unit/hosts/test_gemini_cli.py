"""Gemini CLI's dialect: the payloads it was seen to send in, the flat replies it was seen to obey out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.hosts import adapter
from ocm.hosts.gemini_cli import GeminiCli
from tests.support.builders import Project

gemini_cli = GeminiCli()

ID = "2d4f434b-9754-4065-b797-7d7d511f989e"
CHECKPOINT = "mcp_opencodememory_ocm__checkpoint"
PROFILES = Path(__file__).parents[3] / "hooks" / "gemini-cli"
NEW = {"llmContent": "Successfully created", "returnDisplay": {"fileName": "new.txt", "isNewFile": True}}
OLD = {"llmContent": "Successfully overwrote", "returnDisplay": {"fileName": "new.txt", "isNewFile": False}}
EXIT_3 = {"llmContent": "<untrusted_context>\nOutput: (empty)\nExit Code: 3\n</untrusted_context>"}


def sent(event: str, tool: str = "", given: object = None, **fields: Any) -> dict[str, Any]:
    """Return what Gemini sends for an event."""
    call = {"tool_name": tool, "tool_input": given or {}} if tool else {}
    about = {"timestamp": "2026-11-21T01:12:00.985Z", "transcript_path": "/home/dev/.gemini/tmp/s.jsonl"}
    return {"session_id": ID, "cwd": os.sep + "p", "hook_event_name": event, **about, **call, **fields}


def answer(project: Project, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    return project.answer("gemini-cli", event, {**payload, "cwd": str(project.root)})


def shut(project: Project) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    for _ in range(5):
        reply = answer(
            project, "post-tool-use", sent("AfterTool", "write_file", {"file_path": "a.py"}, tool_response={})
        )
    return reply


@pytest.mark.parametrize(("tool", "changes"), [
    ("run_shell_command", True), ("write_file", True), ("replace", True), ("mcp_recall_recall_save", True), ("read_file", False),
    ("glob", False), ("invoke_agent", False), ("write_todos", False), (CHECKPOINT, False), ("", False),
])  # fmt: skip
def test_what_can_change_something_is_known(tool: str, changes: bool) -> None:
    assert gemini_cli.read_call(sent("BeforeTool", tool), "/p").can_change is changes


@pytest.mark.parametrize(("tool", "own"), [
    (CHECKPOINT, "checkpoint"), ("mcp_opencodememory_ocm__why", "why"), ("mcp_opencodememory_ocm__drop", ""),
    ("mcp__opencodememory__ocm__checkpoint", ""), ("mcp_other_ocm__checkpoint", ""), ("ocm__checkpoint", ""),
])  # fmt: skip
def test_our_own_tools_are_known_by_their_exact_names(tool: str, own: str) -> None:
    assert gemini_cli.read_call(sent("BeforeTool", tool), "/p").own_tool == own


@pytest.mark.parametrize(("tool", "response", "kind"), [
    ("write_file", NEW, "created"), ("write_file", OLD, "modified"), ("write_file", None, ""), ("replace", None, "modified"),
    ("write_file", {"returnDisplay": "text"}, ""), ("write_file", {"returnDisplay": {"isNewFile": "yes"}}, ""),
])  # fmt: skip
def test_an_edit_names_its_file_and_how_it_changed(tool: str, response: object, kind: str) -> None:
    found = gemini_cli.read_call(
        sent("AfterTool", tool, {"file_path": "new.txt"}, tool_response=response), os.sep + "p"
    )
    assert found.paths == {os.path.join(os.sep + "p", "new.txt"): kind}


def test_a_shell_call_has_a_command_for_the_shell_of_the_platform() -> None:
    found = gemini_cli.read_call(sent("BeforeTool", "run_shell_command", {"command": "make"}), "/p")
    assert (found.command, found.shell) == ("make", adapter.SHELL)


@pytest.mark.parametrize(("tool", "response", "failed"), [
    ("run_shell_command", EXIT_3, True), ("read_file", EXIT_3, False), ("replace", {"error": {"message": "no match"}}, True),
    ("replace", NEW, False), ("run_shell_command", {"llmContent": "Output: one"}, False), ("replace", None, False),
    ("replace", "text", False),
])  # fmt: skip
def test_a_failed_call_is_told_by_what_came_back(tool: str, response: object, failed: bool) -> None:
    assert gemini_cli.failed(sent("AfterTool", tool, tool_response=response)) is failed


@pytest.mark.parametrize(("prompt", "typed"), [
    ("do it", "do it"), ("<hook_context>brief</hook_context>\n\ndo it", "do it"), ("ocm: 5 tool calls since …", ""), ("", ""), (7, ""),
])  # fmt: skip
def test_what_a_hook_put_into_a_prompt_was_not_typed(prompt: object, typed: str) -> None:
    assert gemini_cli.user_prompt(sent("BeforeAgent", prompt=prompt)) == typed


def test_the_fifth_call_reminds_and_the_next_change_is_denied(project: Project) -> None:
    specific = shut(project)["hookSpecificOutput"]
    assert specific["hookEventName"] == "AfterTool"
    assert CHECKPOINT in specific["additionalContext"]
    assert answer(project, "pre-tool-use", sent("BeforeTool", "read_file", {"file_path": "a.py"})) == {}
    denied = answer(project, "pre-tool-use", sent("BeforeTool", "replace", {"file_path": "a.py"}))
    assert set(denied) == {"decision", "reason"}
    assert denied["decision"] == "deny"
    assert f"{CHECKPOINT} {{" in denied["reason"]


def test_a_checkpoint_gets_the_true_id(project: Project) -> None:
    shut(project)
    reply = answer(project, "pre-tool-use", sent("BeforeTool", CHECKPOINT, {"goal": "g", "session_id": "made up"}))
    assert reply == {
        "hookSpecificOutput": {"hookEventName": "BeforeTool", "tool_input": {"goal": "g", "session_id": ID}}
    }
    assert answer(project, "pre-tool-use", sent("BeforeTool", "mcp_opencodememory_ocm__list_sessions")) == {}


@pytest.mark.usefixtures("steps_apart")
def test_the_gate_that_lets_go_tells_the_user(project: Project) -> None:
    shut(project)
    edit = sent("BeforeTool", "replace", {"file_path": "a.py"})
    assert [answer(project, "pre-tool-use", edit).get("decision") for _ in range(3)] == ["deny"] * 3
    assert set(answer(project, "pre-tool-use", edit)) == {"systemMessage"}


def test_a_prompt_becomes_the_title(project: Project) -> None:
    reply = answer(project, "user-prompt", sent("BeforeAgent", prompt="<hook_context>x</hook_context>\n\ndo the thing"))
    assert reply == {}, "its hook fills the id into the calls that need it"
    assert project.lines(ID)[-1]["title"] == "do the thing"


def test_a_turn_that_leaves_work_behind_is_held_once(project: Project) -> None:
    edit = sent("AfterTool", "write_file", {"file_path": "new.txt"}, tool_response=NEW)
    answer(project, "post-tool-use", edit)
    held = answer(project, "stop", sent("AfterAgent", prompt="x", stop_hook_active=False))
    assert held["decision"] == "deny"
    assert gemini_cli.user_prompt({"prompt": held["reason"]}) == ""
    assert answer(project, "stop", sent("AfterAgent", prompt="x", stop_hook_active=True)) == {}


def test_no_profile_asks_before_each_request_to_the_model_and_timeouts_are_milliseconds() -> None:
    for name in ("minimal", "full"):
        hooks = json.loads((PROFILES / f"{name}.json").read_text(encoding="utf-8"))["hooks"]
        assert not {"PreCompress", "BeforeModel", "AfterModel", "BeforeToolSelection"} & set(hooks)
        assert {handler["timeout"] for groups in hooks.values() for group in groups for handler in group["hooks"]} == {
            5000
        }


def test_what_a_sub_agent_calls_neither_counts_nor_is_denied_until_it_comes_back(project: Project) -> None:
    shell = {"command": "make"}
    answer(project, "user-prompt", sent("BeforeAgent", prompt="do it"))
    shut(project)
    answer(project, "pre-tool-use", sent("BeforeTool", "invoke_agent", {"agent_name": "generalist"}))
    assert answer(project, "pre-tool-use", sent("BeforeTool", "run_shell_command", shell)) == {}
    answer(project, "post-tool-use", sent("AfterTool", "write_file", {"file_path": "new.txt"}, tool_response=NEW))
    assert project.tally(ID).calls == 5
    assert project.lines(ID)[-1]["e"] == "sub"
    answer(project, "post-tool-use", sent("AfterTool", "invoke_agent", tool_response={}))
    assert project.tally(ID).calls == 6
    assert answer(project, "pre-tool-use", sent("BeforeTool", "run_shell_command", shell))["decision"] == "deny"


def test_a_sub_agent_that_never_came_back_is_over_with_the_next_prompt(project: Project) -> None:
    shut(project)
    answer(project, "pre-tool-use", sent("BeforeTool", "invoke_agent", {"agent_name": "generalist"}))
    answer(project, "user-prompt", sent("BeforeAgent", prompt="stop that"))
    denied = answer(project, "pre-tool-use", sent("BeforeTool", "run_shell_command", {"command": "make"}))
    assert denied["decision"] == "deny"


def logged(content: object, **more: Any) -> str:
    return json.dumps({"id": "1", "type": "gemini", "content": content, **more}, separators=(",", ":"))


@pytest.mark.parametrize(
    "lines",
    [
        [logged("First the name."), logged(""), '{"$set":{}}', logged("Done: 1.\n\nTWO is left.")],
        [logged("First the name."), logged("", toolCalls=[]), '{"type":"gemini"', '["type":"gemini"]'],
        [logged("x" * 70_000), logged("First the name.", toolCalls=[{"name": "replace"}]), logged(7)],
    ],
)
def test_the_last_words_are_the_closing_message_whether_the_log_has_it_yet_or_not(
    tmp_path: Path, lines: list[str]
) -> None:
    log = tmp_path / "session.jsonl"
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said: dict[str, object] = {
        "prompt_response": "First the name.\nDone: 1.\n\nTWO is left.",
        "transcript_path": str(log),
    }
    assert GeminiCli().last_words(said) == "Done: 1.\n\nTWO is left."


@pytest.mark.parametrize("lines", [[], [logged("Something else.")], ["[" * 5000 + '"type":"gemini"']])
def test_with_a_log_of_another_form_all_that_was_said_in_the_turn_is_kept(tmp_path: Path, lines: list[str]) -> None:
    log = tmp_path / "session.jsonl"
    log.write_text("\n".join(lines), encoding="utf-8")
    for path in (str(log), "", "/nowhere/x.jsonl", None):
        said: dict[str, object] = {"prompt_response": "First the name.\nDone.", "transcript_path": path}
        assert GeminiCli().last_words(said) == "First the name.\nDone."
