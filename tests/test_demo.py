"""The demo proves what it shows: with a part of the loop replaced by something that does nothing, it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent


def run_demo(path: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
    command = [str(SCRIPTS / "ocm"), "demo"]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=100)


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
