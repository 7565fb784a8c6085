"""What a checkpoint asks of the cache."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path

import pytest

from ocm.base import times
from ocm.base.model import FileChange
from ocm.index import checkpoint_queries, scan, schema
from ocm.store import files
from ocm.store.paths import Store
from tests.support.cached_store import SETTLED, execute, junk, listed, three
from tests.support.session_store import put, session


def test_a_refresh_puts_one_row_in_step(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    put(store, "beta.md", session("id-beta", goal="zanzibar"))
    put(store, "new.md", session("id-new"))
    monkeypatch.setattr(scan, "names", None)
    monkeypatch.setattr(scan, "scan", None)
    for name in ("beta.md", "new.md", "never-was.md", "../outside.md"):
        checkpoint_queries.refresh(store, name)
    query = "SELECT count(*) FROM sessions_fts WHERE sessions_fts MATCH 'zanzibar'"
    assert execute(store, "SELECT count(*) FROM sessions", query) == [[(4,)], [(1,)]]
    os.unlink(os.path.join(store.sessions, "new.md"))
    checkpoint_queries.refresh(store, "new.md")
    assert execute(store, "SELECT count(*) FROM sessions") == [[(3,)]]


def test_a_refresh_makes_no_cache_and_repairs_none(store: Store) -> None:
    three(store)
    checkpoint_queries.refresh(store, "alpha.md")
    assert not os.path.exists(store.database)
    junk(store.database)
    checkpoint_queries.refresh(store, "alpha.md")
    assert Path(store.database).read_bytes().startswith(b"junk")


def test_a_refresh_does_not_wait(store: Store) -> None:
    three(store)
    listed(store)
    begin = time.monotonic()
    with files.locked(schema.lock_path(store)):
        checkpoint_queries.refresh(store, "alpha.md")
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        checkpoint_queries.refresh(store, "alpha.md")
        assert checkpoint_queries.locate(store, "id-alpha") == "alpha.md"
    assert time.monotonic() - begin < 3


def test_a_session_is_located_by_its_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    monkeypatch.setattr(scan, "names", None)
    monkeypatch.setattr(scan, "head", None)
    assert checkpoint_queries.locate(store, "id-alpha") == "alpha.md"


def test_a_row_is_not_believed_without_a_look(store: Store) -> None:
    three(store)
    listed(store)
    put(store, "alpha.md", session("another", goal="changed by hand"))
    assert checkpoint_queries.locate(store, "id-alpha") is None
    put(store, "beta.md", session("id-beta", goal="changed by hand"))
    assert checkpoint_queries.locate(store, "id-beta") == "beta.md"
    os.unlink(os.path.join(store.sessions, "gamma.md"))
    assert checkpoint_queries.locate(store, "id-gamma") is None
    execute(store, "UPDATE sessions SET file = '../../x.md' WHERE session_id = 'id-beta'")
    assert checkpoint_queries.locate(store, "id-beta") == "beta.md"


def test_a_complete_cache_answers_without_looking_at_the_files(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    time.sleep(SETTLED)
    listed(store)
    time.sleep(0.3)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "names", None)
        assert checkpoint_queries.locate(store, "nobody") is None
    before = scan.folder_stamp(store)
    put(store, "new.md", session("new"))
    checkpoint_queries.refresh(store, "new.md", before=before)
    time.sleep(0.3)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "names", None)
        assert checkpoint_queries.locate(store, "nobody") is None
        assert checkpoint_queries.locate(store, "new") == "new.md"


def test_a_file_that_the_cache_does_not_know_is_found(store: Store) -> None:
    three(store)
    time.sleep(SETTLED)
    listed(store)
    put(store, "pulled.md", session("pulled"))
    before = scan.folder_stamp(store)
    put(store, "own.md", session("own"))
    checkpoint_queries.refresh(store, "own.md", before=before)
    time.sleep(0.3)
    assert checkpoint_queries.locate(store, "pulled") == "pulled.md"


@pytest.mark.parametrize(
    "session_id", ["plain-1", "with space", "quo\"te's", "日本語", "a: b # c", "0012", "null", "x" * 300]
)
def test_a_session_is_located_without_a_cache(store: Store, session_id: str) -> None:
    three(store)
    put(store, "it.md", session(session_id))
    put(store, "broken.md", b"\xff\xfe")
    assert checkpoint_queries.locate(store, session_id) == "it.md"
    assert checkpoint_queries.locate(store, "nobody") is None
    assert not os.path.exists(store.database)


def test_a_file_that_cannot_be_parsed_still_holds_its_session(store: Store) -> None:
    three(store)
    put(store, "later.md", "---\nocm: 99\nsession_id: later\n---\n")
    time.sleep(SETTLED)
    listed(store)
    time.sleep(0.3)
    assert checkpoint_queries.locate(store, "later") == "later.md"


def test_of_several_unknown_files_the_one_updated_last_holds_the_session(store: Store) -> None:
    for name, hour in (("a", 3), ("b", 5), ("c", 4)):
        put(store, f"{name}.md", session("same", updated_at=f"2026-03-01T0{hour}:00:00+00:00"))
    put(store, "d.md", "---\nocm: 99\nsession_id: same\n---\n")
    assert checkpoint_queries.locate(store, "same") == "b.md"


def test_a_file_whose_name_is_not_text_is_located_and_has_no_row(store: Store) -> None:
    three(store)
    name = os.fsdecode(b"odd\xff.md")
    try:
        put(store, name, session("odd"))
    except OSError:
        pytest.skip("this file system takes no such name")
    assert checkpoint_queries.locate(store, "odd") == name
    listed(store)
    checkpoint_queries.refresh(store, name)
    assert len(listed(store)) == 3


def test_half_a_character_is_no_session_id(store: Store) -> None:
    three(store)
    assert checkpoint_queries.locate(store, "\ud800") is None
    listed(store)
    assert checkpoint_queries.locate(store, "\ud800") is None


def test_what_other_sessions_edited_since(store: Store) -> None:
    for day, project in ((1, "p"), (2, "p"), (3, "p"), (4, "other")):
        when, changes = f"2026-03-0{day}T00:00:00+00:00", [FileChange(f"{day}.py", "modified")]
        put(store, f"{day}.md", session(f"s{day}", files=changes, project=project, updated_at=when))
    since = times.instant("2026-03-02T00:00:00+00:00")
    assert checkpoint_queries.edited_since(store, since, project="p", exclude="s3") == set()
    listed(store)
    assert checkpoint_queries.edited_since(store, since, project="p", exclude="s3") == {"2.py"}
    junk(store.database)
    assert checkpoint_queries.edited_since(store, since, project="p", exclude="s3") == set()
