"""What the hooks say: a title out of a prompt, and the name under which the model has the checkpoint tool."""

import json
import os
from pathlib import Path

import pytest

from ocm.hook import messages
from ocm.hosts.claude_code import ClaudeCode
from ocm.hosts.codex import Codex
from tests.support.builders import CHECKPOINT_TOOL, Project

KEY = "sk-ant-api03-" + "Ab1_" * 23 + "AA"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("  fix\nthe   parser ", "fix the parser"),
        ("word " * 100, "word " * 39 + "word…"),
        ("要約 " + "語" * 5000, "要約 " + "語" * 196 + "…"),
        ("x" * 5000, "x" * 199 + "…"),
    ],
)
def test_a_title_is_one_line_cut_between_words_or_characters(typed: str, title: str) -> None:
    assert messages.title(typed) == title


def test_of_a_secret_that_is_cut_off_nothing_gets_into_a_title() -> None:
    assert KEY[:20] not in messages.title("語" * 10 + " " * 3960 + KEY + " and more")


PLUGINS_TOOL = "mcp__plugin_ocm_opencodememory__ocm__checkpoint"
SERVERS = {"mcpServers": {"opencodememory": {"command": "ocm", "args": ["serve"]}}}


@pytest.fixture
def plugin(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a user whose hooks are those of the plugin, in a project with a store and nothing else."""
    monkeypatch.setenv("CLAUDE_PLUGIN_ROOT", str(tmp_path / "plugin"))
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(project.root))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    return tmp_path


def test_without_a_plugin_the_tool_is_that_of_the_hosts_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAUDE_PLUGIN_ROOT", raising=False)
    assert messages.tool_of(ClaudeCode()) == CHECKPOINT_TOOL


@pytest.mark.usefixtures("plugin")
def test_in_a_plugin_every_sentence_names_the_tool_as_the_plugin_has_it(project: Project) -> None:
    project.hook("user-prompt", prompt="Count the names")
    for _ in range(5):
        said = project.hook("post-tool-use", tool_name="Edit", tool_input={"file_path": "a.py"})
    assert f"Call {PLUGINS_TOOL} now" in str(said)
    denied = [str(project.hook("pre-tool-use", tool_name="Edit")) for _ in range(2)]
    assert f"{PLUGINS_TOOL} {{" in denied[0]
    assert f"select:{PLUGINS_TOOL} if needed" in denied[0]
    assert f"until {PLUGINS_TOOL} is called" in denied[1]
    assert messages.tool_of(Codex()) == CHECKPOINT_TOOL
    assert not [text for text in (str(said), *denied) if CHECKPOINT_TOOL in text]


@pytest.mark.parametrize("level", ["project", "user", "local"])
def test_beside_a_server_of_ones_own_the_plugins_is_not_there_and_not_named(
    plugin: Path, project: Project, level: str
) -> None:
    local = {"projects": {os.path.realpath(project.root): SERVERS, "/other": {}}}
    path = project.root / ".mcp.json" if level == "project" else plugin / ".claude.json"
    path.write_text(json.dumps(local if level == "local" else SERVERS), encoding="utf-8")
    assert messages.tool_of(ClaudeCode()) == CHECKPOINT_TOOL


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"mcpServers": []}', '{"projects": []}', '{"projects": {"/other": {"mcpServers": {"opencodememory": {}}}}}'],
)  # fmt: skip
def test_files_that_name_no_such_server_here_leave_the_plugins(plugin: Path, project: Project, text: str) -> None:
    for path in (project.root / ".mcp.json", plugin / ".claude.json"):
        path.write_text(text, encoding="utf-8")
    assert messages.tool_of(ClaudeCode()) == PLUGINS_TOOL
