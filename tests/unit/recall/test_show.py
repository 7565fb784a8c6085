"""One session, whole or in parts."""

from __future__ import annotations

import json
import os

import pytest

from ocm.base.errors import NotFoundError, UnreadableSessionError
from ocm.recall import show
from ocm.store import journal
from tests.support.builders import Project

KEYS = {"session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"}


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c-one", goal="Cut latency", slug="tei-migration", tool="claude-code", decisions=["d1", "d2"], tags=["t"]
    )
    project.checkpoint("0f6d-two", goal="Write docs", title="Docs", tool="cursor", work_pending=["p"])
    return project


# --- one session


@pytest.mark.parametrize("identifier", ["0f6c-one", "0f6c", "tei-migration", "FILE"])
def test_a_session_is_found_by_id_prefix_slug_and_file(filled: Project, identifier: str) -> None:
    (name,) = [path.name for path in filled.files() if "tei" in path.name]
    assert show.show(filled.store, name if identifier == "FILE" else identifier)["session_id"] == "0f6c-one"


def test_the_latest_is_one_of_them(filled: Project) -> None:
    assert show.show(filled.store, "latest")["session_id"] in {"0f6c-one", "0f6d-two"}


def test_what_is_not_there_or_not_unique_is_an_error_with_candidates(filled: Project) -> None:
    with pytest.raises(NotFoundError, match="There is no session 'nothing'"):
        show.show(filled.store, "nothing")
    with pytest.raises(NotFoundError, match="may mean 2 sessions: .*0f6c-one"):
        show.show(filled.store, "0f6")


def test_a_session_is_shown_under_the_names_of_the_checkpoint(filled: Project) -> None:
    found = show.show(filled.store, "0f6c")
    assert found["decisions"] == ["d1", "d2"]
    assert (found["tags"], found["ended_at"], found["slug"]) == (["t"], None, "tei-migration")
    assert (found["goal"], found["title"]) == ("Cut latency", "Cut latency")
    assert KEYS | {
        "work_completed",
        "work_pending",
        "work_summary",
        "problems",
        "plan_files",
        "references",
        "files",
        "notes",
    } <= set(found)
    assert os.path.isabs(found["markdown_path"])
    json.dumps(found)


def test_a_session_is_shown_with_its_last_words(project: Project) -> None:
    stop = journal.event("stop", words="Chose port 3; the docs are still open.")
    journal.append(project.store.path, "S", [stop])
    project.checkpoint(goal="g")
    assert show.show(project.store, "S")["last_words"] == "Chose port 3; the docs are still open."
    asked = show.excerpt(project.store, "S", ["last_words"], 400)
    assert asked.get("last_words") == "Chose port 3; the docs are still open."


def test_files_are_shown_with_what_happened_to_them(project: Project) -> None:
    project.edited("a.py")
    project.checkpoint(goal="g", plan_files=[{"path": "p", "header": "h"}], references=[{"url": "u", "title": "t"}])
    path = project.file()
    path.write_text(
        path.read_text().replace("### Modified", "### Renamed\n\n- `o` → `n`\n\n### Modified"), encoding="utf-8"
    )
    found = show.show(project.store, "S")
    assert found["files"] == [
        {"path": "a.py", "change_type": "modified"},
        {"path": "n", "change_type": "renamed", "old_path": "o"},
    ]
    assert found["plan_files"] == [{"path": "p", "header": "h"}]
    assert found["references"] == [{"url": "u", "title": "t"}]


def test_a_session_that_cannot_be_read_is_named(filled: Project) -> None:
    (path,) = [path for path in filled.files() if "tei" in path.name]
    path.write_text("---\nocm: 1\nsession_id: 0f6c-one\nx: [\n---\n", encoding="utf-8")
    for identifier in ("0f6c-one", path.name):
        with pytest.raises(UnreadableSessionError, match="line 5"):
            show.show(filled.store, identifier)
    assert show.show(filled.store, "0f6d")["goal"] == "Write docs"


def test_the_text_of_a_session_is_its_file(filled: Project) -> None:
    (path,) = [path for path in filled.files() if "tei" in path.name]
    assert show.text(filled.store, "tei-migration") == path.read_text(encoding="utf-8")


# --- excerpts


def test_an_excerpt_holds_what_was_asked_for(filled: Project) -> None:
    found = show.excerpt(filled.store, "0f6c", ["goal", "decisions"], 1000)
    assert (found["goal"], found["decisions"], found["cut"]) == ("Cut latency", ["d1", "d2"], [])
    assert "tags" not in found


@pytest.mark.parametrize("tokens", [0, -5])
def test_an_excerpt_without_room_names_all_that_is_missing(filled: Project, tokens: int) -> None:
    found = show.excerpt(filled.store, "0f6c", ["goal", "decisions", "problems"], tokens)
    assert (found["goal"], found["decisions"], found["problems"]) == ("", [], [])
    assert found["cut"] == ["goal: 1 of 1 left out", "decisions: 2 of 2 left out"]


@pytest.mark.parametrize("tokens", [250, 300, 500, 1000, 3000])
def test_an_excerpt_keeps_to_its_length_and_says_what_did_not_fit(project: Project, tokens: int) -> None:
    goal = "one word and another " * 60
    project.checkpoint("A", goal=goal, decisions=[f"{n} decided" * 9 for n in range(40)], problems=['"quoted"\n' * 200])
    found = show.excerpt(project.store, "A", ["goal", "decisions", "problems"], tokens)
    assert len(json.dumps(found, ensure_ascii=False)) <= tokens * 4
    assert found["goal"]
    whole = len(found["decisions"]) == 40 and found["goal"] == goal.strip() and len(found["problems"]) == 1
    assert whole != bool(found["cut"])
    assert goal.startswith(found["goal"].removesuffix("…"))


def test_an_excerpt_says_how_far_it_still_holds(repo: Project) -> None:
    repo.hook("session-start")
    repo.edited(str(repo.root / "a.py"))
    repo.checkpoint(goal="g")
    assert show.excerpt(repo.store, "S", ["goal"], 500)["freshness"] == {"unchanged": 1, "changed": 0, "gone": 0}
    (repo.root / "a.py").write_bytes(b"other")
    found = show.excerpt(repo.store, "S", ["files"], 500)
    assert found["freshness"] == {"unchanged": 0, "changed": 1, "gone": 0}
    assert found["commits_since"] == 0
