"""An upgrade in place: a project that the version before set up and worked in, once this version is installed over it.

The version before had all its modules in one folder, so this also plays what a server does whose files are gone.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.builders import commit, repository
from tests.support.installations import ROOT, Installation, has_commit, unpack, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.wire import Stdio

BEFORE = "475fdfe692e7233e528240632558b6700634ed8f"
ID = "5c1f2f4e-8a57-4b0e-9d3e-000000000001"
EVENTS = ("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop", "SessionEnd")
OWN_FILES = {
    ".claude/settings.json": '{\n    "permissions": {"allow": ["Bash(make)"]},\n    "hooks": {"Stop": []}\n}\n',
    ".gitignore": "build/\r\n",
    "AGENTS.md": "# Ours\n\nBuild with make.\n",
    "CLAUDE.md": "No line end",
    ".mcp.json": '{"mcpServers": {"other": {"command": "other"}}}',
    ".codex/config.toml": '# ours\nmodel = "m"\n',
    ".gemini/settings.json": '{\n  // ours\n  "theme": "dark"\n}\n',
}
# Enough of the tools to load every module that a server loads late; `half` has answered one, `idle` none.
CALLS: dict[str, dict[str, Any]] = {
    "ocm__list_sessions": {},
    "ocm__search_sessions": {"query": "lamp"},
    "ocm__get_session": {"session_id": ID},
    "ocm__timeline": {"session_id": ID},
    "ocm__why": {"file": "a.py", "line": 1},
}

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name == "nt", reason="hooks are run through a POSIX shell here"),
    pytest.mark.skipif(
        not has_commit(BEFORE), reason=f"the history with {BEFORE[:7]} is not here: a shallow clone or an sdist"
    ),
]


@dataclass
class Upgraded:
    """Two projects that the version before worked in, and its servers, which run on."""

    installation: Installation
    worked: Path
    served: Path
    at_init: dict[str, bytes]
    servers: dict[str, Stdio] = field(default_factory=dict)


def call(server: Stdio, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return what a server answers, whether it is a result or an error."""
    server.requests += 1
    asked = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": server.requests, "method": "tools/call", "params": asked}
    answer = server.exchange(json.dumps(message).encode())
    assert answer
    return answer


def is_error(answer: dict[str, Any]) -> bool:
    return "error" in answer or answer["result"].get("isError") is True


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files of a project hold, without git's own and the store's."""
    found = [path for path in folder.rglob("*") if path.is_file() and not {".git", ".openCodeMemory"} & set(path.parts)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def stored(project: Path) -> dict[str, bytes]:
    """Return the session files of a project."""
    return {path.name: path.read_bytes() for path in (project / ".openCodeMemory" / "sessions").iterdir()}


def journal(project: Path) -> str:
    return "".join(path.read_text() for path in sorted((project / ".openCodeMemory").glob("active_*.jsonl")))


def own_project(folder: Path) -> Path:
    """Make a repository with files that are the user's own."""
    repository(folder)
    for name, text in OWN_FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    commit(folder)
    return folder


def edit(installation: Installation, project: Path, name: str) -> None:
    """Have a conversation edit a file, under its hooks."""
    path = project / name
    path.write_text(f"lamp = {name!r}\n", encoding="utf-8")
    about = {"session_id": ID, "tool_name": "Write", "tool_input": {"file_path": str(path)}, "tool_use_id": name}
    installation.fire(project, "PreToolUse", **about)
    installation.fire(project, "PostToolUse", **about, tool_response={"type": "create"})


def work(installation: Installation, project: Path) -> None:
    """Play a conversation that is not over: work with a checkpoint, and work since."""
    installation.fire(project, "SessionStart", session_id=ID, source="startup")
    installation.fire(project, "UserPromptSubmit", session_id=ID, prompt="Light the lamp")
    edit(installation, project, "a.py")
    installation.ocm(project, "checkpoint", "--session-id", ID, "--goal", "Light the lamp")
    edit(installation, project, "b.py")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    base = tmp_path_factory.mktemp("upgrade")
    old = wheel(unpack(BEFORE, base / "tree"), base / "old")
    new = wheel(ROOT, base / "new")
    installation = Installation(base)
    installation.create()
    installation.install(old)
    worked, served = own_project(base / "worked"), own_project(base / "served")
    for project in (worked, served):
        installation.ocm(project, "init", "--all", "--claude-hooks", "full")
        work(installation, project)
    world = Upgraded(installation, worked, served, contents(worked))
    for name in ("idle", "half", "busy"):
        world.servers[name] = installation.serve(served)
    assert not is_error(call(world.servers["half"], "ocm__list_sessions"))
    for tool, arguments in CALLS.items():
        assert not is_error(call(world.servers["busy"], tool, **arguments)), tool
    assert not is_error(call(world.servers["busy"], "ocm__checkpoint", session_id=ID, work_completed=["Lit it"]))
    edit(installation, served, "c.py")
    installation.install(new)
    yield world
    for server in world.servers.values():
        server.close()


def test_what_is_installed_is_this_version_alone(upgraded: Upgraded) -> None:
    code = "import ocm.hook.main, importlib.util as u; print(ocm.__path__[0], u.find_spec('ocm.hookio'))"
    python = str(upgraded.installation.commands / "python")
    environment = upgraded.installation.environment
    done = subprocess.run(
        [python, "-I", "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=upgraded.worked
    )
    folder, _, left = done.stdout.strip().rpartition(" ")
    assert Path(folder).is_relative_to(upgraded.installation.base)
    assert left == "None"


@pytest.mark.parametrize("event", EVENTS)
def test_every_hook_that_was_installed_fires(upgraded: Upgraded, event: str) -> None:
    project, name = upgraded.worked, f"fires-{event}"
    before = set(stored(project))
    about = {
        "tool_name": "Edit",
        "tool_input": {"file_path": str(project / "a.py")},
        "tool_use_id": "1",
        "prompt": "Go",
    }
    upgraded.installation.fire(project, "PostToolUse", session_id=name, **about)
    noted = journal(project).count("\n")
    upgraded.installation.fire(project, event, session_id=name, source="startup", reason="exit", **about)
    if event == "SessionEnd":
        assert len(set(stored(project)) - before) == 1
    elif event != "PreToolUse":  # a gate that lets a call pass notes nothing
        assert journal(project).count("\n") > noted
    log = project / ".openCodeMemory" / "hook.log"
    assert not log.exists(), log.read_text(encoding="utf-8")


def test_a_conversation_goes_on_and_nothing_of_it_is_lost(upgraded: Upgraded) -> None:
    installation, project = upgraded.installation, upgraded.worked
    ((name, before),) = [
        (name, text) for name, text in stored(project).items() if ID[:8].encode() in text or ID in name
    ]
    edit(installation, project, "d.py")
    installation.ocm(project, "checkpoint", "--session-id", ID, "--completed", "It is lit")
    shown = json.loads(installation.ocm(project, "show", ID, "--json"))
    assert {change["path"] for change in shown["files"]} >= {"a.py", "b.py", "d.py"}
    assert (shown["session_id"], shown["goal"]) == (ID, "Light the lamp")
    assert b"Light the lamp" in before
    assert name in stored(project)
    assert "Light the lamp" in installation.ocm(project, "search", "lamp")


def test_a_set_up_of_the_version_before_is_known_and_can_be_taken_back(upgraded: Upgraded) -> None:
    installation, project = upgraded.installation, upgraded.worked
    assert "Nothing to change" in installation.ocm(project, "init", "--all")
    assert contents(project).keys() >= OWN_FILES.keys()
    sessions = stored(project)
    installation.ocm(project, "uninstall")
    left = contents(project)
    assert {name: left[name] for name in OWN_FILES} == {name: text.encode() for name, text in OWN_FILES.items()}
    assert not (set(left) & set(upgraded.at_init)) - set(OWN_FILES) - {"a.py", "b.py"}
    assert stored(project) == sessions
    installation.ocm(project, "init", "--all", "--claude-hooks", "full")


@pytest.mark.parametrize("which", ["idle", "half", "busy"])
def test_a_server_of_the_version_before_answers_or_fails_and_harms_nothing(upgraded: Upgraded, which: str) -> None:
    installation, project, server = upgraded.installation, upgraded.served, upgraded.servers[which]
    answers = {}
    for tool, arguments in {**CALLS, "ocm__checkpoint": {"session_id": ID, "work_completed": [f"By {which}"]}}.items():
        before = stored(project), journal(project)
        answers[tool] = is_error(call(server, tool, **arguments))
        if answers[tool]:
            assert (stored(project), journal(project)) == before, tool
    assert server.process.poll() is None
    installation.ocm(project, "checkpoint", "--session-id", ID, "--completed", f"After {which}")
    shown = json.loads(installation.ocm(project, "show", ID, "--json"))
    assert {change["path"] for change in shown["files"]} >= {"a.py", "b.py", "c.py"}
    completed = json.dumps(shown)
    assert "Lit it" in completed
    assert f"After {which}" in completed
    assert (f"By {which}" in completed) is not answers["ocm__checkpoint"], "what was answered is what was done"
    assert installation.ocm(project, "rebuild-index")


def test_a_new_server_serves_what_is_there(upgraded: Upgraded) -> None:
    server = upgraded.installation.serve(upgraded.served)
    try:
        for tool, arguments in CALLS.items():
            answer = call(server, tool, **arguments)
            assert not is_error(answer), answer
        assert not is_error(call(server, "ocm__checkpoint", session_id=ID, work_completed=["By the new one"]))
    finally:
        server.close()
    assert b"By the new one" in b"".join(stored(upgraded.served).values())
