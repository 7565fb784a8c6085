"""What is seen before a checkpoint: how the session began, and what became of the files."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from ocm.base.model import FileChange
from ocm.redaction.user_rules import NONE
from ocm.sessions import gather
from ocm.store import journal
from ocm.store.events import text_of
from tests.support.builders import Project, commit, git, repository


def changes(project: Project) -> dict[str, str]:
    return {change.path: change.change_type for change in project.session().files}


@pytest.mark.parametrize(("path", "expected"), [
    ("a.py", "a.py"), ("./src/../a.py", "a.py"), ("/p/a.py", "a.py"), ("/p/src/a.py", "src/a.py"), ("/other/a.py", "/other/a.py"),
    ("../a.py", "../a.py"), ("/p", "/p"), ("/pp/a.py", "/pp/a.py"), ("ü 日.py", "ü 日.py"), ("\udcff.py", "\\xff.py"),
])  # fmt: skip
def test_a_path_inside_the_work_tree_is_relative(path: str, expected: str) -> None:
    assert gather.relative(path, "/p") == expected


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_path_through_a_link_is_relative_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert gather.relative(str(tmp_path / "real" / "a.py"), str(tmp_path / "link")) == "a.py"


def test_a_text_of_a_journal_line_is_text_that_can_be_written() -> None:
    event: dict[str, Any] = {"a": "x\ud800\x00y", "b": 7, "c": None}
    assert [text_of(event, name) for name in "abcd"] == ["x\\ud800y", "", "", ""]


def test_secrets_in_a_journal_are_redacted_and_counted() -> None:
    token = "ghp_" + "aB3" * 12
    events, count = gather.events_redacted(
        [{"e": "prompt", "title": f"use {token}"}, {"e": "call", "path": "a.py", "cmd": "git"}], NONE
    )
    assert count == 1
    assert token not in str(events)
    assert events[1] == {"e": "call", "path": "a.py", "cmd": "git"}


def test_a_journal_from_elsewhere_makes_its_paths_relative_and_no_repository_there_is_asked(
    repo: Project, tmp_path: Path
) -> None:
    elsewhere = repository(tmp_path / "elsewhere")
    commit(elsewhere, "theirs")
    lines = [
        journal.event("open", session="S", tool="codex", sha=git(elsewhere, "rev-parse", "HEAD"), root=str(elsewhere)),
        journal.event("call", m=1, tool="Edit", path=str(elsewhere / "src" / "new.py"), kind="created"),
        journal.event("call", m=1, tool="Edit", path="/somewhere/else.py", kind="modified"),
    ]
    journal.append(repo.store.path, "S", lines)
    repo.checkpoint(goal="g")
    assert changes(repo) == {"src/new.py": "created", "/somewhere/else.py": "modified"}
    assert repo.session().branch == "main"


# --- how it began


def test_a_session_began_where_its_first_line_says(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    before = git(repo.root, "rev-parse", "HEAD")
    commit(repo.root, "in between")
    repo.calls(1)
    repo.checkpoint(goal="g")
    session = repo.session()
    assert (session.git_sha_start, session.branch, session.tool, session.project) == (
        before,
        "main",
        "claude-code",
        "repo",
    )
    first = repo.lines()[0]
    assert (first["sha"], first["e"], first["file"]) == (before, "open", repo.file().name)


def test_a_session_that_no_hook_opened_begins_now(repo: Project) -> None:
    repo.checkpoint(goal="g", tool="cursor")
    session = repo.session()
    assert session.git_sha_start == git(repo.root, "rev-parse", "HEAD")
    assert (session.tool, session.branch) == ("cursor", "main")
    assert session.started_at == session.updated_at


def test_a_server_knows_when_it_began(repo: Project) -> None:
    from ocm.sessions import checkpoints

    before = git(repo.root, "rev-parse", "HEAD")
    (repo.root / "new.py").write_text("x\n", encoding="utf-8")
    checkpoints.checkpoint(repo.store, {"session_id": "S", "goal": "g"}, tool="codex", began=(1_700_000_000.0, before))
    session = repo.session()
    assert session.started_at.startswith("2023-11-1")
    assert (session.git_sha_start, session.tool) == (before, "codex")
    assert changes(repo) == {"new.py": "created"}


def test_what_a_journal_line_says_of_the_beginning_may_make_no_sense(project: Project) -> None:
    lines = [{"e": "open", "t": 1e300, "root": 7, "sha": [], "tool": None, "deleted": "x"}, {"e": "call", "t": -1}]
    journal.append(project.store.path, "S", lines)
    project.checkpoint(goal="g")
    assert project.session().started_at.startswith("20")


# --- files


def test_edits_are_recorded_with_their_kind(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.edited("a.py")
    repo.edited("new.py", kind="create")
    repo.edited("unknown.py", tool_response="text")
    repo.edited("b.py", kind="other")
    (repo.root / "b.py").write_text("x", encoding="utf-8")
    repo.checkpoint(goal="g")
    assert changes(repo) == {"a.py": "modified", "new.py": "created", "unknown.py": "created", "b.py": "created"}


def test_a_kind_nobody_told_is_modified_where_there_is_no_repository(project: Project) -> None:
    project.edited("x.py", tool_response="text")
    project.checkpoint(goal="g")
    assert changes(project) == {"x.py": "modified"}


def test_behind_a_shell_call_git_is_asked(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    git(repo.root, "mv", "a.py", "b.py")
    (repo.root / "new.py").write_text("x\ny\n", encoding="utf-8")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "mv a.py b.py"})
    result = repo.checkpoint(goal="g")
    assert repo.session().files == [FileChange("new.py", "created"), FileChange("b.py", "renamed", "a.py")]
    assert result["files_recorded"] == 2
    assert repo.session().diff_summary.startswith("2 files changed")


def test_what_was_dirty_before_is_not_the_sessions(repo: Project) -> None:
    (repo.root / "a.py").write_text("mine\n", encoding="utf-8")
    time.sleep(0.05)  # so that it lies before the start for a clock of any grain
    repo.hook("session-start", source="startup")
    (repo.root / "b.py").write_text("its\n", encoding="utf-8")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g")
    assert changes(repo) == {"b.py": "created"}


def test_what_a_reset_undid_is_no_longer_listed(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    (repo.root / "a.py").write_text("changed\n", encoding="utf-8")
    repo.edited("a.py")
    repo.checkpoint(goal="g")
    assert changes(repo) == {"a.py": "modified"}
    git(repo.root, "checkout", "-q", "a.py")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git checkout a.py"})
    repo.checkpoint(goal="h")
    assert changes(repo) == {}


def test_what_another_conversation_edits_is_its_own(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    for name in ("mine.py", "other.py"):
        (repo.root / name).write_text("x\n", encoding="utf-8")
    repo.edited("other.py", "OTHER", kind="create")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g")
    assert changes(repo) == {"mine.py": "created"}


def test_a_repository_that_is_gone_is_no_reason_to_fail(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.edited("a.py", tool_response="text")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "rm -rf .git"})
    shutil.rmtree(repo.root / ".git")
    repo.checkpoint(goal="g")
    assert changes(repo) == {"a.py": "modified"}
    carry = [line for line in repo.lines() if line["e"] == "carry"]
    assert carry[0]["shell"] is True


def test_paths_of_a_worktree_are_its_own(tmp_path: Path) -> None:
    main = Project(repository(tmp_path / "main"))
    git(main.root, "worktree", "add", "-q", "-b", "side", "../linked")
    linked = tmp_path / "linked"
    (linked / "new.py").write_text("x\n", encoding="utf-8")
    main.hook("session-start", source="startup", cwd=str(linked))
    main.edited("new.py", kind="create", cwd=str(linked))
    main.checkpoint(goal="g")
    session = main.session()
    assert (changes(main), session.branch) == ({"new.py": "created"}, "side")


# --- names that git gives


TOKEN = "ghp_" + "aB3" * 12
SAFE = "[REDACTED:github-token]"


def leaks(folder: Path) -> list[str]:
    """Return the files of a store that hold the secret."""
    return [path.name for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_names_that_git_gives_are_stored_without_the_secrets_in_them(repo: Project) -> None:
    git(repo.root, "remote", "add", "origin", f"https://example.org/{TOKEN}.git")
    git(repo.root, "checkout", "-q", "-b", f"fix/{TOKEN}")
    for folder in ("old", "moved"):
        (repo.root / folder).mkdir()
    (repo.root / "old" / f"{TOKEN}.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    commit(repo.root)
    repo.hook("session-start", source="startup")
    (repo.root / f"{TOKEN}.py").write_text("new\n", encoding="utf-8")
    git(repo.root, "mv", f"old/{TOKEN}.py", f"moved/{TOKEN}.py")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g")
    session = repo.session()
    assert (session.project, session.branch) == (SAFE, f"fix/{SAFE}")
    assert changes(repo) == {f"{SAFE}.py": "created", f"moved/{SAFE}.py": "renamed"}
    assert leaks(Path(repo.store.path)) == []


def test_a_file_that_hook_and_git_both_name_is_listed_once_without_its_secret(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    (repo.root / f"{TOKEN}.py").write_text("new\n", encoding="utf-8")
    repo.edited(str(repo.root / f"{TOKEN}.py"), kind="create")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g")
    repo.checkpoint(goal="g", decisions=["d"])
    assert changes(repo) == {f"{SAFE}.py": "created"}
    assert leaks(Path(repo.store.path)) == []


def test_a_file_undone_again_is_no_longer_listed_though_its_name_is_redacted(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    (repo.root / f"{TOKEN}.py").write_text("new\n", encoding="utf-8")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g")
    assert changes(repo) == {f"{SAFE}.py": "created"}
    (repo.root / f"{TOKEN}.py").unlink()
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make"})
    repo.checkpoint(goal="g", decisions=["d"])
    assert changes(repo) == {}
