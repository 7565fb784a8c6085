"""`ocm export --all` and `ocm import`: a store arrives letter by letter, and what cannot is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ocm.sessions import archive, export_import, forget
from tests.support.builders import Project, run_ocm
from tests.support.session_store import everything, ids, put, put_closed, session

TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


def test_a_store_is_carried_over_letter_by_letter(project: Project, tmp_path: Path) -> None:
    project.checkpoint("one", goal="Ünïcödé 日本 🎉", decisions=["**a:** b\n\n```\ncode\n```"])
    put_closed(project.store, "away")
    put(
        project.store,
        "crlf.md",
        "---\r\nocm: 1\r\nsession_id: crlf\r\nmine: x\r\n---\r\n\r\n# Title\r\n\r\n## Own\r\n\r\ntext\t \r\n",
    )
    archive.archive_session(project.store, "away", "away.md")
    before = {**everything(project.store.sessions), **everything(archive.archive_of(project.store).sessions)}
    file = tmp_path / "all.json"
    assert run_ocm(project.root, "export", "--all", str(file)).stdout == f"3 sessions written to {file}.\n"
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")
    done = json.loads(run_ocm(other.root, "import", str(file), "--json").stdout)
    assert sorted(done["written"]) == sorted(before)
    assert {**everything(other.store.sessions), **everything(archive.archive_of(other.store).sessions)} == before
    assert ids(other.store) == ids(project.store)
    again = json.loads(run_ocm(other.root, "import", str(file), "--json").stdout)
    assert (again["written"], sorted(again["same"])) == ([], sorted(before))
    assert os.stat(file).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"kind": "store"}',
        '{"kind": "store", "ocm": 2, "sessions": []}',
        '{"kind": "store", "ocm": 1, "sessions": {}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_export_is_refused(project: Project, tmp_path: Path, text: str) -> None:
    file = tmp_path / "all.json"
    file.write_text(text, encoding="utf-8")
    done = run_ocm(project.root, "import", str(file))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_session_that_cannot_be_read_is_named_and_the_rest_comes_in(project: Project, tmp_path: Path) -> None:
    rows = [
        {"file": "bad.md", "text": "no front matter"},
        {"file": "good.md", "text": "---\nocm: 1\nsession_id: good\n---\n"},
    ]
    file = tmp_path / "all.json"
    file.write_text(json.dumps({"ocm": 1, "kind": "store", "sessions": rows}), encoding="utf-8")
    done = run_ocm(project.root, "import", str(file))
    assert done.returncode == 1
    assert "bad.md, line 1" in done.stderr
    assert ids(project.store) == ["good"]


def test_export_without_anything_says_what_it_takes(project: Project) -> None:
    assert run_ocm(project.root, "export").returncode == 2


def test_the_command_says_what_an_import_left_out_and_took_out(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("one", goal="before"))
    put(project.store, "two.md", session("two", goal="plain"))
    file = tmp_path / "all.json"
    export_import.export_store(project.store, str(file))
    file.write_text(file.read_text(encoding="utf-8").replace("plain", f"use {TOKEN}"), encoding="utf-8")
    put(project.store, "one.md", session("one", goal="after"))
    os.unlink(os.path.join(project.store.sessions, "two.md"))
    assert run_ocm(project.root, "import", str(file)).stdout.splitlines() == [
        "1 sessions written, 0 were here already.",
        "1 differ from what is here and were left out; --replace takes them.",
        "1 secrets were removed.",
    ]


def test_the_command_says_what_stays_forgotten_and_what_came_in_as_it_is(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("one", goal="mine"))
    put(project.store, "two.md", "---\nocm: 1\nsession_id: two\ntags: [\n---\n")
    file = tmp_path / "all.json"
    export_import.export_store(project.store, str(file))
    os.unlink(os.path.join(project.store.sessions, "two.md"))
    forget.forget(project.store, "one")
    done = run_ocm(project.root, "import", str(file))
    assert done.stdout.splitlines() == [
        "1 sessions written, 0 were here already.",
        "1 were forgotten here, and stay so.",
    ]
    assert "It came in as it is and cannot be read: two.md, line" in done.stderr
    assert done.stderr.rstrip().endswith("Correct it in an editor.")
