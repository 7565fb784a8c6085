"""Forgetting: what goes is gone to the last byte, what stays is whole, and a half-done one is finished."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ocm.sessions import archive, backups, checkpoints, export_format, forget
from ocm.store import journal, trust
from tests.support.builders import Project, run_ocm
from tests.support.session_store import everything, filled, ids, put, session


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
    assert [entry.text for entry in export_format.read(backups.list_paths(project.store)[0]).entries] == [
        project.file().read_text(encoding="utf-8")
    ]


def test_no_other_conversation_has_been_told_of_it_and_each_goes_on_as_it_was(project: Project) -> None:
    filled(project)
    project.edited("c.py", "stays")
    journal.take_over(project.store.path, "stays")
    about = journal.event("told", recall=["gone", "other"])
    journal.append(project.store.path, "stays", [about, journal.event("ask", id="gone")])
    with open(journal.active_path(project.store.path, "stays"), "ab") as file:
        file.write(b'{"gone"\n')
    before, tally = project.lines("stays"), project.tally("stays").calls
    forget.forget(project.store, "gone")
    after = project.lines("stays")
    assert [line.get("recall") for line in after if line.get("e") == "told"] == [["other"]]
    assert [line for line in after if line.get("e") != "told"] == [line for line in before if line.get("e") != "told"]
    assert project.tally("stays").calls == tally
    project.edited("d.py", "stays")
    project.checkpoint("stays", goal="more")
    (stays,) = project.files()
    assert "c.py" in stays.read_text(encoding="utf-8")
    assert "d.py" in stays.read_text(encoding="utf-8")


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
    archive.archive_session(project.store, "gone", name)
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


@pytest.mark.parametrize("text", ["", "[]", "{", '{"session": 5}', '{"session": "stays"}'])
def test_a_note_that_is_none_forgets_nothing(project: Project, text: str) -> None:
    filled(project)
    (Path(project.store.path) / "forget_gone.json").write_text(text, encoding="utf-8")
    forget.finish(project.store)
    assert ids(project.store) == ["gone", "stays"]


def test_to_forget_a_session_takes_it_out_of_backups_and_leaves_the_others(project: Project) -> None:
    put(project.store, "other.md", session("other", goal="stays"))
    without = backups.create(project.store, "before")
    before = Path(without).read_bytes()
    put(project.store, "one.md", session("one", goal="a secret of mine"))
    backups.create(project.store, "with")
    (Path(project.store.path) / backups.FOLDER / "broken.json").write_text("{ a secret of mine", encoding="utf-8")
    (Path(project.store.path) / "hook.log").write_text("a line about something else\n", encoding="utf-8")
    assert [os.path.basename(path) for path in forget.forget(project.store, "one").unread] == ["broken.json"]
    assert Path(without).read_bytes() == before
    assert len(backups.list_paths(project.store)) == 3, "what cannot be read is kept and named"
    left = {name: data for name, data in everything(project.store.path).items() if not name.endswith("broken.json")}
    assert b"a secret of mine" not in b"".join(left.values())
    assert (Path(project.store.path) / "hook.log").read_text(encoding="utf-8") == "a line about something else\n"


def test_a_backup_that_can_be_read_in_part_loses_the_session_and_is_named(project: Project) -> None:
    put(project.store, "one.md", session("one", goal="a secret of mine"))
    copy = Path(backups.create(project.store, "before"))
    tree = json.loads(copy.read_text(encoding="utf-8"))
    tree["sessions"].append({"file": "odd.md", "text": 5})
    copy.write_text(json.dumps(tree), encoding="utf-8")
    assert forget.forget(project.store, "one").unread == [str(copy)]
    left = json.loads(copy.read_text(encoding="utf-8"))["sessions"]
    assert left == [{"file": "odd.md", "text": 5}], "what cannot be read stays as it is"
