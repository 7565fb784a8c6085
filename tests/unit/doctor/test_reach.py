"""What the doctor asks as a host would: all its settings, its folder, its worktree, its PATH, and what it has on disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from ocm.base import times
from ocm.cli import overview
from ocm.doctor import doctor, reach, transcripts
from ocm.hosts.config import codex
from ocm.sessions import checkpoints
from ocm.setup import install
from ocm.store import paths
from tests.unit.doctor.test_doctor import ANSWER, Place, place

if TYPE_CHECKING:
    from pathlib import Path

    from ocm.doctor.findings import Finding

__all__ = ["place"]


@pytest.fixture
def ready(place: Place) -> Place:
    """Return a project in which three hosts are set up, with a server that answers at once."""
    place.command("ocm", ANSWER)
    place.set_up("claude-code", "codex", "gemini-cli")
    return place


def of(found: list[Finding], check: str, host: str = "") -> list[Finding]:
    return [one for one in found if one.check == check and host in ("", one.host)]


# Settings of every level


def merge(path: Path, more: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    had = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**had, **more}))


CLAUDE_LEVELS = ("home/.claude/settings.json", "project/.claude/settings.json", "project/.claude/settings.local.json")
SERVER = "opencodememory"
PLANTED = [
    *(("claude-code", level, {"disableAllHooks": True}, "disableAllHooks") for level in CLAUDE_LEVELS),
    *(
        ("claude-code", level, {"permissions": {"deny": [rule]}}, rule)
        for level in CLAUDE_LEVELS[::2]
        for rule in (f"mcp__{SERVER}", f"mcp__{SERVER}__*", f"mcp__{SERVER}__ocm__checkpoint", "mcp__*")
    ),
    ("claude-code", CLAUDE_LEVELS[0], {"allowManagedHooksOnly": True}, "allowManagedHooksOnly"),
    ("claude-code", CLAUDE_LEVELS[0], {"deniedMcpServers": [{"serverName": SERVER}]}, "deniedMcpServers"),
    ("claude-code", CLAUDE_LEVELS[1], {"disabledMcpjsonServers": [SERVER]}, "disabledMcpjsonServers"),
    ("claude-code", "home/.claude.json", {"projects": {"PROJECT": {"disabledMcpServers": [SERVER]}}}, "/mcp"),
    ("gemini-cli", "home/.gemini/settings.json", {"hooksConfig": {"enabled": False}}, "hooksConfig.enabled"),
    ("gemini-cli", "project/.gemini/settings.json", {"tools": {"enableHooks": False}}, "tools.enableHooks"),
    ("gemini-cli", "home/.gemini/settings.json", {"hooksConfig": {"disabled": ["ocm pre-tool-use"]}}, "disabled"),
    ("gemini-cli", "home/.gemini/settings.json", {"mcp": {"excluded": [SERVER]}}, "keeps the MCP server"),
    ("gemini-cli", "home/.gemini/settings.json", {"mcp": {"allowed": ["other"]}}, "keeps the MCP server"),
    ("gemini-cli", "home/.gemini/trustedFolders.json", {"PROJECT": "DO_NOT_TRUST"}, "not to trust"),
]


@pytest.mark.parametrize(("host", "file", "more", "words"), PLANTED)
def test_what_in_a_hosts_settings_keeps_ocm_from_working_is_named(
    ready: Place, host: str, file: str, more: dict[str, Any], words: str
) -> None:
    real = os.path.realpath(ready.project)
    merge(ready.base / file, json.loads(json.dumps(more).replace("PROJECT", real)))
    (finding,) = of(ready.findings(), "host-settings")
    assert finding.host == host
    assert words in finding.message


@pytest.mark.parametrize(
    "more",
    [
        {"permissions": {"deny": ["mcp__other", "Bash(rm:*)", "mcp__opencodememory__ocm__timeline", 5]}},
        {"permissions": {"deny": "mcp__*"}, "disableAllHooks": False},
        {"disabledMcpjsonServers": ["other"], "enabledPlugins": {"ocm@x": False, "other@y": True}},
    ],
)
def test_settings_that_are_about_something_else_are_no_finding(ready: Place, more: dict[str, Any]) -> None:
    merge(ready.home / ".claude" / "settings.json", more)
    assert ready.findings() == []


def test_settings_that_cannot_be_read_say_nothing(ready: Place) -> None:
    ready.write(ready.home / ".claude" / "settings.json", "{")
    ready.write(ready.home / ".gemini" / "settings.json", "[1]")
    assert ready.findings() == []


@pytest.mark.parametrize("switch", [{"enabled": False}, {"disabled": True}])
def test_an_entry_that_is_switched_off_is_named(ready: Place, switch: dict[str, bool]) -> None:
    document = json.loads(ready.servers.read_text())
    document["mcpServers"][SERVER] |= switch
    ready.write(ready.servers, json.dumps(document))
    (finding,) = ready.findings()
    assert (finding.check, finding.host, str(ready.servers) in finding.message) == (
        "host-settings",
        "claude-code",
        True,
    )


def test_a_table_of_codex_that_is_off_or_lacks_its_approval_is_named(ready: Place) -> None:
    config = ready.project / ".codex" / "config.toml"
    config.write_text(config.read_text() + "enabled = false\n")
    (finding,) = ready.findings()
    assert (finding.check, finding.host) == ("host-settings", "codex")
    config.write_text("".join(line for line in config.read_text().splitlines(keepends=True) if "approval" not in line))
    (finding,) = of(ready.findings(), "set-up")
    assert finding.fix is not None


def test_a_program_that_an_entry_names_and_that_is_not_there_is_named(ready: Place) -> None:
    document = json.loads(ready.servers.read_text())
    document["mcpServers"][SERVER]["command"] = str(ready.base / "gone" / "ocm")
    ready.write(ready.servers, json.dumps(document))
    (finding,) = ready.findings()
    assert (finding.check, "gone/ocm" in finding.message) == ("commands", True)


def test_trust_that_codex_noted_for_other_hooks_than_these_is_named_until_one_fires(ready: Place) -> None:
    assert ready.findings() == []
    hooks = ready.project / ".codex" / "hooks.json"
    hooks.write_text(hooks.read_text().replace('"timeout": 3', '"timeout": 4'))
    (finding,) = ready.findings()
    assert (finding.host, "over 1 of ocm's hooks" in finding.message) == ("codex", True)
    ready.work("codex")
    assert ready.findings() == []


def test_the_hash_of_a_hook_is_what_codex_says_it_is() -> None:
    command = "if command -v ocm-hook >/dev/null 2>&1; then exec ocm-hook post-tool-use --tool codex 2>/dev/null; fi"
    handler = {"type": "command", "command": command, "commandWindows": "x", "timeout": 5}
    assert (
        codex._hash("post_tool_use", "*", handler)
        == "sha256:ddc391d52a6c3af2cd7fad0e2262af717a8e1e8ca090d6d154934b51d96e1c13"
    )
    assert codex._hash("post_tool_use", "*", {**handler, "unheard": 1}) == ""


def test_hooks_that_codex_has_turned_off_are_named(ready: Place) -> None:
    path = ready.home / ".codex" / "config.toml"
    held = path.read_text()
    path.write_text(held.replace("trusted_hash", "enabled = false\ntrusted_hash", 1))
    (finding,) = ready.findings()
    assert "1 of ocm's hooks turned off" in finding.message
    path.write_text(held + "\n[features]\nhooks = false\n")
    (finding,) = ready.findings()
    assert "hooks = false" in finding.message


# Folder and worktree


@pytest.fixture
def claude(place: Place) -> Place:
    place.command("ocm", ANSWER)
    place.set_up("claude-code")
    return place


def test_from_a_subfolder_the_hosts_that_read_only_that_are_named(claude: Place) -> None:
    below = claude.project / "docs"
    below.mkdir()
    (finding,) = doctor.examine(str(below)).findings
    assert (finding.check, finding.host) == ("folder", "claude-code")
    assert str(below) in finding.message
    claude.init_hosts("claude-code")
    install.plan_install(hosts=["claude-code"]).apply()
    assert of(doctor.examine(str(below)).findings, "folder") == []


def test_a_host_that_looks_upwards_is_no_finding_in_a_subfolder(place: Place) -> None:
    place.command("ocm", ANSWER)
    place.set_up("opencode")
    below = place.project / "docs"
    below.mkdir()
    assert doctor.examine(str(below)).findings == []


def linked(place: Place, *committed: str) -> Path:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    place.run("git", "-C", str(place.project), *identity, "commit", "-q", "--allow-empty", "-m", "first")
    for name in committed:
        place.run("git", "-C", str(place.project), "add", name)
        place.run("git", "-C", str(place.project), *identity, "commit", "-q", "-m", name)
    tree = place.base / "linked"
    place.run("git", "-C", str(place.project), "worktree", "add", "-q", str(tree))
    return tree


def test_a_worktree_without_the_files_is_named_and_with_them_it_is_not(claude: Place) -> None:
    tree = linked(claude)
    findings = doctor.examine(str(tree)).findings
    assert [finding.check for finding in findings] == ["worktree"]
    assert ".claude/settings.json" in findings[0].message
    install.plan_init(cwd=str(tree), hosts=["claude-code"]).apply()
    assert doctor.examine(str(tree)).findings == []


def test_a_worktree_with_the_committed_files_is_no_finding(claude: Place) -> None:
    tree = linked(claude, ".claude/settings.json", ".mcp.json", "CLAUDE.md", ".gitignore")
    assert doctor.examine(str(tree)).findings == []


def test_a_worktree_of_a_project_that_is_one_users_alone_names_what_to_type(place: Place) -> None:
    place.command("ocm", ANSWER)
    place.run("git", "init", "-q")
    install.plan_init(cwd=str(place.project), hosts=["claude-code"], local=True).apply()
    tree = linked(place)
    (finding,) = of(doctor.examine(str(tree)).findings, "worktree")
    assert "ocm init --local" in finding.next_step


def test_where_no_assistant_is_set_up_that_is_the_problem(place: Place) -> None:
    place.run("git", "init", "-q")
    place.init_hosts("claude-code")
    shutil.rmtree(place.project / ".claude")
    install.plan_uninstall(cwd=str(place.project)).apply()
    (finding,) = doctor.examine(str(place.project)).findings
    assert finding.check == "hosts"


def test_the_overview_says_that_hooks_do_not_reach_this_folder(claude: Place) -> None:
    below = claude.project / "docs"
    below.mkdir()
    assert "no hook fires" not in str(overview.look(str(claude.project)))
    command, why = overview.look(str(below))["next"][0]
    assert (command, "no hook fires there" in why) == ("ocm doctor", True)


# The PATH of a desktop


def test_a_program_that_a_desktop_does_not_find_is_named_for_hosts_with_a_window(place: Place) -> None:
    place.command("ocm", ANSWER)
    place.set_up("kiro", "claude-code")
    (finding,) = of(place.findings(), "desktop-path")
    assert str(place.bin / "ocm-hook") in finding.message
    assert "Kiro" in finding.message
    assert "Claude Code" not in finding.message
    own = place.home / ".local" / "bin"
    own.mkdir(parents=True)
    for name in ("ocm", "ocm-hook"):
        (own / name).symlink_to(place.bin / name)
    assert of(place.findings(), "desktop-path") == []
    assert str(own) in reach.desktop_path()


# A second source


def test_the_plugin_beside_the_hooks_of_the_project_is_named(claude: Place) -> None:
    merge(claude.home / ".claude" / "settings.json", {"enabledPlugins": {"ocm@here": True}})
    (finding,) = claude.findings()
    assert (finding.check, finding.host, "ocm@here" in finding.message) == ("twice", "claude-code", True)


@pytest.mark.parametrize("level", ["home/.claude/settings.json", "project/.claude/settings.local.json"])
def test_hooks_in_other_words_at_another_level_are_named(claude: Place, level: str) -> None:
    own = {"type": "command", "command": f"{claude.bin}/ocm-hook post-tool-use --tool claude-code"}
    merge(claude.base / level, {"hooks": {"PostToolUse": [{"hooks": [own]}]}})
    (finding,) = of(claude.findings(), "twice")
    assert os.path.basename(level) in finding.message


def test_the_same_hooks_at_two_levels_are_run_once_and_no_finding(claude: Place) -> None:
    install.plan_install(hosts=["claude-code"]).apply()
    assert claude.findings() == []


def test_a_server_under_another_name_is_named(claude: Place) -> None:
    document = json.loads(claude.servers.read_text())
    document["mcpServers"]["memory"] = {"command": f"{claude.bin}/ocm", "args": ["serve"]}
    document["mcpServers"]["other"] = {"command": "other"}
    claude.write(claude.servers, json.dumps(document))
    (finding,) = claude.findings()
    assert (finding.check, '"memory"' in finding.message) == ("twice", True)


# Conversations that left nothing


def slug(path: Path) -> str:
    return "".join(char if char.isalnum() or char == "-" else "-" for char in os.path.realpath(path))


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def claude_transcript(place: Place, session_id: str, cwd: Path, when: float, *, answered: bool = True) -> None:
    about = {"sessionId": session_id, "cwd": str(cwd), "timestamp": times.iso(when)}
    records = [{"type": "mode"}, {"type": "user", **about}, *([{"type": "assistant", **about}] * answered)]
    path = place.home / ".claude" / "projects" / slug(cwd) / f"{session_id}.jsonl"
    place.write(path, lines(*records) + '{"torn": ')
    os.utime(path, (when, when))


def codex_transcript(place: Place, session_id: str, cwd: Path, when: float, source: Any = "cli") -> None:
    payload = {"id": session_id, "cwd": str(cwd), "timestamp": times.iso(when), "source": source}
    day = time.strftime("%Y/%m/%d", time.gmtime(when))
    path = place.home / ".codex" / "sessions" / day / f"rollout-{session_id}.jsonl"
    place.write(path, lines({"type": "session_meta", "payload": payload}))


def gemini_transcript(place: Place, session_id: str, when: float) -> None:
    name = hashlib.sha256(os.fsencode(os.path.realpath(place.project))).hexdigest()
    meta = {"sessionId": session_id, "startTime": times.iso(when), "kind": "main"}
    place.write(place.home / ".gemini" / "tmp" / name / "chats" / f"session-{session_id}.jsonl", lines(meta))
    place.write(
        place.home / ".gemini" / "tmp" / name / "chats" / "session-sub.json", json.dumps({**meta, "kind": "subagent"})
    )


def test_conversations_on_disk_that_left_nothing_here_are_named_host_by_host(place: Place) -> None:
    place.command("ocm", ANSWER)
    place.set_up("claude-code", "codex", "gemini-cli")
    place.work("claude-code")
    now = time.time() + 5
    (place.project / "docs").mkdir()
    claude_transcript(place, "of-claude-code", place.project, now)
    claude_transcript(place, "lost-1", place.project / "docs", now)
    claude_transcript(place, "unanswered", place.project, now, answered=False)
    claude_transcript(place, "elsewhere", place.base, now)
    claude_transcript(place, "before", place.project, now - 3600)
    claude_transcript(place, "agent-1", place.project, now)
    codex_transcript(place, "lost-2", place.project, now)
    codex_transcript(place, "sub", place.project, now, source={"subagent": {}})
    gemini_transcript(place, "lost-3", now)
    report = doctor.examine(str(place.project))
    assert {one["session_id"] for one in report.as_json()["unrecorded"]} == {"lost-1", "lost-2", "lost-3"}
    found = of(report.findings, "unrecorded")
    assert {finding.host for finding in found} == {"claude-code", "codex", "gemini-cli"}
    assert "lost-1" in of(found, "unrecorded", "claude-code")[0].message


def test_a_conversation_is_one_however_much_its_client_says_before_the_first_answer(claude: Place) -> None:
    now = time.time() + 5
    claude_transcript(claude, "long", claude.project, now)
    path = claude.home / ".claude" / "projects" / slug(claude.project) / "long.jsonl"
    mode, asked, answer, torn = path.read_text(encoding="utf-8").split("\n")
    told = json.dumps({"type": "attachment", "text": "x" * 100_000})
    path.write_text(f"{mode}\n{asked}\n{told}\n{answer}\n{torn}", encoding="utf-8")
    os.utime(path, (now, now))
    store = paths.find_store(str(claude.project))
    assert store
    assert [one.session_id for one in transcripts.unrecorded(store)] == ["long"]


def test_a_conversation_whose_checkpoints_the_server_kept_under_an_id_of_its_own_is_named_with_that(
    claude: Place,
) -> None:
    store = paths.find_store(str(claude.project))
    assert store
    now = time.time() + 1
    claude_transcript(claude, "silent", claude.project, now)
    claude_transcript(claude, "earlier", claude.project, now - 0.9)
    for session_id, tool in (("mcp-1", "claude-code"), ("mcp-2", "cursor"), ("other", "claude-code")):
        checkpoints.checkpoint(store, {"session_id": session_id, "goal": "G"}, tool=tool)
    claude_transcript(claude, "later", claude.project, now + 3600)
    report = doctor.examine(str(claude.project))
    kept = {one["session_id"]: one["kept_as"] for one in report.as_json()["unrecorded"]}
    assert kept == {"silent": "mcp-1", "earlier": None, "later": None}
    said = [finding.message for finding in of(report.findings, "unrecorded")]
    assert sum("nothing was recorded: " in text for text in said) == 1
    (only,) = [text for text in said if "only the checkpoints were recorded, for no hook fired: silent (" in text]
    assert only.endswith(", kept as mcp-1).")


def test_a_conversation_of_gemini_in_a_subfolder_is_found_by_the_name_that_the_client_gave_the_folder(
    place: Place,
) -> None:
    place.command("ocm", ANSWER)
    place.set_up("gemini-cli")
    now = time.time() + 5
    names = {str(place.project / "docs"): "docs", str(place.base): "elsewhere"}
    place.write(place.home / ".gemini" / "projects.json", json.dumps({"projects": names}))
    for name in names.values():
        meta = {"sessionId": f"in-{name}", "startTime": times.iso(now), "kind": "main"}
        place.write(place.home / ".gemini" / "tmp" / name / "chats" / "session-1.jsonl", lines(meta))
    store = paths.find_store(str(place.project))
    assert store
    assert [one.session_id for one in transcripts.unrecorded(store)] == ["in-docs"]


def test_a_conversation_that_goes_on_has_a_journal_and_a_very_old_one_is_not_looked_at(claude: Place) -> None:
    store = paths.find_store(str(claude.project))
    assert store
    now = time.time() + 5
    claude_transcript(claude, "of-claude-code", claude.project, now)
    claude.hook("session-start", "claude-code", source="startup")
    assert transcripts.unrecorded(store) == []
    claude_transcript(claude, "lost", claude.project, now)
    assert [one.session_id for one in transcripts.unrecorded(store)] == ["lost"]
    assert transcripts.unrecorded(store, now + 40 * 24 * 3600) == []


def test_transcripts_that_cannot_be_read_are_passed_over(claude: Place) -> None:
    folder = claude.home / ".claude" / "projects" / slug(claude.project)
    (folder / "x.jsonl").mkdir(parents=True)
    (folder / "y.jsonl").symlink_to("nowhere")
    claude.write(folder / "z.jsonl", "[" * 100_000)
    claude.write(folder / "w.jsonl", '5\n["a list"]\n"a text"\n')
    claude.write(claude.home / ".codex" / "sessions" / "2026" / "odd", "")
    claude.write(claude.home / ".codex" / "sessions" / "2001" / "01" / "01" / "rollout-old.jsonl", "x")
    assert claude.findings() == []


def test_where_the_sessions_cannot_be_looked_at_no_conversation_is_said_to_be_missing(claude: Place) -> None:
    store = paths.find_store(str(claude.project))
    assert store
    claude_transcript(claude, "lost", claude.project, time.time() + 5)
    assert len(transcripts.unrecorded(store)) == 1
    shutil.rmtree(store.sessions)
    os.symlink("sessions", store.sessions)  # it leads to itself, which no system can look into
    assert transcripts.unrecorded(store) == []
