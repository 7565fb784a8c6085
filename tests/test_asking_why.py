"""The commands and the tool that ask why, as a person and a model use them."""

import json
from typing import Any

import anyio
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from ocm import brief, timeline
from ocm.server import JournalServer
from tests.builders import Project, commit, git, run_ocm
from tests.work_world import retried, wrote


@pytest.fixture
def client(repo: Project) -> Project:
    """A project whose client has a past: retries, then a deadline, then jitter instead of the backoff."""
    retried(repo)
    commit(repo.root, "Retries")
    repo.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={})
    repo.checkpoint(work_summary=["Committed the retries"], problems=["**p99:** spikes at 100 requests"])
    wrote(
        repo,
        "T",
        {"src/log.py": "def logged(line):\n    print('client:', line)\n"},
        decisions=["**Prints:** no logging."],
    )
    return repo


def said(project: Project, *arguments: str) -> str:
    """Return what a command prints."""
    done = run_ocm(project.root, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_why_says_commit_session_decision_work_and_where_to_read_on(client: Project) -> None:
    lines = said(client, "why", "src/client.py:6").splitlines()
    assert lines[0] == "src/client.py:6"
    words = dict.fromkeys(line.split()[0] for line in lines[1:] if not line.startswith(" " * 12))
    assert list(words) == ["commit", "session", "decision", "work", "more"]
    assert "Retries" in lines[1]
    assert "S · Retries in the client" in lines[2]
    assert "the session made this commit" in lines[3]
    assert "files: 1 unchanged; 0 commits since" in lines[4]
    assert "**Backoff:** fetch waits" in lines[5]


def test_why_takes_a_path_as_typed_in_a_folder(client: Project) -> None:
    folder = client.root / "src"
    assert json.loads(run_ocm(folder, "why", "client.py:6", "--json").stdout)["file"] == "src/client.py"
    assert json.loads(run_ocm(folder, "why", "src/client.py:6", "--json").stdout)["file"] == "src/client.py"
    assert json.loads(run_ocm(folder, "why", f"{folder}/client.py:6", "--json").stdout)["file"] == "src/client.py"


def test_why_of_a_whole_file(client: Project) -> None:
    found = said(client, "why", "src/client.py")
    assert "S · Retries in the client" in found
    assert "**Backoff:**" in found


@pytest.mark.parametrize(("arguments", "code", "said_"), [
    (["why", "src/client.py:99"], 2, "has 12 lines, so it has no line 99"),
    (["why", "nope.py:1"], 1, "Neither git nor any session knows nope.py"),
    (["why", "src"], 2, "src is a folder"),
    (["why", "src/client.py:x-y-z"], 1, "Neither git nor any session knows"),
    (["why", "src/client.py:2-1"], 2, "2-1 is no range of lines"),
    (["explain", "nope"], 1, "Git has no commit 'nope'"),
    (["commits", "nope"], 1, "There is no session 'nope'"),
])  # fmt: skip
def test_what_cannot_be_answered_is_one_line(client: Project, arguments: list[str], code: int, said_: str) -> None:
    done = run_ocm(client.root, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    assert said_ in done.stderr


def test_a_commit_and_a_session_lead_to_each_other(client: Project) -> None:
    assert "S · Retries in the client" in said(client, "explain", "HEAD")
    assert "Retries" in said(client, "commits", "S")
    assert "no commit holds work of this session" in said(client, "commits", "T")
    assert json.loads(said(client, "commits", "T", "--json"))["not_landed"] == ["src/log.py"]
    assert json.loads(said(client, "explain", "HEAD", "--json"))["sessions"][0]["how"] == "recorded"


def test_decisions_and_problems_are_listed(client: Project) -> None:
    assert [line for line in said(client, "decisions").splitlines() if "**Prints:**" in line or "**Backoff:**" in line]
    assert "**Backoff:**" not in said(client, "decisions", "--file", "src/log.py")
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff. Solves: p99."])
    assert "**Backoff:**" not in said(client, "decisions")
    assert "superseded by: **Jitter:** random." in said(client, "decisions", "--all")
    assert said(client, "problems") == "No problem is open.\n"
    assert "solved by: **Jitter:**" in said(client, "problems", "--all")
    assert [one["label"] for one in json.loads(said(client, "decisions", "--json"))] == ["Jitter", "Prints"]


def test_an_empty_store_has_no_decision(project: Project) -> None:
    assert said(project, "decisions") == "No decision is recorded.\n"


def test_show_says_what_came_of_it_and_marks_what_was_ended(client: Project) -> None:
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff."])
    shown = said(client, "show", "S")
    assert (
        "- **Backoff:** fetch waits 2 ** attempt seconds; a fixed wait hammered the server.  [ended by: **Jitter:**"
        in shown
    )
    assert "What came of it, as git has it now:" in shown
    found = json.loads(said(client, "show", "S", "--json"))
    assert [one["subject"] for one in found["commits"]] == ["Retries"]
    assert found["not_landed"] == []
    assert [one["by"] for one in found["ended"]] == ["**Jitter:** random. Supersedes: Backoff."]
    assert "What came of it" not in said(client, "show", "T")


def test_a_brief_names_the_commits_and_leaves_out_what_was_ended(client: Project) -> None:
    def words() -> str:
        return brief.brief(client.store, branch="main", session_id="S", tokens=600)

    assert "Backoff" in words()
    assert f"Its commits: {git(client.root, 'rev-parse', 'HEAD')[:9]}" in words()
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff. Solves: p99"])
    assert "Backoff" not in words()
    assert "p99" not in words()


# --- the tool


def asked(project: Project, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool of the server."""
    result = anyio.run(JournalServer(str(project.root)).call_tool, tool, arguments)
    found: dict[str, Any] = result.structured_content or {}
    return found


def test_the_tool_answers_with_the_decision(client: Project) -> None:
    found = asked(client, "ocm__why", file="src/client.py", line=6)
    assert found["decisions"][0].endswith("a fixed wait hammered the server.")
    assert (found["session_id"], found["sure"], found["line"]) == ("S", True, 6)
    assert found == asked(client, "ocm__why", file="src/client.py:6")
    assert found == asked(client, "ocm__why", file=str(client.root / "src" / "client.py"), line=6)


def test_the_tool_answers_for_a_file(client: Project) -> None:
    found = asked(client, "ocm__why", file="src/log.py")
    assert found["decisions"][0].endswith("**Prints:** no logging.")
    assert "line" not in found or found["line"] is None


@pytest.mark.parametrize(("arguments", "words"), [
    ({"file": "src/client.py", "line": 0}, "0-0 is no range"), ({"file": "src/client.py", "line": "x"}, "line is str"),
    ({"line": 3}, "file is missing"), ({"file": "nope.py"}, "Neither git nor any session"), ({"file": ""}, "is a folder"),
])  # fmt: skip
def test_the_tool_says_what_is_wrong(client: Project, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError, match=words):
        asked(client, "ocm__why", **arguments)


def test_a_read_session_marks_what_was_ended(client: Project) -> None:
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff."])
    found = asked(client, "ocm__get_session", session_id="S", sections=["decisions"])
    assert [one["by"] for one in found["ended"]] == ["**Jitter:** random. Supersedes: Backoff."]
    found = asked(client, "ocm__get_session", session_id="S", sections=["goal"])
    assert "ended" not in found


def test_a_timeline_of_a_file_runs_through_sessions_and_commits_alike(client: Project) -> None:
    found = timeline.timeline(client.store, file="src/client.py")
    assert [(entry["title"], entry.get("sessions")) for entry in found if "commit" in entry] == [("Retries", ["S"])]
    assert [entry["session_id"] for entry in found if "checkpoints" in entry] == ["S"]
    assert [entry["date"] for entry in found] == sorted(entry["date"] for entry in found)
    assert len(timeline.timeline(client.store, file="src/client.py", limit=1)) == 1
    assert "commit " in said(client, "timeline", "--file", "src/client.py")
