"""GitPython's log says what git's own would, within bounds, and only of the repository that is asked about."""

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


def listed(repo: WorkRepo, *paths: str, limit: int = 9) -> list[tuple[str, int, str, str, bool]]:
    found = history.log(repo.root, paths, limit)
    assert found is not None
    return [(one.sha, one.at, one.author, one.subject, one.is_merge) for one in found]


def said_by_git(repo: WorkRepo, *paths: str) -> list[tuple[str, int, str, str, bool]]:
    lines = repo.git("log", "--format=%H%x00%ct%x00%an%x00%s%x00%P", "--", *paths).split("\n")
    fields = [line.split("\0") for line in lines if line]
    return [(sha, int(at), author, subject, " " in parents) for sha, at, author, subject, parents in fields]


def test_the_log_is_that_of_git(repo: WorkRepo) -> None:
    repo.write("a.py", "second\n")
    repo.commit("A subject\nthat goes on\n\nand a body")
    repo.write("*.py")
    repo.commit("a file with an odd name")
    repo.write("*.py", "other\n")
    repo.commit("other")
    repo.write("src/b.py", "ü\n")
    repo.git("-c", "user.name=Jürgen Größe", "commit", "-qam", "Ünder")
    for paths in (["a.py"], ["src/b.py", "a.py"], ["src"], ["*.py"]):
        expected = said_by_git(repo, *(f":(literal){path}" for path in paths))
        assert listed(repo, *paths) == expected
    assert listed(repo, "src/b.py", limit=1)[0][2:4] == ("Jürgen Größe", "Ünder")


def test_a_repository_with_longer_ids_has_a_log_as_well(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "long", init=("--object-format=sha256",))
    repo.write("a.py")
    repo.commit("first")
    repo.write("a.py", "other\n")
    repo.commit("second")
    assert listed(repo, "a.py") == said_by_git(repo, "a.py")
    assert not repository.is_readable(WorkTree(repo.root, ""))


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_ICASE_PATHSPECS"])  # fmt: skip
def test_a_variable_that_names_another_repository_changes_nothing(
    name: str, repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said_by_git(repo, "a.py")
    other = three_files(tmp_path / "other")
    monkeypatch.setenv(name, str(other.path / ".git"))
    assert listed(repo, "a.py") == expected


def test_it_runs_no_program_of_the_repository_and_leaves_the_environment_alone(repo: WorkRepo, tmp_path: Path) -> None:
    repo.git("config", "core.fsmonitor", f"touch {tmp_path / 'ran'}")
    repo.git("config", "core.pager", f"touch {tmp_path / 'ran'}")
    before = dict(os.environ)
    assert len(listed(repo, "a.py")) == 1
    assert dict(os.environ) == before
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(not POSIX, reason="a shell script stands in for git")
@pytest.mark.parametrize("script", ["sleep 60", "exit 3", "echo nonsense", "exec >&-; sleep 60"])
def test_a_git_that_hangs_or_fails_is_not_known(
    script: str, repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "shims" / "git"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\n{script}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "SECONDS", 0.2)
    began = time.monotonic()
    assert history.log(repo.root, ["a.py"], 3) is None
    assert time.monotonic() - began < 20


def test_without_git_nothing_is_known(repo: WorkRepo, tmp_path: Path) -> None:
    """GitPython looks for git when it is imported, so this takes a process of its own."""
    code = "import sys; from ocm.git import history; print(history.log(sys.argv[1], ['a.py'], 3))"
    environment = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, repo.root], env=environment, check=True, capture_output=True)
    assert (done.stdout, done.stderr) == (b"None\n", b"")


def test_a_folder_that_is_gone_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownError):
        repository.log(WorkTree(str(tmp_path / "gone"), ""), ["a.py"], 3)


def test_a_process_that_has_ended_is_not_ended_again(repo: WorkRepo) -> None:
    git = repository._Git(repo.root)
    handle = git.execute(["git", "version"], as_process=True)
    handle.wait()
    git.end()
    assert handle.proc.returncode == 0
