"""What a checkpoint call may say: everything is checked at the door, and the error names the argument."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.base.errors import BadInputError, OcmError, UnreadableSessionError
from ocm.base.model import (
    MAX_ITEM,
    Checkpoint,
    PlanFile,
    Reference,
    Session,
    WorkEntry,
    checkpoint_from,
    clean_text,
    slugify,
)


def call(**arguments: Any) -> Checkpoint:
    return checkpoint_from({"session_id": "S", **arguments})


def test_a_full_call_is_taken_as_it_is() -> None:
    assert call(
        goal="g", title="t", slug="s", tool="cursor", status="frozen", trigger="git_commit", work_completed=["a"],
        work_pending=["b"], work_summary=["c"], decisions=["d"], problems=["e"], plan_files=[{"path": "p", "header": "h"}],
        references=[{"url": "u", "title": "t"}], tags=["x"],
    ) == Checkpoint(
        "S", "g", "t", "s", "cursor", "frozen", "git_commit", ["a"], ["b"], ["c"], ["d"], ["e"], [PlanFile("p", "h")],
        [Reference("u", "t")], ["x"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["goal", "title", "slug", "tool", "status", "trigger"])
@pytest.mark.parametrize("blank", [None, "", "  ", "\n\t", "\x00"])
def test_a_blank_text_counts_as_not_given(name: str, blank: str | None) -> None:
    assert getattr(call(**{name: blank}), name) is None


@pytest.mark.parametrize(
    "name", ["work_completed", "work_summary", "decisions", "problems", "tags", "plan_files", "references"]
)
def test_a_missing_list_is_empty(name: str) -> None:
    assert getattr(call(**{name: None}), name) == []
    assert getattr(call(), name) == []


def test_pending_work_tells_not_given_from_none_left() -> None:
    assert call().work_pending is None
    assert call(work_pending=None).work_pending is None
    assert call(work_pending=[]).work_pending == []
    assert call(work_pending=["", " "]).work_pending == []


def test_items_are_trimmed_and_not_repeated() -> None:
    assert call(decisions=[" a\r\nb ", "a\nb", "\x00a\nb", "", "c"]).decisions == ["a\nb", "c"]
    assert call(tags=[" a\nb ", "a b", "x" * 200]).tags == ["a b", "x" * 99 + "…"]


def test_an_item_of_the_largest_size_is_kept_whole() -> None:
    assert call(problems=["x" * MAX_ITEM]).problems == ["x" * MAX_ITEM]


@pytest.mark.parametrize(("arguments", "words"), [
    ({"session_id": ""}, "session_id is empty"),
    ({"session_id": " \n"}, "session_id is empty"),
    ({"session_id": None}, "session_id is empty"),
    ({"session_id": 7}, "session_id is int"),
    ({"session_id": "x" * 501}, "session_id has 501 characters"),
    ({"session_id": "\ud800"}, "session_id contains a lone surrogate"),
    ({"goal": 7}, "goal is int"),
    ({"goal": ["g"]}, "goal is list"),
    ({"goal": "x" * (MAX_ITEM + 1)}, "goal has 50001 characters"),
    ({"goal": "a\ud800b"}, "goal contains a lone surrogate"),
    ({"status": "done"}, "status 'done' is not known. Accepted: open, frozen, closed"),
    ({"status": "Open"}, "status 'Open' is not known"),
    ({"trigger": "lunch"}, "trigger 'lunch' is not known"),
    ({"work_completed": "one"}, "work_completed is str"),
    ({"work_completed": {"a": 1}}, "work_completed is dict"),
    ({"work_pending": False}, "work_pending is bool"),
    ({"decisions": ["ok", 7]}, r"decisions\[1\] is int"),
    ({"decisions": [None]}, r"decisions\[0\] is NoneType"),
    ({"problems": ["x" * 50_001]}, r"problems\[0\] has 50001"),
    ({"tags": ["\udfff"]}, r"tags\[0\] contains a lone"),
    ({"plan_files": ["p"]}, r"plan_files\[0\] is not an object"),
    ({"plan_files": [{"path": "p", "more": 1}]}, r"plan_files\[0\] is not an object"),
    ({"plan_files": [{"header": "h"}]}, r"plan_files\[0\] has no path"),
    ({"plan_files": [{"path": " "}]}, r"plan_files\[0\] has no path"),
    ({"plan_files": [{"path": 7}]}, r"plan_files\[0\].path is int"),
    ({"plan_files": [{"path": 0}]}, r"plan_files\[0\].path is int"),
    ({"plan_files": [{"path": "p", "header": False}]}, r"plan_files\[0\].header is bool"),
    ({"references": [{"url": "u", "title": []}]}, r"references\[0\].title is list"),
    ({"references": {"url": "u"}}, "references is dict"),
    ({"colour": "red"}, "checkpoint has no argument 'colour'. Accepted: decisions, goal"),
])  # fmt: skip
def test_bad_input_is_named_with_what_is_accepted(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        call(**arguments)
    assert caught.value.next_step
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["path", "header"])
def test_a_pair_of_texts_is_two_lines(name: str) -> None:
    (plan,) = call(plan_files=[{"path": "p", name: "a\n b\tc"}]).plan_files
    assert getattr(plan, name) == "a b c"
    assert call(plan_files=[{"path": "p", "header": None}, {"path": "p"}]).plan_files == [PlanFile("p")]


@pytest.mark.parametrize(("arguments", "semantic"), [
    ({"goal": "g"}, True), ({"work_completed": ["a"]}, True), ({"work_pending": ["a"]}, True), ({"work_summary": ["a"]}, True),
    ({"decisions": ["a"]}, True), ({"problems": ["a"]}, True), ({"plan_files": [{"path": "p"}]}, True),
    ({"references": [{"url": "u"}]}, True), ({}, False), ({"title": "t", "slug": "s", "tags": ["x"], "status": "closed"}, False),
    ({"work_pending": []}, False), ({"goal": " "}, False), ({"decisions": [""]}, False), ({"trigger": "manual"}, False),
])  # fmt: skip
def test_a_call_is_semantic_when_it_says_something_about_the_work(arguments: dict[str, Any], semantic: bool) -> None:
    assert call(**arguments).semantic is semantic


@given(st.text())
def test_clean_text_has_one_kind_of_line_end(text: str) -> None:
    cleaned = clean_text(text)
    assert not set(cleaned) & {"\r", "\x00"}
    assert clean_text(cleaned) == cleaned


@given(st.text())
def test_a_slug_can_be_part_of_any_file_name(text: str) -> None:
    slug = slugify(text)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(slug) <= 60
    assert slug.strip("-") == slug == slugify(slug)


@pytest.mark.parametrize(("text", "expected"), [
    ("TEI Migration", "tei-migration"), ("Ünïcode/../x", "unicode-x"), ("日本語", ""), ("--", ""), ("a" * 80, "a" * 60),
])  # fmt: skip
def test_a_slug_is_lower_ascii(text: str, expected: str) -> None:
    assert slugify(text) == expected


def test_a_session_without_a_title_shows_the_next_best_thing() -> None:
    assert Session("id", title="T", goal="G").display_title == "T"
    assert Session("id", goal="G\nmore", slug="s").display_title == "G more"
    assert Session("id", slug="s").display_title == "s"
    assert Session("id").display_title == "id"


def test_the_work_summary_is_every_entry_in_order() -> None:
    assert Session("id", work=[WorkEntry("1", ["a", "b"]), WorkEntry("2", ["c"])]).work_summary == ["a", "b", "c"]


def test_an_error_is_one_line_with_the_next_step() -> None:
    assert str(OcmError("Wrong.")) == "Wrong."
    assert str(OcmError("Wrong.", "Do this.")) == "Wrong. Do this."
    assert "line 3): no" in str(UnreadableSessionError("no", line=3))
    assert "(/a.md, line 1)" in str(UnreadableSessionError("no", path="/a.md"))
