"""Looking at what is stored: one session, lists, and where things stand."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from ocm.base.errors import NotFoundError, UnreadableSessionError
from ocm.recall import listing, show
from ocm.sessions import archive, backups
from ocm.store import journal
from tests.support.builders import CHECKPOINT_TOOL, Project

KEYS = {"session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"}


@pytest.fixture
def filled(project: Project) -> Project:
    project.checkpoint(
        "0f6c-one", goal="Cut latency", slug="tei-migration", tool="claude-code", decisions=["d1", "d2"], tags=["t"]
    )
    project.checkpoint("0f6d-two", goal="Write docs", title="Docs", tool="cursor", work_pending=["p"])
    return project


# --- lists


def test_a_list_has_the_keys_of_the_contract_and_the_newest_first(filled: Project) -> None:
    rows = listing.list_sessions(filled.store)
    assert all(set(row) >= KEYS for row in rows)
    assert sorted(row["session_id"] for row in rows) == ["0f6c-one", "0f6d-two"]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert len(listing.list_sessions(filled.store, 1)) == 1
    for everything in (-1, -(10**30), 10**30):
        assert len(listing.list_sessions(filled.store, everything)) == 2
    assert [row["session_id"] for row in listing.list_sessions(filled.store, 10, "cursor")] == ["0f6d-two"]
    json.dumps(rows)


def test_an_empty_store_has_an_empty_list(project: Project) -> None:
    assert listing.list_sessions(project.store) == []


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


# --- where things stand


def test_the_status_shows_count_threshold_and_gate(project: Project) -> None:
    project.calls(5)
    project.denied()
    (active,) = show.status(project.store)["active"]
    assert (active["session_id"], active["tool"], active["calls"], active["threshold"], active["gate_shut"], active["denials"]) == (
        "S", "claude-code", 5, 5, True, 1,
    )  # fmt: skip
    project.checkpoint(goal="g")
    (active,) = show.status(project.store)["active"]
    assert (active["calls"], active["gate_shut"]) == (0, False)


def test_the_status_of_an_empty_store_is_one_too(project: Project) -> None:
    found = show.status(project.store)
    assert (found["active"], found["sessions"], found["scope"]) == ([], 0, "project")
    assert found["store"] == project.store.path
    assert {name: size for name, size in found["sizes"].items() if size and name != "cache"} == {}
    os.rmdir(project.store.sessions)
    assert show.status(project.store)["sessions"] == 0


def test_the_status_counts_bytes_by_what_they_are_for(filled: Project) -> None:
    filled.calls(1)
    (Path(filled.store.path) / "hook.log").write_text("x" * 10, encoding="utf-8")
    listing.list_sessions(filled.store)
    found = show.status(filled.store)
    assert found["sessions"] == 2
    assert found["sizes"]["log"] == 10
    assert found["sizes"]["sessions"] == sum(path.stat().st_size for path in filled.files())
    assert found["sizes"]["cache"] > 0
    assert found["sizes"]["journals"] > 0
    assert found["bounds"].keys() == found["sizes"].keys()


def test_the_status_counts_what_was_put_away_and_copied(filled: Project) -> None:
    archive.archive_session(
        filled.store,
        "0f6d-two",
        next(path.name for path in filled.files() if "0f6d" in path.read_text(encoding="utf-8")),
    )
    backups.create(filled.store, "test")
    sizes = show.status(filled.store)["sizes"]
    assert sizes["archive"] > 0
    assert sizes["copies"] > 0


def test_a_journal_whose_times_make_no_sense_has_no_last_event(project: Project) -> None:
    journal.append(project.store.path, "S", [{"e": "call", "t": 1e300}])
    (active,) = show.status(project.store)["active"]
    assert (active["last_event"], active["tool"]) == (None, None)


def test_active_are_the_sessions_with_a_journal_the_latest_first(project: Project) -> None:
    for age, session_id in ((7200, "early"), (10, "late"), (50_000, "old")):
        project.calls(1, session_id)
        then = time.time() - age
        os.utime(journal.active_path(project.store.path, session_id), (then, then))
    project.calls(1, "taken")
    journal.take_over(project.store.path, "taken")
    project.calls(1, "a/b")
    assert show.active_ids(project.store) == ["a/b", "late", "early"]


def test_a_session_that_ended_is_not_active(project: Project) -> None:
    project.calls(2)
    project.hook("session-end")
    assert show.active_ids(project.store) == []


def test_a_tool_use_is_joined_with_the_session_whose_hook_saw_it(project: Project) -> None:
    project.calls(1, "other")
    project.hook("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_use_id="toolu_1", session_id="a/b")
    assert show.session_that_asked(project.store, "toolu_1") == "a/b"
    assert show.session_that_asked(project.store, "toolu_2") == ""
    assert show.session_that_asked(project.store, "") == ""


def test_a_journal_that_is_gone_was_never_touched(tmp_path: Path) -> None:
    assert show._touched(str(tmp_path / "gone")) == 0.0


def test_the_status_of_sessions_that_may_not_be_read_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.listdir

    def forbidden(path: str) -> list[str]:
        if path == project.store.sessions:
            raise PermissionError(13, "Permission denied", path)
        return really(path)

    monkeypatch.setattr(os, "listdir", forbidden)
    said: list[str] = []
    show._look_at_sessions(project.store, said.append)
    assert said == [
        f"{project.store.sessions} cannot be read: Permission denied. Look at the permissions of that folder."
    ]
