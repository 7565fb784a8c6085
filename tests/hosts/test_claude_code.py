"""The gate, the checkpoint tool and the set-up, with the real Claude Code."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocm.store.gate import MAX_DENIALS, STEP_SECONDS

from .bench import (
    CHECKPOINT,
    ONE,
    SCRIPTS,
    THRESHOLD,
    TWO,
    Bench,
    call_in,
    checkpoint,
    command_in,
    holds_call,
    hook_texts,
    system_path,
    touch,
)
from .scripted_api import Lane, Reply, call, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = pytest.mark.client


def test_the_gate_asks_for_a_checkpoint_and_opens_for_it(bench: Bench) -> None:
    """A reminder at the threshold, a denial that holds the call, then one line; after the checkpoint the edit passes."""
    session_id = str(uuid.uuid4())

    def script(first: Request) -> Play:
        assert "ocm session_id" not in first.new_text, "the hook fills it into the call"
        quiet = (bench.read("src/app.py"), bench.edit("src/app.py", "a + b", "b + a"), bench.read("src/names.py"))
        for step in (*quiet, call("Bash", command="git status --short", description="Look")):
            request = yield step
            assert not request.error
            assert not hook_texts(request)
        request = yield call("Bash", command="ls src", description="Look")
        assert CHECKPOINT in hook_texts(request)
        now = bench.active(session_id)
        assert (now["calls"], now["threshold"], now["gate_shut"]) == (THRESHOLD, THRESHOLD, True)
        request = yield bench.edit(*TWO)
        assert call_in(request.error).calls
        for step in (bench.read("README.md"), call("Bash", command="git diff | head -3", description="Look")):
            request = yield step
            assert not request.error
            assert not hook_texts(request)
        request = yield bench.edit(*TWO)
        assert CHECKPOINT in request.error
        assert not holds_call(request.error)
        request = yield call("ToolSearch", query=f"select:{CHECKPOINT}")
        assert not request.error
        request = yield checkpoint(goal="Say 2 for two", work_completed=["Swapped the operands"])
        assert json.loads(request.results[0].text)["session_id"] == session_id
        assert not bench.is_shut(session_id)
        request = yield bench.edit(*TWO)
        assert not request.error
        yield say("Done.")

    run = bench.claude.run(script, "--session-id", session_id)

    assert run.exit_code == 0
    assert run.session_id == session_id
    (made,) = run.exchanges[-1].request.calls(CHECKPOINT)
    assert "session_id" not in made
    assert '"2"' in (bench.project / "src/names.py").read_text(encoding="utf-8")
    session = bench.show(session_id)
    assert session["goal"] == "Say 2 for two"
    assert bench.files(session_id) == {("src/app.py", "modified"), ("src/names.py", "modified")}
    assert f"session_id: {session_id}" in Path(session["markdown_path"]).read_text(encoding="utf-8")
    assert bench.session_ids() == [session_id]


def test_calls_that_run_in_parallel_are_all_counted(bench: Bench) -> None:
    """As many calls as the threshold, made in one message, shut the gate; the call that a denial holds opens it."""

    def script(_first: Request) -> Play:
        yield Reply(calls=bench.read("src/names.py").calls * (THRESHOLD - 1) + touch("made.txt").calls)
        denied = yield bench.edit(*ONE)
        assert not (yield call_in(denied.error)).error
        assert not (yield bench.edit(*ONE)).error
        yield say("Done.")

    run = bench.claude.run(script)

    assert bench.session_ids() == [run.session_id]


def test_a_sub_agent_without_the_checkpoint_tool_is_not_locked_out(bench: Bench) -> None:
    """While the gate is shut for the main conversation, a sub-agent works on; what it edits is journaled."""
    agent = "---\nname: limited\ndescription: Helps\ntools: Read, Edit, Bash\n---\nYou help.\n"
    (bench.project / ".claude/agents").mkdir()
    (bench.project / ".claude/agents/limited.md").write_text(agent, encoding="utf-8")
    session_id = str(uuid.uuid4())
    shut, finished = threading.Event(), threading.Event()
    task = "Help with app.py."

    def main(_first: Request) -> Play:
        yield call("Agent", description="Help", prompt=task, subagent_type="limited", run_in_background=True)
        yield bench.read("src/names.py")
        yield touch("own.txt")
        for _ in range(THRESHOLD - 3):
            yield bench.read("README.md")
        assert CHECKPOINT in (yield bench.edit(*ONE)).error
        before = bench.active(session_id)
        shut.set()
        assert finished.wait(20)
        after = bench.active(session_id)
        assert (after["calls"], after["denials"]) == (before["calls"], before["denials"])
        assert not (yield checkpoint(work_completed=["Had help"])).error
        assert not (yield bench.edit(*ONE)).error
        yield say("Done.")

    def helper(first: Request) -> Play:
        assert not [tool for tool in first.tools if "ocm" in tool]
        assert shut.wait(20)
        steps = [bench.read("src/app.py"), bench.edit("src/app.py", "a + b", "b + a")]
        steps += [touch("made.txt")] * (THRESHOLD + 1)
        for step in steps:
            assert not (yield step).error
        assert "src/app.py" in bench.journal(session_id).read_text(encoding="utf-8")
        finished.set()
        yield say("Helped.")

    lane = Lane(helper, lambda request: task in request.prompt, "helper")
    bench.claude.run(main, "--session-id", session_id, lanes=(lane,))

    assert finished.is_set()
    assert {("src/app.py", "modified"), ("src/names.py", "modified")} <= bench.files(session_id)


def break_server(bench: Bench) -> None:
    """Make the server exit at once, whenever it is started."""
    servers = bench.project / ".mcp.json"
    known = json.loads(servers.read_text(encoding="utf-8"))
    known["mcpServers"]["opencodememory"] |= {"command": "false", "args": []}
    servers.write_text(json.dumps(known), encoding="utf-8")


def test_a_server_that_never_starts_locks_nobody_out(bench: Bench) -> None:
    """After three steps that are denied, the first at length, the fourth change passes, and the user is told once."""
    break_server(bench)

    def script(_first: Request) -> Play:
        yield from bench.shut_the_gate()
        denials: list[str] = []
        for _ in range(MAX_DENIALS):
            denials.append((yield bench.edit(*ONE)).error)
            assert (yield call_in(denials[0])).error
            time.sleep(STEP_SECONDS)  # no model answers sooner
        assert [holds_call(denial) for denial in denials] == [True, False, False]
        assert all(CHECKPOINT in denial for denial in denials)
        assert not (yield bench.edit(*ONE)).error
        assert not (yield bench.edit(*TWO)).error
        yield say("Done.")

    run = bench.claude.run(script)

    (notice,) = run.notices
    assert "checkpoint" in notice
    assert run.exit_code == 0


def test_without_a_server_the_command_line_opens_the_gate(bench: Bench) -> None:
    """The shell call that a denial holds passes the gate and opens it; one with more in it does not."""
    break_server(bench)

    def script(_first: Request) -> Play:
        yield from bench.shut_the_gate()
        denied = yield bench.edit(*ONE)
        assert (yield call("Bash", command="ocm checkpoint --help && touch made.txt", description="Evade")).error
        assert not (yield command_in(denied.error)).error
        assert not (yield bench.edit(*ONE)).error
        yield say("Done.")

    run = bench.claude.run(script)

    assert not run.notices
    assert not (bench.project / "made.txt").exists()
    assert bench.show(run.session_id)["work_summary"]


def test_a_server_that_is_killed_is_started_again(bench: Bench) -> None:
    """The client starts a dead server again at the next call, and nothing is lost by it."""
    pid_file = bench.claude.home / "server.pid"
    folder = bench.claude.home / "bin"
    folder.mkdir()
    wrapper = folder / "ocm"
    wrapper.write_text(f'#!/bin/sh\n[ "$1" = serve ] && echo $$ > {pid_file}\nexec {SCRIPTS}/ocm "$@"\n')
    wrapper.chmod(0o755)
    bench.claude.search_path = os.pathsep.join([str(folder), bench.claude.search_path])
    pids: list[int] = []

    def script(_first: Request) -> Play:
        assert not (yield checkpoint(work_completed=["Before"])).error
        pids.append(int(pid_file.read_text(encoding="utf-8")))
        os.kill(pids[0], signal.SIGKILL)
        yield from bench.shut_the_gate()
        assert (yield bench.edit(*ONE)).error
        assert not (yield checkpoint(work_completed=["After"])).error
        pids.append(int(pid_file.read_text(encoding="utf-8")))
        assert not (yield bench.edit(*ONE)).error
        yield say("Done.")

    run = bench.claude.run(script)

    assert pids[0] != pids[1]
    assert bench.work(run.session_id) == ["Before", "After"]


def test_a_teammate_without_ocm_notices_nothing(bench: Bench) -> None:
    """In a repository set up by somebody else, without `ocm`, every call works and no hook is heard of."""
    bench.claude.search_path = system_path()

    def script(first: Request) -> Play:
        requests = [first, (yield bench.read("src/names.py"))]
        shell = [call("Bash", command="ls", description="Look")] * THRESHOLD
        for step in (*shell, bench.edit(*ONE), bench.edit(*TWO)):
            requests += [(yield step)]
        assert not [request.error for request in requests if request.error]
        assert not [hook_texts(request) for request in requests if hook_texts(request)]
        yield say("Done.")

    run = bench.claude.run(script)

    assert run.exit_code == 0
    assert not run.notices
    assert {(hook["exit_code"], hook["stdout"], hook["stderr"]) for hook in run.hooks} <= {(0, "", "")}
    assert not list((bench.store / "sessions").iterdir())


def test_a_broken_character_gets_an_answer(bench: Bench) -> None:
    """Half a surrogate pair, which a model can emit, is answered with an error that names the argument."""

    def script(_first: Request) -> Play:
        error = (yield checkpoint(goal="Half a pair: \ud83d")).error
        assert "goal" in error.partition("\n")[0]
        assert not (yield checkpoint(goal="A whole pair: \U0001f600")).error
        yield say("Done.")

    run = bench.claude.run(script)

    assert bench.show(run.session_id)["goal"] == "A whole pair: \U0001f600"


def test_after_uninstall_nothing_is_left_in_the_client(bench: Bench) -> None:
    """`ocm uninstall` takes the hooks and the server away."""
    bench.command("ocm", "uninstall")
    assert not bench.command("git", "diff", "HEAD~1")
    requests: list[Request] = []

    def script(first: Request) -> Play:
        requests.append(first)
        requests.append((yield from bench.shut_the_gate()))
        requests.append((yield bench.edit(*ONE)))
        yield say("Done.")

    run = bench.claude.run(script)

    assert not run.hooks
    assert not [request.error for request in requests if request.error]
    assert "ocm__" not in json.dumps([request.body for request in requests])
