"""The runner of git: bounded, private, and harmless to the repository and to this process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ocm.git import changes, history, process, worktree
from ocm.git.process import UnknownError
from tests.support.work_repo import POSIX, WorkRepo, three_files

pytestmark = pytest.mark.usefixtures("git_settings")


@pytest.fixture
def repo(tmp_path: Path) -> WorkRepo:
    return three_files(tmp_path / "proj")


def test_no_git_on_the_path(repo: WorkRepo, tmp_path: Path) -> None:
    script = (
        "import sys; from ocm.git import changes, worktree; root = sys.argv[1]; "
        "print(changes.since_start(root, '', 0.0), worktree.deleted_now(root)); "
        "print(worktree.files_at(root, 'a' * 40, ['x']), worktree.project_name(root))"
    )
    environment = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    for mode in ("", "quiet"):
        done = subprocess.run(
            [sys.executable, "-c", script, repo.root],
            env=environment | ({"GIT_PYTHON_REFRESH": mode} if mode else {}),
            check=True,
            capture_output=True,
        )
        assert done.stdout.decode().split() == ["None", "None", "{'x'}", "proj"]
        assert done.stderr == b""


@pytest.mark.skipif(sys.platform != "linux", reason="a shell script stands in for git")
@pytest.mark.parametrize("script", ["sleep 30", "setsid sleep 2", "exec >&-; sleep 30"])
def test_git_that_hangs(repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "git").write_text(f"#!/bin/sh\n{script}\n")
    (shims / "git").chmod(0o755)
    repo.start()
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "SECONDS", 0.2)
    monkeypatch.setattr(process, "HOOK_SECONDS", 0.2)
    monkeypatch.setattr(process, "GRACE", 0.1)
    began = time.monotonic()
    assert changes.since_start(repo.root, repo.sha, repo.since) is None
    assert worktree.deleted_now(repo.root) is None
    assert time.monotonic() - began < 20  # far less than the 30 s that git would take


def test_inside_a_git_hook(repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = WorkRepo(tmp_path / "other")
    other.write("theirs.py")
    other.commit()
    repo.start()
    repo.write("a.py", "mine\n")
    (repo.path / "src/b.py").unlink()
    variables = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": other.root,
        "GIT_INDEX_FILE": str(other.path / ".git" / "index"),
        "GIT_PREFIX": "src/",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_ICASE_PATHSPECS": "1",
        "GIT_PAGER": "false",
    }

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    assert worktree.deleted_now(repo.root) == ["src/b.py"]
    assert repo.seen() == {"a.py": "modified", "src/b.py": "deleted"}
    assert worktree.files_at(repo.root, repo.sha, ["a.py"]) == {"a.py"}
    assert dict(os.environ) == before


def test_the_repository_is_not_written_to(repo: WorkRepo) -> None:
    repo.start()
    for name in ("a.py", "src/b.py"):
        os.utime(repo.path / name, (1, 1))
    index = (repo.path / ".git" / "index").stat().st_mtime_ns
    repo.write("src/c.py", "mine\n")
    assert repo.seen() == {"src/c.py": "modified"}
    assert worktree.deleted_now(repo.root) == []
    assert (repo.path / ".git" / "index").stat().st_mtime_ns == index
    (repo.path / ".git" / "index.lock").write_text("another git is at work")
    assert repo.seen() == {"src/c.py": "modified"}


def test_a_folder_that_is_gone_under_the_process(
    repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.start()
    repo.write("a.py", "mine\n")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    if POSIX:
        (tmp_path / "cwd").rmdir()
    assert repo.seen() == {"a.py": "modified"}


@pytest.mark.parametrize("name", sorted(process.MISLEADING))
def test_no_variable_leads_git_to_another_repository(
    name: str, repo: WorkRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/nowhere")
    assert name not in process.environment(repo.root)
    assert process.run(repo.root, "ls-files") == b"a.py\nsrc/b.py\nsrc/c.py\n"
    assert os.environ[name] == "/nowhere"


def test_input_and_output_may_both_be_longer_than_a_pipe_holds(repo: WorkRepo) -> None:
    asked = b"HEAD:a.py\n" * 5_000
    found = process.run(repo.root, "cat-file", "--batch", stdin=asked)
    assert found.count(b"blob 40\n") == 5_000


def test_a_git_that_reads_no_input_is_no_error(repo: WorkRepo) -> None:
    assert process.run(repo.root, "ls-files", "a.py", stdin=b"x\n" * 500_000) == b"a.py\n"


def test_questions_asked_at_once_are_answered_in_their_order(repo: WorkRepo) -> None:
    assert process.run_all(repo.root, ("ls-files", "a.py"), ("ls-files", "src")) == [b"a.py\n", b"src/b.py\nsrc/c.py\n"]


@pytest.mark.skipif(not POSIX, reason="a shell script stands in for git")
def test_of_questions_asked_at_once_none_goes_on_when_one_fails(
    repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "shims" / "git"
    shim.parent.mkdir()
    shim.write_text(
        f"#!/bin/sh\ncase \"$*\" in *slow*) echo $$ > '{tmp_path}/slow'; exec sleep 60;; esac\nwhile ! test -s '{tmp_path}/slow'; do sleep 0.01; done; exit 1\n"
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UnknownError):
        process.run_all(repo.root, ("fails",), ("slow",))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "slow").read_text()), 0)


def test_a_folder_that_is_not_there_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownError):
        process.run(str(tmp_path / "gone"), "ls-files")


def test_endless_lines_are_cut(repo: WorkRepo) -> None:
    (repo.path / "min.js").write_bytes(b"x" * 300_000 + b"\nlast line of it\n")
    sha = repo.commit("minified")
    lines = list(history.patches(repo.root, [sha]))
    assert max(map(len, lines)) <= 65_536
    assert b"+last line of it\n" in lines


def test_a_stream_that_nobody_reads_to_its_end_leaves_no_process(repo: WorkRepo) -> None:
    (repo.path / "big.txt").write_bytes(b"a line of a long file\n" * 100_000)
    sha = repo.commit("big")
    streamed = process.stream(repo.root, "show", sha)
    assert next(iter(streamed)).startswith(b"commit ")
    streamed.close()  # type: ignore[attr-defined]
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert not [line for line in done.stdout.splitlines() if line.startswith("git") and sha in line]


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for git")
def test_a_git_that_goes_on_when_nobody_reads_is_ended(
    repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = tmp_path / "alive"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ntrap '' PIPE\necho $$ > '{alive}'\necho commit\nexec sleep 600\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(fake.parent), os.environ["PATH"]]))
    streamed = process.stream(repo.root, "show", "HEAD")
    assert next(iter(streamed)) == b"commit\n"
    streamed.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(int(alive.read_text()), 0)


def test_what_git_says_against_a_folder_is_told_and_so_is_that_it_says_nothing(
    repo: WorkRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert process.complaint(repo.root) == ""
    assert "not a git repository" in str(process.complaint(str(tmp_path)))
    file = tmp_path / "file"
    file.write_text("x")
    assert "Not a directory" in str(process.complaint(str(file)))
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (shims / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(process, "SECONDS", 0.2)
    assert "timed out" in str(process.complaint(repo.root))
