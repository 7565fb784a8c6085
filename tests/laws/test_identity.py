"""The law of identity: a store is trusted if and only if this user made or accepted it, wherever it went meanwhile."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocm.setup import install
from ocm.store import registry, trust
from ocm.store.paths import SESSIONS, STORE, Store

EXAMPLES = 60  # a project is set up in milliseconds
PLACES = ("a", "b")
_place = st.sampled_from(PLACES)
_deed = st.sampled_from(
    ["init", "init", "clone", "clone", "meet", "meet", "trust", "delete", "uninstall", "purge", "move", "move", "copy"]
)
_deeds = st.lists(st.tuples(_deed, _place), min_size=5, max_size=12)


class Disk:
    """Two places where a project may lie, and in the model of each whether its store is the user's own."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.own: dict[str, bool] = {}
        self.set_up: set[str] = set()

    def store(self, place: str) -> Store:
        root = str(self.base / place)
        return Store(os.path.join(root, STORE), root)

    def do(self, deed: str, here: str) -> None:
        (there,) = (place for place in PLACES if place != here)
        is_there = here in self.own
        if deed == "init":
            self._init(here)
        elif deed == "clone" and not is_there:
            self._clone(here)
        elif is_there and deed in {"move", "copy"} and there not in self.own:
            (shutil.move if deed == "move" else shutil.copytree)(str(self.base / here), str(self.base / there))
            self.own[there] = self.own[here]
            self.set_up |= {there} if here in self.set_up else set()
            if deed == "move":
                self._gone(here)
        elif is_there and deed == "delete":
            shutil.rmtree(self.base / here)
            self._gone(here)
        elif is_there and deed == "meet":
            trust.settle(self.store(here))
        elif is_there and deed == "trust":
            trust.accept(self.store(here))
            self.own[here] = True
        elif is_there and deed in {"uninstall", "purge"} and self.own[here]:
            self._uninstall(here, purge=deed == "purge")

    def _init(self, place: str) -> None:
        (self.base / place).mkdir(exist_ok=True)
        root = str(self.base / place)
        install.plan_init(root, cwd=root, hosts=["claude-code"]).apply()
        self.own.setdefault(place, True)
        self.set_up.add(place)

    def _clone(self, place: str) -> None:
        sessions = Path(self.store(place).sessions)
        sessions.mkdir(parents=True)
        (sessions / "evil.md").write_text("---\nsession_id: evil\n---\n", encoding="utf-8")
        self.own[place] = False

    def _uninstall(self, place: str, *, purge: bool) -> None:
        root = str(self.base / place)
        install.plan_uninstall(root, cwd=root, purge=purge).apply()
        if purge:
            shutil.rmtree(root)
            self._gone(place)

    def _gone(self, place: str) -> None:
        del self.own[place]
        self.set_up.discard(place)

    def holds(self) -> bool:
        return all(trust.is_trusted(self.store(place)) is own for place, own in self.own.items())


@contextmanager
def disk() -> Iterator[Disk]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", folder)
        patch.setenv("OCM_HOME", os.path.join(folder, "home", STORE))
        base = Path(os.path.realpath(folder), "projects")
        base.mkdir()
        yield Disk(base)


@settings(max_examples=EXAMPLES)
@example([("init", "a"), ("move", "a"), ("clone", "a"), ("meet", "b")])
@example([("init", "a"), ("move", "a"), ("init", "a"), ("meet", "b")])
@given(_deeds)
def test_a_store_is_trusted_if_and_only_if_it_is_the_users_own(deeds: list[tuple[str, str]]) -> None:
    with disk() as found:
        for number, deed in enumerate(deeds):
            found.do(*deed)
            assert found.holds(), deeds[: number + 1]


@settings(max_examples=EXAMPLES)
@example([("init", "a"), ("move", "a"), ("clone", "a"), ("meet", "b")])
@example([("init", "a"), ("move", "a"), ("init", "a"), ("meet", "b")])
@given(_deeds)
def test_once_each_project_is_met_the_registry_names_only_where_they_are(deeds: list[tuple[str, str]]) -> None:
    with disk() as found:
        for deed in deeds:
            if deed[0] != "uninstall":
                found.do(*deed)
        for place in found.own:
            trust.settle(found.store(place))
        own = {found.store(place).root for place, is_own in found.own.items() if is_own}
        gone = {str(found.base / place) for place in PLACES if not (found.base / place / STORE / SESSIONS).is_dir()}
        named = {one.root for one in registry.stores() if trust.is_trusted(one)}
        assert named <= own
        assert named >= own & {found.store(place).root for place in found.set_up}
        assert not named & gone
