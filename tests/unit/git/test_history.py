"""What git's history says, and what it says where there is none."""

from pathlib import Path

from ocm.git import history, refusal
from tests.support.builders import Project, commit, git, repository


def test_blame_names_follow_renames_and_the_time(repo: Project) -> None:
    sha = git(repo.root, "rev-parse", "HEAD")
    git(repo.root, "mv", "a.py", "ü b.py")
    commit(repo.root, "renamed")
    (line,) = history.blame(str(repo.root), "ü b.py", 1, 1) or []
    assert (line.sha, line.path, line.number, line.text) == (sha, b"a.py", 1, b"one")
    assert line.at == int(git(repo.root, "log", "-1", "--format=%ct", sha))


def test_commits_are_described_even_beside_one_that_is_missing(repo: Project) -> None:
    sha = commit(repo.root, "A subject\nthat goes on\n\nand a body")
    found = history.describe(str(repo.root), ["0" * 39 + "1", sha])
    assert list(found) == [sha]
    assert (found[sha].subject, found[sha].author, found[sha].is_merge) == ("A subject that goes on", "Tester", False)


def test_outside_a_repository_nothing_is_known(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert history.since(root, 0) is None
    assert history.blame(root, "a.py", 1, 1) is None
    assert history.log(root, ["a.py"], 3) is None
    assert history.resolve(root, "HEAD") is None
    assert history.tracked(root, "a.py") is None
    assert history.describe(root, ["a" * 40]) == {}
    assert history.merged_commits(root, "HEAD", 3) == []
    assert history.name_of(root, "a.py") == b""
    assert list(history.patches(root, ["a" * 40])) == list(history.uncommitted(root, ["a.py"])) == []
    assert history.patches_in(root, [("a" * 40, b"x")]) == {}
    assert history.is_shallow(root) is False
    assert history.committed(root, "a.py") == (history.UNKNOWN, refusal.NO_REPOSITORY)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    root = str(tmp_path)
    assert history.since(root, 0) == []
    assert history.blame(root, "a.py", 1, 1) is None
    assert history.log(root, ["a.py"], 3) is None
    assert history.resolve(root, "HEAD") == ""
    assert list(history.uncommitted(root, ["a.py"])) == []


def test_many_paths_are_too_many_for_a_command_line(repo: Project) -> None:
    many = [f"a/very/long/path/to/nowhere/{n:06}.py" for n in range(800)]
    (repo.root / "a.py").write_text("one\nand another line\n", encoding="utf-8")
    (repo.root / "b.py").write_text("x\n", encoding="utf-8")
    git(repo.root, "add", "b.py")
    found = b"".join(history.uncommitted(str(repo.root), [*many, "a.py"]))
    assert b"+and another line" in found
    assert b"b.py" not in found


def test_a_folder_of_a_repository_names_its_files(tmp_path: Path) -> None:
    top = repository(tmp_path / "top")
    (top / "sub").mkdir()
    (top / "sub" / "c.py").write_text("x\n", encoding="utf-8")
    commit(top)
    assert history.name_of(str(top / "sub"), "c.py") == b"sub/c.py"
    assert history.tracked(str(top / "sub"), "c.py") == "file"
    assert history.tracked(str(top), "sub") == "folder"
    assert history.tracked(str(top), "nope") == ""
    assert history.tracked(str(top / "sub"), "../..") == ""


def test_the_log_of_files_is_that_of_git(repo: Project) -> None:
    root = repo.root
    (root / "*.py").write_text("x\n", encoding="utf-8")
    commit(root, "A subject\nthat goes on\n\nand a body")
    (root / "a.py").write_text("ü\n", encoding="utf-8")
    git(root, "-c", "user.name=Jürgen Größe", "commit", "-qam", "Ünder")
    for names in (["a.py"], ["*.py"], ["*.py", "a.py"]):
        found = history.log(str(root), names, 9)
        said = git(root, "log", "--format=%H|%ct|%an|%s", "--", *(f":(literal){name}" for name in names))
        assert found
        assert [f"{one.sha}|{one.at}|{one.author}|{one.subject}" for one in found] == said.split("\n")
    assert [one.author for one in history.log(str(root), ["a.py"], 1) or []] == ["Jürgen Größe"]
