import json
import os
from pathlib import Path

import pytest

from ocm.base.errors import BadInputError, NotFoundError
from ocm.base.model import FileChange, WorkEntry
from ocm.base.rows import TimelineRow
from ocm.index import access
from ocm.recall import timeline
from ocm.store.paths import Store
from tests.support.builders import Project, run_ocm
from tests.support.session_store import make_store, put, session


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = make_store(tmp_path)
    for day in range(1, 10):
        name = "src/core.py" if day % 3 == 0 else f"src/{day}.py"
        work = [WorkEntry(f"2026-03-{day:02} 12:30 · a3f1c99 · git_commit", [f"work of day {day}"])]
        put(
            found,
            f"{day}.md",
            session(f"s{day}", day, title=f"Day {day}", work=work, files=[FileChange(name, "modified")]),
        )
    return found


def ids(entries: list[TimelineRow]) -> list[str]:
    return [entry["session_id"] for entry in entries]


@pytest.mark.parametrize(
    ("anchor", "limit", "expected"),
    [
        ("s5", 3, ["s4", "s5", "s6"]),
        ("s5", 4, ["s3", "s4", "s5", "s6"]),
        ("s1", 3, ["s1", "s2", "s3"]),
        ("s9", 3, ["s7", "s8", "s9"]),
        ("s5", 1, ["s5"]),
        ("s5", 100, [f"s{day}" for day in range(1, 10)]),
        (None, 2, ["s8", "s9"]),
    ],
)
def test_around_a_session_in_order(store: Store, anchor: str | None, limit: int, expected: list[str]) -> None:
    found = timeline.timeline(store, session_id=anchor, limit=limit)
    assert ids(found) == expected
    assert [entry["session_id"] for entry in found if entry["is_anchor"]] == [anchor or "s9"]


def test_each_entry_says_what_was_done_when(store: Store) -> None:
    (entry,) = timeline.timeline(store, session_id="s5", limit=1)
    assert entry["checkpoints"] == [
        {"at": "2026-03-05 12:30", "commit": "a3f1c99", "trigger": "git_commit", "items": ["work of day 5"]}
    ]
    assert entry["title"] == "Day 5"
    assert entry["freshness"] is None
    assert entry["commits_since"] is None


@pytest.mark.parametrize("asked", ["src/core.py", "core.py", "./src/core.py"])
def test_about_a_file_in_order(store: Store, asked: str) -> None:
    found = timeline.timeline(store, file=asked)
    assert ids(found) == ["s3", "s6", "s9"]
    assert found[0]["changes"] == [{"path": "src/core.py", "change_type": "modified", "state": None}]
    assert ids(timeline.timeline(store, file=asked, limit=2)) == ["s6", "s9"]
    assert timeline.timeline(store, file="nothing.py") == []


def test_work_is_shown_in_short(store: Store) -> None:
    items = [f"{n} " + "long " * 99 + "end" for n in range(8)]
    put(store, "x.md", session("x", 20, title="Long", work=[WorkEntry("by hand", items)]))
    put(store, "y.md", session("y", 21, title="None", work_completed=["done\nin two lines"]))
    put(store, "z.md", session("z", 22, title="Nothing"))
    x, y, z = timeline.timeline(store, session_id="z", limit=3)
    assert x["checkpoints"][0]["at"] == "by hand"
    assert len(x["checkpoints"][0]["items"]) == 6
    assert x["checkpoints"][0]["items"][-1] == "(3 more)"
    assert all(len(item) <= 200 for item in x["checkpoints"][0]["items"])
    assert y["checkpoints"][0]["items"] == ["done in two lines"]
    assert z["checkpoints"] == []


def test_what_is_wrong_is_said(store: Store) -> None:
    with pytest.raises(NotFoundError):
        timeline.timeline(store, session_id="unknown")
    with pytest.raises(BadInputError, match="both given"):
        timeline.timeline(store, session_id="s1", file="x")
    for limit in (0, -1, 101):
        with pytest.raises(BadInputError, match="limit is"):
            timeline.timeline(store, limit=limit)


def test_an_empty_store_has_no_timeline(tmp_path: Path) -> None:
    assert timeline.timeline(make_store(tmp_path)) == []


def test_a_file_says_what_became_of_it(repo: Project) -> None:
    repo.hook("session-start")
    (repo.root / "b.py").write_bytes(b"x")
    repo.edited(str(repo.root / "b.py"), kind="create")
    repo.checkpoint(title="Wombat", work_summary=["b"])
    (entry,) = timeline.timeline(repo.store, file="b.py")
    assert entry["changes"] == [{"path": "b.py", "change_type": "created", "state": "unchanged"}]
    (repo.root / "b.py").write_bytes(b"y")
    (entry,) = timeline.timeline(repo.store, file=str(repo.root / "b.py"))
    assert entry["changes"][0]["state"] == "changed"
    assert entry["freshness"] == {"unchanged": 0, "changed": 1, "gone": 0}


def test_the_command_prints_it_for_a_person_and_as_json(repo: Project) -> None:
    repo.hook("session-start")
    repo.edited(str(repo.root / "a.py"))
    repo.checkpoint(title="Wombat", goal="g", work_summary=["counted"], decisions=["this"])
    done = run_ocm(repo.root, "timeline", "--json")
    assert ids(json.loads(done.stdout)) == ["S"]
    words = run_ocm(repo.root, "timeline", "--file", "a.py").stdout
    assert "Wombat" in words
    assert "      - counted" in words
    assert "a.py modified, unchanged since" in words
    assert run_ocm(repo.root, "timeline", "--file", "zzz").stdout == "Nothing was done there.\n"
    part = run_ocm(repo.root, "show", "S", "--section", "decisions").stdout
    assert "decisions:\n  - this" in part
    assert "counted" not in part
    small = json.loads(run_ocm(repo.root, "show", "S", "--max-tokens", "50", "--json").stdout)
    assert small["cut"]
    assert run_ocm(repo.root, "show", "S", "--section", "nonsense").returncode == 2


def test_a_session_that_goes_while_it_is_looked_at_is_listed_without_its_work(store: Store) -> None:
    (row,) = access.read(store, lambda cache: cache.find("s5"))
    os.unlink(row.markdown_path)
    assert timeline._work(store, row) == []
    assert access.read(store, lambda cache: timeline._around(cache, "s5", 3)) == []
