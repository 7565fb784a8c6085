"""Decisions in force and superseded, problems open and solved: by label, never by deleting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.provenance import decision_log, ledger
from ocm.provenance.ledger import Entry
from tests.support.builders import Project
from tests.support.work_world import entries


def in_force(*texts: str) -> list[str]:
    """Return the labels of the decisions that still bind."""
    return [ledger.label(state.entry.text) for state in ledger.decisions(entries(*texts)) if state.in_force]


def still_open(*texts: str, decisions: tuple[str, ...] = ()) -> list[str]:
    """Return the labels of the problems that are still open; the decisions came later."""
    others = [Entry(f"d{n}.md", 0, text, 100.0 + n) for n, text in enumerate(decisions)]
    found = ledger.problems(entries(*texts), others)
    return [ledger.label(state.entry.text) for state in found if state.in_force]


@pytest.mark.parametrize(("text", "label"), [
    ("**TEI over Infinity:** native support", "TEI over Infinity"), ("**Bold** and more", "Bold"), ("__Under:__ x", "Under"),
    ("Plain: a reason", "Plain"), ("no label at all", ""), ("https://example.org is a link", ""), ("", ""), ("  **A :** b", "A"),
    ("a\nb: c", ""), ("**unclosed: x", ""), ("**two\nlines:** x", ""),
])  # fmt: skip
def test_an_item_begins_with_its_label(text: str, label: str) -> None:
    assert ledger.label(text) == label


@pytest.mark.parametrize("words", [
    "Supersedes: Cache.", "supersedes **Cache**", 'Supersedes "cache"', "Supersedes: `Cache`; it was slow", "(supersedes: CACHE)",
    "SUPERSEDES **Cache:** as it was", "because.\nSupersedes:  Cache",
])  # fmt: skip
def test_a_decision_names_the_one_it_supersedes(words: str) -> None:
    assert in_force("**Cache:** in memory", f"**No cache:** {words}") == ["No cache"]


@pytest.mark.parametrize(
    "words", ["Supersedes: Caches.", "supersedes nothing", "supersedes", "Supersedes: ", "not related to Cache"]
)
def test_what_names_no_label_supersedes_nothing(words: str) -> None:
    assert in_force("**Cache:** in memory", f"**Other:** {words}") == ["Cache", "Other"]


def test_a_decision_without_label_cannot_be_superseded() -> None:
    assert in_force("just words", "**B:** supersedes: just words") == ["", "B"]


def test_only_what_came_earlier_is_superseded() -> None:
    assert in_force("**B:** x. Supersedes: A", "**A:** y") == ["B", "A"]
    assert in_force("**A:** x", "**B:** y. Supersedes: A", "**A:** again. Supersedes: B") == ["A"]
    assert in_force("**A:** x. Supersedes: A") == ["A"]


def test_an_ended_decision_names_what_ended_it_first() -> None:
    first = ledger.decisions(entries("**A:** x", "**B:** y. Supersedes: A", "**C:** z. Supersedes: A"))[0]
    assert first.by is not None
    assert ledger.label(first.by.text) == "B"


@pytest.mark.parametrize(("text", "solved"), [
    ("**p99:** spikes", False), ("**p99:** spikes; fix: more memory", True), ("**p99:** spikes (fixed)", True),
    ("Solved: p99 spikes", True), ("**p99:** spikes, not fixed yet", False), ("**p99:** spikes, fixed: not yet fixed", False),
    ("**p99:** unfixed", False), ("**p99:** a prefix: x", False),
])  # fmt: skip
def test_a_problem_says_itself_that_it_is_solved(text: str, solved: bool) -> None:
    assert bool(still_open(text)) is not solved


def test_a_later_problem_or_decision_solves_one() -> None:
    assert still_open("**p99:** spikes", "**Pool:** solves: p99") == []
    assert still_open("**p99:** spikes", decisions=("**Pool:** ten connections. Solves **p99**.",)) == []
    assert still_open("**p99:** spikes", "**p95:** spikes too") == ["p99", "p95"]


@given(st.lists(st.text(max_size=80) | st.sampled_from(["**A:** b", "**B:** supersedes: A", "solves: A"]), max_size=8))
def test_no_text_is_an_error_and_nothing_is_lost(texts: list[str]) -> None:
    assert [state.entry.text for state in ledger.decisions(entries(*texts))] == texts
    assert [state.entry.text for state in ledger.problems(entries(*texts), entries(*texts))] == texts


# --- in a store


def test_multi_line_items_stay_whole(project: Project) -> None:
    text = "**Cache:** in memory\n\n- because\n- it is fast"
    project.checkpoint(decisions=[text, "**Second:** x\x1ey"])
    assert [one["decision"] for one in decision_log.decisions(project.store)][1:] == [text]


def test_an_item_that_a_person_struck_through_is_over() -> None:
    struck, kept = Entry("a.md", 0, "~~**Old:** a~~", 1.0), Entry("a.md", 1, "**New:** ~~a~~ b", 1.0)
    assert [state.in_force for state in ledger.decisions([struck, kept])] == [False, True]
    assert [state.in_force for state in ledger.problems([struck, kept], [])] == [False, True]
