"""Which conversation is which session, and what one knows of another, with the real Claude Code."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .bench import CHECKPOINT, ONE, THRESHOLD, TOOLS, TWO, Bench, checkpoint, hook_texts, note
from .scripted_api import call, in_turn, say

if TYPE_CHECKING:
    from .scripted_api import Json, Play, Request

pytestmark = pytest.mark.client


def test_resume_and_continue_keep_the_session(bench: Bench) -> None:
    """A conversation that is taken up again goes on in the same session, in one file."""
    session_id = bench.claude.run(note("One", goal="Count")).session_id
    resumed = bench.claude.run(note("Two"), "--resume", session_id)
    continued = bench.claude.run(note("Three"), "--continue")

    assert [resumed.session_id, continued.session_id] == [session_id] * 2
    assert bench.session_ids() == [session_id]
    assert len(list((bench.store / "sessions").glob("*.md"))) == 1
    assert bench.work(session_id) == ["One", "Two", "Three"]


def test_a_fork_is_a_session_of_its_own(bench: Bench) -> None:
    """The history of a fork names the old session, and even a model that sends that id lands in the new one."""
    old = bench.claude.run(note("One", goal="Count")).session_id
    new = bench.claude.run(note("Two", session_id=old), "--resume", old, "--fork-session").session_id

    assert new != old
    assert bench.work(old) == ["One"]
    assert bench.work(new) == ["Two"]


def test_clear_begins_a_session_of_its_own(bench: Bench) -> None:
    """After /clear the same process, with the same server, is another conversation."""
    script = in_turn(
        checkpoint(work_completed=["Before"]), say("Noted."), checkpoint(work_completed=["After"]), say("Noted.")
    )
    run = bench.claude.run(script, prompts=("Note this.", "/clear", "Note that."))

    before, after = run.session_ids
    assert bench.work(before) == ["Before"]
    assert bench.work(after) == ["After"]


def test_compaction_keeps_the_session_the_count_and_the_goal(bare: Bench) -> None:
    """What the client forgets when it compacts, it is told again; the calls and the change before still count."""
    bare.set_up("--claude-hooks", "full")
    session_id = str(uuid.uuid4())

    def script(_first: Request) -> Play:
        yield checkpoint(goal="Keep the thread", work_pending=["Pick it up again"])
        yield bare.read("src/names.py")
        yield bare.edit(*TWO)
        request = yield say("So far, so good.")
        assert CHECKPOINT in request.new_text
        yield say("I would rather not.")
        request = yield say("<summary>We changed a file.</summary>")
        assert "Keep the thread" in request.new_text
        assert "Pick it up again" in request.new_text
        for _ in range(THRESHOLD - 2):
            request = yield bare.read("README.md")
        assert CHECKPOINT in hook_texts(request)
        assert CHECKPOINT in (yield bare.edit(*ONE)).error
        yield say("Done.")

    run = bare.claude.run(script, "--session-id", session_id, prompts=("Change it.", "/compact", "Go on."))

    assert run.session_ids == [session_id]
    assert bare.session_ids() == [session_id]


def test_a_turn_that_leaves_unsaved_work_is_asked_once(bare: Bench) -> None:
    """With the full profile the end of a turn asks for a checkpoint, and takes no for an answer."""
    bare.set_up("--claude-hooks", "full")
    asked: list[str] = []

    def script(_first: Request) -> Play:
        yield bare.read("src/names.py")
        yield bare.edit(*ONE)
        request = yield say("Finished.")
        while True:
            asked.append(hook_texts(request) + request.new_text)
            request = yield say("I would rather not.")

    run = bare.claude.run(script)

    assert run.exit_code == 0
    assert len(asked) == 1
    assert CHECKPOINT in asked[0]


def test_what_a_killed_client_did_is_not_lost(bench: Bench) -> None:
    """The journal of a conversation that was killed is saved when the next one begins."""
    session_id = str(uuid.uuid4())

    def script(_first: Request) -> Play:
        yield bench.read("src/names.py")
        yield bench.edit(*ONE)
        bench.claude.kill()
        yield say("Nobody hears this.")

    run = bench.claude.run(script, "--session-id", session_id)
    long_ago = time.time() - 3600
    os.utime(bench.journal(session_id), (long_ago, long_ago))
    bench.claude.run(in_turn(say("Hello.")))

    assert run.exit_code == -signal.SIGKILL
    assert bench.files(session_id) == {("src/names.py", "modified")}


def test_the_next_conversation_finds_the_past(bench: Bench) -> None:
    """What one conversation has recorded, the next one finds by searching."""
    decision = "Retry with exponential backoff, at most three times"
    script = in_turn(checkpoint(title="Warehouse", goal="Survive an outage", decisions=[decision]), say("Noted."))
    past = bench.claude.run(script).session_id
    hits: list[Json] = []

    def look_back(first: Request) -> Play:
        assert "Warehouse" in first.new_text
        yield call("ToolSearch", query=f"select:{TOOLS}search_sessions")
        request = yield call(f"{TOOLS}search_sessions", query="backoff")
        hits.extend(json.loads(request.results[0].text)["result"])
        yield say("Found.")

    now = bench.claude.run(look_back).session_id

    (hit,) = hits
    assert now != past
    assert hit["session_id"] == past
    assert hit["goal"] == "Survive an outage"
    assert "backoff" in hit["snippet"]


def test_a_new_conversation_is_told_where_the_last_one_ended(bench: Bench) -> None:
    """The brief at the start holds what the last conversation wanted and what it left to be done."""
    left = checkpoint(goal="Survive an outage", work_pending=["Tell the shop that the stock is unknown"])
    bench.claude.run(in_turn(left, say("Noted.")))
    notes: list[str] = []

    def script(first: Request) -> Play:
        notes.append(first.new_text)
        yield say("I see.")

    bench.claude.run(script)

    assert "Survive an outage" in notes[0]
    assert "Tell the shop that the stock is unknown" in notes[0]


def test_conversations_side_by_side_do_not_mix(bench: Bench) -> None:
    """Two clients at work in one repository at the same time each keep a session of their own."""

    def work(name: str) -> Play:
        for number in range(3):
            yield bench.read("README.md")
            yield checkpoint(work_completed=[f"{name} {number}"])
        yield say("Done.")

    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda name: bench.claude.run(lambda _first: work(name)), ("Left", "Right")))

    left, right = (bench.work(run.session_id) for run in runs)
    assert left == ["Left 0", "Left 1", "Left 2"]
    assert right == ["Right 0", "Right 1", "Right 2"]


def test_a_linked_worktree_shares_the_store(bench: Bench) -> None:
    """A conversation in a linked worktree is kept in the main worktree's store, with its own branch."""
    tree = bench.project.parent / "side tree"
    bench.command("git", "worktree", "add", "-q", "-b", "side", str(tree))
    there = replace(bench.claude, project=tree)
    edit = call("Edit", file_path=str(tree / "README.md"), old_string="project", new_string="thing")

    def script(_first: Request) -> Play:
        yield call("Read", file_path=str(tree / "README.md"))
        assert not (yield edit).error
        assert not (yield checkpoint(work_completed=["On the side"])).error
        yield say("Done.")

    session = bench.show(there.run(script).session_id)

    assert Path(session["markdown_path"]).is_relative_to(bench.store)
    assert session["branch"] == "side"
    assert session["files"] == [{"path": "README.md", "change_type": "modified"}]
    assert not (tree / ".openCodeMemory").exists()


def test_a_user_wide_setup_works_in_any_repository(bare: Bench) -> None:
    """After `ocm install` the user's store serves every repository; where there is `ocm init` too, calls count once."""
    bare.command("ocm", "install")
    user_store = bare.claude.home / ".openCodeMemory"
    session_id = str(uuid.uuid4())

    def script(_first: Request) -> Play:
        for _ in range(2):
            yield bare.read("README.md")
        assert bare.active(session_id)["calls"] == 2
        assert not (yield checkpoint(work_completed=["Anywhere"])).error
        yield say("Done.")

    bare.claude.run(script, "--session-id", session_id)

    assert Path(bare.show(session_id)["markdown_path"]).is_relative_to(user_store)
    bare.set_up()
    session_id = str(uuid.uuid4())
    bare.claude.run(script, "--session-id", session_id)
    assert Path(bare.show(session_id)["markdown_path"]).is_relative_to(bare.store)
