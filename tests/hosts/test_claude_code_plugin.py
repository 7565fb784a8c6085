"""The plugin, with the real Claude Code: it is valid, and it works from a folder that serves as its marketplace."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocm import __version__

from .bench import CHECKPOINT as PROJECTS_OWN
from .bench import ONE, THRESHOLD, Bench, call_in, hook_texts, touch
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
    """What the gate says names the tool as the model has it there: the call that a denial holds can be made as it is."""
    session_id = str(uuid.uuid4())

    def script(first: Request) -> Play:
        assert "ocm session_id" not in first.new_text, "the hook fills it into the call"
        request = yield Reply(calls=plugged.read("src/names.py").calls * (THRESHOLD - 1) + touch("made.txt").calls)
        assert f"Call {CHECKPOINT} now" in hook_texts(request)
        denied = yield plugged.edit(*ONE)
        assert f"select:{CHECKPOINT} " in denied.error
        assert CHECKPOINT in (yield plugged.edit(*ONE)).error
        yield call("ToolSearch", query=f"select:{CHECKPOINT}")
        request = yield call_in(denied.error, CHECKPOINT)
        assert json.loads(request.results[0].text)["session_id"] == session_id
        assert not (yield plugged.edit(*ONE)).error
        shown.append(request.all_text)
        yield say("Done.")

    shown: list[str] = []
    run = plugged.claude.run(script, "--session-id", session_id)

    assert run.exit_code == 0
    assert PROJECTS_OWN not in shown[0]
    assert plugged.show(session_id)["goal"] == "Go on."
    assert plugged.files(session_id) == {("made.txt", "created"), ("src/names.py", "modified")}


def test_beside_the_projects_own_set_up_the_tool_that_is_named_is_one_that_is_there(plugged: Bench) -> None:
    """With the plugin and `ocm init` the client drops the plugin's server; whichever hook speaks, its call can be made."""
    plugged.set_up()

    def script(_first: Request) -> Play:
        request = yield from plugged.shut_the_gate()
        assert f"Call {PROJECTS_OWN} now" in hook_texts(request)
        denied = yield plugged.edit(*ONE)
        assert not (yield call_in(denied.error, PROJECTS_OWN)).error
        assert not (yield plugged.edit(*ONE)).error
        yield say("Done.")

    run = plugged.claude.run(script)

    assert CHECKPOINT not in run.exchanges[-1].request.all_text


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
