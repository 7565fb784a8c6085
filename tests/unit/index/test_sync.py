"""The cache is brought in step with the session files, row by row or rebuilt."""

import contextlib
import gc
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest

from ocm.base.errors import OcmError
from ocm.index import access, schema, sync, writer
from ocm.markdown import parse, render
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.cached_store import find, found, junk, listed, three
from tests.support.session_store import put, session


def test_additions_edits_and_removals_show_at_the_next_read(store: Store) -> None:
    three(store)
    assert found(store, "zanzibar") == []
    put(store, "beta.md", session("id-beta", goal="precious zanzibar"))
    os.unlink(os.path.join(store.sessions, "alpha.md"))
    os.rename(os.path.join(store.sessions, "gamma.md"), os.path.join(store.sessions, "moved.md"))
    assert found(store, "zanzibar") == ["id-beta"]
    assert found(store, "alpha") == []
    assert find(store, "id-gamma") == ["moved.md"]


def test_a_removal_alone_is_one_row(store: Store) -> None:
    three(store)
    listed(store)
    inode = os.stat(store.database).st_ino
    os.unlink(os.path.join(store.sessions, "beta.md"))
    assert listed(store) == ["id-gamma", "id-alpha"]
    assert found(store, "beta") == []
    assert os.stat(store.database).st_ino == inode


def test_deleting_the_cache_changes_no_answer(store: Store) -> None:
    three(store)
    before = listed(store), search.search(store, "work goal", now=0), find(store, "latest")
    os.unlink(store.database)
    assert before == (listed(store), search.search(store, "work goal", now=0), find(store, "latest"))


def test_only_what_changed_is_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    put(store, "bad.md", "no front matter")
    listed(store)
    changed = render.render(session("id-beta", goal="anew"))
    parser = Mock(wraps=parse.parse)
    monkeypatch.setattr(parse, "parse", parser)
    listed(store)
    parser.assert_not_called()
    put(store, "beta.md", changed)
    listed(store)
    parser.assert_called_once_with(changed)


def test_many_changes_at_once_are_built_beside(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WHOLE", 2)
    three(store)
    put(store, "stays.md", session("stays"))
    listed(store)
    inode = os.stat(store.database).st_ino
    for name in ("alpha", "beta", "gamma"):
        put(store, f"{name}.md", session(f"id-{name}", goal="changed"))
    assert len(found(store, "changed")) == 3
    assert os.stat(store.database).st_ino == inode, "those who have it open must see the change"
    assert sorted(os.listdir(store.path)) == ["memory.db", "sessions"]


def test_more_than_a_batch_is_put_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "stays.md", session("stays"))
    listed(store)
    monkeypatch.setattr(sync, "_BATCH", 2)
    three(store)
    os.unlink(put(store, "gone.md", session("gone")))
    assert len(listed(store)) == 4


def test_a_rebuild_reports_what_it_read(store: Store) -> None:
    three(store)
    put(store, "bad.md", "no front matter")
    seen: list[tuple[int, int]] = []
    done = sync.rebuild(store, lambda now, total: seen.append((now, total)))
    assert done.read == 3
    assert [name for name, _ in done.unreadable] == ["bad.md"]
    assert seen[-1] == (4, 4)
    assert len(listed(store)) == 3


def test_a_rebuild_goes_past_those_who_have_the_cache_open(store: Store) -> None:
    three(store)
    listed(store)
    with contextlib.closing(sqlite3.connect(store.database)) as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (3,)
        put(store, "new.md", session("new"))
        sync.rebuild(store)
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (4,)


def test_a_rebuild_gives_up_on_a_reader_that_never_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "_READERS", 0.1)
    monkeypatch.setitem(cast("dict[str, Any]", schema.connect.__kwdefaults__), "wait", 0.1)
    three(store)
    listed(store)
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sessions").fetchone()
        with pytest.raises(OcmError, match="in use"):
            sync.rebuild(store)
    assert len(listed(store)) == 3
    assert sorted(os.listdir(store.path)) == ["memory.db", "sessions"]


def test_a_rebuild_repairs_a_damaged_cache(store: Store) -> None:
    three(store)
    junk(store.database)
    notices: list[str] = []
    assert sync.rebuild(store, notice=notices.append).read == 3
    assert len(notices) == 1


def test_a_rebuild_that_fails_leaves_what_was_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with monkeypatch.context() as patch:
        patch.setattr(schema, "connect", Mock(side_effect=locked))
        with pytest.raises(OcmError, match="database is locked"):
            sync.rebuild(store)
    with monkeypatch.context() as patch:
        broken = schema.SESSIONS_FORM._replace(statements=("CREATE NONSENSE",))
        patch.setattr(schema.create, "__defaults__", (broken,))
        with pytest.raises(OcmError, match="syntax error"):
            sync.rebuild(store)
    assert sorted(os.listdir(store.path)) == ["memory.db", "sessions"]
    assert len(listed(store)) == 3


def test_a_rebuild_leaves_the_garbage_collector_as_it_was(store: Store) -> None:
    gc.disable()
    try:
        sync.rebuild(store)
        assert not gc.isenabled()
    finally:
        gc.enable()
    sync.rebuild(store)
    assert gc.isenabled()


def test_a_rebuild_of_a_store_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(OcmError, match="cannot be rebuilt"):
        sync.rebuild(Store(str(tmp_path / "none"), str(tmp_path)))


def test_what_a_killed_rebuild_left_is_removed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead, alive, old = (f"memory.db.{pid}.x{n}_.tmp" for n, pid in enumerate((child.pid, os.getpid(), os.getpid())))
    for name in (dead, alive, old, "memory.db.x.tmp"):
        Path(store.path, name).write_bytes(b"x")
    os.utime(os.path.join(store.path, old), (0, 0))
    listed(store)
    monkeypatch.setattr(os, "kill", Mock(side_effect=PermissionError))
    listed(store)
    assert {alive, "memory.db.x.tmp"} == {name for name in os.listdir(store.path) if name.endswith(".tmp")}


def test_how_far_the_cache_is_behind_is_told_without_reading(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    assert sync.behind(store) == 3
    assert not os.path.exists(store.database)
    listed(store)
    assert sync.behind(store) == 0
    put(store, "alpha.md", session("id-alpha", goal="another"))
    assert sync.behind(store) == 1
    monkeypatch.setattr(writer, "WHOLE", 0)
    assert sync.behind(store) == 3
    junk(store.database)
    assert sync.behind(store) == 3
    assert not os.path.exists(store.database + ".damaged")


@pytest.mark.parametrize("step", ["_apply", "_build"])
def test_rows_that_a_process_with_an_older_listing_takes_away_are_put_back(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(store)
    if step == "_apply":
        listed(store)
    put(store, "new.md", session("new", 4))
    real, times = getattr(sync, step), [1]

    def and_then_another(*arguments: Any, **options: Any) -> Any:
        done = real(*arguments, **options)
        if times and times.pop():
            db = schema.connect(store)
            assert db is not None
            with contextlib.closing(db), schema.writing(store, db):
                writer.drop(db, "new.md")
        return done

    monkeypatch.setattr(sync, step, and_then_another)
    assert "new" in listed(store)
    assert not times


@pytest.mark.parametrize(("age", "is_left"), [(0, True), (3000, True), (4000, False)])
def test_what_a_killed_checkpoint_left_is_cleared_by_a_later_reader(store: Store, age: int, is_left: bool) -> None:
    put(store, "a.md", session("a", title="A"))
    left = Path(store.sessions) / ".ocm-tmp-gone"
    left.write_bytes(b"half")
    os.utime(store.sessions, (1, 1))
    assert listed(store) == ["a"]
    os.utime(left, (time.time() - age,) * 2)
    assert listed(store) == ["a"]
    assert left.exists() == is_left


def test_where_others_are_quicker_each_time_an_answer_a_moment_old_is_good_enough(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "a.md", session("a", 2, goal="first"))
    put(store, "b.md", session("b", goal="beside it"))
    assert listed(store) == ["a", "b"]
    put(store, "a.md", session("a", 2, goal="second"))
    really = sync._apply
    turns: list[str] = []

    def and_another_writes(*given: Any) -> None:
        really(*given)
        turns.append(put(store, "a.md", session("a", 2, goal=f"more {len(turns)}")))

    monkeypatch.setattr(sync, "_apply", and_another_writes)
    assert listed(store) == ["a", "b"]
    assert len(turns) == sync._TURNS
    known = []
    access.read(store, lambda _: None, prepare=lambda commits: known.append(commits.known("")))
    assert known == [set()], "nothing stands in the way of the commits then"
