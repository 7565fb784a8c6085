"""The file of a whole store: what goes into it, and what is refused when it is read."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.markdown import render
from ocm.sessions import export_format, export_import
from tests.support.builders import Project
from tests.support.session_store import everything, put, session


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.md",
        "/etc/evil.md",
        "a/b.md",
        "..\\evil.md",
        "C:evil.md",
        "evil.txt",
        ".evil.md",
        "a\0.md",
        "",
        "x" * 300 + ".md",
        "con\n.md",
        5,
        None,
    ],
)
def test_a_session_whose_name_is_not_safe_comes_in_under_its_own_and_so_does_the_rest(
    project: Project, tmp_path: Path, name: object
) -> None:
    text = render.render(session("evil", slug="from-afar"))
    rows = [{"file": "good.md", "text": text.replace("evil", "good")}, {"file": name, "text": text}]
    file = tmp_path / "in" / "all.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"ocm": 1, "kind": "store", "sessions": rows}), encoding="utf-8")
    before = everything(str(tmp_path)).keys()
    moved = export_import.import_sessions(project.store, str(file))
    assert moved.written[0] == "good.md"
    assert re.fullmatch(r"2026-03-01_\d\d-\d\d_claude-code_from-afar\.md", moved.written[1])
    assert (Path(project.store.sessions) / moved.written[1]).read_text(encoding="utf-8") == text
    added = everything(str(tmp_path)).keys() - before
    assert {os.path.dirname(path) for path in added} == {os.path.relpath(project.store.sessions, tmp_path)}
    assert export_import.import_sessions(project.store, str(file)).written == []


@pytest.mark.parametrize("row", [5, None, {"file": "two.md"}, {"file": "two.md", "text": 5}, {"text": "\ud800"}])
def test_a_part_that_is_no_session_is_named_and_the_rest_comes_in(
    project: Project, tmp_path: Path, row: object
) -> None:
    good = {"file": "good.md", "text": render.render(session("good"))}
    file = tmp_path / "all.json"
    file.write_text(json.dumps({"ocm": 1, "kind": "store", "sessions": [row, good]}), encoding="utf-8")
    moved = export_import.import_sessions(project.store, str(file))
    assert moved.written == ["good.md"]
    (trouble,) = moved.troubles
    assert trouble.startswith("session 1 ")


def test_what_is_no_session_is_not_exported_and_what_cannot_be_read_is_named(project: Project) -> None:
    put(project.store, "one.md", session("one"))
    put(project.store, "notes.txt", "mine")
    put(project.store, "odd.md", b"\xff")
    os.mkdir(os.path.join(project.store.sessions, "folder.md"))
    entries, troubles = export_format.collect(project.store)
    assert [entry.name for entry in entries] == ["one.md"]
    assert [line.partition(":")[0] for line in troubles] == ["folder.md", "odd.md"]


def test_an_import_is_no_larger_than_can_be_held(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(project.store, "one.md", session("one", goal="long " * 100))
    file = str(tmp_path / "all.json")
    export_import.export_store(project.store, file)
    monkeypatch.setattr("ocm.store.paths.MAX_SESSION_FILE", 100)
    assert export_format.read(file).troubles == ["session 1 is too large, or no text"]
    monkeypatch.setattr(export_format, "MAX_BYTES", 100)
    with pytest.raises(OcmError, match="is larger than"):
        export_format.read(file)
