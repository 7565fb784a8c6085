"""Writing: the old file or the new one, never less; and locks that nobody holds twice."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.store import files

POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no such modes there")


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- atomic_write


def test_a_file_is_written_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    for data in (b"first", b"", b"x" * 1_000_000):
        files.atomic_write(str(tmp_path / "f"), data)
        assert (tmp_path / "f").read_bytes() == data
    assert names(tmp_path) == ["f"]


@POSIX
def test_a_new_file_is_private_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "f"
    files.atomic_write(str(path), b"1")
    assert mode(path) == 0o600
    path.chmod(0o644)
    files.atomic_write(str(path), b"2")
    assert mode(path) == 0o644
    files.atomic_write(str(tmp_path / "g"), b"1", mode=0o640)
    assert mode(tmp_path / "g") == 0o640


@POSIX
def test_a_symlink_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there/real")
    files.atomic_write(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "real").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_a_failure_leaves_the_old_file(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space"):
        files.atomic_write(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("name", [".", "missing/f", "x" * 300])
def test_an_error_names_the_file_that_was_meant_and_leaves_none(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "folder" / name)
    os.mkdir(tmp_path / "folder")
    with pytest.raises(OSError, match=re.escape(repr(path))):
        files.atomic_write(path, b"new")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


def test_what_is_to_be_new_replaces_nothing(tmp_path: Path) -> None:
    files.atomic_write(str(tmp_path / "f"), b"first", new=True)
    with pytest.raises(FileExistsError):
        files.atomic_write(str(tmp_path / "f"), b"second", new=True)
    assert (tmp_path / "f").read_bytes() == b"first"
    assert names(tmp_path) == ["f"]
    assert (tmp_path / "f").stat().st_nlink == 1


@pytest.mark.parametrize("why", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_links_takes_a_new_file_all_the_same(
    tmp_path: Path, why: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(os, "link", no_links)
    files.atomic_write(str(tmp_path / "f"), b"first", new=True)
    assert (tmp_path / "f").read_bytes() == b"first"
    assert names(tmp_path) == ["f"]


def test_a_new_file_that_finds_no_room_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space"):
        files.atomic_write(str(tmp_path / "f"), b"first", new=True)
    assert names(tmp_path) == []


def test_the_data_is_durable_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    files.atomic_write(str(tmp_path / "f"), b"data")
    assert steps == ["file", "rename", *["folder"] * (os.name != "nt")]


def test_an_owner_has_one_temporary_file_which_his_next_write_takes_along(tmp_path: Path) -> None:
    (tmp_path / ".ocm-tmp-me").write_bytes(b"half of a killed write")
    files.atomic_write(str(tmp_path / "f"), b"whole", owner="me")
    assert names(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"whole"


def test_old_temporary_files_are_cleared_and_young_and_foreign_ones_are_not(tmp_path: Path) -> None:
    for name in (".ocm-tmp-old", ".ocm-tmp-young", "other"):
        (tmp_path / name).touch()
    for name in (".ocm-tmp-old", "other"):
        os.utime(tmp_path / name, (1, 1))
    files.clear_temporaries(str(tmp_path), time.time() - 600)
    files.clear_temporaries(str(tmp_path / "missing"), time.time())
    assert names(tmp_path) == [".ocm-tmp-young", "other"]


def test_old_locks_are_named(tmp_path: Path) -> None:
    for name in ("old.lock", "young.lock", "old"):
        (tmp_path / name).touch()
    for name in ("old.lock", "old"):
        os.utime(tmp_path / name, (1, 1))
    assert files.old_locks(str(tmp_path), 100) == ["old.lock"]
    assert files.old_locks(str(tmp_path / "missing"), 100) == []


# --- folders and reading


@POSIX
def test_a_store_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.make_private_dir(str(tmp_path / "a" / "b"))
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "b") == 0o700
    (tmp_path / "a" / "b").chmod(0o755)
    files.make_private_dir(str(tmp_path / "a" / "b"))
    assert mode(tmp_path / "a" / "b") == 0o700


def test_a_mode_that_cannot_be_set_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chmod", fail)
    files.make_private_dir(str(tmp_path))
    assert tmp_path.is_dir()


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\x00\xff")
    assert files.read_bytes(str(tmp_path / "f")) == b"\x00\xff"
    assert files.read_bytes(str(tmp_path / "g")) is None


# --- locks


def test_a_lock_leaves_no_file(tmp_path: Path) -> None:
    with files.locked(str(tmp_path / "l.lock")):
        assert names(tmp_path) == ["l.lock"]
    assert names(tmp_path) == []


def test_a_lock_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), files.locked(str(tmp_path / "l.lock")):
        raise KeyError
    with files.locked(str(tmp_path / "l.lock"), timeout=0):
        pass


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "l.lock")
    with files.locked(path), pytest.raises(OcmError, match=r"held l\.lock for 0 s"), files.locked(path, timeout=0.05):
        pass


HOLDER = """
import sys, time
from ocm.store import files
for _ in range(int(sys.argv[3])):
    with files.locked(sys.argv[1]):
        with open(sys.argv[2]) as file:
            count = int(file.read())
        with open(sys.argv[2], "w") as file:
            file.write(str(count + 1))
"""


def test_nobody_holds_a_lock_at_the_same_time_although_its_file_goes_away(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "l.lock"), str(counter), "40"]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert counter.read_text() == "160"


def test_threads_lock_each_other_out_too(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with files.locked(str(tmp_path / "l.lock")):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
