"""What scanning the folder sees, and session files that cannot be read."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from ocm.base.errors import OcmError
from ocm.index import file_format, scan, sync
from ocm.markdown import parse, render
from ocm.store.paths import Store
from tests.support.cached_store import SETTLED, find, found, listed, three, unreadable
from tests.support.session_store import make_store, put, session


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
    monkeypatch.setattr(scan, "_is_settled", lambda *_: False)  # however long this machine takes
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


def test_stat_hashes_are_made_only_when_something_looks_different(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    real = scan._counted
    before = scan.scan(store)
    monkeypatch.setattr(scan, "_counted", lambda *every: [*real(*every), "ghost.md"])
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
    monkeypatch.setattr(scan, "MAX_SESSION_FILE", 400)
    put(store, "large.md", session("large", goal="x" * 1000))
    assert unreadable(store) == [("large.md", "line 1: it is larger than 0 kB")]


def test_half_a_character_in_the_front_matter_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "a.md", session("a"))
    monkeypatch.setattr(parse, "parse", lambda _: session("a", title="\ud800"))
    assert unreadable(store) == [("a.md", "line 1: its front matter contains a lone surrogate")]


def test_while_something_is_left_no_reader_takes_the_folder_for_known(store: Store) -> None:
    put(store, "a.md", session("a", title="A"))
    left = Path(store.sessions) / ".ocm-tmp-gone"
    left.write_bytes(b"half")
    os.utime(store.sessions, (1, 1))
    assert scan.scan(store).folder == 0
    left.unlink()
    os.utime(store.sessions, (1, 1))
    assert scan.scan(store).folder == 1_000_000_000
