"""A day with it, with the real clients other than Claude Code: neighbours, crashes, subfolders, and who saves nothing."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ocm.index.standing import WORDS
from ocm.recall.project_brief import HEADINGS, SILENT, UNSAVED

from .bench import ONE, THRESHOLD, below, brief
from .codex_and_gemini import Codex, Gemini
from .headless import Cline, Copilot, OpenCode
from .others import checkpoint_once_served, is_denied
from .scripted_api import say

if TYPE_CHECKING:
    from .headless import Headless
    from .others import OtherBench
    from .scripted_api import Play, Request, Script

pytestmark = [pytest.mark.client, pytest.mark.timeout(300)]  # some of them take 10 s to start

ASKED = "Write the names as digits."
COMMIT = "git -c user.name=A -c user.email=a@example.org commit -qam '{}'"
LAST_WORDS = "FIRST is a digit now. What is left: SECOND is still a word."


def listening(texts: list[str]) -> Script:
    """Make a script that keeps what a conversation is told at its start, and ends its turn."""

    def script(first: Request) -> Play:
        texts.append(first.new_text)
        yield say("I see.")

    return script


def test_who_begins_beside_one_at_work_and_who_begins_after_it_was_killed_are_told(other: OtherBench) -> None:
    """What is asked and edited by a conversation that has saved nothing leads the brief of the next, living or dead."""
    other.set_up()
    client = other.client
    told: list[str] = []

    def script(_first: Request) -> Play:
        yield client.read("src/names.py")
        yield client.edit(*ONE)
        replace(client, runs=[]).run(listening(told))
        yield client.read("src/app.py")
        yield client.edit("src/app.py", "a + b", "b + a")
        client.kill()
        yield say("Nobody hears this.")

    client.run(script, prompts=(ASKED,))
    replace(client, runs=[], killed=False).run(listening(told))

    for text, edited in zip(told, ("src/names.py", "src/names.py, src/app.py"), strict=True):
        (line,) = below(brief(text), UNSAVED)
        assert line.startswith(f"- {client.host} · ")
        assert line.endswith(f"· asked: {ASKED} · edited {edited}")


UPWARDS = [OpenCode, Cline, Copilot, Codex]


@pytest.mark.parametrize("other", UPWARDS, indirect=True, ids=lambda kind: kind.host)
def test_what_a_lazy_conversation_in_a_subfolder_did_and_said_is_told_to_the_next(other: OtherBench) -> None:
    """Started below the project, with few calls and no checkpoint, it is recorded all the same, its last words too.

    Copilot may write the message into its log only after its stop event.
    """
    client = in_docs(other)
    told: list[str] = []

    def lazy(_first: Request) -> Play:
        yield client.read("guide.md")
        yield client.edit("guide.md", "one", "1")
        while True:  # whoever asks for a checkpoint at the end of the turn
            yield say(LAST_WORDS)

    client.run(lazy, prompts=(ASKED,))
    other.client.run(listening(told))

    session = other.show(other.session_ids()[-1])
    assert session["title"] == ASKED
    assert session["files"] == [{"path": "docs/guide.md", "change_type": "modified"}]
    lines = brief(told[0])
    assert "Not committed: docs/guide.md" in lines
    if client.host == "copilot" and not session["last_words"]:
        assert below(lines, SILENT) == [f"- {ASKED} · edited docs/guide.md [1]"]
    elif f"- {ASKED} → {LAST_WORDS}" not in lines:  # so a transcript has it that its stop event named
        assert below(lines, HEADINGS[WORDS]) == [f"- {LAST_WORDS} [1]"]


@pytest.mark.parametrize("other", [Gemini], indirect=True, ids=["gemini-cli"])
def test_where_a_client_reads_no_settings_above_its_folder_it_is_said_that_nothing_is_recorded(
    other: OtherBench,
) -> None:
    """No hook fires, and the status and the doctor say so there; the doctor names the conversation, from wherever."""
    client = in_docs(other)

    def script(_first: Request) -> Play:
        yield client.edit("guide.md", "one", "1")
        yield say(LAST_WORDS)

    client.run(script)

    assert other.session_ids() == []
    why = f"started in {client.project} does not read the settings in {other.project}"
    below_it = replace(other, claude=client)
    assert why in below_it.command("ocm", "status")
    assert [one["check"] for one in below_it.doctor()["findings"] if why in one["message"]] == ["folder"]
    assert [one["host"] for one in other.doctor()["unrecorded"]] == ["gemini-cli"]


def test_after_a_squash_merge_the_next_branch_goes_on_from_what_landed(other: OtherBench) -> None:
    """On a branch that no session has, the brief leads with the work that its history holds, before other open work."""
    other.set_up()
    client = other.client
    told: list[str] = []

    def landing(_first: Request) -> Play:
        yield client.read("src/names.py")
        yield client.edit(*ONE)
        yield client.shell(COMMIT.format("Say 1 for one"))
        yield from checkpoint_once_served(
            client, goal="Plain numbers", work_completed=["Say 1 for one"], work_pending=["Say 2 for two"]
        )
        yield say("Noted.")

    def elsewhere(_first: Request) -> Play:
        yield from checkpoint_once_served(client, goal="A better README", work_pending=["Describe the numbers"])
        yield say("Noted.")

    for branch, script in (("digits", landing), ("docs", elsewhere)):
        other.command("git", "switch", "-qfc", branch, "main")  # OpenCode writes into its own settings
        client.run(script)
    other.command("git", "switch", "-qf", "main")
    other.command("git", "merge", "-q", "--squash", "digits")
    other.command(*shlex.split(COMMIT.format("Digits (#1)")))
    other.command("git", "branch", "-qD", "digits")
    other.command("git", "switch", "-qc", "next")
    client.run(listening(told))

    lines = brief(told[0])
    assert lines[1] == "Goal: Plain numbers [1]"
    assert below(lines, "To be done:") == ["- Say 2 for two [1]", "- Describe the numbers [2]"]
    (first, second) = lines[lines.index("From these sessions:") + 1 :]
    assert "· digits, landed ·" in first
    assert "· docs ·" in second


def test_a_worktree_entered_in_mid_session_is_recorded_as_what_it_is(other: OtherBench) -> None:
    """What was done in a tree that the model makes has that tree's paths and branch, and is known after the merge."""
    other.set_up()
    client = other.client
    told: list[str] = []

    def script(_first: Request) -> Play:
        yield client.shell("git worktree add -q -b feat .trees/feat")
        yield client.read(".trees/feat/src/names.py")
        yield client.edit(".trees/feat/src/names.py", '"one"', '"1"')
        yield from checkpoint_once_served(client, goal="A tree of its own", work_pending=["Merge it"])
        yield client.shell("cd .trees/feat && sed -i 's/a + b/b + a/' src/app.py")
        yield client.shell(f"cd .trees/feat && {COMMIT.format('Say 1 for one')}")
        yield client.checkpoint(work_completed=["Say 1 for one"])
        yield say("Done.")

    client.run(script)
    other.command("git", "merge", "-q", "feat")
    other.command("git", "worktree", "remove", "--force", ".trees/feat")
    other.command("git", "branch", "-qd", "feat")
    client.run(listening(told))

    session = other.show(other.session_ids()[-1])
    assert other.files(session["session_id"]) == {("src/names.py", "modified"), ("src/app.py", "modified")}
    assert (session["branch"], session["landed"], session["not_known"]) == ("feat", "yes", [])
    assert [commit["subject"] for commit in session["commits"]] == ["Say 1 for one"]
    lines = brief(told[0])
    assert below(lines, "To be done:") == ["- Merge it [1]"]
    assert not [line for line in lines if "Not committed" in line or "gone" in line]


def gates(other: OtherBench) -> list[bool]:
    """Return whether the gate of each conversation at work is shut."""
    return [one["gate_shut"] for one in other.ocm("status")["active"]]


def in_docs(other: OtherBench) -> Headless:
    """Set the project up, and return its client as it is started in a subfolder."""
    docs = other.project / "docs"
    docs.mkdir()
    (docs / "guide.md").write_text("one two\n", encoding="utf-8")
    other.set_up()
    return replace(other.client, project=docs, runs=[])


PLANS = {OpenCode: ("--agent", "plan"), Cline: ("--plan",), Gemini: ("--approval-mode", "plan")}


@pytest.mark.parametrize("other", PLANS, indirect=True, ids=lambda kind: kind.host)
def test_in_plan_mode_nothing_is_asked_for(other: OtherBench) -> None:
    """Nothing can be changed there, and nothing saved: however much is read, no checkpoint is called for.

    Gemini CLI tells no hook of its mode, so that one reminder comes, as to any reader; nothing is held back.
    """
    other.set_up()
    client = other.client
    ended = []

    def script(_first: Request) -> Play:
        asked = 0
        for path in ("src/names.py", "src/app.py", "README.md") * 2:
            request = yield client.read(path)
            assert not is_denied(request.new_text)
            asked += client.checkpoint_tool in request.new_text
        assert asked == (client.host == "gemini-cli")
        assert gates(other) == [False]
        ended.append(True)
        yield say("That is the plan.")

    run = client.run(script, *PLANS[type(client)])

    assert ended, run.stderr


def test_whoever_only_reads_is_reminded_once_and_never_held_back(other: OtherBench) -> None:
    """However much is read, the gate stays open, and the first change after it passes."""
    other.set_up()
    client = other.client
    asked = []

    def script(_first: Request) -> Play:
        for _ in range(2):
            for step in (client.read("src/names.py"), client.shell("git status --short"), client.shell("ls | head -3")):
                request = yield step
                assert not is_denied(request.new_text)
                asked.append(client.checkpoint_tool in request.new_text)
        assert gates(other) == [False]
        assert not is_denied((yield client.edit(*ONE)).new_text)
        assert gates(other) == [True]
        yield say("Done.")

    client.run(script)

    assert asked == [False] * (THRESHOLD - 1) + [True] + [False] * (6 - THRESHOLD)
    assert '"1"' in (other.project / ONE[0]).read_text(encoding="utf-8")
