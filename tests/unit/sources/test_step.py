"""Staying in step: what no hook saw of a conversation comes from its transcript, when it ends and when it is resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocm.index import access
from ocm.sessions import copies, forget, session_files
from ocm.sources import importer, step
from ocm.sources.importer import Wish
from tests.support.builders import Project, repository
from tests.support.session_store import everything
from tests.support.transcripts import OTHER, SESSION, Claude, small_change

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture
def repo(tmp_path: Path) -> Project:
    return Project(repository(tmp_path / "proj"))


def talked(repo: Project, tmp_path: Path, **fields: Any) -> Path:
    """Let a conversation begin and be heard of by hooks; its transcript tells of more. Returns that."""
    repo.hook("session-start", session_id=SESSION, source="startup", transcript_path=str(tmp_path / "t" / "none"))
    repo.hook("user-prompt", session_id=SESSION, prompt="Make the greeting friendlier")
    repo.edited(str(repo.root / "a.py"), SESSION)
    return small_change(str(repo.root), **fields).put(tmp_path / "t")


def ended(repo: Project, path: Path | str, session_id: str = SESSION) -> None:
    repo.hook("session-end", session_id=session_id, reason="other", transcript_path=str(path))


def test_the_end_completes_a_session_from_its_transcript(repo: Project, tmp_path: Path) -> None:
    ended(repo, talked(repo, tmp_path))
    found = repo.session()
    assert {change.path for change in found.files} == {"a.py", "greet.py"}
    assert (found.status, found.last_words) == ("closed", "The greeting is friendlier now.")
    assert repo.log() == []
    assert access.read(repo.store, lambda cache: cache.sessions(-1)[0].session_id) == SESSION


def test_after_it_an_import_finds_nothing_new(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, path)
    before = everything(repo.store.sessions)
    assert importer.run(repo.store, Wish((str(path),))).same == [SESSION]
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == ""
    assert everything(repo.store.sessions) == before


def test_after_an_import_it_changes_nothing(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    importer.run(repo.store, Wish((str(path),)))
    before = everything(repo.store.sessions)
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == ""
    assert everything(repo.store.sessions) == before


def test_more_of_a_transcript_that_says_nothing_changes_nothing(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, path)
    before = everything(repo.store.sessions)
    small_change(str(repo.root)).bare(type="mode", mode="x").put(tmp_path / "t")
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == ""
    assert everything(repo.store.sessions) == before


def test_what_a_checkpoint_said_is_not_outranked(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    repo.checkpoint(SESSION, goal="said", decisions=["said, too"], work_summary=["done"])
    ended(repo, path)
    found = repo.session()
    assert (found.goal, found.decisions, found.work_summary) == ("said", ["said, too"], ["done"])
    assert "greet.py" in {change.path for change in found.files}


def test_a_session_that_is_resumed_is_completed_and_stays_open(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    assert "greet.py" not in {change.path for change in repo.session().files}
    repo.hook("session-start", session_id=SESSION, source="resume", transcript_path=str(path))
    assert "greet.py" in {change.path for change in repo.session().files}
    repo.edited(str(repo.root / "b.py"), SESSION)
    ended(repo, path)
    assert {change.path for change in repo.session().files} == {"a.py", "b.py", "greet.py"}


def test_secrets_and_private_text_stay_out(repo: Project, tmp_path: Path) -> None:
    one = Claude(SESSION, str(repo.root)).prompt("Begin").prompt(f"use {SECRET} <private>my name</private>")
    talked(repo, tmp_path)
    ended(repo, one.says(f"I used {SECRET}, <private>my name</private> and went on.").put(tmp_path / "t"))
    text = repo.file().read_text(encoding="utf-8")
    assert "and went on" in text
    assert SECRET not in text
    assert "my name" not in text


def test_one_setting_turns_it_off(repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_SOURCES_STEP", "off")
    ended(repo, talked(repo, tmp_path))
    assert {change.path for change in repo.session().files} == {"a.py"}


def test_no_other_hook_looks_at_a_transcript(repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "complete", lambda *_: pytest.fail("a transcript was read"))
    path = str(talked(repo, tmp_path))
    for event in ("pre-tool-use", "post-tool-use", "user-prompt", "stop", "pre-compact"):
        repo.hook(event, session_id=SESSION, transcript_path=path, tool_name="Read", prompt="And now?")


def test_a_session_that_has_no_file_or_was_forgotten_gets_none(repo: Project, tmp_path: Path) -> None:
    path = small_change(str(repo.root)).put(tmp_path / "t")
    ended(repo, path)
    assert repo.files() == []
    ended(repo, talked(repo, tmp_path))
    forget.forget(repo.store, SESSION)
    talked(repo, tmp_path)
    ended(repo, path)
    assert {change.path for change in repo.session().files} == {"a.py"}


@pytest.mark.parametrize("text", ["", "{", '{"type": "user"}\n', "\0\0\0"])
def test_a_file_that_is_no_transcript_changes_nothing(repo: Project, tmp_path: Path, text: str) -> None:
    talked(repo, tmp_path)
    path = tmp_path / "x.jsonl"
    path.write_text(text, encoding="utf-8")
    ended(repo, path)
    assert {change.path for change in repo.session().files} == {"a.py"}
    assert repo.log() == []


def test_the_transcript_of_another_conversation_is_not_taken(repo: Project, tmp_path: Path) -> None:
    talked(repo, tmp_path)
    ended(repo, small_change(str(repo.root), OTHER).put(tmp_path / "u"))
    assert {change.path for change in repo.session().files} == {"a.py"}


def test_a_history_without_a_reader_and_a_missing_file_are_passed_over(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    assert step.complete(repo.store, SESSION, "droid", str(path)) == ""
    assert step.complete(repo.store, SESSION, "claude-code", str(tmp_path / "none")) == ""
    assert {change.path for change in repo.session().files} == {"a.py"}


def test_what_takes_too_long_is_left_to_an_import_and_said(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    before = everything(repo.store.sessions)
    assert step.complete(repo.store, SESSION, "claude-code", str(path), seconds=0) == step.LATE
    monkeypatch.setattr(step, "MAX_BYTES", 100)
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == step.LATE
    assert everything(repo.store.sessions) == before
    repo.hook("session-start", session_id=SESSION, source="resume", transcript_path=str(path))
    assert "ocm import" in repo.log()[-1]


def test_a_crowded_folder_is_not_looked_through(repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "_BESIDE", 0)
    small_change(str(repo.root), OTHER).put(tmp_path / "t")
    ended(repo, talked(repo, tmp_path))
    assert "greet.py" in {change.path for change in repo.session().files}


def test_a_session_file_that_cannot_be_read_is_named_and_left(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    text = repo.file().read_text(encoding="utf-8").replace("ocm: ", "ocm: 9", 1)
    repo.file().write_text(text, encoding="utf-8")
    monkeypatch.setattr(session_files, "locate", lambda *_: repo.file().name)
    assert repo.file().name in step.complete(repo.store, SESSION, "claude-code", str(path))
    assert repo.file().read_text(encoding="utf-8") == text


def test_a_file_that_is_changed_all_the_time_is_said(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    monkeypatch.setattr(session_files, "write", lambda *_, **__: None)
    assert "changed all the time" in step.complete(repo.store, SESSION, "claude-code", str(path))


def test_a_file_that_a_person_renamed_is_found_under_its_name(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    ended(repo, "")
    repo.file().rename(repo.file().with_name("mine.md"))
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == ""
    assert "greet.py" in {change.path for change in repo.session().files}
    assert access.read(repo.store, lambda cache: len(cache.sessions(-1))) == 1


def test_a_session_that_was_merged_into_another_one_is_not_completed_there(repo: Project, tmp_path: Path) -> None:
    path = talked(repo, tmp_path)
    repo.checkpoint(SESSION, goal="the same work")
    repo.checkpoint("mine", goal="the same work")
    copies.join(repo.store, *(session_files.locate(repo.store, one, []) for one in ("mine", SESSION)))
    before = repo.session()
    assert step.complete(repo.store, SESSION, "claude-code", str(path)) == ""
    assert repo.session() == before
