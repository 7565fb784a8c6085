"""A few assistants at once for a few seconds; `python -m tests.load` has eight of them for two minutes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests import load


@pytest.mark.timeout(120)
def test_nothing_is_lost_when_several_assistants_work_at_once(tmp_path: Path) -> None:
    store, assistants = load.prepared(tmp_path, 3)
    times, wrong = load.crowd(store, assistants, 4)
    assert wrong == []
    assert len(times) >= 3
    assert sum(len(one.edited) for one in assistants) > 5


def test_what_is_missing_counts_as_lost(tmp_path: Path) -> None:
    store, (one,) = load.prepared(tmp_path, 1)
    one.stored.append("never stored")
    assert one.lost(store) == ["W0 has 0 files"]
    one._run(["ocm", "checkpoint", "--session-id", "W0", "--goal", "g"], "", defaultdict(list))
    assert one.lost(store) == ["never stored"]
