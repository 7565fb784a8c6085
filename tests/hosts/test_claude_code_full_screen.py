"""A person in front of the real Claude Code in its full screen: its questions, plan mode, the gate, and the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .bench import CHECKPOINT, ONE, Bench, call_in, hook_texts
from .scripted_api import call, say

if os.name == "nt":
    pytest.skip("there are no such terminals there", allow_module_level=True)

from .full_screen import DOWN, END, ENTER, SHIFT_TAB, UP, Screen, play

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

PLAN, DONE = "That is the plan: one becomes 1.", "One is 1 now; two is left."


def test_from_a_plan_to_its_end_a_person_is_asked_nothing_by_ocm(bench: Bench) -> None:
    """One line says that it records; in plan mode nothing is asked for; then the gate shuts, and its call opens it."""
    told: list[str] = []

    def script(_first: Request) -> Play:
        look = call("Bash", command="git status --short", description="Look")
        for step in (bench.read("src/names.py"), bench.read("src/app.py"), look) * 2:
            request = yield step
            assert not request.error
            told.append(hook_texts(request))
        request = yield say(PLAN)
        told.append(request.new_text)
        assert CHECKPOINT in hook_texts((yield bench.edit("src/app.py", "a + b", "b + a")))
        denied = yield bench.edit(*ONE)
        assert not (yield call_in(denied.error)).error
        assert not (yield bench.edit(*ONE)).error
        yield say(DONE)

    def act(screen: Screen) -> None:
        screen.wait("Yes, I trust this folder")
        screen.type(DOWN, ENTER)
        screen.wait("Continue without using this MCP server")
        screen.type(UP, UP, ENTER)
        screen.wait("plan mode on")
        screen.wait("ocm: records this session")
        screen.type("Plan how to write the names as digits.", ENTER)
        screen.wait(PLAN)
        screen.press_until(SHIFT_TAB, "accept edits on")
        screen.type("Do it.", ENTER)
        screen.wait(DONE)
        screen.type(END, END)

    run = play(bench.claude, script, act, "--permission-mode", "plan")

    assert run.exit_code == 0
    assert not [text for text in told[:-1] if text]
    assert "Do it." in told[-1]
    assert "Doyouwanttoproceed" not in run.stderr
    (session_id,) = bench.session_ids()
    session = bench.show(session_id)
    assert (session["status"], session["last_words"]) == ("closed", DONE)
    assert session["title"] == "Plan how to write the names as digits."
    assert bench.files(session_id) == {("src/app.py", "modified"), ("src/names.py", "modified")}
