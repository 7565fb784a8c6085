"""The figures of a store, counted from what a real journal, real checkpoints and a real gate left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ocm.recall import brief, stats
from ocm.store.paths import Store
from tests.support.builders import EDIT, Project, run_ocm
from tests.support.session_store import make_store, put, session

KEYS = {
    "sessions", "checkpoints", "decisions", "problems", "files", "tool_calls", "first", "last", "by_tool", "by_branch", "by_week", "by_day",
    "gate", "cost", "saved",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = make_store(tmp_path)
    put(
        found,
        "a.md",
        session(
            "a",
            2,
            branch="main",
            decisions=["d1", "d2"],
            problems=["p"],
            facts=["checkpoints 3", "calls 20", "denials 1"],
        ),
    )
    put(
        found,
        "b.md",
        session("b", 3, branch="main", tool="cursor", facts=["checkpoints 1", "reminders 2", "releases 1"]),
    )
    put(found, "c.md", session("c", 17, facts=["checkpoints x", "calls 99999999999999999999"]))
    return found


def test_sessions_are_counted_over_time_by_assistant_and_branch(store: Store) -> None:
    found = stats.collect(store)
    assert set(found) == KEYS
    assert (found["sessions"], found["checkpoints"], found["decisions"], found["problems"], found["tool_calls"]) == (
        3,
        4,
        2,
        1,
        20,
    )
    assert found["by_tool"] == {
        "claude-code": {"sessions": 2, "checkpoints": 3, "decisions": 2, "files": 0},
        "cursor": {"sessions": 1, "checkpoints": 1, "decisions": 0, "files": 0},
    }
    assert list(found["by_branch"]) == ["main", ""]
    assert [(week["week"], week["sessions"]) for week in found["by_week"]] == [
        ("2026-03-02", 2),
        ("2026-03-09", 0),
        ("2026-03-16", 1),
    ]
    assert found["by_day"] == {"2026-03-02": 1, "2026-03-03": 1, "2026-03-17": 1}
    assert found["gate"] == {"reminded": 2, "denied": 1, "let_go": 1}
    assert (found["first"], found["last"]) == ("2026-03-02T12:00:00+00:00", "2026-03-17T12:00:00+00:00")


def test_what_is_saved_is_the_brief_against_everything(store: Store) -> None:
    found = stats.collect(store)
    everything = sum(
        path.read_text(encoding="utf-8").partition("\n```ocm\n")[0].__len__() for path in Path(store.sessions).iterdir()
    )
    short = len(brief.brief(store, branch="", session_id=None, tokens=600)) // 4
    assert found["cost"] == {"tool_calls": 4, "tokens": everything // 4, "carried_tokens": 0, "gate_tokens": 270}
    assert found["saved"] == {
        "brief_tokens": short,
        "history_tokens": everything // 4,
        "tokens": everything // 4 - short,
    }


def test_an_empty_store_has_nothing_to_count(tmp_path: Path) -> None:
    found = stats.collect(make_store(tmp_path))
    assert (found["sessions"], found["by_week"], found["first"], found["by_day"]) == (0, [], None, {})
    assert found["saved"] == {"brief_tokens": 0, "history_tokens": 0, "tokens": 0}


@pytest.mark.parametrize("started", ["", "no time", "0001-01-01T00:00:00+00:00", "9999-12-31T00:00:00+00:00"])
def test_a_session_without_a_time_of_these_days_is_in_no_week(tmp_path: Path, started: str) -> None:
    store = make_store(tmp_path)
    put(store, "a.md", session("a", started_at=started))
    put(store, "b.md", session("b", 1))
    found = stats.collect(store)
    assert found["sessions"] == 2
    assert sum(found["by_day"].values()) <= 2
    assert len(found["by_week"]) <= 521


def test_a_far_past_does_not_make_endless_weeks(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    put(store, "a.md", session("a", started_at="1970-02-01T12:00:00+00:00"))
    put(store, "b.md", session("b", 1))
    weeks = stats.collect(store)["by_week"]
    assert (len(weeks), weeks[-1]["week"]) == (521, "2026-02-23")


def test_a_file_that_goes_meanwhile_counts_for_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> str:
        raise FileNotFoundError

    monkeypatch.setattr("ocm.sessions.session_files.text", gone)
    assert stats.collect(store)["checkpoints"] == 0


@pytest.mark.usefixtures("steps_apart")
def test_the_gate_is_counted_before_and_after_a_checkpoint(project: Project) -> None:
    project.changes(6)
    for _ in range(4):
        project.denied(tool="Edit")
    expected = {"reminded": 1, "denied": 3, "let_go": 1}
    assert stats.collect(project.store)["gate"] == expected
    project.checkpoint(goal="g")
    assert stats.collect(project.store)["gate"] == expected
    project.hook("post-tool-use", **EDIT)
    assert stats.collect(project.store)["gate"] == expected
    assert stats.collect(project.store)["tool_calls"] == 7


def test_a_question_at_the_end_of_a_turn_is_a_reminder(project: Project) -> None:
    project.edited(str(project.root / "a.py"))
    assert project.hook("stop") != {}
    assert stats.collect(project.store)["gate"]["reminded"] == 1
    project.checkpoint(goal="g")
    assert stats.collect(project.store)["gate"]["reminded"] == 1


def test_a_reminder_alone_is_no_work(project: Project) -> None:
    project.calls(5)
    assert [line["e"] for line in project.lines()][-1] == "remind"
    project.checkpoint(goal="g")
    assert project.session().facts[:3] == ["checkpoints 1", "calls 5", "reminders 1"]


def test_what_a_machine_stored_is_no_call_of_anybody(project: Project) -> None:
    project.edited("a.py")
    project.hook("pre-compact")
    project.checkpoint(goal="g")
    found = stats.collect(project.store)
    assert found["checkpoints"] == 2
    assert found["cost"]["tool_calls"] == 1


def test_the_command_prints_figures_for_persons_and_scripts(project: Project) -> None:
    project.checkpoint("S", goal="Cut latency", decisions=["one"])
    done = run_ocm(project.root, "stats", "--json")
    assert set(json.loads(done.stdout)) == KEYS
    lines = run_ocm(project.root, "stats").stdout.splitlines()
    assert lines[:3] == ["sessions    1", "checkpoints 1", "decisions   1"]
    assert any(line.startswith("saved       the brief takes about") for line in lines)


def test_the_cost_counts_rules_tools_reminders_and_denials_too(project: Project) -> None:
    project.edited("a.py")
    reminder = project.calls(4)["hookSpecificOutput"]["additionalContext"]
    denial = project.denied()
    cost = json.loads(run_ocm(project.root, "stats", "--json").stdout)["cost"]
    assert 1_000 < cost["carried_tokens"] < 1_600
    assert cost["gate_tokens"] == pytest.approx((len(reminder) + len(denial)) / 4, rel=0.4)
    project.checkpoint(goal="g")
    assert f"carried     about {cost['carried_tokens']:,} tokens" in run_ocm(project.root, "stats").stdout
