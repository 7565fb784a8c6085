"""From what was told to a session: rather too little than what is not so."""

from __future__ import annotations

import pytest

from ocm.base import times
from ocm.base.model import Session
from ocm.markdown import fingerprint_lines, render
from ocm.sources import extract, hunks
from ocm.sources.head import Head
from ocm.sources.story import Story
from tests.support.transcripts import story

HEAD = Head("claude-code", "S", "/x/S.jsonl", start=1000.0)


def made(one: Story) -> Session:
    one.close_turn()
    return extract.draft(HEAD, one, "1", {}).session


def asked(*prompts: str) -> Story:
    one = story()
    for n, prompt in enumerate(prompts):
        one.seen(1_772_545_930 + n)
        one.prompt(prompt, 1_772_545_930 + n, str(n))
    return one


def test_the_goal_is_the_first_prompt_that_says_something() -> None:
    one = made(asked("hi", "/review", "yes please", "Make it faster\nmuch faster", "ok"))
    assert (one.goal, one.title, one.slug) == ("Make it faster\nmuch faster", "Make it faster", "make-it-faster")


def test_a_title_that_was_given_wins() -> None:
    one = asked("Make it faster, and then add some more words to it")
    one.titled("Speed of the cart", 3)
    assert (made(one).title, made(one).slug) == ("Speed of the cart", "speed-of-the-cart")


def test_a_plan_that_is_handed_over_is_the_goal_in_short() -> None:
    one = made(asked("Implement the following plan:\n\n# Retry\n\nThree times, with a pause.\n\n## Steps\n1. x"))
    assert one.goal == "Implement the plan: Retry. Three times, with a pause."


def test_a_conversation_without_a_prompt_has_neither_goal_nor_title() -> None:
    one = made(story())
    assert (one.goal, one.title, one.slug, one.status, one.last_words) == ("", "", "", "closed", "")
    assert one.started_at


def test_each_turn_is_a_line_of_the_work_up_to_its_commit() -> None:
    one = asked("first thing")
    one.answer("did the first\nin two lines", 1_772_545_935, "2")
    one.ran("git commit", "[main abc1234] One", 1_772_545_940, "3", failed=False)
    one.prompt("second " + "x" * 500, 1_772_545_950, "4")
    one.answer("did it " + "y" * 500, 1_772_545_960, "5")
    session = made(one)
    first, second = session.work
    assert first.heading.endswith(" · abc1234")
    assert first.items == ["first thing → did the first in two lines", "Committed abc1234 One"]
    assert len(second.items[0]) <= 400
    assert session.last_words.startswith("did it y")


def test_a_failure_that_was_mended_is_work_and_one_that_stayed_a_problem() -> None:
    one = asked("test")
    one.ran("pytest", "FAILED tests/test_a.py::test_b", 1, "1", failed=True)
    one.edit("a.py", "modified", (), 2)
    one.ran("pytest", "", 3, "2", failed=False)
    one.ran("go test ./...", "--- FAIL: TestX (0.0s)", 4, "3", failed=True)
    one.ran("make", "error: who knows", 5, "4", failed=True)
    session = made(one)
    assert session.work[0].items[1] == "`pytest` failed: FAILED tests/test_a.py::test_b; passed after changing a.py"
    assert session.problems == ["`go test` failed at the end: --- FAIL: TestX (0.0s)"]


@pytest.mark.parametrize(
    ("command", "failed"), [("go test ./x", False), ("pytest -q | tail -3", False), ("pytest -q", None), ("", None)]
)
def test_what_failed_before_the_last_edit_or_a_later_run_is_no_problem(command: str, *, failed: bool | None) -> None:
    one = asked("test")
    one.ran("pytest", "FAILED tests/test_a.py::test_b", 1, "1", failed=True)
    if command:
        one.ran(command, "all is well", 2, "2", failed=failed)
    else:
        one.edit("a.py", "modified", (), 2)
    assert made(one).problems == []


def test_what_fails_again_after_the_last_edit_is_a_problem() -> None:
    one = asked("test")
    for number in (1, 2):
        one.edit("a.py", "modified", (), number)
        one.ran("pytest", "FAILED tests/test_a.py::test_b", number, str(number), failed=True)
    one.ran("ls", "a.py", 3, "3", failed=False)
    assert made(one).problems == ["`pytest` failed at the end: FAILED tests/test_a.py::test_b"]


def test_todos_are_done_or_open_unless_nobody_kept_them() -> None:
    one = asked("todo")
    one.todo_list([("a", "completed"), ("b", "pending")], "1")
    assert (made(one).work_completed, made(one).work_pending) == (["a"], ["b"])
    for n in range(20):
        one.edit(f"{n}.py", "modified", (), 1)
    assert (made(one).work_completed, made(one).work_pending) == (["a"], [])


def test_next_steps_of_the_last_answer_are_open() -> None:
    one = asked("go")
    one.answer(
        "Done.\n\n## Next steps\n\n- wire it up\n  - a detail\n1. **test it**\n\nThat is all.\n- not this", 1, "1"
    )
    assert made(one).work_pending == ["wire it up", "a detail", "test it"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I chose SQLite over Postgres because nothing has to run.",
        "We decided to keep one file a session so that branches never conflict.",
        "The client now uses a queue instead of a lock because writers waited for readers.",
    ],
)
def test_what_was_chosen_over_what_and_why_is_a_decision(sentence: str) -> None:
    one = asked("go")
    one.answer(f"All done. {sentence} More text follows here.", 1, "9")
    one.close_turn()
    drafted = extract.draft(HEAD, one, "1", {})
    assert drafted.session.decisions == [sentence]
    assert drafted.places["decisions", sentence] == "0"
    assert [line.split(" ")[0] for line in drafted.session.facts] == ["dated"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Should we use SQLite instead of Postgres because it is simple?",
        "You could use a queue instead of a lock because writers wait.",
        "The problem was that it used a list instead of a set because of a typo.",
        "I fixed the tests.",
        "I chose it over that:",
        "```\nuse a queue instead of a lock because writers wait here\n```",
    ],
)
def test_what_is_only_considered_is_no_decision(sentence: str) -> None:
    assert list(extract.decisions_in(f"{sentence}\n")) == []


def test_fingerprints_are_a_line_a_commit_with_the_id_that_git_has() -> None:
    one = asked("go")
    one.edit("a.py", "modified", hunks.added("a line that is long"), 1)
    one.ran("git commit", "[main abc1234] One", 2, "3", failed=False)
    one.edit("a.py", "modified", hunks.added("another one, as long"), 1)
    one.close_turn()
    facts = extract.draft(HEAD, one, "1", {"abc1234": "a" * 40}).session.facts
    assert [line.split(" ")[2] for line in facts] == ["a" * 40, "-"]


def test_fingerprints_are_a_line_a_turn_because_people_commit_by_hand() -> None:
    one = asked("go")
    for turn in range(3):
        one.edit(
            "a.py", "modified", hunks.added("\n".join(f"line {n} of turn {turn}" for n in range(9))), 1000.0 + turn
        )
        one.prompt("on", 1000.5 + turn, "1")
    one.edit("a.py", "modified", hunks.added("a line that is long"), 1009)
    one.ran("git commit", "[main abc1234] One", 1010, "3", failed=False)
    one.close_turn()
    units = fingerprint_lines.units(extract.draft(HEAD, one, "1", {"abc1234": "a" * 40}).session.facts)
    assert [(len(unit.keys), unit.sha[:3]) for unit in units] == [(7, ""), (7, ""), (7, ""), (1, "aaa")]
    assert [times.instant(unit.at) for unit in units] == [1000, 1001, 1002, 1010]


def test_a_turn_of_few_fingerprints_is_told_with_the_next_one() -> None:
    one = asked("go")
    for turn in range(3):
        one.edit("a.py", "modified", hunks.added(f"a line that is long, of turn {turn}"), 1)
        one.prompt("on", 2, "1")
    assert [len(unit.keys) for unit in fingerprint_lines.units(made(one).facts)] == [3]


def test_of_more_fingerprints_than_a_session_may_hold_each_turn_keeps_a_fair_share() -> None:
    one = asked("go")
    for turn in range(20):
        one.edit("a.py", "modified", hunks.added("\n".join(f"line {n} of turn {turn}" for n in range(400))), 1)
        one.prompt("on", 2, "1")
    units = fingerprint_lines.units(made(one).facts)
    assert sum(len(unit.keys) for unit in units) == fingerprint_lines.MAX_SESSION
    assert all(150 < len(unit.keys) < 260 for unit in units)
    assert len(units) == 20


def test_every_session_can_be_written() -> None:
    one = asked("# heading\n```\nopen", "<!-- x", "- [ ] box")
    one.answer("```\nnever closed", 1, "1")
    one.link("https://example.org/1", "A [title]\nof two lines")
    for path in ("z.py", "a.py", "ü n.py"):
        one.edit(path, "created" if path == "a.py" else "modified", (), 1)
    session = made(one)
    session.files = []
    assert "session_id: S" in render.render(session)


def test_what_is_a_todo_and_a_next_step_is_open_once() -> None:
    one = asked("go")
    one.todo_list([("wire it up", "pending")], "1")
    one.answer("Done.\n\n## Next steps\n\n- wire it up\n- test it\n", 1, "1")
    assert made(one).work_pending == ["wire it up", "test it"]
