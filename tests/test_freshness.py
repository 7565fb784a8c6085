import os
import subprocess
import time
from pathlib import Path

import pytest

from ocm import blobs, facts, freshness, gitdata, recall
from ocm.model import FileChange
from tests.builders import Project, commit, git
from tests.session_store import put, session


def fresh(project: Project, query: str = "wombat") -> dict[str, int] | None:
    found: dict[str, int] | None = recall.search(project.store, query)[0]["freshness"]
    return found


def write(project: Project, name: str, text: str = "one\n") -> str:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return str(path)


def work(project: Project, *names: str, session_id: str = "S") -> None:
    """Let the assistant write files, and save."""
    project.hook("session-start", session_id=session_id)
    for name in names:
        project.edited(write(project, name), session_id=session_id)
    project.checkpoint(session_id, goal="wombat")


def test_a_checkpoint_keeps_what_the_files_held(repo: Project) -> None:
    work(repo, "b.py", "src/c.py")
    same = git(repo.root, "hash-object", "b.py")
    assert facts.blobs(repo.session().facts) == {"b.py": same, "src/c.py": same}
    assert fresh(repo) == {"unchanged": 2, "changed": 0, "gone": 0}
    write(repo, "b.py", "two\n")
    os.unlink(repo.root / "src/c.py")
    assert fresh(repo) == {"unchanged": 0, "changed": 1, "gone": 1}


def test_what_another_session_changed_is_not_fresh_again_by_a_later_checkpoint(repo: Project) -> None:
    work(repo, "b.py", "c.py")
    write(repo, "b.py", "someone else\n")
    repo.edited(write(repo, "c.py", "mine\n"))
    repo.checkpoint(goal="wombat", work_summary=["c"])
    assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 0}
    for _ in range(2):
        assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 0}


def test_what_a_shell_call_changed_is_kept_too(repo: Project) -> None:
    repo.hook("session-start")
    write(repo, "made.py")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make all"})
    repo.checkpoint(goal="wombat")
    assert list(facts.blobs(repo.session().facts)) == ["made.py"]
    assert fresh(repo) == {"unchanged": 1, "changed": 0, "gone": 0}


def test_without_a_repository_it_is_unknown(project: Project) -> None:
    work(project, "b.py")
    (hit,) = recall.search(project.store, "wombat")
    assert hit["freshness"] is None
    assert hit["commits_since"] is None


def test_without_git_the_commits_are_unknown_and_the_files_are_not(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(repo, "b.py")
    monkeypatch.setenv("PATH", "/nowhere")
    (hit,) = recall.search(repo.store, "wombat")
    assert hit["freshness"] == {"unchanged": 1, "changed": 0, "gone": 0}
    assert hit["commits_since"] is None


def test_commits_since_are_counted(repo: Project) -> None:
    work(repo, "b.py")
    assert recall.search(repo.store, "wombat")[0]["commits_since"] == 0
    ahead = f"{int(time.time()) + 5} +0000"
    for n in range(3):
        write(repo, "a.py", f"{n}")
        git(repo.root, "-c", "core.abbrev=7", "add", "-A")
        subprocess.run(
            ["git", "commit", "-qm", "x"], cwd=repo.root, check=True, env={**os.environ, "GIT_COMMITTER_DATE": ahead}
        )
    assert recall.search(repo.store, "wombat")[0]["commits_since"] == 3


def test_a_page_costs_one_git_process(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        names = [f"{n}-{m}.py" for m in range(4)]
        work(repo, *names, session_id=f"s{n}")
    started: list[object] = []
    real = subprocess.Popen.__init__

    def counted(self: subprocess.Popen[bytes], *words: object, **options: object) -> None:
        started.append(words)
        real(self, *words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    assert len(recall.search(repo.store, "wombat")) == 5
    assert len(started) == 1


def test_what_git_converts_is_compared_as_git_stores_it(repo: Project) -> None:
    write(repo, ".gitattributes", "*.txt text\n*.up filter=up\n")
    git(repo.root, "config", "filter.up.clean", "tr a-z A-Z")
    commit(repo.root)
    repo.hook("session-start")
    for name in ("lines.txt", "word.up"):
        repo.edited(write(repo, name, "one\r\ntwo\r\n"))
    repo.checkpoint(goal="wombat")
    known = facts.blobs(repo.session().facts)
    assert known == {name: git(repo.root, "hash-object", name) for name in ("lines.txt", "word.up")}
    write(repo, "lines.txt", "one\ntwo\n")
    assert fresh(repo) == {"unchanged": 2, "changed": 0, "gone": 0}


def test_nothing_outside_the_repository_is_opened(repo: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    os.symlink(tmp_path, repo.root / "out")
    oid = gitdata.blob_id(b"x", blobs.SHA1)
    paths = (str(secret), "../secret", "out/secret", "/dev/zero")
    changes = [FileChange(path, "modified") for path in paths]
    put(repo.store, "a.md", session("a", goal="wombat", files=changes, facts=[facts.blob(p, oid) for p in paths]))
    assert fresh(repo) is None
    assert freshness.recorded(str(repo.root), {*paths, "a.py"}).keys() == {"a.py"}


def test_links_folders_and_pipes(repo: Project) -> None:
    os.symlink("a.py", repo.root / "link")
    os.mkfifo(repo.root / "pipe")
    link = gitdata.blob_id(b"a.py", blobs.SHA1)
    found = blobs.current(str(repo.root), dict.fromkeys(("link", "pipe", "none", ".git", "a.py/x", "a\0b"), link))
    assert found == {"link": link, "pipe": None, "none": "", ".git": None, "a.py/x": "", "a\0b": None}


def test_too_much_is_not_read(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MAX_ALL", 5)
    write(repo, "b.py")
    found = blobs.current(str(repo.root), {"a.py": blobs.SHA1, "b.py": blobs.SHA1})
    assert found["a.py"]
    assert found["b.py"] is None


@pytest.mark.parametrize(
    "path", ["a b.py", "a\\n.py", "a\nb", "a\r\\", "ü/漢字.py", "`x`", " lead", "trail ", "blob x"]
)
def test_any_path_stays_one_line(repo: Project, path: str) -> None:
    line = facts.blob(path, blobs.SHA1)
    assert "\n" not in line
    assert "\r" not in line
    assert facts.blobs([line]) == {path: blobs.SHA1}
    work(repo, path)
    assert fresh(repo) == {"unchanged": 1, "changed": 0, "gone": 0}


def test_a_line_that_is_no_fact_of_ours_is_passed_over() -> None:
    assert facts.blobs(["blob x y", "blob " + "0" * 40, "calls 3", f"blob {'0' * 39}g a"]) == {}


def test_in_words() -> None:
    assert freshness.says(None, None) == ""
    assert (
        freshness.says({"unchanged": 3, "changed": 1, "gone": 0}, 1) == "files: 3 unchanged, 1 changed; 1 commit since"
    )
    assert freshness.says({"unchanged": 0, "changed": 0, "gone": 2}, None) == "files: 2 gone"
    assert freshness.says(None, 1000) == "1000+ commits since"


def test_a_repository_with_longer_ids(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256")
    (root / "a.py").write_bytes(b"x")
    assert freshness.recorded(str(root), {"a.py"}) == {"a.py": git(root, "hash-object", "a.py")}


def test_a_brief_says_what_became_of_the_files_and_what_git_did(repo: Project) -> None:
    work(repo, "same.py", "edited.py", "gone.py", session_id="one")
    write(repo, "edited.py", "two\n")
    os.unlink(repo.root / "gone.py")
    date = {**os.environ, "GIT_COMMITTER_DATE": f"{int(time.time()) + 5} +0000"}
    subprocess.run(["git", "commit", "-qam", "Edit\n\nmore", "--allow-empty"], cwd=repo.root, check=True, env=date)
    lines = repo.hook("session-start", session_id="two", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert "Files changed since: edited.py" in lines
    assert "Files gone since: gone.py" in lines
    assert "Files unchanged since: same.py" in lines
    assert f"Commits since, 1, latest first:\n- {git(repo.root, 'rev-parse', 'HEAD')[:7]} Edit\n" in lines
    again = repo.hook("session-start", session_id="three", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert again == lines


def test_an_index_line_says_how_many_files_changed(repo: Project) -> None:
    work(repo, "b.py", "c.py", session_id="one")
    work(repo, "d.py", session_id="two")
    write(repo, "b.py", "two\n")
    lines = repo.hook("session-start", session_id="three", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert "one · 1 of 2 files changed" in lines
