"""Copilot CLI's dialect: the payloads it was seen to send in, the flat replies it was seen to obey out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ocm.hosts.copilot import Copilot
from tests.support.builders import Project

copilot = Copilot()

ID = "79f2172e-dcc5-410c-a6db-c3b1568a2293"
AGENT = {"sessionId": "4a44a6da", "agentId": "4a44a6da", "agentType": "general-purpose", "parentAgentId": ID}
PROFILES = Path(__file__).parents[3] / "hooks" / "copilot"
EXIT_1 = {"resultType": "success", "textResultForLlm": "\n<shellId: 1 completed with exit code 1>"}
EXIT_0 = {"resultType": "success", "textResultForLlm": "HELLO\n<shellId: 0 completed with exit code 0>"}


def sent(tool: str = "", given: object = None, **fields: Any) -> dict[str, Any]:
    """Return what Copilot sends: a tool call if it is one, and no name of the event in any case."""
    call = {"toolName": tool, "toolArgs": given or {}} if tool else {}
    return {"sessionId": ID, "timestamp": 1795224273788, "cwd": os.sep + "p", **call, **fields}


def answer(project: Project, event: str, payload: dict[str, Any]) -> dict[str, Any]:
    return project.answer("copilot", event, {**payload, "cwd": str(project.root)})


def shut(project: Project) -> None:
    for _ in range(5):
        answer(project, "post-tool-use", sent("edit", {"path": "a.py"}))


@pytest.mark.parametrize(("tool", "changes"), [
    ("bash", True), ("powershell", True), ("write_bash", True), ("create", True), ("edit", True), ("apply_patch", True),
    ("recall-recall_save", True), ("github-mcp-server-get_me", True), ("view", False), ("grep", False), ("glob", False),
    ("task", False), ("sql", False), ("read_bash", False), ("report_intent", False), ("", False),
    ("opencodememory-ocm__checkpoint", False),
])  # fmt: skip
def test_what_can_change_something_is_known(tool: str, changes: bool) -> None:
    assert copilot.read_call(sent(tool or " ", {}), "/p").can_change is changes


@pytest.mark.parametrize(("tool", "own"), [
    ("opencodememory-ocm__checkpoint", "checkpoint"), ("opencodememory-ocm__search_sessions", "search_sessions"),
    ("opencodememory/ocm__checkpoint", ""), ("mcp__opencodememory__ocm__checkpoint", ""), ("x-opencodememory-ocm__checkpoint", ""),
    ("opencodememory-checkpoint", ""), ("opencodememory-ocm__drop", ""), ("bash", ""),
])  # fmt: skip
def test_our_own_tools_are_known_by_their_exact_names(tool: str, own: str) -> None:
    assert copilot.read_call(sent(tool), "/p").own_tool == own


def test_an_edit_names_its_file_and_how_it_changed() -> None:
    created = copilot.read_call(sent("create", {"path": "/p/new.txt", "file_text": "new"}), "/p")
    edited = copilot.read_call(sent("edit", {"path": "src/a.py", "old_str": "a", "new_str": "b"}), os.sep + "p")
    assert (created.path, created.kind) == (os.path.normpath("/p/new.txt"), "created")
    assert (edited.path, edited.kind) == (os.path.join(os.sep + "p", "src", "a.py"), "modified")
    assert copilot.read_call(sent("view", {"path": "/p/a.txt"}), "/p").paths == {}


def test_a_patch_names_all_its_files() -> None:
    patch = "*** Begin Patch\n*** Add File: new.py\n+x\n*** Update File: old.py\n@@\n-a\n+b\n*** End Patch\n"
    for given in (patch, {"input": patch}, {"patch": patch}):
        found = copilot.read_call(sent("apply_patch", given), "/p").paths
        assert {os.path.basename(path): kind for path, kind in found.items()} == {
            "new.py": "created",
            "old.py": "modified",
        }


@pytest.mark.parametrize(("fields", "failed"), [
    ({"toolResult": EXIT_0}, False), ({"toolResult": EXIT_1}, True), ({"error": "Path does not exist"}, True),
    ({"toolResult": {"resultType": "success", "textResultForLlm": "exit code 1"}}, False), ({"toolResult": "odd"}, False), ({}, False),
])  # fmt: skip
def test_a_failed_call_is_told_by_its_error_or_by_its_exit_code(fields: dict[str, Any], failed: bool) -> None:
    assert copilot.failed(sent("bash", {"command": "false"}, **fields)) is failed


@pytest.mark.parametrize("payload", [
    {}, {"toolName": 7}, {"toolName": "edit", "toolArgs": []}, {"toolName": "edit", "toolArgs": {"path": None}},
    {"toolName": "bash", "toolArgs": {"command": {}}}, {"toolName": None, "agentId": [], "toolArgs": "x"},
    {"toolName": "apply_patch", "toolArgs": {"patch": 7}},
])  # fmt: skip
def test_a_payload_of_any_shape_is_a_call_of_nothing(payload: dict[str, Any]) -> None:
    found = copilot.read_call(payload, "/p")
    assert (found.path, found.command, found.agent, found.paths) == ("", "", "", {})


def test_the_start_of_a_session_is_told_apart_from_its_continuation() -> None:
    assert copilot.start_source(sent(source="new", initialPrompt="do")) == "startup"
    assert copilot.start_source(sent(source="resume")) == "resume"
    assert copilot.start_source(sent()) == "startup"


def test_a_conversation_from_its_start_to_its_end(repo: Project) -> None:
    """What Copilot was seen to send, in its order; the answers are those it was seen to obey."""
    answer(repo, "session-start", sent(source="new"))
    assert answer(repo, "user-prompt", sent(prompt="Do it")) == {}
    (repo.root / "new.txt").write_text("new", encoding="utf-8")
    (repo.root / "a.py").write_text("two\n", encoding="utf-8")
    calls = [
        sent("bash", {"command": "echo HELLO", "description": "x"}, toolResult=EXIT_0),
        sent("create", {"path": "new.txt", "file_text": "new"}),
        sent("edit", {"path": "a.py", "old_str": "one", "new_str": "two"}),
        sent("view", {"path": "nope"}, error="Path does not exist"),
    ]
    assert [answer(repo, "post-tool-use", call) for call in calls] == [{}] * 4
    reminder = answer(repo, "post-tool-use", sent("view", {"path": "a.py"}))
    assert copilot.checkpoint_tool in reminder["additionalContext"]
    denial = answer(repo, "pre-tool-use", sent("bash", {"command": "make"}))
    assert denial["permissionDecision"] == "deny"
    assert f"{copilot.checkpoint_tool} {{" in denial["permissionDecisionReason"]
    assert answer(repo, "pre-tool-use", sent("view", {"path": "a.py"})) == {}
    own = answer(repo, "pre-tool-use", sent(copilot.checkpoint_tool, {"goal": "G"}))
    assert own == {"permissionDecision": "allow", "modifiedArgs": {"goal": "G", "session_id": ID}}
    search = sent("opencodememory-ocm__search_sessions", {"query": "q"})
    assert answer(repo, "pre-tool-use", search) == {"permissionDecision": "allow"}
    repo.checkpoint(**own["modifiedArgs"])
    assert answer(repo, "pre-tool-use", sent("bash", {"command": "make"})) == {}
    answer(repo, "session-end", sent(reason="complete"))
    session = repo.session()
    assert (session.session_id, session.tool, session.status, session.goal) == (ID, "copilot", "closed", "G")
    assert {(change.path, change.change_type) for change in session.files} == {
        ("new.txt", "created"),
        ("a.py", "modified"),
    }
    assert repo.log() == []


def test_a_sub_agent_works_for_its_parents_session(project: Project) -> None:
    shut(project)
    assert answer(project, "user-prompt", sent(prompt="Help", **AGENT)) == {}
    assert answer(project, "pre-tool-use", sent("bash", {"command": "make"}, **AGENT)) == {}
    answer(project, "post-tool-use", sent("edit", {"path": "a.py"}, **AGENT))
    assert answer(project, "stop", sent(stop_hook_active=False, **AGENT)) == {}
    assert (project.tally(ID).calls, project.tally(ID).denials) == (5, 0)
    assert [line["path"] for line in project.lines(ID) if line.get("e") == "sub"] == [str(project.root / "a.py")]
    assert project.journals() == [f"active_{ID}.jsonl"]


def test_a_turn_is_held_once_in_words_it_understands(project: Project) -> None:
    answer(project, "post-tool-use", sent("edit", {"path": "a.py"}))
    asked = answer(project, "stop", sent(stopReason="end_turn", stop_hook_active=False))
    assert (asked["decision"], copilot.checkpoint_tool in asked["reason"]) == ("block", True)
    assert answer(project, "stop", sent(stopReason="end_turn", stop_hook_active=True)) == {}


@pytest.mark.usefixtures("steps_apart")
def test_a_gate_that_lets_go_says_so_without_denying(project: Project) -> None:
    shut(project)
    replies = [answer(project, "pre-tool-use", sent("bash", {"command": "make"})) for _ in range(4)]
    assert [reply.get("permissionDecision") for reply in replies] == ["deny"] * 3 + [None]
    assert "seems unreachable" in replies[3]["additionalContext"]


@pytest.mark.parametrize("name", ["hookEventName", "hook_event_name"])
def test_vs_code_that_reads_the_same_folder_is_not_counted_here(project: Project, name: str) -> None:
    for _ in range(6):
        answer(project, "post-tool-use", {**sent("bash"), name: "PostToolUse", "sessionId": "other"})
    assert project.journals() == []
    assert project.log() == []


def test_where_the_user_has_the_hooks_too_the_projects_do_not_count(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Copilot runs both, one after the other, and names the folder of each in its environment."""
    home = tmp_path / "copilot"
    monkeypatch.setenv("COPILOT_HOME", str(home))
    monkeypatch.setenv("COPILOT_HOOK_DIR", str(project.root / ".github" / "hooks"))
    answer(project, "post-tool-use", sent("view", {"path": "a.py"}))
    assert project.tally(ID).calls == 1
    (home / "hooks").mkdir(parents=True)
    (home / "hooks" / "opencodememory.json").write_text("{}", encoding="utf-8")
    answer(project, "post-tool-use", sent("view", {"path": "a.py"}))
    assert project.tally(ID).calls == 1
    monkeypatch.setenv("COPILOT_HOOK_DIR", str(home / "hooks"))
    answer(project, "post-tool-use", sent("view", {"path": "a.py"}))
    assert project.tally(ID).calls == 2


@pytest.mark.parametrize("profile", ["minimal", "full"])
def test_a_profile_asks_for_what_there_is_and_never_fails(profile: str) -> None:
    """Copilot denies every call when a hook's command fails or is missing, so no command may."""
    found = json.loads((PROFILES / f"{profile}.json").read_text(encoding="utf-8"))
    assert found["version"] == 1
    for event, (handler,) in found["hooks"].items():
        name = EVENTS[event]
        assert handler["type"] == "command"
        assert handler["timeoutSec"] == 5
        quiet = " --quiet" if (name, profile) == ("stop", "minimal") else ""
        assert handler["bash"] == (
            f"if command -v ocm-hook >/dev/null 2>&1; then ocm-hook {name}{quiet} --tool copilot || :; fi"
        )
        assert f"ocm-hook {name}{quiet} --tool copilot" in handler["powershell"]
        assert handler["powershell"].startswith("if (Get-Command ocm-hook ")
        assert handler["powershell"].endswith("; exit 0")
    assert set(found["hooks"]) == set(EVENTS) - (FULL if profile == "minimal" else set())


EVENTS = {
    "sessionStart": "session-start",
    "userPromptSubmitted": "user-prompt",
    "preToolUse": "pre-tool-use",
    "postToolUse": "post-tool-use",
    "postToolUseFailure": "post-tool-use",
    "preCompact": "pre-compact",
    "agentStop": "stop",
    "sessionEnd": "session-end",
}
FULL = {"preCompact"}


def message(content: object, kind: str = "assistant.message") -> str:
    return json.dumps({"type": kind, "data": {"content": content}}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([message("first"), message("Done."), message(""), '{"type":"assistant.turn_end"}'], "Done."),
        ([message("x" * 70_000), message("Done."), "y" * 60_000], "Done."),
        ([message("Done."), '{"type":"assistant.message"', '["assistant.message"]', message(7)], "Done."),
        (['{"type":"assistant.message","data":7}', message("typed", "user.message")], ""),
        ([message("before the call"), '{"type":"tool.execution_complete"}'], ""),
        ([], ""),
    ],
)
def test_the_last_words_are_read_from_the_end_of_copilots_own_log(tmp_path: Path, lines: list[str], said: str) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert Copilot().last_words({"transcriptPath": str(log)}) == said
    assert Copilot().last_words({"transcriptPath": str(log), "agentId": "a"}) == ""


@pytest.mark.parametrize("path", [None, "", "/nowhere/events.jsonl", "/dev/full\0", "/"])
def test_without_a_log_there_are_no_last_words(path: object) -> None:
    assert Copilot().last_words({"transcriptPath": path}) == ""
