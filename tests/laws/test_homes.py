"""Two hundred homes and repositories: set up, used and given back, they are as they were, to the last byte and mode."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ocm.hook import main
from ocm.hosts.adapters import ADAPTERS
from ocm.hosts.config.host_config import PROJECT, USER
from ocm.sessions import checkpoints
from ocm.setup import install
from ocm.store import paths
from tests.support.install_world import World

from .homes import ODD, Home

if TYPE_CHECKING:
    from pathlib import Path

    from ocm.setup.plan import Plan

HOMES = 200
BATCH = 10
ENOUGH = 20


def in_each(numbers: range, folder: Path) -> Counter[str]:
    """Set up, use and give back each of some homes; return in how many of them there was what."""
    seen: Counter[str] = Counter()
    for number in numbers:
        base = folder / str(number)
        base.mkdir()
        with World(base).entered() as world:
            seen.update(given_back(world, Home(number)))
    return seen


def given_back(world: World, home: Home) -> set[str]:
    home.build(world)
    before = world.seen()
    for profiles in home.profiles:
        for level in home.levels:
            set_up(world, home, level, profiles)
    for level in home.levels:
        assert plan(world, home, level, {}).steps == []
    use(world, home)
    for level in home.levels:
        cwd, everywhere = str(world.project), level == USER
        install.plan_uninstall(cwd=cwd, everywhere=everywhere, purge=True).apply()
    changed = {path for path in before.keys() | world.seen().keys() if before.get(path) != world.seen().get(path)}
    assert changed == set(), (home.hosts, home.levels)
    return home.oddities


def plan(world: World, home: Home, level: str, profiles: dict[str, str]) -> Plan:
    if level == PROJECT:
        return world.plan_hosts(*home.hosts, profiles=profiles)
    return install.plan_install(hosts=home.hosts, profiles=profiles)


def set_up(world: World, home: Home, level: str, profiles: dict[str, str]) -> None:
    plan(world, home, level, profiles).apply()


def use(world: World, home: Home) -> None:
    """Work with what was set up: a few events of each host, and a checkpoint."""
    store = paths.find_store(str(world.project))
    assert store
    for name in home.hosts:
        payload = {"session_id": f"of-{name}", "sessionId": f"of-{name}", "cwd": str(world.project), "prompt": "Go on"}
        for event in ("session-start", "user-prompt") if name in ADAPTERS else ():
            main.run([event, "--tool", name], json.dumps(payload).encode(), [])
    checkpoints.checkpoint(store, {"session_id": "s", "goal": "Leave no trace"}, tool=home.hosts[0])
    assert list((world.store if PROJECT in home.levels else world.home / paths.STORE).glob("sessions/*.md"))


@pytest.mark.parametrize("first", range(0, HOMES, BATCH))
def test_homes_and_repositories_come_back_as_they_were(first: int, tmp_path: Path) -> None:
    in_each(range(first, first + BATCH), tmp_path)


def test_every_oddity_is_in_enough_of_them(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for number in range(HOMES):
        home = Home(number)
        base = tmp_path / str(number)
        base.mkdir()
        with World(base).entered() as world:
            home.build(world)
        seen.update(home.oddities)
    assert {oddity: seen[oddity] for oddity in ODD if seen[oddity] < ENOUGH} == {}
