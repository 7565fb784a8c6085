"""The laws of the session file, over arbitrary sessions and arbitrary edits of a person."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from ocm.base.errors import BadInputError, UnreadableSessionError
from ocm.base.model import HALF, Checkpoint, Session, checkpoint_from
from ocm.markdown import blocks, parse, render
from ocm.markdown.session_file import SessionFile
from ocm.sessions import merge
from ocm.sessions.merge import Observed
from tests.laws.edits import (
    FULL,
    NOW,
    by_person,
    checkpoints,
    edited_files,
    leaves_open,
    missing,
    observations,
    reference_files,
)
from tests.laws.strategies import accepted_paths, item_lists, items, lines, sessions, texts

pytestmark = pytest.mark.timeout(3600)  # thousands of examples
# Drawing a file and a person's edits of it takes longer than writing it.
drawn = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


# --- what the program writes


@given(sessions())
def test_parse_inverts_render(session: Session) -> None:
    assert parse.parse(render.render(session)) == session


@given(sessions())
def test_render_inverts_parse_for_every_file_it_wrote(session: Session) -> None:
    text = render.render(session)
    assert render.update(text, parse.parse(text)) == text
    assert render.render(parse.parse(text)) == text


@drawn
@given(sessions(), sessions())
def test_any_session_can_be_written_over_any_other(old: Session, new: Session) -> None:
    result = render.update(render.render(old), new)
    assert parse.parse(result) == new
    assert shape(blocks.tokens(SessionFile(result).body)) == shape(full(result))


# --- no text makes structure


_pairs = {
    "plan_files": st.lists(st.fixed_dictionaries({"path": accepted_paths}, optional={"header": texts}), max_size=2),
    "references": st.lists(st.fixed_dictionaries({"url": lines}, optional={"title": texts}), max_size=2),
}
_calls = st.fixed_dictionaries(
    {"session_id": lines, **dict.fromkeys(("goal", "title", "slug", "tool"), texts)},
    optional={
        **dict.fromkeys(("work_completed", "work_pending", "work_summary", "decisions", "problems"), item_lists),
        "tags": st.lists(items, max_size=2),
        **_pairs,
    },
)
_observations = st.builds(
    lambda branch, head, title, words, changed: Observed(
        NOW,
        head,
        branch,
        events=[{"e": "prompt", "title": title}, {"e": "stop", "words": words}],
        edits=[],
        changed=changed,
        takes=["0001-1"],
    ),
    lines,
    st.sampled_from(("", "abcdef0123")),
    texts,
    texts,
    sessions().map(lambda session: session.files),
)


@drawn
@given(_calls, _observations)
def test_no_text_of_a_checkpoint_makes_a_section_an_item_or_a_key(call: dict[str, Any], observed: Observed) -> None:
    try:
        checked = checkpoint_from(call)
    except BadInputError:
        assert ascii(HALF)[1:-1] in ascii(call), "nothing else that is drawn is refused"
        return
    session = merge.merge(Session(call["session_id"], started_at=NOW.isoformat()), checked, observed)
    text = render.render(session)
    file = SessionFile(text)
    tokens = full(text)
    assert shape(blocks.tokens(file.body)) == shape(tokens)
    keys = yaml.compose(file.block)
    assert isinstance(keys, yaml.MappingNode)
    assert [key.value for key, _ in keys.value] == ["ocm", *parse.SCALARS, "tags"]
    assert [heading for heading in headings(tokens) if heading[0] != "h3"] == expected_headings(session)
    outside = beyond_free_text(tokens)
    assert sum(token.type == "list_item_open" and token.level == 1 for token in outside) == item_count(session)
    assert len([heading for heading in headings(outside) if heading[0] == "h3"]) == group_count(session)
    assert [token.info for token in outside if token.type == "fence" and token.level == 0] == ["ocm"]
    assert [token for token in outside if token.type in {"html_block", "blockquote_open"} and token.level == 0] == []


def full(text: str) -> list[Token]:
    """Return what a whole CommonMark parser sees in the body of a file."""
    return FULL.parse("\n".join(SessionFile(text).body))


def shape(tokens: list[Token]) -> list[tuple[str, str, str, Any]]:
    """Return the top level of a body, as far as it makes sections, items and facts."""
    kinds = {"heading_open": 0, "fence": 0, "html_block": 0, "hr": 0, "list_item_open": 1}
    return [(t.type, t.tag, t.info.strip(), t.map) for t in tokens if kinds.get(t.type) == t.level]


def headings(tokens: list[Token]) -> list[tuple[str, str]]:
    return [(a.tag, b.content) for a, b in pairwise(tokens) if a.type == "heading_open" and a.level == 0]


def beyond_free_text(tokens: list[Token]) -> list[Token]:
    """Return the tokens that are not of the goal and not of the last words, which are free text."""
    return _without(_without(tokens, parse.GOAL), parse.WORDS)


def _without(tokens: list[Token], name: str) -> list[Token]:
    sections = [
        n
        for n, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in {"h1", "h2"} and not token.level
    ]
    for start, end in pairwise([*sections, len(tokens)]):
        if tokens[start + 1].content == name:
            stop = next((n for n in range(start, end) if tokens[n].type == "fence" and tokens[n].info == "ocm"), end)
            return tokens[:start] + tokens[stop:]
    return tokens


def expected_headings(session: Session) -> list[tuple[str, str]]:
    there = {
        parse.GOAL: session.goal,
        parse.TODOS: session.work_completed or session.work_pending,
        parse.FILES: session.files,
        parse.DIFF: session.diff_summary,
        parse.WORK: session.work,
        parse.PLANS: session.plan_files,
        parse.DECISIONS: session.decisions,
        parse.PROBLEMS: session.problems,
        parse.REFERENCES: session.references,
        parse.WORDS: session.last_words,
    }
    title = [("h1", FULL.parse(f"# {session.title}")[1].content)] if session.title else []
    return title + [("h2", name) for name in parse.ORDER if there[name]]


def item_count(session: Session) -> int:
    lists = (session.work_completed, session.work_pending, session.work_summary, session.decisions, session.problems)
    return sum(map(len, lists)) + len(session.files) + len(session.references)


def group_count(session: Session) -> int:
    kinds = {change.change_type for change in session.files}
    return bool(session.work_completed) + bool(session.work_pending) + len(kinds) + len(session.work)


# --- what a person writes


@drawn
@given(edited_files())
def test_a_file_that_a_person_edited_is_not_touched_for_nothing(text: str) -> None:
    assert render.update(text, parse.parse(text)) == text


@drawn
@given(edited_files(), checkpoints, observations())
def test_a_checkpoint_keeps_every_line_of_a_person(text: str, call: Checkpoint, observed: Observed) -> None:
    old = parse.parse(text)
    new = merge.merge(old, call, observed)
    try:
        result = render.update(text, new)
    except UnreadableSessionError:
        event("left open")
        assert leaves_open(text)
        return
    assert parse.parse(result) == new
    assert render.update(result, new) == result
    assert missing(by_person(text, new), by_person(result)) == []
    assert result.startswith("\ufeff") == text.startswith("\ufeff")
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        assert result.count("\r\n") == result.count("\n")


@drawn
@given(edited_files(), checkpoints, checkpoints, observations())
def test_one_checkpoint_after_the_other_keeps_them_too(
    text: str, first: Checkpoint, second: Checkpoint, observed: Observed
) -> None:
    result = text
    try:
        for call in (first, second, first):
            new = merge.merge(parse.parse(result), call, observed)
            before, result = result, render.update(result, new)
            assert missing(by_person(before, new), by_person(result)) == []
    except UnreadableSessionError:
        assert leaves_open(result)


# --- what the reference system wrote


@drawn
@given(reference_files(), checkpoints)
def test_a_file_of_the_reference_system_is_upgraded_and_loses_nothing(text: str, call: Checkpoint) -> None:
    call.goal = call.work_pending = None
    call.work_completed = [
        item for item in call.work_completed if item == "new"
    ]  # what moves would not be where it was
    old = parse.parse(text)
    new = merge.merge(old, call, Observed(NOW, takes=["0001-1"]))
    try:
        result = render.update(text, new)
    except UnreadableSessionError:
        event("left open")
        assert leaves_open(text)
        return
    assert parse.parse(result) == new
    assert render.update(result, new) == result
    assert not SessionFile(result).is_reference
    wanted = [line.strip() for line in SessionFile(text).body if line.strip() and line != "---"]
    assert missing(wanted, [line.strip() for line in result.split("\n")]) == []
