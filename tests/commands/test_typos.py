"""A typo in every place a person can type: the nearest is named, the code is that of the contract, nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocm.base.errors import suggestion
from tests.support.builders import Project, run_ocm


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10", goal="Cut latency", slug="tei-migration", tool="claude-code"
    )
    return project


@pytest.mark.parametrize(("words", "code", "near"), [
    (["lsit"], 2, "list"), (["serach", "x"], 2, "search"), (["help", "shwo"], 2, "show"), (["config", "gte", "x"], 2, "get"),
    (["list", "--limt", "3"], 2, "--limit"), (["show", "tei-migraton"], 1, "tei-migration"), (["resume", "tei_migration"], 1, "tei-migration"),
    (["timeline", "tei-migrtion"], 1, "tei-migration"), (["export", "tie-migration"], 1, "tei-migration"), (["commits", "tei-migratio_"], 1, "tei-migration"),
    (["show", "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a11"], 1, "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10"), (["forget", "tei-migrati0n"], 1, "tei-migration"),
    (["show", "latest", "--section", "decision"], 2, "decisions"), (["search", "x", "--status", "clsed"], 2, "closed"),
    (["config", "get", "gate.treshold"], 2, "gate.threshold"), (["config", "set", "gate.mod", "off"], 2, "gate.mode"),
    (["config", "set", "gate.mode", "blok"], 2, "block"), (["init", "--host", "claud-code"], 2, "claude-code"),
    (["init", "--claude-hooks", "minmal"], 2, "minimal"), (["init", "--hooks", "codex=minmal"], 2, "minimal"),
    (["checkpoint", "--session-id", "S", "--status", "opne"], 2, "open"), (["checkpoint", "--session-id", "S", "--trigger", "manul"], 2, "manual"),
    (["serve", "--transport", "htp"], 2, "http"), (["completion", "zhs"], 2, "zsh"),
])  # fmt: skip
def test_the_nearest_is_named(filled: Project, words: list[str], code: int, near: str) -> None:
    before = {path: path.read_bytes() for path in Path(filled.store.sessions).iterdir()}
    done = run_ocm(filled.root, *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert f"Did you mean '{near}'?" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in Path(filled.store.sessions).iterdir()} == before


@pytest.mark.parametrize("words", [["list", "--tool", "claude-cod"], ["search", "latency", "--tool", "claude-cod"]])
def test_a_filter_that_nothing_has_is_named(filled: Project, words: list[str]) -> None:
    done = run_ocm(filled.root, *words)
    assert (done.returncode, done.stdout) == (0, "No session has the tool 'claude-cod'. Did you mean 'claude-code'?\n")
    assert run_ocm(filled.root, *words, "--json").stdout == "[]\n"


def test_a_branch_that_nothing_is_on_is_named(repo: Project) -> None:
    repo.checkpoint("S", goal="Cut latency")
    done = run_ocm(repo.root, "search", "latency", "--branch", "mian")
    assert done.stdout == "No session has the branch 'mian'. Did you mean 'main'?\n"
    assert run_ocm(repo.root, "search", "nothing", "--branch", "main").stdout == "No session matches.\n"


def test_without_any_store_a_search_of_all_finds_nothing(project: Project) -> None:
    assert run_ocm(project.root, "search", "x", "--all-projects", "--tool", "y").stdout == "No session matches.\n"


@pytest.mark.parametrize(("word", "known", "said"), [
    ("lsit", ["list", "show"], "Did you mean 'list'? "), ("LIST", ["list"], "Did you mean 'list'? "), ("list", ["list"], ""), ("zzz", ["list"], ""),
    ("", ["list"], ""), ("x", [], ""),
])  # fmt: skip
def test_what_is_near_and_what_is_not(word: str, known: list[str], said: str) -> None:
    assert suggestion(word, known) == said
