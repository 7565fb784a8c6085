"""What journal lines say, whatever was written into the file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.store import events
from ocm.store.events import Event

T = 1_772_545_930.0

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["call", "ask", "open", "stop"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
NAMES = st.sampled_from(["e", "m", "t", "path", "cmd", "tool", "id", "session", "recall", "asked", "source", "changes"])
LINES = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=6)


@given(LINES)
def test_any_line_is_read_without_an_error(lines: list[Event]) -> None:
    for line in lines:
        for name in ("e", "path", "session"):
            events.text_of(line, name).encode()
        assert events.moment(line) >= 0
        assert events.hook_event(line) in {"", "session-start", *events._FIRED.values()}
        assert not events.edited_path(line) or events.may_edit(line)
        assert isinstance(events.kind_of(line), str)
    assert all(isinstance(name, str) for name in events.recalled(lines))
    assert events.counted(lines)["calls"] == len(events.of_kind(lines, "call"))
    assert isinstance(events.session_of(lines, "key"), str)
    for said in (events.is_unsaved(lines), events.is_delegated(lines, "Task"), events.saw_call(lines, "1")):
        assert isinstance(said, bool)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ({"e": "call", "path": "a"}, "a"), ({"e": "sub", "path": "a"}, "a"), ({"e": "edit", "path": "a"}, "a"),
        ({"path": "a"}, "a"), ({"e": "open", "path": "a"}, ""), ({"e": "call"}, ""), ({"e": "call", "path": 3}, ""),
    ],
)  # fmt: skip
def test_only_lines_of_edits_name_an_edited_file(line: dict[str, Any], path: str) -> None:
    assert events.edited_path(line) == path


@pytest.mark.parametrize(
    ("lines", "unsaved"),
    [
        ([], False),
        ([{"e": "call", "m": 0}], False),
        ([{"e": "call", "m": 1}], True),
        ([{"e": "edit", "path": "a"}], True),
        ([{"e": "sub"}], False),
        ([{"e": "open", "changes": True}], True),
        ([{"e": "call", "m": 1}, {"e": "stop", "asked": True}], False),
        ([{"e": "stop", "asked": True}, {"e": "call", "m": 1}, {"e": "stop"}], True),
    ],
)  # fmt: skip
def test_what_no_checkpoint_holds_is_unsaved_until_somebody_asked(lines: list[Event], *, unsaved: bool) -> None:
    assert events.is_unsaved(lines) is unsaved


@pytest.mark.parametrize(
    ("lines", "delegated"),
    [
        ([], False),
        ([{"e": "call", "tool": "x"}], False),
        ([{"e": "ask", "tool": "Task"}], True),
        ([{"e": "ask", "tool": "Task"}, {"e": "sub", "tool": "x"}], True),
        ([{"e": "ask", "tool": "Task"}, {"e": "call", "tool": "Task"}], False),
        ([{"e": "ask", "tool": "Task"}, {"e": "prompt"}], False),
    ],
)  # fmt: skip
def test_a_sub_agent_works_until_its_call_is_back(lines: list[Event], *, delegated: bool) -> None:
    assert events.is_delegated(lines, "Task") is delegated


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ("", 0.0)),
        ([{"e": "stop", "t": T}], ("", 0.0)),
        ([{"e": "stop", "t": T, "words": "first"}, {"e": "stop", "t": T + 1, "words": " last \n"}], ("last", T + 1)),
        ([{"e": "stop", "t": T, "words": "said"}, {"e": "stop", "t": T + 1}, {"e": "prompt"}], ("said", T)),
        ([{"e": "call", "words": "no"}, {"e": "stop", "words": 7}, {"e": "stop", "words": "\0 "}], ("", 0.0)),
        ([{"e": "stop", "words": "x" * 1499 + " y"}], ("x" * 1499, 0.0)),
    ],
)
def test_the_last_words_are_those_of_the_last_turn_that_ended_with_some(
    lines: list[Event], said: tuple[str, float]
) -> None:
    assert events.last_words(lines) == said


def test_a_journal_names_its_session_and_the_calls_it_saw_coming() -> None:
    lines: list[Event] = [
        {"e": "call"},
        {"e": "open", "session": "S"},
        {"e": "ask", "id": "1"},
        {"e": "call", "id": "2"},
    ]
    assert events.session_of(lines, "key") == "S"
    assert events.session_of(lines[:1], "key") == "key"
    assert events.saw_call(lines, "1")
    assert not events.saw_call(lines, "2")
    assert events.recalled([{"recall": ["a", 1, "b"]}, {"recall": "c"}, {"recall": ["a"]}]) == {"a", "b"}
