"""`ocm todo`, `done` and `drop`: items one by one, over all sessions, written where they are."""

import json
from typing import Any

from ocm.sessions import hand_edits
from tests.support.builders import Project, git, run_ocm


def listed(project: Project) -> list[tuple[int, str]]:
    return [(row["number"], row["item"]) for row in json.loads(run_ocm(project.root, "todo", "--json").stdout)]


def test_items_of_all_sessions_are_listed_ticked_and_dropped(project: Project) -> None:
    project.checkpoint("A", goal="g", work_pending=["Write the tests", "Ship it", "Old thing"])
    project.checkpoint("B", work_pending=["Ship it", "Measure it"], work_completed=["Removed old thing"])
    assert listed(project) == [(1, "Write the tests"), (2, "Ship it"), (3, "Old thing"), (4, "Measure it")]
    assert run_ocm(project.root, "done", "2").stderr.strip() == "ocm: Done: Ship it"
    assert run_ocm(project.root, "drop", "1").stderr.strip() == "ocm: Dropped: Write the tests"
    assert listed(project) == [(1, "Old thing"), (2, "Measure it")]
    texts = [path.read_text(encoding="utf-8") for path in project.files()]
    assert all("- [x] Ship it" in text for text in texts)
    assert not any("Write the tests" in text for text in texts)


def test_what_a_person_adds_is_listed_once_and_in_the_brief(project: Project) -> None:
    for _ in range(2):
        assert run_ocm(project.root, "todo", "add", "Call", "Ines").returncode == 0
    assert listed(project) == [(1, "Call Ines")]
    assert "- Call Ines [1]" in run_ocm(project.root, "resume").stdout
    assert "  1 Call Ines · " in run_ocm(project.root, "todo").stdout
    assert run_ocm(project.root, "done", "1").returncode == 0
    assert run_ocm(project.root, "todo").stdout == "Nothing is open.\n"


def test_what_makes_no_sense_is_refused(project: Project) -> None:
    said: list[Any] = [
        run_ocm(project.root, *words) for words in (["todo", "x"], ["todo", "add"], ["todo", "add", " "])
    ]
    assert [done.returncode for done in said] == [2, 2, 2]
    done = run_ocm(project.root, "done", "1")
    assert (done.returncode, "There is no open item 1." in done.stderr) == (1, True)


def test_branch_and_project_of_an_item_by_hand_are_stored_without_the_secrets_in_them(repo: Project) -> None:
    token = "ghp_" + "aB3" * 12
    git(repo.root, "remote", "add", "origin", f"https://example.org/{token}.git")
    git(repo.root, "checkout", "-q", "-b", token)
    hand_edits.add(repo.store, "Call Ines")
    assert (repo.session().project, repo.session().branch) == ("[REDACTED:github-token]",) * 2
