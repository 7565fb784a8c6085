"""init, install and uninstall as a person types them: what is chosen, shown, asked and refused."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from ocm.cli import main
from ocm.hosts.config.all_hosts import HOSTS
from ocm.setup import codex_trust
from ocm.setup.codex_trust import Waiting
from ocm.ui import output
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Run `ocm` with these words."""

    def __call__(self, *words: str, answer: str = "") -> Done: ...


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return a home in which no host is found."""
    with World(tmp_path).entered() as entered:
        scripts = os.path.dirname(sys.executable)
        monkeypatch.setenv("PATH", scripts)
        monkeypatch.delenv("VIRTUAL_ENV", raising=False)
        yield entered


@pytest.fixture
def ocm(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in this process, in the folder of the project."""
    monkeypatch.chdir(world.project)

    def run(*words: str, answer: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["ocm", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as stop:
            main.main()
        printed = capsys.readouterr()
        return Done(int(stop.value.code or 0), printed.out, printed.err)

    return run


def refused(done: Done, code: int, words: str) -> None:
    assert done.code == code, done
    assert words in done.err
    assert done.err.count("\n") == 1


def test_hosts_are_chosen_by_name_or_all(ocm: Run, world: World) -> None:
    assert ocm("init", "--host", "codex", "--host", "kiro").code == 0
    assert {path.name for path in world.project.iterdir()} >= {".codex", ".kiro", "AGENTS.md"}
    assert not (world.project / "CLAUDE.md").exists()
    assert "Nothing to change." in ocm("init", "--host", "codex", "--host", "kiro").out
    assert ocm("init", "--all").code == 0
    assert (world.project / ".roo" / "mcp.json").exists()
    assert ocm("uninstall", "--host", "kiro").code == 0
    assert not (world.project / ".kiro").exists()
    assert (world.project / ".codex" / "hooks.json").exists()
    assert ocm("uninstall").code == 0
    assert not (world.project / ".codex" / "hooks.json").exists()


def test_hooks_are_chosen_for_any_host(ocm: Run, world: World) -> None:
    assert (
        ocm("init", "--hooks", "gemini-cli=full", "--cursor-hooks", "minimal", "--hooks", "claude-code=mcp").code == 0
    )
    assert "AfterAgent" in (world.project / ".gemini" / "settings.json").read_text()
    assert "ocm-hook" in (world.project / ".cursor" / "hooks.json").read_text()
    assert "mcp_tool" in world.settings.read_text()


def test_a_dry_run_shows_a_diff_and_writes_nothing(ocm: Run, world: World) -> None:
    before = world.seen()
    done = ocm("init", "--all", "--dry-run", "--trust-hooks")
    assert done.code == 0
    for host in ("codex", "opencode", "kiro"):
        assert f"--tool {host}" in done.out or f'"{host}"' in done.out
    assert "+++ " in done.out
    assert ocm("install", "--host", "amp", "--dry-run").code == 0
    assert ocm("uninstall", "--dry-run").out == "Nothing would change.\n"
    assert world.seen() == before


def test_local_keeps_to_the_users_own_files(ocm: Run, world: World) -> None:
    assert ocm("init", "--local").code == 0
    shared = {path.name for path in world.project.iterdir()}
    assert shared == {".git", ".openCodeMemory", ".claude", "CLAUDE.local.md"}
    assert ".claude/settings.local.json" in (world.project / ".git" / "info" / "exclude").read_text()
    refused(ocm("init", "--local", "--host", "zed"), 2, "zed has no files that are one user's alone")


def test_install_and_uninstall_for_the_user(ocm: Run, world: World) -> None:
    before = world.seen()
    assert ocm("install", "--host", "windsurf", "--host", "cline").code == 0
    assert (world.home / ".codeium" / "windsurf" / "mcp_config.json").exists()
    assert ocm("uninstall", "--global", "--purge").code == 0
    assert world.seen() == before


def test_what_somebody_changed_is_named_and_not_said_to_be_removed(ocm: Run, world: World) -> None:
    assert ocm("init").code == 0
    world.write(world.servers, world.servers.read_text().replace('"command"', '"env": {"A": "b"}, "command"'))
    shown = ocm("uninstall", "--dry-run")
    done = ocm("uninstall")
    assert "ocm is removed, but for what somebody changed:" in done.out
    said = f'{world.servers}, line 3: the MCP server "opencodememory" stays, because somebody changed it'
    assert said in done.err
    assert said in shown.err
    again = ocm("uninstall")
    assert again.out.startswith("Nothing to change.")
    assert said in again.err
    world.servers.unlink()
    assert "ocm is removed." in ocm("uninstall").out


def test_what_is_wrong_is_one_line_and_nothing_is_written(ocm: Run, world: World) -> None:
    path = world.write(world.project / ".codex" / "config.toml", "[mcp_servers\n")
    before = world.seen()
    refused(ocm("init", "--host", "codex"), 1, f"{path}, line 1: not valid TOML")
    refused(ocm("init", "--host", "emacs"), 2, "'emacs' is not known")
    refused(ocm("init", "--hooks", "codex"), 2, "is not HOST=PROFILE")
    refused(ocm("init", "--hooks", "codex=mcp"), 2, "codex has no hook profile 'mcp'")
    assert world.seen() == before


def test_a_folder_that_may_not_be_written_to_is_exit_1(ocm: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = world.project / ".kiro"
    folder.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(folder) and access(path, mode))
    before = world.seen()
    refused(ocm("init", "--host", "kiro"), 1, f"you have no right to change {folder}")
    assert world.seen() == before


def test_every_host_says_what_a_person_has_to_do(ocm: Run) -> None:
    said = ocm("init", "--all").out
    for name in ("Claude Code", "Codex", "Gemini CLI", "Copilot CLI", "Cursor", "VS Code", "Windsurf", "Kiro", "Droid"):
        assert name in said
    assert "ocm install --host cline" in said


class Asked:
    """Stands in for Codex: what is waiting, and what was trusted."""

    waiting: tuple[Waiting, ...] = (Waiting("k", "h", "preToolUse", "ocm-hook pre-tool-use"),)
    trusted: tuple[Waiting, ...] = ()

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __enter__(self) -> type[Asked]:
        return Asked

    def __exit__(self, *_: object) -> None:
        return

    @classmethod
    def untrusted(cls) -> list[Waiting]:
        return list(cls.waiting)

    @classmethod
    def trust(cls, hooks: list[Waiting]) -> None:
        Asked.trusted = tuple(hooks)


def test_trust_is_asked_for_and_given_only_after_a_yes(ocm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codex_trust, "Client", Asked)
    Asked.trusted = ()
    done = ocm("init", "--host", "codex", "--trust-hooks", answer="n\n")
    assert (done.code, Asked.trusted) == (0, ())
    assert "preToolUse: ocm-hook pre-tool-use" in done.out
    unanswered = ocm("init", "--trust-hooks", answer="")
    assert unanswered.code == 1
    assert Asked.trusted == ()
    assert "Codex trusts them." in ocm("init", "--host", "codex", "--trust-hooks", answer="y\n").out
    assert Asked.trusted == Asked.waiting
    Asked.trusted = ()
    assert ocm("install", "--host", "codex", "--trust-hooks", "--yes").code == 0
    assert Asked.trusted == Asked.waiting
    monkeypatch.setattr(Asked, "waiting", ())
    assert "no hook of ocm that is waiting" in ocm("init", "--trust-hooks").out


def test_without_codex_its_trust_cannot_be_asked_for(ocm: Run) -> None:
    done = ocm("init", "--host", "codex", "--trust-hooks")
    assert done.code == 1
    assert "codex is not on the PATH" in done.err


def test_the_doctor_speaks_for_every_host_that_was_set_up(ocm: Run, world: World) -> None:
    names = [name for name in HOSTS if name not in ("codex", "zed")]
    ocm("init", *(word for name in names for word in ("--host", name)))
    found = json.loads(ocm("doctor", "--json").out)
    assert {host["host"] for host in found["hosts"]} == set(names)
    assert found["store"] == str(world.store)


def test_a_host_that_is_left_out_is_named_with_exit_1_after_the_others_are_set_up(ocm: Run, world: World) -> None:
    world.write(world.project / ".gemini" / "settings.json", '{"hooks": []}')
    done = ocm("init", "--host", "gemini-cli", "--host", "claude-code")
    assert done.code == 1
    assert "Gemini CLI is not set up: " in done.err
    assert world.servers.exists()
    assert ocm("install", "--host", "claude-code").code == 0


def test_init_ends_in_whether_it_records_proved_by_a_hook_and_the_server(ocm: Run, world: World) -> None:
    done = ocm("init", "--host", "claude-code")
    assert done.out.splitlines()[-1] == "It records: a hook of Claude Code was fired, and the server answered."
    assert not list(world.store.glob("active_*"))
    assert not list((world.store / "sessions").iterdir())
    again = ocm("init", "--host", "claude-code")
    assert "Nothing to change." in again.out
    assert again.out.splitlines()[-1].startswith("It records: ")


def test_init_without_the_programs_on_the_path_ends_in_what_is_missing(
    ocm: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = ocm("init", "--host", "claude-code")
    assert done.out.splitlines()[-1].startswith("Claude Code does not record yet: ")
    assert "not on the PATH" in done.out.splitlines()[-1]


@pytest.mark.parametrize(("answer", "local"), [("local\n", True), ("shared\n", False), ("\n", False)])
def test_a_person_is_asked_once_for_whom_it_is(
    ocm: Run, world: World, monkeypatch: pytest.MonkeyPatch, answer: str, local: bool
) -> None:
    monkeypatch.setattr(output, "is_watched", lambda: True)
    done = ocm("init", "--host", "claude-code", answer=answer)
    assert "(Claude Code)" in done.out
    assert world.servers.exists() is not local
    again = ocm("init", "--host", "claude-code")
    assert "(Claude Code)" not in again.out


def test_nobody_is_asked_who_said_yes_or_has_no_host_with_files_of_ones_own(
    ocm: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "is_watched", lambda: True)
    assert "for you alone" not in ocm("init", "--host", "codex").out
    assert "for you alone" not in ocm("init", "-y", "--host", "claude-code").out
    assert world.servers.exists()
