import os
import subprocess
from typing import Any

import pytest

from ocm.recall import search
from ocm.sessions import auto_summary
from tests.support.builders import Project, commit


def ran(command: str, *, failed: bool = False, kind: str = "call") -> dict[str, Any]:
    return {"e": kind, "cmd": command, **({"failed": True} if failed else {})}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([ran("ls"), ran("git status")], []),
        ([ran("ls", failed=True)], []),
        ([ran("make", failed=True), ran("ls"), ran("make")], ["`make` failed, then passed"]),
        ([ran("make", failed=True), ran("make"), ran("make", failed=True)], []),
        ([ran("pytest")], ["Tests run: `pytest` passed"]),
        ([ran("pytest"), ran("pytest", failed=True)], ["Tests run: `pytest` failed"]),
        ([ran("pytest", failed=True), ran("pytest")], ["`pytest` failed, then passed"]),
        ([ran("cargo test", kind="sub")], ["Tests run: `cargo test` passed"]),
        ([ran("pytest", kind="deny"), {"e": "call", "cmd": 7}, {"e": "call", "cmd": ""}], []),
    ],
)
def test_what_commands_tell(events: list[dict[str, Any]], expected: list[str]) -> None:
    assert auto_summary.items(events, []) == expected


def test_commits_are_told_and_all_of_it_is_bounded() -> None:
    assert auto_summary.items([], ["abc Fix"]) == ["Committed abc Fix"]
    many = [event for n in range(50) for event in (ran(f"p{n}", failed=True), ran(f"p{n}"))]
    assert len(auto_summary.items(many, [str(n) for n in range(50)])) == 40


def shell(project: Project, command: str, *, failed: bool = False) -> None:
    name = "PostToolUseFailure" if failed else "PostToolUse"
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": command}, hook_event_name=name)


def test_a_session_whose_assistant_never_saved_is_found_by_what_it_did(repo: Project) -> None:
    repo.hook("session-start")
    repo.hook("user-prompt", prompt="Make the wombat parser quicker")
    shell(repo, "pytest -q tests/secret_name.py", failed=True)
    (repo.root / "a.py").write_bytes(b"two\n")
    repo.edited(str(repo.root / "a.py"))
    shell(repo, "pytest -q")
    made = commit(repo.root, "Parse wombats in one pass, api_key=abcdefghij0123456789")
    shell(repo, "git add -A && git commit -m x")
    repo.hook("session-end")
    text = repo.file().read_text(encoding="utf-8")
    assert "- `pytest` failed, then passed" in text
    assert f"- Committed {made[:7]} Parse wombats in one pass" in text
    assert "abcdefghij0123456789" not in text
    assert "secret_name" not in text
    assert search.search(repo.store, "one pass")[0]["session_id"] == "S"
    repo.hook("session-end")
    assert repo.file().read_text(encoding="utf-8").count("Committed") == 1


def test_commits_of_others_are_not_the_sessions(repo: Project) -> None:
    repo.hook("session-start")
    subprocess.run(
        ["git", "commit", "-qm", "Of another", "--allow-empty"],
        cwd=repo.root, check=True, env=dict(os.environ, GIT_COMMITTER_DATE="2020-01-01T00:00:00+00:00"),
    )  # fmt: skip
    shell(repo, "ls")
    repo.hook("session-end")
    assert "Of another" not in repo.file().read_text(encoding="utf-8")


def test_words_of_the_assistant_stand_alone(repo: Project) -> None:
    repo.hook("session-start")
    shell(repo, "pytest", failed=True)
    shell(repo, "pytest")
    repo.checkpoint(work_summary=["The fix"])
    assert repo.session().work_summary == ["The fix"]
