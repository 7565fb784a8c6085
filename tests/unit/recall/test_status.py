"""Where a store stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.recall import listing, status
from ocm.sessions import archive, backups
from ocm.store import journal
from tests.support.builders import Project


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c-one", goal="Cut latency", slug="tei-migration", tool="claude-code", decisions=["d1", "d2"], tags=["t"]
    )
    project.checkpoint("0f6d-two", goal="Write docs", title="Docs", tool="cursor", work_pending=["p"])
    return project


def test_the_status_shows_count_threshold_and_gate(project: Project) -> None:
    project.changes(5)
    project.denied()
    (active,) = status.status(project.store)["active"]
    assert (active["session_id"], active["tool"], active["calls"], active["threshold"], active["gate_shut"], active["denials"]) == (
        "S", "claude-code", 5, 5, True, 1,
    )  # fmt: skip
    project.checkpoint(goal="g")
    (active,) = status.status(project.store)["active"]
    assert (active["calls"], active["gate_shut"]) == (0, False)


def test_the_status_of_an_empty_store_is_one_too(project: Project) -> None:
    found = status.status(project.store)
    assert (found["active"], found["sessions"], found["scope"]) == ([], 0, "project")
    assert found["store"] == project.store.path
    assert {name: size for name, size in found["sizes"].items() if size and name != "cache"} == {}
    os.rmdir(project.store.sessions)
    assert status.status(project.store)["sessions"] == 0


def test_the_status_counts_bytes_by_what_they_are_for(filled: Project) -> None:
    filled.calls(1)
    (Path(filled.store.path) / "hook.log").write_text("x" * 10, encoding="utf-8")
    listing.list_sessions(filled.store)
    found = status.status(filled.store)
    assert found["sessions"] == 2
    assert found["sizes"]["log"] == 10
    assert found["sizes"]["sessions"] == sum(path.stat().st_size for path in filled.files())
    assert found["sizes"]["cache"] > 0
    assert found["sizes"]["journals"] > 0
    assert found["bounds"].keys() == found["sizes"].keys()


def test_the_status_counts_what_was_put_away_and_copied(filled: Project) -> None:
    archive.archive_session(
        filled.store,
        "0f6d-two",
        next(path.name for path in filled.files() if "0f6d" in path.read_text(encoding="utf-8")),
    )
    backups.create(filled.store, "test")
    sizes = status.status(filled.store)["sizes"]
    assert sizes["archive"] > 0
    assert sizes["copies"] > 0


def test_a_journal_whose_times_make_no_sense_has_no_last_event(project: Project) -> None:
    journal.append(project.store.path, "S", [{"e": "call", "t": 1e300}])
    (active,) = status.status(project.store)["active"]
    assert (active["last_event"], active["tool"]) == (None, None)


def test_a_journal_that_is_gone_was_never_touched(tmp_path: Path) -> None:
    assert status._touched(str(tmp_path / "gone")) == 0.0


def test_the_status_of_sessions_that_may_not_be_read_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.listdir

    def forbidden(path: str) -> list[str]:
        if path == project.store.sessions:
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    monkeypatch.setattr(os, "listdir", forbidden)
    said: list[str] = []
    assert status._session_count(project.store, said.append) == 0
    assert said == [
        f"{project.store.sessions} cannot be read: Permission denied. Look at the permissions of that folder."
    ]
