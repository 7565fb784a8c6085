"""What files hold now, as git would store it."""

import os

import pytest

from ocm.git import blobs, parse
from tests.support.builders import Project


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
