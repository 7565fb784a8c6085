"""Settings: defaults < user < project < environment, and what is not valid is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ocm.store import config


def write(folder: Path, content: object) -> str:
    folder.mkdir(exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / "config.json").write_bytes(data)
    return str(folder)


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    assert config.load(str(tmp_path), str(tmp_path / "missing")) == config.DEFAULTS
    assert config.DEFAULTS["gate.threshold"] == 5


def test_the_project_wins_over_the_user_and_the_environment_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = write(tmp_path / "user", {"gate": {"threshold": 7, "mode": "off"}, "brief.tokens": 100})
    project = write(tmp_path / "project", {"gate.threshold": 9})
    found = config.load(user, project)
    assert (found["gate.threshold"], found["gate.mode"], found["brief.tokens"]) == (9, "off", 100)
    monkeypatch.setenv("OCM_GATE_THRESHOLD", "11")
    assert config.load(user, project)["gate.threshold"] == 11


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("gate.threshold", 1, 1),
    ("gate.threshold", "10000", 10_000),
    ("gate.threshold", "007", 7),
    ("gate.threshold", 0, None),
    ("gate.threshold", 10_001, None),
    ("gate.threshold", -1, None),
    ("gate.threshold", 5.0, None),
    ("gate.threshold", True, None),
    ("gate.threshold", None, None),
    ("gate.threshold", "", None),
    ("gate.threshold", "five", None),
    ("gate.threshold", "٥", None),  # noqa: RUF001 - a digit that is not ASCII
    ("gate.threshold", "9" * 5000, None),
    ("gate.threshold", [5], None),
    ("brief.tokens", 0, 0),
    ("gate.mode", "remind", "remind"),
    ("gate.mode", "Block", None),
    ("gate.mode", ["block"], None),
    ("gate.deny", "all", "all"),
    ("gate.count", "changes", "changes"),
    ("gate.other", "all", None),
    ("import.exclude", "aider, ~/private/*", "aider, ~/private/*"),
    ("import.exclude", "", ""),
    ("import.exclude", "a\nb", None),
    ("import.exclude", "x" * 4001, None),
    ("import.exclude", 5, None),
])  # fmt: skip
def test_a_value_is_accepted_in_its_type_or_not_at_all(name: str, value: object, expected: int | str | None) -> None:
    assert config.check(name, value) == expected


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b"\xff", b'{"gate": 7}', b'{"gate": {"threshold": "x"}}', b'{"gate.threshold": 1' + b"0" * 5000 + b"}",
    b'{"a":' * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, {"gate.threshold": 0}, {"unknown": {"deep": [1]}},
])  # fmt: skip
def test_a_file_that_makes_no_sense_changes_nothing(tmp_path: Path, content: object) -> None:
    assert config.load(write(tmp_path / "store", content)) == config.DEFAULTS


def test_a_folder_in_the_files_place_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert config.load(str(tmp_path)) == config.DEFAULTS


def test_an_environment_that_makes_no_sense_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_THRESHOLD", "many")
    monkeypatch.setenv("OCM_GATE_MODE", "")
    assert config.load() == config.DEFAULTS


@pytest.mark.parametrize("name", config.DEFAULTS)
def test_every_setting_says_what_it_accepts_and_its_default_is_accepted(name: str) -> None:
    assert config.check(name, config.DEFAULTS[name]) == config.DEFAULTS[name]
    assert config.accepted(name)
    assert config.variable(name) == "OCM_" + name.replace(".", "_").upper()
