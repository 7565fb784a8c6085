"""Two sessions that are one: merged in the order of their times, nothing lost, and the id of the one that goes leads on."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import BadInputError, OcmError
from ocm.index import checkpoint_queries
from ocm.markdown.facts import Facts
from ocm.recall import listing, show, timeline
from ocm.sessions import archive, backups, by_hand, checkpoints, copies, forget, session_files
from ocm.store import files, forgotten
from tests.support.builders import Project
from tests.support.session_store import make_store, put, session

_LATE = "2026-03-09T12:00:00+00:00"


def two(project: Project, **late: Any) -> None:
    """Put two sessions that are one: the second goes on from the first."""
    put(
        project.store,
        "one.md",
        session(
            "one",
            1,
            title="One",
            goal="first",
            work_pending=["a", "b"],
            decisions=["**X:** 1"],
            tags=["t"],
            status="open",
        ),
    )
    given = {
        "goal": "second",
        "work_completed": ["a"],
        "work_pending": ["c"],
        "decisions": ["**Y:** 2. Supersedes: X", "**X:** 1"],
    }
    put(project.store, "two.md", session("two", 2, updated_at=_LATE, status="closed", **{**given, **late}))


def texts(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.files()}


def test_the_items_of_both_are_there_once_in_the_order_of_their_times_and_what_was_ended_stays_so(
    project: Project,
) -> None:
    two(project)
    assert copies.join(project.store, "one.md", "two.md") == "one"
    merged = project.session()
    assert (merged.session_id, merged.title, merged.goal, merged.status) == ("one", "One", "first", "closed")
    assert merged.decisions == ["**X:** 1", "**Y:** 2. Supersedes: X"]
    assert (merged.work_completed, merged.work_pending) == (["a"], ["b", "c"])
    assert merged.merged_ids == ["two"]
    assert merged.updated_at == _LATE
    assert "second" in merged.notes


def test_who_goes_first_makes_no_difference_to_the_order(project: Project) -> None:
    two(project)
    assert copies.join(project.store, "two.md", "one.md") == "two"
    merged = project.session()
    assert (merged.session_id, merged.goal) == ("two", "second")
    assert merged.decisions == ["**X:** 1", "**Y:** 2. Supersedes: X"]
    assert merged.started_at == "2026-03-01T12:00:00+00:00"


def test_each_item_keeps_its_date_and_who_it_is_from(project: Project) -> None:
    two(project, facts=["dated 2026-03-02T12:00:00+00:00 000000000000"])
    copies.join(project.store, "one.md", "two.md")
    facts = Facts.parse(project.session().facts)
    assert sorted({at[:10] for at in facts.dates().values()}) == ["2026-03-01", "2026-03-02"]
    assert {one.word for one in facts.origins()} == {"person"}  # undated beside what a checkpoint dated


def test_counts_are_added_and_the_parent_is_not_itself(project: Project) -> None:
    two(project, facts=["calls 5", "checkpoints 1"], parent="one", pinned="true")
    copies.join(project.store, "one.md", "two.md")
    merged = project.session()
    assert Facts.parse(merged.facts).counts == {"calls": 5, "checkpoints": 1}
    assert (merged.parent, merged.is_pinned) == ("", True)


def test_the_id_of_the_one_that_went_leads_to_the_other_everywhere(project: Project) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    assert show.show(project.store, "two")["session_id"] == "one"
    assert [row["session_id"] for row in listing.list_sessions(project.store)] == ["one"]
    assert timeline.timeline(project.store, session_id="two", limit=1)[0].get("session_id") == "one"
    for cached in (True, False):
        assert checkpoint_queries.locate(project.store, "two") == "one.md"
        if cached:
            os.unlink(project.store.database)
    put(project.store, "own.md", session("two", 5))  # a file of its own comes first
    assert checkpoint_queries.locate(project.store, "two") == "own.md"


def test_the_id_is_looked_for_in_a_file_that_changed_since_the_cache_knew_it(project: Project) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    listing.list_sessions(project.store)
    with project.file().open("a", encoding="utf-8") as file:
        file.write("\n## Own\n\nwords\n")
    assert checkpoint_queries.locate(project.store, "two") == "one.md"
    project.file().write_text(
        project.file().read_text(encoding="utf-8").replace("merged_ids: [two]\n", ""), encoding="utf-8"
    )
    assert not checkpoint_queries.locate(project.store, "two")


def test_the_conversation_that_went_goes_on_in_the_merged_session(project: Project) -> None:
    project.hook("session-start", session_id="one", source="startup")
    project.checkpoint("one", goal="first")
    project.hook("session-start", session_id="two", source="startup")
    project.checkpoint("two", goal="second")
    project.edited(str(project.root / "late.py"), "two")
    copies.join(project.store, *(names(project, one) for one in ("one", "two")))
    assert [change.path for change in project.session().files] == ["late.py"]
    project.edited(str(project.root / "later.py"), "two")
    stored = project.checkpoint("two", decisions=["from two"])
    assert stored["session_id"] == "two"
    assert project.journals() == ["active_one.jsonl", "active_two.jsonl"]
    project.hook("session-end", session_id="two", reason="other")
    merged = project.session()
    assert (merged.session_id, merged.decisions) == ("one", ["from two"])
    assert [change.path for change in merged.files] == ["late.py", "later.py"]
    assert project.journals() == ["active_one.jsonl"]


def names(project: Project, session_id: str) -> str:
    return session_files.locate(project.store, session_id, [])


def test_both_conversations_write_at_once_and_nothing_is_lost(project: Project) -> None:
    project.checkpoint("one", goal="first")
    project.checkpoint("two", goal="second")
    copies.join(project.store, *(names(project, one) for one in ("one", "two")))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: project.checkpoint(["one", "two"][n % 2], decisions=[f"d{n}"]), range(8)))
    assert sorted(project.session().decisions) == [f"d{n}" for n in range(8)]


def test_a_merge_is_undone_byte_for_byte(project: Project) -> None:
    two(project)
    before = texts(project)
    copies.join(project.store, "one.md", "two.md")
    found = by_hand.last(project.store)
    assert [(one.name, one.now is None) for one in found.steps] == [("one.md", False), ("two.md", True)]
    by_hand.undo(project.store, found)
    assert texts(project) == before
    assert names(project, "two") == "two.md"
    assert {row["session_id"] for row in listing.list_sessions(project.store)} == {"one", "two"}


def test_one_that_is_there_again_is_not_overwritten(project: Project) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    put(project.store, "two.md", session("two", 7))
    with pytest.raises(OcmError, match="it is there again"):
        by_hand.last(project.store)
    os.unlink(os.path.join(project.store.sessions, "two.md"))
    put(project.store, "two.md", session("another", 7))
    by_hand.undo(project.store, by_hand.last(project.store))
    assert [path.name for path in project.files()] == ["one.md", "two-2.md", "two.md"]


def test_a_merge_that_was_cut_off_is_done_again_without_counting_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(project, facts=["calls 5"])
    with monkeypatch.context() as patch:
        patch.setattr(by_hand.Change, "remove", stopped)
        with pytest.raises(KeyboardInterrupt):
            copies.join(project.store, "one.md", "two.md")
    assert len(project.files()) == 2
    copies.join(project.store, "one.md", "two.md")
    merged = project.session()
    assert Facts.parse(merged.facts).counts == {"calls": 5}
    assert merged.merged_ids == ["two"]


def stopped(*_: Any) -> bool:
    raise KeyboardInterrupt


def test_what_an_editor_saves_in_between_is_not_lost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two(project)
    real = by_hand.Change._note
    saved: list[str] = []

    def save(change: Any, session_id: str, *more: Any) -> None:
        real(change, session_id, *more)
        if len(saved) < 2 and session_id == ["one", "two"][len(saved)]:
            saved.append(session_id)
            with Path(project.store.sessions, f"{session_id}.md").open("a", encoding="utf-8") as file:
                file.write(f"\nmine in {session_id}\n")

    monkeypatch.setattr(by_hand.Change, "_note", save)
    copies.join(project.store, "one.md", "two.md")
    text = project.file().read_text(encoding="utf-8")
    assert "mine in one" in text
    assert "mine in two" in text


def test_files_that_are_saved_all_the_time_are_an_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two(project)
    before = texts(project)
    monkeypatch.setattr(session_files, "is_unchanged", lambda *_: False)
    with pytest.raises(OcmError, match="changed all the time"):
        copies.join(project.store, "one.md", "two.md")
    assert texts(project) == before


def test_one_session_is_not_merged_with_itself_and_one_in_several_files_not_at_all(project: Project) -> None:
    two(project)
    with pytest.raises(BadInputError, match="Both are the session one"):
        copies.join(project.store, "one.md", "one.md")
    put(project.store, "two (copy).md", session("two", 2))
    with pytest.raises(OcmError, match="two is in several files"):
        copies.join(project.store, "one.md", "two.md")


def test_to_forget_a_merged_session_takes_all_of_it(project: Project) -> None:
    two(project, goal="zanzibar")
    copies.join(project.store, "one.md", "two.md")
    put(project.store, "third.md", session("third", goal="stays"))
    put(project.store, "broken.md", "---\nocm: 1\nsession_id: one\ntags: [\n---\n")
    project.edited("late.py", "two")
    forget.forget(project.store, "one")
    assert {forgotten.tombstone(one) for one in ("one", "two")} == forgotten.read(project.store)
    assert project.journals() == []
    held = [path for path in Path(project.store.path).rglob("*") if path.is_file() and b"zanzibar" in path.read_bytes()]
    assert held == []
    assert [path.name for path in project.files()] == ["third.md"]


def test_forgetting_that_was_cut_off_knows_what_was_merged(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    with monkeypatch.context() as patch:
        patch.setattr(forget, "_carry_out", stopped)
        with pytest.raises(KeyboardInterrupt):
            forget.forget(project.store, "one")
    os.unlink(os.path.join(project.store.sessions, "one.md"))
    forget.finish(project.store)
    assert forgotten.tombstone("two") in forgotten.read(project.store)


def test_an_archived_session_that_holds_another_one_comes_back_for_both(project: Project) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    archive.archive_session(project.store, "one", "one.md")
    project.checkpoint("two", decisions=["later"])
    assert project.session().session_id == "one"


def test_a_checkpoint_waits_for_who_writes_the_file_that_it_was_merged_into(
    project: Project,
) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    done = threading.Event()

    def work() -> None:
        checkpoints.checkpoint(project.store, {"session_id": "two", "decisions": ["later"]})
        done.set()

    with files.locked(session_files.lock_path(project.store, "one")):
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.5)
    thread.join()
    assert "later" in project.session().decisions


def test_a_safety_copy_says_what_was_changed_and_an_import_of_it_brings_both_back(
    project: Project, tmp_path: Path
) -> None:
    two(project)
    copies.join(project.store, "one.md", "two.md")
    (path, bundle), *_ = backups.changes(project.store)
    assert [entry.name for entry in bundle.entries] == ["one.md", "two.md"]
    assert {row["session_id"] for row in json.loads(Path(path).read_bytes())["change"]["wrote"]} == {"one", "two"}
    assert make_store(tmp_path / "other").sessions
