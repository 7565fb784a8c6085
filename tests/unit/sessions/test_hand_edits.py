"""What a person writes and corrects, while others write the same session files."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import BadInputError, NotFoundError, OcmError
from ocm.markdown import parse
from ocm.markdown.facts import Facts, digest
from ocm.sessions import archive, backups, by_hand, hand_edits, session_files
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
        hand_edits.finish(project.store, [("A", 0, "parse")], done=True)
    assert project.file().read_bytes() == before


def test_an_item_that_moved_meanwhile_is_found_by_its_text(project: Project) -> None:
    project.checkpoint("A", work_pending=["lex", "parse"])
    hand_edits.finish(project.store, [("A", 0, "parse")], done=True)
    assert (project.session().work_pending, project.session().work_completed) == (["lex"], ["parse"])


def test_an_item_of_a_session_that_is_gone_is_said_to_be(project: Project) -> None:
    with pytest.raises(NotFoundError, match="no session 'B' any more"):
        hand_edits.finish(project.store, [("B", 0, "lex")], done=False)
    assert project.files() == []


def test_what_an_editor_saved_in_between_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint("A", work_pending=["lex"])
    saved_in_between(project, monkeypatch, 2)
    hand_edits.finish(project.store, [("A", 0, "lex")], done=False)
    assert project.session().work_pending == []
    text = project.file().read_text(encoding="utf-8")
    assert "saved 1" in text
    assert "saved 0" in text


def test_a_file_that_is_saved_all_the_time_is_an_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint("A", work_pending=["lex"])
    saved_in_between(project, monkeypatch, 100)
    with pytest.raises(OcmError, match="changed all the time"):
        hand_edits.finish(project.store, [("A", 0, "lex")], done=False)
    assert project.session().work_pending == ["lex"]


# --- notes


def noted(project: Project) -> Facts:
    return Facts.parse(project.session().facts)


def test_the_notes_of_a_day_are_decisions_of_one_session_and_known_for_a_persons(project: Project) -> None:
    assert hand_edits.note(project.store, " Use tabs\r\n", tags=["style"]) == "Use tabs"
    hand_edits.note(project.store, "Never on Fridays", tags=["ops", "style"])
    session = project.session()
    assert session.decisions == ["Use tabs", "Never on Fridays"]
    assert (session.tool, session.status, session.tags) == ("person", "closed", ["style", "ops"])
    assert [one.word for one in noted(project).origins()] == ["person", "person"]
    assert set(noted(project).dates()) == {digest(item) for item in session.decisions}


def test_a_note_about_a_line_names_it_and_one_of_several_lines_below_itself(project: Project) -> None:
    assert hand_edits.note(project.store, "Keep", path="src/a.py", line=3) == "Keep (`src/a.py:3`)"
    assert hand_edits.note(project.store, "Keep", path="src/`a`.py") == "Keep (`` src/`a`.py ``)"
    assert hand_edits.note(project.store, "One\n\n- two", path="a.py") == "One\n\n- two\n\n`a.py`"


def test_a_note_that_is_there_changes_nothing_but_may_bring_a_tag(project: Project) -> None:
    hand_edits.note(project.store, "Use tabs")
    before = project.file().read_bytes()
    hand_edits.note(project.store, "Use tabs")
    assert project.file().read_bytes() == before
    assert len(backups.changes(project.store)) == 1
    hand_edits.note(project.store, "Use tabs", tags=["style"])
    assert (project.session().decisions, project.session().tags) == (["Use tabs"], ["style"])


def test_a_secret_in_a_note_a_tag_or_a_title_is_not_stored(project: Project) -> None:
    token = "ghp_" + "aB3" * 12
    hand_edits.note(project.store, f"Use {token}", path=f"{token}.py", tags=[token])
    labels = hand_edits.Labels(title=f"About {token}", tags=[token])
    hand_edits.label(project.store, project.store, project.session().session_id, labels)
    text = project.file().read_text(encoding="utf-8")
    assert token not in text
    assert text.count("[REDACTED:github-token]") >= 4


@pytest.mark.parametrize("text", ["", " \n", "<private>x</private>", "x" * 50_001, "half \ud800"])
def test_what_is_no_note_is_refused_and_nothing_is_written(project: Project, text: str) -> None:
    for write in (hand_edits.note, hand_edits.add):
        with pytest.raises(BadInputError, match=r"empty|too long"):
            write(project.store, text)
    assert project.files() == []
    assert backups.list_paths(project.store) == []


# --- labels


def test_a_session_gets_another_title_tags_and_a_pin_and_loses_them(project: Project) -> None:
    project.checkpoint("A", goal="g", title="Old", tags=["a", "b"])
    hand_edits.label(project.store, project.store, "A", hand_edits.Labels("New\nname", ["c", "a"], ["b"], pinned=True))
    session = project.session()
    assert (session.title, session.tags, session.is_pinned) == ("New name", ["a", "c"], True)
    assert "# New name" in project.file().read_text(encoding="utf-8")
    hand_edits.label(project.store, project.store, "A", hand_edits.Labels(pinned=False))
    assert not project.session().is_pinned
    before = project.file().read_bytes()
    hand_edits.label(project.store, project.store, "A", hand_edits.Labels(pinned=False, untags=["x"]))
    assert project.file().read_bytes() == before


def test_an_archived_session_is_labelled_where_it_is(project: Project) -> None:
    project.checkpoint("A", goal="g")
    archive.archive_session(project.store, "A", project.file().name)
    place = archive.archive_of(project.store)
    hand_edits.label(project.store, place, "A", hand_edits.Labels("New"))
    assert project.files() == []
    (name,) = os.listdir(place.sessions)
    assert session_files.load(place, name).session.title == "New"
    by_hand.undo(project.store, by_hand.last(project.store))
    assert session_files.load(place, name).session.title == ""


def test_a_session_that_goes_meanwhile_is_said_to_be_gone(project: Project) -> None:
    with pytest.raises(NotFoundError, match="no session 'A' any more"):
        hand_edits.label(project.store, project.store, "A", hand_edits.Labels("New"))


def test_who_writes_at_the_same_time_loses_nothing(project: Project) -> None:
    project.checkpoint("A", goal="g")

    def work(n: int) -> None:
        hand_edits.note(project.store, f"note {n}")
        hand_edits.add(project.store, f"task {n}")
        hand_edits.label(project.store, project.store, "A", hand_edits.Labels(tags=[f"tag {n}"]))
        project.checkpoint("A", decisions=[f"decision {n}"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    sessions = {one.session_id: one for one in (parse.parse(p.read_text(encoding="utf-8")) for p in project.files())}
    (day,) = (one for name, one in sessions.items() if name.startswith("note-"))
    assert sorted(day.decisions) == [f"note {n}" for n in range(4)]
    assert sorted(sessions["todo"].work_pending) == [f"task {n}" for n in range(4)]
    assert sorted(sessions["A"].tags) == [f"tag {n}" for n in range(4)]
    assert sorted(sessions["A"].decisions) == [f"decision {n}" for n in range(4)]
