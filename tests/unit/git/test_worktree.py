"""The small facts about a work tree, asked of real repositories."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ocm.git import process, worktree
from ocm.store.paths import git_head
from tests.support.work_repo import WorkRepo, clone, three_files

pytestmark = pytest.mark.usefixtures("git_settings")


@pytest.fixture
def repo(tmp_path: Path) -> WorkRepo:
    return three_files(tmp_path / "proj")


def test_more_deletions_than_a_journal_should_begin_with_are_not_known(repo: WorkRepo) -> None:
    for n in range(worktree._MAX_DELETED + 1):
        repo.write(f"many/{n}.py")
    repo.commit()
    shutil.rmtree(os.path.join(repo.root, "many"))
    assert worktree.deleted_now(repo.root) is None
    repo.git("checkout", "--", "many/0.py")
    assert len(worktree.deleted_now(repo.root) or ()) == worktree._MAX_DELETED


def test_deleted_now(repo: WorkRepo) -> None:
    assert worktree.deleted_now(repo.root) == []
    (repo.path / "a.py").unlink()
    repo.git("rm", "-q", "src/b.py")
    repo.git("mv", "src/c.py", "moved.py")
    assert worktree.deleted_now(repo.root) == ["a.py", "src/b.py", "src/c.py"]


def test_deleted_now_without_a_commit(tmp_path: Path) -> None:
    assert worktree.deleted_now(WorkRepo(tmp_path / "x").root) == []


def test_deleted_now_needs_no_heavy_import(repo: WorkRepo) -> None:
    script = (
        "import sys; from ocm.git import worktree as git; "
        "heavy = {'subprocess', 'dataclasses', 're', 'typing', 'contextlib', 'git'} & set(sys.modules); "
        "print(git.deleted_now(sys.argv[1]), heavy, {'git', 'dataclasses'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, repo.root],
        env=os.environ | {"PYTHONPATH": str(Path(worktree.__file__).parents[2])},
        check=True,
        capture_output=True,
    )
    assert done.stdout.decode().strip() == "[] set() set()"


def test_files_at(repo: WorkRepo) -> None:
    sha = git_head(repo.root)[0]
    repo.write("later.py")
    repo.git("rm", "-q", "a.py")
    repo.commit()
    asked = ["a.py", "src/b.py", "src", "later.py", "./src/c.py", str(repo.path / "a.py"), "/etc/passwd", "../x", ""]
    unknown = {"/etc/passwd", "../x", ""}
    assert worktree.files_at(repo.root, sha, asked) - unknown == {
        "a.py",
        "src/b.py",
        "./src/c.py",
        str(repo.path / "a.py"),
    }
    assert worktree.files_at(repo.root, "", asked) == unknown
    assert worktree.files_at(repo.root, sha, []) == set()


def test_files_at_of_many_paths(repo: WorkRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_ARGUMENTS", 10)
    sha = git_head(repo.root)[0]
    assert worktree.files_at(repo.root, sha, ["a.py", "src", "src/b.py", "no.py"]) == {"a.py", "src/b.py"}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/group/tool.git", "tool"),
        ("https://user:word@example.org/group/tool", "tool"),
        ("git@example.org:group/tool.git", "tool"),
        ("git@example.org:tool", "tool"),
        ("ssh://git@example.org:22/~me/tool.git/", "tool"),
        ("/srv/git/tool.git", "tool"),
        ("/srv/tool/.git", "tool"),
        (r"C:\repos\tool", "tool"),
        ("https://user:word@example.org", "example.org"),
        ("", "proj"),
    ],
)
def test_project_name(repo: WorkRepo, url: str, name: str) -> None:
    with (repo.path / ".git" / "config").open("a") as file:
        file.write(
            f'[remote "origin"]\n\tfetch = x\n\turl = {url}\n[remote "other"]\n\turl = https://example.org/fork\n'
        )
    assert worktree.project_name(repo.root) == name
    assert worktree.project_name(str(repo.path / "src")) == name


def test_project_name_of_clone_and_worktree(repo: WorkRepo, tmp_path: Path) -> None:
    copy = clone(repo, tmp_path / "copy")
    copy.git("worktree", "add", "-q", str(tmp_path / "wt"))
    assert worktree.project_name(copy.root) == worktree.project_name(str(tmp_path / "wt")) == "proj"
