"""From a line to its commit, its session and the decision, whatever was done to history; and what cannot be known."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import BadInputError, NotFoundError, OcmError
from ocm.git import history
from ocm.index import sync
from ocm.provenance import blame, decision_log, why
from ocm.recall import timeline
from tests.support.builders import Project, commit, git
from tests.support.work_world import BODY, ask, retried, sources, squashed, wrote

BACKOFF = "**Backoff:** fetch waits 2 ** attempt seconds; a fixed wait hammered the server."
OTHER = "def logged(message):\n    print('client:', message)\n    return message.strip()\n"


def test_a_line_that_no_commit_holds_comes_from_the_journal(repo: Project) -> None:
    retried(repo, name="a.py")
    found = ask(repo, "a.py", 6)
    assert found["commit"] is None
    assert sources(found) == [("S", "work", True)]
    assert [one["decision"] for one in found["decisions"]] == [BACKOFF]


def test_an_edit_since_the_last_checkpoint_is_a_possibility(repo: Project) -> None:
    (repo.root / "a.py").write_text("one\nanother line of it\n", encoding="utf-8")
    repo.edited(str(repo.root / "a.py"), session_id="live")
    assert sources(ask(repo, "a.py", 2)) == [("live", "journal", False)]


def test_a_commit_of_recorded_work_leads_to_its_session(repo: Project) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    found = ask(repo, "src/client.py", 6)
    assert found["commit"]["sha"] == sha
    assert sources(found) == [("S", "same", True)]
    assert found["work"] == ["Five attempts in fetch, tested against a server that fails twice"]


def test_a_commit_that_the_session_made_is_recorded(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={})
    repo.checkpoint(work_summary=["committed"])
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "recorded", True)]


def test_a_rebase_keeps_the_link(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "main")
    (repo.root / "b.py").write_text("upstream\n", encoding="utf-8")
    commit(repo.root, "Upstream")
    git(repo.root, "rebase", "-q", "main", "topic")
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "same", True)]


def test_a_commit_of_nobody_names_nobody(repo: Project) -> None:
    retried(repo)
    (repo.root / "other.py").write_text(OTHER, encoding="utf-8")
    git(repo.root, "add", "other.py")
    git(repo.root, "commit", "-q", "-m", "by hand")
    found = ask(repo, "other.py", 1)
    assert found["sessions"] == []
    assert found["decisions"] == []
    assert found["notes"] == [f"No session is known for commit {found['commit']['sha'][:9]}."]


def test_a_session_that_began_later_made_no_earlier_commit(repo: Project) -> None:
    (repo.root / "a.py").write_text(BODY, encoding="utf-8")
    git(repo.root, "add", "-A")
    date = "2020-01-01T00:00:00"
    subprocess.run(
        ["git", "commit", "-q", "-m", "old"],
        cwd=repo.root,
        check=True,
        env={**os.environ, "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date},
    )
    (repo.root / "a.py").unlink()
    commit(repo.root, "gone")
    retried(repo, name="a.py")
    git(repo.root, "reset", "-q", "--hard", "HEAD~1")
    assert ask(repo, "a.py", 6)["sessions"] == []


def test_a_range_is_answered_commit_by_commit(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    path = repo.root / "src" / "client.py"
    changed = BODY.replace("client.connection = None", "del client.connection")
    wrote(repo, "T", {"src/client.py": changed}, goal="close", decisions=["**Close:** the connection is deleted."])
    commit(repo.root, "Close")
    found = why.why(repo.store, "src/client.py", 4, 99)
    assert found["lines"] == [4, len(path.read_text().splitlines())]
    assert [(one["lines"], one["sessions"][0]["session_id"]) for one in found["origins"]] == [
        ([4, 11], "S"),
        ([12, 12], "T"),
    ]


def test_a_renamed_file_is_followed(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "mv", "src/client.py", "src/http.py")
    commit(repo.root, "moved")
    assert sources(ask(repo, "src/http.py", 6)) == [("S", "same", True)]


def test_a_superseded_decision_is_shown_with_what_ended_it(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    wrote(repo, "T", {}, goal="jitter", decisions=["**Jitter:** the wait is random. Supersedes: Backoff."])
    (decision,) = ask(repo, "src/client.py", 6)["decisions"]
    assert decision["in_force"] is False
    assert decision["superseded"] == {"by": "**Jitter:** the wait is random. Supersedes: Backoff.", "session_id": "T"}


def test_an_answer_says_how_far_its_session_still_holds(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    session = ask(repo, "src/client.py", 6)["sessions"][0]
    assert session["freshness"] == {"unchanged": 1, "changed": 0, "gone": 0}
    (repo.root / "src" / "client.py").write_text(BODY + "# more\n", encoding="utf-8")
    session = ask(repo, "src/client.py", 6)["sessions"][0]
    assert session["freshness"] == {"unchanged": 0, "changed": 1, "gone": 0}


def test_a_whole_file_is_answered_with_what_binds_it(repo: Project) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    found = ask(repo, "src/client.py")
    assert [one["session_id"] for one in found["sessions"]] == ["S"]
    assert [one["sha"] for one in found["commits"]] == [sha]
    assert [one["label"] for one in found["decisions"]] == ["Backoff"]


# --- and back


def test_a_commit_is_explained(repo: Project) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    found = why.explain(repo.store, "HEAD")
    assert found["commit"]["sha"] == sha
    assert [(one["session_id"], one["how"]) for one in found["sessions"]] == [("S", "same")]
    assert [one["label"] for one in found["sessions"][0]["decisions"]] == ["Backoff"]


def test_a_merge_is_explained_by_what_it_brought_in(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "merged", "topic")
    found = why.explain(repo.store, "HEAD")
    assert [one["session_id"] for one in found["sessions"]] == ["S"]
    assert found["notes"] == ["A merge of 1 commits; this is what they come from."]


@pytest.mark.parametrize("name", ["nonsense", "--all", "", "0" * 40, "HEAD~99", "a\nb", "\udcff"])
def test_what_is_no_commit_is_said_in_a_sentence(repo: Project, name: str) -> None:
    with pytest.raises(NotFoundError, match="Git has no commit"):
        why.explain(repo.store, name)


def test_what_a_session_s_work_ended_in(repo: Project) -> None:
    wrote(repo, "S", {"src/client.py": BODY, "src/never.py": OTHER}, goal="two files")
    git(repo.root, "add", "src/client.py")
    git(repo.root, "commit", "-q", "-m", "Half of it")
    found = why.commits(repo.store, "S")
    assert [(one["subject"], one["sure"]) for one in found["commits"]] == [("Half of it", True)]
    assert found["not_landed"] == ["src/never.py"]


@pytest.mark.parametrize("when", [
    "32503680000", "253402300800", "9223372036854775808", "18446744073709551615", "9" * 30, "9" * 5000, "-5", "",
])  # fmt: skip
def test_a_commit_of_no_possible_time_is_answered_without_one(repo: Project, when: str) -> None:
    retried(repo)
    git(repo.root, "add", "-A")
    tree, parent = git(repo.root, "write-tree"), git(repo.root, "rev-parse", "HEAD")
    who = f"T <t@example.org> {when} +0000"
    text = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nRetries\n"
    sha = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=repo.root, input=text, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (repo.root / ".git" / "refs" / "heads" / "main").write_text(f"{sha}\n", encoding="utf-8")
    found = ask(repo, "src/client.py", 6)
    assert (found["commit"]["sha"], found["commit"]["date"]) == (sha, "")
    assert why.explain(repo.store, sha)["commit"]["subject"] == "Retries"
    assert repo.checkpoint(work_summary=["saved"])["warnings"] == []
    assert why.commits(repo.store, "S")["session_id"] == "S"
    dates = {entry["title"]: entry["date"] for entry in timeline.timeline(repo.store, file="src/client.py")}
    assert dates["Retries"] == ""


def test_work_that_was_rewritten_away_is_no_longer_claimed(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    assert len(why.commits(repo.store, "S")["commits"]) == 1
    git(repo.root, "reset", "-q", "--hard", "HEAD~1")
    assert why.commits(repo.store, "S")["commits"] == []
    assert why.commits(repo.store, "S")["not_landed"] == ["src/client.py"]


# --- the cache


def _everything(project: Project) -> list[Any]:
    shas = git(project.root, "rev-list", "HEAD").split()
    return [
        [ask(project, "src/client.py", line) for line in (1, 6, 11)],
        [why.explain(project.store, sha) for sha in shas],
        why.commits(project.store, "S"),
        decision_log.decisions(project.store, everything=True),
    ]


def test_a_cache_kept_in_step_answers_like_a_new_one(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    for number in range(3):
        text = BODY + f"\n\ndef more_{number}(value):\n    return value * {number}\n"
        wrote(
            repo,
            f"S{number}" if number else "S",
            {"src/client.py": text},
            goal="g",
            decisions=[f"**D{number}:** because"],
        )
        commit(repo.root, f"change {number}")
        _everything(repo)
    squashed(repo, "topic")
    in_step = _everything(repo)
    sync.rebuild(repo.store)
    assert _everything(repo) == in_step
    Path(repo.store.database).unlink()
    assert _everything(repo) == in_step


def test_a_fresh_clone_with_only_the_session_files_answers_the_same(repo: Project, tmp_path: Path) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    wrote(repo, "T", {"src/log.py": OTHER}, goal="logs", decisions=["**Prints:** no logging module."])
    commit(repo.root, "Logs")
    squashed(repo, "topic")
    git(tmp_path, "clone", "-q", f"file://{repo.root}", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    for file in repo.files():
        shutil.copy(file, clone.store.sessions)
    known = json.dumps(_everything(repo)).replace(str(repo.root), "ROOT")
    assert json.dumps(_everything(clone)).replace(str(clone.root), "ROOT") == known


def test_a_store_that_cannot_be_written_to_answers_as_well(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    before = _everything(repo)
    Path(repo.store.database).unlink()
    repo.root.joinpath(".openCodeMemory").chmod(0o500)
    try:
        assert _everything(repo) == before
    finally:
        repo.root.joinpath(".openCodeMemory").chmod(0o700)


# --- what cannot be known


@pytest.mark.parametrize(("text", "meant"), [
    ("a.py", ("a.py", None, None)), ("a.py:7", ("a.py", 7, 7)), ("a.py:7-9", ("a.py", 7, 9)), ("c:x", ("c:x", None, None)),
    (":7", (":7", None, None)), ("dir/a.py:10", ("dir/a.py", 10, 10)),
])  # fmt: skip
def test_a_place_is_a_file_and_lines(text: str, meant: tuple[str, int | None, int | None]) -> None:
    assert why.parsed(text, exists=False) == meant
    assert why.parsed(text, exists=True) == (text, None, None)


@pytest.mark.parametrize("text", ["a.py:7-", "a.py:7x", "a.py:1-2-3", "a.py:9999999999", "a.py:²"])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(BadInputError, match="is no line and no range"):
        why.parsed(text, exists=False)


@pytest.mark.parametrize("name", ["nope.py", "x\0y", "../outside.py", "/etc/nope", "src/\udcff"])
def test_a_file_that_nobody_ever_saw(repo: Project, name: str) -> None:
    with pytest.raises(NotFoundError, match="Neither git nor any session knows"):
        why.why(repo.store, name, 1)


def test_a_file_that_is_gone(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "rm", "-q", "src/client.py")
    found = why.why(repo.store, "src/client.py", 6)
    assert [one["session_id"] for one in found["sessions"]] == ["S"]
    assert "is not there any more" in found["notes"][0]


def test_a_rewritten_history_without_the_objects(repo: Project, tmp_path: Path) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={})
    repo.checkpoint(work_summary=["committed"])
    git(repo.root, "commit", "-q", "--amend", "-m", "Retries, reworded")
    git(tmp_path, "clone", "-q", f"file://{repo.root}", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    shutil.copy(repo.file(), clone.store.sessions)
    assert sources(ask(clone, "src/client.py", 6)) == [("S", "same", True)]
    assert [one["subject"] for one in why.commits(clone.store, "S")["commits"]] == ["Retries, reworded"]


def test_no_repository_at_all(project: Project) -> None:
    (project.root / "a.py").write_text(BODY, encoding="utf-8")
    project.edited(str(project.root / "a.py"), kind="create")
    project.checkpoint(goal="no git here", decisions=["**Backoff:** fetch waits"])
    found = ask(project, "a.py", 6)
    assert found["notes"][0] == "Git could not be asked about a.py, so this is from the journal alone."
    assert [one["label"] for one in ask(project, "a.py")["decisions"]] == ["Backoff"]
    assert why.commits(project.store, "S")["notes"]
    with pytest.raises(OcmError, match="is in no git repository"):
        why.explain(project.store, "HEAD")


def _imported(repo: Project, files: int, lines: int, *, merge: bool) -> None:
    """Add one huge commit, or a merge of one."""
    blob = b"".join(b"line %d of a very long file\n" % n for n in range(lines))
    stream = [b"blob\nmark :9\ndata %d\n%b\n" % (len(blob), blob)]
    head = git(repo.root, "rev-parse", "HEAD").encode()
    who = b"n <n@example.org> 1900000000 +0000"
    stream.append(b"commit refs/heads/huge\nmark :1\ncommitter %b\ndata 4\nhuge\nfrom %b\n" % (who, head))
    stream += [b"M 100644 :9 big/%d.txt\n" % n for n in range(files)]
    if merge:
        stream.append(b"\ncommit refs/heads/merged\ncommitter %b\ndata 5\nmerge\nfrom %b\nmerge :1\n" % (who, head))
        stream += [b"M 100644 :9 big/%d.txt\n" % n for n in range(files)]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo.root, input=b"".join(stream), check=True)
    git(repo.root, "reset", "-q", "--hard", "merged" if merge else "huge")


def test_a_merge_of_ten_thousand_files(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    _imported(repo, 10_000, 3, merge=True)
    assert "A merge of 1 commits" in why.explain(repo.store, "HEAD")["notes"][0]
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "same", True)]
    assert ask(repo, "big/9999.txt", 2)["sessions"] == []


def test_a_commit_of_a_million_lines(repo: Project) -> None:
    retried(repo)
    commit(repo.root, "Retries")
    _imported(repo, 1, 1_000_000, merge=False)
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "same", True)]
    assert why.explain(repo.store, "HEAD")["sessions"] == []
    assert ask(repo, "big/0.txt", 999_999)["sessions"] == []


# --- in few tokens


def test_a_file_that_only_git_knows_is_answered_from_git(repo: Project) -> None:
    retried(repo)
    (repo.root / "other.py").write_text("x = 1\n", encoding="utf-8")
    sha = commit(repo.root, "By hand")
    found = why.why(repo.store, "other.py")
    assert found["sessions"] == []
    assert [one["sha"] for one in found["commits"]] == [sha]
    assert found["notes"] == ["No session is known to have touched other.py."]


def test_a_commit_from_before_any_session_is_said_to_be_one(repo: Project) -> None:
    first = git(repo.root, "rev-parse", "HEAD")
    retried(repo)
    commit(repo.root, "Retries")
    git(repo.root, "checkout", "-q", "--orphan", "elsewhere")
    lost = commit(repo.root, "Lost")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "branch", "-q", "-D", "elsewhere")
    for sha in (first, lost):
        found = why.explain(repo.store, sha)
        assert found["sessions"] == []
        assert found["notes"]


def test_of_a_session_in_several_commits_of_a_merge_the_best_match_counts(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    retried(repo)
    commit(repo.root, "Retries")
    retried(repo, name="src/second.py")
    commit(repo.root, "The same again")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "merge", "-q", "--no-ff", "-m", "merged", "topic")
    found = why.explain(repo.store, "HEAD")
    assert [one["session_id"] for one in found["sessions"]] == ["S"]
    assert found["notes"] == ["A merge of 2 commits; this is what they come from."]


def test_a_session_that_goes_while_it_is_asked_about_has_no_work(repo: Project) -> None:
    retried(repo)
    best = blame.Source(repo.file().name, "content", sure=True, at="2026-03-03T14:00:00+00:00")
    assert why._work(repo.store, best)
    repo.file().unlink()
    assert why._work(repo.store, best) == []


def test_a_file_that_somebody_else_added_to_a_commit_that_the_session_made(repo: Project) -> None:
    retried(repo)
    (repo.root / "hand.py").write_text(OTHER, encoding="utf-8")
    (repo.root / "src" / "client.py").write_text(BODY + "\nTIMEOUT = 9\n", encoding="utf-8")
    repo.edited(str(repo.root / "src" / "client.py"))
    commit(repo.root, "Retries, and more")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={})
    repo.checkpoint(work_summary=["Committed"])
    assert sources(ask(repo, "hand.py", 1)) == [("S", "recorded", True)]


def test_a_git_that_is_not_there_leaves_the_journal(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    retried(repo)
    sha = commit(repo.root, "Retries")
    root = str(repo.root)
    monkeypatch.setenv("PATH", "")
    assert history.merged_commits(root, sha, 5) == []
    assert history.describe(root, [sha]) == {}
    assert history.tracked(root, "src/client.py") is None
    assert sources(ask(repo, "src/client.py", 6)) == [("S", "work", True)]
