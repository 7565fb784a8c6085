"""Whether the code shows that a task is done."""

import time

import pytest

from ocm.git.head import Head
from ocm.index.standing import OPEN, PROBLEM, Item
from ocm.markdown import item_labels, task_words
from ocm.recall import shown_done
from tests.support.builders import Project, commit


def task(text: str, at: float = 1.0, kind: str = OPEN) -> Item:
    shown = item_labels.shown_by(text)
    signs = "\t".join((str(int(shown.adds)), shown.path, shown.symbol)) if shown else ""
    return Item(1, kind, 0, at, text, task_words.ended_by(text), signs)


def is_open(repo: Project, item: Item) -> bool:
    return shown_done.without(str(repo.root), Head(str(repo.root), 0.0, []), [item]) == [item]


def change(repo: Project, name: str, text: str | None, message: str = "Small changes") -> None:
    path = repo.root / name
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    commit(repo.root, message)


def test_a_name_that_came_into_a_file_shows_it(repo: Project) -> None:
    wanted = task("Add the function `tune` to `a.py`")
    assert is_open(repo, wanted)
    change(repo, "a.py", "def tuned(): untune()\n")
    assert is_open(repo, wanted), "a part of a name is another"
    change(repo, "a.py", "def tuned(): pass\ndef tune(): pass\n")
    assert not is_open(repo, wanted)
    assert is_open(repo, task("Add the function `tune` to `a.py`", at=4_000_000_000.0))
    assert is_open(repo, task("Add the function `tune` to `b.py`"))
    assert is_open(repo, task("Add the function `tune` to `a.py`", kind=PROBLEM))


def test_what_was_there_before_shows_nothing(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = task("Add `one` to `a.py`")
    (repo.root / "c.py").write_text("one\n", encoding="utf-8")
    commit(repo.root, "x")
    item = task("Remove `one` from `c.py`")
    change(repo, "c.py", "two\n")
    head = Head(str(repo.root), 0.0, [])
    later = [one for one in head.commits if one.subject == "Small changes"]
    assert shown_done._is_shown(str(repo.root), head, item, later)
    assert not shown_done._is_shown(str(repo.root), head, task("Remove `three` from `c.py`"), later)
    monkeypatch.setattr(Head, "content", lambda *_: None)
    assert not shown_done._is_shown(str(repo.root), head, item, later), "where git cannot say, nothing is shown"
    assert not shown_done._is_shown(str(repo.root), head, wanted, later)


def test_a_file_that_came_or_went_shows_it(repo: Project) -> None:
    coming, going = task("Write limits.md"), task("Delete `limits.md`")
    assert is_open(repo, coming)
    change(repo, "limits.md", "x\n")
    assert not is_open(repo, coming)
    assert is_open(repo, going)
    change(repo, "limits.md", None)
    assert is_open(repo, coming)
    assert not is_open(repo, going)
    assert is_open(repo, task("Add `x` to limits.md"))


def test_a_file_that_cannot_be_read_shows_nothing(repo: Project) -> None:
    change(repo, "b.py", "def tune(): pass\n")
    (repo.root / "b.py").unlink()
    assert is_open(repo, task("Add `tune` to `b.py`"))


def test_a_commit_of_that_name_shows_it(repo: Project) -> None:
    wanted = task("Write the tests of the proxy")
    commit(repo.root, "Tests of the proxy (#3)")
    assert is_open(repo, wanted)
    commit(repo.root, "Wrote the tests of the proxy (#4)")
    assert not is_open(repo, wanted)


def test_a_name_is_gone_with_the_file_that_held_it(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = task("Remove `one` from `a.py`", at=time.time() + 3600)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-01T00:00:00Z")
    commit(repo.root, "Nothing yet")
    assert is_open(repo, wanted)
    assert is_open(repo, task("Add `two` to `a.py`", at=wanted.at))
    change(repo, "a.py", None)
    assert not is_open(repo, wanted)
    assert is_open(repo, task("Add `two` to `a.py`", at=wanted.at))
