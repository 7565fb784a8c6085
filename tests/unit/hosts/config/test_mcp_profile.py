"""Setting up Claude Code so that the running server answers its hooks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ocm.base.errors import BadInputError
from ocm.hosts.config import claude_code, cursor, hook_files
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = Path(__file__).parents[4] / "hooks" / "claude-code" / "mcp.json"
THEIRS = (
    '{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"mcp_tool","server":"theirs","tool":"check"}]}]}}\n'
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as world:
        yield world


def hooks(world: World) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(world.settings.read_text(encoding="utf-8"))["hooks"]
    return found


def test_it_writes_what_is_shipped_once_and_is_known_again(world: World) -> None:
    world.init(claude="mcp")
    assert hooks(world) == json.loads(SHIPPED.read_text(encoding="utf-8"))["hooks"]
    assert claude_code.HOOKS.installed(world.settings.read_text(encoding="utf-8")) == hook_files.MCP
    before = world.seen()
    world.init()
    assert world.seen() == before, "without a profile the one that is there stays"


def test_it_takes_the_place_of_another_profile_and_another_takes_its_place(world: World) -> None:
    world.init(claude="full")
    world.init(claude="mcp")
    assert set(hooks(world)) == set(json.loads(SHIPPED.read_text(encoding="utf-8"))["hooks"])
    world.init(claude="minimal")
    assert "mcp_tool" not in world.settings.read_text(encoding="utf-8")


def test_hooks_of_others_that_call_a_server_stay_to_the_byte(world: World) -> None:
    world.write(world.settings, THEIRS)
    world.init(claude="mcp")
    assert hooks(world)["PreToolUse"][0]["hooks"][0]["server"] == "theirs"
    world.uninstall()
    assert world.settings.read_text(encoding="utf-8") == THEIRS


def test_where_reads_are_denied_too_every_call_still_has_one_hook() -> None:
    groups = claude_code.HOOKS.profile(hook_files.MCP, deny_all=True)["hooks"]["PreToolUse"]
    matchers = [re.compile(group["matcher"]) for group in groups]
    names = (
        "Read",
        "Edit",
        "mcp__github__create",
        "mcp__opencodememory__ocm__checkpoint",
        "mcp__plugin_ocm_opencodememory__ocm__why",
    )
    for name in names:
        assert sum(bool(matcher.fullmatch(name)) for matcher in matchers) == 1, name


@pytest.mark.parametrize("name", ["Edit", "Bash", "mcp__github__create", "mcp__opencodememory__ocm__checkpoint"])
def test_a_call_that_can_change_something_has_one_hook(name: str) -> None:
    groups = claude_code.HOOKS.profile(hook_files.MCP)["hooks"]["PreToolUse"]
    assert sum(bool(re.fullmatch(group["matcher"], name)) for group in groups) == 1


def test_no_other_host_has_it(world: World) -> None:
    assert hook_files.MCP not in cursor.HOOKS.profiles
    with pytest.raises(BadInputError, match="no hook profile 'mcp'"):
        world.plan_hosts("cursor", profiles={"cursor": "mcp"})
