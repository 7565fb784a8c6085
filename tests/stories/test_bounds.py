"""Nothing that ocm keeps can run away: each part of a store has a bound, and `ocm status` shows both."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ocm.hook import io as hook_io
from ocm.hook import main, truncated_json
from ocm.hook.event import Event
from ocm.hosts import adapters
from ocm.index import access, sync
from ocm.provenance import decision_log
from ocm.recall import search, show, status
from ocm.sessions import backups
from ocm.store import config, journal, paths, registry, trust
from tests.support.builders import AGENT, Project, payload, run_hook, run_ocm
from tests.support.session_store import put, session

LONG = "x" * 900_000
LONG_QUESTION = 500_000
LINE = 2_000  # bytes that a journal's line may have, whatever the host says


# --- what is shown


def test_the_status_shows_every_part_with_its_bound(project: Project) -> None:
    project.calls(1)
    found = json.loads(run_ocm(project.root, "status", "--json").stdout)
    assert (
        found["sizes"].keys() == found["bounds"].keys() == {"sessions", "cache", "journals", "log", "archive", "copies"}
    )
    assert found["bounds"]["journals"] == config.MAX_JOURNAL
    assert found["bounds"]["log"] == 2 * (config.MAX_LOG + journal.MAX_REJECTED)
    said = run_ocm(project.root, "status").stdout
    (line,) = [line for line in said.splitlines() if line.startswith("size")]
    for name in found["sizes"]:
        assert f"{name} " in line
    assert line.count(" (at most ") == sum(bound is not None for bound in found["bounds"].values())


def test_every_file_that_ocm_makes_is_counted(project: Project) -> None:
    """All but what is small by nature: settings, the identity and, while they are held, locks."""
    project.checkpoint(goal="g")
    journal.keep_rejected(project.store.path, [b"no event"])
    hook_io.log([project.store], ["stop"], "a reason")
    backups.create(project.store, "test")
    run_ocm(project.root, "list")
    files = [path for path in Path(project.store.path).rglob("*") if path.is_file() and path.name != trust.ID]
    assert sum(path.stat().st_size for path in files) == sum(status.status(project.store)["sizes"].values())


# --- the journal


def test_a_turn_without_end_is_stored_on_the_way(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No prompt comes for a day, and nobody stores anything: the hooks do, and go on counting."""
    monkeypatch.setattr(config, "MAX_JOURNAL", 20_000)
    monkeypatch.setenv("OCM_GATE_MODE", "off")
    largest = 0
    for number in range(300):
        project.edited(f"src/file{number % 40}.py")
        largest = max(largest, journal.size(project.store.path, "S"))
    assert largest < 20_000 + LINE
    assert project.tally().calls == 300
    project.hook("pre-compact")
    assert len(project.session().files) == 40
    assert project.log() == []


def test_a_sub_agent_fills_no_disk_either(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_JOURNAL", 20_000)
    for number in range(200):
        project.edited(f"src/file{number % 40}.py", **AGENT)
    assert journal.size(project.store.path, "S") < 20_000 + LINE


def test_a_journal_that_cannot_be_stored_is_tried_seldom_and_the_call_answered(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.checkpoint(goal="g")
    monkeypatch.setattr(config, "MAX_JOURNAL", 20_000)
    project.file().write_text("---\nocm: 1\nsession_id: S\ntags: [\n---\n\nmine\n", encoding="utf-8")
    for _ in range(300):
        project.edited("a.py")
    assert 1 <= len(project.log()) <= 4, "once for each time the bound is reached"
    assert "cannot be read" in project.log()[0]
    assert project.tally().calls >= 300 or project.tally().due == 0
    assert [line for line in project.lines() if line.get("path")], "nothing of it was dropped"


@pytest.mark.parametrize("fields", [
    {"tool_name": "Write", "tool_input": {"file_path": LONG}, "tool_response": {"type": "create"}},
    {"tool_name": "Write", "tool_input": {"file_path": "a/" * 400_000}},
    {"tool_name": "NotebookEdit", "tool_input": {"notebook_path": "/" + LONG}},
    {"tool_name": LONG, "tool_input": {"file_path": "a.py"}},
    {"tool_name": "Read", "tool_use_id": LONG},
    {"tool_name": "Write", "tool_input": {"file_path": "a.py"}, "agent_id": LONG},
    {"tool_name": "Bash", "tool_input": {"command": LONG}},
    {"tool_name": "Bash", "tool_input": {"command": f"git {LONG}"}},
    {"tool_name": "Bash", "tool_input": {"command": "a;" * 400_000}},
    {"tool_name": "mcp__opencodememory__ocm__checkpoint", "tool_use_id": LONG, "tool_input": {"goal": LONG}},
])  # fmt: skip
def test_a_line_is_short_whatever_a_host_or_a_model_says(project: Project, fields: dict[str, Any]) -> None:
    project.calls(1)
    for event in ("pre-tool-use", "post-tool-use"):
        before = journal.size(project.store.path, "S")
        project.hook(event, **fields)
        assert journal.size(project.store.path, "S") - before < LINE


@pytest.mark.parametrize(("event", "fields"), [
    ("session-start", {"source": LONG}), ("session-start", {"source": "startup", "model": LONG}),
    ("user-prompt", {"prompt": LONG}), ("stop", {"why": LONG}), ("session-end", {"reason": LONG}),
    ("pre-compact", {"trigger": LONG}),
])  # fmt: skip
def test_so_is_the_line_of_every_other_event(project: Project, event: str, fields: dict[str, Any]) -> None:
    project.calls(1)
    before = journal.size(project.store.path, "S")
    project.hook(event, **fields)
    assert journal.size(project.store.path, "S") - before < LINE
    assert not project.files() or project.file().stat().st_size < 2 * LINE


def test_an_edit_of_a_path_that_no_system_has_is_no_edit(project: Project) -> None:
    project.edited(LONG)
    project.edited("a.py")
    project.checkpoint(goal="g")
    assert [change.path for change in project.session().files] == ["a.py"]
    assert "calls 2" in project.session().facts


# --- payloads


def peak_of(size: int, project: Project, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how much memory a hook took at most for a payload of so many bytes, which came through a pipe."""
    sent = payload("post-tool-use", cwd=str(project.root), tool_name="Write", tool_input={"file_path": "x.py"})
    sent["tool_response"] = {"content": "y" * size}
    source = io.BytesIO(json.dumps(sent).encode())
    monkeypatch.setattr(os, "read", lambda _, most: source.read(most))
    tracemalloc.start()
    try:
        main.run(["post-tool-use", "--tool", "claude-code"], hook_io.read_input(), [])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        monkeypatch.undo()


def test_twenty_megabytes_take_the_memory_of_two(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    peak_of(10_000, project, monkeypatch)  # imports what there is to import
    two, twenty = (peak_of(size, project, monkeypatch) for size in (2_000_000, 20_000_000))
    assert twenty < two * 1.1
    assert twenty < 4 * hook_io.MAX_PAYLOAD
    assert [line["path"] for line in project.lines() if line.get("path")] == [str(project.root / "x.py")] * 3


@pytest.mark.timeout(20)  # a twentieth of a second; with every edit of such a word, all the memory there is
@pytest.mark.parametrize("piece", ["x", "ab", "aB1", "修", "é", "word ", "NEAR(", '"', "src/"])
def test_a_question_without_end_takes_little(project: Project, piece: str) -> None:
    project.checkpoint(goal="A client", decisions=["Five attempts"])
    question = piece * (LONG_QUESTION // len(piece))
    tracemalloc.start()
    try:
        search.search(project.store, question)
        search.search(project.store, "client", filters=search.Filters(branch=question, file=question, tag=question))
        project.hook("user-prompt", prompt=question)
        assert tracemalloc.get_traced_memory()[1] < 60 * LONG_QUESTION
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(60)  # six seconds when the time grows with the items, four minutes when it grows with their square
def test_a_session_of_very_many_items_is_added_to_found_and_shown(project: Project) -> None:
    numbers = range(20_000)
    decisions = [f"**D{number}:** reason {number}" for number in numbers]
    project.checkpoint(work_completed=[f"item {number}" for number in numbers], decisions=decisions, problems=decisions)
    path = project.file()
    path.write_text(path.read_text(encoding="utf-8").replace("- [x] item", "- [x] Item"), encoding="utf-8")
    project.checkpoint(work_completed=[f"item {number}" for number in numbers], decisions=["**Last:** one"])
    assert len(project.session().work_completed) == 2 * len(numbers)
    assert [hit["session_id"] for hit in search.search(project.store, "reason 77")] == ["S"]
    assert len(show.show(project.store, "S")["decisions"]) == len(numbers) + 1
    assert len(decision_log.decisions(project.store, everything=True)) == len(numbers) + 1


def test_of_a_large_payload_only_the_head_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []
    loads = json.loads

    def noted(text: str) -> Any:
        looked_at.append(len(text))
        return loads(text)

    monkeypatch.setattr(json, "loads", noted)
    data = json.dumps({"a": 1, "b": "y" * 20_000_000}).encode()
    assert hook_io.read_payload(data) == ({"a": 1}, "")
    assert looked_at == [len('{"a": 1}')]
    wide = json.dumps({"a": 1, "b": list(range(4_000_000))}).encode()
    assert hook_io.read_payload(wide)[0]["a"] == 1
    assert looked_at[-1] <= truncated_json.HEAD + truncated_json._DEEPEST


def test_a_host_that_sends_much_is_read_to_the_end(project: Project) -> None:
    """Else it would find the pipe broken, and some take that for a failed hook."""
    sent = payload("post-tool-use", tool_name="Read", cwd=str(project.root), tool_response={"x": "y" * 20_000_000})
    done = run_hook(project.root, "post-tool-use", sent)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert project.tally().calls == 1


def test_a_host_that_never_ends_its_payload_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    total = 8 * hook_io.MAX_PAYLOAD

    def send() -> None:
        with os.fdopen(writing, "wb") as pipe:
            for _ in range(total // 65_536):
                pipe.write(b"z" * 65_536)

    thread = threading.Thread(target=send)
    thread.start()
    read = os.read
    monkeypatch.setattr(os, "read", lambda _, most: read(reading, most))
    kept = hook_io.read_input()
    thread.join()
    os.close(reading)
    assert hook_io.MAX_PAYLOAD < len(kept) <= hook_io.MAX_PAYLOAD + 65_536


# --- the cache, and what is moved aside


def test_the_cache_stays_in_proportion_however_often_sessions_change(project: Project) -> None:
    for round_ in range(25):
        for number in range(60) if not round_ else range(3):
            goal = " ".join(f"word{(number * 37 + round_ * 11 + n) % 900}" for n in range(250))
            put(project.store, f"s{number}.md", session(f"s{number}", goal=goal))
        access.read(project.store, lambda cache: cache.sessions(1, "", ""))
    grown = status.status(project.store)["sizes"]["cache"]
    sync.rebuild(project.store)
    sizes = status.status(project.store)["sizes"]
    assert grown <= 1.5 * sizes["cache"]
    assert sizes["cache"] < 4 * sizes["sessions"] + 500_000


def test_a_registry_that_is_damaged_again_and_again_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCM_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for number in range(15):
        (tmp_path / "home" / registry.NAME).write_text(f"{{ {number}", encoding="utf-8")
        registry.register(str(tmp_path), str(tmp_path / paths.STORE))
    aside = [path for path in (tmp_path / "home").iterdir() if "damaged" in path.name]
    assert len(aside) == 10
    assert "{ 14" in {path.read_text(encoding="utf-8") for path in aside}, "the last one is among them"


def test_what_another_hook_has_stored_meanwhile_is_not_stored_again(project: Project) -> None:
    project.edited("a.py")
    host = adapters.adapter("claude-code")
    assert host
    event = Event(payload("stop"), host, project.store, None)
    main._empty(event, "stop")
    assert project.files() == []
    assert len([line for line in project.lines() if line.get("path")]) == 1
