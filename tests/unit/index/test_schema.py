"""The file memory.db: opened only when it is exactly ours, moved aside when it is not."""

import contextlib
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

import pytest

from ocm.index import access, checkpoint_queries, schema, sync
from ocm.recall import search
from ocm.store.paths import Store
from tests.support.cached_store import SETTLED, execute, found, junk, listed, three
from tests.support.session_store import make_store, put, session


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
    "junk": junk,
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
    junk(store.database)
    for suffix in ("-journal", "-wal", "-shm"):
        junk(store.database + suffix)
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


def test_a_transaction_that_ends_itself_is_not_ended_twice(store: Store) -> None:
    listed(store)
    db = schema.connect(store)
    assert db is not None
    with contextlib.closing(db), contextlib.ExitStack() as stack:
        stack.enter_context(schema.writing(store, db))
        db.execute("ROLLBACK")
        with pytest.raises(sqlite3.OperationalError, match="no transaction"):
            stack.close()


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


# --- questions without end

ENDLESS = "WITH RECURSIVE n(id) AS (VALUES(1) UNION ALL SELECT id + 1 FROM n) SELECT max(id) FROM n"


def test_a_question_without_end_is_interrupted_and_counts_as_damage() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        schema.bound(db, 0.05)
        with pytest.raises(sqlite3.OperationalError, match="interrupted") as raised:
            db.execute(ENDLESS)
    assert schema.is_damage(raised.value)


def test_time_between_questions_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 100.0, 200.0, 300.0])
    handlers: list[Callable[[], bool]] = []

    class Asked:
        def set_progress_handler(self, handler: Callable[[], bool], steps: int) -> None:
            assert steps > 0
            handlers.append(handler)

    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    schema.bound(Asked(), 0.25)  # type: ignore[arg-type]
    assert [handlers[0]() for _ in range(3)] == [False, False, True]


def test_every_connection_to_the_cache_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "LONGEST", 0.05)
    access.read(store, lambda cache: cache.count())
    db = schema.connect(store)
    assert db is not None
    with contextlib.closing(db), pytest.raises(sqlite3.OperationalError, match="interrupted"):
        db.execute(ENDLESS)


def test_what_is_written_down_of_a_cache_is_what_sqlite_makes_but_for_tables_of_its_own() -> None:
    made, written = (
        [one for one in objects if not one[1].startswith("sessions_fts_")]
        for objects in (
            schema._expected_objects(schema.SESSIONS_FORM),
            schema._written_down(schema.SESSIONS_FORM),
        )
    )
    assert written == made


def test_a_cache_that_another_version_of_sqlite_made_is_one_of_ours(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "a.md", session("A", 1))
    assert listed(store) == ["A"]
    monkeypatch.setattr(schema, "_OF_FTS", (("_data", "(otherwise)"),))
    db = schema.connect(store)
    assert db is not None
    db.close()
