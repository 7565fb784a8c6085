"""The doctor names the day on which a host deletes what was not imported."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ocm.doctor import history_checks
from ocm.index import sync
from tests.support.builders import Project
from tests.support.transcripts import small_change


def no_place_for_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill the disk and the memory."""

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sync, "synced", lambda *_, **__: None)
    monkeypatch.setattr(sync, "in_memory", full)


def test_what_is_deleted_soon_is_named_with_its_day(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    assert history_checks.check(project.store) == []
    path = small_change(str(project.root)).put(tmp_path / "claude" / "projects" / "x")
    assert history_checks.check(project.store) == []
    os.utime(path, (1_772_545_930, 1_772_545_930))
    (finding,) = history_checks.check(project.store)
    assert (finding.host, "2026-04-02" in finding.message) == ("claude-code", True)


def test_where_nobody_can_say_what_was_imported_there_is_no_finding(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    path = small_change(str(project.root)).put(tmp_path / "claude" / "projects" / "x")
    os.utime(path, (1_772_545_930, 1_772_545_930))
    assert len(history_checks.check(project.store)) == 1
    no_place_for_a_cache(monkeypatch)
    assert history_checks.check(project.store) == []
