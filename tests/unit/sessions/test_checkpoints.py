"""The service: one transaction a checkpoint, and whatever dies in between costs nothing and counts nothing twice."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ocm.base import times
from ocm.base.errors import BadInputError, OcmError, UnreadableSessionError
from ocm.base.model import WorkEntry
from ocm.base.rows import SessionRow
from ocm.index import checkpoint_queries
from ocm.markdown import parse, session_file
from ocm.sessions import checkpoints, forget, merge, session_files
from ocm.store import files, gate, journal, paths
from tests.support.builders import CHECKPOINT_TOOL, Project, git, run_ocm

TOKEN = "ghp_" + "aB3" * 12


def rows(project: Project) -> list[SessionRow]:
    from ocm.recall import listing

    return listing.names(project.store)


def edit_file(project: Project, old: str, new: str) -> None:
    path = project.file()
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- one checkpoint


def test_a_checkpoint_says_where_it_went(repo: Project) -> None:
    repo.edited("a.py")
    result = repo.checkpoint(goal="Cut latency", slug="tei", decisions=[f"use {TOKEN}", "**TEI:** native"])
    assert result == {
        "session_id": "S",
        "markdown_path": str(repo.file().resolve()),
        "status": "open",
        "files_recorded": 1,
        "redactions": 1,
        "warnings": [],
    }
    assert TOKEN not in repo.file().read_text(encoding="utf-8")
    assert repo.session().decisions[1] == "**TEI:** native"
    assert [row["session_id"] for row in rows(repo)] == ["S"]


def test_private_text_is_not_written_and_what_is_empty_then_is_not_given(project: Project) -> None:
    result = project.checkpoint(
        goal="<private>x</private>", problems=["<private>y</private>", "kept"], plan_files=[{"path": "<private>p</private>"}],
        references=[{"url": "u", "title": "<private>t</private>"}], work_summary=[f"{TOKEN}", f"{TOKEN[:-1]}4"],
    )  # fmt: skip
    session = project.session()
    assert (session.goal, session.problems, session.plan_files) == ("", ["kept"], [])
    assert [(link.url, link.title) for link in session.references] == [("u", "")]
    assert len(session.work_summary) == 1
    assert result["redactions"] >= 5


@pytest.mark.parametrize(
    "arguments",
    [{"session_id": ""}, {"goal": 7}, {"status": "x"}, {"goal": "x" * 50_001}, {"decisions": ["\ud800"]}, {"x": 1}],
)
def test_bad_input_changes_nothing(project: Project, arguments: dict[str, Any]) -> None:
    project.calls(2)
    before = sorted(os.listdir(project.store.path))
    with pytest.raises(BadInputError):
        checkpoints.checkpoint(project.store, {"session_id": "S", **arguments})
    assert sorted(os.listdir(project.store.path)) == before
    assert project.files() == []
    assert project.tally().calls == 2


def test_repeated_items_are_stored_once(project: Project) -> None:
    for _ in range(2):
        project.checkpoint(
            goal="g", work_completed=["a"], work_summary=["b"], decisions=["c"], problems=["d"], tags=["t"]
        )
    session = project.session()
    assert (session.work_completed, session.work_summary, session.decisions, session.problems, session.tags) == (
        ["a"], ["b"], ["c"], ["d"], ["t"],
    )  # fmt: skip
    assert len(session.work) == 1


def test_pending_work_is_replaced_emptied_and_completed(project: Project) -> None:
    project.checkpoint(work_pending=["a", "b"])
    project.checkpoint(work_completed=["a"])
    assert (project.session().work_completed, project.session().work_pending) == (["a"], ["b"])
    project.checkpoint(work_pending=["c"])
    assert project.session().work_pending == ["c"]
    project.checkpoint(work_pending=[])
    assert project.session().work_pending == []


def test_an_item_of_50_000_characters_is_kept_whole(project: Project) -> None:
    item = ("word " * 10_000)[:50_000].strip() + "x"
    project.checkpoint(problems=[item, "- a\n```\n# b"])
    assert project.session().problems == [item, "- a\n```\n# b"]


def test_status_stays_until_it_is_given_or_work_goes_on(project: Project) -> None:
    project.checkpoint(goal="g", status="frozen")
    project.calls(1)
    project.checkpoint(goal="h")
    assert project.session().status == "frozen"
    project.checkpoint(status="closed")
    assert project.session().status == "closed"
    assert project.session().ended_at
    project.calls(1)
    project.checkpoint()
    assert (project.session().status, project.session().ended_at) == ("open", "")


def test_a_resumed_session_is_open_again(project: Project) -> None:
    project.checkpoint(goal="g")
    project.hook("session-end")
    assert project.session().status == "closed"
    project.hook("session-start", source="resume")
    project.checkpoint(goal="h")
    assert (project.session().status, project.session().goal) == ("open", "h")


def test_the_store_is_private(project: Project) -> None:
    os.chmod(project.store.sessions, 0o755)  # noqa: S103 - what a careless umask leaves
    project.calls(1)
    project.checkpoint(goal="g")
    if os.name != "nt":
        assert os.stat(project.store.sessions).st_mode & 0o777 == 0o700
        assert project.file().stat().st_mode & 0o777 == 0o600


def test_nothing_but_the_session_is_left_behind(project: Project) -> None:
    project.calls(3)
    project.checkpoint(goal="g")
    assert sorted(os.listdir(project.store.path)) in (
        ["active_S.jsonl", "memory.db", "sessions"],
        ["active_S.jsonl", "sessions"],
    )
    assert os.listdir(project.store.sessions) == [project.file().name]


# --- machine checkpoints


def test_a_machine_checkpoint_keeps_the_count_however_often(project: Project) -> None:
    for expected in (2, 4, 6):
        project.changes(2)
        assert checkpoints.flush(project.store, "S")
        assert project.tally().calls == expected
    project.denied()
    checkpoints.flush(project.store, "S")
    assert project.tally().denials == 1
    project.checkpoint(work_pending=["a"])
    assert (project.tally().calls, project.tally().denials) == (0, 0)


@pytest.mark.usefixtures("steps_apart")
def test_a_release_is_kept_by_a_machine_checkpoint(project: Project) -> None:
    project.changes(5)
    for _ in range(4):
        project.denied()
    checkpoints.flush(project.store, "S")
    assert not project.denied()
    project.changes(4)
    assert not project.denied()
    project.changes(1)
    assert project.denied()


def test_only_changes_are_carried_where_only_they_count(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_GATE_COUNT", "changes")
    project.calls(3)
    project.edited("x.py")
    checkpoints.flush(project.store, "S")
    assert gate.tally(project.store.path, "S", changes_only=True).calls == 1


@pytest.mark.parametrize("events", [[], ["open"], ["open", "ask"], ["open", "stop"]])
def test_where_nothing_happened_there_is_nothing_to_store(project: Project, events: list[str]) -> None:
    journal.append(project.store.path, "S", [journal.event(kind, session="S") for kind in events])
    assert not checkpoints.flush(project.store, "S")
    assert project.files() == []
    assert not checkpoints.flush(project.store, "S", status="closed")
    assert project.journals() == []


def test_a_line_that_is_no_event_is_kept_when_nothing_else_happened(project: Project) -> None:
    Path(journal.active_path(project.store.path, "S")).write_bytes(b'{"e":"open"}\ntorn')
    assert not checkpoints.flush(project.store, "S", status="closed")
    assert b"torn" in journal.taken(project.store.path, "S")[0][1]


def test_journal_lines_of_the_reference_system_are_edits(project: Project) -> None:
    line = json.dumps({"path": str(project.root / "x.py"), "tool": "Edit", "ts": 1.5})
    Path(journal.active_path(project.store.path, "S")).write_text(line + "\n", encoding="utf-8")
    assert checkpoints.flush(project.store, "S")
    assert [change.path for change in project.session().files] == ["x.py"]


# --- hand edits


def test_a_tag_put_on_later_gathers_no_files_and_moves_no_date(repo: Project) -> None:
    repo.checkpoint(goal="g", status="closed")
    text = (
        repo.file()
        .read_text(encoding="utf-8")
        .replace(f"updated_at: {repo.session().updated_at}", "updated_at: 2026-01-01T10:00:00+00:00")
    )
    repo.file().write_text(text, encoding="utf-8")
    (repo.root / "later.py").write_text("x\n", encoding="utf-8")
    git(repo.root, "checkout", "-q", "-b", "other")
    repo.checkpoint(tags=["proxy"], title="The proxy")
    session = repo.session()
    assert (session.tags, session.title, session.files, session.status) == (["proxy"], "The proxy", [], "closed")
    assert (session.updated_at, session.branch) == ("2026-01-01T10:00:00+00:00", "main")
    repo.edited(str(repo.root / "later.py"))
    repo.checkpoint(tags=["more"])
    assert [change.path for change in repo.session().files] == ["later.py"]


def test_a_hand_edit_between_two_checkpoints_is_kept(project: Project) -> None:
    project.checkpoint(goal="g", decisions=["d"], tags=["t"])
    edit_file(project, "- d\n", "- d, edited\n  further\n\n<!-- mine -->\n\n## Notes\n\nmine\n")
    edit_file(project, "tags: [t]\n", "tags: [t] # mine\nowner: me\n")
    project.calls(1)
    project.checkpoint(goal="h", decisions=["e"])
    text = project.file().read_text(encoding="utf-8")
    for line in (
        "- d, edited\n  further\n- e\n\n<!-- mine -->\n",
        "\n## Notes\n\nmine\n",
        "tags: [t] # mine\nowner: me\n",
    ):
        assert line in text
    assert project.session().decisions == ["d, edited\nfurther", "e"]


def test_a_file_that_a_person_renamed_is_still_the_sessions(project: Project) -> None:
    project.checkpoint(goal="g")
    project.file().rename(project.file().with_name("my name.md"))
    project.checkpoint(goal="h")
    assert project.file().name == "my name.md"
    assert project.session().goal == "h"


def test_a_file_that_a_person_removed_is_made_anew(project: Project) -> None:
    project.checkpoint(goal="g")
    project.file().unlink()
    project.checkpoint(goal="h")
    assert project.session().goal == "h"


def test_an_edit_while_the_checkpoint_is_made_is_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint(goal="g")
    original = merge.merge
    edits = iter(["one", "two"])

    def meanwhile(*arguments: Any) -> Any:
        name = next(edits, None)
        if name:
            with project.file().open("a", encoding="utf-8") as file:
                file.write(f"\n## {name}\n")
        return original(*arguments)

    monkeypatch.setattr(merge, "merge", meanwhile)
    project.calls(1)
    project.checkpoint(goal="h")
    text = project.file().read_text(encoding="utf-8")
    assert "\n## one\n" in text
    assert "\n## two\n" in text
    assert project.session().goal == "h"
    assert "calls 1" in project.session().facts


def test_a_file_that_never_rests_is_an_error_and_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.checkpoint(goal="g")
    project.calls(2)
    monkeypatch.setattr(session_files, "is_unchanged", lambda *_: False)
    with pytest.raises(OcmError, match="changed all the time"):
        project.checkpoint(goal="h")
    monkeypatch.undo()
    assert project.tally().calls == 2
    project.checkpoint(goal="h")
    assert "calls 2" in project.session().facts


# --- files that cannot be read


BROKEN = ("---\nocm: 1\nsession_id: S\ntags: [\n---\n\nmine\n", 5)


@pytest.mark.parametrize("how", ["journal", "no journal", "no cache"])
def test_a_file_that_cannot_be_read_fails_by_name_and_line_and_nothing_is_lost(project: Project, how: str) -> None:
    project.checkpoint(goal="g")
    if how != "journal":
        project.hook("session-end")
    path = project.file()
    path.write_text(BROKEN[0], encoding="utf-8")
    if how == "no cache" and os.path.exists(project.store.database):
        os.unlink(project.store.database)
    project.edited("x.py")
    project.calls(5)
    for _ in range(2):
        with pytest.raises(UnreadableSessionError, match=re.escape(f"{path}, line {BROKEN[1]}")):
            project.checkpoint(goal="h")
    assert path.read_text(encoding="utf-8") == BROKEN[0]
    assert project.files() == [path]
    assert not project.denied()
    path.write_text(BROKEN[0].replace("[", "[]"), encoding="utf-8")
    project.checkpoint(goal="h")
    session = project.session()
    assert session.goal == "h"
    assert [change.path for change in session.files] == ["x.py"]
    assert "calls 6" in session.facts
    assert "mine" in path.read_text(encoding="utf-8")


def test_what_would_be_swallowed_is_not_written(project: Project) -> None:
    project.checkpoint(goal="g")
    edit_file(project, "```ocm", "## Mine\n\n<!-- left open\n\n```ocm")
    before = project.file().read_bytes()
    project.calls(5)
    with pytest.raises(UnreadableSessionError, match="left open"):
        project.checkpoint(goal="h")
    assert project.file().read_bytes() == before
    assert project.tally().calls == 5
    assert not project.denied()


# --- the order of a checkpoint, and what it costs


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is parsed from now on, as it happens: the beginning of each session file's text."""
    seen: list[str] = []
    original = session_file.SessionFile.__init__

    def counted(self: session_file.SessionFile, text: str) -> None:
        seen.append(text[:40])
        original(self, text)

    monkeypatch.setattr(session_file.SessionFile, "__init__", counted)
    return seen


@pytest.mark.parametrize("arguments", [{"decisions": ["d"]}, {"tags": ["t"]}, {"slug": "named"}])
@pytest.mark.parametrize("is_first", [True, False], ids=["a new session", "a known one"])
def test_a_checkpoint_parses_its_file_three_times_at_most(
    repo: Project, is_first: bool, arguments: dict[str, Any], parsed: list[str]
) -> None:
    if not is_first:
        repo.checkpoint(goal="g")
    repo.edited("a.py")
    parsed.clear()
    repo.checkpoint(**arguments)
    assert 0 < len(parsed) <= 3


def test_a_flush_parses_its_file_three_times_at_most(repo: Project, parsed: list[str]) -> None:
    repo.checkpoint(goal="g")
    repo.edited("a.py")
    parsed.clear()
    assert checkpoints.flush(repo.store, "S")
    assert 0 < len(parsed) <= 3


def test_git_is_asked_before_the_lock_and_the_cache_is_refreshed_after_it(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.checkpoint(goal="g")
    repo.edited("a.py")
    repo.calls(1)
    steps: list[str] = []

    def noted(target: object, name: str, step: str) -> None:
        original = getattr(target, name)

        def with_note(*arguments: Any, **more: Any) -> Any:
            steps.append(step)
            return original(*arguments, **more)

        monkeypatch.setattr(target, name, with_note)

    locked = files.locked

    @contextlib.contextmanager
    def noted_lock(path: str, **more: Any) -> Iterator[None]:
        with locked(path, **more):
            steps.append("lock")
            yield
        steps.append("unlock")

    monkeypatch.setattr(files, "locked", noted_lock)
    noted(subprocess, "Popen", "git")
    for target, name in ((journal, "take_over"), (merge, "merge"), (files, "atomic_write"), (journal, "drop")):
        noted(target, name, name)
    noted(checkpoint_queries, "refresh", "refresh")
    repo.checkpoint(decisions=["d"])
    assert "git" in steps
    assert [step for step in steps if step != "git"] == [
        "lock", "take_over", "merge", "atomic_write", "drop", "unlock", "refresh",
    ]  # fmt: skip
    assert "git" not in steps[steps.index("lock") : steps.index("unlock")]


# --- dying in between


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


STEPS: dict[str, tuple[object, str]] = {
    "before the take-over": (journal, "take_over"),
    "before the merge": (merge, "merge"),
    "before the write": (files, "atomic_write"),
    "before the rename": (os, "replace"),
    "behind the rename": (files, "sync_folder"),
    "before header and carry": (checkpoints, "_drop_journals"),
    "in place of header and carry": (journal, "append"),
    "before the first drop": (journal, "drop"),
    "before the cache": (checkpoints, "_refresh_cache"),
    "in the cache": (checkpoint_queries, "refresh"),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["a new session", "a known one"])
@pytest.mark.parametrize("semantic", [True, False], ids=["semantic", "machine"])
@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_costs_nothing(
    project: Project,
    step: str,
    semantic: bool,
    is_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_first:
        project.checkpoint(goal="before", work_summary=["before"])
    project.edited("x.py")
    project.calls(2)
    project.denied()
    arguments: dict[str, Any] = {"work_summary": ["done"], "decisions": ["d"]} if semantic else {"tags": ["t"]}
    target, name = STEPS[step]
    if is_first and name == "replace":
        name = "link"
    with monkeypatch.context() as patch:
        patch.setattr(target, name, die)
        with pytest.raises(KeyboardInterrupt):
            project.checkpoint(**arguments)
    assert project.tally().calls in ({0, 3} if semantic else {3})
    project.edited("y.py")
    project.checkpoint(**arguments)
    assert project.tally().calls == (0 if semantic else 4)
    session = project.session()
    assert "calls 4" in session.facts
    assert sorted(change.path for change in session.files) == ["x.py", "y.py"]
    assert session.work_summary == [*["before"] * (not is_first), *["done"] * semantic]
    assert session.decisions == ["d"] * semantic
    assert [name for name in project.journals() if name.startswith("taken_")] == []
    project.checkpoint()
    assert "calls 4" in project.session().facts
    assert [line for line in os.listdir(project.store.path) if line.endswith(".lock") or line.startswith(".ocm")] == []
    assert os.listdir(project.store.sessions) == [project.file().name]


@pytest.mark.parametrize("survivor", [1, 2])
def test_a_death_between_two_drops_costs_nothing(
    project: Project, survivor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x.py", "y.py", "z.py"):
        project.edited(name)
        journal.take_over(project.store.path, "S")
    drop = journal.drop
    dropped: list[str] = []

    def die_at_last(store: str, session_id: str, take: str) -> None:
        if len(dropped) == survivor:
            raise KeyboardInterrupt
        dropped.append(take)
        drop(store, session_id, take)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "drop", die_at_last)
        with pytest.raises(KeyboardInterrupt):
            project.checkpoint()
    assert project.tally().calls == 3
    project.calls(1)
    project.checkpoint()
    assert project.tally().calls == 4
    assert "calls 4" in project.session().facts
    assert [change.path for change in project.session().files] == ["x.py", "y.py", "z.py"]


def test_a_machine_checkpoint_behind_a_semantic_one_that_died_counts_from_there(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.calls(4)
    for arguments in ({"goal": "g"}, {}, {}):
        with monkeypatch.context() as patch:
            patch.setattr(checkpoints, "_drop_journals", die)
            with pytest.raises(KeyboardInterrupt):
                project.checkpoint(**arguments)
    project.calls(1)
    project.checkpoint()
    assert project.tally().calls == 1
    assert "calls 5" in project.session().facts


def test_a_death_while_a_session_is_renamed_loses_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.checkpoint(goal="g")
    project.calls(1)
    with monkeypatch.context() as patch:
        patch.setattr(files, "atomic_write", die)
        with pytest.raises(KeyboardInterrupt):
            project.checkpoint(slug="named")
    assert project.file().name.endswith("_named.md")
    project.checkpoint(slug="named", goal="h")
    assert project.file().name.endswith("_named.md")
    assert (project.session().goal, project.session().slug) == ("h", "named")


def test_a_line_that_is_no_event_is_kept_whatever_dies(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.calls(1)
    with open(journal.active_path(project.store.path, "S"), "ab") as file:
        file.write(b"torn\n")
    for step in ("before the write", "before header and carry", "before the first drop"):
        target, name = STEPS[step]
        with monkeypatch.context() as patch:
            patch.setattr(target, name, die)
            with pytest.raises(KeyboardInterrupt):
                project.checkpoint(goal="g")
    project.checkpoint(goal="g")
    assert (Path(project.store.path) / journal.REJECTED).read_bytes() == b"torn\n"
    assert project.tally().calls == 0


def test_a_journal_larger_than_any_is_stored_as_far_as_it_is_read_and_kept_whole(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        project.edited(f"src/file{number}.py")
    journal_file = Path(journal.active_path(project.store.path, "S"))
    whole = journal_file.read_bytes()
    monkeypatch.setattr(paths, "MAX_JOURNAL_FILE", len(whole) - 1)
    monkeypatch.setattr(journal, "_HEAD", len(whole) // 2)
    result = project.checkpoint(goal="g")
    assert any("too large to be read to its end" in line for line in result["warnings"])
    assert 10 < result["files_recorded"] < 30
    (kept,) = journal.large_paths(project.store.path, "S")
    assert Path(kept).read_bytes() == whole
    assert project.checkpoint(goal="g")["warnings"] == []
    assert project.tally().calls == 0
    forget.forget(project.store, "S")
    assert journal.large_paths(project.store.path, "S") == []


def test_lines_that_are_no_events_are_told_and_kept(project: Project) -> None:
    project.calls(1)
    with open(journal.active_path(project.store.path, "S"), "ab") as file:
        file.write(b'torn\n{"e":"call","m":0,"t":')
    project.calls(1)
    result = project.checkpoint(goal="g")
    assert result["warnings"] == ["2 lines of the journal are not events; they are kept in journal.rejected."]
    assert "calls 2" in project.session().facts


def test_a_disk_that_is_full_loses_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edited("x.py")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            project.checkpoint(goal="g")
    assert project.files() == []
    project.checkpoint(goal="g")
    assert [change.path for change in project.session().files] == ["x.py"]


# --- what others left


def age(project: Project, seconds: float = 601) -> None:
    then = time.time() - seconds
    for folder in (project.store.path, project.store.sessions):
        for entry in os.scandir(folder):
            if entry.is_file():
                os.utime(entry.path, (then, then))


def test_orphans_are_stored_once(project: Project) -> None:
    project.edited("x.py", "dead")
    project.edited("y.py", "a/b")
    journal.take_over(project.store.path, "a/b")
    project.edited("z.py", "alive")
    age(project)
    project.calls(1, "alive")
    assert checkpoints.recover(project.store) == []
    found = {
        session.session_id: [c.path for c in session.files]
        for path in project.files()
        if (session := parse.parse(path.read_text()))
    }
    assert found == {"dead": ["x.py"], "a/b": ["y.py"]}
    before = [path.read_bytes() for path in project.files()]
    age(project)
    project.calls(1, "alive")
    assert checkpoints.recover(project.store) == []
    assert [path.read_bytes() for path in project.files()] == before


def test_flushing_a_live_session_does_no_harm(project: Project) -> None:
    project.changes(5)
    assert checkpoints.recover(project.store, idle=-1) == []
    assert project.tally().calls == 5
    assert project.denied()


def test_an_end_that_died_is_finished(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edited("x.py")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "flush", die)
        with pytest.raises(KeyboardInterrupt):
            project.hook("session-end")
    age(project)
    assert checkpoints.recover(project.store) == []
    assert project.session().status == "closed"
    assert project.journals() == []


def test_troubles_are_told_and_stop_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bad", "good", "worse"):
        project.edited("x.py", name)
    age(project)
    flush = checkpoints.flush

    def failing(store: Any, session_id: str, **options: Any) -> bool:
        if session_id == "bad":
            raise OSError(28, "No space left on device")
        if session_id == "worse":
            raise OcmError("Something.", "Do this.")
        return flush(store, session_id, **options)

    monkeypatch.setattr(checkpoints, "flush", failing)
    assert checkpoints.recover(project.store) == ["[Errno 28] No space left on device", "Something. Do this."]
    assert project.session().session_id == "good"


def test_a_journal_without_work_is_forgotten_after_a_week(project: Project) -> None:
    project.hook("session-start")
    age(project, 6 * 86_400)
    checkpoints.recover(project.store)
    assert project.journals() == ["active_S.jsonl"]
    age(project, 8 * 86_400)
    checkpoints.recover(project.store)
    assert project.journals() == []
    assert project.files() == []


def test_a_journal_without_its_first_line_is_stored_under_its_key(project: Project) -> None:
    journal.append(project.store.path, "S", [journal.event("call", m=1, path=str(project.root / "x.py"))])
    age(project)
    checkpoints.recover(project.store)
    assert project.session().session_id == "S"


def test_a_first_line_of_another_session_does_not_lead_astray(project: Project) -> None:
    journal.append(
        project.store.path, "S", [journal.event("open", session="OTHER"), journal.event("call", m=1, path="x.py")]
    )
    age(project)
    checkpoints.recover(project.store)
    assert project.session().session_id == "S"
    assert "OTHER" not in str(project.journals())


def test_left_locks_and_temporary_files_are_cleared(project: Project) -> None:
    for name in ("session_dead.lock", "names.lock", ".ocm-tmp-x"):
        (Path(project.store.path) / name).touch()
    (Path(project.store.sessions) / ".ocm-tmp-dead").touch()
    age(project)
    checkpoints.recover(project.store)
    assert [
        name for name in os.listdir(project.store.path) if name != "sessions" and not name.startswith("memory")
    ] == []
    assert os.listdir(project.store.sessions) == []


# --- clocks


def test_a_clock_that_goes_back_ends_nothing_before_it_began(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.calls(1)
    project.checkpoint(goal="g")
    started = project.session().started_at

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(time.time() - 86_400, tz)

    monkeypatch.setattr("ocm.sessions.gather.datetime", Yesterday)
    project.calls(1)
    project.checkpoint(goal="h", status="closed")
    session = project.session()
    assert times.instant(session.ended_at) >= times.instant(started)
    assert times.instant(session.updated_at) >= times.instant(started)


def test_times_have_their_offset(project: Project) -> None:
    project.checkpoint(goal="g", status="closed")
    session = project.session()
    for text in (session.started_at, session.updated_at, session.ended_at):
        assert datetime.fromisoformat(text).utcoffset() is not None


# --- identity


def test_an_id_that_is_new_while_one_other_is_active_is_told(project: Project) -> None:
    project.calls(1, "real")
    (warning,) = project.checkpoint("invented", goal="g")["warnings"]
    assert "real" in warning
    assert "invented" in warning
    assert project.checkpoint("invented", goal="h")["warnings"] == []
    assert project.checkpoint("real", goal="g")["warnings"] == []
    project.calls(1, "third")
    assert project.checkpoint("fourth", goal="g")["warnings"] == []


# --- many at once


def test_first_checkpoints_of_many_processes_at_once_are_all_kept(repo: Project) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(repo.root), str(racer)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for racer in range(8)
    ]
    done = [(process.communicate(), process.returncode) for process in starters]
    assert [code for _, code in done] == [0] * 8, done
    session = repo.session()
    assert sorted(session.work_summary) == sorted(f"work {racer}.{n}" for racer in range(8) for n in range(10))
    assert "checkpoints 80" in session.facts
    assert sorted(session.decisions) == sorted(f"decision {racer}" for racer in range(8))
    assert [row["session_id"] for row in rows(repo)] == ["S"]


RACE = """
import sys
from ocm.sessions import checkpoints
from ocm.store import paths
store = paths.find_store(sys.argv[1])
for n in range(10):
    call = {"session_id": "S", "work_summary": [f"work {sys.argv[2]}.{n}"], "decisions": [f"decision {sys.argv[2]}"]}
    checkpoints.checkpoint(store, call)
"""


def test_hooks_and_checkpoints_at_once_count_every_call(project: Project) -> None:
    workers = [subprocess.Popen([sys.executable, "-c", CALLS, project.store.path, str(worker)]) for worker in range(4)]
    flushes = 0
    while any(worker.poll() is None for worker in workers):
        checkpoints.flush(project.store, "S")
        flushes += 1
    assert [worker.returncode for worker in workers] == [0] * 4
    assert project.tally().calls == 400
    checkpoints.flush(project.store, "S")
    assert project.tally().calls == 400
    assert "calls 400" in project.session().facts
    assert len(project.session().files) == 400
    assert flushes


CALLS = """
import sys, time
from ocm.store import journal
for n in range(100):
    journal.append(sys.argv[1], "S", [journal.event("call", m=1, path=f"/f/{sys.argv[2]}/{n}.py", kind="modified")])
    time.sleep(0.002)
"""


def test_sessions_side_by_side_do_not_wait_for_each_other(project: Project) -> None:
    with files.locked(session_files.lock_path(project.store, "busy")):
        project.checkpoint("free", goal="g")
    assert project.session().session_id == "free"


# --- the real commands


def test_a_whole_conversation_through_the_real_commands(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.edited("a.py")
    repo.calls(4)
    assert repo.denied()
    done = run_ocm(
        repo.root, "checkpoint", "--session-id", "S", "--goal", "Cut latency", "--slug", "tei", "--summary", "measured"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["markdown_path"] == str(repo.file().resolve())
    assert not repo.denied()
    repo.hook("pre-tool-use", tool_name=CHECKPOINT_TOOL, tool_input={})
    repo.hook("session-end")
    session = repo.session()
    assert (session.status, session.goal, session.slug) == ("closed", "Cut latency", "tei")
    assert session.work == [WorkEntry(session.work[0].heading, ["measured"])]


def test_a_recovery_that_has_no_more_time_leaves_the_rest_to_the_next(project: Project) -> None:
    project.hook("session-start")
    age(project, 8 * 86_400)
    assert checkpoints.recover(project.store, seconds=-1) == []
    assert project.journals() == ["active_S.jsonl"]
    project.edited("x.py", "T")
    age(project)
    assert checkpoints.recover(project.store, seconds=-1) == []
    assert project.journals() == ["active_S.jsonl", "active_T.jsonl"]


def test_a_session_that_no_hook_tells_of_does_not_stay_active(project: Project) -> None:
    project.checkpoint("mcp-1", goal="g")
    assert project.journals() == []
    project.checkpoint("mcp-1", goal="g", work_summary=["more"])
    assert [session.session_id for session in [project.session()]] == ["mcp-1"]
    assert project.checkpoint("S", goal="g")["warnings"] == []


@pytest.mark.parametrize(
    ("session", "age", "asks"), [("live", 0, True), ("live", 13 * 3600, False), ("mcp-9", 0, False)]
)
def test_only_a_session_that_may_be_at_work_is_asked_about(
    project: Project, session: str, age: int, asks: bool
) -> None:
    project.calls(1, session)
    path = journal.active_path(project.store.path, session)
    then = os.stat(path).st_mtime - age
    os.utime(path, (then, then))
    assert bool(project.checkpoint("S", goal="g")["warnings"]) is asks
