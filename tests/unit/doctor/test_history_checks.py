"""The doctor names the day on which a host deletes what was not imported."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ocm.doctor import history_checks
from tests.support.builders import Project
from tests.support.transcripts import small_change


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
    shutil.rmtree(project.store.sessions)
    Path(project.store.sessions).write_text("no folder", encoding="utf-8")
    assert len(history_checks.check(project.store)) <= 1
