"""What the gate leaves alone, what it holds back as one step, and whom it never asks, with the real Claude Code."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

from .bench import CHECKPOINT, ONE, THRESHOLD, TWO, Bench, holds_call, hook_texts, touch
from .scripted_api import Reply, call, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = pytest.mark.client

LAST_WORDS = "The names are digits now. What is left: the shop still prints them as words."


def test_calls_of_one_step_are_one_denial(bench: Bench) -> None:
    """Of edits sent together one is told all of it, the others one line; together they do not use the denials up."""
    session_id = str(uuid.uuid4())

    def script(_first: Request) -> Play:
        yield from bench.shut_the_gate()
        both = bench.edit(*ONE).calls + bench.edit(*TWO).calls
        request = yield Reply(calls=both + both + touch("made.txt").calls)
        texts = [result.text for result in request.results if result.is_error]
        assert len(texts) == 5
        assert sorted(holds_call(text) for text in texts) == [False] * 4 + [True]
        assert all(CHECKPOINT in text for text in texts)
        assert bench.active(session_id)["denials"] == 1
        denied = yield bench.edit(*ONE)
        assert CHECKPOINT in denied.error
        assert not holds_call(denied.error)
        yield say("Done.")

    run = bench.claude.run(script, "--session-id", session_id)

    assert not run.notices
    assert not (bench.project / "made.txt").exists()


def test_whoever_only_reads_is_reminded_once_and_never_held_back(bench: Bench) -> None:
    """Reads and shell commands that only read shut no gate, however many; the first change after them passes."""
    session_id = str(uuid.uuid4())
    reminders: list[str] = []

    def script(_first: Request) -> Play:
        looks = [bench.read("src/names.py"), bench.read("src/app.py")]
        commands = ("git status --short", "git log --oneline | head -3", "cat README.md", "grep -rn two src", "ls -la")
        looks += [call("Bash", command=command, description="Look") for command in commands]
        for step in looks * 2:
            request = yield step
            assert not request.error
            reminders.append(hook_texts(request))
        now = bench.active(session_id)
        assert (now["calls"], now["gate_shut"], now["denials"]) == (len(looks) * 2, False, 0)
        assert not (yield bench.edit(*ONE)).error
        assert CHECKPOINT in (yield bench.edit(*TWO)).error
        yield say("Done.")

    bench.claude.run(script, "--session-id", session_id)

    (reminder,) = filter(None, reminders)
    assert reminders[THRESHOLD - 1] == reminder
    assert CHECKPOINT in reminder
    assert "held back" not in reminder


def test_plan_mode_is_left_alone(bench: Bench) -> None:
    """While it plans, nothing is held back and nothing is asked for, not even of a session whose gate is shut."""
    session_id = str(uuid.uuid4())
    shut: list[bool] = []

    def change(_first: Request) -> Play:
        yield from bench.shut_the_gate()
        assert holds_call((yield bench.edit(*ONE)).error)
        bench.claude.kill()
        yield say("Nobody hears this.")

    def plan(first: Request) -> Play:
        shut.append(bench.is_shut(session_id))
        plan_file = re.search(r"/\S+/plans/\S+\.md", first.new_text)
        assert plan_file
        request = yield call("Write", file_path=plan_file[0], content="# The plan\n")
        assert not request.error
        assert not hook_texts(request)
        commands = ["git status --short", "ls", "sh -c true"] * 3  # the last is for the client to judge
        for command in commands:
            request = yield call("Bash", command=command, description="Look")
            assert not hook_texts(request)
            assert CHECKPOINT not in request.error
        assert bench.active(session_id)["calls"] > THRESHOLD
        shut.append(bench.is_shut(session_id))
        yield say("That is the plan.")

    fresh = bench.claude.run(plan, "--session-id", session_id, "--permission-mode", "plan")
    session_id = str(uuid.uuid4())
    bench.claude.run(change, "--session-id", session_id)
    resumed = bench.claude.run(plan, "--resume", session_id, "--permission-mode", "plan")

    assert shut == [False, False, True, True]
    for run in (resumed, fresh):
        assert {event["permissionMode"] for event in run.events if event.get("subtype") == "init"} == {"plan"}
        assert not [notice for notice in run.notices if "checkpoint" in notice]


def test_the_last_words_of_a_session_that_saved_nothing_reach_the_next_one(bench: Bench) -> None:
    """Nobody called the checkpoint tool; what was said and edited is in the session, and in the next one's brief."""
    told: list[str] = []

    def lazy(_first: Request) -> Play:
        yield bench.read("src/names.py")
        assert not (yield bench.edit(*ONE)).error
        yield say(LAST_WORDS)

    def following(first: Request) -> Play:
        told.append(first.new_text)
        yield say("I see.")

    run = bench.claude.run(lazy, prompts=("Write the names as digits.",))
    bench.claude.run(following)

    assert not run.exchanges[-1].request.calls(CHECKPOINT)
    session = bench.show(run.session_id)
    assert (session["last_words"], session["status"]) == (LAST_WORDS, "closed")
    assert bench.files(run.session_id) == {("src/names.py", "modified")}
    assert LAST_WORDS in told[0]
    assert "src/names.py" in told[0]
