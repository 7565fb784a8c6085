"""The demo proves what it shows: with a part of the loop replaced by something that does nothing, it fails."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.cli import demo, main

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


def test_it_can_be_played_within_a_process(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]))
    main.ocm.main(["demo"], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "is denied: the gate is shut" in shown
    assert "yes: markdown is the truth" in shown


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> demo._Demo:
    """A demo that is set up, before anything happened in it."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]))
    found = demo._Demo(str(tmp_path))
    found.set_up({f"{found.project}/a.py": "one\n"})
    found.session_id = "S"
    return found


CALL = {"session_id": "S", "tool_name": demo._CHECKPOINT, "tool_input": {"goal": "g"}}
ALL = {"greeting", "reminder", "denial", "checkpoint"}


def test_a_program_that_fails_ends_it(world: demo._Demo) -> None:
    with pytest.raises(OcmError, match="git nonsense said git: 'nonsense' is not a git command"):
        world.run("git", "nonsense")


@pytest.mark.parametrize("answer", [{}, {"updatedInput": {"goal": "g", "session_id": "another"}}])
def test_a_hook_that_gives_no_id_or_another_ends_it(world: demo._Demo, answer: demo.Payload) -> None:
    with pytest.raises(OcmError, match="did not put the session id into the call"):
        world.before_call(CALL, answer)


def test_a_call_of_any_other_tool_is_only_let_through(world: demo._Demo) -> None:
    world.before_call({"tool_name": "Read", "tool_input": {}}, {})
    assert world.seen == set()


@pytest.mark.parametrize("seen", [set(), ALL - {"denial"}])
def test_what_did_not_happen_is_named(world: demo._Demo, seen: set[str]) -> None:
    world.seen = seen
    with pytest.raises(OcmError, match="this did not happen: .*denial"):
        world.find_it_again()


@pytest.mark.parametrize("command", ["false", "nothing-of-this-name"])
def test_a_server_that_does_not_answer_ends_it(world: demo._Demo, command: str) -> None:
    path = Path(world.project) / ".mcp.json"
    path.write_text(json.dumps({"mcpServers": {"opencodememory": {"command": command, "args": []}}}), encoding="utf-8")
    with pytest.raises(OcmError, match="the MCP server did not answer ocm__checkpoint"):
        world.call_tool("ocm__checkpoint", {"session_id": "S"})


def test_a_server_that_stays_silent_ends_it_when_its_time_is_up(
    world: demo._Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = {"command": "sh", "args": ["-c", "cat >/dev/null"]}  # it takes each request, and ends with its input
    path = Path(world.project) / ".mcp.json"
    path.write_text(json.dumps({"mcpServers": {"opencodememory": silent}}), encoding="utf-8")
    monkeypatch.setattr(demo, "_SECONDS", 0.5)
    with pytest.raises(OcmError, match="the MCP server did not answer ocm__checkpoint"):
        world.call_tool("ocm__checkpoint", {"session_id": "S"})


def test_a_call_that_the_server_refuses_ends_it(world: demo._Demo) -> None:
    with pytest.raises(OcmError, match="the MCP server did not answer ocm__get_session"):
        world.call_tool("ocm__get_session", {"session_id": "of-no-session"})


def test_a_search_that_finds_nothing_ends_it(world: demo._Demo) -> None:
    world.seen = ALL
    with pytest.raises(OcmError, match="the search did not find the session"):
        world.find_it_again()


def test_an_answer_that_depends_on_the_cache_and_a_session_that_stays_open_end_it(world: demo._Demo) -> None:
    world.seen = ALL
    goal = "shop pages say out of stock when the warehouse API hiccups"
    world.call_tool("ocm__checkpoint", {"session_id": "S", "goal": goal})
    with pytest.raises(OcmError, match="was not closed with its files"):
        world.find_it_again()
    world.search()
    hits = iter([world.search(), []])
    world.search = lambda: next(hits)  # type: ignore[method-assign]
    with pytest.raises(OcmError, match="without the cache the answer was another one"):
        world.find_it_again()


def test_the_commands_beside_it_are_found_where_the_path_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    first, *_, last = demo._environment(str(tmp_path))["PATH"].split(os.pathsep)
    assert os.path.isabs(first)
    assert last == str(tmp_path)
