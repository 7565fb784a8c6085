"""A change by hand can be taken back, byte for byte, or it is said why not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import NotFoundError, OcmError
from ocm.recall import listing
from ocm.redaction.user_rules import NONE
from ocm.sessions import archive, backups, by_hand, export_format, export_import, forget, hand_edits, redact_scan
from ocm.sessions.hand_edits import Labels
from tests.support.builders import Project, commit, git
from tests.support.session_store import make_store


def texts(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.files()}


def take_back(project: Project) -> None:
    by_hand.undo(project.store, by_hand.last(project.store))


def copies(project: Project, why: str) -> list[str]:
    return [path for path in backups.list_paths(project.store) if path.endswith(f"-{why}.json")]


def test_changes_are_taken_back_one_after_another_the_last_one_first(project: Project) -> None:
    project.checkpoint("A", goal="g", work_pending=["lex", "parse"])
    states = [texts(project)]
    for change in (
        lambda: hand_edits.note(project.store, "Use tabs"),
        lambda: hand_edits.note(project.store, "No tabs"),
        lambda: hand_edits.add(project.store, "Call"),
        lambda: hand_edits.finish(project.store, [("A", 0, "lex"), ("todo", 0, "Call")], done=True),
        lambda: hand_edits.finish(project.store, [("A", 0, "parse")], done=False),
        lambda: hand_edits.label(project.store, project.store, "A", Labels("New", ["t"], pinned=True)),
    ):
        change()
        states.append(texts(project))
    assert by_hand.last(project.store).what == "edit"
    while len(states) > 1:
        assert texts(project) == states.pop()
        take_back(project)
        assert {row["session_id"] for row in listing.list_sessions(project.store)} == {
            row.split("session_id: ")[1].split("\n")[0] for row in (one.decode() for one in states[-1].values())
        }
    assert texts(project) == states[0]
    with pytest.raises(NotFoundError, match="no change by hand"):
        by_hand.last(project.store)


def test_what_was_undone_is_in_a_safety_copy(project: Project, tmp_path: Path) -> None:
    hand_edits.note(project.store, "Use tabs")
    written = project.file().read_text(encoding="utf-8")
    take_back(project)
    assert project.files() == []
    (copy,) = copies(project, "undone")
    export_import.import_sessions(other := make_store(tmp_path / "other"), copy)
    assert [path.read_text(encoding="utf-8") for path in Path(other.sessions).iterdir()] == [written]


def test_a_session_that_was_changed_since_is_left_and_what_changed_is_named(project: Project) -> None:
    project.checkpoint("A", goal="g", work_pending=["lex"], decisions=["X"])
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    project.checkpoint("A", goal="other")
    before = texts(project)
    with pytest.raises(OcmError, match=r"was changed since \((the front matter, )?Goal, facts\)"):
        by_hand.last(project.store)
    path = project.file()
    path.write_text(path.read_text(encoding="utf-8").replace("## Goal\n\nother\n", ""), encoding="utf-8")
    with pytest.raises(OcmError, match="a section that is gone"):
        by_hand.last(project.store)
    path.write_bytes(before[path.name])
    assert texts(project) == before


def test_a_file_that_is_gone_since_is_named(project: Project) -> None:
    project.checkpoint("A", goal="g")
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    project.file().unlink()
    with pytest.raises(OcmError, match="it is gone"):
        by_hand.last(project.store)


def test_a_change_that_was_never_carried_out_is_passed_over(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_edits.note(project.store, "first")
    with monkeypatch.context() as patch:
        patch.setattr("ocm.sessions.session_files.put", broken_disk)
        with pytest.raises(OSError, match="no space"):
            hand_edits.note(project.store, "second")
    assert len(backups.changes(project.store)) == 2
    take_back(project)
    assert project.files() == []


def broken_disk(*_: Any, **__: Any) -> None:
    raise OSError(28, "no space left on device")


def test_an_undo_that_was_cut_off_is_finished_by_the_next_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.checkpoint("A", goal="g", work_pending=["x"])
    project.checkpoint("B", goal="g", work_pending=["x"])
    before = texts(project)
    hand_edits.finish(project.store, [("A", 0, "x"), ("B", 0, "x")], done=True)
    real, calls = by_hand._carry_out, []

    def once(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(by_hand, "_carry_out", once)
        with pytest.raises(KeyboardInterrupt):
            take_back(project)
    assert len(by_hand.last(project.store).steps) == 1
    take_back(project)
    assert texts(project) == before


def test_what_became_the_last_change_meanwhile_is_not_undone_unseen(project: Project) -> None:
    hand_edits.note(project.store, "first")
    seen = by_hand.last(project.store)
    hand_edits.note(project.store, "second")
    with pytest.raises(OcmError, match="changed meanwhile"):
        by_hand.undo(project.store, seen)
    assert project.session().decisions == ["first", "second"]


def test_a_file_that_is_saved_in_the_last_moment_stays(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint("A", goal="g")
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    real = backups.keep

    def save(*arguments: Any, **more: Any) -> str:
        with project.file().open("a", encoding="utf-8") as file:
            file.write("\nmine\n")
        return real(*arguments, **more)

    monkeypatch.setattr(backups, "keep", save)
    with pytest.raises(OcmError, match="was changed meanwhile"):
        take_back(project)
    assert "mine" in project.file().read_text(encoding="utf-8")


def test_what_was_archived_since_is_undone_in_the_archive(project: Project) -> None:
    project.checkpoint("A", goal="g")
    before = project.file().read_bytes()
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    archive.archive_session(project.store, "A", project.file().name)
    take_back(project)
    (path,) = Path(archive.archive_of(project.store).sessions).iterdir()
    assert path.read_bytes() == before


def test_changes_that_came_with_a_checkout_count_for_nothing(repo: Project) -> None:
    hand_edits.note(repo.store, "mine")
    assert len(backups.changes(repo.store)) == 1
    git(repo.root, "add", "-f", repo.store.path)
    commit(repo.root)
    assert backups.changes(repo.store) == []


@pytest.mark.parametrize(
    "change",
    [
        "no object",
        {"what": "note"},
        {"wrote": "no list", "at": 1},
        {"wrote": [1, {"session_id": 1, "file": "a.md", "after": ""}, {"session_id": "A"}]},
    ],
)
def test_a_note_of_a_change_that_says_nothing_is_passed_over(project: Project, change: Any) -> None:
    hand_edits.note(project.store, "first")
    path = backups.keep(project.store, backups.BY_HAND, [], change={"what": "x"})
    tree = json.loads(Path(path).read_bytes())
    Path(path).write_text(json.dumps({**tree, "change": change}), encoding="utf-8")
    assert [found for found, _ in backups.changes(project.store)] != [path]
    assert by_hand.last(project.store).what == "note"


def test_a_change_without_a_time_comes_last_and_a_damaged_one_not_at_all(project: Project) -> None:
    hand_edits.note(project.store, "first")
    (path,) = copies(project, "by-hand")
    tree = json.loads(Path(path).read_bytes())
    tree["change"]["at"] = "long ago"
    Path(path).write_text(json.dumps(tree), encoding="utf-8")
    (Path(path).parent / "9-by-hand.json").write_text("{", encoding="utf-8")
    assert by_hand.last(project.store).at == 0.0


def test_what_is_forgotten_goes_from_the_changes_too(project: Project) -> None:
    project.checkpoint("A", goal="zanzibar")
    project.checkpoint("B", goal="kept")
    hand_edits.label(project.store, project.store, "A", Labels("quokka"))
    hand_edits.label(project.store, project.store, "B", Labels("stays"))
    forget.forget(project.store, "A")
    held = [path.read_bytes() for path in Path(project.store.path).rglob("*") if path.is_file()]
    assert not any(b"zanzibar" in data or b"quokka" in data for data in held)
    assert by_hand.last(project.store).steps[0].session_id == "B"


def test_a_secret_is_taken_out_of_the_changes_too(project: Project) -> None:
    token = "ghp_" + "aB3" * 12
    project.checkpoint("A", goal="g")
    with project.file().open("a", encoding="utf-8") as file:
        file.write(f"\n## Own\n\n{token}\n")
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    redact_scan.scan(project.store, apply=True)
    held = [path.read_bytes() for path in Path(project.store.path).rglob("*") if path.is_file()]
    assert not any(token.encode() in data for data in held)
    (_, bundle), *_ = backups.changes(project.store)
    assert redact_scan.cleaned(bundle.entries[0].text, NONE)[1] == {}
    with pytest.raises(OcmError, match="was changed since"):
        by_hand.last(project.store)


def test_of_the_changes_by_hand_the_last_twenty_are_kept_and_no_copy_of_the_store_goes_for_them(
    project: Project,
) -> None:
    whole = backups.create(project.store, "test")
    for n in range(23):
        hand_edits.note(project.store, f"note {n}")
    assert len(copies(project, "by-hand")) == 20
    assert os.path.exists(whole)


def test_what_a_file_with_conflict_markers_held_comes_back_as_it_was(project: Project) -> None:
    project.checkpoint("A", goal="g", decisions=["**First:** a"])
    path = project.file()
    marked = path.read_text(encoding="utf-8").replace(
        "- **First:** a\n", "<<<<<<< HEAD\n- **First:** a\n=======\n- **Other:** b\n>>>>>>> theirs\n"
    )
    path.write_text(marked, encoding="utf-8")
    hand_edits.label(project.store, project.store, "A", Labels("New"))
    assert "<<<<<<<" not in path.read_text(encoding="utf-8")
    take_back(project)
    assert path.read_text(encoding="utf-8") == marked


def test_an_export_says_nothing_of_changes(project: Project, tmp_path: Path) -> None:
    hand_edits.note(project.store, "first")
    export_import.export_store(project.store, str(tmp_path / "all.json"))
    assert export_format.read(str(tmp_path / "all.json")).change is None
