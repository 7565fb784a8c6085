"""The table of hosts: each is loaded by its name, alone, and has what every adapter has."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ocm.hosts import (
    adapters,
    antigravity,
    claude_code,
    cline,
    codex,
    copilot,
    cursor,
    droid,
    gemini_cli,
    kiro,
    opencode,
    qoder,
    vscode_copilot,
    windsurf,
)
from ocm.hosts.common import Call

if TYPE_CHECKING:
    from ocm.hosts.interface import Host
    from tests.support.builders import Project

# The type checker compares each module with the interface here.
HOSTS: dict[str, Host] = {
    "antigravity": antigravity,
    "claude-code": claude_code,
    "cline": cline,
    "codex": codex,
    "copilot": copilot,
    "cursor": cursor,
    "droid": droid,
    "gemini-cli": gemini_cli,
    "kiro": kiro,
    "opencode": opencode,
    "qoder": qoder,
    "vscode-copilot": vscode_copilot,
    "windsurf": windsurf,
}


def test_every_host_is_found_by_its_name() -> None:
    assert set(adapters.ADAPTERS) == set(HOSTS)
    for name, module in HOSTS.items():
        assert adapters.adapter(name) is module
        assert name == module.NAME


@pytest.mark.parametrize("name", ["", "vim", "claude_code", "../codex", "Claude-Code"])
def test_a_name_that_is_not_known_is_no_host(name: str) -> None:
    assert adapters.adapter(name) is None


@pytest.mark.parametrize("name", HOSTS)
def test_only_the_host_that_is_asked_for_is_loaded(name: str) -> None:
    code = (
        "import sys; from ocm.hosts import adapters; import ocm.hook.main; "
        f"adapters.adapter({name!r}); print(*{{n for n in sys.modules if n.startswith('ocm.hosts.')}})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    family = {"ocm.hosts.claude_code", f"ocm.hosts.{adapters.ADAPTERS[name]}"}
    others = {f"ocm.hosts.{module}" for module in adapters.ADAPTERS.values()} - family
    assert f"ocm.hosts.{adapters.ADAPTERS[name]}" in done.stdout.split()
    assert not others & set(done.stdout.split())


def test_a_call_of_cursor_that_reaches_claude_code_is_not_counted_there(project: Project) -> None:
    project.calls(3, cursor_version="2.1.0")
    assert project.journals() == []
    assert project.log() == []


@pytest.mark.parametrize("own", ["search_sessions", "list_sessions", ""])
def test_cursor_lets_a_call_of_another_tool_of_the_journal_through_as_it_is(own: str) -> None:
    call = Call(f"MCP:ocm__{own}", {"query": "x"})
    call.own = own
    assert cursor.allow_own(call, "S") is None
