"""What is kept of a conversation while it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.sources import hunks
from ocm.sources.story import _TELLING, MAX_TURNS, Story, plan_summary, telling_line
from tests.support.transcripts import story


def test_turns_hold_what_was_asked_and_the_last_answer() -> None:
    one = story()
    one.prompt("first", 10, "1")
    one.answer("let me look", 11, "2")
    one.answer("", 12, "3")
    one.answer("it is done", 13, "4")
    one.prompt("   ", 14, "5")
    one.prompt("second", 15, "6")
    one.close_turn()
    assert [(turn.prompt, turn.answer, turn.at, turn.end) for turn in one.turns] == [
        ("first", "it is done", 10, 13),
        ("second", "", 15, 15),
    ]
    assert one.prompts == 2


def test_an_answer_without_a_prompt_is_a_turn_of_its_own() -> None:
    one = story()
    one.answer("hello", 0, "1")
    one.close_turn()
    assert [(turn.prompt, turn.answer) for turn in one.turns] == [("", "hello")]


def test_texts_are_cleaned_before_they_are_cut() -> None:
    one = Story(clean=lambda text: text.replace("x" * 5000, "[gone]"), inside=str)
    one.prompt("a" * 3990 + "x" * 5000 + "b", 1, "1")
    assert one.turns[0].prompt == "a" * 3990 + "[gone]b"


def test_very_many_turns_are_counted_and_the_first_kept() -> None:
    one = story()
    for n in range(MAX_TURNS + 5):
        one.prompt(f"prompt {n}", n, str(n))
    assert (len(one.turns), one.prompts) == (MAX_TURNS, MAX_TURNS + 5)


def test_the_title_of_the_highest_rank_and_the_last_of_it_wins() -> None:
    one = story()
    assert one.title == ""
    for text, rank in (("own", 2), ("first", 3), ("second", 3), ("auto", 1), ("  ", 9)):
        one.titled(text, rank)
    assert one.title == "second"


def test_what_a_file_became_follows_its_edits() -> None:
    one = story()
    for path, kind in (
        ("made.py", "created"), ("made.py", "modified"), ("old.py", "modified"), ("old.py", "deleted"),
        ("brief.py", "created"), ("brief.py", "deleted"), ("back.py", "deleted"), ("back.py", "created"),
    ):  # fmt: skip
        one.edit(path, kind, (), 5)
    one.moved("from.py", "to.py", (), 6)
    assert one.files == {
        "made.py": "created", "old.py": "deleted", "back.py": "modified", "from.py": "deleted", "to.py": "created",
    }  # fmt: skip
    assert (one.start, one.end, one.edits) == (5, 6, 10)


def test_a_file_outside_of_the_project_is_no_file_of_the_session() -> None:
    one = Story(clean=str, inside=lambda _: "")
    one.edit("/etc/hosts", "modified", hunks.added("a long enough line"), 1)
    assert (one.files, list(one.named), one.segments[0].keys) == ({}, ["/etc/hosts"], set())


def test_a_commit_ends_a_segment_and_is_told_once() -> None:
    one = story()
    one.edit("a.py", "modified", hunks.added("a long enough line"), 1)
    printed = "[main abc1234] Say it\n[detached HEAD def5678] Again\n[main (root-commit) 1234567] First\n"
    one.ran("git add -A && git commit -m x", printed, 2, "7", failed=False)
    one.ran("git commit --amend", "[main abc1234] Say it", 3, "8", failed=False)
    one.ran("cat log", "[main aaaaaaa] Not made here", 4, "9", failed=False)
    assert [(one.sha, one.subject, one.place) for one in one.commits] == [
        ("abc1234", "Say it", "7"), ("def5678", "Again", "7"), ("1234567", "First", "7"),
    ]  # fmt: skip
    assert [bool(segment.keys) for segment in one.segments] == [True, False, False, False]


def test_fingerprints_stay_few_however_much_is_edited() -> None:
    one = story()
    one.edit("a.py", "created", hunks.added("\n".join(f"a line of number {n}" for n in range(9_000))), 1)
    assert 0 < len(one.segments[0].keys) <= 2048
    for name in range(12):
        lines = "\n".join(f"a line of number {n} in {name}" for n in range(500))
        one.edit(f"{name}.py", "created", hunks.added(lines), 1)
        assert 0 < len(one.segments[0].keys) <= 2048


def test_a_check_that_passes_later_is_solved_by_what_was_edited() -> None:
    one = story()
    one.ran("pytest -q", "x\nFAILED tests/test_a.py::test_b - assert 1 == 2\n", 1, "1", failed=True)
    one.edit("a.py", "modified", (), 2)
    one.edit("a.py", "modified", (), 2)
    one.ran("pytest -q", "FAILED tests/test_a.py::test_c", 3, "2", failed=True)
    one.ran("pytest -q | tail -3", "", 3, "3", failed=False)
    assert one.checks["pytest"].failed
    one.ran("pytest -q", "all fine", 4, "4", failed=False)
    check = one.checks["pytest"]
    assert not check.failed
    assert check.solved == [("FAILED tests/test_a.py::test_c", "a.py", "4")]


def test_a_check_that_passes_without_an_edit_solved_nothing() -> None:
    one = story()
    one.ran("go test ./...", "--- FAIL: TestX", 1, "1", failed=True)
    one.ran("go test ./...", "ok", 2, "2", failed=False)
    assert one.checks["go test"].solved == []


@pytest.mark.parametrize("command", ["ruff check .", "go vet ./...", "npm run lint", "ls", "mise run fmt"])
def test_style_and_what_is_no_check_are_no_problem(command: str) -> None:
    one = story()
    one.ran(command, "error: bad", 1, "1", failed=True)
    assert one.checks == {}


def test_a_failure_that_says_nothing_is_no_check() -> None:
    one = story()
    one.ran("pytest", "nothing to tell", 1, "1", failed=True)
    one.ran("pytest", "error", 1, "1", failed=None)
    assert one.checks == {}


def test_todos_are_what_they_are_last_and_done_once_they_were() -> None:
    one = story()
    one.todo_list([("a", "completed"), ("b", "pending"), ("", "pending")], "1")
    one.todo_list([("b", "in_progress"), ("c", "completed")], "2")
    assert one.todos == {"b": ("b", "in_progress", "2"), "c": ("c", "completed", "2")}
    assert one.done == {"a": "1", "c": "2"}
    one.todo("c", "c", "pending", "3")
    assert one.done == {"a": "1"}


def test_very_many_todos_are_not_kept() -> None:
    one = story()
    one.todo_list([(f"item {n}", "pending") for n in range(1000)], "1")
    assert len(one.todos) == 401


def test_plans_and_answers_are_decisions() -> None:
    one = story()
    one.seen(7)
    one.plan("# Plan: Move to TEI\n\n## Context\nIt is faster.\nMore.", "1")
    one.plan("", "2")
    one.chosen("Which one?", "TEI", "3")
    one.chosen("Which?", " ", "4")
    assert one.decisions == {
        "Plan accepted: Move to TEI. It is faster.": ("1", 7),
        "Which one? → TEI": ("3", 7),
    }


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What would you like to do next?", "Work on it now"), ("Can I remove this stale clone?", "Yes, remove it"),
        ("Ready to force-push the rebased branch?", "Yes, force push"), ("Where should it go?", "You decide"),
        ("More questions about sharing UI, or move to next area?", "Next area"), ("Instant or invited?", "what is better?"),
        ("Would you like me to generate mockups?", "Yes"), ("Which PR would you like me to review?", "#325"),
        ("Does this design capture the right approach?", "I would add a state"),
        ("The daemon is not running. Should I open it?", "no"),
        ("May a reader re-share?", "hmmm, this depends"),
    ],
)  # fmt: skip
def test_where_the_conversation_goes_and_what_is_left_open_is_no_decision(question: str, answer: str) -> None:
    one = story()
    one.chosen(question, answer, "1")
    assert one.decisions == {}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Should I keep the auto-merge layer, or cut it?", "Keep auto-merge"),
        ("Do you want me to update the plan with the app, or would you prefer a token?", "GitHub App"),
        ("How would you like to fix the lint error?", "Add a comment"), ("Can the recipient remove a share?", "Yes"),
        ("What should happen when the token expired?", "Redirect to login"),
    ],
)  # fmt: skip
def test_a_choice_about_the_work_is_a_decision(question: str, answer: str) -> None:
    one = story()
    one.chosen(question, answer, "1")
    assert list(one.decisions) == [f"{question} → {answer}"]


def test_very_many_decisions_and_links_are_not_kept() -> None:
    one = story()
    for n in range(1000):
        one.decided(f"d{n}", "1")
        one.link(f"https://example.org/{n}", "x")
    one.link("javascript:alert(1)", "x")
    assert (len(one.decisions), len(one.links)) == (400, 400)


def test_nothing_came_of_a_single_question() -> None:
    one = story()
    assert one.is_small
    one.prompt("a", 1, "1")
    assert one.is_small
    one.prompt("b", 1, "2")
    assert not one.is_small


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("all is well", ""),
        ("a.py:3: error: bad\nsomething failed\nthe end", "a.py:3: error: bad"),
        ("\x1b[31mError: no such thing\x1b[0m\nlater", "Error: no such thing"),
        ("FAIL\tgithub.com/x/y 0.1s\nFAIL", "FAIL github.com/x/y 0.1s"),
    ],
)
def test_the_telling_line_names_a_place_or_an_error(output: str, line: str) -> None:
    assert telling_line(output) == line


_LINES = st.lists(
    st.sampled_from(("error", "FAILED", "Error:", "panic", "faIl", "ok", " ", ": ", "✗", "\u017f", "a\u017f\u017fert", "cannot", "Exception", "x" * 199)),
    max_size=6,
).map("".join)  # fmt: skip


@given(_LINES)
def test_no_line_that_tells_is_passed_over(line: str) -> None:
    assert bool(telling_line(line)) == bool(_TELLING.match(line))


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", ""),
        ("just words\nmore", "just words"),
        ("# Heading", "Heading"),
        ("intro\n# Heading\n\n```\ncode\n```\nThe body", "Heading. The body"),
    ],
)
def test_a_plan_is_its_heading_and_first_paragraph(text: str, summary: str) -> None:
    assert plan_summary(text) == summary


def test_a_command_that_never_failed_or_is_interrupted_solves_nothing() -> None:
    one = story()
    one.ran("pytest", "fine", 1, "1", failed=False)
    assert one.checks == {}
