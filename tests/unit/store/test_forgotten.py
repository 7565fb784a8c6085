"""Tombstones."""

from __future__ import annotations

from pathlib import Path

from ocm.store import forgotten
from tests.support.builders import Project


def test_a_tombstone_is_a_hash_and_is_there_once(project: Project) -> None:
    assert forgotten.read(project.store) == set()
    for name in ("one", "two", "one"):
        forgotten.add(project.store, name)
    data = Path(project.store.path, forgotten.NAME).read_text(encoding="ascii")
    assert (
        set(data.split()) == {forgotten.tombstone("one"), forgotten.tombstone("two")} == forgotten.read(project.store)
    )
    assert data.count("\n") == 2
    assert "one" not in data
