"""What of the past reaches the real Claude Code: the brief once, its own state after compaction, an index line a prompt."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from .bench import Bench, checkpoint
from .scripted_api import call, in_turn, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = pytest.mark.client

FENCE = "<ocm-notes>"
GOAL = "Survive an outage of the warehouse"


def past(bench: Bench) -> str:
    """Leave a session behind, and a few others."""
    script = in_turn(
        checkpoint(title="Zanzibar retry policy", goal=GOAL, decisions=["Wombat backoff doubles, three times"]),
        say("Noted."),
    )
    return bench.claude.run(script).session_id


def seen(texts: list[str], text: str = "I see.") -> object:
    """Return a script that keeps all that the first request holds."""

    def script(first: Request) -> Play:
        texts.append(first.all_text)
        yield say(text)

    return script


def test_the_first_request_holds_the_brief_and_a_resumed_one_not_twice(bench: Bench) -> None:
    """The brief is there once, and still once when the conversation is taken up again."""
    past(bench)
    texts: list[str] = []
    session_id = bench.claude.run(seen(texts)).session_id  # type: ignore[arg-type]
    bench.claude.run(seen(texts), "--resume", session_id)  # type: ignore[arg-type]

    assert [text.count(FENCE) for text in texts] == [1, 1]
    assert all(GOAL in text for text in texts)


def test_a_fork_does_not_hold_it_twice(bench: Bench) -> None:
    """A fork has the brief in its history."""
    past(bench)
    texts: list[str] = []
    session_id = bench.claude.run(seen(texts)).session_id  # type: ignore[arg-type]
    bench.claude.run(seen(texts), "--resume", session_id, "--fork-session")  # type: ignore[arg-type]

    assert [text.count(FENCE) for text in texts] == [1, 1]


def test_after_clear_the_brief_is_there_again(bench: Bench) -> None:
    """What /clear takes away is told again."""
    past(bench)
    texts: list[str] = []

    def script(first: Request) -> Play:
        texts.append(first.all_text)
        request = yield say("One.")
        texts.append(request.all_text)
        yield say("Two.")

    bench.claude.run(script, prompts=("Begin.", "/clear", "Go on."))

    assert [text.count(FENCE) for text in texts] == [1, 1]


def test_after_compaction_its_own_state_comes_back(bare: Bench) -> None:
    """Not what others did: what this conversation itself did, decided and left."""
    bare.set_up("--claude-hooks", "full")
    past(bare)
    session_id = str(uuid.uuid4())
    news: list[str] = []

    def script(_first: Request) -> Play:
        yield checkpoint(goal="Keep the thread", work_pending=["Pick it up"], work_summary=["Counted to three"])
        yield say("So far, so good.")
        request = yield say("<summary>We counted.</summary>")
        news.append(request.all_text)
        yield say("Done.")

    bare.claude.run(script, "--session-id", session_id, prompts=("Count.", "/compact", "Go on."))

    (text,) = news
    own = text[text.rindex(FENCE) :]
    assert "Keep the thread" in own
    assert "- Pick it up" in own
    assert "- Counted to three" in own
    assert "Zanzibar" not in own


def test_a_prompt_about_past_work_gets_its_line_once_and_another_prompt_nothing(bench: Bench) -> None:
    """The line names the session; asking again, or something else, adds nothing."""
    session_id = past(bench)
    news: list[str] = []

    def script(first: Request) -> Play:
        request = first
        for _ in range(3):
            news.append(request.prompt + request.new_text)
            request = yield say("I see.")

    about = "Why does the zanzibar retry policy use a wombat backoff?"
    bench.claude.run(script, prompts=("What is the capital of France?", about, about + " Once more."))

    lines = [[line for line in text.split("\n") if "· has " in line] for text in news]
    assert lines[0] == []
    (line,) = lines[1]
    assert "Zanzibar retry policy" in line
    assert session_id[:8] in line
    assert lines[2] == []


def test_the_timeline_is_one_of_the_tools(bench: Bench) -> None:
    """A model can ask what was done around a session."""
    session_id = past(bench)
    answers: list[str] = []

    def script(_first: Request) -> Play:
        yield call("ToolSearch", query="select:mcp__opencodememory__ocm__timeline")
        request = yield call("mcp__opencodememory__ocm__timeline", session_id=session_id)
        answers.append(request.results[0].text)
        yield say("Found.")

    bench.claude.run(script)
    assert "Zanzibar retry policy" in answers[0]
