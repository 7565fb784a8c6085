"""Several files with one session id: one row everywhere, and the others are named."""

import os
from pathlib import Path

import pytest

from ocm.index import access, checkpoint_queries, sync, writer
from ocm.provenance import decision_log
from ocm.recall import listing, search, stats, status, timeline
from ocm.store.paths import Store
from tests.support.cached_store import find, found, listed
from tests.support.session_store import put, session

_OLD, _NEW = "2026-03-01T13:00:00+00:00", "2026-03-02T13:00:00+00:00"


def both(store: Store) -> None:
    """Put a session with a copy of an earlier state, whose name comes first."""
    put(store, "pay (conflicted copy).md", session("A", goal="pay first", decisions=["**X:** old"], updated_at=_OLD))
    put(store, "pay.md", session("A", goal="pay second", decisions=["**Y:** new"], updated_at=_NEW))


@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_session_in_two_files_is_one_in_every_answer_and_the_one_updated_last_counts(
    store: Store, *, rebuilt: bool
) -> None:
    put(store, "other.md", session("B", 2, goal="something else"))
    if not rebuilt:
        listed(store)
    both(store)
    if rebuilt:
        sync.rebuild(store)
    assert listed(store) == ["B", "A"]
    assert [row["goal"] for row in listing.list_sessions(store) if row["session_id"] == "A"] == ["pay second"]
    assert [(hit["session_id"], hit["goal"]) for hit in search.search(store, "pay")] == [("A", "pay second")]
    assert found(store, "first") == []
    assert [row["session_id"] for row in timeline.timeline(store)] == ["A", "B"]
    assert [row["decision"] for row in decision_log.decisions(store)] == ["**Y:** new"]
    assert (stats.collect(store)["sessions"], status.status(store)["sessions"]) == (2, 2)
    assert find(store, "A") == ["pay.md"]
    assert checkpoint_queries.locate(store, "A") == "pay.md"


def test_what_is_left_counts_when_the_file_that_counted_is_gone(store: Store) -> None:
    both(store)
    assert found(store, "second") == ["A"]
    os.unlink(os.path.join(store.sessions, "pay.md"))
    assert (found(store, "second"), found(store, "first"), listed(store)) == ([], ["A"], ["A"])
    assert access.read(store, lambda cache: cache.copies()) == []


def test_a_copy_that_is_updated_later_counts_from_then_on_and_no_longer_when_it_gets_another_id(store: Store) -> None:
    both(store)
    assert found(store, "second") == ["A"]
    later = session("A", goal="third", updated_at="2026-03-03T13:00:00+00:00")
    put(store, "pay (conflicted copy).md", later)
    assert (found(store, "second"), found(store, "third")) == ([], ["A"])
    put(store, "pay (conflicted copy).md", session("C", goal="third"))
    assert (found(store, "second"), found(store, "third")) == (["A"], ["C"])


def test_of_two_with_the_same_time_the_shorter_name_counts_with_and_without_a_cache(store: Store) -> None:
    for name in ("pay (copy).md", "pay.md"):
        put(store, name, session("A", goal=name, updated_at=_OLD))
    assert checkpoint_queries.locate(store, "A") == "pay.md"
    assert listed(store) == ["A"]
    assert (find(store, "A"), checkpoint_queries.locate(store, "A")) == (["pay.md"], "pay.md")


def test_files_that_do_not_count_are_named_by_a_notice(store: Store) -> None:
    both(store)
    for n in range(4):
        put(store, f"pay {n}.md", session("A", updated_at=_OLD))
    said: list[str] = []
    access.read(store, lambda _: None, notice=said.append)
    (notice,) = said
    assert "pay (conflicted copy).md beside pay.md" in notice
    assert "and 2 more" in notice
    assert "ocm doctor" in notice


def test_of_a_copy_in_memory_one_file_counts_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    both(store)
    listed(store)
    os.unlink(Path(store.sessions, "pay.md"))
    monkeypatch.setattr(sync, "synced", lambda *_: None)
    assert found(store, "first") == ["A"]


def test_a_file_that_went_before_it_could_stand_in_is_no_session(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    both(store)
    listed(store)
    os.unlink(Path(store.sessions, "pay.md"))
    really = writer.unread

    def late(db: object) -> list[str]:
        names = really(db)  # type: ignore[arg-type]
        for name in names:
            Path(store.sessions, name).unlink(missing_ok=True)
        return names

    monkeypatch.setattr(writer, "unread", late)
    assert listed(store) == []
