import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocm.base.model import FileChange
from ocm.git import blobs, freshness, parse, process, refusal
from ocm.git.worktree import WorkTree
from ocm.markdown.facts import Facts, content_line
from ocm.recall import brief, listing, search
from tests.support.builders import Project, commit, git
from tests.support.session_store import put, session


def fresh(project: Project, query: str = "wombat") -> dict[str, int] | None:
    found: dict[str, int] | None = search.search(project.store, query)[0]["freshness"]
    return found


def write(project: Project, name: str, text: str = "one\n") -> str:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return str(path)


def work(project: Project, *names: str, session_id: str = "S") -> None:
    """Let the assistant write files, and save."""
    project.hook("session-start", session_id=session_id)
    for name in names:
        project.edited(write(project, name), session_id=session_id)
    project.checkpoint(session_id, goal="wombat")


def test_a_checkpoint_keeps_what_the_files_held(repo: Project) -> None:
    work(repo, "b.py", "src/c.py")
    same = git(repo.root, "hash-object", "b.py")
    assert Facts.parse(repo.session().facts).contents == {"b.py": same, "src/c.py": same}
    assert fresh(repo) == {"unchanged": 2, "changed": 0, "gone": 0}
    write(repo, "b.py", "two\n")
    os.unlink(repo.root / "src/c.py")
    assert fresh(repo) == {"unchanged": 0, "changed": 1, "gone": 1}


def test_what_another_session_changed_is_not_fresh_again_by_a_later_checkpoint(repo: Project) -> None:
    work(repo, "b.py", "c.py")
    write(repo, "b.py", "someone else\n")
    repo.edited(write(repo, "c.py", "mine\n"))
    repo.checkpoint(goal="wombat", work_summary=["c"])
    assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 0}
    for _ in range(2):
        assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 0}


def test_what_a_shell_call_changed_is_kept_too(repo: Project) -> None:
    repo.hook("session-start")
    write(repo, "made.py")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "make all"})
    repo.checkpoint(goal="wombat")
    assert list(Facts.parse(repo.session().facts).contents) == ["made.py"]
    assert fresh(repo) == {"unchanged": 1, "changed": 0, "gone": 0}


def test_without_a_repository_it_is_unknown(project: Project) -> None:
    work(project, "b.py")
    (hit,) = search.search(project.store, "wombat")
    assert hit["freshness"] is None
    assert hit["commits_since"] is None


def test_without_git_the_commits_are_unknown_and_the_files_are_not(
    repo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(repo, "b.py")
    monkeypatch.setenv("PATH", "/nowhere")
    (hit,) = search.search(repo.store, "wombat")
    assert hit["freshness"] == {"unchanged": 1, "changed": 0, "gone": 0}
    assert hit["commits_since"] is None


def test_commits_since_are_counted(repo: Project) -> None:
    work(repo, "b.py")
    assert search.search(repo.store, "wombat")[0]["commits_since"] == 0
    ahead = f"{int(time.time()) + 5} +0000"
    for n in range(3):
        write(repo, "a.py", f"{n}")
        git(repo.root, "-c", "core.abbrev=7", "add", "-A")
        subprocess.run(
            ["git", "commit", "-qm", "x"], cwd=repo.root, check=True, env={**os.environ, "GIT_COMMITTER_DATE": ahead}
        )
    assert search.search(repo.store, "wombat")[0]["commits_since"] == 3


def test_a_page_costs_two_git_processes(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        names = [f"{n}-{m}.py" for m in range(4)]
        work(repo, *names, session_id=f"s{n}")
    started: list[object] = []
    real = subprocess.Popen.__init__

    def counted(self: subprocess.Popen[bytes], *words: object, **options: object) -> None:
        started.append(words)
        real(self, *words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", counted)
    assert len(search.search(repo.store, "wombat")) == 5
    assert len(started) == 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count how often git is asked for the commits since an instant."""
    instants: list[float] = []
    real = freshness._commit_times

    def counted(tree: WorkTree, since: float, limit: int) -> list[float]:
        instants.append(since)
        return real(tree, since, limit)

    monkeypatch.setattr(freshness, "_commit_times", counted)
    return instants


def since(project: Project, *instants: float) -> list[int | None]:
    page = freshness.Page(str(project.root), [([], instant) for instant in instants])
    return [page.commits(instant) for instant in instants]


def test_git_is_asked_again_only_when_head_has_moved(repo: Project, asked: list[float]) -> None:
    assert since(repo, 1.0) == [1]
    assert since(repo, 2.0, 3.0) == [1, 1]
    assert len(asked) == 1
    commit(repo.root, "b.py")
    assert since(repo, 1.0) == [2]
    git(repo.root, "reset", "-q", "--hard", "HEAD^")
    assert since(repo, 1.0) == [1]
    assert len(asked) == 3
    git(repo.root, "checkout", "-q", "--orphan", "other")
    assert since(repo, 1.0) == [None]


def test_what_lies_further_back_is_asked_for(repo: Project, asked: list[float]) -> None:
    now = time.time()
    assert since(repo, now + 100) == [0]
    assert since(repo, now + 200, 5.0) == [0, 1]
    assert since(repo, 5.0, now + 50) == [1, 0]
    assert asked == [now + 100, 5.0]


@pytest.mark.parametrize("name", ["shallow", "info/grafts", "refs/replace", "packed-refs"])
def test_a_past_that_was_cut_or_replaced_is_asked_for_again(repo: Project, asked: list[float], name: str) -> None:
    assert since(repo, 1.0) == [1]
    path = repo.root / ".git" / name
    path.mkdir() if name.startswith("refs") else path.touch()
    os.utime(path, (1, 1))
    assert since(repo, 1.0) == [1]
    assert len(asked) == 2


def test_an_answer_is_not_kept_when_head_moves_meanwhile(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    moving = iter([("a",), ("b",), ("a",), ("a",)])
    monkeypatch.setattr(freshness, "_head", lambda _: next(moving))
    monkeypatch.setattr(freshness, "_commit_times", lambda *_: [2.0])
    assert since(repo, 1.0) == [1]
    assert str(repo.root) not in freshness._counted
    assert since(repo, 1.0) == [1]
    assert str(repo.root) in freshness._counted


def test_without_a_known_head_git_is_asked_every_time(
    repo: Project, asked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "git_head", lambda _: ("", ""))
    assert [since(repo, 1.0) for _ in range(2)] == [[1], [1]]
    assert len(asked) == 2


def test_the_answers_for_other_work_trees_are_forgotten_at_last(
    repo: Project, asked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {str(n): freshness._Counted(("x",), 0.0, []) for n in range(8)}
    monkeypatch.setattr(freshness, "_counted", many)
    assert since(repo, 1.0) == [1]
    assert list(many) == [str(repo.root)]
    assert len(asked) == 1


def test_what_git_converts_is_compared_as_git_stores_it(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, ".gitattributes", "*.txt text\n*.up filter=up\n")
    for name, value in (("COUNT", "1"), ("KEY_0", "filter.up.clean"), ("VALUE_0", "tr a-z A-Z")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)  # a setting of the user's own
    commit(repo.root)
    repo.hook("session-start")
    for name in ("lines.txt", "word.up"):
        repo.edited(write(repo, name, "one\r\ntwo\r\n"))
    repo.checkpoint(goal="wombat")
    known = Facts.parse(repo.session().facts).contents
    assert known == {name: git(repo.root, "hash-object", name) for name in ("lines.txt", "word.up")}
    write(repo, "lines.txt", "one\ntwo\n")
    assert fresh(repo) == {"unchanged": 2, "changed": 0, "gone": 0}


def test_nothing_outside_the_repository_is_opened(repo: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    os.symlink(tmp_path, repo.root / "out")
    oid = parse.blob_id(b"x", blobs.SHA1)
    paths = (str(secret), "../secret", "out/secret", "/dev/zero")
    changes = [FileChange(path, "modified") for path in paths]
    put(repo.store, "a.md", session("a", goal="wombat", files=changes, facts=[content_line(p, oid) for p in paths]))
    assert fresh(repo) == {"unchanged": 0, "changed": 0, "gone": 0, "unknown": 4}
    assert freshness.contents_now(str(repo.root), {*paths, "a.py"}).keys() == {"a.py"}


@pytest.mark.parametrize(
    "path", ["a b.py", "a\\n.py", "a\nb", "a\r\\", "ü/漢字.py", "`x`", " lead", "trail ", "blob x"]
)
def test_any_path_stays_one_line(repo: Project, path: str) -> None:
    line = content_line(path, blobs.SHA1)
    assert "\n" not in line
    assert "\r" not in line
    assert Facts.parse([line]).contents == {path: blobs.SHA1}
    work(repo, path)
    assert fresh(repo) == {"unchanged": 1, "changed": 0, "gone": 0}


def test_a_line_that_is_no_fact_of_ours_is_passed_over() -> None:
    assert Facts.parse(["blob x y", "blob " + "0" * 40, "calls 3", f"blob {'0' * 39}g a"]).contents == {}


def test_a_repository_with_longer_ids(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256")
    (root / "a.py").write_bytes(b"x")
    assert freshness.contents_now(str(root), {"a.py"}) == {"a.py": git(root, "hash-object", "a.py")}


def test_a_brief_says_what_became_of_the_files_and_what_git_did(repo: Project) -> None:
    work(repo, "same.py", "edited.py", "gone.py", session_id="one")
    write(repo, "edited.py", "two\n")
    os.unlink(repo.root / "gone.py")
    date = {**os.environ, "GIT_COMMITTER_DATE": f"{int(time.time()) + 5} +0000"}
    subprocess.run(["git", "commit", "-qam", "Edit\n\nmore", "--allow-empty"], cwd=repo.root, check=True, env=date)
    lines = repo.hook("session-start", session_id="two", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert "Files changed since: edited.py" in lines
    assert "Files gone since: gone.py" in lines
    assert "Files unchanged since: same.py" in lines
    assert f"Commits since, 1, latest first:\n- {git(repo.root, 'rev-parse', 'HEAD')[:7]} Edit\n" in lines
    again = repo.hook("session-start", session_id="three", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert again == lines


def test_an_index_line_says_how_many_files_changed(repo: Project) -> None:
    work(repo, "b.py", "c.py", session_id="one")
    work(repo, "d.py", session_id="two")
    write(repo, "b.py", "two\n")
    lines = repo.hook("session-start", session_id="three", source="startup")["hookSpecificOutput"]["additionalContext"]
    assert re.search(
        r"^- .* · one .* · 1 of 2 files changed$|^\[\d\] .* · one · .*1 of 2 files changed$", lines, re.MULTILINE
    )


# --- work that never landed


def told(project: Project, session_id: str = "new") -> list[str]:
    """Return the line of a brief that names the work which no commit holds, if there is one."""
    reply = project.hook("session-start", session_id=session_id, source="startup")
    lines = reply["hookSpecificOutput"]["additionalContext"].split("\n")
    return [line for line in lines if line.startswith("Not committed:")]


def left(project: Project, *paths: str, began: float = 1.0) -> list[str]:
    """Return those of `paths` that no commit since an instant has changed."""
    return freshness.Since(str(project.root), began).untouched(paths)


def test_a_brief_names_the_work_that_no_commit_holds(repo: Project) -> None:
    work(repo, "kept.py", "lost.py", "more.py", session_id="one")
    assert told(repo) == ["Not committed: kept.py, lost.py, more.py"]
    git(repo.root, "add", "kept.py")
    git(repo.root, "commit", "-q", "-m", "one of them")
    assert told(repo) == ["Not committed: lost.py, more.py"] == told(repo, "another")
    commit(repo.root, "the rest")
    assert told(repo) == []


def test_of_many_files_a_brief_names_some(repo: Project) -> None:
    work(repo, *(f"{n}.py" for n in range(9)), session_id="one")
    assert told(repo) == ["Not committed: 0.py, 1.py, 2.py, 3.py, 4.py, 4 more"]


@pytest.mark.parametrize("arguments", [("checkout", "-q", "-b", "other"), ("checkout", "-q", "--detach")])
def test_on_another_branch_nothing_is_said_of_it(repo: Project, arguments: tuple[str, ...]) -> None:
    work(repo, "lost.py", session_id="one")
    git(repo.root, *arguments)
    said = brief.brief(repo.store, branch="main", session_id="one", tokens=600)
    assert "one" in said
    assert "Not committed" not in said


def test_a_squash_and_an_amended_commit_hold_the_work_as_well(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    write(repo, "a.py", "two\n")
    write(repo, "b.py", "new\n")
    commit(repo.root, "on a branch")
    git(repo.root, "checkout", "-q", "main")
    assert left(repo, "b.py", "a.py", began=time.time() + 9) == ["b.py", "a.py"]
    git(repo.root, "merge", "-q", "--squash", "topic")
    assert left(repo, "b.py") == ["b.py"]
    commit(repo.root, "squashed")
    assert left(repo, "b.py", "a.py", "c.py") == ["c.py"]
    git(repo.root, "commit", "-q", "--amend", "-m", "reworded")
    assert left(repo, "b.py", "a.py", "c.py") == ["c.py"]


def test_what_only_a_merge_holds_is_in_a_commit(repo: Project) -> None:
    git(repo.root, "checkout", "-q", "-b", "topic")
    write(repo, "b.py", "new\n")
    commit(repo.root, "on a branch")
    git(repo.root, "checkout", "-q", "main")
    git(repo.root, "merge", "-q", "--no-ff", "--no-commit", "topic")
    write(repo, "evil.py", "in the merge alone\n")
    commit(repo.root, "merged")
    assert left(repo, "b.py", "evil.py", "other.py") == ["other.py"]


def test_both_names_of_a_renamed_file_are_in_its_commit(repo: Project) -> None:
    git(repo.root, "mv", "a.py", "b.py")
    commit(repo.root)
    assert left(repo, "a.py", "b.py", "c.py") == ["c.py"]


@pytest.mark.parametrize("name", ["ü/漢字.py", "a\tb.py", "a\nb.py", "\x01x", " lead", "\n", "\x015\tabc", 'quo"te', "back\\slash"])  # fmt: skip
def test_odd_names_are_found_in_commits(repo: Project, name: str) -> None:
    write(repo, name, "x\n")
    write(repo, "z.py", "x\n")
    sha = commit(repo.root)
    assert left(repo, name, "z.py", "never.py") == ["never.py"]
    assert freshness.Since(str(repo.root), 1.0).commits(1.0)[0] == (sha, "change")


def test_what_lies_outside_the_work_tree_is_not_spoken_of(repo: Project) -> None:
    assert left(repo, "/etc/hostname", "../x.py", "b.py", "") == ["b.py"]


def test_a_folder_of_a_repository_names_its_own_files(repo: Project) -> None:
    write(repo, "sub/b.py", "x\n")
    commit(repo.root)
    since = freshness.Since(str(repo.root / "sub"), 1.0)
    assert since.untouched(["b.py", "c.py", "../a.py"]) == ["c.py"]


def test_where_git_cannot_tell_of_all_nothing_is_said(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert freshness.Since(str(tmp_path / "nowhere"), 1.0).untouched(["x.py"]) == []
    assert freshness.Since(str(tmp_path / "nowhere"), 1.0).commits(1.0) == []
    assert left(repo, "x.py", began=0.0) == []
    commit(repo.root)
    monkeypatch.setattr(freshness, "MAX_NAMED", 2)
    assert left(repo, "x.py") == ["x.py"]
    commit(repo.root)
    assert left(repo, "x.py") == []
    monkeypatch.setenv("PATH", "/nonexistent")
    assert left(repo, "x.py") == []


def test_a_repository_without_a_commit_says_nothing(project: Project) -> None:
    git(project.root, "init", "-q")
    assert left(project, "x.py") == []


@pytest.mark.parametrize("setting", [
    ("log.showSignature", "true"), ("log.diffMerges", "off"), ("diff.renames", "copies"), ("color.ui", "always"), ("diff.noprefix", "true"),
    ("diff.relative", "true"), ("log.follow", "true"), ("log.decorate", "full"), ("diff.external", "false"), ("format.pretty", "fuller"),
])  # fmt: skip
def test_no_setting_of_the_user_changes_what_is_in_commits(repo: Project, setting: tuple[str, str]) -> None:
    write(repo, "sub/b.py", "x\n")
    sha = commit(repo.root)
    git(repo.root, "config", *setting)
    since = freshness.Since(str(repo.root), 1.0)
    assert since.untouched(["sub/b.py", "c.py"]) == ["c.py"]
    assert since.commits(1.0)[0] == (sha, "change")


def test_a_brief_asks_git_two_questions_at_once(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    work(repo, "lost.py", session_id="one")
    real, asked = process._started, []

    def counted(top: str, arguments: tuple[str, ...], stdin: bytes) -> Any:
        asked.append(arguments[0])
        return real(top, arguments, stdin)

    monkeypatch.setattr(process, "_started", counted)
    said = brief.for_hook(repo.store, own="", tokens=600, most_read=64)
    assert "Not committed: lost.py" in said
    assert asked == ["log", "ls-tree"]


def test_what_git_has_to_convert_is_not_known_without_git(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, ".gitattributes", "*.py filter=tidy\n")
    for name, value in (("COUNT", "1"), ("KEY_0", "filter.tidy.clean"), ("VALUE_0", "cat")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)  # a setting of the user's own
    oid = git(repo.root, "hash-object", "a.py")
    assert blobs.current(str(repo.root), {"a.py": oid}) == {"a.py": oid}
    silent = tmp_path / "bin" / "git"
    silent.parent.mkdir()
    silent.write_text("#!/bin/sh\n", encoding="utf-8")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(silent.parent))
    assert blobs.current(str(repo.root), {"a.py": oid}) == {"a.py": None}, "it answers, and says nothing"


def _in_a_file(folder: Path, settings: str) -> str:
    (folder / "line-ends").write_text(settings, encoding="utf-8")
    return str(folder / "line-ends")


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


_CRLF = "[core]\n\tautocrlf = true\n"
# Everywhere that git learns from how lines end; each is told the project and a folder beside it.
LINE_ENDS: dict[str, Callable[[Project, Path, pytest.MonkeyPatch], object]] = {
    "the repository's settings": lambda repo, _, __: git(repo.root, "config", "core.autocrlf", "true"),
    "a user's settings": lambda _, beside, monkeypatch: _set(
        monkeypatch,
        GIT_CONFIG_GLOBAL=_in_a_file(beside, Path("~/.gitconfig").expanduser().read_text(encoding="utf-8") + _CRLF),
    ),
    "an included file": lambda repo, beside, _: git(
        repo.root, "config", "include.path", _in_a_file(beside, _CRLF)
    ),
    "a file included for this folder": lambda repo, beside, _: git(
        repo.root, "config", f"includeIf.gitdir:{repo.root}/.path", _in_a_file(beside, _CRLF)
    ),
    "settings of the work tree": lambda repo, _, __: (
        git(repo.root, "config", "extensions.worktreeConfig", "true"),
        git(repo.root, "config", "--worktree", "core.autocrlf", "true"),
    ),
    "the environment": lambda _, __, monkeypatch: _set(
        monkeypatch, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="core.autocrlf", GIT_CONFIG_VALUE_0="true"
    ),
    "attributes of the project": lambda repo, _, __: write(repo, ".gitattributes", "* text=auto eol=crlf\n"),
    "attributes of one clone": lambda repo, _, __: write(repo, ".git/info/attributes", "* text eol=crlf\n"),
}  # fmt: skip


@pytest.mark.parametrize("place", LINE_ENDS)
def test_line_ends_are_no_change_wherever_git_learns_of_them(
    repo: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    work(repo, "b.py", "c.py")
    commit(repo.root, "work")
    LINE_ENDS[place](repo, tmp_path, monkeypatch)
    os.unlink(repo.root / "b.py")
    git(repo.root, "checkout", "--", "b.py")
    assert (repo.root / "b.py").read_bytes() == b"one\r\n"
    assert fresh(repo) == {"unchanged": 2, "changed": 0, "gone": 0}
    write(repo, "c.py", "two\r\n")
    assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 0}


def test_line_ends_are_a_change_where_git_was_told_nothing(repo: Project) -> None:
    work(repo, "b.py")
    commit(repo.root, "work")
    write(repo, "b.py", "one\r\n")
    assert fresh(repo) == {"unchanged": 0, "changed": 1, "gone": 0}


def test_what_a_sparse_checkout_leaves_out_is_not_gone(repo: Project) -> None:
    work(repo, "docs/b.md", "docs/c.md", "src/d.py")
    commit(repo.root, "work")
    write(repo, "docs/c.md", "two\n")
    commit(repo.root, "more")
    git(repo.root, "sparse-checkout", "set", "src")
    assert not (repo.root / "docs").exists()
    assert fresh(repo) == {"unchanged": 2, "changed": 1, "gone": 0}
    os.unlink(repo.root / "src/d.py")
    assert fresh(repo) == {"unchanged": 1, "changed": 1, "gone": 1}
    git(repo.root, "sparse-checkout", "disable")
    git(repo.root, "checkout", "--", "src/d.py")
    assert fresh(repo) == {"unchanged": 2, "changed": 1, "gone": 0}


def test_without_git_what_a_sparse_checkout_leaves_out_is_unknown(
    repo: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work(repo, "docs/b.md", "src/d.py")
    commit(repo.root, "work")
    git(repo.root, "sparse-checkout", "set", "src")
    wanted = dict.fromkeys(("docs/b.md", "src/d.py", "docs/"), git(repo.root, "hash-object", "src/d.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    found, why = blobs.seen(str(repo.root), wanted)
    assert (found["docs/b.md"], found["src/d.py"]) == (None, wanted["src/d.py"])
    assert why["docs/b.md"] == refusal.NO_PROGRAM


@pytest.mark.parametrize("cut", ["replaced", "grafted", "shallow"])
def test_where_the_past_was_cut_what_it_held_is_not_denied(repo: Project, tmp_path: Path, cut: str) -> None:
    work(repo, "src/deep/b.py")
    commit(repo.root, "work")
    tip = commit(repo.root, "later")
    if cut == "replaced":
        git(repo.root, "replace", "--graft", tip)
    elif cut == "grafted":
        write(repo, ".git/info/grafts", f"{tip}\n")
    else:
        git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo.root}", "cut")
        name, repo = repo.file(), Project(tmp_path / "cut")
        shutil.copy(name, repo.store.sessions)
    found = listing.list_sessions(repo.store)[0]
    assert found["landed"] != "no", found
    assert fresh(repo) == {"unchanged": 1, "changed": 0, "gone": 0}
