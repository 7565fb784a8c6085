"""What an import does with files that it cannot take as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ocm.base.errors import OcmError
from ocm.base.model import FileChange
from ocm.markdown import parse
from ocm.redaction import user_rules
from ocm.sessions import backups, export_format, export_import
from tests.support.builders import Project
from tests.support.session_store import everything, ids, make_store, put, session

TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


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


def test_what_is_here_stays_unless_it_is_to_be_replaced(project: Project, tmp_path: Path) -> None:
    project.checkpoint("one", goal="before")
    file = str(tmp_path / "all.json")
    export_import.export_store(project.store, file)
    project.checkpoint("one", goal="after")
    now = project.file().read_bytes()
    assert export_import.import_sessions(project.store, file).kept == [project.file().name]
    assert project.file().read_bytes() == now
    assert export_import.import_sessions(project.store, file, replace=True).written == [project.file().name]
    assert project.session().goal == "before"
    (copy,) = backups.list_paths(project.store)
    export_import.import_sessions(project.store, copy, replace=True)
    assert project.file().read_bytes() == now


def test_a_name_that_is_taken_gets_another(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("a", goal="a"))
    other = make_store(tmp_path / "other")
    put(other, "one.md", session("b", goal="b"))
    export_import.export_store(other, str(tmp_path / "all.json"))
    assert export_import.import_sessions(project.store, str(tmp_path / "all.json")).written == ["one-2.md"]
    assert ids(project.store) == ["a", "b"]


def test_secrets_are_taken_out_on_both_ways(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("one", goal=f"use {TOKEN}"))
    file = tmp_path / "all.json"
    assert export_import.export_store(project.store, str(file)).redactions == 1
    assert TOKEN not in file.read_text(encoding="utf-8")
    tree = json.loads(file.read_text(encoding="utf-8"))
    tree["sessions"][0]["text"] = tree["sessions"][0]["text"].replace("[REDACTED:github-token]", TOKEN)
    file.write_text(json.dumps(tree), encoding="utf-8")
    other = make_store(tmp_path / "other")
    assert export_import.import_sessions(other, str(file)).redactions == 1
    assert TOKEN.encode() not in b"".join(everything(other.path).values())


def test_an_export_does_not_go_into_the_store(project: Project) -> None:
    project.checkpoint("one", goal="g")
    with pytest.raises(OcmError, match="store itself"):
        export_import.export_store(project.store, project.store.sessions + "/x.json")


def test_four_imports_at_once_write_each_session_once(project: Project, tmp_path: Path) -> None:
    other = make_store(tmp_path / "other")
    for number in range(20):
        put(other, f"s{number}.md", session(f"s{number}", goal="g"))
    export_import.export_store(other, str(tmp_path / "all.json"))
    code = "import sys; from ocm.sessions import export_import; from ocm.store import paths; export_import.import_sessions(paths.find_store(sys.argv[1]), sys.argv[2])"
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(project.root), str(tmp_path / "all.json")], cwd=project.root)
        for _ in range(4)
    ]
    assert [racer.wait() for racer in racers] == [0] * 4
    assert ids(project.store) == sorted(f"s{number}" for number in range(20))
    assert len(project.files()) == 20
    assert all(parse.parse(path.read_text(encoding="utf-8")).goal == "g" for path in project.files())
