"""Backups: made in the store or not at all, and only the latest are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.sessions import backups, forget
from tests.support.builders import Project
from tests.support.session_store import filled


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_backups_are_made_in_the_store_or_not_at_all(project: Project, tmp_path: Path) -> None:
    filled(project)
    folder = Path(project.store.path) / backups.FOLDER
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    (tmp_path / "own").mkdir()
    for number in range(5):
        (tmp_path / "own" / f"{number}.json").write_text("{}", encoding="utf-8")
    folder.symlink_to(tmp_path / "own")
    assert backups.list_paths(project.store) == []
    with pytest.raises(OcmError, match="leads out of the store"):
        backups.create(project.store, "test")
    forget.forget(project.store, "gone")
    assert len(list((tmp_path / "own").iterdir())) == 5
    assert (tmp_path / "own").stat().st_mode & 0o777 != 0o700


def test_only_the_latest_backups_are_kept(project: Project) -> None:
    project.checkpoint("one", goal="g")
    made = [backups.create(project.store, "test") for _ in range(5)]
    assert backups.list_paths(project.store) == made[-backups.KEPT :]
