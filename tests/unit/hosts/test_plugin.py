"""OpenCode and Cline: what ocm's own plugins send for them, and what they are answered."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ocm.hosts import patches
from ocm.hosts.cline import Cline
from ocm.hosts.opencode import OpenCode
from tests.support.builders import Project

opencode, cline = OpenCode(), Cline()
OPENCODE, CLINE = "opencode", "cline"
HOSTS: dict[str, Any] = {OPENCODE: opencode, CLINE: cline}
IDS = {OPENCODE: "ses_e0452085bffehi8t0S2sfYWmWq", CLINE: "1795646163215_c0ran"}
SHELL: dict[str, Any] = {
    OPENCODE: {"tool_name": "bash", "tool_input": {"command": "make all", "description": "x"}},
    CLINE: {"tool_name": "run_commands", "tool_input": {"commands": ["make all"]}},
}
READ: dict[str, Any] = {
    OPENCODE: {"tool_name": "read", "tool_input": {"filePath": "a.py"}},
    CLINE: {"tool_name": "read_files", "tool_input": {"files": [{"path": "a.py"}]}},
}
EDIT: dict[str, Any] = {
    OPENCODE: {"tool_name": "edit", "tool_input": {"filePath": "a.py", "oldString": "one", "newString": "two"}},
    CLINE: {"tool_name": "editor", "tool_input": {"path": "a.py", "old_text": "one", "new_text": "two"}},
}
CREATE: dict[str, Any] = {
    OPENCODE: {"tool_name": "write", "tool_input": {"filePath": "new.txt", "content": "new"}, "created": True},
    CLINE: {"tool_name": "editor", "tool_input": {"path": "new.txt", "new_text": "new"}},
}
PATCH = (
    "*** Begin Patch\n*** Add File: new.py\n+x\n*** Update File: old.py\n@@\n-*** Add File: no\n+b\n"
    "*** Update File: from.py\n*** Move to: to.py\n@@\n*** Delete File: gone.py\n*** End Patch\n"
)

both = pytest.mark.parametrize("host", [OPENCODE, CLINE])


def answer(project: Project, host: str, event: str, **fields: Any) -> dict[str, Any]:
    """Run one hook as the plugin does."""
    return project.answer(host, event, {"session_id": IDS[host], "cwd": str(project.root), **fields})


def shut(project: Project, host: str) -> None:
    for _ in range(5):
        answer(project, host, "post-tool-use", **EDIT[host])


@both
def test_a_conversation_from_its_start_to_its_end(repo: Project, host: str) -> None:
    checkpoint = HOSTS[host].checkpoint_tool
    answer(repo, host, "session-start", source="startup")
    assert answer(repo, host, "user-prompt", prompt="Do it") == {}
    (repo.root / "new.txt").write_text("new", encoding="utf-8")
    (repo.root / "a.py").write_text("two\n", encoding="utf-8")
    for call in (READ[host], EDIT[host], CREATE[host], {**READ[host], "failed": True}):
        assert answer(repo, host, "post-tool-use", **call) == {}
    assert checkpoint in answer(repo, host, "post-tool-use", **SHELL[host])["context"]
    assert f"{checkpoint} {{" in answer(repo, host, "pre-tool-use", **SHELL[host])["deny"]
    assert answer(repo, host, "pre-tool-use", **READ[host]) == {}
    own = answer(repo, host, "pre-tool-use", tool_name=checkpoint, tool_input={"goal": "G", "session_id": "mine"})
    assert own == {"input": {"session_id": IDS[host]}}
    repo.checkpoint(goal="G", **own["input"])
    assert answer(repo, host, "pre-tool-use", **SHELL[host]) == {}
    answer(repo, host, "session-end")
    session = repo.session()
    assert (session.session_id, session.tool, session.status) == (IDS[host], host, "closed")
    assert {(change.path, change.change_type) for change in session.files} == {
        ("new.txt", "created"),
        ("a.py", "modified"),
    }
    assert repo.log() == []


@both
def test_a_sub_agent_neither_counts_nor_is_denied(project: Project, host: str) -> None:
    shut(project, host)
    assert answer(project, host, "pre-tool-use", agent_id="agent_1", **SHELL[host]) == {}
    answer(project, host, "post-tool-use", agent_id="agent_1", **EDIT[host])
    assert (project.tally(IDS[host]).calls, project.tally(IDS[host]).denials) == (5, 0)
    (line,) = [line for line in project.lines(IDS[host]) if line["e"] == "sub"]
    assert (line["agent"], line["path"]) == ("agent_1", str(project.root / "a.py"))


@both
def test_a_checkpoint_of_a_sub_agent_says_whose_it_is(project: Project, host: str) -> None:
    own = answer(
        project, host, "pre-tool-use", agent_id="agent_1", tool_name=HOSTS[host].checkpoint_tool, tool_input={}
    )
    assert own == {"input": {"session_id": IDS[host], "agent_id": "agent_1"}}


@both
def test_other_tools_of_the_journal_are_left_as_they_are(project: Project, host: str) -> None:
    shut(project, host)
    search = HOSTS[host].checkpoint_tool.replace("checkpoint", "search_sessions")
    assert answer(project, host, "pre-tool-use", tool_name=search, tool_input={"query": "q"}) == {}


@both
@pytest.mark.usefixtures("steps_apart")
def test_a_gate_that_lets_go_says_so_without_denying(project: Project, host: str) -> None:
    shut(project, host)
    replies = [answer(project, host, "pre-tool-use", **EDIT[host]) for _ in range(4)]
    assert [list(reply) for reply in replies] == [["deny"]] * 3 + [["context"]]
    assert "seems unreachable" in replies[3]["context"]


@both
def test_a_plugin_never_holds_a_turn(project: Project, host: str) -> None:
    answer(project, host, "post-tool-use", **EDIT[host])
    assert answer(project, host, "stop") == {}


@both
def test_the_command_that_stores_a_checkpoint_passes_a_shut_gate_alone(project: Project, host: str) -> None:
    shut(project, host)
    name = SHELL[host]["tool_name"]
    for command, passes in (("ocm checkpoint --goal G", True), ("ocm checkpoint --goal G; make", False)):
        given = {"command": command} if host == OPENCODE else {"commands": [command]}
        assert (answer(project, host, "pre-tool-use", tool_name=name, tool_input=given) == {}) is passes
    two = {"commands": ["ocm checkpoint --goal G", "make"]}
    if host == CLINE:
        assert answer(project, host, "pre-tool-use", tool_name=name, tool_input=two)["deny"]


@pytest.mark.parametrize(("tool", "changes"), [
    ("bash", True), ("edit", True), ("write", True), ("multiedit", True), ("apply_patch", True), ("recall_recall_save", True),
    ("another_plugins_tool", True), ("read", False), ("grep", False), ("glob", False), ("task", False), ("skill", False),
    ("webfetch", False), ("todowrite", False), ("question", False), ("", False), ("opencodememory_ocm__checkpoint", False),
])  # fmt: skip
def test_what_can_change_something_is_known_in_opencode(tool: str, changes: bool) -> None:
    assert opencode.read_call({"tool_name": tool}, "/p").can_change is changes


@pytest.mark.parametrize(("tool", "changes"), [
    ("run_commands", True), ("editor", True), ("apply_patch", True), ("recall__recall_save", True), ("read_files", False),
    ("search_codebase", False), ("fetch_web_content", False), ("spawn_agent", False), ("team_task", False), ("ask_question", False),
    ("submit_and_exit", False), ("", False), ("opencodememory__ocm__checkpoint", False),
])  # fmt: skip
def test_what_can_change_something_is_known_in_cline(tool: str, changes: bool) -> None:
    assert cline.read_call({"tool_name": tool}, "/p").can_change is changes


@pytest.mark.parametrize("tool", ["opencodememory_checkpoint", "x_opencodememory_ocm__checkpoint", "ocm__checkpoint"])
def test_a_tool_that_only_looks_like_ours_is_another(tool: str) -> None:
    assert opencode.read_call({"tool_name": tool}, "/p").own_tool == ""
    assert cline.read_call({"tool_name": tool}, "/p").own_tool == ""


@pytest.mark.parametrize(("given", "command"), [
    ({"commands": ["make"]}, "make"), ({"commands": "make"}, "make"), ({"command": "make", "args": ["-j", "2"]}, "make -j 2"),
    ({"cmd": "make"}, "make"), ({"commands": [{"command": "git", "args": ["status", 7]}]}, "git status"), ({"commands": ["a", "b"]}, "a\nb"),
    ("make", "make"), ({"commands": [7, None, ""]}, ""), ({}, ""), ([], ""),
])  # fmt: skip
def test_a_shell_call_of_cline_is_read_in_any_of_its_shapes(given: object, command: str) -> None:
    assert cline.read_call({"tool_name": "run_commands", "tool_input": given}, "/p").command == command


@pytest.mark.parametrize(("typed", "read"), [
    ('<user_input mode="act">Go on.</user_input>', "Go on."), ("Go on.", "Go on."), ('<user_input mode="plan">a > b', "a > b"),
    ("<user_input", "<user_input"), ("", ""),
])  # fmt: skip
def test_a_prompt_of_cline_is_read_without_its_tag(typed: str, read: str) -> None:
    assert cline.user_prompt({"prompt": typed}) == read


@pytest.mark.parametrize(("created", "kind"), [(True, "created"), (False, "modified"), (None, "")])
def test_a_whole_file_that_opencode_writes_is_new_or_not(created: bool | None, kind: str) -> None:
    payload: dict[str, Any] = {"tool_name": "write", "tool_input": {"filePath": "a"}}
    assert opencode.read_call(payload if created is None else {**payload, "created": created}, "/p").kind == kind


def test_a_patch_names_every_file_it_changes() -> None:
    assert patches.edited(PATCH) == [
        ("new.py", "created"),
        ("old.py", "modified"),
        ("from.py", "deleted"),
        ("to.py", "created"),
        ("gone.py", "deleted"),
    ]
    assert patches.edited("*** Move to: nothing.py\nno patch") == []


@both
def test_a_patch_records_every_file_it_changes(project: Project, host: str) -> None:
    given = {"patchText": PATCH} if host == OPENCODE else {"input": PATCH}
    answer(project, host, "post-tool-use", tool_name="apply_patch", tool_input=given)
    found = {os.path.basename(str(line["path"])) for line in project.lines(IDS[host]) if line.get("path")}
    assert found == {"new.py", "old.py", "from.py", "to.py", "gone.py"}


@both
@pytest.mark.parametrize("payload", [
    {}, {"tool_name": 7}, {"tool_name": "bash", "tool_input": {"command": 7}}, {"tool_name": "edit", "tool_input": []},
    {"tool_name": "write", "tool_input": {"filePath": None}}, {"tool_name": "editor", "tool_input": {"path": {}}},
    {"tool_name": "apply_patch", "tool_input": {"patchText": 7, "input": 7}}, {"tool_name": "run_commands", "tool_input": 7},
    {"tool_name": None, "tool_input": "x", "agent_id": [], "tool_use_id": {}},
])  # fmt: skip
def test_a_payload_of_any_shape_is_a_call_of_nothing(host: str, payload: dict[str, Any]) -> None:
    found = HOSTS[host].read_call(payload, "/p")
    assert (found.path, found.command, found.agent, found.id) == ("", "", "", "")
