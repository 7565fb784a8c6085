"""Laying text out: widths in cells, breaking and cutting, dates as a person says them, and colours."""

from __future__ import annotations

import io
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.ui import layout, terminal
from ocm.ui.cells import cells, cut_to_cells
from ocm.ui.terminal import BAD, HEAD, HELD, MATCH, QUIET, Line, Screen, joined
from tests.support.screen import NOW, plain

_TEXT = st.text(st.sampled_from("ab c日本🚀é.\u0301\u200d  \xa0"), max_size=40)


@pytest.mark.parametrize(("date", "said"), [
    ("2026-03-20T14:32:00+01:00", "today 14:32"), ("2026-03-20T23:30:00+01:00", "today 23:30"), ("2026-03-19T23:59:00+01:00", "yesterday"),
    ("2026-03-20T00:30:00+09:00", "yesterday"), ("2026-03-03T09:00:00+01:00", "Tue 3 Mar"), ("2026-01-01T00:00:00+01:00", "Thu 1 Jan"),
    ("2025-12-31T12:00:00+01:00", "Wed 31 Dec"), ("2025-02-11T12:00:00+01:00", "2025-02-11"), ("2026-03-21T12:00:00+01:00", "2026-03-21"),
    ("2031-01-01T00:00:00+00:00", "2031-01-01"), ("", ""), (None, ""), ("not a time", "not a time"), ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00"),
])  # fmt: skip
def test_a_date_is_said_as_a_person_says_it(date: str | None, said: str) -> None:
    assert Screen(80, now=NOW).day(date) == said


@pytest.mark.parametrize(("text", "room", "part"), [
    ("abc", 2, "ab"), ("abc", 9, "abc"), ("abc", 0, ""), ("abc", -1, ""), ("日本", 3, "日"), ("日本", 4, "日本"), ("日本", 1, ""), ("a🚀b", 2, "a"),
])  # fmt: skip
def test_a_text_is_cut_between_cells(text: str, room: int, part: str) -> None:
    assert cut_to_cells(text, room) == part


@pytest.mark.parametrize(("line", "width", "shown"), [
    ([("abcdef", "")], 10, "abcdef"), ([("abcdef", "")], 6, "abcdef"), ([("abcdefgh", "")], 6, "abcde…"), ([("ログイン", "")], 6, "ログ…"),
    ([("ab", HEAD), ("cd", ""), ("ef", "")], 4, "abc…"), ([("abc", "")], 0, ""),
])  # fmt: skip
def test_a_line_that_is_too_long_says_so(line: Line, width: int, shown: str) -> None:
    assert Screen(80).text(Screen(80).fit(line, width)) == shown


def test_without_unicode_three_dots_say_so() -> None:
    assert Screen(10, unicode=False).text(Screen(10, unicode=False).fit([("abcdefghijkl", "")])) == "abcdefg..."


@pytest.mark.parametrize(("line", "lines"), [
    ([("one two three four", "")], ["one two", "three four"]), ([("one", HEAD), ("two three", "")], ["onetwo", "three"]),
    ([("abcdefghijklmnop", "")], ["abcdefghij", "klmnop"]), ([("日本語の文章です", "")], ["日本語の文", "章です"]),
    ([(f"one two{HELD}three", "")], ["one", "two three"]), ([("", "")], [""]), ([("   ", "")], [""]), ([("ab  cd", "")], ["ab cd"]),
    ([("x", ""), (f"{HELD}· ", QUIET), ("abcdefgh", "")], ["x ·", "abcdefgh"]), ([("abcdefgh", HEAD), ("ijklmn", BAD)], ["abcdefghij", "klmn"]),
])  # fmt: skip
def test_a_line_is_broken_where_it_may_be(line: Line, lines: list[str]) -> None:
    assert plain(Screen(10).wrap(line)) == lines


def test_the_lines_below_are_set_in_and_the_last_one_says_that_there_were_more() -> None:
    at = Screen(12)
    assert plain(at.wrap([("one two three", "")], 2, [("- ", "")])) == ["- one two", "  three"]
    assert plain(at.wrap([("one two three four five six", "")], 0, limit=2)) == ["one two", "three four …"]
    assert plain(at.wrap([("abc", "")], 8, [("name    ", "")])) == ["name", "    abc"]
    assert plain(at.wrap([("abc", "")], 8, [("    • ", "")])) == ["•   abc"[:2] + "abc"]


@given(
    st.lists(st.tuples(_TEXT, st.sampled_from(["", HEAD, QUIET])), max_size=4), st.integers(1, 30), st.integers(0, 40)
)
def test_no_line_is_ever_too_long_and_nothing_is_lost(line: Line, width: int, indent: int) -> None:
    at = Screen(width)
    lines = plain(at.wrap(line, indent))
    assert max(map(cells, lines)) <= at.width
    everything = "".join("".join(text for text, _ in line).replace(HELD, " ").split())
    assert "".join("".join(lines).split()) == everything
    assert cells(at.text(at.fit(line))) <= at.width


def test_colours_are_written_around_words_alone() -> None:
    line = [("one", MATCH), (" ", ""), ("two", MATCH), (" ", MATCH), ("three", ""), ("", BAD), (" ", QUIET)]
    assert Screen(80, colour=True).text(line) == "\x1b[1;35mone two\x1b[0m three "
    assert Screen(80).text(line) == "one two three"


def test_what_is_empty_is_not_joined() -> None:
    assert plain([joined(["a", "", ("b", BAD), "c d"])]) == ["a · b · c d"]
    assert joined([]) == []


# --- what stdout is


class Terminal(io.StringIO):
    """A terminal in name."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.mark.parametrize(("environment", "size", "found"), [
    ({}, (70, 20), (70, 20)), ({}, (0, 0), (80, 24)), ({"COLUMNS": "33", "LINES": "9"}, (70, 20), (33, 9)),
    ({"COLUMNS": "x", "LINES": "99999"}, (70, 20), (70, 20)), ({"COLUMNS": "0"}, (70, 20), (70, 20)),
])  # fmt: skip
def test_the_size_is_what_the_terminal_or_the_environment_says(
    environment: dict[str, str], size: tuple[int, int], found: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size(size))
    at = terminal.current_screen()
    assert at is not None
    assert (at.width, at.height) == found


@pytest.mark.parametrize(("environment", "colours"), [
    ({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "xterm", "NO_COLOR": ""}, True),
])  # fmt: skip
def test_colours_are_shown_where_they_are_wanted(
    environment: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal._shows_colours() is colours


@pytest.mark.parametrize(
    ("environment", "colours"), [({}, False), ({"WT_SESSION": "x"}, True), ({"TERM": "xterm"}, True)]
)
def test_on_windows_a_terminal_has_to_say_that_it_knows_colours(
    environment: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal, "os", type("os", (), {"name": "nt", "environ": os.environ}))
    assert terminal._shows_colours() is colours


def test_what_is_no_terminal_has_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stdout", stream)
        assert terminal.current_screen() is None
    closed = Terminal()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: (_ for _ in ()).throw(OSError()))
    assert terminal.current_screen() is None
    assert not layout.laid_out("views.status", {})
