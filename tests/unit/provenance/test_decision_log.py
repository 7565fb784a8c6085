"""Decisions in force and open problems of a store, and which of them speak of a line."""

import pytest

from ocm.index import access
from ocm.index.queries import Index
from ocm.markdown import facts
from ocm.provenance import decision_log, ledger
from ocm.provenance.ended import ended_of
from tests.support.builders import Project
from tests.support.session_store import put, session
from tests.support.work_world import entries, retried, wrote


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
    early = ["dated 2026-03-01T10:00:00+00:00 " + facts.digest("**Cache:** in memory")]
    put(
        store,
        "a.md",
        session("A", 1, decisions=["**Cache:** in memory"], facts=early, updated_at="2026-03-09T10:00:00+00:00"),
    )
    put(store, "b.md", session("B", 2, decisions=["**Redis:** supersedes: Cache"]))
    assert [one["label"] for one in decision_log.decisions(store)] == ["Redis"]


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


@pytest.mark.parametrize(("at", "date", "shown"), [
    (0.0, "2026-03-03T14:32:10+01:00", "2026-03-03T14:32:10+01:00"),
    (1e9, "2026-03-03T14:32:10+01:00", "2001-09-09T02:46:40+01:00"),
    (1e9, "when it rained", "when it rained"), (1e30, "2026-03-03T14:32:10+01:00", "2026-03-03T14:32:10+01:00"),
])  # fmt: skip
def test_an_item_was_recorded_when_it_says_or_when_its_session_began(
    repo: Project, at: float, date: str, shown: str
) -> None:
    retried(repo)
    (row,) = access.read(repo.store, lambda cache: cache.sessions())
    state = ledger.State(ledger.Entry(row.file, 0, "text", at))
    assert decision_log.date_of(state, row._replace(date=date)) == shown


def test_a_problem_that_says_itself_that_it_is_solved_was_ended_by_nobody(project: Project) -> None:
    project.checkpoint("A", problems=["**p99:** spikes (fixed)", "**p50:** x"])
    project.checkpoint("B", problems=["**p95:** y. Solves: p50"])

    def ended(cache: Index) -> list[list[str]]:
        found = decision_log.ended_of(cache, "", cache.sessions())
        return [[one["item"] for one in each] for each in found.values()]

    assert sorted(access.read(project.store, ended)) == [[], ["**p50:** x"]]


def test_of_many_sessions_it_is_told_as_of_few_what_was_ended(project: Project) -> None:
    names = [f"choice{n}" for n in range(decision_log._MANY + 1)]
    for name in names:
        put(project.store, f"{name}.md", session(name, 1, decisions=[f"**{name}:** why"]))
    ending = "; ".join(f"Supersedes: **{name}**" for name in names)
    put(project.store, "last.md", session("LAST", 2, decisions=[f"**All of it:** anew. {ending}"]))

    def told(cache: Index) -> list[dict[int, list[str]]]:
        rows = cache.sessions(-1)
        at_once = ended_of(cache, "", rows)
        one_by_one = {row.row: ended_of(cache, "", [row])[row.row] for row in rows}
        return [{row: [one["item"] for one in ended] for row, ended in each.items()} for each in (at_once, one_by_one)]

    at_once, one_by_one = access.read(project.store, told)
    assert at_once == one_by_one
    assert sorted(at_once.values()) == sorted([[], *([f"**{name}:** why"] for name in names)])
