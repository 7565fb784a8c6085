"""What a checkpoint records of the work, and how the cache keeps in step with git: new commits only, in batches."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocm.git import history, process
from ocm.index import access, queries, sync
from ocm.index.links import Commits, Made
from ocm.markdown.fingerprint_lines import unit_line
from ocm.provenance import commit_links
from ocm.store.paths import Store
from tests.support.builders import Project, commit, git
from tests.support.session_store import make_store, put, session
from tests.support.work_world import committed, matched, retried, units


def names(project: Project) -> list[str]:
    """Return the subjects of the commits that the cache knows."""
    commit_links.read(project.store, lambda _: None)

    def known(commits: Commits) -> None:
        found.update(commits.known(""))

    found: set[str] = set()
    access.read(project.store, lambda _: None, prepare=known)
    return sorted(one.subject for one in history.describe(str(project.root), sorted(found)).values())


# --- in step with git


def test_commits_are_known_since_the_first_session_that_recorded_work(repo: Project) -> None:
    environment = {**os.environ, "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    subprocess.run(["git", "commit", "-q", "--amend", "-m", "ancient"], cwd=repo.root, check=True, env=environment)
    assert names(repo) == []
    retried(repo)
    commit(repo.root, "Retries")
    assert names(repo) == ["Retries"]


def test_merges_stashes_notes_and_transcripts_of_another_tool_are_not_read(repo: Project) -> None:
    retried(repo)
    git(repo.root, "checkout", "-q", "--orphan", "entire/checkpoints/v1")
    commit(repo.root, "Checkpoint: 0123456789ab")
    git(repo.root, "update-ref", "refs/remotes/origin/entire/checkpoints/v1", "HEAD")
    git(repo.root, "checkout", "-q", "-f", "main")
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "-b", "topic", "HEAD~1")
    (repo.root / "b.py").write_text("x\n", encoding="utf-8")
    commit(repo.root, "Topic")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "Merged", "main")
    git(repo.root, "notes", "add", "-m", "a note")
    (repo.root / "b.py").write_text("y\n", encoding="utf-8")
    git(repo.root, "stash", "-q")
    git(repo.root, "tag", "kept")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "branch", "-q", "-D", "topic")
    assert names(repo) == ["Retries", "Topic", "change"]


def test_only_new_commits_are_read_and_one_process_reads_them_all(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, int]] = []
    real = process.stream

    def counted(top: str, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
        started.append((arguments[2], stdin.count(b"\n")))
        return real(top, *arguments, stdin=stdin)

    retried(repo)
    for number in range(7):
        commit(repo.root, f"commit {number}")
    monkeypatch.setattr(process, "stream", counted)
    monkeypatch.setattr(commit_links, "_BATCH", 3)
    assert len(names(repo)) == 8
    assert started == [("diff-tree", 8)]
    assert len(names(repo)) == 8
    commit(repo.root, "one more")
    assert len(names(repo)) == 9
    assert started == [("diff-tree", 8), ("diff-tree", 1)]


def test_an_empty_commit_is_read_once(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    commit(repo.root, "empty")
    assert "empty" in names(repo)


def test_what_was_rewritten_away_is_forgotten(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    assert names(repo) == ["Retries", "change"]
    git(repo.root, "commit", "-q", "--amend", "-m", "Retries, reworded")
    assert names(repo) == ["Retries, reworded", "change"]


def test_without_git_the_commits_stay_as_they_were(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    assert matched(repo, sha) == [("S", "same", True)]
    monkeypatch.setenv("PATH", "/nonexistent")
    assert matched(repo, sha) == [("S", "same", True)]


def test_an_object_that_is_missing_is_tried_again(repo: Project) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    blob = git(repo.root, "rev-parse", f"{sha}:src/client.py")
    path = repo.root / ".git" / "objects" / blob[:2] / blob[2:]
    kept = path.with_suffix(".kept")
    shutil.move(path, kept)
    (repo.root / "src" / "client.py").unlink()  # git would read it from there
    (repo.root / "b.py").write_text("later\n", encoding="utf-8")
    git(repo.root, "add", "b.py")
    git(repo.root, "commit", "-q", "-m", "later", "b.py")
    assert matched(repo, sha) == []
    assert names(repo) == ["change", "later"]
    shutil.move(kept, path)
    assert matched(repo, sha) == [("S", "same", True)]


def test_progress_is_told(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    told: list[tuple[int, int]] = []
    access.read(
        repo.store, lambda _: None, prepare=commit_links.catch_up(repo.store, "", lambda *done: told.append(done))
    )
    assert told == [(2, 2)]


def test_a_user_store_keeps_projects_apart(tmp_path: Path) -> None:
    store = make_store(tmp_path / "user")
    for name in ("one", "two"):
        fact = unit_line("2026-03-01T12:00:00+00:00", "", 0, {1, 2, 3, 4})
        put(store, f"{name}.md", session(name, project=name, facts=[fact], decisions=[f"**{name}:** x"]))
    made = Made("a" * 40, 2e9, "x", 0, 1 << 48, frozenset({1, 2, 3, 4}), frozenset())
    for name in ("one", "two"):
        access.read(store, lambda _: None, prepare=lambda commits, name=name: commits.change(name, (), [made]))  # type: ignore[misc]

    def asked(cache: queries.Index) -> list[object]:
        links = cache.links("one")
        return [
            [one.session for one in commit_links.sessions_of(links, made)],
            [item.text for item in links.items("decision")],
            [
                len(each)
                for each in links.holding([row.row for row in cache.sessions() if row.project == "one"]).values()
            ],
        ]

    assert access.read(store, asked) == [["one.md"], ["**one:** x"], [1]]
    gone: list[set[str]] = []
    access.read(store, lambda _: None, prepare=lambda commits: commits.change("one", [made.sha], []))
    access.read(store, lambda _: None, prepare=lambda commits: gone.append(commits.known("one") | commits.known("two")))
    assert gone == [{made.sha}]


def test_a_linked_worktree_shares_what_is_known(repo: Project, tmp_path: Path) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    git(repo.root, "worktree", "add", "-q", str(tmp_path / "wt"))
    there = Store(repo.store.path, str(tmp_path / "wt"))
    found = commit_links.read(
        there, lambda view: commit_links.sessions_of(view.links, made) if (made := view.links.commit(sha)) else []
    )
    assert [one.how for one in found] == ["same"]


@pytest.mark.parametrize("setting", [
    ("blame.ignoreRevsFile", "missing"), ("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("diff.external", "false"),
    ("core.quotePath", "true"), ("color.ui", "always"), ("diff.context", "9"), ("diff.renames", "copies"), ("log.showSignature", "true"),
    ("diff.algorithm", "histogram"), ("core.pager", "false"), ("blame.showEmail", "true"), ("diff.submodule", "log"),
])  # fmt: skip
def test_no_setting_of_the_user_changes_an_answer(repo: Project, setting: tuple[str, str]) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    git(repo.root, "config", *setting)
    assert matched(repo, sha) == [("S", "same", True)]
    (line,) = history.blame(str(repo.root), "src/client.py", 6, 6) or []
    assert line.sha == sha


def test_an_empty_commit_of_a_session_is_its_own_and_brings_no_other_that_is_empty(repo: Project) -> None:
    git(repo.root, "commit", "-q", "--allow-empty", "-m", "somebody else's")
    retried(repo)
    git(repo.root, "commit", "-q", "--allow-empty", "-m", "start the build")
    sha = git(repo.root, "rev-parse", "HEAD")
    committed(repo)
    assert [(unit.sha, unit.whole) for unit in units(repo)][1:] == [(sha, 0)]
    git(repo.root, "commit", "-q", "--allow-empty", "-m", "start it again")
    file = repo.files()[0].name
    assert names(repo) == ["change", "somebody else's", "start it again", "start the build"]
    near = commit_links.read(repo.store, lambda view: [made.sha for made in view.links.commits_of(file)])
    assert near == [sha]
    work = commit_links.read(
        repo.store, lambda view: [made.sha for made, _ in commit_links.commits_of(view.links, file)]
    )
    assert work == [sha]


def test_behind_many_broken_commits_reading_ends_and_the_next_question_tries_again(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(repo.root)
    shas = []
    for number in range(3):
        (repo.root / "a.py").write_text(f"line {number}\n" * 3, encoding="utf-8")
        shas.append(commit(repo.root, f"change {number}"))
    tree = git(repo.root, "rev-parse", f"{shas[0]}^{{tree}}")
    loose = repo.root / ".git" / "objects" / tree[:2] / tree[2:]
    kept = loose.read_bytes()
    loose.unlink()
    monkeypatch.setattr(commit_links, "_BROKEN", 1)
    assert [made.sha for batch in commit_links._batches(root, shas) for made in batch] == []
    loose.write_bytes(kept)
    assert [made.sha for batch in commit_links._batches(root, shas) for made in batch] == shas


def test_a_cache_that_is_lost_while_commits_are_read_costs_no_answer(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    really, turns = sync.synced, []

    def lost_at_last(*given: Any) -> Any:
        turns.append(given)
        return None if len(turns) == 2 else really(*given)

    monkeypatch.setattr(sync, "synced", lost_at_last)
    assert matched(repo, sha) == [("S", "same", True)]
    assert len(turns) == 2
