"""Reading the cache: lists, look-ups, and the order of both."""

import os
from typing import Any

from ocm.base.model import FileChange
from ocm.index import access, checkpoint_queries
from ocm.store.paths import Store
from tests.support.cached_store import find, listed, three
from tests.support.session_store import put, session


def test_lists_are_newest_start_first_and_ties_go_by_file_name(store: Store) -> None:
    three(store)
    put(store, "a-tie.md", session("tie", 2, tool="cursor"))
    assert listed(store) == ["id-gamma", "tie", "id-beta", "id-alpha"]
    assert listed(store, limit=2) == ["id-gamma", "tie"]
    assert listed(store, tool="cursor") == ["tie"]
    assert listed(store, limit=0) == []


def test_starts_are_compared_as_instants(store: Store) -> None:
    put(store, "early.md", session("early", started_at="2026-03-01T13:00:00+02:00"))
    put(store, "late.md", session("late", started_at="2026-03-01T12:00:00+00:00"))
    assert listed(store) == ["late", "early"]


def test_a_row_has_the_keys_of_the_contract(store: Store) -> None:
    put(store, "a.md", session("a", title="T", goal="G", branch="main", status="frozen"))
    (row,) = access.read(store, lambda cache: cache.sessions())
    assert row.as_json() == {
        "session_id": "a",
        "title": "T",
        "goal": "G",
        "date": "2026-03-01T12:00:00+00:00",
        "tool": "claude-code",
        "branch": "main",
        "status": "frozen",
        "markdown_path": os.path.join(os.path.realpath(store.sessions), "a.md"),
    }


def test_a_title_falls_back_to_what_is_nearest_to_one(store: Store) -> None:
    put(store, "a.md", session("a", 3, goal="two\nlines"))
    put(store, "b.md", session("b", 2, slug="some-slug"))
    put(store, "c.md", session("c", 1))
    assert [row.title for row in access.read(store, lambda cache: cache.sessions())] == ["two lines", "some-slug", "c"]


def test_a_file_that_does_not_say_when_has_it_in_its_name_or_comes_last(store: Store) -> None:
    put(store, "2026-03-05_14-30_x.md", "---\nsession_id: named\n---\n")
    put(store, "nothing.md", "---\nsession_id: nothing\n---\n")
    put(store, "naive.md", "---\nsession_id: naive\nstarted_at: 2026-03-06T10:00:00\n---\n")
    rows = access.read(store, lambda cache: cache.sessions())
    assert [row.session_id for row in rows] == ["naive", "named", "nothing"]
    assert [row.date[:16] for row in rows] == ["2026-03-06T10:00", "2026-03-05T14:30", ""]
    assert all(row.date[19:] for row in rows[:2]), "a date has its offset"


def test_an_identifier_is_an_id_a_file_name_a_slug_latest_or_a_prefix(store: Store) -> None:
    three(store)
    put(store, "delta.md", session("id-alphabet", 9, updated_at="2026-02-01T00:00:00+00:00", slug="beta"))
    assert find(store, "id-alpha") == ["alpha.md"]
    assert find(store, "alpha.md") == find(store, "alpha") == ["alpha.md"]
    assert find(store, "beta") == ["beta.md"], "a file name goes before a slug"
    put(store, "epsilon.md", session("e", 8, slug="gamma-2"))
    assert find(store, "gamma-2") == ["epsilon.md"]
    assert find(store, "latest") == ["epsilon.md"]
    assert find(store, "id-alphab") == ["delta.md"]
    assert set(find(store, "id-al")) == {"alpha.md", "delta.md"}
    assert find(store, "") == find(store, "nope") == find(store, "%") == find(store, "\ud800") == []


def test_of_two_files_with_one_id_the_one_updated_last_counts(store: Store) -> None:
    for name, hour in (("a", 3), ("b", 5), ("c", 5)):
        put(store, f"{name}.md", session("same", updated_at=f"2026-03-01T0{hour}:00:00+00:00"))
    assert find(store, "same") == find(store, "sam") == ["b.md"]
    assert listed(store) == ["same"]
    assert checkpoint_queries.locate(store, "same") == "b.md"


def test_files_come_in_the_order_of_the_session(store: Store) -> None:
    changes = [FileChange("z.py", "created"), FileChange("a.py", "modified"), FileChange("new", "renamed", "old")]
    put(store, "a.md", session("a", files=changes))
    assert access.read(store, lambda cache: cache.files("a.md")) == changes
    assert access.read(store, lambda cache: cache.files("b.md")) == []


def test_a_session_that_is_gone_is_not_current(store: Store) -> None:
    path = put(store, "a.md", session("a"))

    def work(cache: Any) -> tuple[bool, bool]:
        rows = [row.row for row in cache.sessions()]
        before = cache.is_current(rows)
        os.unlink(path)
        return before, cache.is_current(rows)

    assert access.read(store, work) == (True, False)
