"""What a session changed, asked of real repositories in temporary folders."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocm.base.model import FileChange
from ocm.git import changes, process, worktree
from ocm.git.worktree import WorkTree
from tests.support.work_repo import POSIX, WorkRepo, clone, three_files, with_feature

pytestmark = pytest.mark.usefixtures("git_settings")


@pytest.fixture
def repo(tmp_path: Path) -> WorkRepo:
    return three_files(tmp_path / "proj")


def test_nothing_changed(repo: WorkRepo) -> None:
    found = repo.start().changes()
    assert (found.files, found.summary, found.undone) == ([], "", set())


def test_created_modified_deleted(repo: WorkRepo) -> None:
    repo.start()
    repo.write("new/deep/d.py", "1\n2\n3\n")
    repo.write("a.py", "a\n" * 19 + "z\n")
    (repo.path / "src/b.py").unlink()
    assert repo.seen() == {"new/deep/d.py": "created", "a.py": "modified", "src/b.py": "deleted"}
    assert repo.changes().summary == "3 files changed, 4 insertions(+), 21 deletions(-)"


def test_files_are_values_of_the_model_in_order(repo: WorkRepo) -> None:
    repo.start()
    repo.write("z.py")
    repo.write("a.py", "other\n")
    assert repo.changes().files == [FileChange("a.py", "modified"), FileChange("z.py", "created")]


def test_created_and_gone_again_is_nothing(repo: WorkRepo) -> None:
    repo.start()
    repo.write("scratch.py").unlink()
    repo.write("staged.py")
    repo.git("add", "staged.py")
    (repo.path / "staged.py").unlink()
    repo.git("add", "-A")
    assert repo.seen() == {}


def test_staged_then_removed_from_disk_only_is_nothing(repo: WorkRepo) -> None:
    repo.start()
    repo.write("staged.py")
    repo.git("add", "staged.py")
    (repo.path / "staged.py").unlink()
    assert repo.seen() == {}


def test_rename_by_git(repo: WorkRepo) -> None:
    repo.start()
    repo.git("mv", "src/b.py", "src/ren amed.py")
    assert repo.seen() == {"src/ren amed.py": "src/b.py →"}
    assert repo.changes().summary == "1 file changed, 0 insertions(+), 0 deletions(-)"


def test_rename_with_a_change(repo: WorkRepo) -> None:
    repo.start()
    repo.git("mv", "src/b.py", "lib.py")
    repo.write("lib.py", "b\n" * 20 + "more\n")
    repo.git("add", "-A")
    assert repo.seen() == {"lib.py": "src/b.py →"}
    assert repo.changes().summary == "1 file changed, 1 insertion(+)"


def test_rename_by_the_shell(repo: WorkRepo) -> None:
    repo.start()
    shutil.move(repo.path / "src/b.py", repo.path / "moved.py")
    assert repo.seen() == {"moved.py": "src/b.py →"}


def test_two_equal_files_moved_by_the_shell(repo: WorkRepo) -> None:
    repo.write("same1.py", "same\n")
    repo.write("same2.py", "same\n")
    repo.write("empty.py", "")
    repo.commit()
    repo.start()
    (repo.path / "same1.py").rename(repo.path / "x1.py")
    (repo.path / "same2.py").rename(repo.path / "x2.py")
    (repo.path / "empty.py").rename(repo.path / "x3.py")
    seen = repo.seen()
    assert sorted(seen) == ["empty.py", "x1.py", "x2.py", "x3.py"]
    assert {seen["x1.py"], seen["x2.py"]} == {"same1.py →", "same2.py →"}
    assert (seen["empty.py"], seen["x3.py"]) == ("deleted", "created")


@pytest.mark.skipif(not POSIX, reason="needs a file mode")
def test_mode_change_counts_and_touch_does_not(repo: WorkRepo) -> None:
    repo.start()
    (repo.path / "a.py").chmod(0o755)
    os.utime(repo.path / "src/b.py")
    (repo.path / "src/c.py").write_text("c\n" * 20)
    assert repo.seen() == {"a.py": "modified"}


def test_binary_and_empty_files(repo: WorkRepo) -> None:
    (repo.path / "pic.bin").write_bytes(b"\0\1\2" * 100)
    repo.commit()
    repo.start()
    (repo.path / "pic.bin").write_bytes(b"\0\1\3" * 100)
    (repo.path / "new.bin").write_bytes(b"\0\n\n\n")
    repo.write("empty.txt", "")
    repo.write("no-newline.txt", "1\n2")
    assert repo.seen() == dict.fromkeys(("new.bin", "empty.txt", "no-newline.txt"), "created") | {"pic.bin": "modified"}
    assert repo.changes().summary == "4 files changed, 2 insertions(+)"


@pytest.mark.skipif(not POSIX, reason="needs symlinks")
def test_symlinks_and_type_changes(repo: WorkRepo) -> None:
    repo.start()
    (repo.path / "link").symlink_to("a.py")
    (repo.path / "src/b.py").unlink()
    (repo.path / "src/b.py").symlink_to("c.py")
    assert repo.seen() == {"link": "created", "src/b.py": "modified"}


@pytest.mark.skipif(not POSIX, reason="needs a named pipe")
def test_a_named_pipe_does_not_block(repo: WorkRepo) -> None:
    repo.start()
    os.mkfifo(repo.path / "pipe")
    repo.write("x.py")
    assert repo.seen() == {"x.py": "created"}
    (repo.path / "a.py").unlink()
    os.mkfifo(repo.path / "a.py")
    assert changes.since_start(repo.root, repo.sha, repo.since) is None, "git refuses to compare it"


def test_ignored_files_do_not_count(repo: WorkRepo) -> None:
    repo.write(".gitignore", "build/\n")
    repo.commit()
    repo.start()
    repo.write("build/x.o")
    assert repo.seen() == {}


def test_untracked_but_kept_file(repo: WorkRepo) -> None:
    repo.start()
    repo.git("rm", "-q", "--cached", "a.py", "src/b.py")
    repo.write("src/b.py", "changed\n")
    assert repo.seen() == {"src/b.py": "modified"}


def test_the_store_itself_does_not_count(repo: WorkRepo) -> None:
    repo.start()
    repo.write(".openCodeMemory/sessions/x.md")
    repo.write("sub/.openCodeMemory/sessions/x.md")
    assert repo.seen() == {}


def test_file_replaced_by_a_folder(repo: WorkRepo) -> None:
    repo.start()
    (repo.path / "a.py").unlink()
    repo.write("a.py/inner.py")
    assert repo.seen() == {"a.py": "deleted", "a.py/inner.py": "created"}


def test_long_new_files_are_listed_without_their_lines(repo: WorkRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_MAX_READ", 100)
    repo.start()
    repo.write("long.txt", "x\n" * 51)
    repo.write("short.txt", "x\n" * 50)
    assert repo.changes().summary == "2 files changed, 50 insertions(+)"


def test_many_files_are_capped_and_the_summary_says_so(repo: WorkRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MAX_FILES", 3)
    repo.start()
    for number in range(5):
        repo.write(f"n{number}.py", "x\n")
    found = repo.changes()
    assert [file.path for file in found.files] == ["n0.py", "n1.py", "n2.py"]
    assert found.summary == "5 files changed, 3 insertions(+), the first 3 are listed"


def test_output_without_end_is_cut(repo: WorkRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.start()
    for number in range(50):
        repo.write(f"n{number:02}.py", "x\n")
    monkeypatch.setattr(process, "MAX_OUTPUT", 100)
    found = repo.changes(touched={"a.py"})
    assert 0 < len(found.files) < 50
    assert found.undone == set(), "what was not looked at must not be taken for unchanged"


ODD = [
    "with space.py",
    "ünï/日本語.py",
    "new\nline.py",
    "tab\there.py",
    'quo"te.py',
    "back\\slash.py",
    "-dash.py",
    ":(top)x",
    "*.py",
]


@pytest.mark.skipif(not POSIX, reason="Windows has no such names")
def test_odd_names(repo: WorkRepo) -> None:
    for name in ODD:
        repo.write("old/" + name, name * 9 + "\n")
    repo.commit()
    repo.start()
    for name in ODD:
        repo.write(name)
        repo.write("old/" + name, "changed\n")
    assert repo.seen() == dict.fromkeys(ODD, "created") | {f"old/{name}": "modified" for name in ODD}
    assert worktree.files_at(repo.root, repo.sha, [*ODD, *(f"old/{name}" for name in ODD)]) == {
        f"old/{name}" for name in ODD
    }
    for name in ODD:
        repo.git("--literal-pathspecs", "rm", "-qf", "--", "old/" + name)
    assert worktree.deleted_now(repo.root) == sorted(f"old/{name}" for name in ODD)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text(repo: WorkRepo) -> None:
    repo.start()
    with open(os.path.join(os.fsencode(repo.root), b"n\xff\xfe.py"), "wb") as file:
        file.write(b"x\n")
    found = repo.changes()
    assert [file.path for file in found.files] == ["n\\xff\\xfe.py"]
    assert found.files[0].path.encode() == b"n\\xff\\xfe.py"
    for spelling in ("n\\xff\\xfe.py", "n\udcff\udcfe.py"):
        assert repo.seen(others={spelling}) == {}
        assert repo.changes(touched={spelling}).undone == set()
    repo.git("add", "-A")
    assert repo.seen() == {"n\\xff\\xfe.py": "created"}


def test_half_characters_in_recorded_paths(repo: WorkRepo) -> None:
    repo.start()
    assert repo.changes(touched={"x\ud800.py", "\udcff"}).undone == {"x\ud800.py", "\udcff"}
    assert worktree.files_at(repo.root, repo.sha, ["x\ud800.py", "a.py"]) == {"a.py"}


def test_dirt_from_before(repo: WorkRepo) -> None:
    repo.write("a.py", "dirty\n")
    repo.write("untracked.py")
    (repo.path / "src/b.py").unlink()
    repo.write("staged.py")
    repo.git("add", "staged.py")
    repo.start()
    repo.write("src/c.py", "mine\n")
    assert repo.deleted == ["src/b.py"]
    assert repo.seen() == {"src/c.py": "modified"}


def test_staged_rename_from_before(repo: WorkRepo) -> None:
    repo.git("mv", "a.py", "renamed.py")
    repo.start()
    assert repo.deleted == ["a.py"]
    assert repo.seen() == {}


def test_dirt_that_the_session_went_on_with(repo: WorkRepo) -> None:
    repo.write("a.py", "dirty\n")
    repo.write("untracked.py")
    repo.start()
    repo.write("a.py", "dirtier\n")
    assert repo.seen() == {"a.py": "modified"}
    assert repo.seen(touched={"untracked.py"}) == {"a.py": "modified", "untracked.py": "created"}


def test_old_deletion_that_looks_like_the_source_of_a_new_file(repo: WorkRepo) -> None:
    (repo.path / "a.py").unlink()
    repo.start()
    repo.write("copy.py", "a\n" * 20)
    assert repo.seen() == {"copy.py": "created"}
    repo.git("add", "-A")
    assert repo.seen() == {"copy.py": "created"}


def test_deletions_where_nothing_is_known_of_before(repo: WorkRepo) -> None:
    (repo.path / "src/b.py").unlink()
    repo.start()
    assert repo.seen(forget_deleted=True) == {}
    (repo.path / "a.py").unlink()
    assert repo.seen(forget_deleted=True) == {"a.py": "deleted"}
    shutil.rmtree(repo.path / "src")
    assert set(repo.seen(forget_deleted=True)) == {"a.py", "src/b.py", "src/c.py"}, "the folder cannot tell them apart"


def test_whole_second_file_times(repo: WorkRepo) -> None:
    repo.start()
    path = repo.write("fat.py")
    repo.since = float(int(time.time())) + 0.9
    os.utime(path, (repo.since // 1, repo.since // 1))
    session = changes._Session(WorkTree(repo.root, ""), "", repo.since + 1000)
    assert not session._is_recent(os.fsencode(path))
    assert not session._is_recent(b"/nowhere/at/all")


def test_what_another_session_edited(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "theirs\n")
    repo.write("new.py")
    repo.write("mine.py")
    (repo.path / "src/b.py").unlink()
    theirs = {"a.py", "new.py", str(repo.path / "src/b.py")}
    assert repo.seen(others=theirs) == {"mine.py": "created"}
    assert repo.seen(others=theirs, touched={"a.py"}) == {"a.py": "modified", "mine.py": "created"}


def test_commit_inside_the_session(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "mine\n")
    repo.write("d.py")
    repo.git("rm", "-q", "src/b.py")
    repo.git("mv", "src/c.py", "e.py")
    repo.commit()
    assert repo.seen() == {"a.py": "modified", "d.py": "created", "src/b.py": "deleted", "e.py": "src/c.py →"}
    repo.write("later.py")
    assert repo.seen()["later.py"] == "created"


def test_commit_of_older_dirt(repo: WorkRepo) -> None:
    repo.write("a.py", "dirty\n")
    repo.write("untracked.py")
    (repo.path / "src/b.py").unlink()
    repo.start()
    repo.write("mine.py")
    repo.commit()
    assert repo.seen() == {"mine.py": "created"}


def test_amended_commit(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "first\n")
    repo.commit()
    repo.write("src/b.py", "second\n")
    repo.git("commit", "-qa", "--amend", "-m", "both")
    assert repo.seen() == {"a.py": "modified", "src/b.py": "modified"}


def test_branch_switch(repo: WorkRepo) -> None:
    with_feature(repo)
    repo.start()
    repo.git("checkout", "-q", "feature")
    assert repo.seen() == {}
    repo.write("src/c.py", "mine\n")
    repo.write("a.py", "mine too\n")
    assert repo.seen() == {"src/c.py": "modified", "a.py": "modified"}
    repo.commit()
    assert repo.seen() == {"src/c.py": "modified", "a.py": "modified"}


def test_branch_switch_there_and_back(repo: WorkRepo) -> None:
    with_feature(repo)
    repo.start()
    repo.git("checkout", "-q", "feature")
    repo.git("checkout", "-q", "main")
    assert repo.seen() == {}


def test_detached_head(repo: WorkRepo) -> None:
    sha = with_feature(repo)
    repo.git("checkout", "-q", sha)
    repo.start()
    repo.write("a.py", "mine\n")
    repo.commit()
    repo.write("x.py")
    assert repo.seen() == {"a.py": "modified", "x.py": "created"}
    repo.git("checkout", "-q", "main")
    assert repo.seen() == {"a.py": "modified", "x.py": "created"}, "it committed a.py, which differs still"


@pytest.mark.parametrize("how", ["ff", "merge", "rebase"])
def test_pull_of_what_others_did(repo: WorkRepo, tmp_path: Path, how: str) -> None:
    other = clone(repo, tmp_path / "other")
    mine = clone(repo, tmp_path / "mine")
    other.write("a.py", "theirs\n")
    other.write("theirs.py")
    if how != "ff":
        mine.write("older.py")
        mine.commit("older")
    mine.start()
    other.commit("theirs")
    other.git("push", "-q", "origin", "HEAD:refs/heads/shared")
    mine.git("pull", "-q", *(["--rebase"] if how == "rebase" else []), "origin", "shared")
    assert mine.seen() == {}
    mine.write("src/c.py", "mine\n")
    mine.commit()
    assert mine.seen() == {"src/c.py": "modified"}


def test_merge_brings_nothing_but_its_resolution(repo: WorkRepo) -> None:
    with_feature(repo)
    repo.start()
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    assert repo.seen() == {}
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.write("a.py", "mine\n")
    repo.commit()
    subprocess.run(["git", "merge", "-q", "feature"], cwd=repo.path, check=False, capture_output=True)
    assert repo.seen() == {"a.py": "modified"}, "in the middle of a conflict"
    repo.write("a.py", "both\n")
    repo.git("commit", "-qam", "merged")
    assert repo.seen() == {"a.py": "modified"}


def test_fast_forward_merge(repo: WorkRepo) -> None:
    with_feature(repo)
    repo.start()
    repo.git("merge", "-q", "--ff-only", "feature")
    assert repo.seen() == {}


def test_cherry_pick_and_revert(repo: WorkRepo) -> None:
    sha = with_feature(repo)
    repo.write("other.py", "other\n")
    repo.commit("moves main")
    repo.start()
    repo.git("cherry-pick", sha)
    assert repo.seen() == {"a.py": "modified", "feature.py": "created", "src/b.py": "deleted"}
    repo.git("revert", "--no-edit", "HEAD~1")
    assert repo.seen()["other.py"] == "deleted"


def test_rebase_of_own_work(repo: WorkRepo) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("checkout", "-q", "main")
    repo.write("upstream.py")
    repo.commit("upstream")
    repo.git("checkout", "-q", "topic")
    repo.start()
    repo.write("mine.py")
    repo.commit("mine")
    repo.git("rebase", "-q", "main")
    assert repo.seen() == {"mine.py": "created"}


def test_apply_of_a_mailed_patch(repo: WorkRepo, tmp_path: Path) -> None:
    with_feature(repo)
    patch = repo.git("format-patch", "--stdout", "main..feature")
    (tmp_path / "x.patch").write_text(patch + "\n")
    repo.start()
    repo.git("am", "-q", str(tmp_path / "x.patch"))
    assert repo.seen() == {"a.py": "modified", "feature.py": "created", "src/b.py": "deleted"}


def test_reset_to_another_commit(repo: WorkRepo) -> None:
    sha = with_feature(repo)
    repo.start()
    repo.git("reset", "-q", "--hard", sha)
    assert repo.seen() == {}


def test_without_a_reflog_young_commits_count(repo: WorkRepo) -> None:
    repo.git("config", "core.logAllRefUpdates", "false")
    sha = with_feature(repo)
    shutil.rmtree(repo.path / ".git" / "logs")
    time.sleep(1.0)
    repo.start()
    time.sleep(1.0 - time.time() % 1.0)
    repo.write("mine.py")
    repo.commit()
    assert repo.seen() == {"mine.py": "created"}
    repo.git("reset", "-q", "--hard", sha)
    assert repo.seen() == {}


def test_no_commits_at_the_start(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "empty")
    repo.write("before.py")
    repo.start()
    assert repo.sha == ""
    assert repo.deleted == []
    repo.write("mine.py")
    assert repo.seen() == {"mine.py": "created"}
    repo.git("add", "-A")
    assert repo.seen() == {"mine.py": "created"}
    repo.commit("first")
    repo.write("second.py")
    repo.commit("second")
    repo.write("third.py")
    assert repo.seen() == {f"{name}.py": "created" for name in ("mine", "second", "third")}
    assert repo.changes(touched={"mine.py", "never.py"}).undone == {"never.py"}


def test_orphan_branch(repo: WorkRepo) -> None:
    repo.start()
    repo.git("checkout", "-q", "--orphan", "pages")
    repo.write("index.html")
    assert repo.seen() == {"index.html": "created"}


def test_sha256_repository(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "long", init=("--object-format=sha256",))
    repo.start()
    repo.write("first.py", "first\n")
    repo.commit()
    assert repo.seen() == {"first.py": "created"}
    repo.start()
    assert len(repo.sha) == 64
    (repo.path / "first.py").rename(repo.path / "moved.py")
    assert repo.seen() == {"moved.py": "first.py →"}
    assert worktree.files_at(repo.root, repo.sha, ["first.py", "moved.py"]) == {"first.py"}


def test_sha256_repository_without_commits(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "long", init=("--object-format=sha256",)).start()
    repo.write("first.py", "first\n")
    assert repo.seen() == {"first.py": "created"}


def test_reset_hard_undoes(repo: WorkRepo) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.commit()
    repo.start()
    repo.write("a.py", "mine\n")
    repo.write("new.py")
    repo.write("x.log")
    repo.git("rm", "-q", "src/b.py")
    repo.git("add", "-A")
    touched = {"a.py", "new.py", "src/b.py", "x.log", "gone.log", "/elsewhere/x.py", "../outside.py", ""}
    assert repo.changes(touched=touched).undone == {"gone.log"}
    repo.git("reset", "-q", "--hard")
    found = repo.changes(touched=touched)
    assert found.files == []
    assert found.undone == {"a.py", "new.py", "src/b.py", "gone.log"}


def test_checkout_of_a_file_and_clean_undo(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "mine\n")
    repo.write("src/c.py", "mine\n")
    repo.write("new.py")
    repo.git("checkout", "-q", "--", "a.py")
    repo.git("clean", "-qf")
    found = repo.changes(touched={"a.py", str(repo.path / "src/c.py"), "new.py", str(repo.path / "new.py")})
    assert found.undone == {"a.py", "new.py", str(repo.path / "new.py")}
    assert found.files == [FileChange("src/c.py", "modified")]


def test_reset_of_a_commit_undoes(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "mine\n")
    repo.commit()
    assert repo.changes(touched={"a.py"}).undone == set()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert repo.changes(touched={"a.py"}).undone == {"a.py"}


def test_work_kept_on_another_branch_is_not_undone(repo: WorkRepo) -> None:
    repo.start()
    repo.git("checkout", "-q", "-b", "topic")
    repo.write("a.py", "mine\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("src/b.py", "mine\n")
    repo.git("checkout", "-q", "--", "src/b.py")
    found = repo.changes(touched={"a.py", "src/b.py"})
    assert (found.files, found.undone) == ([], {"src/b.py"})
    repo.git("branch", "-q", "-D", "topic")
    assert repo.changes(touched={"a.py"}).undone == {"a.py"}


def test_stash_and_pop(repo: WorkRepo) -> None:
    repo.start()
    repo.write("a.py", "mine\n")
    repo.git("stash", "-q")
    assert repo.changes(touched={"a.py"}).undone == {"a.py"}
    assert repo.seen() == {}
    repo.git("stash", "pop", "-q")
    assert repo.seen() == {"a.py": "modified"}
    assert repo.changes(touched={"a.py"}).undone == set()


def test_undone_rename(repo: WorkRepo) -> None:
    repo.start()
    repo.git("mv", "a.py", "b.py")
    assert repo.changes(touched={"a.py", "b.py"}).undone == set()
    repo.git("mv", "b.py", "a.py")
    assert repo.changes(touched={"a.py", "b.py"}).undone == {"a.py", "b.py"}


def test_root_below_the_top(repo: WorkRepo) -> None:
    repo.start()
    repo.write("src/c.py", "mine\n")
    repo.write("src/deep/x.py")
    repo.write("srcx/y.py")
    (repo.path / "a.py").unlink()
    root = str(repo.path / "src")
    assert repo.seen(root=root) == {
        "c.py": "modified",
        "deep/x.py": "created",
        "../srcx/y.py": "created",
        "../a.py": "deleted",
    }
    assert repo.seen(root=root, others={"../a.py", "c.py", str(repo.path / "srcx/y.py")}) == {"deep/x.py": "created"}
    assert worktree.deleted_now(root) == ["../a.py"]
    assert worktree.files_at(root, repo.sha, ["b.py", "a.py", "../a.py", "../src/c.py"]) == {
        "b.py",
        "../a.py",
        "../src/c.py",
    }
    assert repo.changes(root=root, touched={"b.py", "../b.py"}).undone == {"b.py", "../b.py"}


def test_root_in_a_new_folder_and_through_a_link(repo: WorkRepo, tmp_path: Path) -> None:
    repo.start()
    repo.write("new/x.py")
    assert repo.seen(root=str(repo.path / "new")) == {"x.py": "created"}
    if POSIX:
        (tmp_path / "link").symlink_to(repo.path / "src")
        repo.write("src/c.py", "mine\n")
        link = str(tmp_path / "link")
        assert repo.seen(root=link) == {"c.py": "modified", "../new/x.py": "created"}
        assert repo.seen(root=link, others={f"{link}/c.py"}) == {"../new/x.py": "created"}


def test_folder_names_with_variables(tmp_path: Path) -> None:
    repo = WorkRepo(tmp_path / "$HOME ~x")
    repo.write("a.py")
    repo.commit()
    repo.start()
    repo.write("b.py")
    assert repo.seen() == {"b.py": "created"}
    assert worktree.project_name(repo.root) == "$HOME ~x"


def test_linked_worktree(repo: WorkRepo, tmp_path: Path) -> None:
    with_feature(repo)
    repo.git("worktree", "add", "-q", str(tmp_path / "wt"), "feature")
    linked = WorkRepo(tmp_path / "wt", init=None).start()
    repo.write("a.py", "main's own\n")
    repo.commit("in the other worktree")
    linked.write("x.py")
    linked.commit()
    linked.write("y.py")
    (linked.path / "a.py").unlink()
    assert linked.seen() == {"x.py": "created", "y.py": "created", "a.py": "deleted"}
    assert worktree.deleted_now(linked.root) == ["a.py"]
    assert worktree.project_name(linked.root) == "proj"


def test_submodule(repo: WorkRepo, tmp_path: Path) -> None:
    library = WorkRepo(tmp_path / "lib.git")
    library.write("lib.py")
    library.commit()
    repo.git("submodule", "--quiet", "add", library.root, "vendor/lib")
    repo.commit()
    repo.start()
    inner = WorkRepo(repo.path / "vendor/lib", init=None).start()
    inner.write("lib.py", "mine\n")
    assert repo.seen() == {}
    assert inner.seen() == {"lib.py": "modified"}
    inner.commit()
    assert repo.seen() == {"vendor/lib": "modified"}
    assert inner.seen() == {"lib.py": "modified"}
    assert worktree.project_name(inner.root) == "lib"
    repo.commit()
    assert repo.seen() == {"vendor/lib": "modified"}
    assert repo.changes(touched={"vendor/lib/lib.py"}).undone == set()
    assert worktree.files_at(repo.root, repo.sha, ["vendor/lib", "vendor"]) == {"vendor/lib"}


def test_nested_repository_is_its_own_business(repo: WorkRepo) -> None:
    repo.start()
    inner = WorkRepo(repo.path / "inner")
    inner.write("x.py")
    inner.commit()
    assert repo.seen() == {}
    assert repo.changes(touched={"inner/x.py"}).undone == set()


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    root = str(tmp_path / "plain")
    assert changes.since_start(root, "", 0.0) is None
    assert worktree.deleted_now(root) is None
    assert worktree.files_at(root, "a" * 40, ["x"]) == {"x"}
    assert worktree.project_name(root) == "plain"
    assert changes.since_start(str(tmp_path / "missing"), "", 0.0) is None


def test_bare_repository(tmp_path: Path) -> None:
    bare = WorkRepo(tmp_path / "bare.git", init=("--bare",))
    assert changes.since_start(bare.root, "", 0.0) is None
    assert worktree.deleted_now(bare.root) is None
    assert worktree.project_name(bare.root) == "bare.git"


def test_worktree_of_a_bare_repository(repo: WorkRepo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", repo.root, str(tmp_path / "shared.git"))
    bare = WorkRepo(tmp_path / "shared.git", init=None)
    bare.git("remote", "remove", "origin")
    bare.git("worktree", "add", "-q", str(tmp_path / "wt"), "main")
    linked = WorkRepo(tmp_path / "wt", init=None).start()
    linked.write("x.py")
    assert linked.seen() == {"x.py": "created"}
    assert worktree.project_name(linked.root) == "shared"


def test_broken_repository_inside_another(repo: WorkRepo) -> None:
    (repo.path / "sub" / ".git").mkdir(parents=True)
    root = str(repo.path / "sub")
    assert changes.since_start(root, "", 0.0) is None
    assert worktree.files_at(root, "a" * 40, ["a.py"]) == {"a.py"}


@pytest.mark.parametrize("sha", ["f" * 40, "--output=x", "HEAD", "main", "A" * 40, "abc", "a" * 65])
def test_unknown_start(repo: WorkRepo, sha: str) -> None:
    assert changes.since_start(repo.root, sha, 0.0) is None
    assert worktree.files_at(repo.root, sha, ["a.py"]) == {"a.py"}
    assert not (repo.path / "x").exists()


def test_settings_of_the_user_change_nothing(repo: WorkRepo, tmp_path: Path) -> None:
    for name, value in {
        "diff.external": "false",
        "diff.noprefix": "true",
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.ignoreSubmodules": "all",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
        "core.quotePath": "true",
        "core.pager": "false",
        "log.showSignature": "true",
        "status.showUntrackedFiles": "no",
        "core.fsmonitor": str(tmp_path / "must-not-run"),
        "diff.upper.textconv": "false",
    }.items():
        repo.git("config", "--global", name, value)
    repo.write(".gitattributes", "*.py diff=upper\n")
    repo.git("-c", "core.fsmonitor=false", "add", "-A")
    repo.git("-c", "core.fsmonitor=false", "commit", "-qm", "x")
    repo.start()
    repo.write("a.py", "mine\n")
    repo.write("copy.py", "b\n" * 20)
    repo.git("-c", "core.fsmonitor=false", "mv", "src/c.py", "src/ü.py")
    seen = {"a.py": "modified", "copy.py": "created", "src/ü.py": "src/c.py →"}
    assert repo.seen(root=str(repo.path)) == seen
    repo.git("-c", "core.fsmonitor=false", "add", "-A")
    repo.git("-c", "core.fsmonitor=false", "commit", "-qm", "y")
    assert repo.seen() == seen


def count_processes(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]) -> list[str]:
    started: list[str] = []
    real = process._started

    def counted(top: str, arguments: tuple[str, ...], stdin: bytes) -> Any:
        started.append(arguments[0])
        return real(top, arguments, stdin)

    with monkeypatch.context() as patch:
        patch.setattr(process, "_started", counted)
        ask()
    return started


def test_few_processes(repo: WorkRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.start()
    for number in range(30):
        repo.write(f"n{number}.py")
    assert count_processes(monkeypatch, repo.changes) == ["diff", "ls-files"]
    assert count_processes(
        monkeypatch, lambda: worktree.files_at(repo.root, repo.sha, [f"n{n}.py" for n in range(99)])
    ) == ["ls-tree"]
    repo.commit()
    assert count_processes(monkeypatch, repo.changes) == ["diff", "ls-files", "diff", "diff-tree"]


def test_a_file_that_cannot_be_read() -> None:
    assert changes._content(b"/nowhere/at/all") is None
