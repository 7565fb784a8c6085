"""What a person does to the list, while others write the same session files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import NotFoundError, OcmError
from ocm.sessions import session_files, todo_edits
from tests.support.builders import Project


def saved_in_between(project: Project, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let an editor save the one session file behind each of the next readings of it."""
    real, left = session_files.read, [times]

    def read(*arguments: Any) -> Any:
        found = real(*arguments)
        if left[0]:
            left[0] -= 1
            with Path(project.file()).open("a", encoding="utf-8") as file:
                file.write(f"\nsaved {left[0]}\n")
        return found

    monkeypatch.setattr(session_files, "read", read)


def test_an_item_that_was_changed_meanwhile_is_said_to_be_and_nothing_is_written(project: Project) -> None:
    project.checkpoint("A", work_pending=["lex"])
    before = project.file().read_bytes()
    with pytest.raises(NotFoundError, match="changed meanwhile"):
        todo_edits.finish(project.store, "A", 0, "parse", done=True)
    assert project.file().read_bytes() == before


def test_an_item_that_moved_meanwhile_is_found_by_its_text(project: Project) -> None:
    project.checkpoint("A", work_pending=["lex", "parse"])
    todo_edits.finish(project.store, "A", 0, "parse", done=True)
    assert (project.session().work_pending, project.session().work_completed) == (["lex"], ["parse"])


def test_an_item_of_a_session_that_is_gone_is_said_to_be(project: Project) -> None:
    with pytest.raises(NotFoundError, match="no session 'B' any more"):
        todo_edits.finish(project.store, "B", 0, "lex", done=False)
    assert project.files() == []


def test_what_an_editor_saved_in_between_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint("A", work_pending=["lex"])
    saved_in_between(project, monkeypatch, 2)
    todo_edits.finish(project.store, "A", 0, "lex", done=False)
    assert project.session().work_pending == []
    text = project.file().read_text(encoding="utf-8")
    assert "saved 1" in text
    assert "saved 0" in text


def test_a_file_that_is_saved_all_the_time_is_an_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint("A", work_pending=["lex"])
    saved_in_between(project, monkeypatch, 100)
    with pytest.raises(OcmError, match="changed all the time"):
        todo_edits.finish(project.store, "A", 0, "lex", done=False)
    assert project.session().work_pending == ["lex"]
