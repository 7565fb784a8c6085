"""What an import does with files that it cannot take as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocm.base.model import FileChange
from ocm.redaction import user_rules
from ocm.sessions import export_format, export_import
from tests.support.builders import Project
from tests.support.session_store import make_store, put, session


@pytest.mark.parametrize("broken", [b"\xff\xfe", b"", b"no front matter"])
def test_a_session_file_here_that_cannot_be_read_is_left_and_the_rest_comes_in(
    project: Project, tmp_path: Path, broken: bytes
) -> None:
    other = make_store(tmp_path / "other")
    put(other, "one.md", session("one", title="One"))
    export_import.export_store(other, str(tmp_path / "all.json"))
    here = Path(put(project.store, "one.md", broken))
    assert export_import.import_sessions(project.store, str(tmp_path / "all.json")).written == ["one-2.md"]
    assert here.read_bytes() == broken


def test_a_session_whose_private_text_cannot_be_taken_out_is_named_and_stays_out(
    project: Project, tmp_path: Path
) -> None:
    path = put(project.store, "one.md", session("one", title="x", files=[FileChange("a.py", "created")]))
    text = Path(path).read_text(encoding="utf-8")
    unsafe = text.replace("- `a.py`", "- `a.py` <private>\n- `b.py`</private>")
    assert unsafe != text
    other = make_store(tmp_path / "other")
    entries = [
        export_format.Entry("one.md", unsafe, archived=False),
        export_format.Entry("two.md", text.replace("one", "two"), archived=False),
    ]
    export_format.write(str(tmp_path / "all.json"), other, entries)
    moved = export_import.import_sessions(other, str(tmp_path / "all.json"))
    assert moved.written == ["two.md"]
    (trouble,) = moved.troubles
    assert trouble.startswith("one.md")
    assert "its form would not survive" in trouble


@pytest.mark.parametrize("replace", [False, True])
def test_a_session_that_another_process_stores_during_the_import_is_not_there_twice(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    other = make_store(tmp_path / "other")
    put(other, "one.md", session("one", title="Theirs"))
    export_import.export_store(other, str(tmp_path / "all.json"))
    real = user_rules.load

    def load(*paths: str) -> user_rules.Rules:
        put(project.store, "ours.md", session("one", title="Ours"))
        return real(*paths)

    monkeypatch.setattr(user_rules, "load", load)
    moved = export_import.import_sessions(project.store, str(tmp_path / "all.json"), replace=replace)
    assert (moved.written, moved.kept) == ((["ours.md"], []) if replace else ([], ["ours.md"]))
    assert [file.name for file in project.files()] == ["ours.md"]
    assert ("Theirs" in project.files()[0].read_text(encoding="utf-8")) == replace
