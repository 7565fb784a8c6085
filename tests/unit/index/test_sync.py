import contextlib
import gc
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest

from ocm.base import notices, times
from ocm.base.errors import OcmError
from ocm.base.model import FileChange
from ocm.index import access, checkpoint_queries, file_format, queries, scan, schema, sync, writer
from ocm.markdown import parse, render, traces
from ocm.recall import search
from ocm.store import files
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

DAY = "2026-03-03T14:32:10+00:00"
SETTLED = 0.06  # seconds after which a time stamp tells every change


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def listed(store: Store, **options: Any) -> list[str]:
    return [row.session_id for row in access.read(store, lambda cache: cache.sessions(**options))]


def found(store: Store, query: str) -> list[str]:
    return [hit["session_id"] for hit in search.search(store, query)]


def find(store: Store, identifier: str) -> list[str]:
    return [row.file for row in access.read(store, lambda cache: cache.find(identifier))]


def unreadable(store: Store) -> list[tuple[str, str]]:
    return access.read(store, lambda cache: cache.unreadable())


def execute(store: Store, *statements: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as db:
        return [db.execute(statement).fetchall() for statement in statements]


def three(store: Store) -> None:
    for day, name in enumerate(("alpha", "beta", "gamma"), 1):
        put(store, f"{name}.md", session(f"id-{name}", day, title=f"The {name} work", goal=f"{name} goal", slug=name))


# --- lists and look-ups


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
    assert len(listed(store)) == 3
    assert checkpoint_queries.locate(store, "same") == "b.md"


def test_files_come_in_the_order_of_the_session(store: Store) -> None:
    changes = [FileChange("z.py", "created"), FileChange("a.py", "modified"), FileChange("new", "renamed", "old")]
    put(store, "a.md", session("a", files=changes))
    assert access.read(store, lambda cache: cache.files("a.md")) == changes
    assert access.read(store, lambda cache: cache.files("b.md")) == []


# --- staying in step


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


def test_an_edit_that_restores_size_and_time_is_seen(store: Store) -> None:
    three(store)
    path = put(store, "x.md", session("x", goal="walrus"))
    times = os.stat(path)
    time.sleep(SETTLED)
    assert found(store, "walrus") == ["x"]
    put(store, "x.md", session("x", goal="turtle"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert found(store, "walrus") == []
    assert found(store, "turtle") == ["x"]


def test_an_edit_within_one_tick_of_the_clock_is_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "stat_hash", lambda name, found: hash((len(name), found.st_size)) & 0xFFFF)
    monkeypatch.setattr(scan, "stat_hash_of", lambda name, size, *_: hash((len(name), size)) & 0xFFFF)
    three(store)
    put(store, "x.md", session("x", goal="walrus"))
    assert found(store, "walrus") == ["x"]
    put(store, "x.md", session("x", goal="turtle"))
    assert found(store, "turtle") == ["x"]


def _rewritten(path: str, goal: str) -> None:
    put_text = render.render(session("x", goal=goal))
    Path(path).write_bytes(put_text.encode())


def _same_size_later(path: str) -> None:
    _rewritten(path, "turtle")


def _same_time_longer(path: str) -> None:
    times = os.stat(path)
    _rewritten(path, "turtles and more of them")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _same_size_same_time(path: str) -> None:
    times = os.stat(path)
    _rewritten(path, "turtle")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _in_place(path: str) -> None:
    folder = os.stat(os.path.dirname(path)).st_mtime_ns
    with open(path, "r+b") as file:
        file.seek(file.read().index(b"walrus"))
        file.write(b"turtle")
    assert os.stat(os.path.dirname(path)).st_mtime_ns == folder


def _older(path: str) -> None:
    _rewritten(path, "turtle")
    os.utime(path, (1_600_000_000, 1_600_000_000))


def _replaced(path: str) -> None:
    _rewritten(path + ".tmp", "turtle")
    os.replace(path + ".tmp", path)


@pytest.mark.parametrize(
    "change", [_same_size_later, _same_time_longer, _same_size_same_time, _in_place, _older, _replaced]
)
def test_whatever_changes_a_file_is_seen_by_the_next_read(store: Store, change: Callable[[str], None]) -> None:
    three(store)
    path = put(store, "x.md", session("x", goal="walrus"))
    time.sleep(SETTLED)
    for _ in range(2):  # the second finds everything as it was
        assert found(store, "walrus") == ["x"]
    change(path)
    assert found(store, "walrus") == []
    assert found(store, "turtle*") == found(store, "turtles") == ["x"]


def _looked(store: Store, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Return what counts the marks that are made by looking at the folder."""
    made = Mock(wraps=file_format.stat_hash_of)
    monkeypatch.setattr(scan, "stat_hash_of", made)
    listed(store)
    return made


def test_marks_are_made_only_when_something_looks_different(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    time.sleep(SETTLED)
    listed(store)
    before = scan.scan(store)
    made = _looked(store, monkeypatch)
    made.assert_not_called()
    assert scan.scan(store) == before
    os.utime(os.path.join(store.sessions, "beta.md"))
    assert listed(store) == ["id-gamma", "id-beta", "id-alpha"]
    assert made.call_count >= 3
    after = scan.scan(store)
    assert {name for name in after.stat_hashes if after.stat_hashes[name] != before.stat_hashes[name]} == {"beta.md"}
    assert after.total == sum(after.stat_hashes.values()) != before.total


@pytest.mark.parametrize("change", ["new", "deleted", "renamed", "swapped"])
def test_what_comes_and_goes_is_seen_by_the_next_read(store: Store, change: str) -> None:
    three(store)
    time.sleep(SETTLED)
    assert [listed(store) for _ in range(2)] == [["id-gamma", "id-beta", "id-alpha"]] * 2
    path, other = (os.path.join(store.sessions, name) for name in ("beta.md", "gamma.md"))
    if change == "new":
        put(store, "delta.md", session("id-delta", 4))
        assert listed(store) == ["id-delta", "id-gamma", "id-beta", "id-alpha"]
    elif change == "deleted":
        os.unlink(path)
        assert listed(store) == ["id-gamma", "id-alpha"]
    elif change == "renamed":
        os.rename(path, os.path.join(store.sessions, "other.md"))
        assert find(store, "id-beta") == ["other.md"]
    else:
        os.rename(path, path + ".kept")
        os.rename(other, path)
        os.rename(path + ".kept", other)
        assert (find(store, "id-beta"), find(store, "id-gamma")) == (["gamma.md"], ["beta.md"])


def test_what_was_seen_of_other_stores_is_forgotten_at_last(tmp_path: Path) -> None:
    stores = []
    for n in range(20):
        (tmp_path / str(n)).mkdir()
        stores.append(make_store(tmp_path / str(n)))
        put(stores[-1], "a.md", session(f"id-{n}"))
        assert listed(stores[-1]) == [f"id-{n}"]
    assert len(scan._seen) <= 8
    assert [listed(store) for store in stores] == [[f"id-{n}"] for n in range(20)]


def test_two_stores_are_not_taken_for_each_other(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        put(make_store(tmp_path / name), "s.md", session(name))
    stores = [Store(str(tmp_path / name / ".openCodeMemory"), str(tmp_path / name)) for name in "ab"]
    assert [listed(store) for store in stores * 2] == [["a"], ["b"]] * 2
    os.rename(tmp_path / "a", tmp_path / "c")
    os.rename(tmp_path / "b", tmp_path / "a")
    assert listed(stores[0]) == ["b"]


def test_a_young_file_is_looked_at_again_only_until_it_is_settled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Mock(wraps=scan.look)
    monkeypatch.setattr(scan, "look", look)
    put(store, "x.md", session("x"))
    listed(store)
    time.sleep(SETTLED)
    listed(store)
    listed(store)
    look.assert_called_once_with(store, "x.md")


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


def test_a_cache_that_cannot_be_locked_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    put(store, "beta.md", session("id-beta", goal="zanzibar"))
    monkeypatch.setattr(schema, "_locked", lambda _store, _wait: files.locked(schema.lock_path(store), timeout=0.05))
    with files.locked(schema.lock_path(store)):
        assert found(store, "zanzibar") == ["id-beta"]
    assert found(store, "zanzibar") == ["id-beta"]


def test_a_store_without_folders_is_empty(tmp_path: Path) -> None:
    assert listed(Store(str(tmp_path / "none"), str(tmp_path))) == []
    os.mkdir(tmp_path / "store")
    (tmp_path / "store/sessions").write_text("a file")
    assert listed(Store(str(tmp_path / "store"), str(tmp_path))) == []


def test_files_that_vanish_between_two_looks_are_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    names = [*scan.names(store), "ghost.md"]
    monkeypatch.setattr(scan, "names", lambda _: names)
    assert len(listed(store)) == 3
    assert scan.load(store, "ghost.md") is None
    assert scan.look(store, "ghost.md") == (b"", False)
    assert scan.head(store, "ghost.md") == b""


def test_a_file_that_vanishes_between_the_listing_and_its_look_is_gone_and_the_others_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(store)
    real = scan._session_files
    before = scan.scan(store)
    monkeypatch.setattr(scan, "_session_files", lambda every: [*real(every), "ghost.md"])
    after = scan.scan(store)
    assert (after.stat_hashes, after.undecodable, after.total) == (before.stat_hashes, before.undecodable, before.total)
    assert len(listed(store)) == 3


def test_a_file_that_vanishes_as_it_is_opened_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    monkeypatch.setattr(scan, "_read", Mock(side_effect=FileNotFoundError))
    assert listed(store) == []
    assert unreadable(store) == []
    monkeypatch.setattr(scan, "_read", Mock(side_effect=PermissionError(13, "Permission denied")))
    assert unreadable(store) == [(f"{name}.md", "Permission denied") for name in ("alpha", "beta", "gamma")]


def test_a_folder_that_cannot_be_read_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        put(store, "a.md", session("a"))
        for name in ("stat", "lstat"):  # whichever of them looks at a file here
            patch.setattr(os, name, Mock(side_effect=PermissionError(13, "Permission denied")))
        with pytest.raises(OcmError, match="cannot be read: Permission denied"):
            listed(store)

    def refuse(_: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(OcmError, match="cannot be read"):
        listed(store)


# --- what cannot be read


def test_files_that_cannot_be_read_are_named_and_the_rest_works(store: Store, tmp_path: Path) -> None:
    three(store)
    outside = tmp_path / "outside.md"
    outside.write_text("---\nsession_id: outside\n---\n")
    put(store, "bytes.md", b"---\nsession_id: x\n---\n\n\xff")
    put(store, "none.md", "just text")
    put(store, "yaml.md", "---\nocm: 1\nsession_id: [\n---\n")
    os.symlink(outside, os.path.join(store.sessions, "link.md"))
    os.mkdir(os.path.join(store.sessions, "folder.md"))
    os.mkfifo(os.path.join(store.sessions, "pipe.md"))
    put(store, ".hidden.md", session("hidden"))
    put(store, "other.txt", session("other"))
    assert listed(store) == ["id-gamma", "id-beta", "id-alpha"]
    why = dict(unreadable(store))
    assert set(why) == {"bytes.md", "none.md", "yaml.md", "link.md", "folder.md", "pipe.md"}
    assert why["bytes.md"] == "line 5: it is not UTF-8"
    assert why["none.md"].startswith("line 1: ")
    assert all("not a regular file" in why[name] for name in ("link.md", "folder.md", "pipe.md"))
    put(store, "none.md", session("repaired", 9))
    assert listed(store)[0] == "repaired"
    assert "none.md" not in dict(unreadable(store))


def test_a_name_that_is_not_text_is_reported(store: Store) -> None:
    three(store)
    try:
        Path(os.fsdecode(os.fsencode(store.sessions) + b"/odd\xff.md")).write_text("x")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert len(listed(store)) == 3
    assert unreadable(store) == [("odd\\xff.md", "its name is not text")]
    assert sync.rebuild(store) == sync.Rebuilt(3, [("odd\\xff.md", "its name is not text")])


def test_a_file_that_vanishes_while_it_is_read_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    path = put(store, "ghost.md", session("ghost"))
    real = scan.load

    def load(store: Store, name: str) -> scan.Record | None:
        if name == "ghost.md" and os.path.exists(path):
            os.unlink(path)
        return real(store, name)

    monkeypatch.setattr(scan, "load", load)
    assert len(listed(store)) == 3


def test_a_file_too_large_to_be_a_session_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_BYTES", 400)
    put(store, "large.md", session("large", goal="x" * 1000))
    assert unreadable(store) == [("large.md", "line 1: it is larger than 0 MB")]


def test_half_a_character_in_the_front_matter_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "a.md", session("a"))
    monkeypatch.setattr(parse, "parse", lambda _: session("a", title="\ud800"))
    assert unreadable(store) == [("a.md", "line 1: its front matter contains a lone surrogate")]


# --- damage


def _junk(path: str) -> None:
    Path(path).write_bytes(b"junk\n" * 100)


def _empty(path: str) -> None:
    Path(path).write_bytes(b"")


def _directory(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


def _symlink(path: str) -> None:
    os.rename(path, path + ".elsewhere")
    os.symlink(path + ".elsewhere", path)


def _truncated(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def _foreign(path: str) -> None:
    os.unlink(path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE sessions(x)")


def _statement(*statements: str) -> Callable[[str], None]:
    def damage(path: str) -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)

    return damage


TRIGGER = "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN INSERT INTO meta VALUES('pwned', 1); END"
VIEW = "CREATE VIEW session_chunks AS SELECT 1 AS id, 'poison' AS title"
DAMAGE: dict[str, Callable[[str], None]] = {
    "junk": _junk,
    "empty": _empty,
    "directory": _directory,
    "symlink": _symlink,
    "truncated": _truncated,
    "foreign": _foreign,
    "newer": _statement("PRAGMA user_version = 99"),
    "older": _statement("PRAGMA user_version = 0"),
    "other program": _statement("PRAGMA application_id = 7"),
    "trigger": _statement(TRIGGER),
    "view": _statement("DROP TABLE session_chunks", VIEW),
    "more": _statement("CREATE TABLE more(x)"),
    "less": _statement("DROP TABLE session_files"),
    "other index": _statement("DROP INDEX sessions_id", "CREATE INDEX sessions_id ON sessions(slug)"),
    "wal": _statement("PRAGMA journal_mode = WAL"),
    "no text": _statement("DROP TABLE sessions_fts"),
    "marks": _statement("UPDATE sessions SET mark = 9223372036854775807"),
    "no index data": _statement("PRAGMA writable_schema = ON", "DELETE FROM sessions_fts_data WHERE id = 10"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cache_is_moved_aside_with_one_line(store: Store, kind: str) -> None:
    three(store)
    listed(store)
    DAMAGE[kind](store.database)
    notices: list[str] = []
    hits = search.search(store, "alpha work", notice=notices.append)
    assert [hit["session_id"] for hit in hits] == ["id-alpha", "id-gamma", "id-beta"]
    assert len(notices) == 1, notices
    assert "\n" not in notices[0]
    assert "memory.db.damaged" in notices[0]
    assert os.path.lexists(store.database + ".damaged")
    access.read(store, lambda cache: cache.find("id-alpha"), notice=notices.append)
    search.search(store, "beta", notice=notices.append)
    assert len(notices) == 1
    assert execute(store, "PRAGMA integrity_check", "SELECT count(*) FROM sessions") == [[("ok",)], [(3,)]]


def test_one_damaged_cache_is_kept(store: Store) -> None:
    three(store)
    for kind in ("junk", "directory", "directory", "junk", "symlink"):
        listed(store)
        DAMAGE[kind](store.database)
    assert len(listed(store)) == 3
    kept = [name for name in os.listdir(store.path) if "damaged" in name]
    assert kept == ["memory.db.damaged"]
    assert os.path.islink(store.database + ".damaged")


def test_the_journals_of_a_damaged_cache_go_with_it(store: Store) -> None:
    three(store)
    listed(store)
    _junk(store.database)
    for suffix in ("-journal", "-wal", "-shm"):
        _junk(store.database + suffix)
    assert len(listed(store)) == 3
    assert sorted(os.listdir(store.path)) == ["memory.db", "memory.db.damaged", "sessions"]


def test_a_stale_journal_is_not_played_into_a_new_cache(store: Store) -> None:
    three(store)
    listed(store)
    journal = _journal(store.database, "")
    os.unlink(store.database)
    Path(store.database + "-journal").write_bytes(journal)
    assert len(listed(store)) == 3
    assert execute(store, "PRAGMA integrity_check") == [[("ok",)]]


def _journal(database: str, names: str) -> bytes:
    """Return a journal that rolls one page back and names a super-journal, which SQLite then deletes."""
    data = Path(database).read_bytes()
    size = int.from_bytes(data[16:18], "big")
    page = data[size : 2 * size]
    checksum = (1 + sum(page[n] for n in range(size - 200, 0, -200))) & 0xFFFFFFFF
    magic = bytes.fromhex("d9d505f920a163d7")
    head = (magic + struct.pack(">5I", 1, 1, len(data) // size, 512, size)).ljust(512, b"\0")
    end = b""
    if names:
        name = names.encode()
        end = struct.pack(">I", 0x40000000 // size + 1) + name + struct.pack(">2I", len(name), sum(name)) + magic
    return head + struct.pack(">I", 2) + page + struct.pack(">I", checksum) + end


def test_a_shipped_journal_deletes_no_file(store: Store, tmp_path: Path) -> None:
    three(store)
    listed(store)
    victim = tmp_path / "precious"
    victim.write_text("words")
    shutil.copy(store.database, tmp_path / "plain.db")
    (tmp_path / "plain.db-journal").write_bytes(_journal(store.database, str(victim)))
    with contextlib.closing(sqlite3.connect(tmp_path / "plain.db")) as db:
        db.execute("SELECT count(*) FROM sqlite_master")
    assert not victim.exists(), "SQLite no longer does this; then the check of journals can go"
    victim.write_text("words")
    Path(store.database + "-journal").write_bytes(_journal(store.database, str(victim)))
    notices: list[str] = []
    assert len(access.read(store, lambda cache: cache.sessions(), notice=notices.append)) == 3
    assert len(notices) == 1
    assert victim.read_text() == "words"


def test_a_journal_that_is_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    three(store)
    listed(store)
    (tmp_path / "target").write_bytes(_journal(store.database, ""))
    os.symlink(tmp_path / "target", store.database + "-journal")
    assert len(listed(store)) == 3
    assert (tmp_path / "target").exists()


def test_a_crashed_transaction_is_rolled_back(store: Store) -> None:
    three(store)
    listed(store)
    crash = """
        import os, sqlite3, sys
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE session_chunks SET goal = hex(zeroblob(100000))")
        os._exit(9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(crash), store.database], check=False)
    notices: list[str] = []
    assert len(search.search(store, "goal", notice=notices.append)) == 3
    assert notices == []


def test_rows_that_came_with_a_repository_vouch_for_nothing(store: Store, tmp_path: Path) -> None:
    shipped = make_store(tmp_path / "shipped")
    three(shipped)
    path = put(shipped, "alpha.md", session("id-alpha", goal="poison"))
    put(shipped, "ghost.md", session("ghost", goal="poison"))
    assert found(shipped, "poison") == ["id-alpha", "ghost"]
    three(store)
    shutil.copy(shipped.database, store.database)
    os.utime(os.path.join(store.sessions, "alpha.md"), ns=(0, os.stat(path).st_mtime_ns))
    assert checkpoint_queries.locate(store, "ghost") is None
    assert found(store, "poison") == []
    assert listed(store) == ["id-gamma", "id-beta", "id-alpha"]


def test_rows_without_files_are_not_believed(store: Store, tmp_path: Path) -> None:
    shipped = make_store(tmp_path / "shipped")
    three(shipped)
    listed(shipped)
    shutil.copy(shipped.database, store.database)
    execute(store, "UPDATE sessions SET mark = 0")
    assert listed(store) == found(store, "alpha") == []


def test_damage_that_only_the_question_meets_is_repaired(store: Store) -> None:
    three(store)
    listed(store)
    time.sleep(SETTLED)
    listed(store)
    execute(store, "UPDATE sessions_fts_data SET block = x'00' WHERE id > 10")
    notices: list[str] = []
    assert search.search(store, "alpha goal", notice=notices.append)[0]["session_id"] == "id-alpha"
    assert len(notices) == 1


def test_text_that_is_damaged_is_repaired(store: Store) -> None:
    three(store)
    listed(store)
    execute(store, "UPDATE sessions SET branch = CAST(x'ff' AS TEXT)")
    notices: list[str] = []
    assert len(access.read(store, lambda cache: cache.sessions(), notice=notices.append)) == 3
    assert len(notices) == 1


@pytest.mark.parametrize("seed", range(25))
def test_flipped_bits_never_reach_the_user(store: Store, seed: int) -> None:
    three(store)
    listed(store)
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
    data = bytearray(Path(store.database).read_bytes())
    for _ in range(30):
        data[chance.randrange(100, len(data))] ^= 1 << chance.randrange(8)
    Path(store.database).write_bytes(data)
    notices: list[str] = []
    access.read(store, lambda cache: [cache.sessions(), cache.find("id"), cache.unreadable()], notice=notices.append)
    search.search(store, "alpha goal work", notice=notices.append)
    checkpoint_queries.locate(store, "id-alpha")
    put(store, "beta.md", session("id-beta", goal="zanzibar"))
    checkpoint_queries.refresh(store, "beta.md")
    search.search(store, "zanzibar", notice=notices.append)
    assert sync.rebuild(store, notice=notices.append).read == 3
    assert len(listed(store)) == 3


@pytest.mark.parametrize("change", ["updated = 'x'", "file = x'00'", "tool = NULL", "racy = 'x'", "slug = x'00'"])
def test_values_of_another_kind_are_damage(store: Store, change: str) -> None:
    three(store)
    listed(store)
    execute(store, f"UPDATE sessions SET {change} WHERE session_id = 'id-beta'")  # noqa: S608 - a constant from above
    notices: list[str] = []
    assert len(search.search(store, "goal", notice=notices.append)) == 3
    assert len(access.read(store, lambda cache: cache.sessions(), notice=notices.append)) == 3
    assert len(notices) == 1


def test_a_schema_that_is_not_text_is_damage(store: Store) -> None:
    three(store)
    listed(store)
    data = Path(store.database).read_bytes()
    for text, damaged in ((b"INDEX sessions_id ON", b"INDEY sessions_id ON"), (b"xsessions_id", b"xsession\xff_id")):
        assert text in data
        data = data.replace(text, damaged)
    Path(store.database).write_bytes(data)
    notices: list[str] = []
    assert len(search.search(store, "goal", notice=notices.append)) == 3
    assert len(notices) == 1


def test_a_cache_that_is_damaged_again_at_once_is_done_without(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    monkeypatch.setattr(schema, "connect", Mock(side_effect=schema.DamagedError("it is haunted")))
    assert found(store, "alpha") == ["id-alpha"]


def test_one_of_two_who_meet_the_same_damage_speaks(store: Store) -> None:
    three(store)
    listed(store)
    seen = schema.identity(store)
    notices: list[str] = []
    for _ in range(2):
        assert sync.move_aside(store, seen, schema.DamagedError("x\x1b[31m\ny"), notices.append)
    assert len(notices) == 1
    assert notices[0].isprintable()


def test_damage_that_cannot_be_moved_aside_is_read_around(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    time.sleep(SETTLED)
    listed(store)
    execute(store, "UPDATE sessions SET branch = CAST(x'ff' AS TEXT)")
    monkeypatch.setattr(schema, "move_aside", Mock(side_effect=PermissionError(1, "no")))
    notices: list[str] = []
    assert len(access.read(store, lambda cache: cache.sessions(), notice=notices.append)) == 3
    assert len(notices) == 1


def test_a_transaction_that_ends_itself_is_not_ended_twice(store: Store) -> None:
    listed(store)
    db = schema.connect(store)
    assert db is not None
    with contextlib.closing(db), contextlib.ExitStack() as stack:
        stack.enter_context(schema.writing(store, db))
        db.execute("ROLLBACK")
        with pytest.raises(sqlite3.OperationalError, match="no transaction"):
            stack.close()


def test_an_error_of_the_program_is_not_taken_for_the_answer(store: Store) -> None:
    three(store)
    with pytest.raises(OcmError, match="cannot be searched"):
        access.read(store, lambda cache: cache.rank("syntax error (", queries.Filters(), 1))
    with pytest.raises(ZeroDivisionError):
        access.read(store, lambda _: 1 // 0)
    assert len(listed(store)) == 3


# --- several processes

READ = """
    import sys
    from ocm.index import access
    from ocm.store.paths import Store
    store = Store(sys.argv[1], sys.argv[2])
    notices = []
    rows = access.read(store, lambda cache: cache.sessions(), notice=notices.append)
    print(len(rows), len(access.read(store, lambda cache: cache.find("id-alpha"))), len(notices))
"""


def _processes(store: Store, script: str, count: int, *prefix: str) -> list[str]:
    command = [*prefix, sys.executable, "-c", textwrap.dedent(script), store.path, store.root]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(count)
    ]
    done = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [(error, code) for (_, error), code in done] == [("", 0)] * count
    return [out.strip() for (out, _), _ in done]


def test_eight_processes_open_a_new_store_at_once(store: Store) -> None:
    three(store)
    assert _processes(store, READ, 8) == ["3 1 0"] * 8
    assert sorted(os.listdir(store.path)) == ["memory.db", "sessions"]


def test_eight_processes_meet_a_damaged_cache_at_once(store: Store) -> None:
    three(store)
    _junk(store.database)
    lines = _processes(store, READ, 8)
    assert [line[:3] for line in lines] == ["3 1"] * 8
    assert sum(int(line[-1]) for line in lines) == 1


def test_processes_that_add_and_read_at_once_all_succeed(store: Store) -> None:
    script = """
        import os, sys
        from ocm.index import access, checkpoint_queries, scan
        from ocm.base import times
        from ocm.recall import search
        from ocm.store.paths import Store
        store = Store(sys.argv[1], sys.argv[2])
        for n in range(6):
            name = f"p{os.getpid()}-{n}.md"
            before = scan.folder_stamp(store)
            with open(os.path.join(store.sessions, name), "w") as file:
                file.write(f"---\\nsession_id: {name}\\n---\\n\\n## Goal\\n\\nwombat {n}\\n")
            checkpoint_queries.refresh(store, name, before=before)
            assert checkpoint_queries.locate(store, name) == name
            assert access.read(store, lambda cache: cache.find(name))[0].file == name
            assert search.search(store, "wombat", limit=50)
        print("done")
    """
    three(store)
    assert _processes(store, script, 4) == ["done"] * 4
    rows = listed(store)
    os.unlink(store.database)
    assert rows == listed(store)
    assert len(rows) == 27


@pytest.mark.parametrize("asked", [True, False])
def test_a_cache_that_took_long_to_make_takes_nothing_back(store: Store, *, asked: bool) -> None:
    three(store)
    listed(store)
    old = scan.scan(store)
    put(store, "new.md", session("new"))
    os.unlink(os.path.join(store.sessions, min(old.stat_hashes)))
    checkpoint_queries.refresh(store, "new.md")
    if asked:
        old_scan = Mock(side_effect=[old, scan.scan(store)])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan, "scan", old_scan)
            sync.rebuild(store)
    else:
        sync._build(store, old, notices.ignore, None, unless_in_step=True)
    with contextlib.closing(cast("sqlite3.Connection", schema.connect(store))) as db:
        names = {name for (name,) in db.execute("SELECT file FROM sessions")}
    assert names == set(scan.names(store))
    assert sorted(os.listdir(store.path)) == ["memory.db", "sessions"]


def _without_privileges() -> list[str]:
    """Return how to start a process that file permissions hold for."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("file permissions do not hold for this user")
    return [setpriv, "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.parametrize("cache", ["in step", "behind", "missing", "damaged"])
def test_a_store_that_cannot_be_written_to_is_read(store: Store, cache: str) -> None:
    prefix = _without_privileges()
    three(store)
    if cache != "missing":
        listed(store)
    if cache == "behind":
        put(store, "alpha.md", session("id-alpha", goal="changed since"))
    if cache == "damaged":
        _junk(store.database)
    before = {name: os.stat(os.path.join(store.path, name)).st_mtime_ns for name in os.listdir(store.path)}
    for folder, _, names in os.walk(store.path):
        for name in names:
            os.chmod(os.path.join(folder, name), 0o400)
        os.chmod(folder, 0o500)
    try:
        (line,) = _processes(store, READ, 1, *prefix)
    finally:
        for folder, _, _ in os.walk(store.path):
            os.chmod(folder, 0o700)
    assert line == ("3 1 1" if cache == "damaged" else "3 1 0")
    assert {name: os.stat(os.path.join(store.path, name)).st_mtime_ns for name in os.listdir(store.path)} == before


# --- what a checkpoint asks


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
    _junk(store.database)
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
    _junk(store.database)
    assert checkpoint_queries.edited_since(store, since, project="p", exclude="s3") == set()


# --- rebuilding


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
    _junk(store.database)
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
        patch.setattr(schema, "_SCHEMA", ("CREATE NONSENSE",))
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


def test_a_path_with_odd_characters_is_opened(tmp_path: Path) -> None:
    store = make_store(tmp_path / "a b%41?c#d ü 日本")
    three(store)
    assert len(listed(store)) == 3
    assert len(listed(store)) == 3
    assert os.path.exists(store.database)


def test_the_cache_is_private(store: Store) -> None:
    three(store)
    listed(store)
    assert os.stat(store.database).st_mode & 0o777 == 0o600


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
    _junk(store.database)
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


# --- what the cache takes


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


def test_while_something_is_left_no_reader_takes_the_folder_for_known(store: Store) -> None:
    put(store, "a.md", session("a", title="A"))
    left = Path(store.sessions) / ".ocm-tmp-gone"
    left.write_bytes(b"half")
    os.utime(store.sessions, (1, 1))
    assert scan.scan(store).folder == 0
    left.unlink()
    os.utime(store.sessions, (1, 1))
    assert scan.scan(store).folder == 1_000_000_000


def test_a_session_that_is_gone_is_not_current(store: Store) -> None:
    path = put(store, "a.md", session("a"))

    def work(cache: Any) -> tuple[bool, bool]:
        rows = [row.row for row in cache.sessions()]
        before = cache.is_current(rows)
        os.unlink(path)
        return before, cache.is_current(rows)

    assert access.read(store, work) == (True, False)


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


def units_of(store: Store, name: str, said: list[str]) -> list[set[int]]:
    """Return the keys that each checkpoint of a session recorded, as the cache has them."""
    return access.read(store, lambda cache: [set(unit.keys) for unit in cache.links().units(name)], notice=said.append)


@pytest.mark.parametrize(("facts", "wanted"), [
    ([traces.unit_fact(DAY, "", 7, {1, 2, 3})], [{1, 2, 3}]), ([traces.unit_fact(DAY, "", 8, {4})], [{4}]), ([], []),
])  # fmt: skip
def test_a_session_saved_anew_over_rows_that_make_no_sense_is_answered_for_rightly(
    store: Store, facts: list[str], wanted: list[set[int]]
) -> None:
    names = [f"{name}.md" for name in "abc"]
    for name in names:
        put(store, name, session(name[0], facts=[traces.unit_fact(DAY, "", 7, {1, 2, 3})]))
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


def test_the_date_of_an_item_that_its_session_does_not_have_is_passed_over(store: Store) -> None:
    put(store, "a.md", session("a", decisions=["**One:** why", "**Two:** why"]))
    put(store, "b.md", session("b", 2, decisions=["**Three:** why"]))
    assert listed(store) == ["b", "a"]
    with contextlib.closing(sqlite3.connect(store.database)) as db, db:
        assert db.execute("UPDATE session_items SET n = n + 50 WHERE n = 1").rowcount == 1
    texts = access.read(store, lambda cache: [item.text for item in cache.links().items("decision")])
    assert texts == ["**One:** why", "**Three:** why"]
