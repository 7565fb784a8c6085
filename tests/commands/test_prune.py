"""`ocm prune`: nothing moves unless asked, and what moved is found and comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError
from ocm.sessions import archive
from tests.support.builders import Project, run_ocm
from tests.support.session_store import everything, ids, put_closed


def test_old_sessions_go_to_the_archive_only_when_told_to(project: Project) -> None:
    put_closed(project.store, "first")
    put_closed(project.store, "second", 2)
    put_closed(project.store, "open", status="open")
    project.checkpoint("new", goal="about today")
    before = everything(project.store.sessions)
    told = run_ocm(project.root, "prune", "--older-than", "30")
    assert "2 sessions" in told.stdout
    assert everything(project.store.sessions) == before
    done = json.loads(run_ocm(project.root, "prune", "--older-than", "30", "--apply", "--json").stdout)
    assert [row["session_id"] for row in done["moved"]] == ["first", "second"]
    assert ids(project.store) == ["new", "open"]
    assert ids(archive.archive_of(project.store)) == ["first", "second"]
    assert {**everything(project.store.sessions), **everything(archive.archive_of(project.store).sessions)} == before


def test_a_search_leaves_the_archive_out_or_includes_it(project: Project) -> None:
    put_closed(project.store, "first")
    project.checkpoint("new", goal="about today")
    archive.archive_session(project.store, "first", "first.md")
    plain = json.loads(run_ocm(project.root, "search", "--json", "about").stdout)
    both = json.loads(run_ocm(project.root, "search", "--json", "--archived", "about").stdout)
    assert [row["session_id"] for row in plain] == ["new"]
    assert sorted(row["session_id"] for row in both) == ["first", "new"]


def test_one_session_can_be_restored(project: Project) -> None:
    put_closed(project.store, "first")
    archive.archive_session(project.store, "first", "first.md")
    put_closed(project.store, "first-b")
    Path(project.store.sessions, "first-b.md").rename(Path(project.store.sessions, "first.md"))
    assert run_ocm(project.root, "prune", "--restore", "first").stdout == "Restored: first-2.md\n"
    assert ids(project.store) == ["first", "first-b"]
    with pytest.raises(NotFoundError, match="archive"):
        archive.restore(project.store, "first")
