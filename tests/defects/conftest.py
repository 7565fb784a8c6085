"""The system under test, in a world of its own for every test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .environment import our_commands, reference_commands
from .ours import Ours
from .reference import Reference
from .world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .driver import System

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the system."""
    parser.addoption("--system", choices=("ours", "reference"), default="ours", help="whom tests/defects look at")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder with its defect, and leave them all out where there is no POSIX shell."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.defect(item.name.split("_")[1].upper()))
            if os.name == "nt":
                item.add_marker(pytest.mark.skip(reason="the defect suite drives /bin/sh and file permissions"))


@pytest.fixture
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    """Give the system under test in a world where it has not been set up yet."""
    name = request.config.getoption("--system", default="ours")
    bin_dir = our_commands() if name == "ours" else reference_commands("bounded")
    world = make_world(tmp_path, bin_dir)
    system = Ours(world, bin_dir) if name == "ours" else Reference(world, bin_dir, reference_commands("plain"))
    yield system
    system.stop_server()


@pytest.fixture
def system(bare: System) -> System:
    """Give the system under test, set up in a clean project."""
    bare.init().must_work()
    bare.world.commit("set up")
    return bare


@pytest.fixture
def world(bare: System) -> World:
    """Give the world of the system under test."""
    return bare.world
