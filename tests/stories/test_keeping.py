"""Forgetting, putting away, carrying along: what goes is gone, what stays is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError, OcmError
from ocm.index import access, sync
from ocm.markdown import parse
from ocm.sessions import archive, backups, checkpoints, export_format, export_import, forget
from ocm.store import journal, trust
from ocm.store.paths import Store
from tests.support.builders import Project, run_ocm
from tests.support.session_store import make_store, put, session

TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
WORDS = "zanzibar quokka"


def everything(store: str) -> dict[str, bytes]:
    found = {}
    for folder, _, names in os.walk(store):
        for name in names:
            found[os.path.relpath(os.path.join(folder, name), store)] = Path(folder, name).read_bytes()
    return found


def ids(store: Store) -> list[str]:
    return sorted(row.session_id for row in access.read(store, lambda cache: cache.sessions(-1, "", "")))


# --- forget


def filled(project: Project) -> None:
    project.checkpoint("gone", goal=WORDS, decisions=[WORDS])
    project.checkpoint("stays", goal="another")
    project.edited("secret-plan.py", "gone")
    sync.rebuild(project.store)
    backups.make(project.store, "test")
    (Path(project.store.path) / "hook.log").write_text("1 gone failed\n2 stays failed\n", encoding="utf-8")


def test_a_forgotten_session_leaves_no_byte_behind(project: Project) -> None:
    filled(project)
    kept = everything(project.store.sessions)
    assert [name for name, data in everything(project.store.path).items() if b"zanzibar" in data]
    done = forget.forget(project.store, "gone")
    assert len(done.files) == 1
    assert done.log_lines == 1
    left = everything(project.store.path)
    assert [
        name for name, data in left.items() if b"zanzibar" in data or b"quokka" in data or b"secret-plan" in data
    ] == []
    assert [name for name in left if "gone" in name] == []
    assert ids(project.store) == ["stays"]
    assert everything(project.store.sessions) == {n: d for n, d in kept.items() if b"zanzibar" not in d}
    assert left["hook.log"] == b"2 stays failed\n"
    assert [entry.text for entry in export_format.read(backups.paths_of(project.store)[0])] == [
        project.file().read_text(encoding="utf-8")
    ]


def test_a_hook_that_comes_later_starts_anew(project: Project) -> None:
    filled(project)
    forget.forget(project.store, "gone")
    project.edited("b.py", "gone")
    project.checkpoint("gone", goal="new")
    assert "zanzibar" not in json.dumps(project.lines("gone"))
    assert ids(project.store) == ["gone", "stays"]


def test_an_archived_session_is_forgotten_too(project: Project) -> None:
    filled(project)
    checkpoints.flush(project.store, "gone")
    (name,) = [path.name for path in project.files() if b"zanzibar" in path.read_bytes()]
    archive.put_away(project.store, "gone", name)
    assert run_ocm(project.root, "forget", "gone", "--yes").returncode == 0
    assert [name for name, data in everything(project.store.path).items() if b"zanzibar" in data] == []


def test_what_a_killed_process_began_is_finished_by_the_next_checkpoint(project: Project) -> None:
    filled(project)
    path = Path(project.store.path) / f"forget_{journal.key('gone')}.json"
    path.write_text(json.dumps({"session": "gone"}), encoding="utf-8")
    project.checkpoint("stays", goal="more")
    assert ids(project.store) == ["stays"]
    assert not path.exists()


def test_a_note_that_came_along_forgets_nothing(project: Project) -> None:
    """In a store that a clone brought, nobody here began to forget."""
    filled(project)
    trust.note(project.store.path, trust.SEEN)
    path = Path(project.store.path) / f"forget_{journal.key('gone')}.json"
    path.write_text(json.dumps({"session": "gone"}), encoding="utf-8")
    project.checkpoint("stays", goal="more")
    project.hook("session-end", session_id="stays")
    assert ids(project.store) == ["gone", "stays"]
    trust.accept(project.store)
    project.checkpoint("stays", goal="still more")
    assert ids(project.store) == ["stays"]


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_safety_copies_are_made_in_the_store_or_not_at_all(project: Project, tmp_path: Path) -> None:
    filled(project)
    folder = Path(project.store.path) / backups.FOLDER
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    (tmp_path / "own").mkdir()
    for number in range(5):
        (tmp_path / "own" / f"{number}.json").write_text("{}", encoding="utf-8")
    folder.symlink_to(tmp_path / "own")
    assert backups.paths_of(project.store) == []
    with pytest.raises(OcmError, match="leads out of the store"):
        backups.make(project.store, "test")
    forget.forget(project.store, "gone")
    assert len(list((tmp_path / "own").iterdir())) == 5
    assert (tmp_path / "own").stat().st_mode & 0o777 != 0o700


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("part", ["", "/sessions"])
def test_nothing_is_put_into_an_archive_that_leads_out(project: Project, tmp_path: Path, part: str) -> None:
    filled(project)
    (tmp_path / "own" / "sessions").mkdir(parents=True)
    place = Path(project.store.path) / archive.FOLDER
    if part:
        place.mkdir()
        (place / "sessions").symlink_to(tmp_path / "own" / "sessions")
    else:
        place.symlink_to(tmp_path / "own")
    assert not archive.exists(project.store)
    with pytest.raises(OcmError, match="leads out of the store"):
        archive.put_away(project.store, "gone", project.files()[0].name)
    with pytest.raises(NotFoundError, match="Nothing was put away"):
        archive.take_out(project.store, "gone")
    assert list((tmp_path / "own" / "sessions").iterdir()) == []
    assert ids(project.store) == ["gone", "stays"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"session": 5}', '{"session": "stays"}'])
def test_a_note_that_is_none_forgets_nothing(project: Project, text: str) -> None:
    filled(project)
    (Path(project.store.path) / "forget_gone.json").write_text(text, encoding="utf-8")
    forget.finish(project.store)
    assert ids(project.store) == ["gone", "stays"]


def test_the_command_asks_first(project: Project) -> None:
    filled(project)
    assert run_ocm(project.root, "forget", "gone", stdin="n\n").returncode != 0
    assert ids(project.store) == ["gone", "stays"]
    assert run_ocm(project.root, "forget", "nobody", "--yes").returncode == 1
    assert "Forgotten" in run_ocm(project.root, "forget", "gone", stdin="y\n").stdout
    assert ids(project.store) == ["stays"]


# --- prune


def old(project: Project, name: str, day: int = 1, **values: str) -> None:
    put(project.store, f"{name}.md", session(name, day, **{"status": "closed", "goal": f"about {name}", **values}))


def test_old_sessions_go_to_the_archive_only_when_told_to(project: Project) -> None:
    old(project, "first")
    old(project, "second", 2)
    old(project, "open", status="open")
    project.checkpoint("new", goal="about today")
    before = everything(project.store.sessions)
    told = run_ocm(project.root, "prune", "--older-than", "30")
    assert "2 sessions" in told.stdout
    assert everything(project.store.sessions) == before
    done = json.loads(run_ocm(project.root, "prune", "--older-than", "30", "--apply", "--json").stdout)
    assert [row["session_id"] for row in done["moved"]] == ["first", "second"]
    assert ids(project.store) == ["new", "open"]
    assert ids(archive.store_of(project.store)) == ["first", "second"]
    assert {**everything(project.store.sessions), **everything(archive.store_of(project.store).sessions)} == before


def test_a_search_leaves_the_archive_out_or_includes_it(project: Project) -> None:
    old(project, "first")
    project.checkpoint("new", goal="about today")
    archive.put_away(project.store, "first", "first.md")
    plain = json.loads(run_ocm(project.root, "search", "--json", "about").stdout)
    both = json.loads(run_ocm(project.root, "search", "--json", "--archived", "about").stdout)
    assert [row["session_id"] for row in plain] == ["new"]
    assert sorted(row["session_id"] for row in both) == ["first", "new"]


def test_a_session_at_work_or_unfinished_stays(project: Project) -> None:
    old(project, "busy")
    old(project, "open", status="open")
    project.edited("a.py", "busy")
    assert archive.old_sessions(project.store, 30) == []
    assert [one.session_id for one in archive.old_sessions(project.store, 30, unfinished=True)] == ["open"]


def test_a_session_that_goes_on_comes_back(project: Project) -> None:
    old(project, "first")
    archive.put_away(project.store, "first", "first.md")
    project.checkpoint("first", decisions=["go on"])
    assert ids(project.store) == ["first"]
    assert ids(archive.store_of(project.store)) == []
    assert project.session().goal == "about first"


def test_one_session_can_be_taken_out_again(project: Project) -> None:
    old(project, "first")
    archive.put_away(project.store, "first", "first.md")
    old(project, "first-b")
    Path(project.store.sessions, "first-b.md").rename(Path(project.store.sessions, "first.md"))
    assert run_ocm(project.root, "prune", "--restore", "first").stdout == "Restored: first-2.md\n"
    assert ids(project.store) == ["first", "first-b"]
    with pytest.raises(NotFoundError, match="archive"):
        archive.take_out(project.store, "first")


# --- export and import


def test_a_store_is_carried_along_letter_by_letter(project: Project, tmp_path: Path) -> None:
    project.checkpoint("one", goal="Ünïcödé 日本 🎉", decisions=["**a:** b\n\n```\ncode\n```"])
    old(project, "away")
    put(
        project.store,
        "crlf.md",
        "---\r\nocm: 1\r\nsession_id: crlf\r\nmine: x\r\n---\r\n\r\n# Title\r\n\r\n## Own\r\n\r\ntext\t \r\n",
    )
    archive.put_away(project.store, "away", "away.md")
    before = {**everything(project.store.sessions), **everything(archive.store_of(project.store).sessions)}
    file = tmp_path / "all.json"
    assert run_ocm(project.root, "export", "--all", str(file)).stdout == f"3 sessions written to {file}.\n"
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")
    done = json.loads(run_ocm(other.root, "import", str(file), "--json").stdout)
    assert sorted(done["written"]) == sorted(before)
    assert {**everything(other.store.sessions), **everything(archive.store_of(other.store).sessions)} == before
    assert ids(other.store) == ids(project.store)
    again = json.loads(run_ocm(other.root, "import", str(file), "--json").stdout)
    assert (again["written"], sorted(again["same"])) == ([], sorted(before))
    assert os.stat(file).st_mode & 0o777 == 0o600


def test_what_is_here_stays_unless_it_is_to_be_replaced(project: Project, tmp_path: Path) -> None:
    project.checkpoint("one", goal="before")
    file = str(tmp_path / "all.json")
    export_import.export(project.store, file)
    project.checkpoint("one", goal="after")
    now = project.file().read_bytes()
    assert export_import.bring_in(project.store, file).kept == [project.file().name]
    assert project.file().read_bytes() == now
    assert export_import.bring_in(project.store, file, replace=True).written == [project.file().name]
    assert project.session().goal == "before"
    (copy,) = backups.paths_of(project.store)
    export_import.bring_in(project.store, copy, replace=True)
    assert project.file().read_bytes() == now


def test_a_name_that_is_taken_gets_another(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("a", goal="a"))
    other = make_store(tmp_path / "other")
    put(other, "one.md", session("b", goal="b"))
    export_import.export(other, str(tmp_path / "all.json"))
    assert export_import.bring_in(project.store, str(tmp_path / "all.json")).written == ["one-2.md"]
    assert ids(project.store) == ["a", "b"]


def test_secrets_are_taken_out_on_both_ways(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("one", goal=f"use {TOKEN}"))
    file = tmp_path / "all.json"
    assert export_import.export(project.store, str(file)).redactions == 1
    assert TOKEN not in file.read_text(encoding="utf-8")
    tree = json.loads(file.read_text(encoding="utf-8"))
    tree["sessions"][0]["text"] = tree["sessions"][0]["text"].replace("[REDACTED:github-token]", TOKEN)
    file.write_text(json.dumps(tree), encoding="utf-8")
    other = make_store(tmp_path / "other")
    assert export_import.bring_in(other, str(file)).redactions == 1
    assert TOKEN.encode() not in b"".join(everything(other.path).values())


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
def test_a_name_that_leads_elsewhere_imports_nothing(project: Project, tmp_path: Path, name: object) -> None:
    text = "---\nocm: 1\nsession_id: evil\n---\n"
    rows = [{"file": "good.md", "text": text.replace("evil", "good")}, {"file": name, "text": text}]
    file = tmp_path / "in" / "all.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"ocm": 1, "kind": "store", "sessions": rows}), encoding="utf-8")
    before = everything(str(tmp_path))
    with pytest.raises(OcmError, match="session 2"):
        export_import.bring_in(project.store, str(file))
    assert everything(str(tmp_path)) == before


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


def test_an_export_does_not_go_into_the_store(project: Project) -> None:
    project.checkpoint("one", goal="g")
    with pytest.raises(OcmError, match="store itself"):
        export_import.export(project.store, project.store.sessions + "/x.json")


def test_export_without_anything_says_what_it_takes(project: Project) -> None:
    assert run_ocm(project.root, "export").returncode == 2


def test_only_three_safety_copies_are_kept(project: Project) -> None:
    project.checkpoint("one", goal="g")
    made = [backups.make(project.store, "test") for _ in range(5)]
    assert backups.paths_of(project.store) == made[-backups.KEPT :]


def test_four_imports_at_once_write_each_session_once(project: Project, tmp_path: Path) -> None:
    other = make_store(tmp_path / "other")
    for number in range(20):
        put(other, f"s{number}.md", session(f"s{number}", goal="g"))
    export_import.export(other, str(tmp_path / "all.json"))
    code = "import sys; from ocm.sessions import export_import; from ocm.store import paths; export_import.bring_in(paths.find_store(sys.argv[1]), sys.argv[2])"
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(project.root), str(tmp_path / "all.json")], cwd=project.root)
        for _ in range(4)
    ]
    assert [racer.wait() for racer in racers] == [0] * 4
    assert ids(project.store) == sorted(f"s{number}" for number in range(20))
    assert len(project.files()) == 20
    assert all(parse.parse(path.read_text(encoding="utf-8")).goal == "g" for path in project.files())


def test_a_store_without_its_sessions_has_nothing_to_put_away_or_to_carry(project: Project, tmp_path: Path) -> None:
    os.rmdir(project.store.sessions)
    assert archive.old_sessions(project.store, 0) == []
    assert export_format.collect(project.store) == ([], [])
    assert forget._notes(Store(str(tmp_path / "gone"), str(tmp_path))) == []


def test_what_is_no_session_is_not_carried_along_and_what_cannot_be_read_is_named(project: Project) -> None:
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
    export_import.export(project.store, file)
    monkeypatch.setattr("ocm.store.paths.MAX_SESSION_FILE", 100)
    with pytest.raises(OcmError, match="session 1 is too large"):
        export_format.read(file)
    monkeypatch.setattr(export_format, "MAX_BYTES", 100)
    with pytest.raises(OcmError, match="is larger than"):
        export_format.read(file)


def test_to_forget_a_session_takes_it_out_of_copies_and_leaves_the_others(project: Project) -> None:
    put(project.store, "other.md", session("other", goal="stays"))
    without = backups.make(project.store, "before")
    before = Path(without).read_bytes()
    put(project.store, "one.md", session("one", goal="a secret of mine"))
    backups.make(project.store, "with")
    (Path(project.store.path) / backups.FOLDER / "broken.json").write_text("{ a secret of mine", encoding="utf-8")
    (Path(project.store.path) / "hook.log").write_text("a line about something else\n", encoding="utf-8")
    forget.forget(project.store, "one")
    assert Path(without).read_bytes() == before
    assert len(backups.paths_of(project.store)) == 2, "nothing could be restored from the broken one"
    assert b"a secret of mine" not in b"".join(everything(project.store.path).values())
    assert (Path(project.store.path) / "hook.log").read_text(encoding="utf-8") == "a line about something else\n"


def test_the_command_says_what_an_import_left_out_and_took_out(project: Project, tmp_path: Path) -> None:
    put(project.store, "one.md", session("one", goal="before"))
    put(project.store, "two.md", session("two", goal="plain"))
    file = tmp_path / "all.json"
    export_import.export(project.store, str(file))
    file.write_text(file.read_text(encoding="utf-8").replace("plain", f"use {TOKEN}"), encoding="utf-8")
    put(project.store, "one.md", session("one", goal="after"))
    os.unlink(os.path.join(project.store.sessions, "two.md"))
    assert run_ocm(project.root, "import", str(file)).stdout.splitlines() == [
        "1 sessions written, 0 were here already.",
        "1 differ from what is here and were left out; --replace takes them.",
        "1 secrets were removed.",
    ]
