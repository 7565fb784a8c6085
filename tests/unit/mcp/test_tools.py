"""Each tool is one entry, and what it says of its answers is what the rows are, key by key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from ocm.base import rows
from ocm.base.errors import BadInputError
from ocm.mcp import tools
from ocm.mcp.conversation import Caller, Conversation
from ocm.mcp.tool_schemas import CHECKPOINT
from ocm.mcp.tools import TOOLS
from ocm.store import registry
from tests.support.builders import Project, commit
from tests.support.said import FIRST, SECOND, Talks

ROWS: dict[str, type] = {
    "ocm__search_sessions": rows.FoundRow,
    "ocm__list_sessions": rows.ListedRow,
    "ocm__get_session_files": rows.FileRow,
    "ocm__get_session": rows.Excerpt,
    "ocm__timeline": rows.TimelineRow,
}
INNER: dict[str, dict[str, type]] = {
    "ocm__search_sessions": {"ended": rows.EndedRow},
    "ocm__list_sessions": {"ended": rows.EndedRow},
    "ocm__get_session": {
        "ended": rows.EndedRow, "files": rows.FileRow, "plan_files": rows.PlanRow, "references": rows.ReferenceRow,
    },
    "ocm__timeline": {"checkpoints": rows.CheckpointRow, "changes": rows.ChangeRow},
}  # fmt: skip


def properties_of(tool: str) -> dict[str, Any]:
    """Return what a tool says of a row of its answer, or of the answer where that is no list."""
    found: dict[str, Any] = TOOLS[tool].returns["properties"]
    inner: dict[str, Any] = found["result"]["items"]["properties"] if "result" in found else found
    return inner


CLIENT = "def fetch(pool, address):\n    connection = pool.borrow(address, timeout=3.5)\n    return connection.read()\n"


@pytest.fixture
def worked(repo: Project) -> Iterator[Project]:
    """Return a project with a file, a decision that was ended, and a commit."""
    (repo.root / "src").mkdir()
    (repo.root / "src/a.py").write_text(CLIENT, encoding="utf-8")
    repo.edited("src/a.py")
    repo.checkpoint(
        "S", goal="Cut latency", decisions=["**Use a pool:** fewer connections"], work_summary=["Measured latency"],
        plan_files=[{"path": "plan.md", "header": "Plan"}], references=[{"url": "https://example.org", "title": "t"}],
        tags=["speed"],
    )  # fmt: skip
    commit(repo.root, "Pool connections")
    registry.register(str(repo.root), repo.store.path)
    repo.checkpoint("T", goal="Cut latency more", decisions=["**No pool:** Supersedes: Use a pool"])
    yield repo
    registry.unregister(str(repo.root))


def answer(project: Project, tool: str, **arguments: Any) -> dict[str, Any]:
    return dict(TOOLS[tool].call(Conversation(str(project.root)), Caller(), arguments))


@pytest.mark.parametrize("tool", ROWS)
def test_a_schema_has_every_key_of_its_row_and_no_other(tool: str) -> None:
    assert set(properties_of(tool)) == set(get_type_hints(ROWS[tool]))


@pytest.mark.parametrize(("tool", "name"), [(tool, name) for tool, inner in INNER.items() for name in inner])
def test_the_schema_of_a_row_within_a_row_has_its_keys(tool: str, name: str) -> None:
    assert set(properties_of(tool)[name]["items"]["properties"]) == set(get_type_hints(INNER[tool][name]))


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("ocm__search_sessions", {"query": "latency pool"}), ("ocm__search_sessions", {"query": "latency", "scope": "global"}),
    ("ocm__list_sessions", {}), ("ocm__get_session_files", {"session_id": "S"}), ("ocm__get_session", {"session_id": "S"}),
    ("ocm__timeline", {"session_id": "S"}), ("ocm__timeline", {"file": "src/a.py"}),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "arguments"), ASKED)
def test_a_real_row_has_the_keys_that_its_type_and_its_schema_name(
    worked: Project, tool: str, arguments: dict[str, Any]
) -> None:
    found = answer(worked, tool, **arguments)
    given = found.get("result", [found])
    row_type: Any = ROWS[tool]
    assert given
    for row in given:
        assert row_type.__required_keys__ <= set(row)
        assert set(row) <= set(properties_of(tool))
        for name, inner in INNER.get(tool, {}).items():
            inner_type: Any = inner
            for one in row.get(name, ()):
                assert inner_type.__required_keys__ <= set(one) <= set(get_type_hints(inner))


def test_what_ended_is_in_the_schema_and_in_a_hit(worked: Project) -> None:
    hits = answer(worked, "ocm__search_sessions", query="pool fewer connections")["result"]
    assert any(hit.get("ended") for hit in hits)
    assert answer(worked, "ocm__get_session", session_id="S")["ended"][0]["session_id"] == "T"


def test_what_a_checkpoint_returns_and_why_answers_are_in_their_schemas(worked: Project) -> None:
    stored = answer(worked, "ocm__checkpoint", session_id="S", goal="Cut latency")
    assert set(stored) == set(properties_of("ocm__checkpoint"))
    reason = answer(worked, "ocm__why", file="src/a.py", line=2)
    assert {"file", "line", "session_id", "decisions"} <= set(reason) <= set(properties_of("ocm__why"))


def test_the_words_that_every_conversation_pays_for_are_few() -> None:
    words = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.accepts} for tool in TOOLS.values()
    ]
    assert len(json.dumps(words, separators=(",", ":"))) / 4 < 1200


def test_only_the_checkpoint_changes_anything() -> None:
    assert [tool.name for tool in TOOLS.values() if not tool.read_only] == ["ocm__checkpoint"]
    assert TOOLS["ocm__checkpoint"].accepts is CHECKPOINT


def test_a_tool_is_found_by_the_name_in_its_own_entry() -> None:
    assert all(name == tool.name and name.startswith("ocm__") for name, tool in TOOLS.items())
    assert len({tool.handler for tool in TOOLS.values()}) == len(TOOLS)


def test_a_limit_above_the_most_is_the_most(worked: Project) -> None:
    assert len(answer(worked, "ocm__search_sessions", query="latency", limit=tools.MAX_LIMIT * 9)["result"]) == 2


def test_a_conversation_that_searches_finds_the_others_before_itself(project: Project) -> None:
    project.checkpoint("old", goal="Calm the wombat down", title="The wombat")
    project.checkpoint("mine", goal="wombat wombat wombat", title="Wombat of mine")
    search = {"tool_name": "mcp__opencodememory__ocm__search_sessions", "tool_use_id": "toolu_1"}
    project.hook("pre-tool-use", session_id="mine", **search)

    def found(tool_use: str, limit: int) -> list[tuple[str, int]]:
        conversation, caller = Conversation(str(project.root)), Caller("claude-code", tool_use)
        hits = TOOLS["ocm__search_sessions"].call(conversation, caller, {"query": "wombat", "limit": limit})["result"]
        return [(hit["session_id"], hit["rank"]) for hit in hits]

    assert found("toolu_1", 5) == [("old", 1), ("mine", 2)]
    assert found("toolu_1", 1) == [("old", 1)]
    assert found("toolu_2", 5) == [("mine", 1), ("old", 2)], "nobody knows who asks"


def test_what_was_said_is_a_scope_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talks = Talks.at(tmp_path, monkeypatch)
    talks.claude().prompt("the mailer, mailer, mailer").put(talks.folder)
    talks.claude(SECOND).prompt("the mailer of an earlier day").put(talks.folder)
    search = {"tool_name": "mcp__opencodememory__ocm__search_sessions", "tool_use_id": "toolu_1"}
    talks.project.hook("pre-tool-use", session_id=FIRST, **search)

    def found(tool_use: str, limit: int = 5) -> list[tuple[str, int]]:
        conversation, caller = Conversation(str(talks.project.root)), Caller("claude-code", tool_use)
        given = {"query": "mailer", "limit": limit, "scope": "transcripts"}
        result = TOOLS["ocm__search_sessions"].call(conversation, caller, given)
        assert set(result) == {"result"}
        assert all(set(row) <= set(properties_of("ocm__search_sessions")) for row in result["result"])
        return [(row["session_id"], row["rank"]) for row in result["result"]]

    assert found("toolu_2") == [(FIRST, 1), (SECOND, 2)]
    assert found("toolu_1") == [(SECOND, 1), (FIRST, 2)]
    assert found("toolu_1", 1) == [(SECOND, 1)]
    with pytest.raises(BadInputError, match="branch cannot be asked about"):
        answer(talks.project, "ocm__search_sessions", query="mailer", scope="transcripts", branch="main")


def test_transcripts_that_take_too_long_to_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talks = Talks.at(tmp_path, monkeypatch)
    talks.claude().prompt("the mailer").put(talks.folder)
    monkeypatch.setattr(tools, "_PATIENCE", 0.0)
    found = answer(talks.project, "ocm__search_sessions", query="mailer", scope="transcripts")
    assert found == {"result": [], "unread": 1}
