"""A few assistants at once for a few seconds; `python -m tests.load` has eight of them for two minutes."""

from __future__ import annotations

import sys
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
    assert sum(len(one.edited) for one in assistants) >= 3


def test_what_is_missing_counts_as_lost(tmp_path: Path) -> None:
    store, (one,) = load.prepared(tmp_path, 1)
    one.stored.append("never stored")
    assert one.lost(store) == ["W0 has 0 files"]
    one.checkpoint("stored", defaultdict(list))
    assert one.lost(store) == ["never stored", "the count of 0 calls"]
    one.stored.remove("never stored")
    one.edited.append("never.py")
    assert one.lost(store) == ["never.py", "the count of 1 calls"]


def test_what_is_left_behind_is_named(tmp_path: Path) -> None:
    store, _ = load.prepared(tmp_path, 1)
    assert load._left(store) == []
    for name in ("hook.log", "session_S.lock", "sessions/.ocm-tmp-x", "taken_S.1-1.jsonl"):
        (Path(store.path) / name).touch()
    assert len(load._left(store)) == 4


def test_a_command_that_fails_is_one_that_was_locked_out(tmp_path: Path) -> None:
    _, (one,) = load.prepared(tmp_path, 1)
    assert one._run(["ocm", "show", "nobody"], "", defaultdict(list)) is None
    assert len(one.wrong) == 1


EVEN, LATE = [0.1] * 200, [0.1] * 190 + [0.31] * 10


@pytest.mark.parametrize(("times", "wrong", "options", "expected"), [
    ({"ocm-hook stop": EVEN}, [], [], 0),
    ({"ocm-hook stop": LATE}, [], [], 1),
    ({"ocm-hook stop": LATE}, [], ["--lenient"], 0),
    ({"ocm search": LATE}, [], [], 0),
    ({"ocm-hook session-start": [0.1, 0.9]}, [], [], 0),
    ({"ocm-hook stop": EVEN}, ["lost: a word"], ["--lenient"], 1),
])  # fmt: skip
def test_a_figure_that_is_missed_is_told_by_the_exit_code(
    times: load.Times, wrong: list[str], options: list[str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["load", "--assistants", "1", *options])
    monkeypatch.setattr(load, "crowd", lambda *_: (times, wrong))
    monkeypatch.setenv("OCM_HOME", "x")  # so that what it sets is taken back
    assert load.main() == expected
