"""`ocm status` where nothing is recorded, or nothing can be saved: it says what is missing, and the next step."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from ocm.cli import quick_commands
from ocm.setup import install
from ocm.store import journal, paths
from tests.unit.doctor.test_doctor import ANSWER, Place, place
from tests.unit.doctor.test_reach import linked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["place"]


@pytest.fixture
def claude(place: Place) -> Place:
    """Return a project in which Claude Code is set up, and which it has worked in."""
    place.command("ocm", ANSWER)
    place.set_up("claude-code")
    return place


def missing(capsys: pytest.CaptureFixture[str], project: Path) -> list[dict[str, Any]]:
    """Return what `ocm status` names; it says the same in words."""
    quick_commands.status(project=str(project), as_json=True)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["missing"]
    quick_commands.status(project=str(project), as_json=False)
    words = capsys.readouterr().out
    assert [f"missing   {one['message']} {one['next_step']}" in words for one in found] == [True] * len(found)
    assert ("missing" in words) is bool(found)
    return found


def test_where_all_is_well_nothing_is_missing(claude: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert missing(capsys, claude.project) == []
    claude.work("claude-code")
    assert missing(capsys, claude.project) == []


def test_of_a_project_with_sessions_and_nobody_at_work_no_host_is_asked(
    claude: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    claude.work("claude-code")
    shutil.rmtree(claude.project / ".claude")
    assert missing(capsys, claude.project) == []


def test_a_folder_in_which_no_hook_fires_is_named(
    claude: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claude.work("claude-code")
    below = claude.project / "docs"
    below.mkdir()
    (found,) = missing(capsys, below)
    assert f"started in {os.path.realpath(below)} does not read the settings" in found["message"]
    assert "ocm install --host claude-code" in found["next_step"]
    monkeypatch.chdir(below)
    quick_commands.status(project=None, as_json=False)
    assert "no hook fires there" in capsys.readouterr().out


def test_a_worktree_without_the_files_of_the_set_up_is_named(claude: Place, capsys: pytest.CaptureFixture[str]) -> None:
    claude.work("claude-code")
    (found,) = missing(capsys, linked(claude))
    assert "what it reads is not in this worktree" in found["message"]


def test_programs_that_nothing_finds_are_named_before_the_first_session(
    claude: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (claude.bin / "ocm-hook").unlink()
    (found,) = missing(capsys, claude.project)
    assert "ocm-hook is not on the PATH" in found["message"]
    assert "pipx" in found["next_step"]


def test_where_no_assistant_is_set_up_that_is_missing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run("git", "init", "-q")
    place.init_hosts("claude-code")
    shutil.rmtree(place.project / ".claude")
    install.plan_uninstall(cwd=str(place.project)).apply()
    (found,) = missing(capsys, place.project)
    assert (found["message"], found["next_step"]) == (
        "No assistant is set up here, so nothing is recorded.",
        "Run: ocm init",
    )


def test_a_conversation_that_only_the_server_knows_of_is_no_proof_that_hooks_fire(
    claude: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    claude.work("claude-code")
    (claude.bin / "ocm-hook").unlink()
    store = paths.find_store(str(claude.project))
    assert store
    journal.append(store.path, "mcp-1", [journal.event("open", session="mcp-1", tool="claude-code")])
    assert "ocm-hook is not on the PATH" in missing(capsys, claude.project)[0]["message"]


def test_calls_that_are_held_back_are_named_with_the_checkpoint_by_hand(
    claude: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    edit = {"tool_name": "Edit", "tool_input": {"file_path": "a.py"}}
    claude.hook("session-start", "claude-code", source="startup")
    claude.hook("user-prompt", "claude-code", prompt="Go on")
    for number in range(5):
        claude.hook("post-tool-use", "claude-code", **edit, tool_use_id=str(number))
    assert missing(capsys, claude.project) == []
    claude.hook("pre-tool-use", "claude-code", **edit, tool_use_id="6")
    (found,) = missing(capsys, claude.project)
    assert found["message"] == "Calls of of-claude-code were held back since its last checkpoint: 1."
    assert 'ocm checkpoint --session-id of-claude-code --summary "..."' in found["next_step"]
