"""What git could not be asked about is unknown, with its reason: never "not committed", "not landed" or "gone"."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import OcmError
from ocm.git import refusal
from ocm.provenance import why
from ocm.provenance.commit_links import Background
from ocm.recall import listing
from ocm.ui import why_view
from tests.support.builders import Project, commit, git, repository
from tests.support.work_world import BODY, ask, retried, sources, wrote

OTHER_OWNER = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}


def lines_of(found: dict[str, Any]) -> str:
    return "\n".join(why_view.why_lines(found))


def not_known(project: Project, session_id: str = "S") -> dict[str, str]:
    found = why.commits(project.store, session_id)
    return {one["path"]: one["because"] for one in found["not_known"]}


def with_submodule(repo: Project, tmp_path: Path) -> Path:
    other = repository(tmp_path / "other")
    git(repo.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "vendor/lib")
    commit(repo.root, "submodule")
    return repo.root / "vendor" / "lib"


def with_nested(repo: Project, _: Path) -> Path:
    return repository(repo.root / "vendor" / "lib")


@pytest.mark.parametrize("inner", [with_submodule, with_nested])
def test_a_file_of_an_inner_repository_is_answered_from_there(repo: Project, tmp_path: Path, inner: Any) -> None:
    lib = inner(repo, tmp_path)
    wrote(repo, "S", {"vendor/lib/src/client.py": BODY, "own.py": BODY}, goal="both", decisions=["**Backoff:** waits"])
    found = ask(repo, "vendor/lib/src/client.py", 6)
    assert (found["committed"], sources(found)) == ("no", [("S", "work", True)])
    sha = commit(lib, "Inner work")
    found = ask(repo, "vendor/lib/src/client.py", 6)
    assert (found["committed"], found["commit"]["sha"], found["commit"]["subject"]) == ("yes", sha, "Inner work")
    assert sources(found) == [("S", "same", True)]
    outcome = why.commits(repo.store, "S")
    assert [one["subject"] for one in outcome["commits"]] == ["Inner work"]
    assert (outcome["landed"], outcome["not_landed"], outcome["not_known"]) == ("partly", ["own.py"], [])
    assert [one["sha"] for one in ask(repo, "vendor/lib/src/client.py")["commits"]] == [sha]


def test_a_submodule_that_is_not_checked_out_is_unknown(repo: Project, tmp_path: Path) -> None:
    lib = with_submodule(repo, tmp_path)
    wrote(repo, "S", {"vendor/lib/src/client.py": BODY}, goal="inner")
    commit(lib, "Inner work")
    git(repo.root, "submodule", "deinit", "--force", "--quiet", "vendor/lib")
    reason = "vendor/lib is a submodule that is not checked out"
    assert not_known(repo) == {"vendor/lib/src/client.py": reason}
    found = ask(repo, "vendor/lib/src/client.py")
    assert (found["committed"], found["unknown"]) == ("unknown", {"committed": reason})


def test_a_repository_of_another_owner_is_unknown(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    monkeypatch.setenv(*next(iter(OTHER_OWNER.items())))
    found = why.why(repo.store, "src/client.py", 6)
    assert (found["origins"][0]["committed"], found["origins"][0]["commit"]) == ("unknown", None)
    assert found["origins"][0]["unknown"] == {"committed": refusal.OTHER_OWNER}
    assert f"  commit    not known: {refusal.OTHER_OWNER}" in lines_of(found)
    assert "not committed" not in lines_of(found)
    outcome = why.commits(repo.store, "S")
    assert (outcome["landed"], outcome["unknown"]) == ("unknown", {"landed": refusal.OTHER_OWNER})
    assert (outcome["not_landed"], not_known(repo)) == ([], {"src/client.py": refusal.OTHER_OWNER})
    said = "\n".join(why_view.outcome_lines(outcome))
    assert "not landed" not in said
    assert f"not known: src/client.py ({refusal.OTHER_OWNER})" in said
    with pytest.raises(OcmError, match="another user owns it"):
        why.explain(repo.store, "HEAD")


def test_without_git_nothing_is_said_to_be_uncommitted(
    repo: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask(repo, "src/client.py", 6)["unknown"] == {"committed": refusal.NO_PROGRAM}
    assert not_known(repo) == {"src/client.py": refusal.NO_PROGRAM}


def test_without_git_work_on_another_branch_is_not_said_to_be_missing(
    repo: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "main")
    commit(repo.root, "meanwhile")
    assert why.commits(repo.store, "S")["landed"] == "no"
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = why.commits(repo.store, "S")
    assert (outcome["landed"], not_known(repo)) == ("unknown", {"src/client.py": refusal.NO_PROGRAM})
    (row,) = listing.list_sessions(repo.store)
    assert (row["landed"], row["unknown"]["landed"]) == ("unknown", refusal.NO_PROGRAM)


def test_a_partial_clone_says_what_it_lacks(repo: Project, tmp_path: Path) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    (repo.root / "src" / "client.py").write_text(BODY + "# more of it\n", encoding="utf-8")
    commit(repo.root, "Later")
    git(repo.root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repo.root}", "partial")
    clone = Project(tmp_path / "partial")
    shutil.copy(repo.file(), clone.store.sessions)
    found = ask(clone, "src/client.py", 6)
    assert (found["committed"], found["unknown"]) == ("unknown", {"committed": refusal.LACKING})


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_asked_about_as_it_is(repo: Project) -> None:
    name = os.fsdecode(b"src/caf\xe9.py")
    wrote(repo, "S", {name: BODY}, goal="a name of another age")
    assert ask(repo, name, 6)["committed"] == "no"
    sha = commit(repo.root, "Latin")
    for spelled in (name, "src/caf\\xe9.py"):
        found = ask(repo, spelled, 6)
        assert (found["committed"], found["commit"]["sha"]) == ("yes", sha)
        assert sources(found) == [("S", "same", True)]
    outcome = why.commits(repo.store, "S")
    assert (outcome["landed"], outcome["not_landed"], outcome["not_known"]) == ("yes", [], [])
    fresh = ask(repo, name, 6)["sessions"][0]["freshness"]
    assert fresh == {"unchanged": 1, "changed": 0, "gone": 0}


def test_files_of_other_repositories_are_unknown(repo: Project, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")
    inside = repository(tmp_path / "private")
    wrote(repo, "S", {str(other / "b.py"): BODY, "../private/c.py": BODY}, goal="elsewhere")
    commit(other, "elsewhere")
    (repo.root / "lent").mkdir()
    (repo.root / "lent" / ".git").write_text(f"gitdir: {inside}/.git\n", encoding="utf-8")
    assert ask(repo, "lent/a.py")["unknown"] == {"committed": refusal.ELSEWHERE} if repo.edited("lent/a.py") else True
    assert set(not_known(repo).values()) == {refusal.ELSEWHERE}
    assert why.commits(repo.store, "S")["landed"] == "unknown"


def test_files_of_a_worktree_that_is_gone_are_unknown(repo: Project) -> None:
    names = {".claude/worktrees/feat/src/a.py": BODY}
    wrote(repo, "S", names, goal="in a folder that a worktree was in")
    shutil.rmtree(repo.root / ".claude")
    assert not_known(repo) == {".claude/worktrees/feat/src/a.py": refusal.NEVER_HELD}
    counts = why.why(repo.store, ".claude/worktrees/feat/src/a.py")
    assert counts["committed"] == "no"


def test_a_folder_that_was_removed_is_gone_and_its_work_has_landed(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    shutil.rmtree(repo.root / "src")
    assert ask(repo, "a.py", 1)["committed"] == "yes"
    assert not_known(repo) == {}
    commit(repo.root, "Without it")
    found = why.commits(repo.store, "S")
    assert (found["landed"], found["not_landed"], found["not_known"]) == ("yes", [], [])


def test_a_file_beyond_the_tree_before_the_first_commit_is_not_committed(tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "-q")
    new = Project(root)
    wrote(new, "S", {"a.py": BODY}, goal="first")
    assert ask(new, "a.py", 6)["committed"] == "no"
    assert why.commits(new.store, "S")["not_landed"] == ["a.py"]


def test_what_goes_wrong_in_another_thread_goes_wrong_for_who_waits(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    work = Background(broken)
    with pytest.raises(ZeroDivisionError):
        work.result()
    assert capfd.readouterr() == ("", "")
