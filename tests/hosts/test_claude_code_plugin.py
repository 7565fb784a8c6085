"""The plugin, with the real Claude Code: it is valid, and it works from a folder that serves as its marketplace."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocm import __version__

from .bench import ONE, THRESHOLD, Bench, hook_texts, touch
from .claude import QUIET
from .scripted_api import Reply, call, say

if TYPE_CHECKING:
    from .scripted_api import Play, Request

pytestmark = pytest.mark.client

ROOT = Path(__file__).resolve().parents[2]
PARTS = (".claude-plugin", ".mcp.json", "hooks", "README.md", "LICENSE")
CHECKPOINT = "mcp__plugin_ocm_opencodememory__ocm__checkpoint"


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Return a folder with what the repository holds of the plugin."""
    folder = tmp_path / "market"
    folder.mkdir()
    for name in PARTS:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


@pytest.fixture
def plugged(bare: Bench, market: Path) -> Bench:
    """Return a repository with a store, and a client whose user has the plugin; nothing of it is in the repository."""
    bare.set_up("--claude-hooks", "none")
    bare.command("git", "rm", "-q", ".mcp.json", "CLAUDE.md")
    bare.commit()
    client(bare, "plugin", "marketplace", "add", str(market))
    client(bare, "plugin", "install", "ocm@ocm", "--scope", "user")
    return bare


def client(bench: Bench, *words: str) -> str:
    """Run a command of the client in the repository."""
    variables = dict(bench.claude.variables)
    bench.claude.variables = variables | QUIET
    try:
        return bench.command(str(bench.claude.binary), *words)
    finally:
        bench.claude.variables = variables


def test_the_client_finds_the_plugin_valid(bare: Bench, market: Path) -> None:
    said = client(bare, "plugin", "validate", str(market))
    assert "Validation passed" in said
    for part in ("hooks: PreToolUse", "mcpServers: opencodememory", "ocm:checkpoint", "ocm:resume", "ocm:search"):
        assert part in said


def test_the_manifest_names_this_version_and_the_same_server_that_init_writes(bench: Bench) -> None:
    manifest = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__
    assert json.loads((ROOT / ".mcp.json").read_text()) == json.loads((bench.project / ".mcp.json").read_text())


def test_hooks_gate_and_checkpoint_work_from_the_plugin_alone(plugged: Bench) -> None:
    session_id = str(uuid.uuid4())

    def script(first: Request) -> Play:
        assert session_id in first.new_text
        yield Reply(calls=plugged.read("src/names.py").calls * (THRESHOLD - 1) + touch("made.txt").calls)
        denied = yield plugged.edit(*ONE)
        assert "checkpoint" in denied.error
        request = yield call(CHECKPOINT, goal="Say 1 for one")
        assert json.loads(request.results[0].text)["session_id"] == session_id
        assert not (yield plugged.edit(*ONE)).error
        yield say("Done.")

    run = plugged.claude.run(script, "--session-id", session_id)

    assert run.exit_code == 0
    assert plugged.show(session_id)["goal"] == "Say 1 for one"
    assert plugged.files(session_id) == {("made.txt", "created"), ("src/names.py", "modified")}


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("/ocm:search retry policy", "with the query `retry policy`"),
        ("/ocm:checkpoint the numbers", "To be noted in particular: the numbers"),
        ("/ocm:resume", "Find the session to go on with"),
    ],
)
def test_a_slash_command_tells_the_model_which_tool_to_call(plugged: Bench, prompt: str, shown: str) -> None:
    def script(first: Request) -> Play:
        assert shown in first.new_text
        request = yield call(CHECKPOINT, work_completed=["Did as the command says"])
        assert not request.error
        assert not hook_texts(request)
        yield say("Done.")

    run = plugged.claude.run(script, prompts=(prompt,))

    assert plugged.work(run.session_id) == ["Did as the command says"]
