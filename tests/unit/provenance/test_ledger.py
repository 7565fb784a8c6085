"""Decisions in force and superseded, problems open and solved: by label, never by deleting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.markdown.facts import digest
from ocm.provenance import decision_log, ledger
from ocm.provenance.ledger import Entry
from tests.support.builders import Project
from tests.support.session_store import put, session
from tests.support.work_world import wrote


def entries(*texts: str) -> list[Entry]:
    """Return items as they were recorded one after the other."""
    return [Entry(f"{n}.md", 0, text, float(n)) for n, text in enumerate(texts)]


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


def test_the_ledger_of_a_store(repo: Project) -> None:
    wrote(
        repo,
        "A",
        {"a.py": "two\n"},
        title="first",
        decisions=["**Cache:** in memory", "**Log:** none"],
        problems=["**p99:** high"],
    )
    wrote(repo, "B", {"b.py": "one\n"}, title="second", decisions=["**Redis:** it is shared. Supersedes: Cache"])
    found = decision_log.decisions(repo.store)
    assert [(one["label"], one["session_id"], one["title"]) for one in found] == [
        ("Redis", "B", "second"),
        ("Log", "A", "first"),
    ]
    assert [one["in_force"] for one in decision_log.decisions(repo.store, everything=True)] == [True, True, False]
    ended = decision_log.decisions(repo.store, everything=True)[-1]["superseded"]
    assert ended == {"by": "**Redis:** it is shared. Supersedes: Cache", "session_id": "B"}
    assert [one["label"] for one in decision_log.decisions(repo.store, "b.py")] == ["Redis"]
    assert [one["freshness"] for one in decision_log.decisions(repo.store, "b.py")] == [
        {"unchanged": 1, "changed": 0, "gone": 0}
    ]
    assert [one["label"] for one in decision_log.problems(repo.store)] == ["p99"]
    wrote(repo, "B", {}, decisions=["**Pool:** ten. Solves: p99"])
    assert decision_log.problems(repo.store) == []
    assert [one["solved"]["session_id"] for one in decision_log.problems(repo.store, everything=True)] == ["B"]


def test_a_session_that_goes_on_is_not_later_for_it(project: Project) -> None:
    store = project.store
    early = ["dated 2026-03-01T10:00:00+00:00 " + digest("**Cache:** in memory")]
    put(
        store,
        "a.md",
        session("A", 1, decisions=["**Cache:** in memory"], facts=early, updated_at="2026-03-09T10:00:00+00:00"),
    )
    put(store, "b.md", session("B", 2, decisions=["**Redis:** supersedes: Cache"]))
    assert [one["label"] for one in decision_log.decisions(store)] == ["Redis"]


def test_multi_line_items_stay_whole(project: Project) -> None:
    text = "**Cache:** in memory\n\n- because\n- it is fast"
    project.checkpoint(decisions=[text, "**Second:** x\x1ey"])
    assert [one["decision"] for one in decision_log.decisions(project.store)][1:] == [text]


@pytest.mark.parametrize(("words", "line", "first"), [
    ({"socket"}, "", "Socket"), ({"socket", "reads"}, "retries = 3", "Retries"), ({"socket"}, "the from with", "Socket"),
    ({"nothing"}, "", "Timeout"), ({"retries"}, "RetryPolicy(retries)", "Retries"),
])  # fmt: skip
def test_the_words_of_a_line_count_more_than_those_around_it(words: set[str], line: str, first: str) -> None:
    texts = "**Socket:** one socket reads for all", "**Retries:** three retries with what is left", "**Timeout:** none"
    found = decision_log.relevant(ledger.decisions(entries(*texts)), words, 0.0, frozenset(decision_log.words_of(line)))
    assert ledger.label(found[0][1].entry.text) == first


def test_what_was_decided_along_with_the_work_comes_first() -> None:
    states = ledger.decisions(entries("**A:** socket", "**B:** nothing", "**C:** nothing"))
    ranked = decision_log.relevant(states, {"socket"}, 1.0)
    assert [(score, ledger.label(state.entry.text)) for score, state in ranked] == [(3, "B"), (1, "A"), (0, "C")]


def test_what_ended_an_item_is_known_of_its_session(project: Project) -> None:
    project.checkpoint("A", decisions=["**Cache:** in memory"], problems=["**p99:** x"])
    project.checkpoint("B", decisions=["**Redis:** supersedes: Cache. Solves: p99"])
    (name,) = [file.name for file in project.files() if "A" in file.read_text() and "Redis" not in file.read_text()]
    ended = decision_log.ended(project.store, name)
    assert [(one["item"], one["session_id"]) for one in ended] == [("**Cache:** in memory", "B"), ("**p99:** x", "B")]
