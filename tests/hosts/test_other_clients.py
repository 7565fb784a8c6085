"""The gate, the checkpoint tool and the edits, with the real OpenCode, Cline CLI and Copilot CLI."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from .bench import ONE, THRESHOLD, TWO
from .codex_and_gemini import Codex, Gemini
from .headless import HOOKS, Cline, Copilot, OpenCode, copy
from .others import (
    DENIAL,
    SHORT_DENIAL,
    OtherBench,
    after_a_thought,
    checkpoint_once_served,
    is_denied,
    stand_in,
    without_ocm,
    without_rules,
)
from .scripted_api import Lane, Reply, say

if TYPE_CHECKING:
    from pathlib import Path

    from .scripted_api import Play, Request

pytestmark = [pytest.mark.client, pytest.mark.timeout(300)]  # some of them take 10 s to start


def test_the_gate_asks_for_a_checkpoint_and_opens_for_it(other: OtherBench) -> None:
    """A reminder at the threshold, a denial, a checkpoint that names no session, and the same edit goes through."""
    other.set_up()
    client = other.client
    ids = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        for step in (
            client.read("src/app.py"),
            client.edit("src/app.py", "a + b", "b + a"),
            client.create("src/made.py", "x = 1\n"),
            client.shell("git status --short"),
        ):
            request = yield step
            assert client.checkpoint_tool not in request.new_text
        request = yield client.read("src/names.py")
        assert client.checkpoint_tool in request.new_text
        assert other.is_shut(ids[0])
        request = yield client.edit(*TWO)
        assert DENIAL in request.results[0].text
        assert '"two"' in (other.project / TWO[0]).read_text(encoding="utf-8")
        assert SHORT_DENIAL in (yield client.shell("touch denied.txt")).results[0].text
        assert not is_denied((yield client.look()).new_text)
        request = yield client.shell("git status --short")
        assert not is_denied(request.new_text)
        assert "src/made.py" in request.results[0].text
        request = yield client.checkpoint(goal="Say 2 for two", work_completed=["Swapped the operands"])
        assert ids[0] in request.results[0].text
        assert not other.is_shut(ids[0])
        assert not is_denied((yield client.edit(*TWO)).new_text)
        yield say("Done.")

    run = client.run(script)

    assert run.exit_code == 0
    assert '"2"' in (other.project / TWO[0]).read_text(encoding="utf-8")
    assert not (other.project / "denied.txt").exists()
    wait_until_closed(other, ids[0])
    session = other.show(ids[0])
    assert (session["goal"], session["tool"]) == ("Say 2 for two", client.host)
    assert other.files(ids[0]) == {
        ("src/app.py", "modified"),
        ("src/names.py", "modified"),
        ("src/made.py", "created"),
    }
    assert other.session_ids() == ids


@pytest.mark.parametrize("other", [OpenCode, Copilot], indirect=True, ids=["opencode", "copilot"])
def test_a_resumed_conversation_is_the_same_session(other: OtherBench) -> None:
    """What a second run of the client adds to the conversation is added to its session, with no session named.

    Cline goes on with a conversation only in a terminal.
    """
    other.set_up()
    client = other.client
    ids = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        yield from checkpoint_once_served(client, work_completed=[f"Part {len(ids)}"])
        yield say("Noted.")

    client.run(script)
    client.run(script, *client.resume(ids[0]))

    assert ids[0] == ids[1]
    assert other.work(ids[0]) == ["Part 1", "Part 2"]
    assert other.session_ids() == [ids[0]]


def test_a_sub_agent_is_not_locked_out_and_what_it_edits_is_recorded(other: OtherBench) -> None:
    """While the gate is shut for the main conversation, its sub-agent works on, for its parent's session."""
    other.set_up()
    client = other.client
    ids, finished = [], []

    def main(_: Request) -> Play:
        ids.append(other.at_work())
        yield from other.shut_the_gate()
        assert DENIAL in (yield client.edit(*ONE)).results[0].text
        before = other.active(ids[0])
        yield client.delegate("Help with app.py.")
        after = other.active(ids[0])
        assert after["calls"] - before["calls"] <= 1  # the delegation itself
        assert after["denials"] == before["denials"]
        yield client.checkpoint(work_completed=["Had help"])
        yield say("Done.")

    def helper(_first: Request) -> Play:
        for step in (client.read("README.md"), client.edit("src/app.py", "a + b", "b + a"), client.shell("ls")):
            assert not is_denied((yield step).new_text)
        finished.append(True)
        yield say("Helped.")

    lane = Lane(helper, lambda request: "Help with app.py." in request.prompt and bool(request.tools), "helper")
    client.run(main, lanes=(lane,))

    assert finished
    assert other.files(ids[0]) == {("README.md", "modified"), ("src/app.py", "modified")}
    assert other.session_ids() == ids


def test_a_server_that_is_not_there_locks_nobody_out(other: OtherBench) -> None:
    """After three denials the fourth change passes, and the words that say so reach the conversation, or its user."""
    other.set_up(server=None)
    client = other.client
    shown = []

    def script(_first: Request) -> Play:
        yield from other.shut_the_gate()
        for denial in (DENIAL, SHORT_DENIAL, SHORT_DENIAL):
            assert denial in (yield after_a_thought(client.edit(*ONE))).results[0].text
        shown.append((yield after_a_thought(client.edit(*ONE))).new_text)
        assert not is_denied((yield client.edit(*TWO)).new_text)
        yield say("Done.")

    run = client.run(script)

    assert "seems unreachable" in "".join([*shown, run.stderr])
    names = (other.project / "src/names.py").read_text(encoding="utf-8")
    assert ('"1"' in names, '"2"' in names) == (True, True)


def test_calls_that_are_sent_together_are_one_denial(other: OtherBench) -> None:
    """Three calls of one reply are held back, one at length; the gate has still two denials to give before it lets go."""
    other.set_up()
    client = other.client
    ids = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        yield from other.shut_the_gate()
        together = [made for number in range(3) for made in client.shell(f"touch denied{number}").calls]
        texts = [result.text for result in (yield Reply(calls=tuple(together))).results]
        assert sorted(DENIAL in text for text in texts) == [False, False, True]
        assert all(is_denied(text) for text in texts)
        assert other.active(ids[0])["denials"] == 1
        assert SHORT_DENIAL in (yield after_a_thought(client.shell("touch denied3"))).results[0].text
        assert other.active(ids[0])["denials"] == 2
        yield from checkpoint_once_served(client, work_completed=["Held back"])
        yield say("Done.")

    client.run(script)

    assert not list(other.project.glob("denied*"))


@pytest.mark.parametrize("other", [OpenCode, Codex, Gemini], indirect=True, ids=["opencode", "codex", "gemini-cli"])
def test_the_last_words_of_a_conversation_are_kept(other: OtherBench) -> None:
    """The closing message of the turn is in the session, and nothing that was said in the turn before it.

    Copilot is left out: it may write the message into its log only after its stop event.
    """
    other.set_up()
    client = other.client
    ids = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        step = client.edit(*ONE)
        yield Reply("First the name.", step.calls)
        yield from checkpoint_once_served(client, work_completed=["Say 1 for one"])
        yield say("The name is a number now; TWO is left as it was.")

    client.run(script)

    wait_until_closed(other, ids[0])
    session = other.show(ids[0])
    assert session["last_words"] == "The name is a number now; TWO is left as it was."
    assert session["work_completed"] == ["Say 1 for one"]


def test_a_teammate_without_ocm_notices_nothing(other: OtherBench) -> None:
    """In a repository set up by somebody else, without `ocm`, every call works and no hook is heard of."""
    other.set_up()
    client = other.client
    client.search_path = without_ocm()

    def script(first: Request) -> Play:
        texts = [first.new_text]
        steps = [client.shell(f"echo {number}") for number in range(THRESHOLD)]
        for step in (*steps, client.edit(*ONE), client.edit(*TWO), client.create("made.txt", "x")):
            texts += [(yield step).new_text]
        shown = without_rules("\n".join(texts)).replace(str(other.project.parent), "")
        assert "ocm" not in shown
        assert "hook" not in shown
        yield say("Done.")

    run = client.run(script)

    assert run.exit_code == 0
    names = (other.project / "src/names.py").read_text(encoding="utf-8")
    assert ('"1"' in names, '"2"' in names) == (True, True)
    assert (other.project / "made.txt").exists()
    assert not list((other.store / "sessions").iterdir())


MISBEHAVIOUR = """
cat > {log}.payload
count=$(wc -l < {log} 2>/dev/null || echo 0); echo "$1" >> {log}
case $((count % 9)) in
  0) exit 1;;
  1) echo broken >&2; exit 127;;
  2) echo broken >&2; exit 2;;
  3) echo 'A line of a log';;
  4) echo 'A line of a log'; echo '{{"deny": "no", "permissionDecision": "deny"}}';;
  5) printf '{{"deny": "half of an ans';;
  6) kill -SEGV $$;;
  7) echo null;;
  8) echo '[["deny"]]'; exit 1;;
esac
"""


def test_a_hook_that_crashes_bricks_nothing(other: OtherBench, tmp_path: Path) -> None:
    """Whatever a broken `ocm-hook` prints and however it ends, every call goes through."""
    other.set_up()
    client = other.client
    log = tmp_path / "hook-calls"
    script_text = MISBEHAVIOUR.format(log=f"'{log}'")
    client.search_path = os.pathsep.join([stand_in(tmp_path / "bin", script_text), client.search_path])

    def script(_first: Request) -> Play:
        for number in range(6):
            assert f"call {number}" in (yield client.shell(f"echo call {number}")).results[0].text
        yield client.edit(*ONE)
        yield client.edit(*TWO)
        yield say("Done.")

    run = client.run(script)

    assert run.exit_code == 0
    assert len(log.read_text(encoding="utf-8").splitlines()) > 18  # each misbehaviour before a call and after one
    names = (other.project / "src/names.py").read_text(encoding="utf-8")
    assert ('"1"' in names, '"2"' in names) == (True, True)


def test_a_hook_that_hangs_delays_a_call_and_stops_none(other: OtherBench, tmp_path: Path) -> None:
    """A hook that never ends is given up after its limit."""
    other.set_up()
    client = other.client
    hang = 'cat > /dev/null; [ "$1" = pre-tool-use ] && exec sleep 60; exit 0'
    client.search_path = os.pathsep.join([stand_in(tmp_path / "bin", hang), client.search_path])
    took = []

    def script(_first: Request) -> Play:
        began = time.monotonic()
        assert "call went" in (yield client.shell("echo call went")).results[0].text
        took.append(time.monotonic() - began)
        yield say("Done.")

    run = client.run(script)

    assert run.exit_code == 0
    assert 2 < took[0] < 30


@pytest.mark.parametrize("other", [OpenCode, Cline, Copilot, Gemini], indirect=True, ids=lambda kind: kind.host)
def test_set_up_for_the_user_and_for_the_project_a_call_counts_once(other: OtherBench) -> None:
    """Where a client runs what both hold, one of them does nothing."""
    other.set_up()
    client = other.client
    other.command("ocm", "install", "--host", client.host, "--hooks", f"{client.host}={client.profile}")
    ids = []

    def script(first: Request) -> Play:
        ids.append(other.at_work())
        assert "ocm session_id" not in first.new_text
        for number in range(1, 4):
            yield client.shell(f"touch made{number}")
            assert other.active(ids[0])["calls"] == number
        yield say("Done.")

    client.run(script)

    assert other.session_ids() == ids


@pytest.mark.parametrize("other", [OpenCode], indirect=True, ids=["opencode"])
def test_a_conversation_that_is_summed_up_keeps_what_its_session_holds(other: OtherBench) -> None:
    """Before OpenCode makes a long conversation short, its session is stored, and what it holds is in the request."""
    other.set_up()
    client = other.client
    ids = []
    summing: list[str] = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        yield client.checkpoint(goal="Survive being summed up")
        yield client.edit(*ONE)
        yield replace(client.read("README.md"), tokens=99_000)
        yield say("Done.")

    def sum_up(request: Request) -> Play:
        summing.append(request.all_text)
        assert other.files(ids[0]) == {(ONE[0], "modified")}
        yield say("Summed up.")

    client.run(
        script, lanes=(Lane(sum_up, lambda request: "new anchored summary" in request.new_text and not request.tools),)
    )

    assert f"{ids[0]}\nSurvive being summed up\n" in summing[0]  # the brief, not the call that stored it
    assert other.session_ids() == ids


@pytest.mark.parametrize("other", [Copilot], indirect=True, ids=["copilot"])
def test_with_other_hosts_hooks_in_the_project_copilot_counts_a_call_once(other: OtherBench) -> None:
    """Copilot runs the hooks of `.claude/settings.json` and those that VS Code has in the same folder as its own."""
    other.set_up("--claude-hooks", "full")
    assert "PreToolUse" in (other.project / ".claude/settings.json").read_text(encoding="utf-8")
    copy(HOOKS / "vscode-copilot/full.json", other.project / ".github/hooks/vscode.json")
    client = other.client
    ids = []

    def script(_: Request) -> Play:
        ids.append(other.at_work())
        for number in range(1, 4):
            yield client.shell("ls")
            assert other.active(ids[0])["calls"] == number
        yield client.checkpoint(work_completed=["Counted"])
        yield say("Done.")

    client.run(script)

    assert other.session_ids() == ids
    assert other.show(ids[0])["tool"] == "copilot"


def wait_until_closed(bench: OtherBench, session_id: str) -> None:
    """Wait for the hook of the session's end, which Cline does not wait for."""
    until = time.monotonic() + 20
    while bench.show(session_id)["status"] != "closed":
        assert time.monotonic() < until
        time.sleep(0.2)
