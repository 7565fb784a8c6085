"""Setting up and taking away, on real files in a home and a project of their own."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ocm.base import resources
from ocm.base.errors import BadInputError, OcmError
from ocm.edit.plain_text import BEGIN, END
from ocm.hosts.config import claude_code as claude
from ocm.setup import install, manifest
from ocm.store import paths, trust
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUARDED = "if command -v ocm-hook >/dev/null 2>&1; then ocm-hook {} --tool claude-code || :; fi"
LINT: dict[str, Any] = {"type": "command", "command": "lint --quick"}
ECHO = (
    'SESSION_ID="${CLAUDE_SESSION_ID:-}"; echo "{\\"additionalContext\\": \\"openCodeMemory session_id: ${SESSION_ID}. '
    'Call ocm__checkpoint with this session_id as your first tool use if starting a new session.\\"}"'
)
REFERENCE_HOOKS = {
    "SessionStart": "ocm-hook session-start --tool claude-code",
    "UserPromptSubmit": ECHO,
    "PreToolUse": "ocm-hook pre-tool-use --threshold 5",
    "PostToolUse": "ocm-hook post-tool-use --tool claude-code --threshold 5",
    "Stop": "ocm-hook session-end --tool claude-code",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as entered:
        yield entered


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def commands(path: Path) -> dict[str, list[str]]:
    hooks = read(path).get("hooks", {})
    return {event: [h["command"] for group in groups for h in group["hooks"]] for event, groups in hooks.items()}


def group(*handlers: Any, **more: Any) -> Any:
    return {**more, "hooks": list(handlers)}


def refused(world: World) -> str:
    """Return what init says when it refuses, having written nothing."""
    before, stamps = world.seen(), world.stamps()
    with pytest.raises(OcmError) as error:
        world.plan()
    assert (world.seen(), world.stamps()) == (before, stamps)
    return str(error.value)


# What init writes


def test_init_makes_a_private_store_and_sets_every_file_up(world: World) -> None:
    world.init()
    for folder in (world.store, world.store / "sessions"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert world.ignored.read_text() == ".openCodeMemory/\n"
    assert read(world.servers) == {
        "mcpServers": {"opencodememory": {"type": "stdio", "command": "ocm", "args": ["serve"]}}
    }
    assert world.rules.read_text() == f"{BEGIN}\n{resources.read('rules', 'claude-code.md')}{END}\n"
    assert read(world.settings) == json.loads(resources.read("hooks", "claude-code", "minimal.json"))
    assert stat.S_IMODE(world.servers.stat().st_mode) == 0o644


def test_what_ocm_keeps_for_itself_is_private(world: World) -> None:
    world.init()
    own = world.home / ".openCodeMemory"
    assert {stat.S_IMODE(path.stat().st_mode) for path in [own, *own.rglob("*")] if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in own.rglob("*") if path.is_file()} == {0o600}


def test_a_second_init_writes_nothing_at_all(world: World) -> None:
    world.init()
    stamps = world.stamps()
    again = world.plan()
    assert again.steps == []
    assert again.diff() == ""
    again.apply()
    assert world.stamps() == stamps


def test_a_plan_that_is_only_shown_changes_nothing(world: World) -> None:
    before = world.seen()
    diff = world.plan().diff()
    assert world.seen() == before
    for text in (f"--- {os.devnull}", f"+++ {world.servers}", '+      "command": "ocm",', "private store"):
        assert text in diff


def test_the_diff_shows_no_control_characters_and_says_where_a_last_line_has_no_end(world: World) -> None:
    world.write(world.rules, "red \x1b[31m\rtext")
    diff = world.plan().diff()
    assert " red \\x1b[31m\n" in diff
    assert "\\ No newline at end of file\n" in diff
    assert "\x1b" not in diff


def test_outside_a_git_repository_there_is_no_gitignore(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    world.init()
    assert not world.ignored.exists()


def test_the_root_is_the_nearest_folder_with_git(world: World) -> None:
    inner = world.project / "src" / "deep"
    inner.mkdir(parents=True)
    install.plan_init(cwd=str(inner)).apply()
    assert world.store.is_dir()
    install.plan_uninstall(cwd=str(inner), purge=True).apply()
    assert not world.store.exists()


def test_a_project_named_by_hand_is_exactly_that_folder(world: World) -> None:
    inner = world.project / "packages" / "one"
    inner.mkdir(parents=True)
    install.plan_init("packages/one", cwd=str(world.project)).apply()
    assert (inner / ".openCodeMemory" / "sessions").is_dir()
    assert (inner / ".gitignore").read_text() == ".openCodeMemory/\n"
    assert not world.store.exists()


def test_a_project_that_is_no_folder_is_an_error(world: World) -> None:
    with pytest.raises(OcmError, match="nowhere is not a folder"):
        install.plan_init("nowhere", cwd=str(world.project))


def test_the_home_folder_gets_no_project_store_of_its_own(world: World) -> None:
    with pytest.raises(OcmError, match="store of the whole user"):
        install.plan_init(str(world.home), cwd=str(world.project))


def test_an_unknown_profile_or_host_names_what_is_accepted(world: World) -> None:
    with pytest.raises(BadInputError, match="none, minimal, full, mcp"):
        world.plan(claude="some")
    with pytest.raises(BadInputError, match="claude-code"):
        install.plan_init(cwd=str(world.project), profiles={"emacs": "full"})


def test_a_new_project_tells_of_the_question_the_client_will_ask(world: World) -> None:
    assert any("turns the server off for good" in notice for notice in world.plan().notices)
    world.init()
    assert world.plan().notices == []


def test_a_server_that_the_client_was_told_to_leave_out_is_a_warning(world: World) -> None:
    local = world.project / ".claude" / "settings.local.json"
    for text, warned in (('{"disabledMcpjsonServers": ["opencodememory"]}', True), ("{}", False), ("[", False)):
        world.write(local, text)
        assert any("disabledMcpjsonServers" in warning for warning in world.plan().warnings) is warned


# Profiles


def test_the_profiles_name_the_events_and_commands_of_the_contract(world: World) -> None:
    minimal = {
        "SessionStart": [GUARDED.format("session-start")],
        "UserPromptSubmit": [GUARDED.format("user-prompt")],
        "PreToolUse": [GUARDED.format("pre-tool-use")],
        "PostToolUse": [GUARDED.format("post-tool-use")],
        "PostToolUseFailure": [GUARDED.format("post-tool-use")],
        "Stop": [GUARDED.format("stop --quiet")],
        "SessionEnd": [GUARDED.format("session-end")],
    }
    world.init()
    assert commands(world.settings) == minimal
    world.init(claude="full")
    more = {"PreCompact": [GUARDED.format("pre-compact")], "Stop": [GUARDED.format("stop")]}
    assert commands(world.settings) == minimal | more


def test_every_hook_has_a_short_timeout_and_changes_alone_reach_the_gate(world: World) -> None:
    world.init(claude="full")
    hooks = read(world.settings)["hooks"]
    assert {handler["timeout"] for groups in hooks.values() for g in groups for handler in g["hooks"]} == {5}
    assert hooks["PreToolUse"][0]["matcher"] == "^(Edit|MultiEdit|Write|NotebookEdit|Bash|PowerShell|mcp__.*)$"
    assert {hooks[event][0]["matcher"] for event in ("PostToolUse", "PostToolUseFailure")} == {"*"}


def test_where_reads_are_denied_too_every_call_reaches_the_gate(world: World) -> None:
    world.write(world.store / "config.json", '{"gate": {"deny": "all"}}')
    world.init()
    assert read(world.settings)["hooks"]["PreToolUse"][0]["matcher"] == "*"
    assert world.plan().steps == []


def test_without_ocm_a_guarded_hook_says_and_does_nothing() -> None:
    shell = shutil.which("sh")
    if shell is None:  # pragma: no cover - Windows without Git
        pytest.skip("no POSIX shell")
    for profile in ("minimal", "full"):
        hooks = json.loads(resources.read("hooks", "claude-code", f"{profile}.json"))["hooks"]
        for command in {handler["command"] for groups in hooks.values() for g in groups for handler in g["hooks"]}:
            done = subprocess.run([shell, "-c", command], env={"PATH": "/nowhere"}, capture_output=True, check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_hooks_that_the_server_answers_come_and_go_like_the_others(world: World) -> None:
    before = world.seen()
    served = json.loads(resources.read("hooks", "claude-code", "mcp.json"))
    world.init(claude="mcp")
    assert read(world.settings) == served
    assert world.plan().steps == []
    world.init(claude="minimal")
    assert "mcp_tool" not in world.settings.read_text()
    world.init(claude="mcp")
    assert read(world.settings) == served
    world.write(world.store / "config.json", '{"gate": {"deny": "all"}}')
    world.init()
    matchers = [group["matcher"] for group in read(world.settings)["hooks"]["PreToolUse"]]
    assert matchers[0] == "^(?!mcp__(plugin_.*_)?opencodememory__ocm__).*$"
    assert matchers[1:] == [group["matcher"] for group in served["hooks"]["PreToolUse"][1:]]
    assert world.plan().steps == []
    world.uninstall()
    assert world.seen() == before


def test_an_init_without_a_profile_keeps_the_one_that_is_there(world: World) -> None:
    world.init(claude="full")
    assert world.plan().steps == []


def test_the_profile_none_takes_the_hooks_away_and_leaves_server_and_rules(world: World) -> None:
    world.init()
    world.init(claude="none")
    assert not world.settings.exists()
    assert world.servers.exists()
    assert world.rules.exists()
    assert world.plan(claude="none").steps == []


def test_a_threshold_that_a_person_wrote_into_a_hook_is_kept(world: World) -> None:
    world.init()
    own = GUARDED.format("post-tool-use")
    text = world.settings.read_text().replace(own, own.replace(" || :", " --threshold 8 || :"))
    world.write(world.settings, text)
    assert world.plan().steps == []
    world.init(claude="full")
    assert commands(world.settings)["PostToolUse"] == [own.replace(" || :", " --threshold 8 || :")]


def test_what_a_person_changed_in_a_hook_of_ours_outlives_init_and_another_profile(world: World) -> None:
    world.init()
    changed = world.settings.read_bytes().replace(b'"timeout": 5', b'"timeout": 50, "statusMessage": "stop, journal"')
    world.write(world.settings, changed)
    assert world.plan().steps == []
    assert world.settings.read_bytes() == changed
    world.init(claude="full")
    kept = read(world.settings)["hooks"]
    assert kept["PostToolUse"] == json.loads(changed)["hooks"]["PostToolUse"]
    assert "Stop" in kept


def test_a_hook_that_lacks_its_end_is_another_persons_command_and_ours_comes_beside_it(world: World) -> None:
    world.init()
    text = world.settings.read_text().replace("ocm-hook session-end --tool claude-code || :; fi", "notify; fi")
    world.write(world.settings, text)
    world.init()
    assert len(commands(world.settings)["SessionEnd"]) == 2


@pytest.mark.parametrize(
    "own",
    [
        "/home/u/.local/bin/ocm-hook {} --tool claude-code",
        '"/opt/my tools/ocm-hook" {} --tool claude-code || true',
        "OCM_GATE_MODE=remind ocm-hook {} --tool claude-code 2>/dev/null",
        "$HOME/bin/ocm-hook {} --tool claude-code --threshold 9; exit 0",
        "if command -v /x/ocm-hook >/dev/null 2>&1; then /x/ocm-hook {} --tool claude-code || :; fi",
        "C:\\tools\\ocm-hook.exe {} --tool claude-code",
    ],
)
def test_hooks_that_a_person_points_at_their_own_program_are_known_and_kept(world: World, own: str) -> None:
    world.init()
    document = read(world.settings)
    for event, name in (
        ("PreToolUse", "pre-tool-use"),
        ("PostToolUse", "post-tool-use"),
        ("SessionEnd", "session-end"),
    ):
        document["hooks"][event][0]["hooks"][0]["command"] = own.format(name)
    text = json.dumps(document, indent=1)
    world.write(world.settings, text)
    assert world.plan().steps == []
    world.init(claude="full")
    assert commands(world.settings)["PreToolUse"] == [own.format("pre-tool-use")]
    world.uninstall()
    left = {"PreToolUse": "pre-tool-use", "PostToolUse": "post-tool-use", "SessionEnd": "session-end"}
    assert commands(world.settings) == {event: [own.format(name)] for event, name in left.items()}


def test_a_matcher_of_a_persons_own_stays_and_one_of_ours_follows_the_setting(world: World) -> None:
    world.init()
    document = read(world.settings)
    document["hooks"]["PreToolUse"][0]["matcher"] = "Bash"
    world.write(world.settings, json.dumps(document))
    world.write(world.store / "config.json", '{"gate": {"deny": "all"}}')
    assert world.plan().steps == []
    document["hooks"]["PreToolUse"][0]["matcher"] = "*"
    document["hooks"]["SessionEnd"][0]["matcher"] = "*"
    world.write(world.settings, json.dumps(document))
    (world.store / "config.json").unlink()
    world.init()
    assert read(world.settings)["hooks"]["PreToolUse"][0]["matcher"].startswith("^(Edit|")
    assert read(world.settings)["hooks"]["SessionEnd"][0]["matcher"] == "*"


def test_of_a_hook_by_hand_and_ours_beside_it_ours_goes(world: World) -> None:
    own = {"type": "command", "command": "/x/ocm-hook post-tool-use --tool claude-code", "timeout": 9}
    world.init()
    document = read(world.settings)
    document["hooks"]["PostToolUse"].append(group(own))
    world.write(world.settings, json.dumps(document))
    world.init()
    assert commands(world.settings)["PostToolUse"] == [own["command"]]


def test_a_bare_hook_of_old_gets_todays_command_and_keeps_what_a_person_added(world: World) -> None:
    old = {"type": "command", "command": "ocm-hook post-tool-use --tool claude-code", "timeout": 60, "async": False}
    world.write(world.settings, json.dumps({"hooks": {"PostToolUse": [group(old, matcher="")]}}))
    world.init()
    (found,) = read(world.settings)["hooks"]["PostToolUse"]
    assert found["hooks"] == [{**old, "command": GUARDED.format("post-tool-use")}]


# What must not be touched


@pytest.mark.defect("D30")
def test_a_persons_empty_group_stays_and_our_handler_leaves_a_mixed_one(world: World) -> None:
    mine = {"hooks": {"PreToolUse": [group(matcher="Mine")], "Stop": [], "PostToolUse": [group(LINT, matcher="*")]}}
    world.write(world.settings, json.dumps(mine, indent=2))
    world.init()
    document = read(world.settings)
    document["hooks"]["PostToolUse"][1]["hooks"].append(LINT)
    world.write(world.settings, json.dumps(document))
    world.uninstall()
    mine["hooks"]["PostToolUse"].append(group(LINT, matcher="*"))
    assert read(world.settings) == mine


def test_a_foreign_command_that_only_mentions_ours_stays(world: World) -> None:
    foreign = [
        "my-ocm-hook pre-tool-use",
        "ocm-hook-wrapper pre-tool-use --tool claude-code",
        f"{GUARDED.format('stop')} && lint",
        "echo ocm-hook session-start",
        'echo "{\\"additionalContext\\": \\"openCodeMemory session_id: 1\\"}"; lint "}"',
    ]
    odd = [1, None, {"type": "prompt"}, {"command": 5}]
    mine = {
        "hooks": {"Stop": [group(*({"type": "command", "command": one} for one in foreign), *odd), "odd", {"hooks": 1}]}
    }
    before = world.write(world.settings, json.dumps(mine)).read_bytes()
    install.plan_uninstall(cwd=str(world.project)).apply()
    assert world.settings.read_bytes() == before
    world.init(claude="full")
    world.write(world.settings, world.settings.read_bytes() + b"\n")
    world.uninstall()
    assert read(world.settings) == mine


def test_an_entry_of_another_program_under_our_name_is_an_error(world: World) -> None:
    for entry in (
        '{"command": "other"}',
        '{"type": "http", "url": "https://example.org/mcp"}',
        "null",
        '{"url": "http://["}',
    ):
        world.write(world.servers, f'{{\n"mcpServers": {{"x": {{}},\n"opencodememory": {entry}}}}}')
        message = refused(world)
        assert f"{world.servers}, line 3" in message
        world.uninstall()
        assert entry in world.servers.read_text()


def test_what_a_person_added_to_our_server_entry_is_kept(world: World) -> None:
    world.init()
    document = read(world.servers)
    document["mcpServers"]["opencodememory"]["env"] = {"OCM_GATE_MODE": "off"}
    world.write(world.servers, json.dumps(document))
    assert world.plan().steps == []
    document["mcpServers"]["opencodememory"]["args"] += ["--project", "${workspaceFolder}"]
    document["mcpServers"]["opencodememory"] |= {"alwaysLoad": True, "command": "/home/u/.local/bin/ocm"}
    world.write(world.servers, json.dumps(document))
    assert world.plan().steps == []


def test_a_container_that_was_empty_before_stays_empty(world: World) -> None:
    world.write(world.servers, '{\n  "mcpServers": { }\n}\n')
    world.init()
    document = read(world.servers) | {"theirs": 1}
    world.write(world.servers, json.dumps(document))
    world.uninstall()
    assert read(world.servers) == {"mcpServers": {}, "theirs": 1}
    world.write(world.settings, '{\n  "hooks": { }\n}\n')
    world.init()
    world.write(world.settings, json.dumps(read(world.settings) | {"theirs": 1}))
    world.uninstall()
    assert read(world.settings) == {"hooks": {}, "theirs": 1}


def test_another_programs_server_and_members_stay(world: World) -> None:
    world.init()
    document = read(world.servers)
    document["mcpServers"]["theirs"] = {"command": "theirs"}
    world.write(world.servers, json.dumps(document))
    world.uninstall()
    assert read(world.servers) == {"mcpServers": {"theirs": {"command": "theirs"}}}


# Rules


@pytest.mark.defect("D28")
def test_there_is_exactly_one_block_however_often_init_and_uninstall_run(world: World) -> None:
    text = "# Mine\n\nWe use openCodeMemory here, see `<!-- BEGIN openCodeMemory -->`.\n"
    world.write(world.rules, text)
    for _ in range(3):
        world.init()
        written = world.rules.read_text()
        assert written.count(f"\n{BEGIN}\n") == written.count(f"\n{END}\n") == 1
        assert written.startswith(text)
        world.uninstall()
        assert world.rules.read_text() == text


def test_an_older_block_is_brought_up_to_date_where_it_is(world: World) -> None:
    world.write(world.rules, f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    world.init()
    body = resources.read("rules", "claude-code.md")
    assert world.rules.read_text() == f"above\n{BEGIN}\n{body}{END}\nbelow\n"


def test_a_second_block_goes(world: World) -> None:
    world.write(world.rules, f"{BEGIN}\nold\n{END}\nbetween\n\n{BEGIN}\nolder\n{END}\nbelow\n")
    world.init()
    text = world.rules.read_text()
    assert text.count(BEGIN) == 1
    assert text.endswith(f"{END}\nbetween\nbelow\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a\n{END}\nb\n{BEGIN}\nc\n", 2),
        (f"a\r\nb\r\n{BEGIN}\r\nc", 3),
        (f"{BEGIN}\nx\n{BEGIN}\ny\n{END}\n", 3),
        (f"{BEGIN}\nx\n{END}\ny\n{END}\n", 5),
    ],
)
@pytest.mark.defect("D28")
def test_sentinels_that_do_not_pair_are_named_by_line_and_nothing_is_written(
    world: World, text: str, line: int
) -> None:
    world.write(world.rules, text)
    assert f"{world.rules}, line {line}: " in refused(world)
    with pytest.raises(OcmError, match=f"line {line}: "):
        install.plan_uninstall(cwd=str(world.project))


def test_the_rules_cost_little_and_hold_no_sentinel() -> None:
    text = resources.read("rules", "claude-code.md")
    assert len(text) / 4 < 350
    assert "openCodeMemory -->" not in text
    assert text.isascii()


# Files that are not as expected


@pytest.mark.defect("D31")
def test_a_private_link_to_settings_with_unicode_stays_all_of_that(world: World) -> None:
    elsewhere = world.write(world.base / "dotfiles" / "settings.json", '{\r\n\t"note": "漢字 \\u00e9"\r\n}')
    elsewhere.chmod(0o600)
    world.settings.parent.mkdir()
    world.settings.symlink_to("../../dotfiles/settings.json")
    before = world.seen()
    plan = world.plan()
    assert any(str(elsewhere) in notice for notice in plan.notices)
    plan.apply()
    assert world.settings.is_symlink()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert elsewhere.read_bytes().startswith('{\r\n\t"note": "漢字 \\u00e9",\r\n\t"hooks": {\r\n\t\t"'.encode())
    world.uninstall()
    assert world.seen() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("settings", '{"hooks": null}'),
        ("settings", "[]"),
        ("settings", '{"hooks": []}'),
        ("settings", '{"hooks": {"PostToolUse": {}}}'),
        ("settings", '"text"'),
        ("settings", "5"),
        ("settings", "true"),
        ("servers", '{"mcpServers": null}'),
        ("servers", '{"mcpServers": []}'),
    ],
)
@pytest.mark.defect("D31")
def test_json_of_another_shape_is_named_and_nothing_is_written(world: World, name: str, text: str) -> None:
    path = world.write(getattr(world, name), text)
    assert f"{path}, line 1: " in refused(world)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (" \n", 1),
        ('{\n  // a comment\n  "a": 1\n}', 2),
        ('{"a": 1,\n}', 2),
        ('{"a": 1', 1),
        ('{"a": NaN}', 1),
        ("[" * 100_000, 1),
        ('{"a": ' + "9" * 5000 + "}", 1),
        (b'{"a": "\xff\xfe', 1),
        (b"\xff\xfe{\x00}\x00", 1),
        (b"\xff\xfe{", 1),
    ],
)
@pytest.mark.defect("D32")
def test_settings_that_are_not_json_are_named_with_the_line_and_nothing_is_written(
    world: World, text: str | bytes, line: int
) -> None:
    world.write(world.settings, text)
    assert f"{world.settings}, line {line}: " in refused(world)
    assert not world.store.exists()


def test_a_broken_file_that_holds_nothing_of_ours_does_not_keep_ocm_from_being_taken_out(world: World) -> None:
    world.init(claude="none")
    world.write(world.settings, "{ // mine")
    world.uninstall()
    assert not world.servers.exists()
    assert world.settings.read_text() == "{ // mine"


def test_a_file_that_is_broken_after_init_is_named_when_ocm_is_to_be_taken_out(world: World) -> None:
    world.init()
    world.write(world.settings, world.settings.read_bytes()[:-4])
    before = world.seen()
    with pytest.raises(OcmError, match=r"settings\.json, line"):
        world.uninstall()
    assert world.seen() == before


def test_what_is_no_file_or_no_folder_is_named(world: World) -> None:
    world.rules.mkdir()
    assert f"{world.rules} cannot be edited: it is not a regular file" in refused(world)
    world.rules.rmdir()
    world.write(world.project / ".claude", "a file")
    assert f"{world.project / '.claude'} is not a folder" in refused(world)
    (world.project / ".claude").unlink()
    world.write(world.store, "a file")
    assert f"{world.store} is not a folder" in refused(world)


def test_a_loop_of_links_is_named(world: World) -> None:
    world.rules.symlink_to(world.rules.name)
    assert f"{world.rules} cannot be read" in refused(world)


def test_a_dangling_link_gets_its_target_and_loses_it_again(world: World) -> None:
    world.rules.symlink_to("AGENTS.md")
    before = world.seen()
    world.init()
    assert (world.project / "AGENTS.md").exists()
    world.uninstall()
    assert world.seen() == before


def test_a_folder_that_may_not_be_written_to_is_named_before_anything_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = str(world.project)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    assert f"you have no right to change {closed}" in refused(world)


# Line ends and ignore files


@pytest.mark.defect("D34")
def test_a_line_that_only_mentions_the_store_does_not_ignore_it(world: World) -> None:
    world.write(world.ignored, "# do not ignore .openCodeMemory/ yet\n")
    world.init()
    assert world.ignored.read_text() == "# do not ignore .openCodeMemory/ yet\n.openCodeMemory/\n"


@pytest.mark.defect("D34")
def test_windows_line_ends_are_kept_and_used(world: World) -> None:
    world.write(world.ignored, "build/\r\n*.log\r\n")
    world.write(world.rules, "# Mine\r\n")
    before = world.seen()
    world.init()
    assert world.ignored.read_bytes() == b"build/\r\n*.log\r\n.openCodeMemory/\r\n"
    assert world.rules.read_bytes().count(b"\n") == world.rules.read_bytes().count(b"\r\n")
    world.uninstall()
    assert world.seen() == before


def test_an_ignore_file_that_names_the_store_already_stays_as_it_is(world: World) -> None:
    world.write(world.ignored, "/.openCodeMemory\n")
    world.init()
    assert world.ignored.read_text() == "/.openCodeMemory\n"
    world.write(world.ignored, ".openCodeMemory/\n")
    world.uninstall()
    assert world.ignored.read_text() == ".openCodeMemory/\n"


def test_an_ignore_file_that_takes_the_store_back_is_left_and_warned_about(world: World) -> None:
    world.write(world.ignored, ".*\n!.openCodeMemory/\n")
    plan = world.plan()
    assert any("sessions can be committed" in warning for warning in plan.warnings)
    plan.apply()
    assert world.ignored.read_text() == ".*\n!.openCodeMemory/\n"


def test_an_ignore_file_that_git_cannot_read_is_named(world: World) -> None:
    world.write(world.ignored, "\ufeffbuild/\r\n".encode("utf-16-le"))
    assert f"{world.ignored}, line 1: it is UTF-16-LE" in refused(world)


def test_a_store_that_stays_after_uninstall_stays_out_of_git(world: World) -> None:
    subprocess.run(["git", "init", "-q"], cwd=world.project, check=True)
    world.init()
    world.write(world.store / "sessions" / "one.md", "private")
    world.uninstall(purge=False)
    assert not world.ignored.exists()
    assert (world.store / "sessions" / "one.md").read_text() == "private"
    status = subprocess.run(["git", "status", "--short"], cwd=world.project, capture_output=True, check=True)
    assert status.stdout == b""
    world.init()
    world.uninstall(purge=False)


# Taking away


@pytest.mark.defect("D29")
def test_uninstall_leaves_no_hook_no_server_and_no_rules(world: World) -> None:
    before = world.seen()
    world.init(claude="full")
    world.uninstall()
    assert world.seen() == before


def test_sessions_that_were_made_here_are_known_again_after_uninstall_and_init(world: World) -> None:
    world.init()
    world.write(world.store / "sessions" / "a.md", "x")
    world.uninstall(purge=False)
    assert trust.is_trusted(paths.Store(str(world.store), str(world.project)))
    plan = world.plan()
    assert not [warning for warning in plan.warnings if "not made here" in warning]


def test_sessions_that_came_from_elsewhere_stay_strangers_through_uninstall(world: World) -> None:
    world.write(world.store / "sessions" / "a.md", "x")
    world.init()
    world.uninstall(purge=False)
    assert not trust.is_trusted(paths.Store(str(world.store), str(world.project)))


@pytest.mark.defect("D29")
def test_what_the_reference_system_wrote_is_upgraded_and_then_taken_away(world: World) -> None:
    hooks = {
        event: [{"matcher": "", "hooks": [{"type": "command", "command": command}]}]
        for event, command in REFERENCE_HOOKS.items()
    }
    hooks["PostToolUse"].append(group({"type": "command", "command": "ocm-hook file-edited --tool claude-code"}))
    hooks["Stop"].append(group(LINT))
    world.write(world.settings, json.dumps({"hooks": hooks}, indent=2))
    entry = {"type": "http", "url": "http://127.0.0.1:49023/mcp"}
    world.write(world.servers, json.dumps({"mcpServers": {"opencodememory": entry}}, indent=2))
    world.write(world.rules, f"\n\n{BEGIN}\n{BEGIN}\nold\n{END}\n{END}\n{END}\n")
    world.init()
    minimal = json.loads(resources.read("hooks", "claude-code", "minimal.json"))["hooks"]
    assert read(world.settings) == {"hooks": minimal | {"Stop": [group(LINT), *minimal["Stop"]]}}
    assert read(world.servers)["mcpServers"] == {"opencodememory": claude.ENTRY}
    assert world.rules.read_text().count("openCodeMemory -->") == 2
    world.uninstall()
    assert read(world.settings) == {"hooks": {"Stop": [group(LINT)]}}
    assert not world.servers.exists()
    assert not world.rules.exists()


def test_a_second_init_after_anothers_edit_does_not_take_ours_for_the_original(world: World) -> None:
    world.write(world.settings, "{ }")
    world.write(world.rules, "mine")
    world.init()
    world.write(world.settings, json.dumps(read(world.settings) | {"theirs": True}, indent=4))
    world.write(world.rules, world.rules.read_bytes() + b"\ntheirs\n")
    world.init(claude="full")
    world.uninstall()
    assert world.settings.read_text() == '{\n    "theirs": true\n}'
    assert world.rules.read_text() == "mine\ntheirs\n"


def test_without_a_manifest_our_part_is_taken_out_by_its_form(world: World) -> None:
    world.write(world.settings, '{\n  "theirs": true\n}\n')
    world.write(world.rules, "mine\n")
    before = world.seen()
    world.init()
    shutil.rmtree(world.home / ".openCodeMemory")
    world.uninstall()
    kept = world.ignored.read_text()
    assert kept == ".openCodeMemory/\n"  # a person may have written that line
    world.ignored.unlink()
    assert world.seen() == before


def test_a_damaged_manifest_is_a_warning_and_is_moved_aside(world: World) -> None:
    world.init()
    path = manifest.Manifest(str(world.project)).path
    for damage in (b"{", b"[]", b'{"files": {"x": {"existed": true, "written": "", "original": "%"}}, "folders": []}'):
        world.write(world.base / path, damage)
        plan = install.plan_uninstall(cwd=str(world.project))
        assert any(path in warning for warning in plan.warnings)
    plan.apply()
    assert not world.settings.exists()
    plan = world.plan()
    assert any(path in warning for warning in plan.warnings)
    plan.apply()
    assert (world.base / (path + ".damaged")).exists()
    assert not any(path in warning for warning in world.plan().warnings)


def test_the_manifest_keeps_no_copy_where_the_edit_can_be_undone(world: World) -> None:
    world.write(world.settings, '{\n  "env": {"TOKEN": "s3cret"}\n}\n')
    world.write(world.rules, "mine")
    world.init()
    kept = manifest.load(str(world.project), user=False).entries
    assert {entry.original for entry in kept.values()} == {None}


def test_a_project_reached_through_a_link_is_the_same_project(world: World) -> None:
    link = world.base / "link"
    link.symlink_to(world.project)
    before = world.seen()
    install.plan_init(str(link), cwd=str(world.base)).apply()
    world.uninstall()
    assert world.seen() == before


def test_uninstall_where_nothing_is_does_nothing(world: World) -> None:
    assert install.plan_uninstall(cwd=str(world.project)).steps == []
    assert install.plan_uninstall(cwd=str(world.project), everywhere=True, purge=True).steps == []


def test_uninstall_does_not_climb_out_of_a_repository(world: World) -> None:
    world.init()
    inner = world.project / "vendored"
    (inner / ".git").mkdir(parents=True)
    assert install.plan_uninstall(cwd=str(inner)).steps == []


def test_uninstall_finds_a_project_without_git_from_below(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    (world.project / "src").mkdir()
    before = world.seen()
    world.init()
    install.plan_uninstall(cwd=str(world.project / "src"), purge=True).apply()
    assert world.seen() == before


def test_purging_follows_no_link(world: World) -> None:
    elsewhere = world.base / "sessions-elsewhere"
    (elsewhere / "sessions").mkdir(parents=True)
    world.store.symlink_to(elsewhere)
    plan = world.plan()
    assert any(str(elsewhere) in notice for notice in plan.notices)
    plan.apply()
    plan = install.plan_uninstall(cwd=str(world.project), purge=True)
    assert any("stays" in warning for warning in plan.warnings)
    plan.apply()
    assert (elsewhere / "sessions").is_dir()


def test_purging_names_what_goes_and_takes_links_as_links(world: World) -> None:
    world.init()
    outside = world.write(world.base / "outside" / "kept.md", "kept")
    (world.store / "sessions" / "linked").symlink_to(outside.parent)
    (world.store / "linked").symlink_to(outside.parent)
    plan = install.plan_uninstall(cwd=str(world.project), purge=True)
    assert "#   sessions\n" in plan.diff()
    plan.apply()
    assert not world.store.exists()
    assert outside.read_text() == "kept"


# When it goes wrong


def test_a_file_that_changes_between_plan_and_deed_is_not_overwritten(world: World) -> None:
    plan = world.plan()
    world.write(world.rules, "written meanwhile\n")
    with pytest.raises(OcmError, match="Another program has changed it") as error:
        plan.apply()
    message = str(error.value)
    done, left = message.split("Not done: ")
    assert str(world.servers) in done
    assert str(world.settings) in left
    assert world.rules.read_text() == "written meanwhile\n"
    world.init()
    world.uninstall()
    assert world.rules.read_text() == "written meanwhile\n"


def test_a_step_that_fails_is_named_and_a_second_run_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = world.seen()
    replace = os.replace

    def refuse(source: str, target: str) -> None:
        if target.endswith("CLAUDE.md"):
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OcmError, match="Permission denied"):
        world.init()
    monkeypatch.undo()
    assert not world.rules.exists()
    with world.entered():
        world.init()
        assert world.plan().steps == []
        world.uninstall()
    assert world.seen() == before


# Where the store lies


def git(cwd: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def linked(world: World) -> Path:
    shutil.rmtree(world.project / ".git")
    git(world.project, "init", "-q")
    git(world.project, "commit", "-q", "--allow-empty", "-m", "first")
    git(world.project, "worktree", "add", "-q", "../linked")
    return world.base / "linked"


def test_a_linked_worktree_uses_the_store_of_the_main_one(world: World, linked: Path) -> None:
    world.init()
    plan = install.plan_init(cwd=str(linked))
    assert any("linked git worktree" in notice and str(world.store) in notice for notice in plan.notices)
    plan.apply()
    assert not (linked / ".openCodeMemory").exists()
    assert (linked / ".mcp.json").exists()
    plan = install.plan_uninstall(cwd=str(linked), purge=True)
    assert any("other worktrees" in warning for warning in plan.warnings)
    plan.apply()
    assert (world.store / "sessions").is_dir()
    assert world.servers.exists()


def test_a_store_made_from_a_linked_worktree_is_ignored_where_it_lies(world: World, linked: Path) -> None:
    install.plan_init(cwd=str(linked)).apply()
    assert (world.store / "sessions").is_dir()
    assert world.ignored.read_text() == ".openCodeMemory/\n"


def test_a_linked_worktree_that_alone_has_a_store_keeps_it(linked: Path) -> None:
    (linked / ".openCodeMemory").mkdir()
    install.plan_init(cwd=str(linked)).apply()
    assert (linked / ".openCodeMemory" / "sessions").is_dir()


def test_a_bare_repository_gets_no_ignore_file(world: World) -> None:
    bare = world.base / "bare.git"
    shutil.rmtree(world.project / ".git")
    git(world.project, "init", "-q")
    git(world.project, "commit", "-q", "--allow-empty", "-m", "first")
    git(world.base, "clone", "-q", "--bare", "project", "bare.git")
    git(bare, "worktree", "add", "-q", "../tree")
    tree = world.base / "tree"
    install.plan_init(cwd=str(tree)).apply()
    assert (bare / ".openCodeMemory" / "sessions").is_dir()
    assert not (bare / ".gitignore").exists()
    assert (tree / ".gitignore").exists()


def test_init_never_hides_the_store_of_its_repository(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    git(world.project, "init", "-q")
    git(world.project, "commit", "-q", "--allow-empty", "-m", "first")
    around = world.base / "around"
    around.mkdir()
    git(around, "clone", "-q", "--bare", str(world.project), ".bare")
    (around / ".git").write_text("gitdir: ./.bare\n", encoding="utf-8")
    git(around, "worktree", "add", "-q", "tree")
    for first, then in ((around, around / "tree"), (around / "tree", around)):
        install.plan_init(cwd=str(first)).apply()
        install.plan_init(cwd=str(then)).apply()
        stores = [path for path in (around, around / ".bare", around / "tree") if (path / ".openCodeMemory").is_dir()]
        assert stores == [around]
        shutil.rmtree(around / ".openCodeMemory")


# The whole user


def test_install_sets_up_the_users_own_files_and_uninstall_gives_them_back(world: World) -> None:
    known = world.write(world.home / ".claude.json", '{"numStartups": 3,"projects":{}}')
    known.chmod(0o600)
    before = world.seen()
    plan = install.plan_install()
    plan.apply()
    assert read(known)["mcpServers"] == {"opencodememory": claude.ENTRY}
    assert (world.home / ".claude" / "CLAUDE.md").read_text().startswith(BEGIN)
    assert "PreToolUse" in commands(world.home / ".claude" / "settings.json")
    assert paths.find_store(str(world.base)) is not None
    assert install.plan_install().steps == []
    install.plan_uninstall(cwd="/", everywhere=True, purge=True).apply()
    assert world.seen() == before


def test_uninstalling_for_the_user_keeps_the_store_and_the_projects(world: World) -> None:
    world.init()
    install.plan_install().apply()
    own = world.write(world.home / ".openCodeMemory" / "notes.txt", "a person's")
    caches = [world.write(world.home / ".openCodeMemory" / f"transcripts.db{end}", "") for end in ("", ".damaged")]
    install.plan_uninstall(cwd="/", everywhere=True).apply()
    assert (world.home / ".openCodeMemory" / "sessions").is_dir()
    install.plan_uninstall(cwd="/", everywhere=True, purge=True).apply()
    assert not (world.home / ".openCodeMemory" / "sessions").exists()
    assert not any(cache.exists() for cache in caches)
    assert own.exists()
    assert world.plan().steps == []


def test_a_client_whose_files_were_moved_is_set_up_where_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(world.base / "moved"))
    install.plan_install().apply()
    assert {path.name for path in (world.base / "moved").iterdir()} == {".claude.json", "CLAUDE.md", "settings.json"}
    assert not (world.home / ".claude.json").exists()


# Commands and files of the package


MOVED = {
    "claude-code": "CLAUDE_CONFIG_DIR",
    "codex": "CODEX_HOME",
    "copilot": "COPILOT_HOME",
    "opencode": "XDG_CONFIG_HOME",
    "zed": "XDG_CONFIG_HOME",
    "amp": "XDG_CONFIG_HOME",
    "vscode-copilot": "XDG_CONFIG_HOME",
}


@pytest.mark.parametrize("touched", [False, True])
@pytest.mark.parametrize("name", MOVED)
def test_what_was_installed_where_a_variable_pointed_is_taken_out_without_it(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, touched: bool
) -> None:
    accounts = [world.base / "work", world.base / "second"]
    for account in accounts:
        account.mkdir()
    before = world.seen()
    for account in accounts:
        monkeypatch.setenv(MOVED[name], str(account))
        install.plan_install(hosts=[name]).apply()
    written = [path for account in accounts for path in account.rglob("*") if path.is_file()]
    assert len(written) >= 2
    for path in written if touched else ():
        path.write_bytes(path.read_bytes() + b"\n" * (path.suffix != ".js"))
    monkeypatch.delenv(MOVED[name])
    install.plan_install(hosts=[name]).apply()
    install.plan_uninstall(cwd=str(world.project), everywhere=True, purge=True).apply()
    left = [path for path in written if path.exists() and path.read_text().strip() not in ("", "{}")]
    assert left == []
    if not touched:
        assert world.seen() == before


def test_trust_of_codex_goes_too_where_its_folder_was_moved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = world.base / "work"
    monkeypatch.setenv("CODEX_HOME", str(moved))
    install.plan_install(hosts=["codex"]).apply()
    config = moved / "config.toml"
    key = f"{moved}/hooks.json:session_start:0:0"
    config.write_text(config.read_text() + f'\n[hooks.state."{key}"]\ntrusted_hash = "x"\n')
    monkeypatch.delenv("CODEX_HOME")
    install.plan_uninstall(cwd=str(world.project), everywhere=True).apply()
    assert not moved.exists() or not list(moved.iterdir()) or config.read_text().strip() == ""


def test_taking_one_host_out_leaves_anothers_moved_files_in_the_manifest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(world.base / "work"))
    monkeypatch.setenv("CODEX_HOME", str(world.base / "codex"))
    install.plan_install(hosts=["claude-code", "codex"]).apply()
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    monkeypatch.delenv("CODEX_HOME")
    install.plan_uninstall(cwd=str(world.project), everywhere=True, hosts=["codex"]).apply()
    assert not (world.base / "codex").exists()
    assert (world.base / "work" / "CLAUDE.md").exists()
    install.plan_uninstall(cwd=str(world.project), everywhere=True).apply()
    assert not (world.base / "work").exists()


def test_a_file_of_ours_that_a_person_changed_stays_and_is_not_forgotten(world: World) -> None:
    world.init_hosts("opencode")
    plugin = world.project / ".opencode" / "plugins" / "ocm.js"
    world.write(plugin, plugin.read_text() + "// mine\n")
    for _ in range(2):
        plan = install.plan_uninstall(cwd=str(world.project))
        assert plan.stays == [f"{plugin} stays: it was changed since ocm wrote it, so look whether to remove it."]
        plan.apply()
    assert plan.steps == []
    plugin.unlink()
    world.uninstall()
    assert not list((world.home / ".openCodeMemory" / "installs").glob("*"))


def test_the_commands_must_be_on_the_path_and_no_shims(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(folder: Path) -> list[str]:
        monkeypatch.setenv("PATH", str(folder))
        return install.path_warnings()

    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert len(warned(world.base)) == 2
    for folder in ("bin", "pyenv/shims", "venv/bin"):
        for name in install.COMMANDS:
            suffix = ".exe" if os.name == "nt" else ""
            world.write(world.base / folder / f"{name}{suffix}", "#!/bin/sh\n").chmod(0o755)
    assert warned(world.base / "bin") == []
    assert all("shim" in warning for warning in warned(world.base / "pyenv" / "shims"))
    monkeypatch.setenv("VIRTUAL_ENV", str(world.base / "venv"))
    assert all("while its environment is active" in warning for warning in warned(world.base / "venv" / "bin"))
    assert all("install ocm-journal" in warning for warning in world.plan().warnings)


def test_installed_files_are_found_inside_the_package_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "ocm" / "data" / "rules" / "x.md"
    wheel.parent.mkdir(parents=True)
    wheel.write_text("in a wheel")
    source = tmp_path / "rules" / "y.md"
    source.parent.mkdir()
    source.write_text("in a source tree")
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "ocm" / "base" / "resources.py"))
    assert resources.read("rules", "x.md") == "in a wheel"
    assert resources.read("rules", "y.md") == "in a source tree"


def test_of_a_host_whose_entries_are_gone_already_nothing_is_left_to_take(world: World) -> None:
    world.init_hosts("claude-code", "cursor")
    shutil.rmtree(world.project / ".cursor")
    (world.project / "AGENTS.md").unlink()
    before = world.seen()
    plan = install.plan_uninstall(hosts=["cursor"], cwd=str(world.project))
    assert plan.steps == []
    plan.apply()
    assert world.seen() == before
