"""What files hold now, as git would store it."""

import os
import shutil
from pathlib import Path

import pytest

from ocm.git import blobs, parse
from tests.support.builders import Project, commit, git


def test_links_folders_and_pipes(repo: Project) -> None:
    os.symlink("a.py", repo.root / "link")
    os.mkfifo(repo.root / "pipe")
    link = parse.blob_id(b"a.py", blobs.SHA1)
    found = blobs.current(str(repo.root), dict.fromkeys(("link", "pipe", "none", ".git", "a.py/x", "a\0b"), link))
    assert found == {"link": link, "pipe": None, "none": "", ".git": None, "a.py/x": "", "a\0b": None}


def test_too_much_is_not_read(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MAX_ALL", 5)
    (repo.root / "b.py").write_bytes(b"one\n")
    found = blobs.current(str(repo.root), {"a.py": blobs.SHA1, "b.py": blobs.SHA1})
    assert found["a.py"]
    assert found["b.py"] is None


def test_where_git_cannot_say_no_file_of_a_folder_that_is_gone_was_held(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.root / "lib").mkdir()
    (repo.root / "lib" / "b.py").write_text("one\n", encoding="utf-8")
    commit(repo.root, "b")
    shutil.rmtree(repo.root / "lib")
    names = ["lib/b.py", "other/c.py", "a.py"]
    assert blobs.never_held(str(repo.root), names, 0.0) == {"other/c.py"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert blobs.never_held(str(repo.root), names, 0.0) == {"lib/b.py", "other/c.py"}
    assert blobs.never_held(str(tmp_path), names, 0.0) == set()


def test_what_is_no_file_of_a_sparse_checkout_is_not_looked_for_in_it(repo: Project) -> None:
    (repo.root / "src").mkdir()
    (repo.root / "src" / "b.py").write_text("one\n", encoding="utf-8")
    commit(repo.root)
    git(repo.root, "sparse-checkout", "set", "src")
    found, why = blobs.seen(str(repo.root), {".git/none": blobs.SHA1})
    assert (found, why) == ({".git/none": ""}, {})
