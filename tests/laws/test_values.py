"""The law of values: whatever a file of the store or a call says at some place, hooks, tools and commands go on.

A command and a tool answer, or say in a sentence what is wrong; a hook logs nothing.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.base.errors import OcmError
from ocm.cli import main
from ocm.mcp.server import JournalServer
from ocm.mcp.tools import TOOLS
from tests.support.builders import Project, commit, repository
from tests.support.work_world import BODY, wrote

VALUES = (
    '""', "null", "true", "-1", "²", "٣", "0x10", "nan", "inf", "1e400", "9" * 5000, "99999999999", "9223372036854775808",
    "18446744073709551615", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "10000-01-01", "2026-13-45T99:99:99",
    "1969-12-31T00:00:00", "2026-01-01T00:00:00+23:59", "\0", "\u2028", "\u202e", "\ufeff", "x" * 20_000, "é" * 300, "[a]", "{a: b}",
    "*x", "&a b", "!!python/object:os.system x", "%", "@", "`", "..", "../../x", "/etc/passwd", "a/b", "C:\\x",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**30, 10**300, float("inf"), float("nan"), "", "x", "²", "\ud800", "\0", "/etc/passwd", "../../x", "a\nb",
    "--output=x", "x" * 20_000, [], [1], [[["x"]]], {}, {"a": 1},
)  # fmt: skip
COMMANDS = (
    ["list"], ["list", "--json"], ["search", "client"], ["search", "client", "--since", "2020-01-01", "--json"], ["show", "latest"],
    ["show", "latest", "--json"], ["resume"], ["timeline"], ["stats"], ["decisions"], ["problems"], ["why", "src/client.py:6"],
    ["why", "src/client.py"], ["explain", "HEAD"], ["commits", "latest"], ["status"], ["export", "latest"], ["redact-scan"],
    ["prune", "--older-than", "1d"], ["rebuild-index"], ["checkpoint", "--session-id", "S", "--summary", "again"],
)  # fmt: skip


class Written(NamedTuple):
    """A project with the session file of a whole conversation, and where something else could stand in that."""

    project: Project
    name: str
    text: str
    places: list[tuple[int, int]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    project = Project(repository(tmp_path_factory.mktemp("values") / "repo"))
    project.hook("user-prompt", prompt="Make the client survive a slow server")
    everything = {
        name: [f"{name} of the client"]
        for name in ("work_completed", "work_pending", "work_summary", "decisions", "problems", "tags")
    }
    plan, page = {"path": "plan.md", "header": "Plan"}, {"url": "https://example.org", "title": "Page"}
    wrote(
        project, "S", {"src/client.py": BODY}, goal="A client", slug="client", trigger="git_commit",
        plan_files=[plan], references=[page], **everything,
    )  # fmt: skip
    commit(project.root, "Client")
    project.hook("stop")
    project.hook("session-end", reason="other")
    text = project.file().read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        yield Written(project, project.file().name, text, _places(text))


def _places(text: str) -> list[tuple[int, int]]:
    """Return where a value, or a word of a fact, begins and ends."""
    head, _, rest = text.partition("\n---\n")
    values = [match.span(1) for match in re.finditer(r"^\w+: (.*)$", head, re.MULTILINE)]
    headings = [match.span(1) for match in re.finditer(r"^#+ (.*)$", text, re.MULTILINE)]
    block = len(text) - len(rest.rpartition("```ocm\n")[2])
    words = [match.span() for match in re.finditer(r"(?<= )\S+", text) if match.start() > block]
    return values + headings + words


_tried = settings(max_examples=min(400, settings.default.max_examples if settings.default else 100))


@_tried
@given(st.data(), st.sampled_from(VALUES), st.lists(st.sampled_from(COMMANDS), min_size=2, max_size=4))
def test_no_value_of_a_session_file_breaks_a_command(
    written: Written, data: st.DataObject, value: str, commands: list[list[str]]
) -> None:
    begin, end = data.draw(st.sampled_from(written.places))
    for left in written.project.files():
        left.unlink()
    path = os.path.join(written.project.store.sessions, written.name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(written.text[:begin] + value + written.text[end:])
    for command in commands:
        answered(command)
    written.project.hook("session-start", source="resume")
    assert not written.project.log()


def answered(command: list[str]) -> None:
    """Run a command; it may say what is wrong, in its own words."""
    raised = CliRunner().invoke(main.ocm, command).exception
    assert isinstance(raised, SystemExit | OcmError | None), f"{command} broke"


# --- the arguments of a tool

GIVEN: dict[str, dict[str, Any]] = {
    "ocm__checkpoint": {"session_id": "S", "goal": "A client"}, "ocm__search_sessions": {"query": "client"}, "ocm__list_sessions": {},
    "ocm__get_session_files": {"session_id": "S"}, "ocm__get_session": {"session_id": "S"}, "ocm__timeline": {"session_id": "S"},
    "ocm__why": {"file": "src/client.py", "line": 6},
}  # fmt: skip
ARGUMENTS = [(tool, name) for tool in TOOLS for name in [*TOOLS[tool].accepts["properties"], "unknown"]]


@pytest.mark.parametrize(("tool", "name"), ARGUMENTS)
def test_no_argument_of_a_tool_breaks_the_server(written: Written, tool: str, name: str) -> None:
    server = JournalServer(str(written.project.root))

    async def call_all() -> None:
        for value in (*ODD, *VALUES, 2**63, -(2**63), ["x"], ["\ud800"], [{"path": 1}], "a:1-"):
            with contextlib.suppress(OcmError, OSError):  # which says what is wrong
                await server.call_tool(tool, {**GIVEN[tool], name: value})

    anyio.run(call_all)


# --- the journal


class Journaled(NamedTuple):
    """A project in the middle of a conversation, a copy of its store, and the events of the journal."""

    project: Project
    copy: str
    journal: str
    events: list[dict[str, Any]]

    def put(self, events: list[dict[str, Any]]) -> None:
        """Let the store be as it was, with these events in the journal."""
        shutil.rmtree(self.project.store.path)
        shutil.copytree(self.copy, self.project.store.path)
        text = "".join(json.dumps(event) + "\n" for event in events)
        Path(self.journal).write_text(text, encoding="utf-8")

    def recover(self) -> None:
        """Let the next conversation find a journal that nothing touched for long."""
        with contextlib.suppress(FileNotFoundError):  # the session may be over
            os.utime(self.journal, (1, 1))
        self.project.hook("session-start", session_id="T", source="startup")


@pytest.fixture(scope="module")
def journaled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journaled]:
    folder = tmp_path_factory.mktemp("journal")
    project = Project(repository(folder / "repo"))
    edited = str(project.root / "a.py")
    project.checkpoint(goal="A client")
    project.hook("user-prompt", prompt="Make the client survive a slow server")
    project.hook("pre-compact")
    project.edited(edited)
    project.hook("post-tool-use", tool_name="Bash", tool_input={"command": "git commit -m x"})
    project.calls(6)
    for _ in range(4):
        project.denied()
    project.edited(edited, agent_id="x", tool_use_id="toolu_1")
    project.hook("stop")
    shutil.copytree(project.store.path, folder / "copy")
    (name,) = project.journals()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        yield Journaled(project, str(folder / "copy"), os.path.join(project.store.path, name), project.lines())


STEPS: dict[str, Callable[[Journaled], object]] = {
    "checkpoint": lambda _: answered(["checkpoint", "--session-id", "S", "--summary", "again"]),
    "status": lambda _: answered(["status"]),
    "why": lambda _: answered(["why", "a.py:1"]),
    "resume": lambda one: one.project.hook("session-start", source="resume"),
    "prompt": lambda one: one.project.hook("user-prompt", prompt="and now?"),
    "before": lambda one: one.project.denied(),
    "after": lambda one: one.project.edited("b.py"),
    "compact": lambda one: one.project.hook("pre-compact"),
    "stop": lambda one: one.project.hook("stop"),
    "end": lambda one: one.project.hook("session-end", reason="other"),
    "recover": Journaled.recover,
}


@_tried
@given(st.data(), st.sampled_from(ODD), st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=3))
def test_no_value_of_a_journal_breaks_a_hook_or_a_checkpoint(
    journaled: Journaled, data: st.DataObject, value: object, steps: list[str]
) -> None:
    at = data.draw(st.integers(0, len(journaled.events) - 1))
    name = data.draw(st.sampled_from([*journaled.events[at], "unknown"]))
    journaled.put([{**event, name: value} if n == at else event for n, event in enumerate(journaled.events)])
    for step in steps:
        STEPS[step](journaled)
    assert not journaled.project.log()
