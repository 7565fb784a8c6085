"""The gate asks for a checkpoint, counts every call of the conversation once, and never locks anybody out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .driver import CHECKPOINT_TOOL, SEARCH_TOOL, together

if TYPE_CHECKING:
    from .driver import System

THRESHOLD = 5
PARALLEL_CALLS = 24
HARMLESS: dict[str, dict[str, Any]] = {
    "Read": {"file_path": "README.md"},
    "Grep": {"pattern": "def"},
    "TodoWrite": {"todos": []},
    "AskUserQuestion": {"questions": []},
    "ToolSearch": {"query": "select:" + CHECKPOINT_TOOL.removesuffix("ocm__checkpoint")},
    "ExitPlanMode": {"plan": "p"},
    SEARCH_TOOL: {"query": "q"},
}


def shut(system: System, session: str) -> None:
    """Work until the gate is shut."""
    system.hook("session-start", session, source="startup")
    system.edit(session, "shut.py")  # reads alone do not shut it
    system.read_files(session, THRESHOLD - 1)


def test_d02_reads_and_questions_pass_a_shut_gate(system: System) -> None:
    """The reference denied every tool but the checkpoint, so that the model could not even look for it."""
    shut(system, "S")
    assert system.before_edit("S").denied
    denied = [tool for tool, given in HARMLESS.items() if system.before("S", tool, **given).denied]
    assert denied == []


def test_d02_a_checkpoint_on_the_command_line_opens_the_gate(system: System) -> None:
    """The reference stored such a checkpoint and went on denying."""
    shut(system, "S")
    assert system.before_edit("S").denied
    system.checkpoint("S", "--goal", "real work", "--summary", "done a part").must_work()
    assert not system.before_edit("S").denied


def test_d02_the_checkpoint_command_itself_passes_a_shut_gate(system: System) -> None:
    """Where there is no server, the shell is the only way out; the reference closed it."""
    shut(system, "S")
    assert system.before_edit("S").denied
    assert not system.before("S", "Bash", command="ocm checkpoint --session-id S --goal 'real work'").denied


def test_d02_the_gate_lets_go_after_three_denials(system: System) -> None:
    """With no way to store a checkpoint, the reference denied for ever."""
    shut(system, "S")
    denied = []
    for _ in range(4):
        denied.append(system.before_edit("S").denied)
        system.read_files("S", 1)  # the next call is one of the assistant's next step
    assert denied == [True, True, True, False]


def test_d03_a_comment_in_a_command_does_not_pass_for_a_checkpoint(system: System) -> None:
    """The reference looked for the tool's name anywhere in the input."""
    shut(system, "S")
    assert system.before("S", "Bash", command="rm -rf build # ocm__checkpoint").denied


def test_d03_another_servers_checkpoint_tool_is_not_ours(system: System) -> None:
    """The reference took any name that holds both words: docmanager holds `ocm`."""
    shut(system, "S")
    assert system.before("S", "mcp__docmanager__checkpoint", name="x").denied


def test_d04_a_checkpoint_that_failed_leaves_the_gate_shut(system: System) -> None:
    """The reference looked at the arguments alone, and opened although nothing had been stored."""
    shut(system, "S")
    failed = {"isError": True, "content": [{"type": "text", "text": "database is locked"}]}
    system.answered("S", CHECKPOINT_TOOL, {"session_id": "S", "goal": "x"}, failed)
    assert system.before_edit("S").denied


def test_d04_a_checkpoint_of_another_session_leaves_the_gate_shut(system: System) -> None:
    """The reference did not compare the session of the checkpoint with the session of the gate."""
    shut(system, "S")
    system.checkpoint("OTHER", "--goal", "of another conversation").must_work()
    system.answered("S", CHECKPOINT_TOOL, {"session_id": "OTHER", "goal": "of another conversation"}, "stored")
    assert system.before_edit("S").denied


def test_d05_parallel_calls_are_all_counted(system: System) -> None:
    """The reference kept its counter in a file that everybody read and rewrote: 1 of 40 calls was counted."""
    system.hook("session-start", "S", source="startup")
    call = partial(system.hook, "post-tool-use", "S", threshold=PARALLEL_CALLS, tool_name="Read", tool_input={})
    replies = together([call] * (PARALLEL_CALLS - 1))
    assert not any(reply.context for reply in replies)
    assert call().context


def test_d06_the_end_of_a_turn_is_not_the_end_of_the_session(system: System) -> None:
    """The reference closed the session and forgot its count whenever the assistant stopped talking."""
    system.hook("session-start", "S", source="startup")
    system.checkpoint("S", "--goal", "begun").must_work()
    for _ in range(3):
        system.edit("S", "turn.py")
        system.read_files("S", 3)
        system.hook("stop", "S", stop_hook_active=False)
    assert system.before_edit("S").denied
    assert {session.status for session in system.listed()} == {"open"}


def test_d06_a_closed_session_reopens_when_work_goes_on(system: System) -> None:
    """The reference left a session closed for ever, whatever happened in it afterwards."""
    system.hook("session-start", "S", source="startup")
    system.checkpoint("S", "--goal", "work").must_work()
    system.hook("session-end", "S", reason="other")
    assert [session.status for session in system.listed()] == ["closed"]
    system.hook("session-start", "S", source="resume")
    system.read_files("S", 1)
    system.checkpoint("S", "--summary", "more work").must_work()
    assert [session.status for session in system.listed()] == ["open"]


def test_d07_a_denial_reaches_the_model_whole(system: System) -> None:
    """The reference left with exit 2, where hosts ignore the JSON, and an empty stderr: the reason was lost."""
    shut(system, "S")
    reply = system.before_edit("S")
    assert reply.exit == 0
    assert reply.specific["hookEventName"] == "PreToolUse"
    assert reply.specific["permissionDecision"] == "deny"
    assert "ocm__checkpoint" in reply.specific["permissionDecisionReason"]


def test_d07_the_reminder_reaches_the_model(system: System) -> None:
    """The reference put its reminder where the host does not look."""
    system.hook("session-start", "S", source="startup")
    system.read_files("S", THRESHOLD - 1)
    reply = system.after("S", "Read", file_path="README.md")
    assert reply.specific["hookEventName"] == "PostToolUse"
    assert "checkpoint" in reply.specific["additionalContext"]


def test_d51_calls_of_a_sub_agent_are_not_counted(system: System) -> None:
    """A sub-agent may not hold the checkpoint tool; the reference let its reads shut the gate of everybody."""
    system.hook("session-start", "S", source="startup")
    system.read_files("S", THRESHOLD, agent_id="a0d9da50d7915dfbf", agent_type="Explore")
    assert not system.before_edit("S").denied


def test_d51_a_sub_agent_is_not_denied(system: System) -> None:
    """The reference denied its calls although it could do nothing about it."""
    shut(system, "S")
    call: dict[str, Any] = {"tool_name": "Bash", "tool_input": {"command": "make"}, "agent_id": "a0d9da50d7915dfbf"}
    assert not system.hook("pre-tool-use", "S", agent_type="Explore", **call).denied


def test_d52_the_call_that_closes_a_session_is_not_counted(system: System) -> None:
    """The reference's rules asked for a closing call, and its gate counted it as one more call without a checkpoint."""
    system.hook("session-start", "S", source="startup")
    system.read_files("S", THRESHOLD - 1)
    system.checkpoint("S", "--status", "closed").must_work()
    system.answered("S", CHECKPOINT_TOOL, {"session_id": "S", "status": "closed"}, "stored")
    assert not system.before_edit("S").denied
