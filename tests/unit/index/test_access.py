"""Asking the cache costs no answer, whatever state it is in and however many ask at once."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from typing import cast
from unittest.mock import Mock

import pytest

from ocm.base import notices
from ocm.base.errors import OcmError
from ocm.index import access, checkpoint_queries, queries, scan, schema, sync
from ocm.store import files
from ocm.store.paths import Store
from tests.support.cached_store import SETTLED, execute, found, junk, listed, three
from tests.support.session_store import put, session


def test_a_cache_that_cannot_be_locked_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    three(store)
    listed(store)
    put(store, "beta.md", session("id-beta", goal="zanzibar"))
    monkeypatch.setattr(schema, "_locked", lambda _store, _wait: files.locked(schema.lock_path(store), timeout=0.05))
    with files.locked(schema.lock_path(store)):
        assert found(store, "zanzibar") == ["id-beta"]
    assert found(store, "zanzibar") == ["id-beta"]


def test_session_files_in_a_folder_are_named_and_a_readme_is_not(store: Store) -> None:
    put(store, "a.md", session("a"))
    with open(os.path.join(store.sessions, "README.md"), "w", encoding="utf-8") as file:
        file.write("# What is here\n")
    notices: list[str] = []
    access.read(store, lambda cache: cache.sessions(-1), notice=notices.append)
    assert notices == []
    os.mkdir(os.path.join(store.sessions, "old"))
    for number in range(4):
        put(store, f"old/{number}.md", session(f"old{number}"))
    access.read(store, lambda cache: cache.sessions(-1), notice=notices.append)
    (said,) = notices
    assert "old/0.md, old/1.md, old/2.md and 1 more" in said
    assert scan.below(Store(store.path + "-none", store.root)) == []


def test_a_cache_that_another_program_holds_is_waited_for_a_while_and_not_in_silence(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(store)
    listed(store)
    notices: list[str] = []
    monkeypatch.setattr(sync, "_QUIETLY", 0.1)
    monkeypatch.setattr(schema, "WAIT", 0.3)
    with contextlib.closing(sqlite3.connect(store.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        rows = access.read(store, lambda cache: cache.sessions(-1), notice=notices.append)
        assert time.monotonic() - began < 3
        monkeypatch.setattr(sync, "_QUIETLY", 30)
        assert len(listed(store)) == 3, "nobody waits for the same lock again, question by question"
        assert time.monotonic() - began < 6
    assert len(rows) == 3
    (said,) = notices
    assert "in use by another program" in said
    assert len(listed(store)) == 3


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


def test_an_error_of_the_program_is_not_taken_for_the_answer(store: Store) -> None:
    three(store)
    with pytest.raises(OcmError, match="cannot be searched"):
        access.read(store, lambda cache: cache.rank("syntax error (", queries.Filters(), 1))
    with pytest.raises(ZeroDivisionError):
        access.read(store, lambda _: 1 // 0)
    assert len(listed(store)) == 3


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
    junk(store.database)
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
        junk(store.database)
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
