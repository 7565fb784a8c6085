"""GitPython says what git itself would, within bounds, and only of the repository that is asked about."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ocm.git import history, process, repository
from ocm.git.process import UnknownError
from ocm.git.worktree import WorkTree
from tests.support.work_repo import POSIX, WorkRepo, three_files

pytestmark = pytest.mark.usefixtures("git_settings")


@pytest.fixture
def repo(tmp_path: Path) -> WorkRepo:
    return three_files(tmp_path / "proj")


def merged(repo: WorkRepo) -> str:
    """Merge a branch of three commits, one of them a merge, and return the merge."""
    repo.git("checkout", "-q", "-b", "topic")
    for n in range(2):
        repo.write(f"{n}.py")
        repo.commit(f"topic {n}")
    repo.git("checkout", "-q", "-b", "other", "main")
    repo.write("other.py")
    repo.commit("other")
    repo.git("merge", "-q", "--no-ff", "-m", "inner", "topic")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "outer", "other")
    return repo.git("rev-parse", "HEAD")


def said_by_git(repo: WorkRepo, merge: str) -> list[str]:
    return repo.git("rev-list", "--no-merges", f"{merge}^1..{merge}").split("\n")


def test_the_commits_of_a_merge_are_those_that_git_lists(repo: WorkRepo) -> None:
    merge = merged(repo)
    tree = WorkTree(repo.root, "")
    expected = said_by_git(repo, merge)
    assert len(expected) == 3
    assert repository.merged_commits(tree, merge, 9) == history.merged_commits(repo.root, merge, 9) == expected
    assert repository.merged_commits(tree, merge, 2) == expected[:2]


def test_a_repository_with_longer_ids_is_read_by_git_itself(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "long", init=("--object-format=sha256",))
    repo.write("a.py")
    repo.commit("first")
    merge = merged(repo)
    assert not repository.is_readable(WorkTree(repo.root, ""))
    assert history.merged_commits(repo.root, merge, 9) == said_by_git(repo, merge)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_ICASE_PATHSPECS"])  # fmt: skip
def test_a_variable_that_names_another_repository_changes_nothing(
    name: str, repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = merged(repo)
    expected = said_by_git(repo, merge)
    other = three_files(tmp_path / "other")
    monkeypatch.setenv(name, str(other.path / ".git"))
    assert history.merged_commits(repo.root, merge, 9) == expected


def test_it_runs_no_program_of_the_repository_and_leaves_the_environment_alone(repo: WorkRepo, tmp_path: Path) -> None:
    merge = merged(repo)
    repo.git("config", "core.fsmonitor", f"touch {tmp_path / 'ran'}")
    repo.git("config", "core.pager", f"touch {tmp_path / 'ran'}")
    before = dict(os.environ)
    assert len(repository.merged_commits(WorkTree(repo.root, ""), merge, 9)) == 3
    assert dict(os.environ) == before
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(not POSIX, reason="a shell script stands in for git")
@pytest.mark.parametrize("script", ["sleep 60", "exit 3", "echo nonsense", "exec >&-; sleep 60"])
def test_a_git_that_hangs_or_fails_is_not_known(
    script: str, repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = merged(repo)
    shim = tmp_path / "shims" / "git"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\n{script}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(UnknownError):
        repository.merged_commits(WorkTree(repo.root, ""), merge, 3)
    assert history.merged_commits(repo.root, merge, 3) in ([], ["nonsense"])
    assert time.monotonic() - began < 20


def test_without_git_nothing_is_known(repo: WorkRepo, tmp_path: Path) -> None:
    """GitPython looks for git when it is imported, so this takes a process of its own."""
    code = "import sys; from ocm.git import history; print(history.merged_commits(sys.argv[1], 'HEAD', 3))"
    environment = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, repo.root], env=environment, check=True, capture_output=True)
    assert (done.stdout, done.stderr) == (b"[]\n", b"")


def test_a_folder_that_is_gone_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownError):
        repository.merged_commits(WorkTree(str(tmp_path / "gone"), ""), "HEAD", 3)


def test_a_process_that_has_ended_is_not_ended_again(repo: WorkRepo) -> None:
    git = repository._Git(repo.root)
    handle = git.execute(["git", "version"], as_process=True)
    handle.wait()
    git.end()
    assert handle.proc.returncode == 0
