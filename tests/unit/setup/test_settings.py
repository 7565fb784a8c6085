"""Changing settings: one key at a time, and everything else in the file stays."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import BadInputError, OcmError
from ocm.setup import settings
from ocm.store import config


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def tree(store: str) -> Any:
    return json.loads((Path(store) / "config.json").read_bytes())


def test_a_change_makes_the_store_and_is_read_back(store: str) -> None:
    settings.change(store, "gate.threshold", "7")
    assert tree(store) == {"gate": {"threshold": 7}}
    assert config.load(store)["gate.threshold"] == 7
    assert os.listdir(store) == ["config.json"]


def test_keys_it_does_not_know_stay(store: str) -> None:
    os.mkdir(store)
    before = {"mine": [1], "gate": {"mine": "ü", "threshold": 3}, "gate.mode": "off"}
    (Path(store) / "config.json").write_text(json.dumps(before), encoding="utf-8")
    settings.change(store, "gate.mode", "remind")
    assert tree(store) == {"mine": [1], "gate": {"mine": "ü", "threshold": 3, "mode": "remind"}}
    settings.change(store, "gate.threshold", None)
    settings.change(store, "gate.mode", None)
    assert tree(store) == {"mine": [1], "gate": {"mine": "ü"}}


def test_what_is_taken_out_has_its_default_again(store: str) -> None:
    settings.change(store, "gate.mode", "off")
    settings.change(store, "gate.mode", None)
    assert tree(store) == {}
    assert config.load(store) == config.DEFAULTS


@pytest.mark.parametrize(("name", "value", "words"), [
    ("gate.colour", "red", "gate.threshold"),
    ("gate.threshold", "0", "from 1 to 10000"),
    ("gate.mode", "maybe", "block or remind or off"),
    ("import.exclude", "\t", "separated by commas"),
])  # fmt: skip
def test_what_is_not_accepted_is_named_and_changes_nothing(store: str, name: str, value: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        settings.change(store, name, value)
    assert not os.path.exists(store)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"a":' * 50_000])
def test_a_file_that_is_no_object_is_named_and_left_alone(store: str, content: bytes) -> None:
    os.mkdir(store)
    (Path(store) / "config.json").write_bytes(content)
    with pytest.raises(OcmError, match=r"config\.json is not a JSON object"):
        settings.change(store, "gate.mode", "off")
    assert (Path(store) / "config.json").read_bytes() == content


def test_a_file_larger_than_is_ever_read_is_named_and_left_alone(store: str) -> None:
    os.mkdir(store)
    path = Path(store) / "config.json"
    path.touch()
    os.truncate(path, config.MAX_BYTES + 1)
    with pytest.raises(OcmError, match=r"config\.json cannot be read: it is larger than 256 kB"):
        settings.change(store, "gate.mode", "off")
    assert path.stat().st_size == config.MAX_BYTES + 1


def test_changes_at_the_same_time_are_all_kept(store: str) -> None:
    changes = [
        ("gate.threshold", "7"),
        ("gate.mode", "off"),
        ("gate.deny", "all"),
        ("gate.count", "changes"),
        ("brief.tokens", "9"),
    ]
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda change: settings.change(store, *change), changes):
            pass
    assert config.load(store).items() >= {name: config.check(name, value) for name, value in changes}.items()
