"""Work trees that are entered in mid-session: paths as in the tree, what a shell changed there, links after the merge."""

import time
from pathlib import Path
from typing import Any

import pytest

from ocm.git import other_trees, worktree
from ocm.git.freshness import STATES
from ocm.provenance import why
from ocm.recall import listing
from tests.support.builders import Project, commit, git
from tests.support.work_world import BODY

SHELL: dict[str, Any] = {"tool_name": "Bash", "tool_input": {"command": "git commit"}, "tool_response": {}}


@pytest.fixture
def tree(repo: Project) -> Path:
    """Return a work tree that a session entered after it began."""
    (repo.root / "b.py").write_text("old_line_of_b = 1\n", encoding="utf-8")
    commit(repo.root)
    repo.hook("session-start", source="startup")
    time.sleep(0.05)
    git(repo.root, "worktree", "add", "-q", "-b", "feat", ".claude/worktrees/feat")
    return repo.root / ".claude" / "worktrees" / "feat"


def worked(repo: Project, tree: Path) -> None:
    """Edit one file there, change another by a shell, and save."""
    (tree / "src").mkdir()
    (tree / "src" / "a.py").write_text(BODY, encoding="utf-8")
    repo.edited(str(tree / "src" / "a.py"), kind="create")
    (tree / "b.py").write_text("new_line_of_b = 2\nanother_line = 3\n", encoding="utf-8")
    repo.hook("post-tool-use", **SHELL)
    repo.checkpoint(goal="A feature in a tree of its own")


def files(repo: Project) -> dict[str, str]:
    return {change.path: change.change_type for change in repo.session().files}


def test_paths_are_those_of_the_tree_and_what_a_shell_changed_is_there(repo: Project, tree: Path) -> None:
    worked(repo, tree)
    assert files(repo) == {"src/a.py": "created", "b.py": "modified"}
    assert repo.session().branch == "feat"
    repo.hook("post-tool-use", **SHELL)
    repo.checkpoint(work_summary=["again"])
    assert files(repo) == {"src/a.py": "created", "b.py": "modified"}


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_ends_without_a_further_change_stays_on_the_branch_of_its_tree(
    repo: Project, tree: Path, *, is_gone: bool
) -> None:
    worked(repo, tree)
    if is_gone:
        git(repo.root, "worktree", "remove", "--force", str(tree))
    repo.hook("stop", last_assistant_message="Done.")
    repo.hook("session-end")
    assert (repo.session().branch, repo.session().status) == ("feat", "closed")


def test_after_the_merge_and_without_the_tree_the_session_is_known(repo: Project, tree: Path) -> None:
    worked(repo, tree)
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "Feature")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "merge", "feat")
    git(repo.root, "worktree", "remove", "--force", str(tree))
    git(repo.root, "branch", "-q", "-d", "feat")
    outcome = why.commits(repo.store, "S")
    assert [one["subject"] for one in outcome["commits"]] == ["Feature"]
    assert (outcome["landed"], outcome["not_landed"], outcome["not_known"]) == ("yes", [], [])
    (row,) = listing.list_sessions(repo.store)
    assert (row["landed"], row["branch_state"]) == ("yes", "merged")
    (origin,) = why.why(repo.store, "src/a.py", 6)["origins"]
    (session,) = origin["sessions"]
    assert (session["session_id"], session["sure"]) == ("S", True)
    assert session["freshness"] == {**dict.fromkeys(STATES, 0), "unchanged": 2}


def test_a_tree_of_another_conversation_is_left_to_it(repo: Project, tree: Path) -> None:
    repo.hook("session-start", session_id="T", source="startup", cwd=str(tree))
    (tree / "b.py").write_text("of T\n", encoding="utf-8")
    repo.hook("post-tool-use", **SHELL)
    repo.checkpoint(goal="not there")
    assert files(repo) == {}


def test_an_edit_that_was_undone_there_is_none(repo: Project, tree: Path) -> None:
    repo.edited(str(tree / "b.py"))
    (tree / "own.py").write_text("x = 1\n", encoding="utf-8")
    repo.edited(str(tree / "own.py"), kind="odd")
    repo.checkpoint(goal="looked")
    assert files(repo) == {"own.py": "created"}


def test_a_repository_without_other_trees_is_not_asked(repo: Project, project: Project) -> None:
    assert not worktree.has_linked(str(project.root))
    assert other_trees.begun_inside(str(project.root), 0.0, ()) == []
    assert other_trees.begun_inside(str(repo.root), 0.0, ()) == []
    assert other_trees.of_edits(str(repo.root), [("a.py", "")]) == ([("a.py", "")], [])
