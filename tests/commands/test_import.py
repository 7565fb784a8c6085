"""`ocm import`: the histories of other tools, as a person and a script meet the command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ocm.cli.commands import import_
from ocm.sources import registry
from ocm.sources.importer import Report
from ocm.store import registry as projects
from ocm.store import trust
from tests.support.builders import Project, repository, run_ocm
from tests.support.session_store import everything, ids
from tests.support.terminal import on_terminal
from tests.support.transcripts import OTHER, SESSION, Claude, small_change


@pytest.fixture
def repo(tmp_path: Path) -> Project:
    return Project(repository(tmp_path / "proj"))


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path / "claude" / "projects" / "x"


def test_without_arguments_it_says_what_is_there(repo: Project, history: Path) -> None:
    assert run_ocm(repo.root, "import").stdout == "No history of another tool was found.\n"
    small_change(str(repo.root)).put(history)
    small_change("/elsewhere", OTHER).put(history)
    said = run_ocm(repo.root, "import").stdout.splitlines()
    assert said[0].startswith(
        "claude-code: 1 conversations of this project, 1 not imported yet (0.0 MB, about 0 s); the"
    )
    assert said[1:] == ["1 of another project: /elsewhere", "Import them: ocm import --from SOURCE"]
    (row,) = json.loads(run_ocm(repo.root, "import", "--json").stdout)
    assert (row["source"], row["conversations"], row["new"]) == ("claude-code", 1, 1)
    assert ids(repo.store) == []


def test_import_again_and_undo_leave_the_store_as_it_was(repo: Project, history: Path) -> None:
    one = small_change(str(repo.root))
    one.put(history)
    repo.checkpoint(SESSION, goal="mine")
    trust.settle(repo.store)
    before = everything(repo.store.path)
    first = json.loads(run_ocm(repo.root, "import", "--from", "claude-code", "--json").stdout)
    assert (first["completed"], first["batch"] is None) == ([SESSION], False)
    again = run_ocm(repo.root, "import", "--from", "all").stdout
    assert again == "0 sessions were added and 0 completed; 1 were here already.\n"
    assert run_ocm(repo.root, "import", "--list").stdout == f"{first['batch']}  1 sessions from claude-code\n"
    assert json.loads(run_ocm(repo.root, "import", "--list", "--json").stdout) == [
        {"batch": first["batch"], "sessions": [SESSION]}
    ]
    undone = run_ocm(repo.root, "import", "--undo", first["batch"]).stdout
    assert undone == "0 sessions were removed and 1 put back as they were.\n"
    after = everything(repo.store.path)
    assert {k: v for k, v in after.items() if k != "memory.db"} == {k: v for k, v in before.items() if k != "memory.db"}
    assert run_ocm(repo.root, "import", "--list").stdout == "Nothing was imported.\n"


def test_what_was_changed_since_stays_and_is_named(repo: Project, tmp_path: Path) -> None:
    path = small_change(str(repo.root)).put(tmp_path / "t")
    batch = json.loads(run_ocm(repo.root, "import", str(path), "--json").stdout)["batch"]
    repo.file().write_text(repo.file().read_text(encoding="utf-8") + "\n## Notes\n\nmine\n", encoding="utf-8")
    assert run_ocm(repo.root, "import", "--undo", batch).stdout.splitlines()[1] == (
        f"1 were changed since and stay: {SESSION}."
    )
    assert json.loads(run_ocm(repo.root, "import", "--undo", batch, "--json").stdout)["kept"] == [SESSION]
    assert "mine" in repo.file().read_text(encoding="utf-8")


def test_a_path_is_known_by_what_it_holds(repo: Project, tmp_path: Path) -> None:
    repo.checkpoint("exported", goal="x")
    run_ocm(repo.root, "export", "--all", str(tmp_path / "all.json"))
    small_change(str(repo.root)).put(tmp_path / "t")
    both = run_ocm(repo.root, "import", str(tmp_path / "all.json"), str(tmp_path / "t"))
    assert both.stdout.splitlines()[:2] == [
        "0 sessions written, 1 were here already.",
        "1 sessions were added and 0 completed; 0 were here already.",
    ]
    nothing = run_ocm(repo.root, "import", str(repo.root / "a.py"))
    assert (nothing.returncode, nothing.stderr.count("\n")) == (1, 1)
    (tmp_path / "empty").mkdir()
    empty = run_ocm(repo.root, "import", str(tmp_path / "empty"))
    assert (empty.returncode, "no conversation of a known history" in empty.stderr) == (1, True)


def test_a_dry_run_says_what_would_come(repo: Project, tmp_path: Path) -> None:
    small_change("/elsewhere/proj").record("wonder").put(tmp_path / "t")
    Claude(OTHER).prompt("2+2? <private>x</private>").says("4").put(tmp_path / "t")
    said = run_ocm(repo.root, "import", str(tmp_path / "t"), "--dry-run").stdout.splitlines()
    assert said == [
        f"{SESSION}  Make the greeting friendlier",
        "1 sessions would be added and 0 completed; 0 were here already.",
        "1 left out: small. --include-small takes them.",
        "Not known to the reader of claude-code 2.1.300: type wonder (1).",
        "1 secrets or private passages were left out.",
    ]
    assert ids(repo.store) == []


def test_every_project_gets_its_own(repo: Project, tmp_path: Path, history: Path) -> None:
    other = Project(repository(tmp_path / "other"))
    small_change(str(repo.root)).put(history)
    small_change(str(other.root), OTHER).put(history)
    for one in (repo, other):
        projects.register(str(one.root), one.store.path)
    rows = json.loads(run_ocm(repo.root, "import", "--from", "claude-code", "--all-projects", "--json").stdout)
    assert sorted(row["written"] for row in rows if row["written"]) == [[SESSION], [OTHER]]  # others may be registered
    assert ids(other.store) == [OTHER]
    for one in (repo, other):
        projects.unregister(str(one.root))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--from", "claude"], 1, "'claude' is no source. Did you mean"),
        (["--from", "all", "--since", "soon"], 2, "'soon' is neither a day"),
        (["--from", "all", "--map", "x"], 2, "'x' is not OLD=NEW"),
        (["--undo", "x"], 1, "There is no import 'x'"),
        (["nowhere"], 2, "does not exist"),
    ],
)
def test_wrong_usage_is_named(repo: Project, arguments: list[str], code: int, said: str) -> None:
    done = run_ocm(repo.root, "import", *arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_filters_and_maps_are_taken(repo: Project, history: Path) -> None:
    small_change("/old/proj").put(history)
    mapped = ("import", "--from", "claude-code", "--map", f"/old/proj={repo.root}")
    late = run_ocm(repo.root, *mapped, "--until", "2026-02-28").stdout
    assert late.splitlines()[1] == "1 left out: outside the dates."
    assert (
        run_ocm(repo.root, "import", "--from", "all")
        .stdout.splitlines()[1]
        .startswith("1 of another project: /old/proj")
    )
    assert run_ocm(repo.root, *mapped, "--since", "2026-02-28", "--until", "2026-03-01").stdout.startswith(
        "1 sessions were added"
    )


def test_what_is_excluded_stays_out_and_is_counted(repo: Project, history: Path) -> None:
    small_change(str(repo.root)).put(history)
    run_ocm(repo.root, "config", "set", "import.exclude", "codex, proj")
    said = run_ocm(repo.root, "import", "--from", "all").stdout.splitlines()
    assert said == ["0 sessions were added and 0 completed; 0 were here already.", "1 left out: excluded."]
    run_ocm(repo.root, "config", "unset", "import.exclude")
    assert run_ocm(repo.root, "import", "--from", "all").stdout.startswith("1 sessions were added")


def test_every_source_has_a_reader() -> None:
    for name in registry.SOURCES:
        found = registry.reader(name)
        assert (found.NAME, bool(found.VERSION), callable(found.places), callable(found.heads)) == (
            name,
            True,
            True,
            True,
        )


def test_init_says_once_what_is_there_and_doctor_when_it_goes(tmp_path: Path, history: Path) -> None:
    root = repository(tmp_path / "proj")
    path = small_change(str(root)).put(history)
    said = run_ocm(root, "init", "--local").stdout
    assert "1 earlier conversations of this project are there (claude-code); `ocm import --from all` takes" in said
    assert "earlier conversations" not in run_ocm(root, "init", "--local").stdout
    os.utime(path, (1_772_545_930, 1_772_545_930))
    found = json.loads(run_ocm(root, "doctor", "--json").stdout)["findings"]
    (finding,) = [one for one in found if one["check"] == "history"]
    assert finding["message"].endswith("and claude-code deletes the first on 2026-04-02.")
    run_ocm(root, "import", "--from", "claude-code")
    found = json.loads(run_ocm(root, "doctor", "--json").stdout)["findings"]
    assert [one for one in found if one["check"] == "history"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")
def test_at_a_terminal_a_person_is_asked_before_several_conversations_are_read(repo: Project, history: Path) -> None:
    for session in (SESSION, OTHER):
        small_change(str(repo.root), session).put(history)
    refused = on_terminal(repo.root, "import", "--from", "claude-code", typed=b"n\n")
    assert "Read 2 conversations (0 MB) into" in refused.text
    assert ids(repo.store) == []
    allowed = on_terminal(repo.root, "import", "--from", "claude-code", typed=b"y\n")
    assert (allowed.code, "2 sessions were added" in allowed.text) == (0, True)
    assert ids(repo.store) == sorted([SESSION, OTHER])


def test_at_a_terminal_one_conversation_is_read_without_a_question(repo: Project, history: Path) -> None:
    small_change(str(repo.root), SESSION).put(history)
    done = on_terminal(repo.root, "import", "--from", "claude-code", typed=b"")
    assert (done.code, "?" in done.text) == (0, False)
    assert ids(repo.store) == [SESSION]


def test_an_import_that_was_broken_off_says_how_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    import_._say([Report(added=["S"], batch="1", stopped=True)], dry_run=False, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "1 sessions were added and 0 completed; 0 were here already.",
        "Interrupted: what is written is whole, and the same command goes on.",
        "Take it back: ocm import --undo 1",
    ]
