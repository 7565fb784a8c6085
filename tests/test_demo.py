"""The demo proves what it shows: with a part of the loop replaced by something that does nothing, it fails."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent


def run_demo(path: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it for a user who has no identity in git, no assistant and nothing in the home."""
    environment = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **more}
    command = [str(SCRIPTS / "ocm"), "demo"]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=100)


def processes_that_name(folder: Path) -> list[str]:
    """Return the command lines, and the folders, of processes that know a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            about = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if os.fsencode(folder) in about or (process / "cwd").resolve().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
    return found


def shim(folder: Path, name: str, script: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return os.pathsep.join([str(folder), str(SCRIPTS), os.environ["PATH"]])


def test_the_whole_loop_is_played_and_nothing_is_left_behind(tmp_path: Path) -> None:
    done = run_demo(os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]), tmp_path)
    assert done.returncode == 0, done.stderr
    steps = [
        "ocm init",
        "The user asks",
        "carries a reminder",
        "denied",
        "puts the true session id in",
        "searches",
        "cache",
    ]
    places = [done.stdout.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert list(tmp_path.iterdir()) == []
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].endswith("In a repository of yours, type: ocm init")
    assert max(map(len, done.stdout.splitlines())) <= 200


def test_no_temporary_file_and_no_process_stays(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    path = os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])
    before = Path.cwd()
    assert run_demo(path, home, TMPDIR=str(temporary)).returncode == 0
    assert list(temporary.iterdir()) == []
    assert list(home.iterdir()) == []
    if sys.platform == "linux":
        assert processes_that_name(tmp_path) == []
        os.chdir(temporary)
        sleeper = subprocess.Popen(["sleep", "60"])  # the look at processes sees one
        os.chdir(before)
        found = processes_that_name(tmp_path)
        sleeper.kill()
        sleeper.wait()
        assert [words.split("\0")[0] for words in found if words] == ["sleep"]


def test_nothing_of_the_users_is_asked_or_touched(tmp_path: Path) -> None:
    """A git that would sign, hook or name things otherwise, and a store of the user's own, play no part."""
    (tmp_path / ".gitconfig").write_text(
        "[core]\n\thooksPath = /nowhere\n[commit]\n\tgpgsign = true\n", encoding="utf-8"
    )
    (tmp_path / ".openCodeMemory").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    path = os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])
    own = {"OCM_HOME": str(tmp_path / ".openCodeMemory"), "OCM_PROJECT_DIR": str(tmp_path), "GIT_DIR": str(tmp_path)}
    done = run_demo(path, tmp_path, **own)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert list((tmp_path / ".openCodeMemory").iterdir()) == []


def test_it_finds_its_own_commands_when_they_are_not_on_the_path(tmp_path: Path) -> None:
    path = os.pathsep.join(p for p in ("/usr/local/bin", "/usr/bin", "/bin") if not (Path(p) / "ocm").exists())
    assert run_demo(path, tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("ocm-hook", "exit 0"),
        ("ocm", f'[ "$1" = serve ] && exit 0; exec "{SCRIPTS / "ocm"}" "$@"'),
    ],
)
def test_a_part_that_does_nothing_fails_the_demo(tmp_path: Path, name: str, script: str) -> None:
    done = run_demo(shim(tmp_path / "bin", name, script), tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ocm: The demo stopped")
