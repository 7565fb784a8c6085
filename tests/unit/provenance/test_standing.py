"""Of every session that is shown: what of it was ended, whether its work landed, and where its branch stands."""

from pathlib import Path
from typing import Any

import pytest

from ocm.base.rows import ListedRow
from ocm.git import process, refusal
from ocm.provenance import landed
from ocm.recall import listing, search
from tests.support.builders import Project, commit, git, repository
from tests.support.session_store import put, session
from tests.support.work_world import BODY, retried, squashed, wrote


def standing(project: Project, session_id: str = "S") -> tuple[str, str]:
    row = listed(project, session_id)
    return row["landed"], row["branch_state"]


def listed(project: Project, session_id: str = "S") -> ListedRow:
    return next(row for row in listing.list_sessions(project.store) if row["session_id"] == session_id)


def test_work_on_a_branch_lands_when_the_branch_is_merged(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    assert standing(repo) == ("no", "open")
    commit(repo.root, "Retries")
    assert standing(repo) == ("yes", "open")
    git(repo.root, "checkout", "-q", "main")
    assert standing(repo) == ("no", "open")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    assert standing(repo) == ("yes", "merged")
    git(repo.root, "checkout", "-q", "topic")
    assert standing(repo) == ("yes", "merged")


def test_work_that_was_squashed_has_landed_and_its_branch_with_it(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    squashed(repo, "topic")
    assert standing(repo) == ("yes", "merged")


def test_a_branch_that_went_with_its_work_is_gone(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "branch", "-q", "-D", "topic")
    assert standing(repo) == ("no", "gone")


def test_some_files_landed(repo: Project) -> None:
    wrote(repo, "S", {"a.py": BODY, "b.py": BODY.replace("fetch", "get")}, goal="two")
    git(repo.root, "add", "a.py")
    git(repo.root, "commit", "-q", "-m", "one of them")
    assert standing(repo) == ("partly", "merged")


@pytest.mark.parametrize("packed", [False, True])
def test_the_branch_that_a_remote_calls_its_own_counts(repo: Project, tmp_path: Path, packed: bool) -> None:
    git(repo.root, "branch", "-q", "-m", "main", "develop")
    git(tmp_path, "clone", "-q", str(repo.root), "clone")
    clone = Project(tmp_path / "clone")
    git(clone.root, "checkout", "-q", "-b", "topic")
    retried(clone)
    commit(clone.root, "Retries")
    assert standing(clone) == ("yes", "open")
    git(clone.root, "push", "-q", "origin", "topic")
    git(repo.root, "merge", "-q", "topic")
    git(clone.root, "fetch", "-q")
    git(clone.root, "checkout", "-q", "--detach", "HEAD~1")
    git(clone.root, "branch", "-q", "-D", "topic")
    if packed:
        git(clone.root, "pack-refs", "--all")
    assert standing(clone) == ("yes", "merged")


def test_what_could_not_be_asked_is_unknown_with_its_reason(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    row = listed(repo)
    assert (row["landed"], row["branch_state"]) == ("unknown", "unknown")
    assert row["unknown"] == dict.fromkeys(("landed", "branch_state"), refusal.OTHER_OWNER)
    hit = search.search(repo.store, "fetch")[0]
    assert hit["unknown"] == {**row["unknown"], "commits_since": refusal.OTHER_OWNER}


def test_sessions_that_git_has_nothing_of_are_unknown(repo: Project, project: Project, tmp_path: Path) -> None:
    repo.checkpoint("talk", goal="only talk")
    other = repository(tmp_path / "other")
    wrote(repo, "far", {str(other / "b.py"): BODY}, goal="elsewhere")
    git(repo.root, "checkout", "-q", "--detach")
    retried(repo, "loose")
    assert listed(repo, "talk")["unknown"] == {"landed": "it recorded no work that could be found again"}
    assert listed(repo, "far")["landed"] == "unknown"
    row = listed(repo, "loose")
    assert (row["landed"], row["branch_state"], row["unknown"]) == (
        "no",
        "unknown",
        {"branch_state": "it was on no branch"},
    )
    project.checkpoint("S", goal="no git here")
    assert listed(project)["unknown"] == dict.fromkeys(("landed", "branch_state"), refusal.NO_REPOSITORY)


def test_before_the_first_commit_nothing_landed(tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "-q")
    new = Project(root)
    wrote(new, "S", {"a.py": BODY}, goal="first")
    assert listed(new)["landed"] == "no"
    (root / ".git" / "HEAD").write_text("nothing\n", encoding="utf-8")
    assert listed(new)["landed"] == "unknown"


def test_files_of_an_inner_repository_are_not_said_to_be_missing(repo: Project) -> None:
    lib = repository(repo.root / "lib")
    wrote(repo, "S", {"lib/client.py": BODY}, goal="inner")
    commit(lib, "Inner")
    assert listed(repo)["unknown"] == {"landed": refusal.ELSEWHERE}
    from ocm.provenance import why

    assert why.commits(repo.store, "S")["landed"] == "yes"
    assert listed(repo)["landed"] == "yes"


def test_all_rows_cost_two_processes(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        wrote(repo, f"S{n}", {f"f{n}.py": BODY.replace("fetch", f"fetch_{n}")}, goal="part")
        commit(repo.root, f"part {n}")
    listing.list_sessions(repo.store)
    asked: list[tuple[str, ...]] = []
    real = process._started

    def counted(top: str, arguments: tuple[str, ...], stdin: bytes) -> Any:
        asked.append(arguments)
        return real(top, arguments, stdin)

    monkeypatch.setattr(process, "_started", counted)
    assert {row["landed"] for row in listing.list_sessions(repo.store)} == {"yes"}
    assert len(asked) == 2


def test_of_many_sessions_the_ledger_is_read_once(repo: Project) -> None:
    put(repo.store, "first.md", session("first", 1, decisions=["**Wombat:** digs"]))
    for n in range(22):
        decisions = [f"**New {n}:** x. Supersedes: Wombat"] if n == 5 else []
        put(repo.store, f"{n}.md", session(f"S{n}", 2, decisions=decisions))
    rows = {row["session_id"]: row for row in listing.list_sessions(repo.store, -1)}
    assert [one["by"] for one in rows["first"]["ended"]] == ["**New 5:** x. Supersedes: Wombat"]
    assert rows["S5"]["ended"] == []


def test_a_session_whose_file_is_gone_meanwhile_is_unknown(repo: Project) -> None:
    assert landed.of_session(repo.store, "none.md").landed == "unknown"
