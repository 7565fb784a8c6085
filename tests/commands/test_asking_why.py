"""The commands and the tool that ask why, as a person and a model use them."""

import json
import re
from typing import Any

import anyio
import pytest

from ocm.base.errors import OcmError
from ocm.mcp.server import JournalServer
from ocm.recall import brief, timeline
from tests.support.builders import Project, commit, git, run_ocm
from tests.support.work_world import retried, wrote


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
    assert re.search(r"files: 1 unchanged; (?:0 commits|1 commit) since", lines[4])  # as the second turns
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
    assert said(client, "show", "T").splitlines()[-3:] == [
        "What came of it, as git has it now:",
        "  no commit holds work of this session",
        "  not landed: src/log.py",
    ]


def test_a_session_that_touched_nothing_came_to_nothing(client: Project) -> None:
    client.checkpoint("U", goal="only talk")
    assert "What came of it" not in said(client, "show", "U")


def test_of_many_files_that_never_landed_some_are_named(client: Project) -> None:
    wrote(client, "U", {f"new/{n:02}.py": f"value_{n} = compute({n})\n" for n in range(13)}, goal="many")
    lines = said(client, "show", "U").splitlines()
    assert [line for line in lines if "not landed" in line][-2:] == [
        "  not landed: new/09.py",
        "  not landed: 3 more, see: ocm commits U",
    ]
    assert len([line for line in said(client, "commits", "U").splitlines() if "not landed" in line]) == 13


def test_a_brief_names_the_commits_and_leaves_out_what_was_ended(client: Project) -> None:
    def words() -> str:
        return brief.brief(client.store, branch="main", session_id="S", tokens=600)

    assert "Backoff" in words()
    assert f"Its commits: {git(client.root, 'rev-parse', 'HEAD')[:9]}" in words()
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff. Solves: p99"])
    assert "Backoff" not in words()
    assert "p99" not in words()


# --- a decision that no longer holds is marked wherever it is shown

JITTER = "**Jitter:** random. Supersedes: Backoff. Solves: p99"


def test_an_ended_item_is_marked_for_a_person(client: Project) -> None:
    client.checkpoint("T", decisions=[JITTER])
    by = "by: **Jitter:** random"
    assert f"superseded {by}" in said(client, "why", "src/client.py:6")
    assert f"superseded {by}" in said(client, "explain", "HEAD")
    assert f"superseded {by}" in said(client, "decisions", "--all")
    assert f"solved {by}" in said(client, "problems", "--all")
    assert f"[ended {by}" in said(client, "show", "S")
    for words in ("fixed wait hammered", "spikes at requests", "hammer"):
        assert by in said(client, "search", words)


@pytest.mark.parametrize("arguments", [
    ["why", "src/client.py:6"], ["explain", "HEAD"], ["show", "S"], ["show", "S", "--section", "decisions"], ["search", "fixed wait hammered"],
    ["decisions", "--all"],
])  # fmt: skip
def test_an_ended_item_is_marked_for_a_script(client: Project, arguments: list[str]) -> None:
    client.checkpoint("T", decisions=[JITTER])
    found = said(client, *arguments, "--json")
    assert json.dumps(JITTER) in found
    assert '"session_id": "T"' in found


@pytest.mark.parametrize(("tool", "arguments"), [
    ("ocm__why", {"file": "src/client.py", "line": 6}), ("ocm__get_session", {"session_id": "S", "sections": ["decisions"]}),
    ("ocm__search_sessions", {"query": "fixed wait hammered"}),
])  # fmt: skip
def test_an_ended_item_is_marked_for_a_model(client: Project, tool: str, arguments: dict[str, Any]) -> None:
    assert "Jitter" not in json.dumps(asked(client, tool, **arguments))
    client.checkpoint("T", decisions=[JITTER])
    assert "Jitter" in json.dumps(asked(client, tool, **arguments))


def test_elsewhere_an_ended_item_is_not_shown_at_all(client: Project) -> None:
    client.checkpoint("T", decisions=[JITTER])
    found = [said(client, *words) for words in (["decisions"], ["problems"], ["resume", "S"], ["why", "src/client.py"])]
    found += [json.dumps(asked(client, "ocm__why", file="src/client.py")), json.dumps(timeline.timeline(client.store))]
    found.append(json.dumps(timeline.timeline(client.store, file="src/client.py")))
    assert not [text for text in found if "hammered" in text or "**p99:**" in text]


def test_a_hit_says_what_was_ended_whatever_it_shows(client: Project) -> None:
    client.checkpoint("T", decisions=[JITTER])
    found = json.loads(said(client, "search", "survives slow server", "--json"))
    assert [(one["session_id"], [each["item"][:11] for each in one["ended"]]) for one in found] == [
        ("S", ["**Backoff:*", "**p99:** sp"])
    ]


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
    with pytest.raises(OcmError, match=words):
        asked(client, "ocm__why", **arguments)


def test_a_read_session_marks_what_was_ended(client: Project) -> None:
    client.checkpoint("T", decisions=["**Jitter:** random. Supersedes: Backoff."])
    found = asked(client, "ocm__get_session", session_id="S", sections=["decisions"])
    assert [one["by"] for one in found["ended"]] == ["**Jitter:** random. Supersedes: Backoff."]
    assert (found["landed"], found["branch_state"]) == ("yes", "merged")


def test_a_timeline_of_a_file_runs_through_sessions_and_commits_alike(client: Project) -> None:
    found = timeline.timeline(client.store, file="src/client.py")
    assert [(entry["title"], entry.get("sessions")) for entry in found if "commit" in entry] == [("Retries", ["S"])]
    assert [entry["session_id"] for entry in found if "checkpoints" in entry] == ["S"]
    assert [entry["date"] for entry in found] == sorted(entry["date"] for entry in found)
    assert len(timeline.timeline(client.store, file="src/client.py", limit=1)) == 1
    assert "commit " in said(client, "timeline", "--file", "src/client.py")


@pytest.mark.parametrize("path", ["src/client.py", "client.py", "./src/../src/client.py", "src//client.py"])
def test_a_timeline_takes_the_end_of_a_path(client: Project, path: str) -> None:
    assert [entry["title"] for entry in timeline.timeline(client.store, file=path)] == [
        "Retries in the client",
        "Retries",
    ]


def test_a_timeline_takes_a_path_as_typed_in_a_folder(client: Project) -> None:
    for path in ("client.py", "src/client.py"):
        found = json.loads(run_ocm(client.root / "src", "timeline", "--file", path, "--json").stdout)
        assert [entry["title"] for entry in found] == ["Retries in the client", "Retries"]


def test_a_timeline_has_the_commits_of_a_file_that_no_session_touched(client: Project) -> None:
    found = timeline.timeline(client.store, file="a.py")
    assert [(entry["title"], entry["sessions"]) for entry in found] == [("change", [])]


def test_a_file_that_is_being_edited_names_the_session_at_it(client: Project) -> None:
    client.hook("session-start", session_id="busy")
    client.edited(str(client.root / "src" / "client.py"), session_id="busy")
    assert "  session   busy edited it since its last checkpoint" in said(client, "why", "src/client.py").splitlines()
