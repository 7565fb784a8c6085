"""What a checkpoint records of the work: once, within bounds, and as git has it."""

import os

import pytest

from ocm.git import record
from ocm.markdown import fingerprint_lines
from tests.support.builders import Project, commit
from tests.support.work_world import BODY, committed, matched, retried, units, wrote


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


def test_a_new_file_that_cannot_be_read_is_left_out(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> int:
        raise PermissionError(13, "Permission denied", path)

    (repo.root / "b.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    assert list(record._added(str(repo.root), "b.py", set()))
    monkeypatch.setattr(os.path, "getsize", refused)
    assert list(record._added(str(repo.root), "b.py", set())) == []


def test_a_file_that_no_commit_has_is_recorded_by_whoever_changes_it(repo: Project) -> None:
    wrote(repo, "one", {"new.py": BODY}, goal="a new file")
    wrote(repo, "two", {"new.py": BODY + "\n\ndef stop():\n    return None\n"}, goal="more of it")
    assert [bool(unit.keys) for unit in units(repo, "two")] == [True]


def test_what_was_made_and_is_committed_is_not_recorded_again_as_new(repo: Project) -> None:
    wrote(repo, "one", {"new.py": "first = 1\n"}, goal="a new file")
    commit(repo.root, "by hand")
    (repo.root / "new.py").write_text(BODY, encoding="utf-8")
    commit(repo.root, "somebody else's lines")
    repo.edited(str(repo.root / "a.py"), session_id="one")
    before = units(repo, "one")
    repo.checkpoint("one", work_summary=["a look at it"])
    assert [unit for unit in units(repo, "one") if not unit.sha] == [unit for unit in before if not unit.sha]
