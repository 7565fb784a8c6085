"""Completing in the shell: what the real `ocm` offers, and a real bash, zsh and fish that take its script."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ocm.hosts.config.all_hosts import HOSTS
from tests.support.builders import Project, run_ocm, script


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint("0f6c-one", goal="Cut latency", slug="tei-migration", tool="claude-code")
    project.checkpoint("1a2b-two", goal="Write docs", tool="cursor")
    return project


def values(folder: Path, line: str) -> list[str]:
    """Return what is offered for the last word of a line."""
    count = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_OCM_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [script("ocm")], cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **count}
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [item.split(",", 1)[-1] for item in done.stdout.splitlines() if item]


@pytest.mark.parametrize(("line", "found"), [
    ("ocm sh", ["show"]), ("ocm show t", ["tei-migration"]), ("ocm show 0f", ["0f6c-one"]), ("ocm show la", ["latest"]),
    ("ocm resume 1a", ["1a2b-two"]), ("ocm timeline te", ["tei-migration"]), ("ocm commits te", ["tei-migration"]), ("ocm forget te", ["tei-migration"]),
    ("ocm export te", ["tei-migration"]), ("ocm show latest --section dec", ["decisions"]), ("ocm search x --status fr", ["frozen"]),
    ("ocm list --tool cl", ["claude-code"]), ("ocm search x --tool cu", ["cursor"]), ("ocm config get gate.th", ["gate.threshold"]),
    ("ocm config set redact.o", ["redact.off"]), ("ocm config unset brief", ["brief.tokens"]), ("ocm help reb", ["rebuild-index"]),
    ("ocm init --host gem", ["gemini-cli"]), ("ocm init --claude-hooks m", ["minimal"]), ("ocm completion z", ["zsh"]), ("ocm show zzz", []),
    ("ocm list --lim", ["--limit"]), ("ocm config se", ["set"]), ("ocm search x --branch q", []),
])  # fmt: skip
def test_the_word_begun_is_completed(filled: Project, line: str, found: list[str]) -> None:
    assert values(filled.root, line) == found


def test_every_host_is_offered(filled: Project) -> None:
    assert values(filled.root, "ocm install --host ") == list(HOSTS)


def test_a_session_is_offered_with_its_title(filled: Project) -> None:
    done = subprocess.run(
        [script("ocm")], cwd=filled.root, capture_output=True, text=True, check=True,
        env={**os.environ, "COMP_WORDS": "ocm show tei", "COMP_CWORD": "2", "_OCM_COMPLETE": "zsh_complete"},
    )  # fmt: skip
    assert done.stdout == "plain\ntei-migration\nCut latency\n"


def test_the_project_that_is_named_is_the_one_looked_in(filled: Project, tmp_path: Path) -> None:
    assert values(tmp_path, "ocm show tei") == []
    assert values(tmp_path, f"ocm show --project {filled.root} tei") == ["tei-migration"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_taken_by_its_shell(filled: Project, shell: str) -> None:
    done = run_ocm(filled.root, "completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_OCM_COMPLETE" in done.stdout
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    checked = subprocess.run([shell, "-n"], input=done.stdout, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def _path() -> str:
    return os.path.dirname(script("ocm")) + os.pathsep + os.environ["PATH"]


@pytest.mark.skipif(not shutil.which("bash") or os.name == "nt", reason="bash is not installed")
def test_a_real_bash_completes(filled: Project) -> None:
    line = (
        'eval "$(ocm completion bash)"; COMP_WORDS=(ocm show te); COMP_CWORD=2; COMPREPLY=();'
        ' $(complete -p ocm | sed "s/.*-F \\([^ ]*\\).*/\\1/") ocm te show; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", line], cwd=filled.root, capture_output=True, text=True, check=True, env={**os.environ, "PATH": _path()}
    )  # fmt: skip
    assert done.stdout == "tei-migration\n"


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_a_real_fish_completes(filled: Project) -> None:
    done = subprocess.run(
        ["fish", "--no-config", "-c", 'ocm completion fish | source; complete -C "ocm show te"'],
        cwd=filled.root, capture_output=True, text=True, check=True, env={**os.environ, "PATH": _path()},
    )  # fmt: skip
    assert done.stdout.split("\t")[0].strip() == "tei-migration"


def test_an_unknown_shell_is_named(project: Project) -> None:
    done = run_ocm(project.root, "completion", "bsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'bash'?" in done.stderr
