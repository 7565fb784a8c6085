"""Who made a line: one session, several, or nobody that is known; and what is no line at all."""

import os
import shutil
from pathlib import Path

import pytest

from ocm.base.errors import BadInputError, OcmError
from ocm.provenance import blame, why
from ocm.sessions import gather
from tests.support.builders import Ahead, Project, commit, git, repository
from tests.support.work_world import BODY, ask, matched, retried, sources, squashed, wrote

OTHER = "def logged(message):\n    print('client:', message)\n    return message.strip()\n"


@pytest.mark.parametrize(("first", "last", "said"), [
    (13, 13, "has 12 lines, so it has no line 13"), (0, 0, "0-0 is no range"), (5, 4, "5-4 is no range"), (10**9, 10**9, "has no line"),
])  # fmt: skip
def test_a_range_past_the_end(repo: Project, first: int, last: int, said: str) -> None:
    retried(repo)
    with pytest.raises(BadInputError, match=said):
        why.why(repo.store, "src/client.py", first, last)


def test_a_file_that_git_never_saw_is_answered_from_the_journal(repo: Project) -> None:
    retried(repo, name="new.py")
    found = ask(repo, "new.py", 6)
    assert sources(found) == [("S", "work", True)]
    assert found["notes"] == ["Git does not track new.py, so this is from the journal alone."]


def test_a_binary_has_no_lines(repo: Project) -> None:
    (repo.root / "logo.png").write_bytes(b"\x89PNG\0\0")
    repo.edited(str(repo.root / "logo.png"), kind="create")
    repo.checkpoint(goal="a logo")
    sha = commit(repo.root, "logo")
    found = why.why(repo.store, "logo.png", 1)
    assert "is binary" in found["notes"][0]
    assert [one["session_id"] for one in found["sessions"]] == ["S"]
    assert [one["sha"] for one in found["commits"]] == [sha]


def test_a_folder_and_a_submodule_are_said_to_be_one(repo: Project, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")
    git(repo.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "vendor/lib")
    commit(repo.root, "submodule")
    with pytest.raises(BadInputError, match="vendor/lib is a submodule"):
        why.why(repo.store, "vendor/lib", 1)
    with pytest.raises(BadInputError, match="vendor is a folder"):
        why.why(repo.store, "vendor")


def test_a_shallow_clone_says_where_history_is_cut_off(repo: Project, tmp_path: Path) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    (repo.root / "b.py").write_text("later\n", encoding="utf-8")
    commit(repo.root, "Background")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo.root}", str(tmp_path / "shallow"))
    clone = Project(tmp_path / "shallow")
    shutil.copy(repo.file(), clone.store.sessions)
    found = ask(clone, "src/client.py", 6)
    assert "History is cut off here" in " ".join(found["notes"])
    assert sources(found)[0][0] == "S"


def test_a_broken_object_store_leaves_the_journal(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    shutil.rmtree(repo.root / ".git" / "objects")
    (repo.root / ".git" / "objects").mkdir()
    found = ask(repo, "src/client.py", 6)
    assert sources(found) == [("S", "work", True)]
    assert found["notes"] == ["Git could not read the history of src/client.py, so this is from the journal alone."]
    with pytest.raises(OcmError):
        why.explain(repo.store, "HEAD")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only where there are pipes with names")
def test_what_is_no_regular_file_has_no_lines(repo: Project) -> None:
    os.mkfifo(repo.root / "pipe")
    assert blame.target(repo.store, "pipe").kind == "binary"


def test_a_file_that_goes_while_it_is_looked_at_is_gone(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.lstat

    def and_then_it_goes(path: str) -> os.stat_result:
        found = really(path)
        os.unlink(path)
        return found

    (repo.root / "short.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(os, "lstat", and_then_it_goes)
    assert blame.target(repo.store, "short.py").kind == "gone"


def test_a_range_of_a_squashed_file_is_told_apart_by_sessions(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    wrote(repo, "T", {"src/client.py": BODY + "\n\n" + OTHER}, goal="logs")
    commit(repo.root, "Logs")
    sha = squashed(repo, "topic")
    found = why.why(repo.store, "src/client.py", 1, 99)["origins"]
    assert {one["commit"]["sha"] for one in found} == {sha}
    assert [(one["lines"], one["sessions"][0]["session_id"]) for one in found] == [([1, 14], "S"), ([15, 17], "T")]


def test_of_a_session_that_wrote_a_lot_a_sample_is_enough(repo: Project) -> None:
    text = "\n".join(f"value_{n} = compute({n}, {n * n})" for n in range(4_000))
    wrote(repo, "S", {"big.py": text}, goal="many lines")
    commit(repo.root, "many lines")
    git(repo.root, "commit", "-q", "--amend", "-m", "the same", "--date", "2030-01-01T00:00:00Z")
    (repo.root / "other.py").write_text(OTHER, encoding="utf-8")
    git(repo.root, "add", "other.py")
    git(repo.root, "commit", "-q", "--amend", "-m", "and another file")
    assert {sources(ask(repo, "big.py", line))[0] for line in range(5, 4_000, 700)} == {("S", "content", True)}


def test_a_line_that_somebody_else_added_to_a_session_s_commit_is_only_a_possibility(repo: Project) -> None:
    retried(repo)
    path = repo.root / "src" / "client.py"
    path.write_text(BODY + "\n\ndef by_hand(value):\n    return value * 17\n", encoding="utf-8")
    commit(repo.root, "Retries and more")
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "content", True)]
    assert sources(ask(repo, "src/client.py", 15)) == [("S", "content", False)]


def test_a_squash_names_for_each_line_the_session_that_wrote_it(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    wrote(repo, "T", {"src/log.py": OTHER}, goal="logs", decisions=["**Prints:** no logging module."])
    commit(repo.root, "Logs")
    sha = squashed(repo, "topic")
    assert {name for name, _, _ in matched(repo, sha)} == {"S", "T"}
    assert sources(ask(repo, "src/client.py", 6))[0][0] == "S"
    found = ask(repo, "src/log.py", 2)
    assert sources(found) == [("T", "content", True)]
    assert [one["label"] for one in found["decisions"]] == ["Prints"]


SHORT_FUNCTION = """\
def waiting_time(attempt):
    base = settings.base_seconds
    limit = base * 2 ** attempt
    jitter = random.uniform(0, base)
    return min(limit, 60.0) + jitter
"""
CHANGED = SHORT_FUNCTION.replace("base * 2 ** attempt", "base * 3 ** attempt")


def test_a_short_function_with_one_changed_line_keeps_both_authors_after_a_squash(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    wrote(repo, "A", {"wait.py": SHORT_FUNCTION}, goal="the function", decisions=["**Doubling:** twice the base"])
    commit(repo.root, "Wait")
    wrote(repo, "B", {"wait.py": CHANGED}, goal="the factor", decisions=["**Factor:** three, not two"])
    commit(repo.root, "Factor")
    sha = squashed(repo, "topic")
    found = why.why(repo.store, "wait.py", 1, 5)["origins"]
    assert [(one["lines"], one["sessions"][0]["session_id"]) for one in found] == [
        ([1, 2], "A"),
        ([3, 3], "B"),
        ([4, 5], "A"),
    ]
    assert [one["decisions"][0]["label"] for one in found] == ["Doubling", "Factor", "Doubling"]
    explained = why.explain(repo.store, sha)["sessions"]
    assert {one["session_id"] for one in explained} == {"A", "B"}


@pytest.mark.parametrize("size", [3, 4, 8])
def test_short_runs_of_any_length_keep_their_authors(repo: Project, size: int) -> None:
    lines = [f"value_{n} = measured({n})" for n in range(size)]
    git(repo.root, "checkout", "-q", "-b", "topic")
    wrote(repo, "A", {"values.py": "\n".join(lines) + "\n"}, goal="values")
    commit(repo.root, "Values")
    lines[size // 2] = "another_value = estimated()"
    wrote(repo, "B", {"values.py": "\n".join(lines) + "\n"}, goal="one of them")
    commit(repo.root, "One")
    squashed(repo, "topic")
    for number in range(1, size + 1):
        best = why.why(repo.store, "values.py", number)["origins"][0]["sessions"][0]
        assert best["session_id"] == ("B" if number == size // 2 + 1 else "A")


def test_a_line_of_nobody_in_a_squash_is_a_possibility_of_those_who_are_in_it(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    wrote(repo, "A", {"wait.py": SHORT_FUNCTION}, goal="the function")
    commit(repo.root, "Wait")
    (repo.root / "wait.py").write_text(SHORT_FUNCTION + "\n\nBY_HAND = 'nobody recorded this line'\n", encoding="utf-8")
    commit(repo.root, "By hand")
    squashed(repo, "topic")
    (origin,) = why.why(repo.store, "wait.py", 8)["origins"]
    assert [(one["session_id"], one["sure"]) for one in origin["sessions"]] == [("A", False)]


@pytest.mark.parametrize("later", [BODY + "\n\n" + OTHER, BODY.replace("range(5)", "range(7)") + OTHER])
def test_who_goes_on_in_a_file_left_uncommitted_hides_nobody(
    repo: Project, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    retried(repo)
    ahead = Ahead(60)
    monkeypatch.setattr(gather, "datetime", ahead)
    wrote(repo, "T", {"src/client.py": later}, goal="logs", decisions=["**Prints:** no logging module."])
    sha = commit(repo.root, "Both at once")
    assert {(name, sure) for name, _, sure in matched(repo, sha)} == {("S", True), ("T", True)}
    first, *_ = why.why(repo.store, "src/client.py", 7)["origins"]
    assert [one["session_id"] for one in first["sessions"]] == ["S", "T"]
    last = later.count("\n")
    assert sources(ask(repo, "src/client.py", last)) == [("T", "same", True)]
    for session_id in ("S", "T"):
        outcome = why.commits(repo.store, session_id)
        assert [one["sha"] for one in outcome["commits"]] == [sha]
        assert (outcome["landed"], outcome["not_landed"]) == ("yes", [])
