"""Snippets are made in a small index of their own, which serves a whole process."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocm.index import snippets
from ocm.index.schema import TEXTS
from ocm.index.snippets import CLOSE, OPEN


def texts(goal: str, other: str = "") -> tuple[str, ...]:
    return ("", goal, *[""] * (len(TEXTS) - 3), other)


def test_each_text_is_shown_around_its_match() -> None:
    found = snippets.snippets(
        [(7, *texts("the wombat sleeps")), (9, *texts("", "a wombat")), (11, *texts("else"))], "wombat"
    )
    assert found == {7: f"the {OPEN}wombat{CLOSE} sleeps", 9: f"a {OPEN}wombat{CLOSE}"}


def test_the_marks_of_headings_are_not_shown() -> None:
    text = f"## Why\nthe {snippets.OPEN}wombat{snippets.CLOSE} # was counted\n  ### Then\n#tag"
    assert snippets.snippet(text) == "Why the **wombat** # was counted Then #tag"


def test_nothing_of_one_question_is_left_for_the_next() -> None:
    assert snippets.snippets([(1, *texts("wombat"))], "wombat")
    assert snippets.snippets([(2, *texts("turtle"))], "wombat OR turtle") == {2: f"{OPEN}turtle{CLOSE}"}
    assert snippets.snippets([(1, *texts("zanzibar"))], "zanzibar") == {1: f"{OPEN}zanzibar{CLOSE}"}
    assert snippets.snippets([], "wombat") == {}


@pytest.mark.parametrize(("rows", "expression"), [([(1, "too few")], "wombat"), ([(1, *texts("x"))], "syntax (")])
def test_one_that_fails_does_not_spoil_the_next(rows: list[tuple[object, ...]], expression: str) -> None:
    with pytest.raises(sqlite3.Error):
        snippets.snippets(rows, expression)
    assert snippets.snippets([(1, *texts("wombat"))], "wombat") == {1: f"{OPEN}wombat{CLOSE}"}


def test_threads_take_turns() -> None:
    def ask(number: int) -> dict[int, str]:
        return snippets.snippets([(number, *texts(f"word{number} and more"))], f"word{number}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(200)))
    assert found == [{number: f"{OPEN}word{number}{CLOSE} and more"} for number in range(200)]
