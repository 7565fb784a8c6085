"""One way to find the project: worktrees, the user store, and the commit, all without a git process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm import paths
from ocm.paths import STORE
from tests.builders import commit, git, repository


def store_in(folder: Path) -> Path:
    path = folder / STORE
    (path / "sessions").mkdir(parents=True)
    return path


def found(start: Path) -> tuple[Path, Path, bool] | None:
    store = paths.find_store(str(start))
    return (Path(store.path), Path(store.root), store.is_user) if store else None


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home" / STORE))
    return tmp_path / "home" / STORE


# --- the tests' own home


@pytest.mark.skipif(os.name == "nt", reason="there is no such database of users")
def test_no_test_can_reach_the_real_home(private_home: Path) -> None:
    import pwd

    real = Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    assert Path(os.path.expanduser("~")) == private_home
    assert Path(paths.user_store()) == private_home / STORE
    assert not private_home.is_relative_to(real) or real == Path("/")
    assert git(private_home, "config", "--show-origin", "user.name").startswith(f"file:{private_home}")
    assert not [name for name in os.environ if name.startswith(("CLAUDE", "XDG_"))]


# --- the store


def test_the_nearest_store_upwards_is_the_one(tmp_path: Path) -> None:
    outer, inner = store_in(tmp_path), store_in(tmp_path / "a")
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert found(deep) == (inner, tmp_path / "a", False)
    assert found(tmp_path) == (outer, tmp_path, False)


def test_there_may_be_none(tmp_path: Path) -> None:
    assert found(tmp_path) is None


def test_a_file_of_that_name_is_no_store(tmp_path: Path) -> None:
    (tmp_path / STORE).touch()
    assert found(tmp_path) is None


def test_the_user_store_serves_where_no_project_has_one(tmp_path: Path, user: Path) -> None:
    assert found(tmp_path) is None
    (user / "sessions").mkdir(parents=True)
    (tmp_path / "p").mkdir()
    assert found(tmp_path / "p") == (user, tmp_path / "p", True)


def test_a_user_folder_without_sessions_is_only_a_registry(tmp_path: Path, user: Path) -> None:
    user.mkdir(parents=True)
    assert found(tmp_path) is None


def test_the_user_store_is_no_project_store_of_the_home(user: Path) -> None:
    (user / "sessions").mkdir(parents=True)
    work = repository(user.parent / "work")
    (work / "src").mkdir()
    assert found(work / "src") == (user, work, True)
    own = store_in(work)
    assert found(work) == (own, work, False)


def test_ocm_home_moves_the_user_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "x"))
    assert paths.user_store() == str(tmp_path / "x")
    monkeypatch.delenv("OCM_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert paths.user_store() == str(tmp_path / STORE)


def test_a_store_knows_its_parts() -> None:
    store = paths.Store(os.path.join("p", STORE), "p")
    assert store.sessions == os.path.join("p", STORE, "sessions")
    assert store.database == os.path.join("p", STORE, "memory.db")


# --- worktrees


def test_a_linked_worktree_uses_the_store_of_the_main_one(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    store = store_in(main)
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    (tmp_path / "linked" / "deep").mkdir()
    assert found(tmp_path / "linked" / "deep") == (store, tmp_path / "linked", False)
    own = store_in(tmp_path / "linked")
    assert own != store
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


def test_a_linked_worktree_may_have_the_only_store(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    store = store_in(tmp_path / "linked")
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


def test_worktrees_of_a_bare_repository_share_the_one_beside_it(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(tmp_path, "clone", "-q", "--bare", str(main), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", "-b", "side", "../linked")
    store = store_in(tmp_path / "bare.git")
    assert paths.main_worktree(str(tmp_path / "linked")) == str(tmp_path / "bare.git")
    assert found(tmp_path / "linked") == (store, tmp_path / "linked", False)


def test_a_submodule_uses_the_store_around_it(tmp_path: Path) -> None:
    main, part = repository(tmp_path / "main"), repository(tmp_path / "part")
    store = store_in(main)
    git(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part), "part")
    assert paths.main_worktree(str(main / "part")) is None
    assert found(main / "part") == (store, main, False)


@pytest.mark.parametrize("content", ["", "gitdir:", "gitdir: /nowhere/at/all", "something else", "gitdir: \x00"])
def test_a_broken_link_is_no_worktree(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content, encoding="utf-8")
    assert paths.main_worktree(str(tmp_path)) is None
    assert paths.git_head(str(tmp_path)) == ("", "")


# --- the commit


def test_the_head_is_what_git_says(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    (root / "deep").mkdir()
    sha = git(root, "rev-parse", "HEAD")
    assert paths.git_head(str(root / "deep")) == (sha, "main")
    git(root, "checkout", "-q", "-b", "feature/tei")
    sha = commit(root)
    assert paths.git_head(str(root)) == (sha, "feature/tei")
    git(root, "pack-refs", "--all")
    assert paths.git_head(str(root)) == (git(root, "rev-parse", "HEAD"), "feature/tei")
    git(root, "checkout", "-q", "--detach", sha)
    assert paths.git_head(str(root)) == (sha, "")


def test_the_head_of_a_linked_worktree_is_its_own(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "-q", "-b", "side", "../linked")
    sha = commit(tmp_path / "linked")
    assert paths.git_head(str(tmp_path / "linked")) == (sha, "side")
    assert paths.git_head(str(main))[1] == "main"


def test_refs_in_a_table_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n", encoding="utf-8")
    assert paths.git_head(str(tmp_path)) == ("", "")


def test_a_branch_that_no_ref_names_has_no_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "pack-refs", "--all")
    git(root, "checkout", "-q", "--orphan", "new")
    assert paths.git_head(str(root)) == ("", "new")


def test_a_repository_without_commits_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--template=")
    assert paths.git_head(str(tmp_path)) == ("", "main")


def test_without_a_repository_there_is_no_head(tmp_path: Path) -> None:
    assert paths.git_head(str(tmp_path)) == ("", "")
    assert paths.work_tree(str(tmp_path)) is None
