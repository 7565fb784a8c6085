"""What the cache holds of decisions and problems."""

import contextlib
import sqlite3

from ocm.index import access
from ocm.store.paths import Store
from tests.support.cached_store import listed
from tests.support.session_store import put, session


def test_the_date_of_an_item_that_its_session_does_not_have_is_passed_over(store: Store) -> None:
    put(store, "a.md", session("a", decisions=["**One:** why", "**Two:** why"]))
    put(store, "b.md", session("b", 2, decisions=["**Three:** why"]))
    assert listed(store) == ["b", "a"]
    with contextlib.closing(sqlite3.connect(store.database)) as db, db:
        assert db.execute("UPDATE session_items SET n = n + 50 WHERE n = 1").rowcount == 1
    texts = access.read(store, lambda cache: [item.text for item in cache.links().items("decision")])
    assert texts == ["**One:** why", "**Three:** why"]
