"""What the doctor says of a store: the first of many are named, and the rest are counted."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from ocm.doctor import store_checks
from ocm.store import journal
from ocm.store.paths import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("many", "end"), [(1, ": of-0."), (5, ", of-4."), (7, ", of-4 and 2 more.")])
def test_of_many_the_first_five_are_named_and_the_rest_is_counted(tmp_path: Path, many: int, end: str) -> None:
    store = Store(str(tmp_path / ".openCodeMemory"), str(tmp_path))
    os.makedirs(store.sessions)
    long_ago = time.time() - 3600
    for n in range(many):
        journal.append(store.path, f"of-{n}", [journal.event("call", tool="Edit", path="a")])
        os.utime(os.path.join(store.path, f"active_of-{n}.jsonl"), (long_ago, long_ago))
    (orphans,) = [one for one in store_checks.check(store) if one.check == "orphans"]
    assert orphans.message.startswith("Journals of conversations that have ended hold work")
    assert orphans.message.endswith(end)
