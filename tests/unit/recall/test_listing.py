"""The list of sessions."""

from __future__ import annotations

import json

import pytest

from ocm.recall import listing
from tests.support.builders import Project

KEYS = {"session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"}


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c-one", goal="Cut latency", slug="tei-migration", tool="claude-code", decisions=["d1", "d2"], tags=["t"]
    )
    project.checkpoint("0f6d-two", goal="Write docs", title="Docs", tool="cursor", work_pending=["p"])
    return project


def test_a_list_has_the_keys_of_the_contract_and_the_newest_first(filled: Project) -> None:
    rows = listing.list_sessions(filled.store)
    assert all(set(row) >= KEYS for row in rows)
    assert sorted(row["session_id"] for row in rows) == ["0f6c-one", "0f6d-two"]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert len(listing.list_sessions(filled.store, 1)) == 1
    for everything in (-1, -(10**30), 10**30):
        assert len(listing.list_sessions(filled.store, everything)) == 2
    assert [row["session_id"] for row in listing.list_sessions(filled.store, 10, "cursor")] == ["0f6d-two"]
    json.dumps(rows)


def test_an_empty_store_has_an_empty_list(project: Project) -> None:
    assert listing.list_sessions(project.store) == []
