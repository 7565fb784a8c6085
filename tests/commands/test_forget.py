"""`ocm forget`: it asks first."""

from __future__ import annotations

from pathlib import Path

from tests.support.builders import Project, run_ocm
from tests.support.session_store import filled, ids, put, session


def test_the_command_asks_first(project: Project) -> None:
    filled(project)
    assert run_ocm(project.root, "forget", "gone", stdin="n\n").returncode != 0
    assert ids(project.store) == ["gone", "stays"]
    assert run_ocm(project.root, "forget", "nobody", "--yes").returncode == 1
    assert "Forgotten" in run_ocm(project.root, "forget", "gone", stdin="y\n").stdout
    assert ids(project.store) == ["stays"]


def test_forgetting_a_copy_by_its_file_name_removes_that_file_alone(project: Project) -> None:
    put(project.store, "a.md", session("A", updated_at="2026-03-02T00:00:00+00:00"))
    put(project.store, "a (conflicted copy).md", session("A", updated_at="2026-03-01T00:00:00+00:00"))
    done = run_ocm(project.root, "forget", "-y", "a (conflicted copy).md")
    assert (done.returncode, done.stdout) == (0, "Removed: a (conflicted copy).md. Its session is in a.md.\n")
    assert [path.name for path in project.files()] == ["a.md"]


def test_forgetting_a_session_names_every_file_that_it_would_remove(project: Project) -> None:
    for name in ("a.md", "a copy.md"):
        put(project.store, name, session("A"))
    done = run_ocm(project.root, "forget", "A", stdin="n\n")
    assert "Remove a.md, a copy.md (A) for good?" in done.stderr
    assert len(project.files()) == 2
    copies_folder = Path(project.store.path) / "copies"
    copies_folder.mkdir()
    (copies_folder / "x.json").write_text("{", encoding="utf-8")
    done = run_ocm(project.root, "forget", "-y", "A")
    assert "x.json cannot be read, so it was left as it is" in done.stderr
    assert (copies_folder / "x.json").exists()
    assert project.files() == []


def test_a_question_that_nobody_can_answer_says_so(project: Project) -> None:
    put(project.store, "a.md", session("A"))
    done = run_ocm(project.root, "forget", "A", stdin="")
    assert (done.returncode, "Nobody answered the question" in done.stderr) == (1, True)
    assert len(project.files()) == 1
