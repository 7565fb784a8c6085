"""The doctor: nothing to say of what is intact, and one finding for each thing that is broken."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ocm.base.errors import OcmError
from ocm.doctor import doctor, hook_evidence, live_checks, store_checks
from ocm.hook import main
from ocm.hosts import adapters
from ocm.hosts.config.all_hosts import HOSTS as HOSTS_OF_ALL
from ocm.hosts.config.codex import own_hooks
from ocm.index import access
from ocm.sessions import checkpoints, session_files
from ocm.setup import install, settings
from ocm.store import files, paths
from tests.support.install_world import World

ANSWER = 'read -r line; echo \'{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{}}}\''

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ocm.doctor.findings import Finding

HOSTS = ("claude-code", "codex", "gemini-cli")
FOREIGN = {"claude-code": "mcp__other__do", "codex": "mcp__other__do", "gemini-cli": "mcp_other_do"}


@dataclass
class Place(World):
    """A project in which everything is set up and was used, on a PATH of its own."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.bin = base / "bin"
        self.bin.mkdir()
        shutil.rmtree(self.project / ".git")
        for name in ("git", "sh", "env", "cat"):
            (self.bin / name).symlink_to(str(shutil.which(name)))
        for name in ("ocm", "ocm-hook"):
            self.command(name, f'exec {shlex.quote(os.path.join(os.path.dirname(sys.executable), name))} "$@"')

    def command(self, name: str, line: str) -> Path:
        """Put a command on the PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return path

    def run(self, *words: str, given: str = "") -> str:
        """Run a command in the project."""
        done = subprocess.run(
            [str(shutil.which(words[0])), *words[1:]],
            cwd=self.project, input=given, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def set_up(self, *names: str) -> None:
        """Set up some hosts, and let them trust what was set up."""
        self.run("git", "init", "-q")
        self.init_hosts(*names)
        if "codex" in names:
            root = json.dumps(os.path.realpath(self.project))
            states = "".join(
                f'[hooks.state.{json.dumps(key)}]\ntrusted_hash = "{value}"\n'
                for key, value in own_hooks(str(self.project / ".codex" / "hooks.json")).items()
            )
            self.write(self.home / ".codex" / "config.toml", f'[projects.{root}]\ntrust_level = "trusted"\n{states}')

    def hook(self, event: str, name: str, **more: Any) -> None:
        """Let a host's hook fire."""
        payload = {"session_id": f"of-{name}", "cwd": str(self.project), **more}
        main.run([event, "--tool", name], json.dumps(payload).encode(), [])

    def work(self, name: str) -> None:
        """Have a conversation in a host: every hook fires, and it ends with a checkpoint."""
        call = {"tool_name": FOREIGN[name], "tool_input": {}, "tool_use_id": "1"}
        self.hook("session-start", name, source="startup")
        self.hook("user-prompt", name, prompt="Go on")
        adapter = adapters.adapter(name)
        assert adapter
        self.hook("pre-tool-use", name, tool_name=adapter.checkpoint_tool, tool_input={"goal": "x"})
        self.hook("post-tool-use", name, **call)
        self.checkpoint(f"of-{name}", "Do it", name)
        self.hook("stop", name)
        self.hook("session-end", name)

    def checkpoint(self, session_id: str, goal: str, name: str) -> None:
        """Store a checkpoint, as the server does."""
        store = paths.find_store(str(self.project))
        assert store
        checkpoints.checkpoint(store, {"session_id": session_id, "goal": goal}, tool=name)

    def look(self) -> None:
        """Have the cache brought in step."""
        store = paths.find_store(str(self.project))
        assert store
        access.read(store, lambda _: None)

    def findings(self) -> list[Finding]:
        """Return what the doctor finds."""
        return doctor.examine(str(self.project)).findings


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.entered():
        monkeypatch.setenv("PATH", str(made.bin))
        monkeypatch.delenv("VIRTUAL_ENV", raising=False)
        yield made


@pytest.fixture
def intact(place: Place) -> Place:
    place.set_up(*HOSTS)
    for name in HOSTS:
        place.work(name)
    return place


def test_of_what_is_intact_and_was_used_there_is_nothing_to_say(intact: Place) -> None:
    report = doctor.examine(str(intact.project))
    assert report.findings == []
    assert [(host.host.name, host.place.level) for host in report.hosts] == [(name, "project") for name in HOSTS]
    for host in report.hosts:
        assert set(host.events) <= set(host.seen.events), host.host.name
        assert host.to_do() == []


def test_before_anything_was_used_it_says_what_a_person_must_do_host_by_host(place: Place) -> None:
    names = [name for name in HOSTS_OF_ALL if name != "claude-code"]
    place.run("git", "init", "-q")
    place.init_hosts("claude-code", *names, profiles={"cursor": "minimal"})
    report = doctor.examine(str(place.project))
    assert {finding.check for finding in report.findings} <= {"host-settings", "desktop-path"}
    told = {host.host.name: host.to_do() for host in report.hosts}
    assert set(told) == set(HOSTS_OF_ALL)
    silent = {name for name, steps in told.items() if not steps}
    assert silent == {"opencode", "continue", "zed", "roo"}  # nothing has to be clicked there
    assert all(when is None for host in report.as_json()["hosts"] for when in host["events"].values())


# Things that break


def without(path: Path, *members: str) -> None:
    document = json.loads(path.read_text())
    inner = document
    for member in members[:-1]:
        inner = inner[member]
    del inner[members[-1]]
    path.write_text(json.dumps(document, indent=2))


def lose_the_server(place: Place) -> None:
    without(place.servers, "mcpServers", "opencodememory")


def refuse_the_server(place: Place) -> None:
    place.write(place.project / ".claude" / "settings.local.json", '{"disabledMcpjsonServers": ["opencodememory"]}')


def break_the_server(place: Place) -> None:
    place.command("ocm", "echo broken >&2; exit 3")


def lose_the_hook_command(place: Place) -> None:
    (place.bin / "ocm-hook").unlink()


def slow_the_hook_command(place: Place) -> None:
    shims = place.base / "pyenv" / "shims"
    shims.mkdir(parents=True)
    (place.bin / "ocm-hook").rename(shims / "ocm-hook")
    os.environ["PATH"] = f"{place.bin}{os.pathsep}{shims}"


def dull_the_gate(place: Place) -> None:
    place.command("ocm-hook", "exit 0")


def lose_a_hook(place: Place) -> None:
    without(place.settings, "hooks", "PreToolUse")


def lose_the_rules(place: Place) -> None:
    place.rules.unlink()


def bury_the_rules(place: Place) -> None:
    agents = place.project / "AGENTS.md"
    agents.write_text("x" * 40_000 + "\n\n" + agents.read_text())


def break_a_settings_file(place: Place) -> None:
    (place.project / ".gemini" / "settings.json").write_text('{"mcpServers": {')


def break_the_toml(place: Place) -> None:
    (place.project / ".codex" / "config.toml").write_text("[mcp_servers")


def lose_the_trust(place: Place) -> None:
    path = place.home / ".codex" / "config.toml"
    path.write_text(path.read_text().replace("trusted_hash", "other_hash"))


def lose_the_projects_trust(place: Place) -> None:
    path = place.home / ".codex" / "config.toml"
    path.write_text(path.read_text().replace('"trusted"', '"untrusted"'))


def silence_the_hooks(place: Place) -> None:
    """The hooks are there, and a conversation since has left nothing but what the server stored."""
    for path in place.store.glob("sessions/*gemini*"):
        path.unlink()
    place.checkpoint("mcp-1", "No hook saw this", "gemini-cli")
    place.look()


def silence_one_hook(place: Place) -> None:
    for path in place.store.glob("sessions/*codex*"):
        path.write_text(
            "".join(line for line in path.read_text().splitlines(keepends=True) if "event user-prompt" not in line)
        )
    place.look()


def open_the_store(place: Place) -> None:
    place.store.chmod(0o755)


def show_the_store_to_git(place: Place) -> None:
    place.ignored.unlink()


def damage_the_cache(place: Place) -> None:
    (place.store / "memory.db").write_bytes(b"not a database" * 100)


def put_the_cache_behind(place: Place) -> None:
    path = next(place.store.glob("sessions/*claude*"))
    path.write_text(path.read_text().replace("Do it", "Do something else"))


def leave_an_orphan(place: Place) -> None:
    place.hook("session-start", "claude-code", session_id="orphan", source="startup")
    place.hook("post-tool-use", "claude-code", session_id="orphan", tool_name="Edit", tool_input={"file_path": "a"})
    long_ago = time.time() - 3600
    for path in place.store.glob("active_orphan*"):
        os.utime(path, (long_ago, long_ago))


def break_a_session(place: Place) -> None:
    path = next(place.store.glob("sessions/*codex*"))
    path.write_text(path.read_text().replace("session_id:", "session_id: [", 1))
    place.look()


def damage_the_registry(place: Place) -> None:
    (place.home / ".openCodeMemory" / "registry.json").write_text("[[")


def set_up_twice(place: Place) -> None:
    install.plan_install(hosts=["codex"]).apply()
    config = place.home / ".codex" / "config.toml"
    keys = own_hooks(str(place.home / ".codex" / "hooks.json")).items()
    states = (f'\n[hooks.state.{json.dumps(key)}]\ntrusted_hash = "{value}"\n' for key, value in keys)
    config.write_text(config.read_text() + "".join(states))


def take_the_repository_away(place: Place) -> None:
    """Leave a `.git` file that names nothing, as a repository that was moved does."""
    shutil.rmtree(place.project / ".git", ignore_errors=True)
    (place.project / ".git").write_text("gitdir: ../moved\n", encoding="utf-8")


PLANTED: list[tuple[Callable[[Place], None], str, str, bool]] = [
    (lose_the_server, "set-up", "claude-code", True),
    (refuse_the_server, "host-settings", "claude-code", False),
    (break_the_server, "server", "", False),
    (lose_the_hook_command, "commands", "", False),
    (slow_the_hook_command, "slow-hook", "", False),
    (dull_the_gate, "gate", "", False),
    (lose_a_hook, "set-up", "claude-code", True),
    (lose_the_rules, "set-up", "claude-code", True),
    (bury_the_rules, "set-up", "codex", True),
    (break_a_settings_file, "config-readable", "gemini-cli", False),
    (break_the_toml, "config-readable", "codex", False),
    (lose_the_trust, "host-settings", "codex", False),
    (lose_the_projects_trust, "host-settings", "codex", False),
    (silence_the_hooks, "firing", "gemini-cli", False),
    (silence_one_hook, "firing", "codex", False),
    (open_the_store, "store-private", "", True),
    (show_the_store_to_git, "store-ignored", "", True),
    (damage_the_cache, "cache", "", True),
    (put_the_cache_behind, "cache", "", True),
    (leave_an_orphan, "orphans", "", True),
    (break_a_session, "sessions-readable", "", False),
    (damage_the_registry, "registry", "", False),
    (set_up_twice, "twice", "codex", False),
    (take_the_repository_away, "git", "", False),
]


@pytest.mark.parametrize(("plant", "check", "host", "mends"), PLANTED, ids=[plant.__name__ for plant, *_ in PLANTED])
def test_each_thing_that_breaks_is_one_finding(
    intact: Place, plant: Callable[[Place], None], check: str, host: str, mends: bool
) -> None:
    intact.command("ocm", ANSWER)  # the real one takes a second to start, and is tried out above
    plant(intact)
    found = intact.findings()
    assert [(finding.check, finding.host) for finding in found] == [(check, host)], found
    assert found[0].message.endswith(".")
    assert found[0].next_step
    assert (found[0].fix is not None) is mends
    report = doctor.fix(str(intact.project))
    assert (report.findings == []) is mends
    assert [finding.check for finding in report.fixed] == [check] * mends


def test_a_host_that_tells_of_a_call_once_may_be_set_up_twice(intact: Place) -> None:
    intact.command("ocm", ANSWER)
    install.plan_install(hosts=["gemini-cli", "claude-code"]).apply()
    assert intact.findings() == []


# The parts


@pytest.mark.parametrize("name", sorted(adapters.ADAPTERS))
def test_the_gate_of_every_host_is_tried_out_with_its_own_hook(place: Place, name: str) -> None:
    assert live_checks.gate_denies(name)
    dull_the_gate(place)
    assert not live_checks.gate_denies(name)


def test_a_gate_that_a_person_turned_off_is_no_finding(intact: Place) -> None:
    settings.change(str(intact.store), "gate.mode", "off")
    assert intact.findings() == []


def test_hooks_that_were_refused_are_not_missed(place: Place) -> None:
    place.run("git", "init", "-q")
    place.init_hosts("claude-code", profiles={"claude-code": "none"})
    report = doctor.examine(str(place.project))
    assert report.findings == []
    assert [host.events for host in report.hosts] == [[]]


def test_what_one_user_has_of_a_project_is_looked_at(place: Place) -> None:
    place.run("git", "init", "-q")
    install.plan_init(cwd=str(place.project), local=True, hosts=["claude-code"]).apply()
    report = doctor.examine(str(place.project))
    assert [(host.place.level, finding.check) for host in report.hosts for finding in host.findings] == []
    assert [host.place.level for host in report.hosts] == ["local"]
    (place.project / "CLAUDE.local.md").unlink()
    assert [finding.check for finding in place.findings()] == ["set-up"]
    assert doctor.fix(str(place.project)).findings == []
    assert not (place.project / "CLAUDE.md").exists()


def test_where_a_set_up_came_with_the_repository_its_hooks_are_looked_at(intact: Place) -> None:
    shutil.rmtree(intact.home / ".openCodeMemory")
    assert [host.host.name for host in doctor.examine(str(intact.project)).hosts] == list(HOSTS)


def test_without_a_store_it_names_init(place: Place) -> None:
    (finding,) = place.findings()
    assert (finding.check, finding.next_step) == ("store", "Create one with: ocm init")


def test_what_happened_before_the_hooks_were_there_proves_nothing(intact: Place) -> None:
    store = paths.find_store(str(intact.project))
    assert store
    assert hook_evidence.evidence(store, "codex", 0.0).used
    assert hook_evidence.evidence(store, "codex", time.time() + 60).used == 0.0


def test_a_conversation_that_goes_on_is_read_from_its_journal(place: Place) -> None:
    place.set_up("claude-code")
    place.hook("session-start", "claude-code", source="startup")
    place.hook("user-prompt", "claude-code", prompt="Go on")
    (host,) = doctor.examine(str(place.project)).hosts
    assert set(host.seen.events) == {"session-start", "user-prompt"}
    assert host.seen.used > time.time() - 60


def test_a_gate_that_had_something_to_say_and_never_did_is_a_finding() -> None:
    seen = hook_evidence.Evidence(used=1.0, events={"session-start": 1.0, "user-prompt": 1.0}, calls=30, checkpoints=1)
    assert seen.silent(["session-start", "user-prompt", "pre-tool-use", "post-tool-use"]) == ["pre-tool-use"]
    seen.note_fired("pre-tool-use", 2.0)
    assert seen.silent(["session-start", "user-prompt", "pre-tool-use", "post-tool-use"]) == ["post-tool-use"]
    assert seen.silent(["session-start"]) == []


# The command


def test_the_command_prints_and_exits_one_while_something_is_wrong(intact: Place) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [os.path.join(os.path.dirname(sys.executable), "ocm"), "doctor", *options]
        return subprocess.run(command, cwd=intact.project, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 0
    assert "No problems found." in done.stdout
    assert "last fired: session-start 20" in done.stdout
    damage_the_cache(intact)
    done = run("--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [(one["check"], one["fixable"]) for one in found["findings"]] == [("cache", True)]
    assert set(found) == {"store", "hosts", "findings", "unrecorded", "fixed", "transcripts"}
    done = run("--fix")
    assert done.returncode == 0
    assert "fixed    " in done.stdout
    with sqlite3.connect(intact.store / "memory.db") as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (3,)
    db.close()


# What seldom happens


def test_a_command_of_an_environment_that_is_active_only_now_is_named(
    intact: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    intact.command("ocm", ANSWER)
    monkeypatch.setenv("VIRTUAL_ENV", str(intact.base))
    (finding,) = intact.findings()
    assert (finding.check, "while its environment is active" in finding.message) == ("commands", True)


def test_what_cannot_be_mended_is_said_with_what_to_do(intact: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    intact.command("ocm", ANSWER)
    open_the_store(intact)

    def refuse(_: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files, "make_private_dir", refuse)
    with pytest.raises(OcmError, match="could not be fixed: Operation not permitted"):
        doctor.fix(str(intact.project))


def test_an_orphan_that_cannot_be_stored_is_said(intact: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    intact.command("ocm", ANSWER)
    leave_an_orphan(intact)
    monkeypatch.setattr(checkpoints, "recover", lambda _: ["The disk is full."])
    with pytest.raises(OcmError, match="The disk is full"):
        doctor.fix(str(intact.project))


def test_what_the_user_has_for_all_projects_is_mended_there(place: Place) -> None:
    place.command("ocm", ANSWER)
    install.plan_install(hosts=["claude-code"]).apply()
    place.run("git", "init", "-q")
    assert place.findings() == []
    (place.home / ".claude" / "CLAUDE.md").unlink()
    report = doctor.fix(str(place.project))
    assert (report.findings, [finding.check for finding in report.fixed]) == ([], ["set-up"])
    assert (place.home / ".claude" / "CLAUDE.md").exists()
    assert [host.place.level for host in report.hosts] == ["user"]


def test_a_folder_where_a_file_should_be_is_named(intact: Place) -> None:
    intact.command("ocm", ANSWER)
    intact.rules.unlink()
    intact.rules.mkdir()
    (finding,) = intact.findings()
    assert (finding.check, str(intact.rules) in finding.message) == ("config-readable", True)


def test_a_hooks_file_that_cannot_be_read_hides_no_other_host(place: Place) -> None:
    place.command("ocm", ANSWER)
    place.run("git", "init", "-q")
    place.init_hosts("kiro", "qoder")
    hooks = place.project / ".kiro" / "hooks" / "opencodememory.json"
    hooks.write_text(hooks.read_text().replace("5", "6"))
    assert [one.check for one in place.findings()] == ["desktop-path"]  # somebody changed it, and that is theirs
    (place.project / ".qoder" / "settings.json").write_bytes(b"\xff\xfe{")
    found = [(finding.check, finding.host) for finding in place.findings()]
    assert found == [("config-readable", "qoder"), ("desktop-path", "")]


def test_a_server_that_cannot_be_started_or_never_answers_is_of_no_use(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_checks, "_SECONDS", 0.5)
    place.command("ocm", f"exec {shutil.which('sleep', path='/usr/bin:/bin')} 5")
    assert "did not answer" in live_checks.server_failure(str(place.project))
    (place.bin / "ocm").write_text("#!/nowhere/at/all\n")
    assert "No such file" in live_checks.server_failure(str(place.project))
    place.command("ocm", "exit 0")
    assert "ended with code 0" in live_checks.server_failure(str(place.project))
    (place.bin / "ocm").unlink()
    assert "not on the PATH" in live_checks.server_failure(str(place.project))


def test_a_hook_that_cannot_be_started_denies_nothing(place: Place) -> None:
    assert not live_checks.gate_denies("emacs")
    (place.bin / "ocm-hook").write_text("#!/nowhere/at/all\n")
    assert not live_checks.gate_denies("codex")
    (place.bin / "ocm-hook").unlink()
    assert not live_checks.gate_denies("codex")


def test_session_files_that_cannot_be_read_prove_nothing(intact: Place) -> None:
    store = paths.find_store(str(intact.project))
    assert store
    break_a_session(intact)
    assert hook_evidence.evidence(store, "codex", 0.0).used == 0.0
    shutil.rmtree(intact.store / "sessions")
    assert hook_evidence.evidence(store, "claude-code", 0.0).events == {}


def test_a_session_file_that_may_not_be_read_is_named(intact: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    intact.command("ocm", ANSWER)
    load = session_files.load

    def refuse(store: paths.Store, name: str) -> object:
        if "gemini" in name:
            raise PermissionError(13, "Permission denied")
        return load(store, name)

    monkeypatch.setattr(session_files, "load", refuse)
    (finding,) = intact.findings()
    assert (finding.check, "Permission denied" in finding.message) == ("sessions-readable", True)


def test_what_else_lies_among_the_session_files_is_nobody_s_business(intact: Place) -> None:
    store = paths.Store(str(intact.project / paths.STORE), str(intact.project))
    with open(os.path.join(store.sessions, "notes.txt"), "wb") as file:
        file.write(b"\xff")
    with open(os.path.join(store.sessions, "README.md"), "wb") as file:
        file.write(b"# What is here\n")
    assert store_checks._unreadable(store) is None


def test_session_files_in_a_folder_among_them_are_named(intact: Place) -> None:
    store = paths.Store(str(intact.project / paths.STORE), str(intact.project))
    assert store_checks._below(store) is None
    for name in ("old/a.md", "old/b.txt", ".hidden/c.md"):
        path = os.path.join(store.sessions, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"---\nocm: 1\nsession_id: a\n---\n")
    found = store_checks._below(store)
    assert found is not None
    assert "old/a.md." in found.message
    assert "hidden" not in found.message


def test_a_host_that_was_set_up_in_another_folder_is_named_and_not_set_up_a_second_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(place.base / "work"))
    install.plan_install(hosts=["claude-code"]).apply()
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    before = place.seen()
    report = doctor.fix(str(place.project))
    moved = [finding for finding in report.findings if finding.check == "moved"]
    assert str(place.base / "work") in moved[0].message
    assert not [finding for finding in moved if finding.fix]
    assert {name for name in place.seen() if ".openCodeMemory" not in name} == {
        name for name in before if ".openCodeMemory" not in name
    }
