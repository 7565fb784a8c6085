"""Instructions that lead elsewhere: a link is known for what it is, and rules are written once into what is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ocm.doctor import host_checks
from ocm.edit.plain_text import BEGIN
from ocm.hosts.config import rules_files
from ocm.setup import install
from ocm.setup.scope import Scope
from ocm.store.paths import Store
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"claude-code": "CLAUDE.md", "gemini-cli": "GEMINI.md"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as entered:
        yield entered


def blocks(world: World) -> dict[str, int]:
    """Return how many blocks of rules each file of instructions holds itself."""
    found = {}
    for name in ("AGENTS.md", *FILES.values(), "docs/rules.md"):
        path = world.project / name
        if path.exists() and not path.is_symlink():
            found[name] = path.read_text().count(f"{BEGIN}\n")
    return {name: number for name, number in found.items() if number}


def findings(world: World, *names: str) -> list[str]:
    scope, store = Scope(str(world.project), str(world.store)), Store(str(world.store), str(world.project))
    found = [one for one in host_checks.check(scope, store) if one.host.name in names]
    return [finding.message for one in found for finding in one.findings if finding.check == "set-up"]


@pytest.mark.parametrize("host", FILES)
@pytest.mark.parametrize("others", [(), ("opencode",)])
@pytest.mark.parametrize("way", ["link", "text", "import", "import ./"])
def test_a_file_that_leads_to_agents_md_has_the_rules_there_and_once(
    world: World, host: str, others: tuple[str, ...], way: str
) -> None:
    path = world.project / FILES[host]
    world.write(world.project / "AGENTS.md", "# Ours\n")
    if way == "link":
        path.symlink_to("AGENTS.md")
    else:
        text = {"text": "AGENTS.md", "import": "# Mine\n\n@AGENTS.md\n", "import ./": "See @./AGENTS.md, please.\n"}[
            way
        ]
        world.write(path, text)
    before, own = world.seen(), os.path.lexists(path) and (path.read_bytes(), path.is_symlink())
    world.init_hosts(host, *others)
    assert blocks(world) == {"AGENTS.md": 1}
    if way != "link":
        assert (path.read_bytes(), path.is_symlink()) == own
    assert world.plan_hosts(host, *others).steps == []
    assert world.plan_hosts(host).steps == []
    assert findings(world, host, *others) == []
    world.uninstall()
    assert world.seen() == before


def test_a_link_to_another_file_has_the_rules_in_that(world: World) -> None:
    (world.project / "docs").mkdir()
    world.write(world.project / "docs" / "rules.md", "# Ours\n")
    world.write(world.rules, "docs/rules.md")
    before = world.seen()
    world.init_hosts("claude-code", "opencode")
    assert blocks(world) == {"AGENTS.md": 1, "docs/rules.md": 1}
    world.uninstall()
    assert world.seen() == before


def test_agents_md_that_is_a_text_for_a_link_has_the_rules_where_it_leads(world: World) -> None:
    world.write(world.rules, "# Ours\n")
    world.write(world.project / "AGENTS.md", "CLAUDE.md")
    before = world.seen()
    world.init_hosts("claude-code", "opencode")
    assert blocks(world) == {"CLAUDE.md": 1}
    world.uninstall()
    assert world.seen() == before


def test_a_block_that_an_older_ocm_wrote_beside_an_import_goes(world: World) -> None:
    world.init_hosts("claude-code", "opencode")
    world.write(world.rules, "@AGENTS.md\n\n" + world.rules.read_text())
    assert blocks(world) == {"AGENTS.md": 1, "CLAUDE.md": 1}
    world.init_hosts("claude-code", "opencode")
    assert blocks(world) == {"AGENTS.md": 1}
    world.uninstall()
    assert world.rules.read_text().strip() == "@AGENTS.md"


def test_a_link_written_out_as_text_is_named(world: World) -> None:
    world.write(world.project / "AGENTS.md", "# Ours\n")
    world.write(world.rules, "AGENTS.md")
    assert any("core.symlinks" in warning for warning in world.plan().warnings)


@pytest.mark.parametrize(
    "text",
    [
        "AGENTS.md\n",
        "AGENTS.md is here",
        "",
        "gone.md",
        "/etc/hostname",
        "x" * 300,
        "CLAUDE.md",
        "docs",
        "a\0b",
        "é\n@b",
    ],
)
def test_what_is_no_link_is_a_file_like_any_other(world: World, text: str) -> None:
    world.write(world.project / "AGENTS.md", "# Ours\n")
    (world.project / "docs").mkdir()
    world.write(world.rules, text)
    assert rules_files.followed(str(world.rules)) == str(world.rules)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AGENTS.md",
        "`@AGENTS.md`",
        "```\n@AGENTS.md\n```\n",
        "me@AGENTS.md",
        "@AGENTS.mdx",
        "@docs/AGENTS.md",
        "@@AGENTS.md",
    ],
)
def test_what_only_looks_like_an_import_is_none(world: World, text: str) -> None:
    world.write(world.rules, text)
    assert not rules_files.imports(str(world.rules), "AGENTS.md")
    assert not rules_files.imports(str(world.project / "gone"), "AGENTS.md")


def test_a_project_of_one_user_alone_is_not_concerned(world: World) -> None:
    world.write(world.rules, "@AGENTS.md\n")
    install.plan_init(cwd=str(world.project), hosts=["claude-code"], local=True).apply()
    assert (world.project / "CLAUDE.local.md").exists()
    assert world.rules.read_text() == "@AGENTS.md\n"
