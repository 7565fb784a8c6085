"""What a checkpoint makes of a session: added once, replaced where the contract says so, and never older than it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ocm.base.model import Checkpoint, FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.base.times import instant, later
from ocm.markdown.facts import Facts, digest
from ocm.sessions.merge import Observed, merge, merge_files, taken_journals
from ocm.store.events import moment

NOW = datetime(2026, 3, 3, 15, 10, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 16, 2, tzinfo=UTC)
SHA = "a3f1c99d2b"


def merged(session: Session | None = None, observed: Observed | None = None, **call: Any) -> Session:
    session = session or Session("S", started_at="2026-03-03T15:00:00+00:00")
    return merge(session, Checkpoint("S", **call), observed or Observed(NOW, SHA))


def events(*kinds: str, **fields: Any) -> Observed:
    return Observed(NOW, SHA, events=[{"e": kind, "t": NOW.timestamp(), **fields} for kind in kinds])


# --- words


def test_goal_and_title_are_replaced_and_stay_when_not_given() -> None:
    first = merged(goal="g", title="t")
    assert (first.goal, first.title) == ("g", "t")
    assert (merged(first).goal, merged(first).title) == ("g", "t")
    assert merged(first, goal="h", title="u").goal == "h"


@pytest.mark.parametrize("name", ["work_completed", "decisions", "problems", "tags"])
def test_lists_are_added_to_without_repeating(name: str) -> None:
    one: dict[str, Any] = {name: ["a", "b"]}
    other: dict[str, Any] = {name: ["b", "c", "c"]}
    first = merged(**one)
    second = merged(first, **other)
    assert getattr(second, name) == ["a", "b", "c"]
    assert getattr(first, name) == ["a", "b"]


def test_plans_and_references_are_added_to_without_repeating() -> None:
    first = merged(plan_files=[PlanFile("p", "h")], references=[Reference("u", "t")])
    second = merged(first, plan_files=[PlanFile("p", "h"), PlanFile("p", "other")], references=[Reference("u", "t")])
    assert second.plan_files == [PlanFile("p", "h"), PlanFile("p", "other")]
    assert second.references == first.references


def spoken(words: str) -> Observed:
    return events("stop", words=words)


def test_last_words_are_replaced_by_those_of_the_next_turn_and_stay_where_there_are_none() -> None:
    first = merged(None, spoken("Chose port 3."))
    assert first.last_words == "Chose port 3."
    assert merged(first, goal="g").last_words == "Chose port 3."
    assert merged(first, spoken("Still open: docs")).last_words == "Still open: docs"


def test_last_words_say_when_they_were_said() -> None:
    first = merged(None, spoken("Chose port 3."))
    assert Facts.parse(first.facts).words == (NOW.isoformat(), digest("Chose port 3."))
    undated = merged(None, Observed(LATER, events=[{"e": "stop", "words": "Chose port 3."}]))
    assert Facts.parse(undated.facts).words[0] == LATER.isoformat()


def test_last_words_that_a_person_changed_are_the_persons() -> None:
    first = replace(merged(None, spoken("Chose port 3.")), last_words="Chose port 3, which Ada wants.")
    second = merged(first, spoken("Still open: docs"))
    assert second.last_words == "Chose port 3, which Ada wants."
    assert merged(second, spoken("Done")).last_words == second.last_words
    assert merged(replace(first, last_words="mine", facts=[]), spoken("Done")).last_words == "mine"


def test_last_words_that_a_person_took_out_do_not_come_back_but_later_ones_do() -> None:
    first = replace(merged(None, spoken("Chose port 3.")), last_words="")
    assert merged(first).last_words == ""
    assert merged(first, spoken("Still open: docs")).last_words == "Still open: docs"


def test_what_a_person_wrote_twice_stays() -> None:
    assert merged(Session("S", decisions=["a", "a"]), decisions=["a", "b"]).decisions == ["a", "a", "b"]


def test_pending_work_is_replaced_kept_or_emptied() -> None:
    first = merged(work_pending=["a", "b"])
    assert merged(first).work_pending == ["a", "b"]
    assert merged(first, work_pending=["c"]).work_pending == ["c"]
    assert merged(first, work_pending=[]).work_pending == []


def test_what_is_completed_is_not_pending() -> None:
    first = merged(work_pending=["a", "b"])
    assert merged(first, work_completed=["a"]).work_pending == ["b"]
    assert merged(first, work_completed=["c"], work_pending=["c", "d"]).work_pending == ["d"]
    again = merged(merged(first, work_completed=["a"]), work_pending=["a"])
    assert (again.work_completed, again.work_pending) == (["a"], ["a"])


def test_work_is_grouped_by_checkpoint() -> None:
    first = merged(work_summary=["a"])
    assert first.work == [WorkEntry("2026-03-03 15:10 · a3f1c99", ["a"])]
    same = merged(first, work_summary=["b"])
    assert same.work == [WorkEntry("2026-03-03 15:10 · a3f1c99", ["a", "b"])]
    other = merged(same, Observed(LATER, ""), work_summary=["c", "a"], trigger="git_commit")
    assert other.work[1:] == [WorkEntry("2026-03-03 16:02 · git_commit", ["c"])]
    assert merged(other, work_summary=["a"]).work == other.work
    assert first.work[0].items == ["a"]


def test_the_first_prompt_is_the_title_only_where_there_is_none() -> None:
    prompts = events("prompt", title="first")
    prompts.events += [{"e": "prompt", "title": "second"}]
    assert merged(observed=prompts).title == "first"
    assert merged(observed=prompts, title="given").title == "given"
    assert merged(Session("S", title="own"), prompts).title == "own"
    assert merged(observed=events("prompt", title=7)).title == ""


def test_a_goal_takes_the_place_of_the_first_prompt_and_not_of_a_title_that_was_given() -> None:
    asked = merged(observed=events("prompt", title='"Go on with it"'))
    assert asked.title == "Go on with it", "without the quotes that a command line left around it"
    worked = merged(asked, goal="Cut latency")
    assert (worked.title, worked.display_title) == ("", "Cut latency")
    assert merged(worked, events("prompt", title="And now?")).title == ""
    assert "asked Go on with it" in merged(worked, events("prompt", title="And now?")).facts
    assert merged(asked, title="Latency", goal="Cut latency").title == "Latency"
    assert merged(Session("S", title="own"), goal="Cut latency").title == "own"


def test_tool_trigger_and_branch_are_the_last_ones_known() -> None:
    first = merged(observed=Observed(NOW, SHA, "main"), tool="cursor", trigger="manual")
    second = merged(first, Observed(NOW, SHA, ""), tool="other")
    assert (second.tool, second.trigger, second.branch) == ("cursor", "manual", "main")
    assert merged(second, Observed(NOW, SHA, "side")).branch == "side"


# --- status and time


def test_without_a_status_it_stays() -> None:
    frozen = merged(status="frozen")
    assert merged(frozen).status == "frozen"
    assert merged(frozen, events("call")).status == "frozen"


def test_closing_says_when_and_where() -> None:
    closed = merged(status="closed")
    assert (closed.status, closed.ended_at, closed.git_sha_end) == ("closed", "2026-03-03T15:10:00+00:00", SHA)
    again = merged(closed, Observed(LATER, "other"), status="closed")
    assert (again.ended_at, again.git_sha_end) == (closed.ended_at, SHA)


@pytest.mark.parametrize(("kind", "fields", "status"), [
    ("call", {}, "open"), ("open", {"source": "resume"}, "open"), ("open", {}, "closed"), ("carry", {}, "closed"), ("ask", {}, "closed"),
    ("sub", {}, "closed"), ("prompt", {}, "closed"),
])  # fmt: skip
def test_a_closed_session_is_reopened_by_what_goes_on_in_it(kind: str, fields: dict[str, str], status: str) -> None:
    found = merged(merged(status="closed"), events(kind, **fields))
    assert found.status == status
    assert bool(found.ended_at) == bool(found.git_sha_end) == (status == "closed")


def test_a_session_that_is_reopened_and_closed_again_ended_now() -> None:
    resumed = events("call")
    resumed.now = LATER
    assert merged(merged(status="closed"), resumed, status="closed").ended_at == "2026-03-03T16:02:00+00:00"


@pytest.mark.parametrize("started", ["2030-01-01T00:00:00+00:00", "2026-03-03T20:00:00+01:00"])
def test_a_clock_that_went_back_ends_nothing_before_it_began(started: str) -> None:
    found = merged(Session("S", started_at=started), status="closed")
    assert instant(found.ended_at) >= instant(found.started_at)
    assert instant(found.updated_at) >= instant(found.started_at)


def test_times_are_compared_as_instants() -> None:
    assert later("2026-03-03T16:00:00+01:00", "2026-03-03T15:30:00+00:00") == "2026-03-03T15:30:00+00:00"
    assert later("2026-03-03T16:00:00+00:00", "2026-03-03T16:30:00+01:00") == "2026-03-03T16:00:00+00:00"
    assert later("tomorrow", "2026-03-03T16:00:00+00:00") == "2026-03-03T16:00:00+00:00"
    assert instant("0001-01-01") in {0.0, instant("0001-01-01")}


@pytest.mark.parametrize(("value", "expected"), [
    (1.5, 1.5), (7, 7.0), (0, 0.0), (-5, 0.0), (1e300, 0.0), (float("nan"), 0.0), (float("inf"), 0.0), ("7", 0.0), (None, 0.0), ([], 0.0),
])  # fmt: skip
def test_a_time_of_an_event_is_one_of_these_centuries(value: object, expected: float) -> None:
    assert moment({"e": "call", "t": value}) == expected


# --- files


CREATED, MODIFIED, DELETED = (FileChange("a", kind) for kind in ("created", "modified", "deleted"))
RENAMED = FileChange("b", "renamed", "a")


@pytest.mark.parametrize(("known", "edits", "expected"), [
    ([], [MODIFIED], [MODIFIED]),
    ([CREATED], [MODIFIED], [CREATED]),
    ([MODIFIED], [DELETED], [DELETED]),
    ([CREATED], [DELETED], []),
    ([DELETED], [CREATED], [MODIFIED]),
    ([MODIFIED], [CREATED], [MODIFIED]),
    ([CREATED, MODIFIED], [], [CREATED]),
    ([MODIFIED, DELETED], [], [DELETED]),
])  # fmt: skip
def test_an_edit_adds_to_what_is_known(
    known: list[FileChange], edits: list[FileChange], expected: list[FileChange]
) -> None:
    assert merge_files(known, Observed(NOW, edits=edits)) == expected


def test_the_work_tree_knows_better_than_the_journal() -> None:
    observed = Observed(NOW, edits=[MODIFIED, FileChange("x", "modified")], changed=[RENAMED], undone=frozenset({"x"}))
    assert merge_files([MODIFIED], observed) == [RENAMED]


def test_files_are_sorted_by_kind_and_path_but_those_a_person_ordered_stay() -> None:
    known = [FileChange("z", "created"), FileChange("c", "created"), FileChange("m", "modified")]
    found = merge_files(
        known,
        Observed(NOW, changed=[FileChange("k", "modified"), FileChange("zz", "created"), FileChange("n", "deleted")]),
    )
    assert [change.path for change in found] == ["z", "c", "zz", "k", "m", "n"]


def test_the_diff_summary_is_that_of_the_last_look() -> None:
    first = merged(observed=Observed(NOW, changed=[], diff_summary="1 file changed"))
    assert first.diff_summary == "1 file changed"
    assert merged(first).diff_summary == "1 file changed"
    assert merged(first, Observed(NOW, changed=[])).diff_summary == ""


# --- facts


def test_facts_count_and_keep_when_each_event_last_fired() -> None:
    observed = events(
        "open", "prompt", "call", "call", "deny", "ask", "stop", "end", "sub", "edit", "compact", "release"
    )
    observed.events[0]["source"] = "startup"
    observed.takes = ["1-2"]
    stamp = "2026-03-03T15:10:00+00:00"
    names = [
        "file-edited",
        "post-tool-use",
        "pre-compact",
        "pre-tool-use",
        "session-end",
        "session-start",
        "stop",
        "user-prompt",
    ]
    first = merged(observed=observed)
    assert first.facts == [
        "checkpoints 1", "calls 2", "denials 1", "releases 1", "flushes 1", *(f"event {name} {stamp}" for name in names), "taken 1-2 machine",
    ]  # fmt: skip
    second = merged(first, Observed(LATER, events=[{"e": "call", "t": LATER.timestamp()}]), goal="g")
    assert second.facts[:4] == ["checkpoints 2", "calls 3", "denials 1", "releases 1"]
    assert "event post-tool-use 2026-03-03T16:02:00+00:00" in second.facts
    assert f"event stop {stamp}" in second.facts
    assert taken_journals(second) == {}


def test_facts_of_others_stay() -> None:
    facts = ["start 5", "blob abc x y", "calls many", "event odd", "taken x", "checkpoints 4"]
    found = merged(Session("S", facts=facts), events("call")).facts
    assert found[:4] == ["start 5", "blob abc x y", "checkpoints 5", "calls 1"]


def test_a_journal_that_a_semantic_checkpoint_holds_stays_that() -> None:
    first = merged(observed=Observed(NOW, takes=["1-1"]), goal="g")
    assert taken_journals(first) == {"1-1": "semantic"}
    assert taken_journals(merged(first, Observed(NOW, takes=["1-1", "2-1"]))) == {"1-1": "semantic", "2-1": "machine"}


@pytest.mark.parametrize(
    "line", [{}, {"e": 7}, {"e": "call", "t": "x"}, {"e": "call", "t": 1e300}, {"e": "new", "t": 1.0}, {"e": ["call"]}]
)
def test_events_that_make_no_sense_do_no_harm(line: dict[str, object]) -> None:
    assert merged(observed=Observed(NOW, events=[line])).facts[0] == "checkpoints 1"
