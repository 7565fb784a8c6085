"""The laws of the merge: a repeat changes nothing, and no order of checkpoints loses an item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.base.model import CHANGE_TYPES, Checkpoint, FileChange, PlanFile, Reference, Session
from ocm.base.times import instant
from ocm.sessions.merge import Observed, merge, taken_journals
from tests.laws.edits import NOW
from tests.laws.strategies import sessions

pytestmark = pytest.mark.timeout(3600)  # thousands of examples
_items = st.lists(st.sampled_from("abcdef"), max_size=3, unique=True)
_changes = st.lists(
    st.builds(FileChange, st.sampled_from("xyz"), st.sampled_from(CHANGE_TYPES[:3])), max_size=3, unique_by=lambda c: c.path
)  # fmt: skip
_events = st.lists(
    st.fixed_dictionaries(
        {"e": st.sampled_from(("call", "open", "prompt", "deny", "stop", "end", "sub"))},
        optional={
            "t": st.floats() | st.integers() | st.text(max_size=3),
            "title": st.text(max_size=5) | st.none(),
            "source": st.just("resume"),
        },
    ),
    max_size=4,
)
calls = st.builds(
    Checkpoint,
    st.just("S"),
    goal=st.sampled_from((None, "g", "h")),
    title=st.sampled_from((None, "t")),
    status=st.sampled_from((None, "open", "frozen", "closed")),
    trigger=st.sampled_from((None, "manual")),
    work_completed=_items,
    work_pending=st.none() | _items,
    work_summary=_items,
    decisions=_items,
    problems=_items,
    plan_files=_items.map(lambda items: [PlanFile(item, "h") for item in items]),
    references=_items.map(lambda items: [Reference(item) for item in items]),
    tags=_items,
)
observations = st.builds(
    lambda minutes, events, edits, changed, undone: Observed(
        NOW + timedelta(minutes=minutes),
        "abcdef0",
        "main",
        events,
        edits,
        changed,
        frozenset(undone),
        "1 file",
        ["1-1"],
    ),
    st.integers(-3000, 3000),
    _events,
    _changes,
    st.none() | _changes,
    st.sets(st.sampled_from("xyz"), max_size=1),
)


def without_count(session: Session) -> Session:
    """Return a session without how often it was stored, by whomever: a repeat is once more."""
    return replace(session, facts=[fact for fact in session.facts if not fact.startswith(("checkpoints ", "flushes "))])


@given(sessions(), calls, observations)
def test_a_repeat_after_a_crash_changes_nothing(session: Session, call: Checkpoint, observed: Observed) -> None:
    once = merge(session, call, observed)
    assert set(observed.takes) <= set(taken_journals(once))
    rest = replace(observed, events=[], edits=[])  # the file holds the journal that was not dropped
    assert without_count(merge(once, call, rest)) == without_count(once)


@given(sessions(), st.permutations(range(4)), st.lists(calls, min_size=4, max_size=4), observations)
def test_no_order_of_parallel_checkpoints_loses_or_doubles_an_item(
    session: Session, order: list[int], several: list[Checkpoint], observed: Observed
) -> None:
    found = session
    for number in order:
        found = merge(found, several[number], observed)
    for name in ("work_completed", "work_summary", "decisions", "problems", "plan_files", "references", "tags"):
        known = getattr(session, name)
        said = {item for call in several for item in getattr(call, name)} - set(known)
        result = getattr(found, name)
        assert result[: len(known)] == known
        assert sorted(map(repr, result[len(known) :])) == sorted(map(repr, said))
    last = several[order[-1]]
    if last.work_pending is not None:
        assert found.work_pending == [item for item in last.work_pending if item not in last.work_completed]


@given(sessions(), st.lists(st.tuples(calls, observations), max_size=4))
def test_no_clock_ends_a_session_before_it_began_or_takes_time_back(
    session: Session, several: list[tuple[Checkpoint, Observed]]
) -> None:
    session = replace(session, status="open", ended_at="", updated_at=session.started_at)
    for call, observed in several:
        before, session = session, merge(session, call, observed)
        assert instant(session.updated_at) >= instant(before.updated_at)
        assert bool(session.ended_at) == (session.status == "closed")
        if session.ended_at:
            assert instant(session.started_at) <= instant(session.ended_at) <= instant(session.updated_at)


@given(sessions(), calls, observations)
def test_a_merge_leaves_what_it_was_given_as_it_was(session: Session, call: Checkpoint, observed: Observed) -> None:
    import copy

    before = copy.deepcopy((session, call, observed))
    merge(session, call, observed)
    assert repr((session, call, observed)) == repr(before)
