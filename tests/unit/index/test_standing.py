"""What the cache knows across sessions: which matter, what they left, and what is over."""

import contextlib
import sqlite3
from typing import Any

import pytest

from ocm.base.model import FileChange, Session, WorkEntry
from ocm.index import access, standing
from ocm.index.queries import Index
from ocm.markdown.facts import date_line, digest
from ocm.store.paths import Store
from tests.support.session_store import DAY, put, session

PROMPT = "What does the wombat do?"
FIRED = "event session-start 2026-03-01T12:00:00+00:00"


def left(store: Store, branch: str = "main") -> list[tuple[str, str]]:
    """Return kind and text of what stands."""

    def ask(cache: Any) -> list[tuple[str, str]]:
        known = cache.standing()
        items = known.items(sorted(known.sessions(branch)))
        ended = known.ended(items)
        return sorted((item.kind, item.text) for item in items if item not in ended)

    return access.read(store, ask)


def dated(day: int, text: str) -> str:

    return date_line(f"2026-03-{day:02}T12:00:00+00:00", text)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, True),
        ({"title": "What does it do?", "facts": [FIRED, "asked What does it do?"]}, True),
        ({"title": "A name", "facts": [FIRED, "asked What does it do?"]}, False),
        ({"work": [WorkEntry("x", ["Tests run: `pytest` passed", "`make` failed, then passed"])]}, True),
        ({"last_words": "It sorts."}, True),
        ({"work": [WorkEntry("x", ["Committed 1234567 change"])]}, False),
        ({"files": [FileChange("a.py", "modified")]}, False),
        ({"goal": "g"}, False),
        ({"notes": "a person's"}, False),
        ({"tags": ["x"]}, False),
        ({"facts": []}, False),
    ],
)
def test_a_recorded_conversation_that_came_to_nothing_only_asked(values: dict[str, Any], *, expected: bool) -> None:
    assert standing.only_asked(Session("a", **{"facts": [FIRED], **values})) is expected


def test_who_only_asked_is_in_no_list_and_never_found_but_by_its_id(store: Store) -> None:
    put(store, "a.md", session("asked", 2, title=PROMPT, facts=[FIRED, f"asked {PROMPT}"]))
    put(store, "b.md", session("worked", 1, title="The wombat works", facts=[FIRED], goal="g"))

    def ask(cache: Any) -> list[Any]:
        rows = [cache.sessions(everything=False), cache.latest(9), cache.find("latest"), cache.find("ask")]
        return [[row.session_id for row in found] for found in rows] + [cache.count("wombat"), len(cache.sessions())]

    assert access.read(store, ask) == [["worked"], ["worked"], ["worked"], ["asked"], 1, 2]
    put(store, "a.md", session("asked", 2, title=PROMPT, facts=[FIRED, f"asked {PROMPT}"], goal="now it works"))
    assert access.read(store, ask)[-2:] == [2, 2]
    put(store, "a.md", session("asked", 2, title=PROMPT, facts=[FIRED, f"asked {PROMPT}"]))
    assert access.read(store, ask)[-2:] == [1, 2]


def test_a_task_is_over_where_its_own_session_did_it_in_other_words(store: Store) -> None:
    put(store, "a.md", session("a", work_pending=["Write it", "Ship it"], work_completed=["Wrote it", "Ship it"]))
    assert left(store) == [("open", "Ship it")], "what is listed again after it was done is open"


def test_a_task_is_as_old_as_it_was_first_listed(store: Store) -> None:
    put(store, "b.md", session("b", 4, work_completed=["Write it"]))
    put(store, "a.md", session("a", 1, updated_at="2026-03-09T12:00:00+00:00", work_pending=["Write it"]))
    assert left(store) == []
    facts = [dated(9, "Write it")]
    put(store, "a.md", session("a", 1, updated_at="2026-03-09T12:00:00+00:00", work_pending=["Write it"], facts=facts))
    assert left(store) == [("open", "Write it")]


def test_a_problem_that_says_how_it_was_solved_is_none(store: Store) -> None:
    problems = ["Flaky (fixed)", "**B:** solves A", "~~Slow~~", "**Loud:** why"]
    put(store, "a.md", session("a", problems=problems))
    assert left(store) == [("problem", "**Loud:** why")]
    put(store, "b.md", session("b", 2, work_completed=["Fixed: loud"], problems=["**Q:** Solves: Loud"]))
    assert left(store) == []


def test_a_decision_of_the_same_name_replaces_the_earlier_and_not_itself(store: Store) -> None:
    put(store, "a.md", session("a", 1, decisions=["**A:** one"]))
    put(store, "b.md", session("b", 2, decisions=["**A:** two. Supersedes: A"]))
    assert left(store) == [("decision", "**A:** two. Supersedes: A")]


def test_notes_are_paragraphs_and_items_without_headings() -> None:
    text = "## Notes\n\nOne\nparagraph.\n\n- an item\n* [ ] another\n\n## More\n"
    assert standing._paragraphs(text) == ["One paragraph.", "an item", "another"]
    assert standing._paragraphs("") == []


def test_in_the_store_of_a_user_only_one_project_counts(store: Store) -> None:
    put(store, "a.md", session("a", project="one", work_pending=["x"]))
    put(store, "b.md", session("b", 2, project="two", work_pending=["y"], work_completed=["x"]))

    def ask(cache: Any) -> tuple[int, int]:
        known = cache.standing("one")
        items = known.items(known.sessions(""))
        return len(items), len(known.ended(items))

    assert access.read(store, ask) == (1, 0)


def test_the_commits_of_sessions_are_known(store: Store) -> None:
    put(store, "a.md", session("a", goal="g"))
    assert access.read(store, lambda cache: cache.standing().made([1])) == {}


def test_what_an_imported_conversation_left_is_not_open_for_certain(store: Store) -> None:
    from ocm.markdown.facts import digest

    facts = [f"origin machine {digest(text)} work_pending 7" for text in ("Port it", "Ship it")]
    tasks = ["Port it", "Ship it", "By a person"]
    put(store, "a.md", session("a", 1, facts=[*facts, dated(1, "Ship it")], work_pending=tasks))
    assert left(store) == [("left", "Port it"), ("open", "By a person"), ("open", "Ship it")]
    put(store, "a.md", session("a", 1, facts=[FIRED, *facts], work_pending=tasks))
    assert left(store) == [("open", "By a person"), ("open", "Port it"), ("open", "Ship it")], "hooks recorded it"
    put(store, "a.md", session("a", 1, facts=facts, work_pending=tasks))
    put(store, "b.md", session("b", 2, work_completed=["Ported it"]))
    assert ("left", "Port it") not in left(store)
    put(store, "c.md", session("c", 3, work_pending=["Port it"]))
    assert ("open", "Port it") in left(store), "a checkpoint that lists it says that it is"


@pytest.mark.parametrize(
    ("tool", "facts", "origin"),
    [
        ("claude-code", [], "assistant"),
        ("person", [], "person"),
        ("claude-code", [date_line(DAY.format(1), "it")], "assistant"),
        ("claude-code", [date_line(DAY.format(1), "another")], "person"),
        ("claude-code", [f"origin machine {digest('it')} decisions 3"], "machine"),
        ("claude-code", [f"origin machine {digest('it')} problems 3"], "person"),
        ("claude-code", [f"origin machine {digest('it')} decisions 3", date_line(DAY.format(1), "it")], "assistant"),
        ("claude-code", [f"origin person {digest('it')} decisions note", date_line(DAY.format(1), "it")], "person"),
    ],
)
def test_a_decision_is_the_assistants_unless_its_facts_say_otherwise_or_no_checkpoint_dated_it(
    store: Store, tool: str, facts: list[str], origin: str
) -> None:
    put(store, "a.md", session("a", decisions=["it"], tool=tool, facts=facts))
    (item,) = access.read(store, lambda cache: cache.links().items("decision"))
    assert item.origin == origin


def test_an_item_whose_text_is_not_there_is_damage(store: Store) -> None:
    put(store, "a.md", session("A", 1, work_pending=["One", "Two"]))
    assert left(store) == [("open", "One"), ("open", "Two")]
    with contextlib.closing(sqlite3.connect(store.database)) as db:
        db.execute("UPDATE session_chunks SET todos = 'One'")
        db.commit()
    assert left(store) == [("open", "One"), ("open", "Two")], "the cache was rebuilt"


def test_of_whom_nobody_names_an_item_nothing_was_ended(store: Store) -> None:
    put(store, "a.md", session("A", 1, decisions=["**Redis:** fast"], problems=["**Loud:** why"]))
    put(store, "b.md", session("B", 2, decisions=["**Postgres:** known"], work_completed=["Fixed the loud one"]))
    put(store, "c.md", session("C", 3, decisions=["**SQLite:** small. Supersedes: Redis"]))

    def named(cache: Index) -> list[str]:
        rows = {row.row: row.session_id for row in cache.sessions()}
        return [rows[row] for row in cache.standing().named(list(rows))]

    assert access.read(store, named) == ["A"]
