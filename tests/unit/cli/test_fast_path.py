"""What is answered before the command line's library is loaded is what that library would have made of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.cli import fast_path, main
from tests.support.builders import Project, run_ocm, script

_HEAVY = ("click", "rich", "markdown_it", "filelock", "yaml", "git", "dataclasses", "inspect", "subprocess")
_WORDS = st.sampled_from([
    "-n", "--limit", "--limit=3", "-n7", "3", "-1", "0", "51", "50", "x", "\u0661", "1e3", "--tool", "--tool=", "cursor", "--json", "--json=1",
    "--project", "--project=.", "", "-", "--", "--help", "-h", "--status", "open", "--branch", "--since", "--until", "--tag", "--file",
    "--archived", "--all-projects", "--transcripts", "--scope", "--dance", "--lim", "12345678", "99999999999999999999", "-x", "a b",
])  # fmt: skip


def as_click(words: list[str]) -> dict[str, Any] | None:
    """Return what click gives the command, None when it refuses."""
    command = main.ocm.commands[words[0]]
    try:
        with command.make_context(words[0], words[1:]) as context:
            return {name: value for name, value in context.params.items() if name != "scope"}
    except (click.ClickException, click.exceptions.Exit):
        return None


@given(st.sampled_from(list(fast_path.OPTIONS)), st.lists(_WORDS, max_size=6))
def test_both_understand_the_same(command: str, words: list[str]) -> None:
    found = fast_path.parsed([command, *words])
    if found is not None:
        assert found == as_click([command, *words])


@pytest.mark.parametrize("command", fast_path.OPTIONS)
def test_both_know_the_same_options(command: str) -> None:
    known = {
        option: parameter
        for parameter in main.ocm.commands[command].params
        for option in parameter.opts
        if isinstance(parameter, click.Option) and parameter.name != "scope"
    }
    assert {option: parameter.name for option, parameter in known.items()} == {
        option: name for option, (name, _) in fast_path.OPTIONS[command].items()
    }
    limits = [option.default for name, option in known.items() if name == "--limit"]
    assert limits == [limit for name, limit in fast_path.DEFAULT_LIMITS.items() if name == command]


@pytest.mark.parametrize(("words", "given"), [
    (["list"], {"project": None, "tool": None, "as_json": False, "limit": 10, "everything": False}),
    (["list", "-n", "-1", "--json"], {"project": None, "tool": None, "as_json": True, "limit": -1, "everything": False}),
    (["status", "--json"], {"project": None, "as_json": True}),
    (["list", "--limit=3", "--tool", "cursor"], {"project": None, "tool": "cursor", "as_json": False, "limit": 3, "everything": False}),
])  # fmt: skip
def test_what_is_plain_is_understood(words: list[str], given: dict[str, Any]) -> None:
    assert fast_path.parsed(words) == given


@pytest.mark.parametrize("words", [
    [], ["show", "x"], ["list", "x"], ["list", "--limit"], ["list", "-n", "many"], ["list", "--json=1"], ["list", "--help"], ["search"],
    ["search", "x", "-n", "0"], ["search", "x", "-n", "51"], ["search", "--", "x"], ["search", "x", "--scope", "global"], ["list", "-n5"],
    ["status", "x"], ["status", "-n", "3"], ["status", "--help"], ["status", "--project"],
])  # fmt: skip
def test_what_is_not_is_left_to_the_command_line(words: list[str]) -> None:
    assert fast_path.parsed(words) is None


@pytest.mark.parametrize("words", [
    ["list"], ["list", "--json"], ["list", "-n", "1"], ["search", "latency"], ["search", "latency", "--json"], ["search", "nothing at all"],
    ["search", "latency", "--status", "odd"], ["list", "--project", "/gone"], ["search", ""], ["search", "latency", "--since", "then"],
    ["search", "latency", "--archived"], ["search", "latency", "--all-projects"],
    ["status"], ["status", "--json"], ["status", "--project", "/gone"],
])  # fmt: skip
def test_both_answer_the_same(project: Project, words: list[str]) -> None:
    project.checkpoint("0f6c", goal="Cut latency", tool="claude-code")
    slow = [sys.executable, "-c", "from ocm.cli import main; main.main()", *words]
    done = subprocess.run(slow, cwd=project.root, capture_output=True, text=True, check=False)
    quickly = run_ocm(project.root, *words)
    assert (quickly.returncode, quickly.stdout, quickly.stderr) == (done.returncode, done.stdout, done.stderr)


def test_a_list_a_search_and_a_status_load_little(repo: Project) -> None:
    repo.checkpoint("0f6c", goal="Cut latency")
    time.sleep(0.3)  # a file this young is looked at once more, and the cache told, which takes a lock
    assert run_ocm(repo.root, "list").returncode == 0  # makes the cache, which takes all there is
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    for words, said in ((["list"], "Cut latency"), (["search", "latency"], "Cut latency"), (["status"], "sessions  1")):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", script("ocm"), *words],
            cwd=repo.root, capture_output=True, text=True, check=True, env=bare,
        )  # fmt: skip
        loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
        heavy = set(_HEAVY) - ({"subprocess"} if words[0] != "status" else set())
        assert loaded & heavy == set()
        assert said in done.stdout


def test_what_was_said_is_left_to_the_command_line() -> None:
    assert not fast_path.ran(["search", "--transcripts", "mailer"])


def test_without_a_store_init_is_named(tmp_path: Path) -> None:
    done = run_ocm(tmp_path, "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ocm init" in done.stderr
