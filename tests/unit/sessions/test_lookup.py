"""Looking a session up: by id, prefix, slug, file name or `latest`, in the store and in its archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError, UnreadableSessionError
from ocm.recall import listing
from ocm.sessions import archive, lookup
from tests.support.builders import Project
from tests.support.session_store import make_store, put, put_closed, session


@pytest.fixture
def known(project: Project) -> Project:
    """Return a project with three sessions, two of which share the beginning of their ids."""
    put(project.store, "one.md", session("abc-1", 1, slug="first-steps", updated_at="2026-03-01T12:00:00+00:00"))
    put(project.store, "two.md", session("abc-2", 2, slug="second", updated_at="2026-03-02T12:00:00+00:00"))
    put(project.store, "three.md", session("xyz", 3, updated_at="2026-03-03T12:00:00+00:00"))
    return project


@pytest.mark.parametrize(
    ("identifier", "file"),
    [("abc-1", "one.md"), ("x", "three.md"), ("second", "two.md"), ("one.md", "one.md"), ("latest", "three.md")],
)
def test_a_session_is_found_by_any_of_its_names(known: Project, identifier: str, file: str) -> None:
    assert lookup.find(known.store, identifier) == file


def test_a_prefix_of_several_names_them(known: Project) -> None:
    with pytest.raises(NotFoundError, match="may mean 2 sessions: .*abc-1") as error:
        lookup.find(known.store, "abc")
    assert "Give more of the id" in error.value.next_step


def test_a_name_that_is_nearly_one_is_asked_about(known: Project) -> None:
    with pytest.raises(NotFoundError, match="no session 'first-step5'") as error:
        lookup.find(known.store, "first-step5")
    assert "first-steps" in error.value.next_step


@pytest.mark.parametrize("identifier", ["broken.md", "BROKEN"])
def test_a_file_that_no_list_has_says_why_it_cannot_be_read(project: Project, identifier: str) -> None:
    put(project.store, "broken.md", "---\nocm: 1\nsession_id: BROKEN\ntags: [\n---\n")
    with pytest.raises(UnreadableSessionError, match=r"broken\.md"):
        lookup.find(project.store, identifier)


def test_the_archive_is_searched_when_the_store_has_none(project: Project) -> None:
    put_closed(project.store, "first")
    with pytest.raises(NotFoundError):
        lookup.find_anywhere(project.store, "nobody")
    archive.archive_session(project.store, "first", "first.md")
    place, name = lookup.find_anywhere(project.store, "first")
    assert (place.path, name) == (archive.archive_of(project.store).path, "first.md")
    project.checkpoint("here", goal="g")
    assert lookup.find_anywhere(project.store, "here") == (project.store, project.file().name)
    with pytest.raises(NotFoundError):
        lookup.find_anywhere(project.store, "nobody")


@pytest.mark.parametrize("undated", ["9999-12-31T00:00:00+00:00", "3500-01-01", "no time", "0001-01-01T00:00:00+14:00"])
def test_a_session_that_is_dated_in_another_century_is_not_the_latest(tmp_path: Path, undated: str) -> None:
    store = make_store(tmp_path)
    put(store, "a.md", session("a", 2, updated_at="2026-03-02T13:00:00+00:00"))
    put(store, "b.md", session("b", started_at=undated, updated_at=undated))
    assert lookup.find(store, "latest") == "a.md"
    assert [row["session_id"] for row in listing.list_sessions(store)] == ["a", "b"]
