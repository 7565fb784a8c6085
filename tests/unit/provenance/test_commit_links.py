"""What a checkpoint records of the work, and how the cache keeps in step with git: new commits only, in batches."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocm.git import history, process, record, stream
from ocm.index import access, queries, sync
from ocm.index.links import Commits, Made
from ocm.markdown import fingerprint_lines, parse
from ocm.markdown.facts import Facts
from ocm.markdown.fingerprint_lines import Unit, unit_line
from ocm.provenance import commit_links
from ocm.store.paths import Store
from tests.support.builders import Project, commit, git, repository
from tests.support.session_store import make_store, put, session
from tests.support.work_world import BODY, matched, retried, wrote


def units(project: Project, session_id: str = "S") -> list[Unit]:
    """Return what a session recorded."""
    found = (parse.parse(file.read_text(encoding="utf-8")) for file in project.files())
    return next(Facts.parse(one.facts).units() for one in found if one.session_id == session_id)


def committed(project: Project, session_id: str = "S") -> None:
    """Let the assistant run git, and save."""
    fields = {"tool_name": "Bash", "tool_input": {"command": "git commit -m x"}, "tool_response": {}}
    project.hook("post-tool-use", session_id=session_id, **fields)
    project.checkpoint(session_id, work_summary=[f"saved {len(git(project.root, 'rev-list', '--all'))}"])


def names(project: Project) -> list[str]:
    """Return the subjects of the commits that the cache knows."""
    commit_links.look(project.store, lambda _: None)

    def known(commits: Commits) -> None:
        found.update(commits.known(""))

    found: set[str] = set()
    access.read(project.store, lambda _: None, prepare=known)
    return sorted(one.subject for one in history.describe(str(project.root), sorted(found)).values())


# --- what is recorded


def test_a_checkpoint_records_new_files_and_edits_once(repo: Project) -> None:
    retried(repo)
    (first,) = units(repo)
    assert first.keys
    assert not first.sha
    repo.checkpoint(work_summary=["nothing changed since"])
    assert units(repo) == [first]
    (repo.root / "a.py").write_text("one\nand a second line\n", encoding="utf-8")
    repo.edited(str(repo.root / "a.py"))
    repo.checkpoint(work_summary=["another file"])
    assert [bool(unit.keys) for unit in units(repo)] == [True, True]
    assert units(repo)[1].keys.isdisjoint(first.keys)


def test_a_commit_of_the_session_is_recorded_with_its_own_keys(repo: Project) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    committed(repo)
    assert [unit.sha for unit in units(repo)] == ["", sha]
    assert units(repo)[1].keys == units(repo)[0].keys
    committed(repo)
    assert len(units(repo)) == 2


def test_a_commit_from_before_the_session_is_not_its_own(repo: Project) -> None:
    (repo.root / "b.py").write_text("a line from before the session\n", encoding="utf-8")
    commit(repo.root, "before")
    retried(repo)
    assert [unit.sha for unit in units(repo)] == [""]


def test_a_session_that_changed_nothing_records_nothing(repo: Project) -> None:
    repo.calls(2)
    repo.checkpoint(goal="only looked around")
    assert units(repo) == []


def test_what_is_no_text_is_not_read(repo: Project) -> None:
    (repo.root / "x.bin").write_bytes(b"\0" * 99)
    (repo.root / "big.txt").write_bytes(b"a long line of text\n" * 60_000)
    (repo.root / "empty.py").write_bytes(b"")
    os.symlink("/etc/hostname", repo.root / "link")
    for name in ("x.bin", "big.txt", "empty.py", "link", "gone.py", "/etc/hostname", "x\0y"):
        repo.edited(str(repo.root / name), kind="create")
    repo.checkpoint(goal="files of all kinds")
    assert units(repo) == []


def test_odd_names_are_recorded_as_git_has_them(repo: Project) -> None:
    for name in ('quo"te.py', "uml äut.py", "tab\tin.py", "back\\slash.py"):
        wrote(repo, "S", {name: BODY})
    before = units(repo)
    sha = commit(repo.root, "odd names")
    assert len(before) == 4
    assert matched(repo, sha) == [("S", "same", True)]
    committed(repo)
    assert units(repo)[-1].keys <= frozenset().union(*(unit.keys for unit in before))


def test_a_file_committed_and_edited_again_is_recorded_as_far_as_it_is_new(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    committed(repo)
    path = repo.root / "src" / "client.py"
    path.write_text(
        BODY + "\n\ndef reopened(client):\n    client.connection = connect()\n    return client\n", encoding="utf-8"
    )
    repo.edited(str(path))
    repo.checkpoint(work_summary=["reopen"])
    last = units(repo)[-1]
    assert not last.sha
    assert last.keys
    assert last.keys.isdisjoint(units(repo)[0].keys)


def test_a_session_that_writes_a_lot_stays_within_bounds(repo: Project) -> None:
    for part in range(12):
        text = "\n".join(f"value_{part}_{n} = compute({n})" for n in range(700))
        wrote(repo, "S", {f"part{part}.py": text})
    assert max(len(unit.keys) for unit in units(repo)) == fingerprint_lines.MAX_UNIT
    assert sum(len(unit.keys) for unit in units(repo)) <= fingerprint_lines.MAX_SESSION
    sha = commit(repo.root, "all of it")
    assert matched(repo, sha)[0][0] == "S"


def test_a_checkpoint_without_git_is_stored_all_the_same(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (repo.root / "new.py").write_text(BODY, encoding="utf-8")
    repo.edited(str(repo.root / "new.py"), kind="create")
    repo.checkpoint(goal="no git")
    assert [bool(unit.keys) for unit in units(repo)] == [True]


# --- in step with git


def test_commits_are_known_since_the_first_session_that_recorded_work(repo: Project) -> None:
    environment = {**os.environ, "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    subprocess.run(["git", "commit", "-q", "--amend", "-m", "ancient"], cwd=repo.root, check=True, env=environment)
    assert names(repo) == []
    retried(repo)
    commit(repo.root, "Retries")
    assert names(repo) == ["Retries"]


def test_merges_stashes_and_notes_are_not_read(repo: Project) -> None:
    retried(repo)
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
    real = stream.stream

    def counted(place: process.Place, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
        started.append((arguments[2], stdin.count(b"\n")))
        return real(place, *arguments, stdin=stdin)

    retried(repo)
    for number in range(7):
        commit(repo.root, f"commit {number}")
    monkeypatch.setattr(stream, "stream", counted)
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
        ]

    assert access.read(store, asked) == [["one.md"], ["**one:** x"]]
    gone: list[set[str]] = []
    access.read(store, lambda _: None, prepare=lambda commits: commits.change("one", [made.sha], []))
    access.read(store, lambda _: None, prepare=lambda commits: gone.append(commits.known("one") | commits.known("two")))
    assert gone == [{made.sha}]


def test_a_linked_worktree_shares_what_is_known(repo: Project, tmp_path: Path) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    git(repo.root, "worktree", "add", "-q", str(tmp_path / "wt"))
    there = Store(repo.store.path, str(tmp_path / "wt"))
    found = commit_links.look(
        there, lambda view: commit_links.sessions_of(view.links, made) if (made := view.links.commit(sha)) else []
    )
    assert [one.how for one in found] == ["same"]


# --- git itself


def test_blame_names_follow_renames_and_the_time(repo: Project) -> None:
    sha = git(repo.root, "rev-parse", "HEAD")
    git(repo.root, "mv", "a.py", "ü b.py")
    commit(repo.root, "renamed")
    (line,) = history.blame(str(repo.root), "ü b.py", 1, 1) or []
    assert (line.sha, line.path, line.number, line.text) == (sha, b"a.py", 1, b"one")
    assert line.at == int(git(repo.root, "log", "-1", "--format=%ct", sha))


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
    assert history.names_of(root, []) is None
    assert history.describe(root, ["a" * 40]) == {}
    assert history.brought(root, "HEAD", 3) == []
    assert history.name_of(root, "a.py") == b""
    assert list(history.patches(root, ["a" * 40])) == list(history.uncommitted(root, ["a.py"])) == []
    assert history.patches_in(root, [("a" * 40, b"x")]) == {}
    assert history.is_shallow(root) is False


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    root = str(tmp_path)
    assert history.since(root, 0) == []
    assert history.blame(root, "a.py", 1, 1) is None
    assert history.log(root, ["a.py"], 3) is None
    assert history.resolve(root, "HEAD") == ""
    assert list(history.uncommitted(root, ["a.py"])) == []


def test_endless_lines_are_cut(repo: Project) -> None:
    (repo.root / "min.js").write_bytes(b"x" * 300_000 + b"\nlast line of it\n")
    sha = commit(repo.root, "minified")
    lines = list(history.patches(str(repo.root), [sha]))
    assert max(map(len, lines)) <= 65_536
    assert b"+last line of it\n" in lines


def test_a_stream_that_nobody_reads_to_its_end_leaves_no_process(repo: Project) -> None:
    (repo.root / "big.txt").write_bytes(b"a line of a long file\n" * 100_000)
    sha = commit(repo.root, "big")
    streamed = stream.stream(process.Place(str(repo.root), ""), "show", sha)
    assert next(iter(streamed)).startswith(b"commit ")
    streamed.close()  # type: ignore[attr-defined]
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert not [line for line in done.stdout.splitlines() if line.startswith("git") and sha in line]


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for git")
def test_a_git_that_goes_on_when_nobody_reads_is_ended(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = tmp_path / "alive"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ntrap '' PIPE\necho $$ > '{alive}'\necho commit\nexec sleep 600\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(fake.parent), os.environ["PATH"]]))
    streamed = stream.stream(process.Place(str(repo.root), ""), "show", "HEAD")
    assert next(iter(streamed)) == b"commit\n"
    streamed.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(int(alive.read_text()), 0)


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


def test_of_a_session_that_has_recorded_all_it_may_only_the_commits_are_named(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint_lines, "MAX_SESSION", 0)
    retried(repo)
    assert units(repo) == []
    sha = commit(repo.root, "Retries")
    committed(repo)
    assert [(unit.sha, unit.keys) for unit in units(repo)] == [(sha, frozenset())]
    assert matched(repo, sha) == [("S", "recorded", True)]


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
    near = commit_links.look(repo.store, lambda view: [made.sha for made in view.links.commits_of(file)])
    assert near == [sha]
    work = commit_links.look(
        repo.store, lambda view: [made.sha for made, _ in commit_links.commits_of(view.links, file)]
    )
    assert work == [sha]


def test_a_new_file_that_cannot_be_read_is_left_out(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> int:
        raise PermissionError(13, "Permission denied", path)

    (repo.root / "b.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    assert list(record._added(str(repo.root), "b.py", set()))
    monkeypatch.setattr(os.path, "getsize", refused)
    assert list(record._added(str(repo.root), "b.py", set())) == []


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
