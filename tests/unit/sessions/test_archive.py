"""The archive: what is moved there, what stays, and what comes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError, OcmError
from ocm.sessions import archive, export_format, forget
from ocm.store.paths import Store
from tests.support.builders import Project
from tests.support.session_store import filled, ids, put_closed


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("part", ["", "/sessions"])
def test_nothing_is_moved_into_an_archive_that_leads_out(project: Project, tmp_path: Path, part: str) -> None:
    filled(project)
    (tmp_path / "own" / "sessions").mkdir(parents=True)
    place = Path(project.store.path) / archive.FOLDER
    if part:
        place.mkdir()
        (place / "sessions").symlink_to(tmp_path / "own" / "sessions")
    else:
        place.symlink_to(tmp_path / "own")
    assert not archive.exists(project.store)
    with pytest.raises(OcmError, match="leads out of the store"):
        archive.archive_session(project.store, "gone", project.files()[0].name)
    with pytest.raises(NotFoundError, match="Nothing is archived"):
        archive.restore(project.store, "gone")
    assert list((tmp_path / "own" / "sessions").iterdir()) == []
    assert ids(project.store) == ["gone", "stays"]


def test_a_session_at_work_or_unfinished_stays(project: Project) -> None:
    put_closed(project.store, "busy")
    put_closed(project.store, "open", status="open")
    project.edited("a.py", "busy")
    assert archive.old_sessions(project.store, 30) == []
    assert [one.session_id for one in archive.old_sessions(project.store, 30, unfinished=True)] == ["open"]


def test_a_session_that_goes_on_comes_back(project: Project) -> None:
    put_closed(project.store, "first")
    archive.archive_session(project.store, "first", "first.md")
    project.checkpoint("first", decisions=["go on"])
    assert ids(project.store) == ["first"]
    assert ids(archive.archive_of(project.store)) == []
    assert project.session().goal == "about first"


def test_a_store_without_its_sessions_has_nothing_to_archive_or_to_export(project: Project, tmp_path: Path) -> None:
    os.rmdir(project.store.sessions)
    assert archive.old_sessions(project.store, 0) == []
    assert export_format.collect(project.store) == ([], [])
    assert forget._notes(Store(str(tmp_path / "gone"), str(tmp_path))) == []
