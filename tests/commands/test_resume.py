"""`ocm resume --to`: the work is handed over to another assistant."""

import json
import os
import shlex
from pathlib import Path

import pytest

from ocm.cli.handing_over import OPENINGS
from tests.support.builders import Project, run_ocm
from tests.support.session_store import put, session

# Stands in a folder of the PATH under an assistant's name, and writes down what it was started with.
RECORDER = """#!/bin/sh
printf '%s\\n' "$PWD" > {out}
for word in "$@"; do printf '%s\\0' "$word" >> {out}; done
exit 7
"""


@pytest.mark.parametrize("host", OPENINGS)
def test_the_command_that_opens_an_assistant_holds_the_brief(project: Project, host: str) -> None:
    project.checkpoint("A", goal="Port the parser", work_pending=["Port 'it' to $HOME"])
    words = shlex.split(run_ocm(project.root, "resume", "--to", host).stdout)
    assert tuple(words[: len(OPENINGS[host]) - 1] or words[:1]) == (OPENINGS[host][:-1] or OPENINGS[host])
    assert "Goal: Port the parser [1]" in words[-1]
    assert "- Port 'it' to $HOME [1]" in words[-1]
    assert json.loads(run_ocm(project.root, "resume", "--to", host, "--json").stdout)["command"] == words


def test_the_last_words_of_the_session_are_handed_over(project: Project) -> None:
    put(project.store, "a.md", session("A", 1, goal="Port it", last_words="The parser is done, the writer is not."))
    put(project.store, "b.md", session("B", 2, goal="Ship it", last_words="All is shipped."))
    assert (
        "before: The parser is done, the writer is not." in run_ocm(project.root, "resume", "A", "--to", "codex").stdout
    )
    assert "before: All is shipped." in run_ocm(project.root, "resume", "--to", "codex").stdout


def test_with_nothing_stored_another_assistant_is_told_just_to_go_on(project: Project) -> None:
    words = shlex.split(run_ocm(project.root, "resume", "--to", "claude-code").stdout)
    assert words[0] == "claude"
    assert words[1].endswith("\nGo on with this work where it was left.")


@pytest.mark.skipif(os.name == "nt", reason="the recorder is a shell script")
def test_it_is_opened_in_the_project_and_ends_as_it_ended(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.checkpoint("A", goal="Port the parser")
    program, out = tmp_path / "bin" / "gemini", tmp_path / "out"
    program.parent.mkdir()
    program.write_text(RECORDER.format(out=shlex.quote(str(out))), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    below = project.root / "below"
    below.mkdir()
    assert run_ocm(below, "resume", "--to", "gemini-cli", "--run").returncode == 7
    folder, _, words = out.read_text(encoding="utf-8").partition("\n")
    assert os.path.realpath(folder) == os.path.realpath(project.root)
    assert words.startswith("--prompt-interactive=<ocm-notes>\n")
    assert "Port the parser [1]" in words
    monkeypatch.setenv("PATH", os.path.dirname(os.path.realpath("/bin/sh")))
    refused = run_ocm(project.root, "resume", "--to", "codex", "--run")
    if refused.returncode != 1:  # it is installed here
        pytest.skip("codex is beside the shell")
    assert "codex is not on the PATH" in refused.stderr


def test_to_run_it_has_to_be_said_what(project: Project) -> None:
    done = run_ocm(project.root, "resume", "--run")
    assert (done.returncode, "--to HOST" in done.stderr) == (2, True)
