"""The checkpoint that a denial offers: good enough to be sent as it is."""

from __future__ import annotations

from typing import Any

import pytest

from ocm.hook import ready_call
from ocm.recall import brief
from tests.support.builders import Project, commit, git


def offered(project: Project) -> Any:
    return ready_call.arguments(project.store, "S")


def ran(project: Project, command: str, *, failed: bool = False) -> None:
    event = {"hook_event_name": "PostToolUseFailure"} if failed else {}
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command}, **event)


def test_it_says_what_was_asked_and_what_became_of_it(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.hook("user-prompt", prompt="Fix the retry of the client")
    repo.hook("user-prompt", prompt="and test it")
    repo.edited("src/new.py", kind="create")
    repo.edited("src/new.py")
    repo.edited("src/client.py")
    ran(repo, "pytest -x", failed=True)
    ran(repo, "pytest")
    (repo.root / "src").mkdir(exist_ok=True)
    (repo.root / "src" / "client.py").write_text("x = 1\n", encoding="utf-8")
    git(repo.root, "add", "-A")
    sha = commit(repo.root, "Retry with ghp_" + "aB3" * 12)
    ran(repo, "git commit -m x")
    found = offered(repo)
    assert found == {
        "goal": "Fix the retry of the client",
        "work_summary": [
            "Created src/new.py; changed src/client.py",
            "`pytest` failed, then passed",
            f"Committed {sha[:7]} Retry with [REDACTED:github-token]",
        ],
    }


def test_a_session_that_has_a_goal_keeps_it(project: Project) -> None:
    project.hook("user-prompt", prompt="first")
    project.checkpoint(title="no goal yet")
    project.hook("user-prompt", prompt="second")
    assert offered(project)["goal"] == "second"
    project.checkpoint(goal="the real goal")
    project.hook("user-prompt", prompt="third")
    assert "goal" not in offered(project)
    project.file().unlink()
    assert offered(project)["goal"] == "third"


def test_what_was_deleted_and_how_much_more_there_was_is_said(project: Project) -> None:
    for n in range(11):
        project.edited(f"{n}.py", kind="create")
    project.edited("/elsewhere/a.py")
    lines = [{"e": "edit", "t": 1.0, "path": "gone.py", "kind": "deleted"}]
    from ocm.store import journal

    journal.append(project.store.path, "S", [dict(line) for line in lines])
    (said,) = offered(project)["work_summary"]
    assert said == ("Created 0.py, 1.py, 2.py, 3.py, 4.py, 5.py, 6.py, 7.py and 3 more; changed a.py; deleted gone.py")


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("Bash", {"command": "npm install"}, "Ran npm install"),
        ("mcp__other__act", {}, "Ran mcp__other__act"),
        ("Read", {}, "Looked around, changed nothing yet"),
    ],
)
def test_where_no_file_was_edited_it_says_what_ran(
    project: Project, tool: str, given: dict[str, str], said: str
) -> None:
    project.calls(2, tool_name=tool, tool_input=given)
    assert offered(project) == {"work_summary": [said]}


def test_a_session_of_an_assistant_that_only_copies_it_leads_the_next_brief(repo: Project) -> None:
    repo.hook("user-prompt", prompt="Fix the retry of the client")
    repo.edited("src/client.py")
    repo.checkpoint(**offered(repo))
    assert "Fix the retry of the client" in brief.for_hook(repo.store, own="", tokens=600, most_read=100)
