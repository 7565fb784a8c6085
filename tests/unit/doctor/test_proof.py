"""The proof at the end of `ocm init`: hook and server as each host would start them, with nothing left of it."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from ocm.doctor import host_checks, live_checks, proof
from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.host_config import Place as HostPlace
from ocm.setup import install
from ocm.setup.scope import Scope
from tests.unit.doctor.test_doctor import ANSWER, Place, place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ocm.doctor.proof import Proof

__all__ = ["place"]
NO_TRUST = {"codex": "trust"}  # what only a person can give


@pytest.fixture
def ready(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a project with a server that answers at once, and the programs where a desktop finds them too."""
    place.command("ocm", ANSWER)
    place.run("git", "init", "-q")
    own = place.home / ".local" / "bin"
    own.mkdir(parents=True)
    for name in ("ocm", "ocm-hook", "sh"):
        (own / name).symlink_to(place.bin / name)
    monkeypatch.chdir(place.project)
    return place


def proved(place: Place, *names: str, cwd: Path | None = None) -> Proof:
    scope = Scope(str(place.project), str(place.store))
    return proof.prove(scope, str(cwd or place.project), names)


HOOKED = [name for name, host in HOSTS.items() if host.hooks]


@pytest.mark.parametrize("name", HOOKED)
def test_a_hook_of_every_host_is_fired_as_its_file_has_it_and_leaves_nothing(ready: Place, name: str) -> None:
    ready.init_hosts(name, profiles={name: "full"})
    before = ready.seen()
    found = proved(ready, name)
    assert ready.seen() == before
    if name in NO_TRUST:
        assert NO_TRUST[name] in found.missing[HOSTS[name].title]
    else:
        assert (found.records, found.missing) == ([HOSTS[name].title], {})
        assert found.sentences()[-1].startswith("It records: ")


def test_of_hooks_that_the_server_answers_another_one_is_fired(ready: Place) -> None:
    ready.init(claude="mcp")
    assert proved(ready).records == ["Claude Code"]


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda place: (place.bin / "ocm-hook").unlink(), "ocm-hook is not on the PATH"),
        (lambda place: (place.bin / "ocm").unlink(), "ocm is not on the PATH"),
        (lambda place: place.command("ocm", "echo broken >&2; exit 3"), "broken"),
        (lambda place: place.command("ocm-hook", "echo no >&2"), "recorded nothing: no"),
        (lambda place: place.command("ocm-hook", "exit 0"), "without recording anything"),
        (
            lambda place: place.write(place.home / ".claude" / "settings.json", '{"disableAllHooks": true}'),
            "disableAllHooks",
        ),
    ],
)
def test_what_is_missing_is_the_one_thing_that_is_said(
    ready: Place, break_it: Callable[[Place], object], words: str
) -> None:
    ready.init()
    break_it(ready)
    found = proved(ready)
    assert found.records == []
    (said,) = found.sentences()
    assert said.startswith("Claude Code does not record yet: ")
    assert words in said


def test_the_command_line_is_the_one_that_a_person_wrote(ready: Place) -> None:
    ready.init()
    seen = ready.base / "seen"
    ready.command("mine", f'echo "$A" "$@" >> {seen}; {ANSWER}')
    document = json.loads(ready.servers.read_text())
    entry = {"command": str(ready.bin / "ocm"), "args": ["serve", "${workspaceFolder}"], "env": {"A": "b"}}
    (ready.bin / "ocm").unlink()
    (ready.bin / "mine").rename(ready.bin / "ocm")
    document["mcpServers"]["opencodememory"] = entry
    ready.write(ready.servers, json.dumps(document))
    hooks = json.loads(ready.settings.read_text())
    handler = {
        "type": "command",
        "command": str(ready.bin / "ocm-hook"),
        "args": ["post-tool-use", "--tool", "claude-code"],
    }
    hooks["hooks"]["PostToolUse"][0]["hooks"] = [handler]
    ready.write(ready.settings, json.dumps(hooks))
    assert proved(ready).records == ["Claude Code"]
    assert seen.read_text() == f"b serve {ready.project}\n"


def test_from_a_subfolder_a_host_that_reads_only_that_does_not_record(ready: Place) -> None:
    ready.init()
    below = ready.project / "docs"
    below.mkdir()
    assert "Start it in" in proved(ready, cwd=below).missing["Claude Code"]
    plan = install.plan_init(cwd=str(below), hosts=["claude-code"])
    assert any(f"not {os.path.realpath(below)}" in notice for notice in plan.notices)


def test_a_host_with_a_window_is_tried_out_with_the_path_of_a_desktop(ready: Place) -> None:
    ready.init_hosts("kiro")
    for name in ("ocm", "ocm-hook"):
        (ready.home / ".local" / "bin" / name).unlink()
    assert "not on the PATH" in proved(ready).missing["Kiro"]


def test_what_all_projects_of_a_user_have_is_proved_in_the_home(ready: Place) -> None:
    install.plan_install(hosts=["claude-code"]).apply()
    scope = Scope(str(ready.home), str(ready.home / ".openCodeMemory"), "user")
    assert proof.prove(scope, str(ready.project)).records == ["Claude Code"]


def test_a_file_that_cannot_be_read_is_what_is_missing(ready: Place) -> None:
    ready.init()
    ready.servers.write_text("{")
    assert f"{ready.servers} cannot be read" in proved(ready).missing["Claude Code"]
    ready.init_hosts("codex")
    ready.write(ready.project / ".codex" / "hooks.json", "{")
    assert "Codex CLI" in proved(ready, "codex").missing
    (ready.project / ".codex" / "hooks.json").write_bytes(b"\xff{")
    assert "hooks.json cannot be read" in proved(ready, "codex").missing["Codex CLI"]


def test_a_host_without_hooks_records_checkpoints_alone(ready: Place) -> None:
    ready.init_hosts("zed")
    assert proved(ready).sentences() == ["In Zed checkpoints alone are recorded, for there are no hooks of ocm."]


def test_what_never_ends_or_cannot_be_started_is_said(ready: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_checks, "_SECONDS", 0.5)
    search = os.environ["PATH"]
    sleep = [str(shutil.which("sleep", path="/usr/bin:/bin")), "5"]
    assert "did not end" in live_checks.hook_failure("codex", sleep, "post-tool-use", str(ready.project), search)
    gone = live_checks.hook_failure("codex", ["/nowhere/at/all"], "post-tool-use", str(ready.project), search)
    assert "No such file" in gone
    assert "has no hooks" in live_checks.hook_failure("emacs", sleep, "post-tool-use", str(ready.project), search)


def test_an_address_that_the_reference_system_wrote_is_no_server_that_could_be_started(ready: Place) -> None:
    ready.init_hosts("zed")
    settings = ready.project / ".zed" / "settings.json"
    document = json.loads(settings.read_text())
    document["context_servers"]["opencodememory"] = {"url": "http://127.0.0.1:8765/mcp"}
    ready.write(settings, json.dumps(document))
    assert proved(ready, "zed").missing == {}


def test_a_file_that_cannot_be_read_holds_no_hooks(ready: Place) -> None:
    ready.init_hosts("claude-code")
    (target,) = (one for one in HOSTS["claude-code"].targets(HostPlace(str(ready.project))) if one.what == "hooks")
    assert "ocm-hook" in (host_checks.text_of(target) or "")
    settings = ready.project / ".claude" / "settings.json"
    settings.unlink()
    settings.mkdir()
    assert host_checks.text_of(target) is None
