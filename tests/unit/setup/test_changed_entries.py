"""Entries of ocm's that a person changed are theirs: uninstalling leaves them whole and names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.host_config import PROJECT, USER, Place
from ocm.setup import install
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ocm.setup.plan import Plan

HOOKED = sorted(name for name, host in HOSTS.items() if host.hooks and not host.hooks.script)
PLUGINS = sorted(name for name, host in HOSTS.items() if host.hooks and host.hooks.script)
SERVED = sorted(set(HOSTS) - {"continue", "cline", "windsurf"})  # whose project has a file with the server's entry
FORMER = "if command -v ocm-hook >/dev/null 2>&1; then exec ocm-hook {} --tool claude-code; fi"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as entered:
        yield entered


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def uninstall(world: World, **options: Any) -> Plan:
    plan = install.plan_uninstall(cwd=str(world.project), **options)
    plan.apply()
    return plan


def server_file(world: World, name: str) -> Path:
    targets = HOSTS[name].targets(Place(str(world.project)))
    (path,) = [target.path for target in targets if target.server]
    return world.project / path


def hooks_file(world: World, name: str) -> Path:
    targets = HOSTS[name].targets(Place(str(world.project)))
    (path,) = [target.path for target in targets if target.what == "hooks"]
    return world.project / path


@pytest.mark.parametrize("level", [PROJECT, USER])
@pytest.mark.parametrize("name", SERVED)
def test_a_server_into_which_a_person_wrote_stays_whole_and_is_named(world: World, name: str, level: str) -> None:
    everywhere = level == USER
    (install.plan_install(hosts=[name]) if everywhere else world.plan_hosts(name)).apply()
    place = Place(str(world.home if everywhere else world.project), level)
    (path,) = [world.project / target.path for target in HOSTS[name].targets(place) if target.server]
    text = path.read_text()
    is_toml = path.suffix == ".toml"
    own = "startup_timeout_sec = 30\n" if is_toml else '"mine": "yes", '
    start = "[mcp_servers.opencodememory]\n" if is_toml else '"opencodememory": {'
    world.write(path, text.replace(start, start + own))
    plan = uninstall(world, everywhere=everywhere, purge=True)
    (said,) = plan.stays
    assert said.startswith(f"{path}, line ")
    assert 'the MCP server "opencodememory" stays, because somebody changed it; it still starts ocm, and fails' in said
    assert "take it out yourself when no longer wanted" in said
    left = path.read_text()
    assert own in left
    assert '"ocm"' in left
    assert "serve" in left


@pytest.mark.parametrize("name", HOOKED)
def test_a_hook_that_a_person_timed_anew_stays_and_those_of_ours_go(world: World, name: str) -> None:
    world.init_hosts(name, profiles={name: "full"})
    path, hooks = hooks_file(world, name), HOSTS[name].hooks
    assert hooks
    first = hooks.held(path.read_text())[0]
    document = read(path)
    at: Any = document
    for step in first.path:
        at = at[step]
    at["timeout"] = 77
    world.write(path, json.dumps(document, indent=2))
    (said,) = uninstall(world).stays
    assert f": the hook of {first.event} stays, because somebody changed it; it still starts ocm-hook" in said
    (left,) = hooks.held(path.read_text())
    assert left.handler == at


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_that_a_person_changed_stays_and_is_named(world: World, name: str) -> None:
    world.init_hosts(name)
    plugin = hooks_file(world, name)
    world.write(plugin, plugin.read_text() + "// mine\n")
    assert uninstall(world, purge=True).stays == [
        f"{plugin} stays: it was changed since ocm wrote it, so look whether to remove it."
    ]
    assert plugin.read_text().endswith("// mine\n")


def test_several_hooks_are_one_sentence_which_says_what_becomes_of_them_without_ocm(world: World) -> None:
    world.init()
    document = read(world.settings)
    for event in ("SessionStart", "PreToolUse"):
        document["hooks"][event][0]["hooks"][0]["timeout"] = 50
    document["hooks"]["SessionEnd"][0]["hooks"][0]["command"] = "/x/ocm-hook session-end --tool claude-code"
    handler = document["hooks"]["PreToolUse"][0]["hooks"][0]
    handler["command"] = handler["command"].replace("ocm-hook", "/x/ocm-hook")
    world.write(world.settings, json.dumps(document, indent=2))
    guarded, bare = uninstall(world).stays
    text = world.settings.read_text().splitlines()
    first, second = (n for n, line in enumerate(text, 1) if '"timeout": 50' in line)
    assert guarded == (
        f"{world.settings}, lines {first - 3}, {second - 3}: 2 hooks stay, because somebody changed them; they still "
        "start ocm-hook, and stay quiet once that is gone: take them out yourself when no longer wanted."
    )
    assert "it still starts ocm-hook, and fails once that is gone" in bare
    assert set(read(world.settings)["hooks"]) == {"SessionStart", "PreToolUse", "SessionEnd"}


def test_a_persons_own_command_beside_ours_stays_and_ours_goes(world: World) -> None:
    world.init()
    document = read(world.settings)
    lint = {"type": "command", "command": "lint"}
    document["hooks"]["PreToolUse"][0]["hooks"].insert(0, lint)
    world.write(world.settings, json.dumps(document))
    assert uninstall(world).stays == []
    (group,) = read(world.settings)["hooks"].pop("PreToolUse")
    assert group == {"matcher": document["hooks"]["PreToolUse"][0]["matcher"], "hooks": [lint]}


@pytest.mark.parametrize("edit", [{"matcher": "Bash"}, {"note": "mine"}])
def test_a_group_that_a_person_changed_stays_with_the_hook_in_it(world: World, edit: dict[str, str]) -> None:
    world.init()
    document = read(world.settings)
    document["hooks"]["PostToolUse"][0] |= edit
    world.write(world.settings, json.dumps(document))
    assert len(uninstall(world).stays) == 1
    assert read(world.settings) == {"hooks": {"PostToolUse": document["hooks"]["PostToolUse"]}}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("gemini-cli", '"command": "ocm",', '"command": "ocm", // mine'),
        ("zed", '"command": "ocm",', '"command": "ocm", /* mine */'),
        ("opencode", '"enabled": true', '"enabled": true // mine'),
        ("codex", 'command = "ocm"', 'command = "ocm" # mine'),
    ],
)
def test_a_comment_in_an_entry_makes_it_a_persons(world: World, name: str, before: str, after: str) -> None:
    world.init_hosts(name)
    path = server_file(world, name)
    world.write(path, path.read_text().replace(before, after, 1))
    assert len(uninstall(world).stays) == 1
    assert after in path.read_text()


def test_a_comment_in_a_hook_or_its_group_makes_it_a_persons(world: World) -> None:
    world.init_hosts("gemini-cli")
    path = hooks_file(world, "gemini-cli")
    text = path.read_text().replace('"name": "ocm session-start",', '"name": "ocm session-start", // mine')
    world.write(path, text.replace('"matcher": "*"', '"matcher": "*" /* all */'))
    (said,) = uninstall(world).stays
    assert ": 2 hooks stay" in said
    hooks = HOSTS["gemini-cli"].hooks
    assert hooks
    assert [slot.event for slot in hooks.held(path.read_text())] == ["SessionStart", "AfterTool"]


def test_a_changed_hook_that_another_profile_took_away_does_not_come_back(world: World) -> None:
    world.init(claude="full")
    document = read(world.settings)
    for event in ("PreCompact", "SessionStart"):
        document["hooks"][event][0]["hooks"][0]["timeout"] = 50
    world.write(world.settings, json.dumps(document))
    world.init(claude="minimal")
    assert "PreCompact" not in read(world.settings)["hooks"]
    assert len(uninstall(world).stays) == 1
    assert read(world.settings) == {"hooks": {"SessionStart": document["hooks"]["SessionStart"]}}


def test_what_a_client_adds_to_an_entry_makes_it_nobodys(world: World) -> None:
    before = world.seen()
    world.init_hosts("roo", "claude-code")
    for path in (server_file(world, "roo"), world.servers):
        document = read(path)
        document["mcpServers"]["opencodememory"] |= {"env": {}, "disabled": False, "alwaysAllow": [], "type": "stdio"}
        world.write(path, json.dumps(document))
    assert uninstall(world, purge=True).stays == []
    assert world.seen() == before


def test_what_was_changed_stays_known_until_a_person_has_taken_it_out(world: World) -> None:
    before = world.seen()
    world.init()
    document = read(world.servers)
    document["mcpServers"]["opencodememory"]["env"] = {"A": "b"}
    world.write(world.servers, json.dumps(document))
    assert uninstall(world, purge=True).steps != []
    assert len(uninstall(world, purge=True).stays) == 1
    assert install.plan_uninstall(cwd=str(world.project)).steps == []
    world.init()
    assert read(world.servers) == document
    world.uninstall()
    del document["mcpServers"]["opencodememory"]["env"]
    world.write(world.servers, json.dumps(document))
    assert uninstall(world).stays == []
    assert world.seen() == before


def test_a_changed_entry_where_a_variable_pointed_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = world.base / "work"
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(moved))
    install.plan_install(hosts=["claude-code"]).apply()
    monkeypatch.delenv("CLAUDE_CONFIG_DIR")
    settings = moved / "settings.json"
    world.write(settings, settings.read_text().replace('"timeout": 5', '"timeout": 50'))
    for _ in range(2):
        (said,) = uninstall(world, everywhere=True).stays
        assert said.startswith(f"{settings}, lines ")
    assert [path.name for path in moved.iterdir()] == ["settings.json"]


def test_trust_that_codex_noted_stays_for_a_hook_that_stays(world: World) -> None:
    world.init_hosts("codex")
    hooks = hooks_file(world, "codex")
    document = read(hooks)
    document["hooks"]["SessionStart"][0]["hooks"][0]["timeout"] = 50
    world.write(hooks, json.dumps(document))
    keys = [f"{hooks}:{event}:0:0" for event in ("session_start", "pre_tool_use")]
    state = "".join(f'\n[hooks.state."{key}"]\ntrusted_hash = "sha256:0"\n' for key in keys)
    config = world.write(world.home / ".codex" / "config.toml", f"[hooks.state]\n{state}")
    uninstall(world)
    assert keys[0] in config.read_text()
    assert keys[1] not in config.read_text()


def test_hooks_that_0_1_0_wrote_get_todays_command_and_go(world: World) -> None:
    handler = {"type": "command", "command": FORMER.format("post-tool-use"), "timeout": 5}
    own = {"hooks": {"PostToolUse": [{"matcher": "*", "hooks": [handler]}]}}
    world.write(world.settings, json.dumps(own))
    world.init()
    (group,) = read(world.settings)["hooks"]["PostToolUse"]
    assert "|| :; fi" in group["hooks"][0]["command"]
    world.uninstall()
    assert not world.settings.exists()
    world.write(world.settings, json.dumps(own))
    assert uninstall(world).stays == []
    assert not world.settings.exists()
    handler["timeout"] = 50
    world.write(world.settings, json.dumps(own))
    assert len(uninstall(world).stays) == 1


def test_a_broken_file_with_nothing_of_ours_says_nothing(world: World) -> None:
    world.write(world.servers, "{")
    world.write(world.settings, "[")
    assert uninstall(world).stays == []
