"""What git tracks of a store is read from its index, whatever its version, as git itself says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.store import tracked
from ocm.store.paths import STORE
from tests.support.builders import commit, git, repository


def store_in(root: Path) -> Path:
    (root / STORE / "sessions").mkdir(parents=True)
    return root / STORE


def put(store: Path, *names: str) -> None:
    for name in names:
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_text(name, encoding="utf-8")


def git_says(store: Path) -> set[str]:
    return {name.lower() for name in git(store, "ls-files", "-z").split("\0") if name}


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_the_index_is_read_as_git_has_it(tmp_path: Path, version: str, kind: str) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "--template=", f"--object-format={kind}")
    put(root, *(f"src/{number:03}/name{'x' * number}.py" for number in range(130)), ".openCodeMemo/x", "z")
    store = store_in(root)
    put(store, "sessions/evil.md", "sessions/Zwei Wörter.md", "config.json", "own.json")
    git(root, "config", "core.quotepath", "false")
    git(
        root,
        "add",
        "-A",
        "--",
        "src",
        ".openCodeMemo",
        "z",
        *(f"{STORE}/{name}" for name in ("sessions", "config.json")),
    )
    if version == "3":
        git(root, "add", "-N", f"{STORE}/own.json")  # a flag that needs the second field of flags
    git(root, "update-index", "--index-version", version)
    assert tracked.names(str(store)) == git_says(store)
    assert tracked.holds(tracked.names(str(store)), "sessions/zwei wörter.md")
    assert tracked.holds(tracked.names(str(store)), "own.json") is (version == "3")


def test_an_index_that_is_split_is_read_in_both_parts(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    store = store_in(root)
    put(store, "sessions/first.md")
    git(root, "add", "-A")
    git(root, "update-index", "--split-index")
    put(store, "sessions/second.md")
    git(root, "add", "-A")
    assert tracked.names(str(store)) == {"sessions/first.md", "sessions/second.md"}


def test_without_a_repository_an_index_or_a_tracked_file_there_is_none(tmp_path: Path) -> None:
    assert tracked.names(str(store_in(tmp_path / "plain"))) == frozenset()
    git(tmp_path, "init", "-q", "--template=", "new")
    assert tracked.names(str(store_in(tmp_path / "new"))) == frozenset()
    root = repository(tmp_path / "repo")
    store = store_in(root)
    put(store, "sessions/own.md")
    put(root, "sub/.openCodeMemory/sessions/own.md")
    git(root, "add", "sub")
    assert tracked.names(str(store)) == frozenset()
    assert tracked.names(str(root / "sub" / STORE)) == {"sessions/own.md"}


def test_what_changes_in_the_index_is_seen(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    store = store_in(root)
    put(store, "sessions/a.md")
    assert not tracked.names(str(store))
    git(root, "add", "-f", STORE)
    assert tracked.names(str(store)) == {"sessions/a.md"}
    git(root, "rm", "-q", "--cached", "-r", STORE)
    assert not tracked.names(str(store))


def test_a_link_and_a_repository_in_the_place_of_a_folder_stand_for_all_in_it(tmp_path: Path) -> None:
    linked = repository(tmp_path / "linked")
    put(linked, "notes/a.md")
    (linked / STORE).mkdir()
    (linked / STORE / "sessions").symlink_to(linked / "notes")
    git(linked, "add", "notes")
    assert tracked.holds(tracked.names(str(linked / STORE)), "sessions/a.md")
    assert not tracked.holds(tracked.names(str(linked / STORE)), "sessions/b.md")
    outer = repository(tmp_path / "outer")
    repository(outer / STORE)
    commit(outer)
    assert tracked.holds(tracked.names(str(outer / STORE)), "sessions/any.md")


def test_a_linked_worktree_has_an_index_of_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
    store = store_in(tmp_path / "tree")
    put(store, "sessions/a.md")
    git(tmp_path / "tree", "add", "-A")
    assert tracked.names(str(store)) == {"sessions/a.md"}
    assert tracked.names(str(store_in(root))) == frozenset()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"none .opencodememory",
        b"DIRC\0\0\0\2\0\0\0\5.opencodememory",
        b"DIRC\0\0\0\4\0\0\0\5" + b"\xff" * 80,
        b"DIRC\0\0\0\4\0\0\0\1",
    ],
)
def test_an_index_that_makes_no_sense_names_nothing(tmp_path: Path, data: bytes) -> None:
    root = repository(tmp_path / "repo")
    store = store_in(root)
    (root / ".git" / "index").write_bytes(data)
    assert tracked.names(str(store)) == frozenset()
    (root / ".git" / "index").unlink()
    (root / ".git" / "index").mkdir()
    assert tracked.names(str(store)) == frozenset()


def test_the_answers_for_other_stores_are_forgotten_at_last(tmp_path: Path) -> None:
    for number in range(tracked._KEPT + 1):
        assert not tracked.names(str(store_in(repository(tmp_path / f"r{number}"))))
    assert len(tracked._seen) <= tracked._KEPT
    assert os.path.realpath(tmp_path / f"r{tracked._KEPT}" / STORE) in tracked._seen
