"""Which project a conversation belongs to, and what its files are called there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocm.setup import settings
from ocm.sources import ownership
from ocm.sources.head import Head
from ocm.sources.ownership import Project
from ocm.store import paths
from ocm.store.paths import Store
from tests.support.builders import Project as Built
from tests.support.builders import git, repository


def head(cwd: str, repo: str = "") -> Head:
    return Head("claude-code", "S", "x", cwd=cwd, repository=repo)


@pytest.fixture
def repo(tmp_path: Path) -> Built:
    return Built(repository(tmp_path / "shop"))


def test_a_folder_of_the_work_tree_is_this_project(repo: Built) -> None:
    project = Project.of(repo.store)
    root = str(repo.root)
    assert project.root_of(head(root)) == root
    assert project.root_of(head(root + "/src/deep/")) == root
    assert project.root_of(head(root + "-other")) == ""
    assert project.root_of(head("")) == ""
    assert project.name == "shop"


def test_a_linked_work_tree_is_this_project_even_when_it_is_gone(repo: Built, tmp_path: Path) -> None:
    git(repo.root, "worktree", "add", "-q", str(tmp_path / "side"))
    project = Project.of(repo.store)
    inside = project.inside(head(str(tmp_path / "side")), str(tmp_path / "side"))
    assert project.root_of(head(f"{tmp_path}/side/sub")) == f"{tmp_path}/side"
    assert inside(f"{tmp_path}/side/a.py") == "a.py"
    assert inside(f"{repo.root}/b.py") == "b.py"


def test_a_link_to_the_project_is_the_project(repo: Built, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo.root)
    project = Project.of(repo.store)
    assert project.root_of(head(f"{tmp_path}/link")) == f"{tmp_path}/link"
    assert project.inside(head(f"{tmp_path}/link"), f"{tmp_path}/link")(f"{tmp_path}/link/a.py") == "a.py"


def test_what_was_moved_is_known_by_its_map(repo: Built) -> None:
    project = Project.of(repo.store, (("/old/shop", str(repo.root)), ("/else", "/nowhere")))
    assert project.root_of(head("/old/shop/src")) == "/old/shop"
    assert project.root_of(head("/else")) == ""


def test_the_same_remote_is_the_same_project(repo: Built) -> None:
    git(repo.root, "remote", "add", "origin", "git@example.org:team/shop.git")
    project = Project.of(repo.store)
    assert project.root_of(head("/home/her/code/shop/src", "https://example.org/team/shop")) == "/home/her/code/shop"
    assert project.root_of(head("/home/her/code/shop/src", "https://example.org/team/other")) == ""


def test_the_store_of_a_user_serves_every_folder(tmp_path: Path) -> None:
    repository(tmp_path / "a")
    (tmp_path / "a" / "sub").mkdir()
    project = Project.of(Store(str(tmp_path / "user"), str(tmp_path), is_user=True))
    assert project.root_of(head(f"{tmp_path}/a/sub")) == f"{tmp_path}/a"
    assert project.root_of(head("/gone/far")) == "/gone/far"


@pytest.mark.parametrize(
    ("cwd", "root"),
    [
        ("/home/her/shop/src/x", "/home/her/shop"),
        ("/home/her/other", "/home/her/other"),
        ("C:\\w\\shop\\src", "C:/w/shop"),
    ],
)
def test_a_folder_of_another_machine_is_guessed_by_its_name(repo: Built, cwd: str, root: str) -> None:
    assert Project.of(repo.store).guessed(cwd) == root


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/w/shop/a.py", "a.py"), ("/w/shop/src/../b.py", "b.py"), ("c.py", "src/c.py"), ("/w/other/a.py", ""),
        ("/w/shop", ""), ("/w/shopping/a.py", ""), ("../d.py", "d.py"), ("../../e.py", ""),
        ("/w/shop/.worktrees/2/f.py", "f.py"), ("/w/shop/.claude/worktrees/x/g/h.py", "g/h.py"),
    ],
)  # fmt: skip
def test_a_path_is_one_of_the_project_or_nothing(repo: Built, path: str, name: str) -> None:
    assert Project.of(repo.store).inside(head("/w/shop/src"), "/w/shop")(path) == name


def test_paths_of_windows_are_read_anywhere(repo: Built) -> None:
    inside = Project.of(repo.store).inside(head("c:\\w\\shop"), "C:/w/shop")
    assert (inside("C:\\w\\shop\\src\\a.py"), inside("c:/w/shop/b.py"), inside("D:\\w\\shop\\a.py")) == (
        "src/a.py",
        "b.py",
        "",
    )


def test_a_folder_that_another_store_serves_is_elsewhere(repo: Built, tmp_path: Path) -> None:
    other = Built(repository(tmp_path / "other"))
    project = Project.of(repo.store)
    assert project.is_elsewhere(str(other.root))
    assert [project.is_elsewhere(cwd) for cwd in ("", "rel", "/gone", str(repo.root), str(tmp_path))] == [False] * 5


@pytest.mark.parametrize(
    "url", ["https://u:p@Example.org/team/shop.git", "git@example.org:team/shop", "ssh://git@example.org/team/shop/"]
)
def test_every_form_of_a_remote_is_the_same(url: str) -> None:
    assert ownership.remote_key(url) == "example.org/team/shop"


def test_what_is_no_remote_is_none() -> None:
    assert ownership.remote_key("nothing") == ""


@pytest.mark.parametrize(("pattern", "left_out"), [
    ("claude-code", True), ("claude-*", True), ("shop", True), ("sh?p", True), ("/made/shop", True), ("/made/", True),
    ("/made/*", True), ("/history", True), ("cod*", False), ("/made/sho", False), ("shop2", False), ("/mad", False),
])  # fmt: skip
def test_an_exclusion_names_a_source_a_project_a_folder_or_a_file(pattern: str, left_out: bool) -> None:
    one = Head("claude-code", "S", "/history/a.jsonl", cwd="/made/shop")
    assert ownership.is_excluded(one, frozenset([pattern.rstrip("/")])) == left_out


def test_what_the_user_or_the_project_excludes_is_excluded(repo: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.change(repo.store.path, "import.exclude", "aider, ~/private/")
    settings.change(paths.user_store(), "import.exclude", " , codex", everywhere=True)
    home = str(Path("~").expanduser())
    assert ownership.exclusions(repo.store) == {"aider", "codex", f"{home}/private"}
    settings.change(paths.user_store(), "import.exclude", None, everywhere=True)
    monkeypatch.setenv("OCM_IMPORT_EXCLUDE", "cursor")
    assert ownership.exclusions(repo.store) == {"cursor"}
