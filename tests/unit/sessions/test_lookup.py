"""Which session is meant: `latest` is the one that started last, and no time of another century makes one that."""

from pathlib import Path

import pytest

from ocm.recall import listing
from ocm.sessions import lookup
from tests.support.session_store import make_store, put, session


@pytest.mark.parametrize("undated", ["9999-12-31T00:00:00+00:00", "3500-01-01", "no time", "0001-01-01T00:00:00+14:00"])
def test_a_session_that_is_dated_in_another_century_is_not_the_latest(tmp_path: Path, undated: str) -> None:
    store = make_store(tmp_path)
    put(store, "a.md", session("a", 2, updated_at="2026-03-02T13:00:00+00:00"))
    put(store, "b.md", session("b", started_at=undated, updated_at=undated))
    assert lookup.find(store, "latest") == "a.md"
    assert [row["session_id"] for row in listing.list_sessions(store)] == ["a", "b"]
