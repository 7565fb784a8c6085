"""Batches: what an import did can be taken back, but for what was changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError
from ocm.sessions import archive, forget, import_batches
from ocm.sessions.import_batches import Row, digest
from tests.support.builders import Project
from tests.support.session_store import ids, put, session


def written(project: Project, name: str, before: str | None, text: str) -> Row:
    put(project.store, f"{name}.md", text)
    return Row(name, before, digest(text), "claude-code")


def text_of(name: str, goal: str = "x") -> str:
    return f"---\nocm: 1\nsession_id: {name}\n---\n\n## Goal\n\n{goal}\n"


def test_a_batch_is_taken_back_but_for_what_was_changed(project: Project) -> None:
    store = project.store
    rows = [
        written(project, "new", None, text_of("new")),
        written(project, "grown", text_of("grown", "before"), text_of("grown", "after")),
        written(project, "changed", None, text_of("changed")),
        Row("never", None, "0" * 64),
        written(project, "untouched", text_of("untouched"), text_of("untouched")),
    ]
    rows[4] = rows[4]._replace(after="0" * 64)
    import_batches.append(store, "b1", rows[:2])
    import_batches.append(store, "b1", rows[2:])
    put(store, "changed.md", text_of("changed", "by hand"))
    assert import_batches.names(store) == ["b1"]
    assert import_batches.rows(store, "b1") == rows
    done = import_batches.undo(store, "b1")
    assert (done.removed, done.restored, done.kept) == (["new"], ["grown"], ["changed"])
    assert ids(store) == ["changed", "grown", "untouched"]
    assert Path(store.sessions, "grown.md").read_text(encoding="utf-8") == text_of("grown", "before")
    put(store, "changed.md", text_of("changed"))
    assert import_batches.undo(store, "b1").removed == ["changed"]
    assert not Path(store.path, "imports").exists()


def test_an_archived_session_is_taken_back_too(project: Project) -> None:
    row = written(project, "old", None, text_of("old"))
    import_batches.append(project.store, "b1", [row])
    archive.archive_session(project.store, "old", "old.md")
    assert import_batches.undo(project.store, "b1").removed == ["old"]


def test_a_file_that_cannot_be_read_stays(project: Project) -> None:
    row = written(project, "bad", None, text_of("bad"))
    import_batches.append(project.store, "b1", [row])
    Path(project.store.sessions, "bad.md").write_bytes(text_of("bad").encode() + b"\xff")
    assert import_batches.undo(project.store, "b1").kept == ["bad"]


def test_a_batch_that_is_not_there_is_named(project: Project) -> None:
    with pytest.raises(NotFoundError, match="There is no import '../x'"):
        import_batches.undo(project.store, "../x")


def test_lines_that_are_no_rows_are_passed_over(project: Project) -> None:
    row = written(project, "new", None, text_of("new"))
    import_batches.append(project.store, "b1", [row])
    path = Path(project.store.path, "imports", "b1.jsonl")
    path.write_bytes(b'[]\n{"session": 3}\n' + path.read_bytes() + b'{"session": "torn')
    assert import_batches.rows(project.store, "b1") == [row]


def test_a_folder_of_batches_that_is_a_link_holds_none(project: Project, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "b1.jsonl").write_text("", encoding="utf-8")
    Path(project.store.path, "imports").symlink_to(tmp_path / "away")
    assert import_batches.names(project.store) == []


def test_forgetting_takes_a_session_out_of_every_batch(project: Project) -> None:
    rows = [
        written(project, "gone", text_of("gone", "zanzibar"), text_of("gone")),
        written(project, "stays", None, "x"),
    ]
    put(project.store, "stays.md", session("stays"))
    import_batches.append(project.store, "b1", rows)
    import_batches.append(project.store, "b2", rows[1:])
    import_batches.append(project.store, "b3", rows[:1])
    forget.forget(project.store, "gone")
    assert [import_batches.rows(project.store, name) for name in import_batches.names(project.store)] == [rows[1:]] * 2
    held = Path(project.store.path, "imports", "b1.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["session"] for line in held.splitlines()] == ["stays"]
