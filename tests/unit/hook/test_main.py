"""The hook: what is journaled, what the gate says, and that nothing it is given can break the host."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import UnreadableSessionError
from ocm.hook import io, main, truncated_json
from ocm.sessions import checkpoints
from ocm.store import config, gate, journal
from tests.support.builders import AGENT, CHECKPOINT_TOOL, Project, git, payload, run_hook, run_ocm, script

TOKEN = "ghp_" + "aB3" * 12

HOSTILE_IDS = (
    "../../etc/passwd", "a/b", "..", ".", "a b", "a.b", "A" * 101, "ü", "日本語", "x\ny", "-rf", "a'b; rm -rf /", "$(id)", "con\t",
    "%2e%2e", "a\\b", "x-0123", "🎉" * 50,
)  # fmt: skip


def shut(project: Project, session_id: str = "S", calls: int = 5) -> dict[str, Any]:
    reply = project.changes(calls, session_id)
    assert gate.is_shut(project.tally(session_id), config.load())
    return reply


# --- the count


def test_every_call_is_one_more_line(project: Project) -> None:
    project.calls(3)
    assert [line["e"] for line in project.lines()] == ["open", "call", "call", "call"]
    assert project.tally().calls == 3


def test_the_first_line_says_whose_journal_it_is(repo: Project) -> None:
    repo.calls(1)
    first = repo.lines()[0]
    assert (first["session"], first["tool"], first["root"], first["branch"]) == (
        "S",
        "claude-code",
        str(repo.root),
        "main",
    )
    assert re.fullmatch("[0-9a-f]{40}", first["sha"])


def test_calls_of_sub_agents_and_of_the_journal_itself_do_not_count(project: Project) -> None:
    project.calls(9, **AGENT)
    project.calls(9, tool_name=CHECKPOINT_TOOL)
    assert project.tally().calls == 0


def test_a_failed_call_counts_and_its_edit_is_not_recorded(project: Project) -> None:
    failed: dict[str, Any] = {
        "tool_name": "Edit",
        "tool_input": {"file_path": "x.py"},
        "hook_event_name": "PostToolUseFailure",
    }
    project.hook("post-tool-use", **failed)
    (line,) = project.lines()[1:]
    assert project.tally().calls == 1
    assert line["failed"] is True
    assert "path" not in line


def test_gate_count_changes_leaves_reads_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_COUNT", "changes")
    project.calls(9)
    assert not project.denied()
    project.calls(5, tool_name="Bash", tool_input={"command": "make"})
    assert project.denied()


# --- the gate


@pytest.mark.parametrize(
    "tool", ["Edit", "Write", "MultiEdit", "NotebookEdit", "Bash", "PowerShell", "mcp__github__create_issue"]
)
def test_what_can_change_something_is_denied_once_the_threshold_is_reached(project: Project, tool: str) -> None:
    project.changes(4)
    assert not project.denied(tool)
    project.changes(1)
    assert project.denied(tool)


@pytest.mark.parametrize("tool", ["Read", "Grep", "Glob", "WebFetch", "Agent", "Skill", ""])
def test_reading_passes_a_shut_gate_unless_everything_is_denied(
    project: Project, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut(project)
    assert not project.denied(tool)
    monkeypatch.setenv("OCM_GATE_DENY", "all")
    assert project.denied(tool)


@pytest.mark.parametrize("tool", [
    "ToolSearch", "TodoWrite", "TaskList", "TaskCreate", "AskUserQuestion", "ExitPlanMode", CHECKPOINT_TOOL,
    "mcp__opencodememory__ocm__search_sessions", "mcp__plugin_ocm_opencodememory__ocm__checkpoint",
])  # fmt: skip
def test_what_loads_asks_or_is_our_own_is_never_denied(
    project: Project, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_GATE_DENY", "all")
    shut(project)
    assert not project.denied(tool)


@pytest.mark.parametrize("tool", [
    "mcp__docmanager__checkpoint", "mcp__evil__ocm__checkpoint", "mcp__opencodememory2__ocm__checkpoint",
    "mcp__opencodememory__ocm__checkpoint2", "mcp__opencodememory__ocm__drop", "mcp__ocm__checkpoint",
    "mcp__opencodememory__evil__ocm__checkpoint",
])  # fmt: skip
def test_only_our_own_tools_by_their_exact_names_pass(project: Project, tool: str) -> None:
    shut(project)
    assert project.denied(tool)


@pytest.mark.parametrize("command", [
    "ocm checkpoint --session-id S --goal 'real work'", '  ocm   checkpoint --summary "a b"', "ocm checkpoint --goal 'a; b && c'",
])  # fmt: skip
def test_one_simple_checkpoint_command_passes(project: Project, command: str) -> None:
    shut(project)
    assert not project.denied("Bash", tool_input={"command": command})


def test_a_sub_agent_is_never_denied(project: Project) -> None:
    shut(project)
    assert not project.denied(**AGENT)


def test_a_denial_holds_the_call_to_make_ready_to_send(project: Project) -> None:
    project.edited("src/deep/app.py")
    project.calls(3)
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit -m secret"})
    reason = project.denied()
    call, _ = json.JSONDecoder().raw_decode(reason, reason.index("{"))
    assert call == {"work_summary": ["Changed src/deep/app.py"]}
    assert f"{CHECKPOINT_TOOL} {{" in reason
    assert "secret" not in reason


@pytest.mark.parametrize("session_id", ["S", "a'b; rm -rf /", "$(id)", "x\ny", "-rf"])
def test_the_command_in_a_denial_passes_the_gate_and_means_this_session(project: Project, session_id: str) -> None:
    project.edited("it's $(a) `b` & ünusual.py", session_id)
    project.calls(4, session_id)
    reason = project.denied(session_id=session_id)
    command = reason[reason.index("ocm checkpoint --session-id") : reason.rindex(". Then repeat the call")]
    assert gate.is_checkpoint_command(command)
    words = shlex.split(command)
    assert words[:4] == ["ocm", "checkpoint", "--session-id", session_id]
    assert not project.denied("Bash", session_id, tool_input={"command": command})


def test_the_command_in_a_denial_works_wherever_the_model_is(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(project.root))
    (project.root / "src").mkdir()
    other = Project(tmp_path / "it's another")
    shut(project, "S")
    assert "--project" not in project.denied(session_id="S", cwd=str(project.root / "src"))
    for session_id, cwd in (("A", str(other.root)), ("B", str(tmp_path)), ("C", str(tmp_path / "gone"))):
        shut(project, session_id)
        reason = project.denied(session_id=session_id, cwd=cwd)
        assert f"--project '{project.root}' " in reason
    command = reason[reason.index("ocm checkpoint") : reason.rindex(". Then repeat the call")]
    assert run_ocm(other.root, *shlex.split(command)[1:]).returncode == 0
    assert not project.denied(session_id="C")
    assert other.files() == []


def test_the_command_that_stores_a_checkpoint_does_not_count(project: Project) -> None:
    project.checkpoint(goal="g")
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "ocm checkpoint --session-id S --goal g"})
    assert project.tally().calls == 0
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "ocm list"})
    assert project.tally().calls == 1


def test_a_denial_is_repeated_on_stderr(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    shut(project)
    reason = project.denied()
    assert capfd.readouterr().err == reason + "\n"


def test_a_denial_needs_no_stderr(project: Project) -> None:
    shut(project)
    saved = os.dup(2)
    try:
        os.close(2)
        reason = project.denied()
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    assert reason


@pytest.mark.usefixtures("steps_apart")
def test_the_gate_lets_go_after_three_denials_and_says_so_once(project: Project) -> None:
    shut(project)
    assert [bool(project.denied()) for _ in range(3)] == [True] * 3
    reply = project.hook("pre-tool-use", tool_name="Edit")
    assert set(reply) == {"systemMessage"}
    assert "checkpoint" in reply["systemMessage"]
    assert [project.hook("pre-tool-use", tool_name="Edit") for _ in range(3)] == [{}] * 3


@pytest.mark.usefixtures("steps_apart")
def test_reads_between_denials_do_not_matter(project: Project) -> None:
    shut(project)
    for _ in range(3):
        assert project.denied()
        assert not project.denied("Read")
    assert not project.denied()


@pytest.mark.usefixtures("steps_apart")
def test_a_released_gate_shuts_again_after_as_many_calls(project: Project) -> None:
    shut(project)
    for _ in range(4):
        project.denied()
    project.changes(4)
    assert not project.denied()
    project.changes(1)
    assert [bool(project.denied()) for _ in range(4)] == [True, True, True, False]


def test_a_stored_checkpoint_opens_the_gate(project: Project) -> None:
    shut(project)
    project.checkpoint(goal="work")
    assert not project.denied()
    assert project.tally().calls == 0


@pytest.mark.usefixtures("steps_apart")
def test_denials_start_again_behind_a_checkpoint(project: Project) -> None:
    shut(project)
    assert project.denied()
    assert project.denied()
    project.checkpoint(goal="work")
    shut(project)
    assert [bool(project.denied()) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("arguments", [
    {"title": "T"}, {"slug": "a-b"}, {"tags": ["t"]}, {"status": "frozen"}, {"status": "closed"}, {"work_pending": []},
    {"goal": "  "}, {"trigger": "manual"}, {},
])  # fmt: skip
def test_a_machine_checkpoint_leaves_the_gate_shut(project: Project, arguments: dict[str, Any]) -> None:
    shut(project)
    assert project.denied()
    project.checkpoint(**arguments)
    assert (project.tally().calls, project.tally().denials) == (5, 1)
    assert project.denied()


def test_a_checkpoint_of_another_session_leaves_the_gate_shut(project: Project) -> None:
    shut(project)
    project.checkpoint("OTHER", goal="work")
    assert project.denied()


def test_an_unreadable_session_file_opens_the_gate(project: Project) -> None:
    project.checkpoint(goal="work")
    project.file().write_text("broken", encoding="utf-8")
    shut(project)
    with pytest.raises(UnreadableSessionError):
        project.checkpoint(goal="more")
    assert not project.denied()
    assert "line 1" in project.lines()[-1]["why"]


@pytest.mark.parametrize("mode", ["off", "remind"])
def test_modes_that_do_not_block(project: Project, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_MODE", mode)
    reply = project.calls(5)
    assert bool(reply) == (mode == "remind")
    assert not project.denied()


def test_the_reminder_comes_with_the_result_that_reaches_the_threshold(project: Project) -> None:
    assert project.calls(4) == {}
    reply = project.calls(1)
    assert reply["hookSpecificOutput"]["hookEventName"] == "PostToolUse"
    assert CHECKPOINT_TOOL in reply["hookSpecificOutput"]["additionalContext"]
    assert project.calls(3) == {}
    project.checkpoint(goal="g")
    project.calls(4)
    failed = project.calls(1, hook_event_name="PostToolUseFailure")
    assert failed["hookSpecificOutput"]["hookEventName"] == "PostToolUseFailure"


@pytest.mark.parametrize(("options", "expected"), [
    (("--threshold", "2"), 2), (("--threshold=2",), 2), (("--threshold", "0"), 3), (("--threshold", "x"), 3), (("--threshold",), 3),
    (("--unknown", "2"), 3),
])  # fmt: skip
def test_a_threshold_in_the_command_line_wins(
    project: Project, options: tuple[str, ...], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_GATE_THRESHOLD", "3")
    replies = [bool(project.hook("post-tool-use", *options, tool_name="Read")) for _ in range(3)]
    assert replies.index(True) + 1 == expected


# --- only what changes something shuts the gate


def test_reads_alone_never_shut_the_gate(project: Project) -> None:
    project.calls(9)
    for command in ("grep -rn x src | head", "find . -name '*.py' | xargs grep -l x", "git log --format='%h %s' -3"):
        project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command})
    assert not project.denied("Edit")
    project.edited("a.py")
    assert project.denied("Edit")


def test_gate_shut_count_shuts_it_whatever_was_called(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_SHUT", "count")
    project.calls(5)
    assert "Looked around" in project.denied("Edit")


@pytest.mark.parametrize("command", ["echo x > a", "sed -i s/a/b/ x", "npm install", "python x.py", "ls; touch a"])
def test_a_shell_command_that_is_not_known_to_read_is_a_change(project: Project, command: str) -> None:
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command})
    project.calls(4)
    assert project.denied("Bash", tool_input={"command": command})


@pytest.mark.parametrize("command", ["ls -la", "grep -rn 'a b' src | head -5", "awk '{print $1}' x | sort | uniq -c"])
def test_a_shell_command_that_reads_passes_a_shut_gate(project: Project, command: str) -> None:
    shut(project)
    assert not project.denied("Bash", tool_input={"command": command})
    assert [line["e"] for line in project.lines()].count("deny") == 0


def test_gate_deny_all_holds_commands_that_read_back_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_DENY", "all")
    shut(project)
    assert project.denied("Bash", tool_input={"command": "ls"})


@pytest.mark.usefixtures("steps_apart")
def test_a_command_that_reads_does_not_make_the_gate_let_go(project: Project) -> None:
    shut(project)
    for _ in range(3):
        assert project.denied()
    assert project.hook("pre-tool-use", tool_name="Bash", tool_input={"command": "ls"}) == {}
    assert set(project.hook("pre-tool-use", tool_name="Edit")) == {"systemMessage"}


def test_a_change_in_the_same_turn_spares_the_look_at_the_next_command(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def judge(command: str, _: str) -> bool:
        asked.append(command)
        return True

    monkeypatch.setattr("ocm.hook.read_only.only_reads", judge)
    for command in ("sort a", "touch a"):
        project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command})
    assert asked == ["sort a", "touch a"]
    project.edited("a.py")
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "sort b"})
    assert asked == ["sort a", "touch a"]
    project.hook("user-prompt", prompt="next")
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "sort c"})
    monkeypatch.setenv("OCM_GATE_COUNT", "changes")
    project.edited("a.py")
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "sort d"})
    assert asked[2:] == ["sort c", "sort d"]
    assert [line["m"] for line in project.lines() if line["e"] == "call"] == [0, 0, 1, 1, 0, 1, 0]


def test_an_edit_that_failed_changed_nothing(project: Project) -> None:
    failed: dict[str, Any] = {"hook_event_name": "PostToolUseFailure", "tool_input": {"file_path": "a"}}
    project.calls(5, tool_name="Edit", **failed)
    assert not project.denied()
    failed["tool_input"] = {"command": "make"}
    project.calls(1, tool_name="Bash", **failed)
    assert project.denied()


def test_an_edit_of_a_sub_agent_is_a_change(project: Project) -> None:
    project.calls(5)
    project.edited("a.py", **AGENT)
    assert project.denied()


def test_after_a_machine_checkpoint_the_gate_still_knows_of_the_change(project: Project) -> None:
    project.edited("a.py")
    project.calls(3)
    project.checkpoint(title="T")
    assert not project.denied()
    project.calls(1)
    assert project.denied()


# --- plan mode


@pytest.mark.parametrize("tool", ["Edit", "Bash", "Write", "mcp__other__act"])
def test_in_plan_mode_nothing_is_held_back_reminded_of_or_a_change(project: Project, tool: str) -> None:
    assert project.changes(9, tool_name=tool, tool_input={"command": "x"}, permission_mode="plan") == {}
    assert not project.denied(tool, permission_mode="plan")
    assert not project.denied(tool)
    project.edited("a.py")
    assert project.denied(tool)
    assert not project.denied(tool, permission_mode="plan")


def test_after_plan_mode_the_reminder_comes_with_the_first_call(project: Project) -> None:
    project.calls(9, permission_mode="plan")
    assert CHECKPOINT_TOOL in project.calls(1, permission_mode="acceptEdits")["hookSpecificOutput"]["additionalContext"]


# --- one step is one denial, and one call is one call


def test_calls_sent_together_are_one_denial_and_one_full_text(project: Project) -> None:
    shut(project)
    reasons = [project.denied("Bash", tool_input={"command": f"make {n}"}, tool_use_id=f"t{n}") for n in range(9)]
    assert all(reasons)
    assert project.tally().denials == 1
    assert [reason for reason in reasons if "work_summary" in reason] == reasons[:1]
    assert {len(reason.split("\n")) for reason in reasons[1:]} == {1}
    assert max(map(len, reasons[1:])) <= 120
    project.hook("user-prompt", prompt="and now?")
    assert project.denied() == reasons[1]
    assert project.tally().denials == 2


def test_a_checkpoint_makes_the_next_denial_a_full_one_again(project: Project) -> None:
    shut(project)
    project.denied()
    project.checkpoint(title="machine")
    assert "work_summary" not in project.denied()
    project.checkpoint(goal="g")
    shut(project)
    assert "work_summary" in project.denied()


def test_two_hooks_that_tell_of_one_call_count_it_once(project: Project) -> None:
    replies = [project.edited(f"{n // 2}.py", tool_use_id=f"t{n // 2}") for n in range(10)]
    assert [bool(reply) for reply in replies] == [False] * 8 + [True, False]
    assert project.tally().calls == 5
    reasons = [project.denied(tool_use_id="t9") for _ in range(2)]
    assert ["work_summary" in reason for reason in reasons] == [True, False]
    assert project.tally().denials == 1


def test_the_second_hook_to_tell_of_the_call_that_is_reminded_of_keeps_silent(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.calls(4)
    monkeypatch.setattr(gate, "reminds", lambda *_: True)
    assert project.calls(1, tool_use_id="t")
    assert project.calls(1, tool_use_id="t") == {}


# --- identity


@pytest.mark.parametrize("given", [{}, {"session_id": "invented"}, {"session_id": "", "goal": "g", "tags": ["t"]}])
def test_a_checkpoint_call_gets_the_true_id_and_keeps_all_else(project: Project, given: dict[str, Any]) -> None:
    reply = project.hook("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_input=given, tool_use_id="toolu_1")
    specific = reply["hookSpecificOutput"]
    assert specific["hookEventName"] == "PreToolUse"
    assert specific["permissionDecision"] == "allow"
    assert specific["updatedInput"] == {**given, "session_id": "S"}
    assert project.lines()[-1] | {"t": 0} == {"e": "ask", "t": 0, "id": "toolu_1"}


def test_a_checkpoint_of_a_sub_agent_says_which(project: Project) -> None:
    reply = project.hook("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_input={"goal": "g"}, **AGENT)
    identity = {"session_id": "S", "agent_id": AGENT["agent_id"]}
    assert reply["hookSpecificOutput"]["updatedInput"] == {"goal": "g", **identity}


def test_our_reading_tools_are_allowed_as_they_are(project: Project) -> None:
    reply = project.hook(
        "pre-tool-use", tool_name="mcp__opencodememory__ocm__timeline", tool_input={"session_id": "latest"}
    )
    assert reply == {"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}


def test_half_a_character_in_a_call_of_ours_is_refused_in_words(project: Project) -> None:
    data = json.dumps(
        payload("pre-tool-use", tool_name=CHECKPOINT_TOOL, cwd=str(project.root), tool_input={"goal": "\ud800"})
    )
    reply = json.loads(main.run(["pre-tool-use"], data.encode(), [])[0])
    assert reply["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert "goal" in reply["hookSpecificOutput"]["permissionDecisionReason"]


def test_a_prompt_is_answered_with_the_session_id_only_where_no_hook_fills_it_in(project: Project) -> None:
    assert project.hook("user-prompt", prompt="Move to TEI", session_id="0f6c") == {}
    typed = payload("user-prompt", "0f6c", prompt="Move to TEI", cwd=str(project.root))
    reply = project.answer("qoder", "user-prompt", typed)
    specific = reply["hookSpecificOutput"]
    assert specific == {"hookEventName": "UserPromptSubmit", "additionalContext": "ocm session_id: 0f6c"}


def test_the_first_prompt_becomes_the_title_until_a_checkpoint_gives_one(project: Project) -> None:
    project.hook("user-prompt", prompt="Move\n  to TEI")
    project.hook("user-prompt", prompt="And now the rest")
    project.checkpoint()
    assert project.session().title == "Move to TEI"
    project.checkpoint(title="Migration")
    project.hook("user-prompt", prompt="Third")
    project.checkpoint()
    assert project.session().title == "Migration"


@pytest.mark.parametrize("prompt", [
    "<task-notification>\ndone</task-notification>", "<system-reminder>x", "<local-command-stdout>x", "<command-name>/clear", "", "  ",
])  # fmt: skip
def test_what_the_client_made_up_is_no_prompt(project: Project, prompt: str) -> None:
    assert project.hook("user-prompt", prompt=prompt) == {}
    assert project.journals() == []


def test_a_title_is_one_redacted_line(project: Project) -> None:
    token = "ghp_" + "aB3" * 12
    project.hook("user-prompt", prompt=f"use {token}\nand " + "x " * 400)
    title = project.lines()[-1]["title"]
    assert token not in title
    assert title.startswith("use [REDACTED:")
    assert len(title) <= 200
    assert "\n" not in title


@pytest.mark.parametrize(
    "prompt", ["\n" * 3985 + "ghp_" + "aB3" * 12, "<private>" + "x" * 5000 + "</private>", "y" * 5000 + " ghp_"]
)
def test_a_title_holds_no_half_of_a_secret(project: Project, prompt: str) -> None:
    project.hook("user-prompt", prompt=prompt)
    assert "ghp_" not in project.lines()[-1].get("title", "")
    assert "xx" not in project.lines()[-1].get("title", "")


# --- what a line holds


@pytest.mark.parametrize(("command", "expected"), [
    ("git commit -m 'secret'", "git commit"),
    ("pytest -x tests/secret.py", "pytest"),
    ("git", "git"),
    ("git -C secret commit", "git"),
    ("/usr/local/bin/cargo build --secret", "cargo build"),
    ("cd /secret && make test", "make test"),
    ('cd "/a && secret" && make test', "make test"),
    ("TOKEN=secret FOO=bar npm run x", "npm run"),
    ('TOKEN="a secret value" npm run x', "npm run"),
    ("TOKEN='a secret' make", "make"),
    ("TOKEN=a\\ secret make", "make"),
    ("TOKEN=$(cat secret file) make", "sh"),
    ("TOKEN=`cat secret` make", "sh"),
    ("sudo env A=b docker run secret", "docker run"),
    ('"my secret prog" x', "my secret prog"),
    ("(make test)", "make test"),
    ("TOKEN=secret", "sh"),
    ("echo 'unclosed secret", "echo"),
    ("TOKEN='unclosed secret", "sh"),
    ("   ", ""),
    ("x" * 500, "x" * 40),
])  # fmt: skip
def test_of_a_shell_command_only_program_and_subcommand_are_kept(project: Project, command: str, expected: str) -> None:
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command})
    assert project.lines()[-1].get("cmd", "") == expected


@pytest.mark.parametrize("line", [
    "$env:GITHUB_TOKEN='{}'", "$env:GITHUB_TOKEN = '{}'; npm test", "ARR[0]={}", "PATH+={}", "my-token={} make", "me:{}@host", "db.password={}",
    "{}", "https://me:{}@host/a", "scp://{}@host", "./{}", '"{}" x', "token:{}", "%TOKEN%={}", "{}{}{}", "x/{}/", "set-{}",
])  # fmt: skip
@pytest.mark.parametrize("secret", [
    "ghp_" + "aB3" * 12, "s" + "k-" + "Zq7Rk2Wd" * 5, "hunter2Xy" + "Plq81v", "AK" + "IAQ7" + "R2TWXKZJ4LMNOP",
])  # fmt: skip
def test_a_secret_in_the_place_of_a_program_is_not_written(project: Project, line: str, secret: str) -> None:
    command = line.replace("{}", secret)
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command})
    named = project.lines()[-1].get("cmd", "")
    assert secret[:12] not in named
    assert secret[-12:] not in named


@pytest.mark.parametrize("program", [
    "python3.11", "x86_64-linux-gnu-gcc-12", "clang-format-14", "MSBuild.exe", "g++", "[", "[[", "!", ".", "7z", "xxh128sum", "update-alternatives",
    "docker-compose", "Get-ChildItem", "run_all_tests.sh", "gradlew",
])  # fmt: skip
def test_a_program_keeps_its_name(project: Project, program: str) -> None:
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": f"{program} x"})
    assert project.lines()[-1]["cmd"] == program


def test_a_branch_is_written_without_the_secret_in_its_name(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "fix/" + TOKEN)
    repo.hook("session-start", source="startup")
    assert repo.lines()[0]["branch"] == "fix/[REDACTED:github-token]"


def test_neither_input_nor_output_of_a_call_is_written(project: Project) -> None:
    project.edited(
        "x.py",
        tool_input={"file_path": "x.py", "content": "precious"},
        tool_response={"type": "create", "c": "precious"},
    )
    project.hook("post-tool-use", tool_name="Grep", tool_input={"pattern": "precious"}, tool_response="precious")
    project.hook("user-prompt", prompt="a " * 150 + "precious")
    stored = "".join(path.read_text() for path in Path(project.store.path).glob("*.jsonl"))
    assert "precious" not in stored


@pytest.mark.parametrize(("tool", "given", "response", "kind"), [
    ("Write", {"file_path": "x.py"}, {"type": "create"}, "created"),
    ("Write", {"file_path": "x.py"}, {"type": "update"}, "modified"),
    ("Write", {"file_path": "x.py"}, "text", None),
    ("Edit", {"file_path": "x.py"}, {}, "modified"),
    ("NotebookEdit", {"notebook_path": "x.py"}, None, "modified"),
])  # fmt: skip
def test_an_edit_is_journaled_with_its_path(
    project: Project, tool: str, given: dict[str, str], response: object, kind: str | None
) -> None:
    project.hook("post-tool-use", tool_name=tool, tool_input=given, tool_response=response)
    line = project.lines()[-1]
    assert (line["path"], line.get("kind")) == (str(project.root / "x.py"), kind)


def test_what_a_sub_agent_edits_is_journaled(project: Project) -> None:
    project.edited("x.py", **AGENT)
    project.hook("post-tool-use", tool_name="Read", **AGENT)
    line = project.lines()[-1]
    assert (line["e"], line["path"], line["agent"]) == ("sub", str(project.root / "x.py"), AGENT["agent_id"])


def test_an_edit_that_a_host_reports_apart_is_journaled(project: Project) -> None:
    project.hook("file-edited", file_path="x.py")
    project.hook("file-edited", tool_name="Write", tool_input={"file_path": "y.py"})
    project.hook("file-edited", tool_name="Write")
    assert [line.get("path") for line in project.lines()[1:]] == [str(project.root / name) for name in ("x.py", "y.py")]


def test_paths_follow_the_directory_that_the_model_is_in(project: Project) -> None:
    (project.root / "src").mkdir()
    project.hook("post-tool-use", tool_name="Edit", tool_input={"file_path": "x.py"}, cwd=str(project.root / "src"))
    project.checkpoint(goal="g")
    assert [change.path for change in project.session().files] == ["src/x.py"]


# --- the rarer events


def test_a_session_start_opens_the_journal(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    (line,) = repo.lines()
    assert (line["e"], line["source"], line["deleted"]) == ("open", "startup", [])


def test_a_name_that_holds_a_secret_is_not_among_those_that_were_gone_at_the_start(repo: Project) -> None:
    secret = "gh" + "p_" + "aB3" * 12
    for name in (secret, "plain.txt"):
        (repo.root / name).write_text("x\n", encoding="utf-8")
    git(repo.root, "add", "-A")
    git(repo.root, "commit", "-qm", "both")
    for name in (secret, "plain.txt"):
        (repo.root / name).unlink()
    repo.hook("session-start", source="startup")
    assert [Path(path).name for path in repo.lines()[0]["deleted"]] == ["plain.txt"]


def test_a_new_conversation_gets_the_past_and_a_resumed_one_does_not(project: Project) -> None:
    project.checkpoint("old", goal="Cut latency", title="Latency")
    project.hook("session-end", session_id="old")
    told = project.hook("session-start", source="startup", session_id="new")
    assert "Latency" in told["hookSpecificOutput"]["additionalContext"]
    assert told["hookSpecificOutput"]["hookEventName"] == "SessionStart"
    assert project.hook("session-start", source="resume", session_id="new") == {}


def test_a_brief_that_would_have_to_read_a_whole_big_store_is_left_out_and_the_log_says_so(project: Project) -> None:
    sessions = Path(project.store.sessions)
    for n in range(main.MAX_READ + 1):
        (sessions / f"{n}.md").write_text(f"---\nsession_id: id-{n}\n---\n\n## Goal\n\ngoal {n}\n", encoding="utf-8")
    sent = payload("SessionStart", "new", source="startup", cwd=str(project.root))
    assert run_hook(project.root, "session-start", sent).stdout == b""
    assert [line for line in project.log() if "memory.db lacks 1001 session files" in line]
    assert not os.path.exists(project.store.database)
    run_ocm(project.root, "rebuild-index")
    assert b"goal 1" in run_hook(project.root, "session-start", sent).stdout


def test_compaction_gives_the_session_itself_back(project: Project) -> None:
    project.checkpoint("other", goal="something else", title="Other")
    project.checkpoint(goal="Cut latency", title="Latency", work_pending=["tune the batch"])
    told = project.hook("session-start", source="compact")["hookSpecificOutput"]["additionalContext"]
    assert "tune the batch" in told


def test_compaction_stores_what_there_is_and_keeps_the_count(project: Project) -> None:
    project.calls(3)
    assert project.hook("pre-compact", trigger="auto") == {}
    assert project.session().trigger == "context_limit"
    assert project.tally().calls == 3


def test_a_turn_that_leaves_changes_behind_is_asked_once(project: Project) -> None:
    project.edited("x.py")
    reply = project.hook("stop")
    assert reply["decision"] == "block"
    assert CHECKPOINT_TOOL in reply["reason"]
    assert project.hook("stop") == {}
    project.edited("y.py")
    assert project.hook("stop", stop_hook_active=True) == {}
    assert project.hook("stop", background_tasks=[{"id": "1"}]) == {}
    assert project.hook("stop")["decision"] == "block"


@pytest.mark.parametrize("mode", ["block", "off"])
def test_a_turn_without_changes_or_without_a_gate_just_ends(
    project: Project, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_GATE_MODE", mode)
    (project.edited("x.py") if mode == "off" else project.calls(2))
    assert project.hook("stop") == {}


def test_the_end_of_a_turn_is_not_the_end_of_the_session(project: Project) -> None:
    for _ in range(3):
        project.changes(2)
        project.hook("stop")
    assert project.denied()
    project.checkpoint()
    assert project.session().status == "open"


def test_the_end_of_a_session_closes_it(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.edited("a.py")
    repo.hook("session-end", reason="other")
    session = repo.session()
    assert (session.status, session.trigger) == ("closed", "session_end")
    assert session.ended_at >= session.started_at
    assert session.git_sha_end == session.git_sha_start != ""
    assert repo.journals() == []


@pytest.mark.parametrize("events", [
    ["session-start"], ["session-start", "stop"], ["session-start", "pre-compact"], ["stop"], [],
])  # fmt: skip
def test_a_conversation_with_nothing_in_it_leaves_nothing(project: Project, events: list[str]) -> None:
    for event in [*events, "session-end"]:
        project.hook(event)
    assert project.files() == []
    assert project.journals() == []


def test_a_session_start_finishes_what_died(project: Project) -> None:
    project.edited("x.py", "dead")
    long_ago = os.stat(journal.active_path(project.store.path, "dead")).st_mtime - 601
    os.utime(journal.active_path(project.store.path, "dead"), (long_ago, long_ago))
    project.hook("session-start", session_id="new", source="startup")
    assert project.session().session_id == "dead"
    assert [change.path for change in project.session().files] == ["x.py"]


def test_a_live_journal_is_left_alone(project: Project) -> None:
    project.edited("x.py", "alive")
    project.hook("session-start", session_id="new", source="startup")
    assert project.files() == []


def test_a_dead_session_that_cannot_be_stored_is_logged_and_stops_nothing(project: Project) -> None:
    project.checkpoint("dead", goal="g")
    project.file().write_text("---\nocm: 9\nsession_id: dead\n---\n", encoding="utf-8")
    project.edited("x.py", "dead")
    for name in project.journals():
        os.utime(os.path.join(project.store.path, name), (1, 1))
    project.checkpoint("other", goal="Cut latency", title="Latency")
    told = project.hook("session-start", session_id="new", source="startup")
    assert "Latency" in told["hookSpecificOutput"]["additionalContext"]
    assert [line for line in project.log() if "line 2" in line and project.files()[0].name in line]


# --- input that is no input


BAD = {
    "empty": b"",
    "not JSON": b"not json",
    "half": b'{"session_id": "S"',
    "array": b"[]",
    "null": b"null",
    "number": b"42",
    "text": b'"S"',
    "not UTF-8": b'\xff\xfe{"session_id": "S"}',
    "NUL": b"\x00\x00",
    "deep": b'{"a":' * 100_000,
    "no id": b"{}",
    "empty id": b'{"session_id": ""}',
    "blank id": b'{"session_id": " \\n"}',
    "null id": b'{"session_id": null}',
    "number for an id": b'{"session_id": 7}',
    "array for an id": b'{"session_id": ["S"]}',
    "half a character in the id": b'{"session_id": "\\ud800"}',
    "NUL in the id": b'{"session_id": "a\\u0000b"}',
    "a long id": b'{"session_id": "' + b"x" * 501 + b'"}',
    "2 MB of nothing": b" " * 2_000_000,
    "2 MB array": b"[" + b"1," * 1_000_000 + b"1]",
}


@pytest.mark.parametrize("event", list(main.HANDLERS))
@pytest.mark.parametrize("name", BAD)
def test_input_that_is_no_event_stores_nothing_and_leaves_one_line(
    project: Project, event: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    assert main.run([event, "--tool", "claude-code"], BAD[name], []) == (b"", 0)
    assert project.journals() == []
    assert project.files() == []
    assert len(project.log()) == 1


@pytest.mark.parametrize(
    "arguments", [["post-tool", "--tool", "claude-code"], ["stop", "--tool", "vim"], ["stop", "--tool"], ["--help"]]
)
def test_unknown_events_and_hosts_leave_one_line(project: Project, arguments: list[str]) -> None:
    data = json.dumps({"session_id": "S", "cwd": str(project.root)}).encode()
    assert main.run(arguments, data, []) == (b"", 0)
    assert project.journals() == []
    assert len(project.log()) == 1


JUNK: tuple[Any, ...] = (
    None,
    7,
    -1.5,
    True,
    "",
    "x",
    "\ud800",
    "\x00",
    [],
    ["x"],
    {},
    {"file_path": 7},
    {"command": ["x"]},
    "x" * 70_000,
)


@pytest.mark.parametrize("event", list(main.HANDLERS))
@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
def test_fields_of_any_type_break_nothing(project: Project, event: str, junk: object) -> None:
    names = (
        "tool_name",
        "tool_input",
        "tool_response",
        "tool_use_id",
        "agent_id",
        "prompt",
        "source",
        "hook_event_name",
        "reason",
    )
    for name in names:
        for tool in ("Write", "Bash", CHECKPOINT_TOOL):
            given: dict[str, Any] = {"tool_name": tool, "tool_input": {"file_path": junk, "command": junk}, name: junk}
            project.hook(event, **given)
    project.checkpoint(goal="g")
    assert project.log() == []


@pytest.mark.parametrize("session_id", HOSTILE_IDS)
def test_an_id_never_leads_out_of_the_store(project: Project, session_id: str, tmp_path: Path) -> None:
    project.hook("session-start", session_id=session_id)
    project.edited("x.py", session_id)
    project.hook("pre-tool-use", session_id=session_id, tool_name=CHECKPOINT_TOOL)
    project.checkpoint(session_id, goal="g", slug=session_id)
    project.hook("session-end", session_id=session_id)
    outside = [path for path in tmp_path.rglob("*") if not path.is_relative_to(project.store.path)]
    assert outside == [project.root]
    assert project.session().session_id == session_id.strip()
    assert project.journals() == []


def test_a_payload_too_large_to_read_whole_still_counts(project: Project) -> None:
    large = payload(
        "post-tool-use",
        cwd=str(project.root),
        tool_name="Write",
        tool_input={"file_path": "x.py", "content": "y" * 2_000_000},
    )
    main.run(["post-tool-use", "--tool", "claude-code"], json.dumps(large).encode(), [])
    line = project.lines()[-1]
    assert (line["tool"], line["path"]) == ("Write", str(project.root / "x.py"))


@pytest.mark.parametrize(("text", "expected"), [
    ('{"a": 1, "b": {"c": [1, {"d": 2}], "e": "cut', {"a": 1, "b": {"c": [1, {"d": 2}]}}),
    ('{"a": "x\\"}, [", "b": [[], {}], "c": tru', {"a": 'x"}, [', "b": [[], {}]}),
    ('{"a": {"b": 1}}', {"a": {"b": 1}}),
    ("{", {}),
    ('{"a', {}),
])  # fmt: skip
def test_of_a_large_payload_the_whole_values_of_its_head_are_read(text: str, expected: dict[str, Any]) -> None:
    assert truncated_json.head(text.encode()) == expected


def test_a_large_payload_that_is_deep_is_read_as_far_as_it_goes() -> None:
    assert truncated_json.head(b'{"a": 1, "b": ' + b"[" * 50_000)["a"] == 1


@pytest.mark.parametrize("text", ["", "[1, 2", "7", '"a', "]", '{"a": 1]', "{]", "nonsense"])
def test_a_large_payload_that_is_no_object_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        truncated_json.head(text.encode())


def test_without_a_store_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stores: list[Any] = []
    data = json.dumps(payload("post-tool-use", cwd=str(tmp_path), tool_name="Edit")).encode()
    assert main.run(["post-tool-use"], data, stores) == (b"", 0)
    assert stores == []
    assert list(tmp_path.iterdir()) == []


def test_the_project_of_the_client_is_meant_wherever_the_model_is(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(project.root))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.calls(1, cwd=str(elsewhere))
    assert project.tally().calls == 1


def test_ocm_project_dir_wins(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Project(tmp_path)
    monkeypatch.setenv("OCM_PROJECT_DIR", str(other.root))
    project.calls(1)
    assert (project.tally().calls, other.tally().calls) == (0, 1)


def test_an_ocm_project_dir_that_is_gone_is_not_exchanged_for_another(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_PROJECT_DIR", str(project.root / "gone"))
    project.calls(1)
    assert project.journals() == []


@pytest.mark.skipif(sys.platform == "win32", reason="a directory in use cannot be removed there")
def test_a_working_directory_that_is_gone_does_no_harm(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(project.root))
    project.calls(1, cwd=str(gone))
    monkeypatch.delenv("CLAUDE_PROJECT_DIR")
    project.calls(1, cwd="")
    monkeypatch.chdir(tmp_path)
    assert project.tally().calls == 1


# --- the log


def test_the_log_is_bounded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(io, "MAX_LOG", 1000)
    monkeypatch.chdir(project.root)
    for _ in range(100):
        main.run(["stop", "--tool", "x" * 500], b"", [])
    names = [name for name in os.listdir(project.store.path) if name.startswith("hook.log")]
    assert sorted(names) == ["hook.log", "hook.log.old"]
    assert sum(os.path.getsize(os.path.join(project.store.path, name)) for name in names) < 2600
    assert all(len(line) < 300 for line in project.log())


def test_what_a_terminal_would_obey_is_written_out_in_the_log(project: Project) -> None:
    io.log([project.store], ["stop"], "a\x1b[2J\u202egpj.md ö \udc80 is broken")
    (line,) = project.log()
    assert line.endswith("stop: a\\x1b[2J\\u202egpj.md ö \\udc80 is broken")


def test_a_log_that_cannot_be_written_does_no_harm(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    (Path(project.store.path) / "hook.log").mkdir()
    assert main.run(["stop"], b"", []) == (b"", 0)


# --- the real executable


def test_the_real_hook_answers(project: Project) -> None:
    done = run_hook(project.root, "pre-tool-use", payload("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_input={}))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["hookSpecificOutput"]["updatedInput"] == {"session_id": "S"}


def test_the_real_hook_denies_with_exit_0(project: Project) -> None:
    shut(project)
    done = run_hook(project.root, "pre-tool-use", payload("pre-tool-use", tool_name="Edit"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert CHECKPOINT_TOOL.encode() in done.stderr


def test_the_real_hook_survives_a_fault_inside(project: Project) -> None:
    os.mkdir(journal.active_path(project.store.path, "S"))
    done = run_hook(project.root, "post-tool-use", payload("post-tool-use", tool_name="Edit"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (line,) = project.log()
    assert "IsADirectoryError" in line


@pytest.mark.parametrize("data", [b"", b"null", b"\xff"])
def test_the_real_hook_survives_bad_input(project: Project, data: bytes) -> None:
    done = run_hook(project.root, "session-end", data)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(project.log()) == 1


def test_the_real_hook_without_arguments_does_nothing(project: Project) -> None:
    done = subprocess.run([script("ocm-hook")], cwd=project.root, input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert project.log() == []


def test_the_real_hook_takes_a_payload_of_any_size(project: Project) -> None:
    sent = payload("post-tool-use", tool_name="Write", tool_input={"file_path": "x.py", "content": "y" * 5_000_000})
    done = run_hook(project.root, "post-tool-use", sent)
    assert (done.returncode, done.stdout) == (0, b"")
    assert project.lines()[-1]["path"] == str(project.root / "x.py")


def test_the_real_hook_has_nobody_to_tell_where_there_is_no_store(tmp_path: Path) -> None:
    done = run_hook(tmp_path, "stop", b"not json")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /bin/sh there")
@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "| true", "<&-"])
def test_the_real_hook_survives_closed_streams(project: Project, streams: str) -> None:
    shut(project)
    command = f'exec 3>&1; "$0" pre-tool-use {streams}; echo "exit $?" >&3'
    sent = json.dumps(payload("pre-tool-use", tool_name="Edit")).encode()
    done = subprocess.run(
        ["/bin/sh", "-c", command, script("ocm-hook")], cwd=project.root, input=sent, capture_output=True, check=False
    )
    assert b"exit 0" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_turn_that_ends_before_the_gate_is_shut_is_not_told_of_calls_held_back(project: Project) -> None:
    project.edited("a.py")
    asked = project.hook("stop")["reason"]
    assert "checkpoint" in asked
    assert "held back" not in asked
    project.calls(3)
    assert "held back" in project.calls(1)["hookSpecificOutput"]["additionalContext"]


# --- what a model that has stored a checkpoint is spared


def test_a_model_that_has_stored_a_checkpoint_is_told_in_short(project: Project) -> None:
    first = shut(project)["hookSpecificOutput"]["additionalContext"]
    assert "work_completed" in first
    explained = project.denied()
    assert "ToolSearch" in explained
    assert "--session-id" in explained
    project.checkpoint(goal="g")
    again = shut(project)["hookSpecificOutput"]["additionalContext"]
    assert again == (
        "ocm: 5 tool calls since the last checkpoint. Call mcp__opencodememory__ocm__checkpoint again; until then what "
        "changes something is held back."
    )
    short = project.denied()
    assert len(short) < len(explained) / 2
    assert CHECKPOINT_TOOL + " {" in short, "the call to make is there, ready to send"


def test_who_was_told_before_the_conversation_was_summed_up_is_told_all_of_it_again(project: Project) -> None:
    project.checkpoint(goal="g")
    shut(project)
    project.hook("pre-compact")
    assert "ToolSearch" in project.denied()


def test_a_machine_checkpoint_teaches_nobody(project: Project) -> None:
    shut(project)
    checkpoints.flush(project.store, "S", trigger=None)
    assert "ToolSearch" in project.denied()


def test_what_a_model_knows_outlives_a_machine_checkpoint(project: Project) -> None:
    project.checkpoint(goal="g")
    shut(project)
    checkpoints.flush(project.store, "S", trigger=None)
    assert "ToolSearch" not in project.denied()
