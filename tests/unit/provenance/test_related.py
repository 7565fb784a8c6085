"""Which sessions have to do with one or with a file, and why: rare files more than common ones, each tie with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import NotFoundError
from ocm.base.model import FileChange, Session
from ocm.markdown.fingerprint_lines import unit_line
from ocm.provenance import related
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "project")


def touched(*names: str) -> list[FileChange]:
    return [FileChange(name, "modified") for name in names]


def fill(store: Store, *found: Session) -> None:
    for one in found:
        put(store, f"{one.session_id}.md", one)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["session_id"] for row in rows]


def ties(store: Store, asked: str, other: str, limit: int = 50) -> list[dict[str, Any]]:
    (row,) = (row for row in related.related(store, asked, limit) if row["session_id"] == other)
    found: list[dict[str, Any]] = [tie for tie in row["ties"] if tie["kind"] not in {"before", "after"}]
    return found


def test_a_rare_file_ties_more_than_one_that_everybody_touches(store: Store) -> None:
    crowd = [session(f"c{n}", n + 1, files=touched("core.py")) for n in range(25)]
    fill(
        store,
        *crowd,
        session("rare", 1, files=touched("rare.py")),
        session("own", 30, files=touched("core.py", "rare.py")),
    )
    rows = related.related(store, "own", 2)
    assert "rare" in ids(rows)
    (rare,) = ties(store, "own", "rare")
    assert rare == {"kind": "file", "path": "rare.py", "sessions": 2}
    weights = {row["session_id"]: row["score"] for row in related.related(store, "own", 50)}
    assert weights["rare"] > weights["c0"]


def test_of_those_with_the_same_files_one_is_in_front_of_who_brings_others(store: Store) -> None:
    same = [session(f"s{n}", n + 1, files=touched("a.py")) for n in range(3)]
    other = session("other", 4, files=touched("a.py", "b.py", "c.py"))
    fill(store, *same, other, session("own", 5, files=touched("a.py")))
    assert ids(related.related(store, "own", 2))[0] == "other"
    assert set(ids(related.related(store, "own", 4))) == {"other", "s0", "s1", "s2"}


def test_a_file_is_known_by_its_former_name_too(store: Store) -> None:
    fill(
        store,
        session("old", 1, files=touched("was.py")),
        session("moved", 2, files=[FileChange("is.py", "renamed", "was.py")]),
        session("new", 3, files=touched("is.py")),
    )
    assert {tie["path"] for tie in ties(store, "moved", "old")} == {"was.py"}
    assert {tie["path"] for tie in ties(store, "moved", "new")} == {"is.py"}
    assert ids(related.related(store, "was.py")) == ["moved", "old"]


def test_a_commit_that_both_recorded_ties_them(store: Store) -> None:
    made = unit_line("2026-03-01T00:00:00+00:00", "a" * 40, 1, range(9))
    fill(store, session("one", 1, facts=[made]), session("two", 2, facts=[made]), session("none", 3))
    assert ties(store, "one", "two") == [{"kind": "commit", "commit": "a" * 40}]
    assert ties(store, "one", "none") == []


def test_what_one_ended_of_the_other_ties_them_both_ways(store: Store) -> None:
    first = session("first", 1, decisions=["**Wait:** fixed"], problems=["**Slow:** it is"])
    second = session("second", 2, decisions=["**Backoff:** grows. Supersedes: Wait", "Cached. Solves: Slow"])
    fill(store, first, second, session("third", 3, decisions=["**A:** x", "**B:** y. Supersedes: A"]))
    assert ties(store, "first", "second") == [
        {"kind": "ended_by", "item": "**Wait:** fixed", "by": "**Backoff:** grows. Supersedes: Wait"},
        {"kind": "ended_by", "item": "**Slow:** it is", "by": "Cached. Solves: Slow"},
    ]
    assert [tie["kind"] for tie in ties(store, "second", "first")] == ["ends", "ends"]
    assert ties(store, "first", "third") == []


def test_where_a_session_came_from_ties_them_both_ways(store: Store) -> None:
    fill(store, session("main", 1), session("fork", 2, parent="main"), session("orphan", 3, parent="gone"))
    assert ties(store, "fork", "main") == [{"kind": "parent"}]
    assert ties(store, "main", "fork") == [{"kind": "child"}]
    assert ties(store, "orphan", "main") == []


def test_a_tag_that_few_have_ties_more_and_is_compared_as_a_whole(store: Store) -> None:
    crowd = [session(f"c{n}", 1, tags=["all"]) for n in range(9)]
    fill(store, *crowd, session("few", 2, tags=["k8s", "all"]), session("near", 3, tags=["k8s infra"]))
    fill(store, session("own", 4, tags=["k8s", "all"]))
    assert ties(store, "own", "few") == [
        {"kind": "tag", "tag": "k8s", "sessions": 2},
        {"kind": "tag", "tag": "all", "sessions": 11},
    ]
    assert ties(store, "own", "near") == []


def test_what_was_worked_on_just_before_and_after_is_said_to_be(store: Store) -> None:
    fill(store, *(session(f"s{n}", n + 1) for n in range(5)))
    found = {row["session_id"]: row["ties"] for row in related.related(store, "s2", 2)}
    assert found == {"s1": [{"kind": "before", "apart": 1}], "s3": [{"kind": "after", "apart": 1}]}


def test_a_file_is_asked_about_like_a_session_and_what_is_neither_is_an_error(store: Store) -> None:
    fill(store, session("one", 1, files=touched("a.py")), session("two", 2, files=touched("b.py")))
    assert ids(related.related(store, "a.py")) == ["one"]
    Path(store.root, "none.py").write_text("x\n", encoding="utf-8")
    assert related.related(store, "none.py") == []
    with pytest.raises(NotFoundError, match="no session 'nothing.py'"):
        related.related(store, "nothing.py")


def test_of_many_files_the_rarest_are_named(store: Store) -> None:
    names = [f"f{n}.py" for n in range(9)]
    fill(store, session("a", 1, files=touched(*names)), session("b", 2, files=touched(*names[:6])))
    fill(store, session("own", 3, files=touched(*names)))
    found = ties(store, "own", "a")
    assert len(found) == 5
    assert [tie["sessions"] for tie in found] == [2, 2, 2, 3, 3]


def test_a_session_without_anything_is_tied_to_nothing(store: Store) -> None:
    fill(store, session("alone", 1))
    assert related.related(store, "alone") == []
