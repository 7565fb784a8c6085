"""One piece of work handed from Claude Code to Codex to Gemini in one repository, each with its real client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .bench import Bench, checkpoint, make_bench
from .codex_and_gemini import Codex, Gemini
from .conftest import found
from .headless import SERVER
from .others import checkpoint_once_served, node
from .scripted_api import call, say

if TYPE_CHECKING:
    from pathlib import Path

    from .headless import Headless
    from .network import Network
    from .scripted_api import Play, Request

pytestmark = [pytest.mark.client, pytest.mark.timeout(300)]


def test_work_goes_on_where_the_assistant_before_left_it(claude_code: Path, network: Network, tmp_path: Path) -> None:
    """Each begins with the checkpoint of the last; three sessions, one store, nobody locked out."""
    bench = make_bench(claude_code, tmp_path, network)
    bench.set_up()
    codex, gemini = (joined(kind, bench) for kind in (Codex, Gemini))
    bench.commit()
    ids = []

    def claude_begins(first: Request) -> Play:
        assert "ocm-notes" not in first.new_text
        yield bench.edit("src/app.py", "a + b", "b + a")
        yield call("ToolSearch", query="select:mcp__opencodememory__ocm__checkpoint")
        pending = ["Say 1 for one", "Describe the project"]
        yield checkpoint(goal="Plain numbers", work_completed=["Swapped the operands"], work_pending=pending)
        yield say("Codex goes on.")

    def codex_goes_on(first: Request) -> Play:
        ids.append(bench.at_work())
        for words in ("Plain numbers", "Say 1 for one", "Describe the project"):
            assert words in first.new_text
        yield codex.edit("src/names.py", '"one"', '"1"')
        pending = {"work_completed": ["Say 1 for one"], "work_pending": ["Describe the project"]}
        yield from checkpoint_once_served(codex, goal="Plain numbers in names", **pending)
        yield say("Gemini goes on.")

    def gemini_ends(first: Request) -> Play:
        ids.append(bench.at_work())
        for words in ("Plain numbers in names", "Describe the project"):
            assert words in first.new_text
        request = yield call("mcp_opencodememory_ocm__search_sessions", query="operands swapped")
        assert "Plain numbers" in request.results[0].text
        yield gemini.edit("README.md", "# A project", "# Numbers")
        yield gemini.checkpoint(goal="A project that is described", work_completed=["Describe the project"])
        yield say("Done.")

    first = bench.claude.run(claude_begins)
    assert codex.run(codex_goes_on).exit_code == 0
    assert gemini.run(gemini_ends).exit_code == 0

    ids.insert(0, first.session_id)
    sessions = bench.ocm("list")
    assert [session["session_id"] for session in sessions] == ids[::-1]
    assert [session["tool"] for session in sessions] == ["gemini-cli", "codex", "claude-code"]
    assert {os.path.dirname(session["markdown_path"]) for session in sessions} == {str(bench.store / "sessions")}
    edited = [("src/app.py", "modified"), ("src/names.py", "modified"), ("README.md", "modified")]
    assert [bench.files(session_id) for session_id in ids] == [{file} for file in edited]
    log = bench.store / "hook.log"
    assert not log.exists() or not log.read_text(encoding="utf-8")


def joined(kind: type[Headless], bench: Bench) -> Headless:
    """Return another client, set up in the same repository and the same home."""
    binary, here = found(kind.client), bench.claude
    path = os.pathsep.join([here.search_path, node()])
    client = kind(binary, here.project, here.home, path, here.network, here.variables)
    client.set_up(SERVER)
    return client
