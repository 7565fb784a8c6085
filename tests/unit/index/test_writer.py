"""What the rows hold, and in which order they are put in."""

import contextlib
import os
import sqlite3
from typing import Any, cast
from unittest.mock import Mock

import pytest

from ocm.index import access, writer
from ocm.markdown.fingerprint_lines import unit_line
from ocm.store.paths import Store
from tests.support.cached_store import DAY, execute, found, listed
from tests.support.session_store import put, session


def test_parts_of_identifiers_are_found_though_only_the_index_holds_them(store: Store) -> None:
    for n in range(3):
        put(store, f"kept-{n}.md", session(f"kept-{n}", goal="as it was"))
    put(store, "a.md", session("a", goal="the RetryPolicy"))
    assert found(store, "policy") == ["a"]
    put(store, "a.md", session("a", goal="the ParseError"))
    assert (found(store, "policy"), found(store, "error")) == ([], ["a"])
    os.unlink(os.path.join(store.sessions, "a.md"))
    assert found(store, "parse error") == []
    assert execute(store, "SELECT group_concat(ident, '') FROM session_texts") == [[("",)]]
    with contextlib.closing(sqlite3.connect(store.database)) as db:
        db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'sessions_fts', 'row')")
        assert [term for (term,) in db.execute("SELECT term FROM temp.words")] == ["as", "it", "wa"]


@pytest.mark.parametrize("sizes", [[], [10], [40_000] * 3, [5_000] * 50, [9_000, 6_500, 3_000, 13_000, 20_000, 100]])
def test_rows_are_put_in_an_order_that_fills_pages(sizes: list[int]) -> None:
    rows = [(Mock(file=str(n)), ("x" * size,)) for n, size in enumerate(sizes)]
    packed = writer._packed(cast("Any", rows))
    assert sorted(map(id, packed)) == sorted(map(id, rows))


def test_a_page_that_the_next_row_does_not_fit_in_is_filled_with_smaller_ones() -> None:
    rows = [(Mock(), ("x" * size,)) for size in (9_000, 6_500, 9_100, 6_600, 500)]
    packed = writer._packed(cast("Any", rows))
    assert [len(text) for _, (text,) in packed] == [9_100, 6_600, 500, 9_000, 6_500]


def units_of(store: Store, name: str, said: list[str]) -> list[set[int]]:
    """Return the keys that each checkpoint of a session recorded, as the cache has them."""
    return access.read(store, lambda cache: [set(unit.keys) for unit in cache.links().units(name)], notice=said.append)


@pytest.mark.parametrize(("facts", "wanted"), [
    ([unit_line(DAY, "", 7, {1, 2, 3})], [{1, 2, 3}]), ([unit_line(DAY, "", 8, {4})], [{4}]), ([], []),
])  # fmt: skip
def test_a_session_saved_anew_over_rows_that_make_no_sense_is_answered_for_rightly(
    store: Store, facts: list[str], wanted: list[set[int]]
) -> None:
    names = [f"{name}.md" for name in "abc"]
    for name in names:
        put(store, name, session(name[0], facts=[unit_line(DAY, "", 7, {1, 2, 3})]))
    assert listed(store) == ["a", "b", "c"]
    with contextlib.closing(sqlite3.connect(store.database)) as db, db:
        assert db.execute("UPDATE session_units SET keys = 'no keys'").rowcount == 3
    put(store, "a.md", session("a", title="saved anew", facts=facts))
    assert [row.title for row in access.read(store, lambda cache: cache.sessions())] == ["saved anew", "b", "c"]
    said: list[str] = []
    assert [units_of(store, name, said) for name in names] == [wanted, [{1, 2, 3}], [{1, 2, 3}]]
    assert access.health(store) == ""
    assert [units_of(store, name, said) for name in names] == [wanted, [{1, 2, 3}], [{1, 2, 3}]]
    assert len(said) <= 1, "it is made anew once"
