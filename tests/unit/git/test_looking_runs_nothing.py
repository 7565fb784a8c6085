"""Whatever a repository names, looking at it starts none of it: no filter, conversion, monitor, hook, alias or transport."""

import os
import subprocess
from pathlib import Path

import pytest

from ocm.git import filters, process, refusal
from ocm.provenance import why
from tests.support.builders import Project, commit, git, run_hook, script
from tests.support.work_world import retried

COMMANDS = (
    ("why", "src/client.py:6"), ("why", "src/client.py"), ("commits", "S"), ("explain", "HEAD"), ("show", "S"), ("list",),
    ("search", "fetch"), ("timeline", "--file", "src/client.py"), ("timeline",), ("resume",), ("status",), ("decisions",),
    ("problems",), ("stats",), ("doctor",), ("checkpoint", "--session-id", "S", "--summary", "looked"),
)  # fmt: skip
HOOKS = ("session-start", "user-prompt", "post-tool-use", "pre-compact", "stop", "session-end")


@pytest.fixture
def trapped(repo: Project, tmp_path: Path) -> tuple[Project, Path]:
    """Return a repository whose settings name a program in every way there is, and the file that it would write."""
    retried(repo)
    (repo.root / ".gitattributes").write_text(
        "*.py filter=evil=x diff=evil\n*.md filter=other\n*.c filter=third\n", "utf-8"
    )
    (repo.root / "read.md").write_text("one\n", encoding="utf-8")
    (repo.root / "read.c").write_text("one\n", encoding="utf-8")
    commit(repo.root, "Retries")
    canary, program = tmp_path / "canary", tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{canary}'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    more = tmp_path / "more"
    more.write_text(f'[filter "third"]\n\tclean = {program}\n[core]\n\tfsmonitor = {program}\n', encoding="utf-8")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout", "fsmonitor-watchman"):
        (hooks / name).symlink_to(program)
    settings = f"""
[FILTER "evil=x"]
	clean = {program} clean
	smudge = {program} smudge
	required
[filter.Other]
	process = {program} process
[diff "evil"]
	textconv = {program} textconv
	command = {program} command
[diff]
	external = {program} external
[core]
	fsmonitor = {program} monitor
	hooksPath = {hooks}
	pager = {program} pager
	sshCommand = {program} ssh
	editor = {program} editor
	gitProxy = {program} proxy
[alias]
	blame = !{program} alias
	log = !{program} alias
[gpg]
	program = {program}
[log]
	showSignature = true
[credential]
	helper = !{program} credential
[protocol "ext"]
	allow = always
[remote "far"]
	url = ext::{program} far
	promisor = true
	partialclonefilter = blob:none
	uploadpack = {program}
[extensions]
	partialClone = far
[include]
	path = {more}
[includeIf "gitdir:/"]
	path = {more}
"""
    with (repo.root / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write(settings)
    later = 2_000_000_000
    for path in ("src/client.py", "read.md", "read.c", "a.py"):
        os.utime(repo.root / path, (later, later))  # so that git looks into it
    (repo.root / "a.py").write_text("one\r\ntwo\n", encoding="utf-8")
    return repo, canary


@pytest.mark.skipif(os.name == "nt", reason="the programs are scripts of a shell")
def test_no_command_and_no_hook_runs_what_a_repository_names(trapped: tuple[Project, Path]) -> None:
    repo, canary = trapped
    for arguments in COMMANDS:
        done = subprocess.run([script("ocm"), *arguments], cwd=repo.root, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert not canary.exists(), f"{arguments}: {canary.read_text()}"
    edit = {"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_response": {}}
    for event in HOOKS:
        fields = {"session_id": "S", "cwd": str(repo.root), "prompt": "fetch", "source": "startup", "trigger": "auto"}
        run_hook(repo.root, event, {**fields, **edit})
        assert not canary.exists(), f"{event}: {canary.read_text()}"


@pytest.mark.skipif(os.name == "nt", reason="the programs are scripts of a shell")
def test_what_a_filter_would_change_is_unknown(trapped: tuple[Project, Path]) -> None:
    repo, canary = trapped
    origin = why.why(repo.store, "src/client.py", 6)["origins"][0]
    assert (origin["committed"], origin["unknown"]) == ("unknown", {"committed": refusal.FILTERED})
    session = origin["sessions"][0]
    assert session["freshness"] == {"unchanged": 0, "changed": 0, "gone": 0, "unknown": 1}
    assert not canary.exists()


@pytest.mark.parametrize(("text", "names"), [
    (b'[filter "a"]\n', {"a"}), (b'[filter "a b=\\"c\\\\"]clean=x', {'a b="c\\'}), (b"[Filter.Up]", {"up"}),
    (b"[lfs]\n", {"lfs"}), (b'[ lfs "x"]', {"lfs"}), (b'[remote "filter"]', set()), (b"", set()),
    (b'[filter "\xff"]', {os.fsdecode(b"\xff")}),
])  # fmt: skip
def test_the_filters_that_settings_name(text: bytes, names: set[str]) -> None:
    assert filters.names_in(text) == names


def test_settings_that_go_on_elsewhere_or_never_end_are_left_to_git(tmp_path: Path) -> None:
    assert filters.are_elsewhere(b'[ IncludeIf "gitdir:x"]')
    assert filters.are_elsewhere(b" " * 1_000_000)
    assert not filters.are_elsewhere(b"[core]\n")
    assert filters.settings(str(tmp_path)) == b"\n"


def test_what_the_user_sets_by_variables_stays_in_force(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo.root, "config", "filter.x.clean", "cat")
    for name, value in (("COUNT", "1"), ("KEY_0", "core.abbrev"), ("VALUE_0", "11")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    said = process.run(str(repo.root), "config", "-z", "--get-regexp", r"^(filter\.x|core\.abbrev)")
    assert said.split(b"\0") == [
        b"filter.x.clean\ncat", b"core.abbrev\n11", b"filter.x.clean\n", b"filter.x.smudge\n", b"filter.x.process\n",
        b"filter.x.required\nfalse", b"",
    ]  # fmt: skip


def test_settings_that_git_cannot_read_are_unknown_to_all(
    repo: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (repo.root / ".git" / "config").write_text("[include]\n\tpath = x\n", encoding="utf-8")
    assert process.silenced(str(repo.root)) == set()
    (repo.root / ".git" / "config").write_text("[broken\n[include]\n", encoding="utf-8")
    assert refusal.reason(str(repo.root)) == "git cannot read the settings of this repository"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(process.UnknownError):
        process.silenced(str(repo.root))
    assert refusal.reason(str(repo.root)) == refusal.NO_PROGRAM
