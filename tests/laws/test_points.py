"""Every point of the operations that rewrite a store; one that skips a sync is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ocm.store import files
from tests.laws.crash import points
from tests.laws.crash.faults import Layer

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("checkpoint", "rebuild", "forget", "import", "transcripts", "note", "merge", "redact-scan")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("power", [False, True], ids=["deaths", "power cuts"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_at_any_of_some_points(name: str, *, power: bool) -> None:
    outcome = points.try_all(name, power=power, step=13)
    assert outcome.points > 50
    assert outcome.wrong == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("power", [False, True], ids=["deaths", "power cuts"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_at_any_point(name: str, *, power: bool) -> None:
    outcome = points.try_all(name, power=power)
    print(f"{name}: {outcome.tried} of {outcome.points} points")
    assert outcome.wrong == []


def skipping(what: str) -> Callable[[Layer, int], None]:
    """Return an `fsync` that does nothing for one kind of file."""
    real = Layer.fsync

    def fsync(layer: Layer, descriptor: int) -> None:
        if layer.target(descriptor) != what:
            real(layer, descriptor)

    return fsync


@pytest.mark.parametrize(
    ("name", "what"), [("checkpoint", "a temporary"), ("checkpoint", "the folder"), ("import", "the folder")]
)
def test_a_program_that_skips_one_kind_of_fsync_is_caught(
    name: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Layer, "fsync", skipping(what))
    outcome = points.try_all(name, power=True, step=1000)
    assert outcome.wrong != []


def test_a_program_that_syncs_no_folder_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: Any) -> None:
        """Leave the names of files to chance."""

    monkeypatch.setattr(files, "sync_folder", nothing)
    assert points.try_all("forget", power=True, step=1000).wrong != []
