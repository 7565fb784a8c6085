"""A day with it, with the real Claude Code: crashes, neighbours, merges, worktrees and subfolders; what the model is told."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocm.recall.project_brief import UNSAVED

from .bench import CHECKPOINT, ONE, TWO, Bench, below, brief, checkpoint, hook_texts
from .scripted_api import Reply, call, in_turn, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request, Script

pytestmark = pytest.mark.client

ASKED = "Write the names as digits."
COMMIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam")


def shell(*words: str) -> Reply:
    """Make the model run a command."""
    return call("Bash", command=shlex.join(words), description="Run")


def listening(told: list[str]) -> Script:
    """Make a script that keeps what a conversation is told at its start, and ends its turn."""

    def script(first: Request) -> Play:
        told.append(first.new_text)
        yield say("I see.")

    return script


def test_killed_and_at_once_started_again_the_new_one_is_told_what_was_not_saved(bench: Bench) -> None:
    """What was asked and edited a moment ago lies in a journal only, and leads the brief as not saved."""
    told: list[str] = []

    def script(_first: Request) -> Play:
        yield bench.read("src/names.py")
        assert not (yield bench.edit(*ONE)).error
        yield bench.read("src/app.py")
        assert not (yield bench.edit("src/app.py", "a + b", "b + a")).error
        bench.claude.kill()
        yield say("Nobody hears this.")

    bench.claude.run(script, prompts=(ASKED,))
    bench.claude.run(listening(told))

    (line,) = below(brief(told[0]), UNSAVED)
    assert line.endswith(f"· asked: {ASKED} · edited src/names.py, src/app.py")
    assert "claude-code · last heard of " in line


def test_a_second_conversation_is_told_that_the_first_is_at_work(bench: Bench) -> None:
    """While one edits, another begins: it hears what is being done before what is open, and not to do the same."""
    told: list[str] = []
    bench.claude.run(in_turn(checkpoint(goal="Plain numbers", work_pending=[ASKED]), say("Noted.")))

    def script(_first: Request) -> Play:
        yield bench.read("src/names.py")
        assert not (yield bench.edit(*ONE)).error
        replace(bench.claude, runs=[]).run(listening(told))
        assert not (yield bench.edit(*TWO)).error
        yield say("Done.")

    run = bench.claude.run(script, prompts=(ASKED,))

    lines = brief(told[0])
    assert "do not do the same" in UNSAVED
    assert lines.index(UNSAVED) < lines.index("To be done:")
    (line,) = below(lines, UNSAVED)
    assert f"· main · {run.session_id[:8]} · asked: {ASKED} · edited src/names.py" in line


def test_after_a_squash_merge_the_next_branch_goes_on_from_what_landed(bench: Bench) -> None:
    """On a branch that no session has, the brief leads with the work that its history holds, before other open work."""
    told: list[str] = []
    saved = checkpoint(
        goal="Plain numbers",
        work_completed=["Say 1 for one"],
        work_pending=["Say 2 for two"],
        decisions=["**Digits:** shorter than words"],
    )

    def landing(_first: Request) -> Play:
        yield bench.read("src/names.py")
        assert not (yield bench.edit(*ONE)).error
        assert not (yield shell(*COMMIT, "Say 1 for one")).error
        assert not (yield saved).error
        yield say("Noted.")

    elsewhere = in_turn(checkpoint(goal="A better README", work_pending=["Describe the numbers"]), say("Noted."))
    for branch, script in (("digits", landing), ("docs", elsewhere)):
        bench.command("git", "switch", "-qc", branch, "main")
        bench.claude.run(script)
    bench.command("git", "switch", "-q", "main")
    bench.command("git", "merge", "-q", "--squash", "digits")
    bench.command(*COMMIT, "Digits (#1)")
    bench.command("git", "branch", "-qD", "digits")
    bench.command("git", "switch", "-qc", "next")
    bench.claude.run(listening(told))

    lines = brief(told[0])
    assert lines[1] == "Goal: Plain numbers [1]"
    assert below(lines, "To be done:") == ["- Say 2 for two [1]", "- Describe the numbers [2]"]
    assert below(lines, "Decisions in force:") == ["- **Digits:** shorter than words [1]"]
    (first, second) = lines[lines.index("From these sessions:") + 1 :]
    assert "· digits, landed ·" in first
    assert "· docs ·" in second


def test_a_worktree_entered_in_mid_session_is_recorded_as_what_it_is(bench: Bench) -> None:
    """What was done in a tree that the client makes has that tree's paths and branch, and is known after the merge."""
    told: list[str] = []
    tree = bench.project / ".claude/worktrees/feat"

    def script(_first: Request) -> Play:
        yield call("ToolSearch", query="select:EnterWorktree")
        assert not (yield call("EnterWorktree", name="feat")).error
        yield call("Read", file_path=str(tree / "src/names.py"))
        edit = call("Edit", file_path=str(tree / "src/names.py"), old_string='"one"', new_string='"1"')
        assert not (yield edit).error
        assert not (yield checkpoint(goal="A tree of its own", work_pending=["Merge it"])).error
        assert not (yield shell("sed", "-i", "s/a + b/b + a/", "src/app.py")).error
        assert not (yield shell(*COMMIT, "Say 1 for one")).error
        assert not (yield checkpoint(work_completed=["Say 1 for one"])).error
        yield say("Done.")

    session_id = bench.claude.run(script).session_id
    branch = bench.command("git", "-C", str(tree), "branch", "--show-current").strip()
    bench.command("git", "merge", "-q", branch)
    bench.command("git", "worktree", "remove", "--force", "--force", str(tree))
    bench.command("git", "branch", "-qd", branch)
    bench.claude.run(listening(told))

    assert bench.files(session_id) == {("src/names.py", "modified"), ("src/app.py", "modified")}
    session = bench.show(session_id)
    assert (session["branch"], session["landed"], session["not_known"]) == (branch, "yes", [])
    assert [commit["subject"] for commit in session["commits"]] == ["Say 1 for one"]
    lines = brief(told[0])
    assert below(lines, "To be done:") == ["- Merge it [1]"]
    assert not [line for line in lines if "Not committed" in line or "gone" in line]


def test_in_a_subfolder_no_hook_fires_it_is_said_and_set_up_for_all_folders_they_do(bench: Bench) -> None:
    """The client reads no settings above the folder it is started in: what the store has of it says only the server."""
    docs = bench.project / "docs"
    docs.mkdir()
    (docs / "guide.md").write_text("one two\n", encoding="utf-8")
    bench.commit()
    there = replace(bench, claude=replace(bench.claude, project=docs, runs=[]))

    def script(first: Request) -> Play:
        assert not hook_texts(first)
        yield bench.read("docs/guide.md")
        request = yield bench.edit("docs/guide.md", "one", "1")
        assert not request.error
        assert not hook_texts(request)
        assert not (yield checkpoint(goal="From below")).error
        yield say("Done.")

    silent = there.claude.run(script, "--allowedTools", CHECKPOINT)

    why = f"started in {docs} does not read the settings in {bench.project}"
    (kept,) = bench.session_ids()
    assert kept.startswith("mcp-")
    assert not silent.hooks
    assert why in there.command("ocm")
    assert why in there.command("ocm", "status")
    found = there.doctor()
    assert [one["check"] for one in found["findings"] if why in one["message"]] == ["folder"]
    assert [(one["session_id"], one["kept_as"]) for one in found["unrecorded"]] == [(silent.session_id, kept)]

    there.command("ocm", "install", "--host", "claude-code")
    assert why not in there.command("ocm", "status")

    def heard(_first: Request) -> Play:
        yield bench.read("docs/guide.md")
        assert not (yield bench.edit("docs/guide.md", "two", "2")).error
        assert not (yield checkpoint(goal="From below, heard")).error
        yield say("Done.")

    run = there.claude.run(heard)

    assert bench.session_ids() == [run.session_id, kept]
    assert bench.files(run.session_id) == {("docs/guide.md", "modified")}
    assert Path(bench.show(run.session_id)["markdown_path"]).is_relative_to(bench.store)
