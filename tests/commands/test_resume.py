"""`ocm resume`: what it says, of which session, how long it is, and where it goes."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ocm.ui import clipboard
from tests.support.builders import Project, commit, git, run_ocm


@pytest.fixture
def filled(repo: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    (repo.root / "b.py").write_text("two\n", encoding="utf-8")
    repo.edited(str(repo.root / "a.py"))
    repo.edited(str(repo.root / "b.py"), kind="create")
    repo.checkpoint(
        goal="Cut latency", work_completed=["Client written"], work_summary=["Measured 38 ms"], work_pending=["Tune the batch"],
        decisions=["TEI over vLLM"], problems=["Spikes under load"],
    )  # fmt: skip
    (repo.root / "a.py").write_text("changed\n", encoding="utf-8")
    later = datetime.now().astimezone() + timedelta(seconds=5)  # git knows whole seconds only
    monkeypatch.setenv("GIT_COMMITTER_DATE", later.isoformat())
    commit(repo.root, "Change a")
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    return repo


def test_it_says_where_the_project_stands(filled: Project) -> None:
    said = run_ocm(filled.root, "resume").stdout
    for part in (
        "Goal: Cut latency [1]\nTo be done:\n- Tune the batch [1]\nProblems not solved:\n- Spikes under load [1]\nDecisions in force:\n- TEI",
        "Done, latest first:\n- Measured 38 ms\n- Client written", "Files changed since: a.py", "Files unchanged since: b.py", "Change a",
        " · main · S · ", "1 of 2 files changed",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize("words", [["latest"], ["S"]])
def test_it_says_all_that_is_needed_to_go_on(filled: Project, words: list[str]) -> None:
    said = run_ocm(filled.root, "resume", *words).stdout
    for part in (
        "Cut latency", "To be done:\n- Tune the batch", "Problems, latest first:\n- Spikes", "Decisions, latest first:\n- TEI",
        "Done, latest first:\n- Measured 38 ms\n- Client written", "Files changed since: a.py", "Files unchanged since: b.py", "Change a",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize("tokens", [60, 100, 200, 400])
def test_it_is_no_longer_than_asked(filled: Project, tokens: int) -> None:
    assert len(run_ocm(filled.root, "resume", "--tokens", str(tokens)).stdout) <= tokens * 4 + 1


def test_it_is_the_session_of_this_work_tree(filled: Project, tmp_path: Path) -> None:
    git(filled.root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    words = ["checkpoint", "--session-id", "T", "--goal", "Rewrite the parser", "--summary", "x"]
    assert run_ocm(tmp_path / "side", *words).returncode == 0
    there, here = run_ocm(tmp_path / "side", "resume").stdout, run_ocm(filled.root, "resume").stdout
    assert there.index("Rewrite the parser") < there.index("Cut latency")
    assert here.index("Cut latency") < here.index("Rewrite the parser")
    assert "Cut latency" not in run_ocm(tmp_path / "side", "resume", "T").stdout


def test_for_scripts_it_is_json(filled: Project) -> None:
    found = json.loads(run_ocm(filled.root, "resume", "S", "--json").stdout)
    assert found["session_id"] == "S"
    assert "Cut latency" in found["brief"]


def test_nothing_is_copied_where_nothing_is_stored(project: Project) -> None:
    done = run_ocm(project.root, "resume", "--copy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing is stored yet that could be picked up.\n", "")


# --- the clipboard


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_sent_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert "sent to the clipboard of your terminal" in clipboard.copy("日本")
    assert terminal.getvalue() == f"\x1b]52;c;{base64.b64encode('日本'.encode()).decode()}\x07"


@pytest.mark.parametrize(("there", "fails", "used"), [
    (["pbcopy"], [], "pbcopy"), (["wl-copy", "xclip"], [], "wl-copy"), (["wl-copy", "xclip"], ["wl-copy"], "xclip"), (["clip.exe"], [], "clip.exe"),
    ([], [], ""), (["xclip"], ["xclip"], ""),
])  # fmt: skip
@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_the_first_program_that_works_takes_it(
    there: list[str], fails: list[str], used: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in there:
        program = tmp_path / name
        program.write_text(
            f"#!/bin/sh\nPATH=/bin:/usr/bin\ncat > {tmp_path}/copied\nexit {int(name in fails)}\n", encoding="utf-8"
        )
        program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TERM", "dumb")
    said = clipboard.copy("日本")
    assert said == (f"is on the clipboard, put there by {used}" if used else "")
    if used:
        assert (tmp_path / "copied").read_bytes().decode("utf-16-le" if used == "clip.exe" else "utf-8") == "日本"


@pytest.mark.parametrize("error", [OSError(), subprocess.TimeoutExpired("x", 1)])
def test_a_program_that_cannot_be_run_is_passed_over(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", broken)
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert clipboard.copy("x") == ""
