"""Hooks that the running server answers, with the real Claude Code."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .bench import ONE, THRESHOLD, TWO, Bench, call_in, checkpoint, hook_texts, touch
from .scripted_api import call, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = pytest.mark.client

DENIALS = re.compile("checkpoint is due|held back")


@pytest.fixture
def served(bare: Bench) -> Bench:
    """Return a repository in which the server answers the hooks."""
    bare.set_up("--hooks", "claude-code=mcp")
    return bare


def test_the_server_reminds_denies_and_lets_go_on(served: Bench) -> None:
    """The gate's whole round, and no call of a tool has started a process."""
    session_id = str(uuid.uuid4())

    def script(first: Request) -> Play:
        assert "ocm session_id" not in first.new_text, "the hook fills it into the call"
        assert "hook success" not in first.new_text, "a hook with nothing to say is not told of"
        for step in (served.read("src/app.py"), served.edit("src/app.py", "a + b", "b + a")):
            assert not hook_texts((yield step))
        for _ in range(THRESHOLD - 3):
            yield served.read("src/names.py")
        request = yield call("Bash", command="exit 3", description="Fail")
        assert "ocm__checkpoint" in hook_texts(request)
        assert served.is_shut(session_id)
        denied = yield served.edit(*TWO)
        assert call_in(denied.error).calls
        assert not (yield served.read("README.md")).error
        request = yield checkpoint(goal="Say 2 for two", work_completed=["Swapped"], session_id="made up")
        assert json.loads(request.results[0].text)["session_id"] == session_id
        assert not (yield served.edit(*TWO)).error
        yield say("Done.")

    run = served.claude.run(script, "--session-id", session_id)

    assert run.exit_code == 0
    assert served.show(session_id)["goal"] == "Say 2 for two"
    assert served.files(session_id) == {("src/app.py", "modified"), ("src/names.py", "modified")}
    assert served.session_ids() == [session_id]


def test_a_server_that_died_is_started_again_by_the_client(served: Bench) -> None:
    """Calls pass until it is there; the hook after that finds the gate as it was."""
    errors = []

    def script(_first: Request) -> Play:
        yield from served.shut_the_gate()
        assert end_servers(served.project)
        for _ in range(40):
            errors.append((yield touch("made.txt")).error)
            if errors[-1]:
                break
            time.sleep(0.25)
        yield say("Done.")

    assert served.claude.run(script).exit_code == 0
    assert "checkpoint is due" in errors[-1]


def test_a_server_that_is_gone_blocks_nothing(served: Bench, tmp_path: Path) -> None:
    """Where it does not come back either, every call goes through, even with the gate shut."""
    here = tmp_path / "here"
    here.touch()
    start = ["-c", f"test -e '{here}' && exec ocm serve"]
    entry = {"type": "stdio", "command": "/bin/sh", "args": start}
    (served.project / ".mcp.json").write_text(json.dumps({"mcpServers": {"opencodememory": entry}}), encoding="utf-8")

    def script(_first: Request) -> Play:
        yield from served.shut_the_gate()
        assert "checkpoint is due" in (yield served.edit(*ONE)).error
        here.unlink()
        assert end_servers(served.project)
        for step in (served.edit(*ONE), served.edit(*TWO), touch("made.txt")):
            assert not DENIALS.search((yield step).new_text)
        yield say("Done.")

    run = served.claude.run(script)

    assert run.exit_code == 0
    names = (served.project / "src/names.py").read_text(encoding="utf-8")
    assert ('"1"' in names, '"2"' in names) == (True, True)
    assert (served.project / "made.txt").exists()


def end_servers(project: Path) -> list[int]:
    """End the servers that run in a project, and return which those were."""
    ended = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and os.readlink(folder / "cwd") == str(project):
                os.kill(int(folder.name), signal.SIGKILL)
                ended.append(int(folder.name))
    return ended
