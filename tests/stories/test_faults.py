"""What goes wrong around a store is repaired, or named in one line, and nothing of a person's is touched."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import pytest

from ocm.base.errors import UnreadableSessionError
from ocm.cli import main
from ocm.index import sync
from ocm.recall import show
from ocm.sessions import checkpoints, gather
from ocm.store import files, gate, journal, paths
from tests.defects.driver import run_as_plain_user
from tests.defects.environment import our_commands
from tests.defects.ours import Ours
from tests.defects.world import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

    from tests.defects.driver import System
    from tests.defects.mcp_client import Mcp, McpReply
    from tests.defects.values import Done

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="the driver speaks to /bin/sh and sets permissions"),
]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
READING = (["list"], ["search", "zanzibar"], ["show", "S"], ["export", "S"], ["resume", "S"], ["stats"], ["status"])
OTHERS = {
    *(
        "init",
        "install",
        "uninstall",
        "help",
        "checkpoint",
        "rebuild-index",
        "doctor",
        "serve",
        "config",
        "demo",
        "completion",
    ),
    # Held against broken stores in tests of their own.
    *("timeline", "why", "explain", "commits", "decisions", "problems"),
    *("redact-scan", "forget", "prune", "import", "trust"),
}
GOAL = "precious zanzibar"


@pytest.fixture
def system(tmp_path: Path) -> Ours:
    """Set up a project of its own, with one session in its store."""
    commands = our_commands()
    found = Ours(make_world(tmp_path, commands), commands)
    found.init().must_work()
    found.world.commit("set up")
    found.checkpoint("S", "--goal", GOAL).must_work()
    return found


@pytest.fixture
def store(system: Ours) -> paths.Store:
    """Name the same store for what is called in this process."""
    return paths.Store(str(system.store), str(system.world.project))


def assert_one_line(done: Done) -> None:
    """Whatever was said on stderr is one line, and no traceback."""
    assert not done.crashed, done.err
    assert "bug in ocm" not in done.err
    assert len(done.err.splitlines()) <= 1, done.err


def assert_refused(done: Done, *words: str) -> None:
    """It could not be done, and one line says what and why."""
    assert_one_line(done)
    assert (done.exit, len(done.err.splitlines())) == (1, 1), done
    for word in words:
        assert word in done.err


def assert_readable(system: Ours) -> None:
    """Every command that only reads answers, with a line on stderr at most."""
    for words in READING:
        done = system.ocm(*words)
        assert_one_line(done)
        assert done.exit == 0, (words, done.err)
    assert_found(system)


def assert_named(system: Ours, *words: str) -> None:
    """Every command that only reads names a fault in its one line."""
    for command in READING:
        done = system.ocm(*command)
        assert_one_line(done)
        assert done.exit == 0, (command, done.err)
        for word in words:
            assert word in done.err, (command, done.err)


def assert_found(system: Ours) -> None:
    """What is stored is found, and shown as it was."""
    assert [hit.session_id for hit in system.search("zanzibar")] == ["S"]
    facts = system.show("S")
    assert facts is not None
    assert facts.goal == GOAL


def assert_hooks_step_aside(system: System) -> None:
    """No hook breaks its host, whatever has happened to the store."""
    path = str(system.world.project / "src/a.py")
    edit = {"tool_name": "Edit", "tool_input": {"file_path": path}, "tool_response": {}, "tool_use_id": "t"}
    fields: dict[str, dict[str, Any]] = {
        "session-start": {"source": "startup"},
        "user-prompt": {"prompt": "do it"},
        "pre-tool-use": edit,
        "post-tool-use": edit,
        "stop": {},
        "session-end": {"reason": "other"},
    }
    for event, about in fields.items():
        reply = system.hook(event, "H", **about)
        assert reply.exit == 0, (event, reply)
        assert not reply.crashed, (event, reply)
        assert not reply.out or isinstance(json.loads(reply.out), dict)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return what the files of a folder hold."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_every_command_that_reads_is_held_against_the_faults() -> None:
    assert {words[0] for words in READING} | OTHERS == set(main.ocm.commands)


# --- a cache that is none


def _junk(path: Path) -> None:
    path.write_bytes(b"junk\n" * 5000)


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def _half_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(16_384, len(data), 997):
        data[at] ^= 0xFF
    path.write_bytes(bytes(data))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE sessions(id INTEGER PRIMARY KEY, payload TEXT)")
        db.execute("INSERT INTO sessions(payload) VALUES ('of another program')")


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE sessions ADD COLUMN mood TEXT")
        db.execute(f"PRAGMA user_version = {db.execute('PRAGMA user_version').fetchone()[0] + 1}")


def _trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TRIGGER evil AFTER INSERT ON sessions BEGIN UPDATE sessions SET file = '../../pwn.md'; END")


def _lying(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE sessions SET session_id = 'somebody else'")
        db.execute("UPDATE sessions SET mark = mark + 1")


def _hot_journal(path: Path) -> None:
    path.with_name("memory.db-journal").write_bytes(os.urandom(5000))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "of-a-person.txt").write_text("mine", encoding="utf-8")


DAMAGES = [_junk, _truncated, _half_a_page, _flipped, _empty, _foreign, _newer, _trigger, _lying, _hot_journal, _folder]


def damage(system: Ours, how: Callable[[Path], None]) -> dict[str, bytes]:
    """Damage the cache; return what the session files hold."""
    system.ocm("list").must_work()
    how(system.store / "memory.db")
    return snapshot(system.store / "sessions")


@pytest.mark.parametrize("how", DAMAGES)
def test_a_cache_that_is_none_is_made_again_by_whoever_reads_first(system: Ours, how: Callable[[Path], None]) -> None:
    for words in READING:
        before = damage(system, how)
        done = system.ocm(*words)
        assert_one_line(done)
        assert done.exit == 0, (words, done.err)
        assert snapshot(system.store / "sessions") == before
    assert_found(system)
    assert system.ocm("list").err == ""  # it is said once
    damage(system, how)
    assert_hooks_step_aside(system)


@pytest.mark.parametrize("how", DAMAGES)
def test_rebuild_index_repairs_a_cache_that_is_none(system: Ours, how: Callable[[Path], None]) -> None:
    before = damage(system, how)
    done = system.ocm("rebuild-index")
    assert_one_line(done)
    assert done.exit == 0
    assert system.ocm("list").must_work().err == ""
    assert_found(system)
    assert snapshot(system.store / "sessions") == before


@pytest.mark.parametrize("how", DAMAGES)
def test_a_checkpoint_does_not_need_the_cache(system: Ours, how: Callable[[Path], None]) -> None:
    damage(system, how)
    done = system.checkpoint("S", "--summary", "went on")
    assert_one_line(done)
    assert done.exit == 0
    facts = system.show("S")
    assert facts is not None
    assert (facts.goal, facts.work_summary) == (GOAL, ["went on"])
    assert len(snapshot(system.store / "sessions")) == 1


@pytest.mark.parametrize("how", [_junk, _truncated, _empty, _foreign, _newer])
def test_the_doctor_names_a_cache_that_is_none_and_a_broken_session_file(
    system: Ours, how: Callable[[Path], None]
) -> None:
    path = system.store / "sessions" / "2026-01-01_00-00_x_broken.md"
    path.write_bytes(BROKEN["not YAML"])
    before = damage(system, how)
    done = system.ocm("doctor")
    assert not done.crashed, done.err
    for name in ("memory.db", path.name):
        assert name in done.out
    assert snapshot(system.store / "sessions") == before


def test_the_doctor_answers_where_nothing_may_be_opened(system: Ours) -> None:
    with permissions(system, 0o000, 0o000):
        done = system.ocm("doctor")
    assert not done.crashed, done.err
    assert "bug in ocm" not in done.err


def test_another_programs_database_is_kept_as_it_was(system: Ours) -> None:
    damage(system, _foreign)
    theirs = (system.store / "memory.db").read_bytes()
    assert "memory.db.damaged" in system.ocm("list").must_work().err
    assert (system.store / "memory.db.damaged").read_bytes() == theirs


def test_a_cache_that_is_a_link_leads_nowhere(system: Ours, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.db"
    with closing(sqlite3.connect(theirs)) as db, db:
        db.execute("CREATE TABLE precious(x)")
    before = theirs.read_bytes()
    (system.store / "memory.db").unlink()
    (system.store / "memory.db").symlink_to(theirs)
    assert_readable(system)
    system.ocm("rebuild-index").must_work()
    assert theirs.read_bytes() == before


# --- session files that are none


def front(session: str, goal: str) -> str:
    """Return a session file as a person could write it."""
    return f"---\nocm: 1\nsession_id: {session}\ntool: x\nstatus: open\n---\n\n# T\n\n## Goal\n\n{goal}\n"


BROKEN: dict[str, bytes] = {
    "not UTF-8": front("B", "caf\xe9").encode("latin-1"),
    "not YAML": front("B", "x").replace("tool: x", "tool: [x").encode(),
    "half written": front("B", "x").encode()[:30],
    "no front matter": b"just a note of mine\n",
    "NUL": b"\x00" * 5000,
    "empty": b"",
    "a list for front matter": b"---\n- a\n- b\n---\n",
    "an alias bomb": b"---\nocm: 1\na: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nsession_id: *b\n---\n",
    "half a character": b'---\nocm: 1\nsession_id: "\\ud800"\n---\n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_session_file_that_is_none_is_named_and_left_alone(system: Ours, name: str) -> None:
    path = system.store / "sessions" / "2026-01-01_00-00_x_broken.md"
    path.write_bytes(BROKEN[name])
    assert_named(system, path.name)
    assert_found(system)
    assert_hooks_step_aside(system)
    assert_refused(system.ocm("rebuild-index"), path.name, "line")
    assert system.checkpoint("S", "--summary", "went on").exit == 0
    assert path.read_bytes() == BROKEN[name]


@pytest.mark.parametrize("name", ["not UTF-8", "not YAML", "NUL"])
def test_a_broken_file_of_the_session_itself_is_named_with_its_line(system: Ours, name: str) -> None:
    system.hook("session-start", "S", source="startup")
    system.journal_edit("S", "src/fresh.py")
    path = system.session_file("S")
    before = path.read_bytes()
    path.write_bytes(BROKEN[name])
    done = system.checkpoint("S", "--summary", "in vain")
    assert_refused(done, path.name, "line")
    assert path.read_bytes() == BROKEN[name]
    assert len(snapshot(system.store / "sessions")) == 1
    path.write_bytes(before)
    system.checkpoint("S", "--summary", "at last").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_summary == ["at last"]
    assert "src/fresh.py" in facts.files


def _a_folder(path: Path, _: Path) -> None:
    path.mkdir()


def _a_fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


def _a_link_out(path: Path, outside: Path) -> None:
    outside.write_text(front("OUT", "a secret of a person"), encoding="utf-8")
    path.symlink_to(outside)


def _a_link_to_a_folder(path: Path, outside: Path) -> None:
    outside.mkdir()
    path.symlink_to(outside)


def _a_dangling_link(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


@pytest.mark.parametrize("make", [_a_folder, _a_fifo, _a_link_out, _a_link_to_a_folder, _a_dangling_link])
def test_what_is_no_regular_file_is_named_and_not_followed(
    system: Ours, tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    path, outside = system.store / "sessions" / "2026-01-01_00-00_x_odd.md", tmp_path / "outside.md"
    make(path, outside)
    before = outside.read_bytes() if outside.is_file() else None
    assert_named(system, path.name)
    assert_found(system)
    assert "a secret of a person" not in system.ocm("search", "secret").out
    assert_refused(system.ocm("rebuild-index"), path.name)
    assert system.checkpoint("OUT", "--goal", "my own").exit == 0
    assert (outside.read_bytes() if outside.is_file() else None) == before
    assert os.path.lexists(path)


def test_a_session_file_of_ten_megabytes_works_like_any_other(system: Ours) -> None:
    path = system.session_file("S")
    notes = "\n\n## Notes\n\n" + "\n".join(f"line {n} about quokkas and their habits" for n in range(250_000)) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(notes)
    assert path.stat().st_size > 10_000_000
    assert_readable(system)
    system.ocm("rebuild-index").must_work()
    assert [hit.session_id for hit in system.search("quokkas")] == ["S"]
    system.checkpoint("S", "--summary", "went on").must_work()
    assert notes.strip() in path.read_text(encoding="utf-8")
    assert_hooks_step_aside(system)


def test_a_front_matter_of_ten_megabytes_is_answered(system: Ours) -> None:
    path = system.store / "sessions" / "2026-01-01_00-00_x_long.md"
    path.write_text(front("B", "x").replace("tool: x", f"tool: {'x' * 10_000_000}"), encoding="utf-8")
    assert_readable(system)
    assert_one_line(system.ocm("rebuild-index"))


# --- a store that cannot be written to


@contextmanager
def read_only(system: Ours) -> Iterator[None]:
    """Make the store read-only: mounted so where this is possible, else by its permissions."""
    if IS_ROOT and mounted(["--bind", str(system.store), str(system.store)]):
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", str(system.store)], check=True)
            yield
        finally:
            subprocess.run(["umount", str(system.store)], check=True)
        return
    with permissions(system, 0o500, 0o400):
        yield


def mounted(arguments: list[str]) -> bool:
    """Mount something; says no where that is not allowed."""
    mount = shutil.which("mount")
    return mount is not None and subprocess.run([mount, *arguments], check=False, capture_output=True).returncode == 0


@contextmanager
def permissions(system: Ours, folder: int, file: int) -> Iterator[None]:
    """Change what the user may do in the store, and be a user for whom that holds."""
    found = [system.store, *system.store.rglob("*")]
    system.prefix = run_as_plain_user()
    for path in reversed(found):
        path.chmod(folder if path.is_dir() else file)
    try:
        yield
    finally:
        for path in found:
            path.chmod(0o700 if path.is_dir() else 0o600)
        system.prefix = []


@pytest.mark.parametrize("has_cache", [True, False])
def test_a_read_only_store_can_be_read(system: Ours, *, has_cache: bool) -> None:
    assert_readable(system)
    if not has_cache:
        system.drop_database()
    with read_only(system):
        assert_readable(system)
        assert_refused(system.checkpoint("S", "--summary", "in vain"))
        assert_refused(system.ocm("rebuild-index"))
        assert_hooks_step_aside(system)
    system.checkpoint("S", "--summary", "at last").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_summary == ["at last"]


def test_a_damaged_cache_in_a_read_only_store_is_named_and_passed_over(system: Ours) -> None:
    damage(system, _junk)
    with read_only(system):
        assert_readable(system)
        assert "memory.db" in system.ocm("list").err


def assert_named_by_status(system: Ours) -> None:
    """Where nothing else answers, this still says how things stand."""
    done = system.ocm("status")
    assert_one_line(done)
    assert (done.exit, "ermission" in done.err) == (0, True), done


def test_permissions_lost_midway_cost_nothing(system: Ours) -> None:
    system.hook("session-start", "S", source="startup")
    system.journal_edit("S", "src/one.py")
    with permissions(system, 0o000, 0o000):
        for words in (*READING[:-1], ["rebuild-index"]):
            assert_refused(system.ocm(*words), "ermission")
        assert_named_by_status(system)
        assert_refused(system.checkpoint("S", "--summary", "in vain"))
        assert_hooks_step_aside(system)
    with permissions(system, 0o500, 0o600):  # the journal still takes lines, and nothing can be renamed
        system.journal_edit("S", "src/two.py")
        assert_refused(system.checkpoint("S", "--summary", "in vain"))
    system.checkpoint("S", "--summary", "at last").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_summary == ["at last"]
    assert {"src/one.py", "src/two.py"} <= facts.files.keys()


@pytest.mark.parametrize("locked", ["sessions", "sessions/*.md", "active_S.jsonl", "memory.db"])
def test_one_thing_that_cannot_be_opened_is_named(system: Ours, locked: str) -> None:
    system.hook("session-start", "S", source="startup")
    system.journal_edit("S", "src/one.py")
    path = next(system.store.glob(locked))
    system.prefix = run_as_plain_user()
    path.chmod(0)
    for words in READING:
        assert_one_line(system.ocm(*words))
    assert_one_line(system.ocm("rebuild-index"))
    assert_hooks_step_aside(system)
    done = system.checkpoint("S", "--summary", "perhaps")
    assert_one_line(done)
    for folder in (system.store, system.store / "sessions"):
        for found in (folder, *folder.iterdir()):
            found.chmod(0o700)
    system.prefix = []
    if done.exit:
        system.checkpoint("S", "--summary", "perhaps").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_summary == ["perhaps"]
    assert "src/one.py" in facts.files
    assert facts.goal == GOAL


# --- a disk that is full

ROOM = (0, 1, 4, 16, 80)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of half a megabyte at `folder`."""
    if not (IS_ROOT and mounted(["-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)])):
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _takes_more(file: FileIO) -> bool:
    try:
        file.write(b"x" * 4096)
    except OSError:
        return False
    return True


def fill(folder: Path, free: int) -> Path:
    """Leave `free` pages of a disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while _takes_more(file):
            pass
        file.truncate(max(0, file.tell() - 4096 * free))
    return filler


@pytest.mark.parametrize("free", ROOM)
def test_a_full_disk_loses_nothing_that_was_acknowledged(system: Ours, free: int) -> None:
    kept = system.store.rename(system.store.with_name("aside"))
    system.store.mkdir()
    with small_disk(system.store):
        shutil.copytree(kept, system.store, dirs_exist_ok=True)
        system.hook("session-start", "S", source="startup")
        system.journal_edit("S", "src/one.py")
        filler = fill(system.store, free)
        before = snapshot(system.store / "sessions")
        assert_readable(system)
        rebuilt = system.ocm("rebuild-index")
        assert rebuilt.exit == 0 or "full" in rebuilt.err or "No space" in rebuilt.err
        assert_one_line(rebuilt)
        assert snapshot(system.store / "sessions") == before
        assert_hooks_step_aside(system)
        done = [system.checkpoint("S", "--summary", f"item {n} {'x' * 3000}") for n in range(3)]
        for one in done:
            assert_one_line(one)
        assert_found(system)
        filler.unlink()
        system.checkpoint("S", "--summary", "at last").must_work()
        facts = system.show("S")
        assert facts is not None
        stored = {item.split()[1] for item in facts.work_summary if item.startswith("item")}
        assert {str(n) for n, one in enumerate(done) if one.exit == 0} <= stored
        assert len(facts.work_summary) == len(set(facts.work_summary))
        assert "src/one.py" in facts.files
        assert [path.name for path in system.store.rglob(".ocm-tmp-*")] == []


class FullDisk:
    """Lets so many writes through, and fails each after that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
        """Stand in front of everything that can need room on a disk."""
        self.left = left
        self.failed = 0
        for name in ("write", "fsync", "rename", "replace", "link", "mkdir"):
            monkeypatch.setattr(os, name, partial(self.call, getattr(os, name)))
        opened = os.open
        monkeypatch.setattr(
            os, "open", lambda path, flags, *rest, **more: self.open(opened, path, flags, *rest, **more)
        )
        monkeypatch.setattr(files, "open", self.file, raising=False)

    def call(self, function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Call, or find the disk full."""
        self.left -= 1
        if self.left < 0:
            self.failed += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*arguments, **more)

    def open(self, opened: Callable[..., int], path: str, flags: int, *rest: Any, **more: Any) -> int:
        """Only a new file needs room."""
        is_new = flags & os.O_CREAT and not os.path.exists(path)
        return self.call(opened, path, flags, *rest, **more) if is_new else opened(path, flags, *rest, **more)

    def file(self, *arguments: Any, **more: Any) -> Any:
        """Open a file whose writes need room."""
        found = open(*arguments, **more)  # noqa: SIM115 - whoever asked for it closes it
        if "w" in str(arguments[1:2]):
            found = Guarded(found, self)
        return found


class Guarded:
    """A file on a full disk."""

    def __init__(self, file: Any, disk: FullDisk) -> None:
        """Stand in front of `file`."""
        self._file = file
        self._disk = disk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        """Write half of it where there is no room for all."""
        try:
            count: int = self._disk.call(self._file.write, data)
        except OSError:
            self._file.write(data[: len(data) // 2])
            raise
        return count


def journal_two(store: paths.Store) -> None:
    """Journal two edits of files that are there."""
    for name in ("src/a.py", "src/b.py"):
        journal.append(store.path, "S", [journal.event("call", m=1, tool="Edit", path=name, kind="modified")])


@pytest.mark.parametrize("only_one", [True, False], ids=["one write fails", "every write from then on fails"])
def test_a_disk_that_is_full_at_any_write_of_a_checkpoint(
    system: Ours, store: paths.Store, monkeypatch: pytest.MonkeyPatch, *, only_one: bool
) -> None:
    """Walks through every write that a checkpoint makes; ends with the first walk on which none failed."""
    session = system.session_file("S")
    for name in ("a", "b"):
        system.world.write(f"src/{name}.py", "changed\n")
    for number in itertools.count():
        journal_two(store)
        before = session.read_bytes()
        with monkeypatch.context() as patch:
            disk = FullDisk(patch, number)
            disk.call = _failing_once(disk) if only_one else disk.call  # type: ignore[method-assign]
            stored = _checkpoint(store, f"item {number}")
        text = session.read_bytes()
        assert text == before or f"item {number}".encode() in text
        assert not stored or f"item {number}".encode() in text
        checkpoints.checkpoint(store, {"session_id": "S", "work_summary": [f"item {number}"]})
        _assert_all_there(store, number)
        if not disk.failed:
            break
    assert number > 5


def _failing_once(disk: FullDisk) -> Callable[..., Any]:
    def call(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        disk.left -= 1
        if disk.left == -1:
            disk.failed += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return function(*arguments, **more)

    return call


def _checkpoint(store: paths.Store, item: str) -> bool:
    try:
        checkpoints.checkpoint(store, {"session_id": "S", "work_summary": [item]})
    except OSError as error:
        return error.errno != errno.ENOSPC
    return True


def _assert_all_there(store: paths.Store, number: int) -> None:
    shown = show.show(store, "S")
    assert shown["work_summary"] == [f"item {n}" for n in range(number + 1)]
    assert {"src/a.py", "src/b.py"} <= {change["path"] for change in shown["files"]}
    assert gate.tally(store.path, "S").calls == 0
    assert journal.taken_paths(store.path, "S") == []
    assert [name for name in os.listdir(store.sessions) if name.startswith(".ocm-tmp-")] == []


def test_a_hook_on_a_full_disk_says_nothing_and_the_next_one_works(
    system: Ours, store: paths.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = journal.event("call", m=1, tool="Edit", path="src/a.py", kind="modified")
    with monkeypatch.context() as patch:
        FullDisk(patch, 0)
        with pytest.raises(OSError, match="No space"):
            journal.append(store.path, "S", [line])
    journal.append(store.path, "S", [line])
    assert gate.tally(store.path, "S").calls == 1
    system.checkpoint("S", "--summary", "at last").must_work()


# --- a store that moves away under a server


@contextmanager
def plain_server(system: Ours) -> Iterator[Mcp]:
    with system.mcp() as server:
        assert not server.call("ocm__checkpoint", session_id="S", work_summary=["before"]).error
        yield server


def go_on(server: Mcp) -> McpReply:
    return server.call("ocm__checkpoint", session_id="S", work_summary=["after"])


def test_a_store_that_is_deleted_under_a_server_is_not_made_again_by_it(system: Ours) -> None:
    with plain_server(system) as server:
        shutil.rmtree(system.store)
        reply = go_on(server)
        assert reply.error
        assert "ocm init" in reply.text
        assert server.call("ocm__search_sessions", query="zanzibar").error
        for words in (*READING, ["rebuild-index"]):
            assert_refused(system.ocm(*words), "ocm init")
        assert not system.store.exists()
        system.init().must_work()
        assert not go_on(server).error
    assert [session.session_id for session in system.listed()] == ["S"]


def test_a_project_that_moves_under_a_server_is_not_made_again_where_it_was(system: Ours) -> None:
    with plain_server(system) as server:
        old = system.world.project
        new = old.rename(old.with_name("moved"))
        reply = go_on(server)
        assert not old.exists()
    for words in (*READING, ["rebuild-index"]):
        assert_one_line(system.ocm(*words, cwd=new).must_work())
    written = b"".join(snapshot(new / ".openCodeMemory" / "sessions").values())
    assert reply.error or b"after" in written
    assert b"before" in written


def test_a_project_that_is_deleted_under_a_server_is_an_error_of_one_sentence(system: Ours) -> None:
    with plain_server(system) as server:
        shutil.rmtree(system.world.project)
        for reply in (go_on(server), server.call("ocm__list_sessions")):
            assert reply.error
            assert "Traceback" not in reply.text
        assert not system.world.project.exists()


def test_a_folder_of_sessions_that_is_deleted_under_a_server_is_made_again(system: Ours) -> None:
    with plain_server(system) as server:
        shutil.rmtree(system.store / "sessions")
        assert server.call("ocm__search_sessions", query="zanzibar").data == {"result": []}
        assert not go_on(server).error
    assert system.show("S") is not None


# --- clocks


class Clock:
    """A clock that says what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the true one."""
        self.now = datetime.now(UTC)
        clock = self

        class Moment(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Moment:
                return cls.fromtimestamp(clock.now.timestamp(), tz)

        monkeypatch.setattr("time.time", self._seconds)
        monkeypatch.setattr("time.time_ns", lambda: int(self.now.timestamp()) * 10**9)
        monkeypatch.setattr(gather, "datetime", Moment)

    def _seconds(self) -> float:
        return self.now.timestamp()


def test_a_clock_that_goes_back_costs_nothing(
    system: Ours, store: paths.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        clock = Clock(patch)
        for number in range(4):
            journal.append(store.path, "S", [journal.event("call", m=1, path=f"src/{number}.py", kind="modified")])
            system.world.write(f"src/{number}.py", "changed\n")
            checkpoints.checkpoint(store, {"session_id": "S", "work_summary": [f"item {number}"]})
            clock.now -= timedelta(hours=5)
        checkpoints.checkpoint(store, {"session_id": "S", "status": "closed"})
        assert sorted(recorded(store)) == [f"item {number}" for number in range(4)]
    assert_readable(system)
    system.ocm("rebuild-index").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.started_at is not None
    assert facts.ended_at is not None
    assert facts.ended_at >= facts.started_at
    assert {f"src/{number}.py" for number in range(4)} <= facts.files.keys()


def recorded(store: paths.Store) -> list[str]:
    found: list[str] = show.show(store, "S")["work_summary"]
    return found


def test_a_clock_that_stands_still_costs_nothing(
    system: Ours, store: paths.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take-overs of the same instant, of which none could be stored, must not replace one another."""
    session = system.session_file("S")
    before = session.read_bytes()
    with monkeypatch.context() as patch:
        Clock(patch)
        session.write_bytes(b"\xff")
        for name in ("a", "b"):
            system.world.write(f"src/{name}.py", "changed\n")
            journal.append(store.path, "S", [journal.event("call", m=1, path=f"src/{name}.py", kind="modified")])
            with pytest.raises(UnreadableSessionError):
                checkpoints.checkpoint(store, {"session_id": "S", "work_summary": ["in vain"]})
        session.write_bytes(before)
        checkpoints.checkpoint(store, {"session_id": "S", "work_summary": ["at last"]})
    facts = system.show("S")
    assert facts is not None
    assert {"src/a.py", "src/b.py"} <= facts.files.keys()


def test_files_from_the_future_are_searched_like_any_other(system: Ours) -> None:
    path = system.session_file("S")
    ahead = datetime.now(UTC).timestamp() + 10 * 365 * 86_400
    os.utime(path, (ahead, ahead))
    assert_readable(system)
    path.write_text(path.read_text(encoding="utf-8").replace("zanzibar", "quokka"), encoding="utf-8")
    os.utime(path, (ahead, ahead))
    assert [hit.session_id for hit in system.search("quokka")] == ["S"]
    assert system.search("zanzibar") == []


# --- locales, homes and payloads

ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX", "LANG": "C"}


def test_an_ascii_locale_stores_and_shows_every_letter(system: Ours) -> None:
    system.world.environment |= ASCII
    system.hook_environment |= ASCII
    system.checkpoint("Ü", "--goal", "修复登录页面 naïve café").must_work()
    system.world.write("src/ü n.py", "x\n")
    system.journal_edit("Ü", "src/ü n.py")
    system.checkpoint("Ü", stdin=json.dumps({"work_summary": ["日本語 🎉"]}, ensure_ascii=False)).must_work()
    shown = json.loads(system.ocm("show", "Ü", "--json").must_work().out)
    assert (shown["goal"], shown["work_summary"]) == ("修复登录页面 naïve café", ["日本語 🎉"])
    assert [change["path"] for change in shown["files"]] == ["src/ü n.py"]
    assert [row["session_id"] for row in json.loads(system.ocm("search", "登录", "--json").must_work().out)] == ["Ü"]
    for words in (["list"], ["search", "café"], ["show", "Ü"], ["resume", "Ü"], ["status"], ["rebuild-index"]):
        system.ocm(*words).must_work()
    assert_hooks_step_aside(system)


@pytest.mark.parametrize("home", ["", "/", "home", "/dev/null/home"])
def test_no_home_is_no_hindrance(system: Ours, home: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OCM_HOME")
        patch.setenv("HOME", home)
        assert not paths.user_store().startswith("/."), "no process is to write to the root of the disk"
    there = os.path.lexists("/.openCodeMemory")
    for name in ("OCM_HOME", "USERPROFILE"):
        del system.world.environment[name]
    system.world.environment["HOME"] = home
    assert_works_without_a_home(system)
    assert os.path.lexists("/.openCodeMemory") == there


def test_a_user_whom_no_list_of_users_knows_needs_no_home(system: Ours) -> None:
    setpriv = shutil.which("setpriv")
    prefix = [str(setpriv), "--reuid=54321", "--regid=54321", "--clear-groups"]
    for name in ("HOME", "OCM_HOME", "USERPROFILE"):
        del system.world.environment[name]
    if not IS_ROOT or setpriv is None:
        pytest.skip("only root can become a user without a home")
    with tempfile.TemporaryDirectory() as folder:
        system.world.root = system.world.root.rename(f"{folder}/world")
        subprocess.run(["chown", "-R", "54321:54321", folder], check=True)
        system.prefix = prefix
        if system.run([sys.executable, "-c", "pass"], cwd=system.world.root).exit:
            pytest.skip("that user cannot start this interpreter")
        assert_works_without_a_home(system)


def assert_works_without_a_home(system: Ours) -> None:
    assert_readable(system)
    assert_hooks_step_aside(system)
    system.checkpoint("S", "--summary", "went on").must_work()
    system.ocm("rebuild-index").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_summary == ["went on"]


@pytest.mark.parametrize("where", ["tool_input", "tool_response"])
def test_a_payload_of_twenty_megabytes_is_journaled_like_any_other(system: Ours, where: str) -> None:
    path = str(system.world.write("src/long.py", "x\n"))
    fields: dict[str, Any] = {
        "tool_input": {"file_path": path},
        "tool_response": {"type": "create", "filePath": path},
        "tool_use_id": "toolu_1",
    }
    fields[where]["content"] = "x" * 20_000_000
    reply = system.hook("post-tool-use", "S", tool_name="Write", **fields)
    assert (reply.exit, reply.err) == (0, "")
    assert system.journal("S").stat().st_size < 10_000
    assert_readable(system)
    system.checkpoint("S", "--summary", "went on").must_work()
    facts = system.show("S")
    assert facts is not None
    assert "src/long.py" in facts.files


@pytest.mark.parametrize("event", ["session-start", "user-prompt", "pre-tool-use", "stop", "session-end"])
def test_every_hook_takes_a_payload_of_twenty_megabytes(system: Ours, event: str) -> None:
    reply = system.hook(event, "S", source="startup", prompt="x" * 20_000_000, tool_name="Edit", reason="other")
    assert reply.exit == 0
    assert not reply.crashed


def test_a_rebuild_reads_every_kind_of_file_at_once(system: Ours, store: paths.Store) -> None:
    folder = system.store / "sessions"
    for number, (name, data) in enumerate(BROKEN.items()):
        (folder / f"2026-01-01_00-0{number}_x_{name.replace(' ', '-')}.md").write_bytes(data)
    found = sync.rebuild(store)
    assert found.read >= 1
    assert len(found.unreadable) + found.read == len(BROKEN) + 1
    assert_readable(system)
