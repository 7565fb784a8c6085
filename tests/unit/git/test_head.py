"""What HEAD says: its commits with what each changed, and which contents it holds."""

import os
from pathlib import Path

import pytest

from ocm.git import process
from ocm.git.head import Head
from tests.support.builders import Project, commit, git


def write(repo: Project, name: str, text: str) -> None:
    path = repo.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_commits_come_with_what_they_changed(repo: Project) -> None:
    write(repo, "sub/b é.py", "two\n")
    os.unlink(repo.root / "a.py")
    sha = commit(repo.root, "Change\tboth")
    git(repo.root, "checkout", "-q", "-b", "side")
    write(repo, "c.py", "three\n")
    commit(repo.root, "on a side")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "Merge it", "side")
    found = {one.subject: one for one in Head(str(repo.root), 0.0, []).commits}
    assert found.keys() == {"Merge it", "on a side", "Change\tboth", "change"}
    both = {change.path: (change.is_new, change.is_gone) for change in found["Change\tboth"].changes}
    assert (found["Change\tboth"].sha, both) == (sha, {"a.py": (False, True), "sub/b é.py": (True, False)})
    assert found["Merge it"].changes == []
    assert found["on a side"].changes[0].new == git(repo.root, "hash-object", "c.py")
    inside = Head(str(repo.root / "sub"), 0.0, ["b é.py"])
    paths = {change.path for one in inside.commits for change in one.changes}
    assert paths == {"b é.py", "../a.py", "../c.py"}
    assert inside.uncommitted(["b é.py"]) == []


def test_only_the_commits_since_an_instant_are_asked_for(repo: Project) -> None:
    assert Head(str(repo.root), 4_000_000_000.0, []).commits == []


def test_uncommitted_is_what_is_there_and_not_in_head(repo: Project) -> None:
    write(repo, "new.py", "new\n")
    write(repo, "kept.py", "kept\n")
    git(repo.root, "add", "kept.py")
    git(repo.root, "commit", "-q", "-m", "kept")
    write(repo, "a.py", "changed\n")
    asked = ["new.py", "kept.py", "a.py", "nowhere.py", "/elsewhere.py", "../out.py"]
    head = Head(str(repo.root), 0.0, asked)
    assert head.uncommitted(asked) == ["new.py", "a.py"]
    assert Head(str(repo.root), 0.0, []).uncommitted(asked) == []
    git(repo.root, "checkout", "-q", "--", "a.py")
    assert Head(str(repo.root), 0.0, asked).uncommitted(asked) == ["new.py"]


def test_of_a_repository_within_this_one_nothing_is_said(repo: Project) -> None:
    (repo.root / "vendor").mkdir()
    git(repo.root / "vendor", "init", "-q")
    write(repo, "vendor/x.py", "x\n")
    assert Head(str(repo.root), 0.0, ["vendor/x.py"]).uncommitted(["vendor/x.py"]) == []


def test_without_git_or_a_commit_nothing_is_known(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    for root in (tmp_path / "empty", tmp_path / "nowhere"):
        head = Head(str(root), 0.0, ["a.py"])
        assert (head.commits, head.uncommitted(["a.py"])) == ([], [])
    monkeypatch.setattr(process, "_program", lambda: "no-such-git")
    head = Head(str(repo.root), 0.0, ["a.py"])
    assert (head.commits, head.uncommitted(["a.py"]), head.content("0" * 40)) == ([], [], None)


def test_a_content_is_read_by_its_id(repo: Project, tmp_path: Path) -> None:
    oid = git(repo.root, "hash-object", "a.py")
    assert Head(str(repo.root), 0.0, []).content(oid) == b"one\n"
    assert Head(str(repo.root), 0.0, []).content("1" * 40) is None
    assert Head(str(tmp_path / "nowhere"), 0.0, []).content(oid) is None


def test_no_more_is_asked_than_a_system_takes(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, "b.py", "x\n")
    write(repo, "c.py", "x\n")
    monkeypatch.setattr(process, "MAX_ARGUMENTS", 6)
    assert Head(str(repo.root), 0.0, ["b.py", "c.py"]).uncommitted(["b.py", "c.py"]) == ["b.py"]
