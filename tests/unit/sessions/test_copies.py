"""Sessions in several files, and files with conflict markers: named, and merged on request without losing a line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocm.doctor import store_checks
from ocm.doctor.findings import Finding
from ocm.markdown import parse
from ocm.recall import listing
from ocm.sessions import archive, backups, copies, export_import, forget
from tests.support.builders import Project
from tests.support.session_store import make_store, put, session
from tests.unit.sessions.test_session_files import conflicted

_OLD, _NEW = "2026-03-01T13:00:00+00:00", "2026-03-02T13:00:00+00:00"


def both(project: Project, session_id: str = "A") -> None:
    """Put a session with a copy of an earlier state, in which a person wrote something, too."""
    old = session(session_id, goal="pay", decisions=["**X:** old"], updated_at=_OLD)
    path = Path(put(project.store, f"{session_id} (conflicted copy).md", old))
    path.write_text(path.read_text(encoding="utf-8") + "\n## Mine\n\nremember the milk\n", encoding="utf-8")
    new = session(session_id, goal="pay", decisions=["**Y:** new"], updated_at=_NEW)
    put(project.store, f"{session_id}.md", new)


def finding(project: Project, check: str) -> Finding | None:
    return next((one for one in store_checks.check(project.store) if one.check == check), None)


def test_the_doctor_names_the_files_of_a_session_and_merges_them_into_the_one_that_counts(project: Project) -> None:
    assert finding(project, "session-copies") is None
    for session_id in "ABCDEFG":
        both(project, session_id)
    found = finding(project, "session-copies")
    assert found
    assert found.fix
    assert "A (conflicted copy).md beside A.md" in found.message
    assert "and 2 more" in found.message
    found.fix()
    assert finding(project, "session-copies") is None
    assert sorted(os.listdir(project.store.sessions)) == [f"{one}.md" for one in "ABCDEFG"]
    text = (Path(project.store.sessions) / "A.md").read_text(encoding="utf-8")
    assert parse.parse(text).decisions == ["**Y:** new", "**X:** old"]
    assert "## Mine\n\nremember the milk" in text
    assert [row["session_id"] for row in listing.list_sessions(project.store)] == list("ABCDEFG")


def test_before_anything_is_merged_there_is_a_safety_copy_that_brings_all_of_it_back(
    project: Project, tmp_path: Path
) -> None:
    both(project)
    before = {path.name: path.read_text(encoding="utf-8") for path in project.files()}
    assert copies.merge_all(project.store) == ["A.md"]
    (copy,) = backups.list_paths(project.store)
    other = make_store(tmp_path / "other")
    export_import.import_sessions(other, copy)
    assert {path.name: path.read_text(encoding="utf-8") for path in Path(other.sessions).iterdir()} == before


def test_what_cannot_be_read_is_merged_with_nothing(project: Project) -> None:
    both(project)
    broken = Path(put(project.store, "A broken.md", "---\nocm: 1\nsession_id: A\ntags: [\n---\n"))
    notes = Path(put(project.store, "A notes.txt", "mine"))
    before = broken.read_bytes()
    copies.merge_all(project.store)
    assert (broken.read_bytes(), notes.read_bytes()) == (before, b"mine")


def test_archived_copies_are_merged_where_they_are(project: Project) -> None:
    both(project)
    for name in ("A.md", "A (conflicted copy).md"):
        archive.archive_session(project.store, "A", name)
    assert copies.merge_all(project.store) == ["A.md"]
    assert os.listdir(archive.archive_of(project.store).sessions) == ["A.md"]


def test_the_doctor_names_conflict_markers_and_merges_both_sides(project: Project) -> None:
    path = conflicted(project)
    found = finding(project, "session-conflicts")
    assert found
    assert found.fix
    assert path.name in found.message
    found.fix()
    assert finding(project, "session-conflicts") is None
    text = path.read_text(encoding="utf-8")
    assert "<<<<<<<" not in text
    assert sorted(parse.parse(text).decisions) == ["**First:** a", "**Ours:** b", "**Theirs:** c"]


def test_a_store_without_a_folder_of_sessions_has_no_copies(project: Project) -> None:
    os.rmdir(project.store.sessions)
    assert (copies.several(project.store), copies.conflicted(project.store)) == ([], [])


def test_one_file_of_several_is_removed_alone(project: Project) -> None:
    both(project)
    forget.forget_file(project.store, project.store, "A (conflicted copy).md")
    assert [path.name for path in project.files()] == ["A.md"]
    assert [row["session_id"] for row in listing.list_sessions(project.store)] == ["A"]


@pytest.mark.parametrize("identifier", ["A.md", "A"])
def test_a_session_in_two_files_goes_with_both(project: Project, identifier: str) -> None:
    both(project)
    assert sorted(forget.forget(project.store, identifier.removesuffix(".md")).files) == [
        "A (conflicted copy).md",
        "A.md",
    ]
