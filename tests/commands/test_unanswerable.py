"""What cannot be known is said in a sentence, by every command and tool that asks about history: never a traceback."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from ocm.base.errors import OcmError
from ocm.cli import main
from ocm.mcp.server import JournalServer
from ocm.recall import brief
from tests.support.builders import Project, commit, git, repository
from tests.support.work_world import retried

Said = tuple[int, str, str]
Ocm = Callable[..., Said]
NAME = "src/client.py"


@pytest.fixture
def worked(repo: Project) -> Project:
    """A project with one commit of one session's work."""
    retried(repo)
    commit(repo.root, "Retries")
    return repo


@pytest.fixture
def ocm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ocm:
    """Return what runs a command in a project and returns its exit code, output and notices."""

    def run(project: Project, *arguments: str) -> Said:
        monkeypatch.chdir(project.root)
        monkeypatch.setattr(sys, "argv", ["ocm", *arguments])
        with pytest.raises(SystemExit) as left:
            main.main()
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return run


# --- what is done to the project, and what is asked then


def _untracked(project: Project, _: Path) -> Project:
    git(project.root, "reset", "-q", "HEAD~1")
    return project


def _binary(project: Project, _: Path) -> Project:
    (project.root / NAME).write_bytes(b"\x89PNG\0\0" * 99)
    commit(project.root, "A picture")
    return project


def _submodule(project: Project, folder: Path) -> Project:
    git(project.root, "rm", "-q", "-r", "src")
    other = repository(folder / "other")
    git(project.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), NAME)
    commit(project.root, "A submodule")
    return project


def _cloned(project: Project, folder: Path, *options: str) -> Project:
    (project.root / "b.py").write_text("later\n", encoding="utf-8")
    commit(project.root, "Background")
    git(folder, "clone", "-q", *options, f"file://{project.root}", str(folder / "clone"))
    clone = Project(folder / "clone")
    shutil.copy(project.file(), clone.store.sessions)
    return clone


def _shallow(project: Project, folder: Path) -> Project:
    return _cloned(project, folder, "--depth", "1")


def _rewritten(project: Project, folder: Path) -> Project:
    """Let the session record a commit as its own that no clone has any more."""
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={})
    project.checkpoint(work_summary=["committed"])
    git(project.root, "commit", "-q", "--amend", "-m", "Reworded")
    return _cloned(project, folder)


def _emptied(project: Project, _: Path) -> Project:
    shutil.rmtree(project.root / ".git" / "objects")
    (project.root / ".git" / "objects").mkdir()
    return project


def _corrupt(project: Project, _: Path) -> Project:
    """Overwrite the middle of the only pack."""
    git(project.root, "repack", "-q", "-a", "-d")
    (pack,) = (project.root / ".git" / "objects" / "pack").glob("*.pack")
    pack.chmod(0o644)
    data = pack.read_bytes()
    pack.write_bytes(data[:40] + b"\xff" * (len(data) - 60) + data[-20:])
    return project


def _headless(project: Project, _: Path) -> Project:
    (project.root / ".git" / "HEAD").write_text("ref: refs/heads/nowhere\n", encoding="utf-8")
    return project


def _no_git(project: Project, _: Path) -> Project:
    shutil.rmtree(project.root / ".git")
    return project


WORLDS = {
    "untracked": _untracked, "binary": _binary, "submodule": _submodule, "shallow": _shallow, "rewritten": _rewritten, "emptied": _emptied,
    "corrupt": _corrupt, "headless": _headless, "no git": _no_git,
}  # fmt: skip
QUESTIONS = [
    ("why", f"{NAME}:6"), ("why", f"{NAME}:6-9"), ("why", NAME), ("explain", "HEAD"), ("commits", "S"), ("show", "S"), ("timeline", "--file", NAME),
    ("timeline",), ("decisions", "--file", NAME), ("problems", "--all"), ("resume",), ("search", "backoff"),
]  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
def test_each_question_is_answered_or_refused_in_a_sentence(
    worked: Project, tmp_path: Path, ocm: Ocm, world: str
) -> None:
    project = WORLDS[world](worked, tmp_path)
    for question in QUESTIONS:
        code, out, err = ocm(project, *question)
        if code:
            assert (code in {1, 2}, out, len(err.splitlines())) == (True, "", 1), question
            assert err.startswith("ocm: "), question
            assert "bug" not in err, question
        else:
            assert out.strip(), question
            assert "Traceback" not in err, question


@pytest.mark.parametrize("world", [name for name in WORLDS if name != "submodule"])
def test_the_tool_answers(worked: Project, tmp_path: Path, world: str) -> None:
    project = WORLDS[world](worked, tmp_path)
    for arguments in ({"file": NAME, "line": 6}, {"file": NAME}):
        found = anyio.run(JournalServer(str(project.root)).call_tool, "ocm__why", arguments).structured_content
        assert found
        assert found["session_id"] == "S"


def test_the_tool_refuses_a_submodule_in_a_sentence(worked: Project, tmp_path: Path) -> None:
    project = _submodule(worked, tmp_path)
    with pytest.raises(OcmError, match="src/client.py is a submodule, with a history of its own. Name a file in it."):
        anyio.run(JournalServer(str(project.root)).call_tool, "ocm__why", {"file": NAME, "line": 6})


SAID: list[tuple[str, tuple[str, ...], int, str]] = [
    ("untracked", ("why", f"{NAME}:6"), 0, "Git does not track src/client.py, so this is from the journal alone."),
    ("binary", ("why", f"{NAME}:6"), 0, "is binary, so this is about the whole file"),
    ("submodule", ("why", f"{NAME}:6"), 2, "src/client.py is a submodule, with a history of its own. Name a file in it."),
    ("shallow", ("why", f"{NAME}:6"), 0, "History is cut off here (a shallow clone)"),
    ("rewritten", ("commits", "S"), 0, "Reworded"),
    ("emptied", ("why", f"{NAME}:6"), 0, "Git could not read the history of src/client.py, so this is from the journal alone."),
    ("emptied", ("explain", "HEAD"), 1, "Git has no commit 'HEAD'"),
    ("emptied", ("why", NAME), 0, "Git could not be asked: git could not read this repository."),
    ("corrupt", ("why", f"{NAME}:6"), 0, "Git could not read the history of src/client.py, so this is from the journal alone."),
    ("headless", ("why", f"{NAME}:6"), 0, "Git could not read the history of src/client.py, so this is from the journal alone."),
    ("no git", ("why", f"{NAME}:6"), 0, "commit    not known: it is in no git repository"),
    ("no git", ("explain", "HEAD"), 1, "it is in no git repository"),
    ("no git", ("commits", "S"), 0, "not known: src/client.py (it is in no git repository)"),
]  # fmt: skip


@pytest.mark.parametrize(("world", "question", "code", "words"), SAID)
def test_what_could_not_be_known_is_named(  # noqa: PLR0913, PLR0917 - a question, and what is said to it
    worked: Project, tmp_path: Path, ocm: Ocm, world: str, question: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = ocm(WORLDS[world](worked, tmp_path), *question)
    assert (found, words in (err if code else out)) == (code, True), out + err


@pytest.mark.parametrize("world", WORLDS)
def test_a_brief_comes_whatever_git_is_like(worked: Project, tmp_path: Path, world: str) -> None:
    project = WORLDS[world](worked, tmp_path)
    first = brief.for_hook(project.store, own="", tokens=600, most_read=64)
    assert "Retries in the client" in first
    assert brief.for_hook(project.store, own="", tokens=600, most_read=64) == first


@pytest.mark.parametrize("place", [f"{NAME}:13", f"{NAME}:13-15", f"{NAME}:999999999", f"{NAME}:0", f"{NAME}:9-3"])
def test_a_range_that_is_not_there_is_refused(worked: Project, ocm: Ocm, place: str) -> None:
    code, out, err = ocm(worked, "why", place)
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_a_range_that_goes_on_past_the_end_is_answered_as_far_as_it_goes(worked: Project, ocm: Ocm) -> None:
    found = json.loads(ocm(worked, "why", f"{NAME}:10-99", "--json")[1])
    assert found["lines"] == [10, 12]


# --- what is large


def _imported(repo: Project, files: int, lines: int) -> None:
    """Add a huge commit and merge it, without a process a file."""
    blob = b"".join(b"line %d of a very long file\n" % n for n in range(lines))
    head = git(repo.root, "rev-parse", "HEAD").encode()
    who = b"n <n@example.org> 1900000000 +0000"
    names = [b"M 100644 :9 big/%d.txt\n" % n for n in range(files)]
    stream = [b"blob\nmark :9\ndata %d\n%b\n" % (len(blob), blob)]
    stream += [b"commit refs/heads/huge\nmark :1\ncommitter %b\ndata 4\nhuge\nfrom %b\n" % (who, head), *names]
    stream += [b"\ncommit refs/heads/merged\ncommitter %b\ndata 5\nmerge\nfrom %b\nmerge :1\n" % (who, head), *names]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo.root, input=b"".join(stream), check=True)
    git(repo.root, "reset", "-q", "--hard", "merged")


@pytest.mark.parametrize(("files", "lines"), [(10_000, 3), (1, 1_000_000)])
def test_a_huge_merge_is_answered(worked: Project, ocm: Ocm, files: int, lines: int) -> None:
    _imported(worked, files, lines)
    for question in (
        ("why", f"big/{files - 1}.txt:2"),
        ("timeline", "--file", "big/0.txt"),
        ("commits", "S"),
        ("resume",),
    ):
        code, out, err = ocm(worked, *question)
        assert (code, err) == (0, ""), question
        assert out.strip(), question
    said: dict[str, Any] = json.loads(ocm(worked, "explain", "HEAD", "--json")[1])
    assert said["notes"] == ["A merge of 1 commits; this is what they come from.", "No session is known for it."]


@pytest.mark.skipif(os.name == "nt", reason="there, a file that is open cannot be taken away")
def test_a_folder_that_is_taken_away_meanwhile_is_no_traceback(worked: Project, ocm: Ocm) -> None:
    shutil.rmtree(worked.root / "src")
    code, out, _ = ocm(worked, "why", f"{NAME}:6")
    assert code == 0
    assert "is not there any more" in out
