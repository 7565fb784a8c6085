"""The registry of projects: read and written under its lock, never silently replaced."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ocm.base.errors import OcmError
from ocm.setup import install
from ocm.store import registry
from tests.support.install_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path).entered() as entered:
        yield entered


@pytest.fixture
def file(world: World) -> Path:
    return world.home / ".openCodeMemory" / "registry.json"


def store_in(folder: Path) -> Path:
    """Make a store in a new project."""
    (folder / ".openCodeMemory" / "sessions").mkdir(parents=True)
    return folder / ".openCodeMemory"


def test_init_registers_a_project_once_and_uninstall_forgets_it(world: World, file: Path) -> None:
    world.init()
    world.init()
    (row,) = json.loads(file.read_text())
    assert {name: row[name] for name in ("project", "project_root", "store")} == {
        "project": "project",
        "project_root": str(world.project),
        "store": str(world.store),
    }
    assert row["registered_at"][-6] in "+-"
    world.uninstall()
    assert not file.exists()


def test_asking_creates_nothing(world: World) -> None:
    assert registry.stores() == []
    assert registry.rows() == []
    assert not registry.damaged()
    assert list(world.home.iterdir()) == []


def test_stores_that_are_gone_are_passed_over_and_shared_ones_come_once(world: World) -> None:
    first, second, third = (world.base / name for name in ("first", "second", "third"))
    for project in (first, second, third):
        registry.register(str(project), str(store_in(project)))
    registry.register(str(world.base / "tree"), str(first / ".openCodeMemory"))
    (second / ".openCodeMemory" / "sessions").rmdir()
    found = registry.stores()
    assert [(store.root, store.path) for store in found] == [
        (str(project), str(project / ".openCodeMemory")) for project in (first, third)
    ]


def test_other_projects_stay_registered_when_one_leaves(world: World, file: Path) -> None:
    registry.register(str(world.base / "other"), str(store_in(world.base / "other")))
    world.init()
    world.uninstall()
    assert [row["project"] for row in json.loads(file.read_text())] == ["other"]


def test_the_rows_of_the_reference_system_are_understood(world: World, file: Path) -> None:
    store = store_in(world.base / "old")
    row = {"project": "old", "project_root": str(store.parent), "db_path": str(store / "memory.db")}
    world.write(file, json.dumps([row, {"project_root": 5}, {}]))
    assert [found.path for found in registry.stores()] == [str(store)]
    assert not registry.is_registered(str(store.parent), str(store))
    registry.register(str(store.parent), str(store))
    assert registry.is_registered(str(store.parent), str(store))
    assert len(registry.rows()) == 3


@pytest.mark.parametrize("damage", [
    "{", "", "{}", "[1]", "[" * 100_000, '"x"', r'[{"project_root": "\ud800"}]', r'[{"store": "/a\u0000b"}]',
])  # fmt: skip
@pytest.mark.defect("D59")
def test_a_damaged_registry_is_moved_aside_and_said_never_silently_replaced(
    world: World, file: Path, damage: str
) -> None:
    world.write(file, damage)
    assert registry.stores() == []
    plan = world.plan()
    assert any(str(file) in warning and "moved aside" in warning for warning in plan.warnings)
    assert file.read_text() == damage
    plan.apply()
    assert file.with_name("registry.json.damaged").read_text() == damage
    assert len(registry.rows()) == 1
    world.write(file, "again")
    world.uninstall()
    assert file.read_text() == "again"
    world.init()
    assert file.with_name("registry.json.damaged-2").read_text() == "again"


def test_projects_that_register_at_once_are_all_kept(world: World) -> None:
    names = [str(world.base / f"p{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: registry.register(name, name), names))
    assert sorted(row["project_root"] for row in registry.rows()) == sorted(names)


def test_a_project_that_is_not_registered_can_be_forgotten(world: World, file: Path) -> None:
    file.parent.mkdir()
    registry.unregister(str(world.project))
    assert list(file.parent.iterdir()) == []


@pytest.mark.defect("D60")
def test_looking_at_a_project_leaves_nothing_in_the_home(world: World) -> None:
    world.plan().diff()
    install.plan_uninstall(cwd=str(world.project)).diff()
    assert list(world.home.iterdir()) == []


def test_a_user_store_that_may_not_be_written_to_stops_init_before_it_starts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_HOME", str(world.write(world.base / "file", "") / "store"))
    with pytest.raises(OcmError, match="file is not a folder"):
        world.plan()
    assert not world.store.exists()
