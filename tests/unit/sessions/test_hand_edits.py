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
from ocm.sessions import archive, backups, by_hand, forget, hand_edits, session_files
from tests.support.builders import Project
from tests.support.session_store import put, session


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


def test_a_session_that_another_process_begins_in_between_is_gone_on_with(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = session_files.write, [1]

    def write(*arguments: Any, **more: Any) -> Any:
        if left[0]:
            left[0] -= 1
            put(project.store, "theirs.md", session("todo", work_pending=["theirs"]))
        return real(*arguments, **more)

    monkeypatch.setattr(session_files, "write", write)
    hand_edits.add(project.store, "mine")
    assert project.session().work_pending == ["theirs", "mine"]
    by_hand.undo(project.store, by_hand.last(project.store))
    assert project.session().work_pending == ["theirs"]


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


# --- the whole text


def drafted(project: Project) -> tuple[hand_edits.Draft, Path]:
    found = hand_edits.draft(project.store, project.file().name, project.store)
    return found, Path(found.path)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_a_person_made_of_the_copy_is_what_the_file_says(project: Project) -> None:
    project.checkpoint("A", goal="g", decisions=["X"])
    draft, path = drafted(project)
    assert path.stat().st_mode & 0o777 == 0o600
    replaced(path, "- X\n", "- Y\n\nmine: free text\n")
    typed = path.read_text(encoding="utf-8")
    assert hand_edits.retype(project.store, project.store, draft)
    assert project.file().read_text(encoding="utf-8") == typed
    assert not path.exists()
    by_hand.undo(project.store, by_hand.last(project.store))
    assert project.file().read_text(encoding="utf-8") == draft.base


def test_a_copy_that_nobody_changed_writes_nothing(project: Project) -> None:
    project.checkpoint("A", goal="g")
    draft, _ = drafted(project)
    assert not hand_edits.retype(project.store, project.store, draft)
    assert backups.changes(project.store) == []


def test_what_was_stored_meanwhile_and_what_the_person_wrote_both_stay(project: Project) -> None:
    project.checkpoint("A", goal="g", decisions=["X"])
    draft, path = drafted(project)
    replaced(path, "## Goal\n\ng\n", "## Goal\n\nanother goal\n")
    project.checkpoint("A", decisions=["Z"], problems=["P"])
    assert hand_edits.retype(project.store, project.store, draft)
    session = project.session()
    assert (session.goal, session.decisions, session.problems) == ("another goal", ["X", "Z"], ["P"])


def test_what_was_changed_at_the_same_place_is_refused_and_both_are_kept(project: Project) -> None:
    project.checkpoint("A", goal="g")
    draft, path = drafted(project)
    replaced(path, "\ng\n", "\nmine\n")
    project.checkpoint("A", goal="theirs")
    with pytest.raises(OcmError, match="changed at the same place meanwhile"):
        hand_edits.retype(project.store, project.store, draft)
    assert project.session().goal == "theirs"
    assert "mine" in path.read_text(encoding="utf-8")


def test_two_changes_that_make_no_session_together_are_refused(project: Project) -> None:
    project.checkpoint("A", goal="g", title="Title")
    draft, path = drafted(project)
    replaced(path, "title: Title\n", "own: 'begins\n  title: Title\n")
    replaced(path, "tool:", "  ends'\ntool:")
    replaced(project.file(), 'slug: ""\n', 'slug: ""\nmine: it\'s\n')
    with pytest.raises(OcmError, match="same place"):
        hand_edits.retype(project.store, project.store, draft)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"---\nocm: 1", b"ocm: 1", "line 1"),
        (b"tags: []", b"tags: [", r"line 1\d"),
        (b"\ng\n", b"\n\xff\n", "line 2.*not UTF-8"),
        (b"ocm: 1", b"ocm: 9", "line 2.*newer version"),
        (b"session_id: A", b"session_id: B", "another session_id"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line_and_kept(
    project: Project, old: bytes, new: bytes, why: str
) -> None:
    project.checkpoint("A", goal="g")
    before = project.file().read_bytes()
    draft, path = drafted(project)
    assert old in before
    path.write_bytes(before.replace(old, new, 1))
    with pytest.raises(OcmError, match=why):
        hand_edits.retype(project.store, project.store, draft)
    assert project.file().read_bytes() == before
    assert path.read_bytes() == before.replace(old, new, 1)


def test_a_secret_that_was_typed_is_not_stored_and_a_forgotten_session_leaves_no_copy(project: Project) -> None:
    token = "ghp_" + "aB3" * 12
    project.checkpoint("A", goal="g")
    draft, path = drafted(project)
    replaced(path, "\ng\n", f"\nuse {token}\n")
    assert hand_edits.retype(project.store, project.store, draft)
    assert project.session().goal == "use [REDACTED:github-token]"
    _, left = drafted(project)
    forget.forget(project.store, "A")
    assert not left.exists()


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_no_copy_is_looked_for_where_a_link_leads(project: Project, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    assert backups.drafts(project.store, "A") == []
    (Path(project.store.path) / backups.FOLDER).symlink_to(tmp_path / "own")
    assert backups.drafts(project.store, "A") == []
