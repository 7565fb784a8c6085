"""Other conversations: unsaved work, and work that goes on."""

import os
import time
from pathlib import Path

from ocm.recall import neighbours
from ocm.store import journal
from tests.support.builders import Project


def begun(repo: Project, session_id: str, prompt: str = "Go on") -> None:
    repo.hook("session-start", source="startup", session_id=session_id)
    repo.hook("user-prompt", prompt=prompt, session_id=session_id)


def test_unsaved_edits_are_told_by_their_paths_in_the_work_tree(repo: Project) -> None:
    begun(repo, "K")
    repo.edited(str(repo.root / "sub" / "a.py"), "K")
    repo.edited("/elsewhere/b.py", "K")
    repo.edited(str(repo.root / "sub" / "a.py"), "K")
    (found,) = neighbours.find(repo.store)
    assert (found.session_id, found.tool, found.branch, found.asked) == ("K", "claude-code", "main", "Go on")
    assert found.edited == ["sub/a.py", "/elsewhere/b.py"]
    assert found.last > time.time() - 60
    assert neighbours.find(repo.store, besides="K") == []
    assert found.said == ""
    path = Path(journal.active_path(repo.store.path, "K"))
    path.write_bytes(path.read_bytes() + b'{"e":"stop","words":"I chose 3."}\n')
    assert neighbours.find(repo.store)[0].said == "I chose 3."


def test_who_only_asked_so_far_is_none(repo: Project) -> None:
    begun(repo, "K")
    repo.calls(3, "K")
    assert neighbours.find(repo.store) == []


def test_a_saved_one_is_one_while_it_goes_on(repo: Project) -> None:
    begun(repo, "K")
    repo.checkpoint("K", goal="g")
    assert neighbours.find(repo.store) == [], "nothing happened since"
    repo.calls(1, "K")
    assert [one.edited for one in neighbours.find(repo.store)] == [[]]
    path = Path(journal.active_path(repo.store.path, "K"))
    old = path.read_text(encoding="utf-8").replace('"t":1', '"t":0').replace('"t":0', '"t":1000000000,"u":0')
    path.write_text(old, encoding="utf-8")
    assert neighbours.find(repo.store) == []


def test_an_old_journal_is_none(repo: Project) -> None:
    begun(repo, "K")
    repo.edited(str(repo.root / "a.py"), "K")
    os.utime(journal.active_path(repo.store.path, "K"), (1.0, 1.0))
    assert neighbours.find(repo.store) == []


def test_a_journal_without_its_first_line_is_read_as_well(repo: Project) -> None:
    Path(journal.active_path(repo.store.path, "K")).write_text('{"e":"edit","path":"a.py"}\n', encoding="utf-8")
    (found,) = neighbours.find(repo.store)
    assert (found.session_id, found.tool, found.edited) == ("K", "", ["a.py"])
