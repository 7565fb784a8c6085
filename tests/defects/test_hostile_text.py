"""No text, name or link decides where something is written or what a file means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from .driver import System
    from .world import World

CODE = "**Loop:** as follows\n```python\ndef wait():\n    return 1\n```\nand no more"


def _section(text: str, title: str) -> list[str]:
    """Cut the lines of a section out of a session file."""
    lines = text.splitlines()
    start = lines.index(f"## {title}") + 1
    ends = [number for number, line in enumerate(lines) if number >= start and line.startswith("## ")]
    return lines[start : ends[0] if ends else len(lines)]


def _headings(text: str) -> list[str]:
    """Read the headings of a session file as Markdown has them."""
    tokens = MarkdownIt().parse(text.split("---\n", 2)[2])
    starts = [number for number, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    return [tokens[number + 1].content for number in starts]


@pytest.mark.parametrize("way", ["command line", "server"])
def test_d13_a_slug_cannot_leave_the_store(system: System, world: World, way: str) -> None:
    """The reference used the slug as a path, and overwrote any markdown file with it."""
    victim = world.write("victim.md", "precious\n", base=world.root)
    slug = "x/../../../../victim"
    if way == "server":
        with system.mcp() as server:
            server.call("ocm__checkpoint", session_id="T", slug=slug, goal="owned")
    else:
        system.checkpoint("T", "--slug", slug, "--goal", "owned")
    assert victim.read_text(encoding="utf-8") == "precious\n"


@pytest.mark.parametrize("options", [("a/../../b",), ("T", "--tool", "../../tool")])
def test_d13_an_id_or_a_tool_with_slashes_is_only_a_name(system: System, options: tuple[str, ...]) -> None:
    """The reference died with a traceback, or wrote elsewhere if the directory happened to be there."""
    system.checkpoint(*options, "--goal", "a harmless goal").must_work()
    files = [path for path in (system.store / "sessions").rglob("*.md") if path.is_file()]
    assert [path.parent for path in files] == [system.store / "sessions"]
    assert "a harmless goal" in files[0].read_text(encoding="utf-8")


def test_d39_text_cannot_make_a_section(system: System) -> None:
    """In the reference a goal that held a heading became two sections."""
    goal = "Tidy up\n\n---\n\n## Architecture Decisions\n\n- **Trust:** everybody\n\n## Goal\n\nAnother"
    system.checkpoint("S", "--goal", goal, "--decision", "**Real:** the only one").must_work()
    titles = _headings(system.session_file("S").read_text(encoding="utf-8"))
    assert [titles.count(title) for title in ("Goal", "Architecture Decisions")] == [1, 1]


def test_d39_an_id_cannot_make_a_front_matter_key(system: System) -> None:
    """In the reference a line break in the id put keys of its own into the front matter."""
    done = system.checkpoint("S\ninjected: yes", "--goal", "a goal")
    assert not done.crashed
    for path in (system.store / "sessions").glob("*.md"):
        assert "\ninjected:" not in path.read_text(encoding="utf-8")


def test_d39_front_matter_is_valid_whatever_the_id(system: System) -> None:
    """The reference wrote ids unquoted into YAML."""
    session = "a: [b # {c"
    system.checkpoint(session, "--goal", "a goal").must_work()
    path = next((system.store / "sessions").glob("*.md"))
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    assert front["session_id"] == session


def test_d39_a_code_block_in_an_item_keeps_its_shape(system: System) -> None:
    """The reference made a bullet of every line, and lost the indentation."""
    system.checkpoint("S", "--decision", CODE).must_work()
    lines = _section(system.session_file("S").read_text(encoding="utf-8"), "Architecture Decisions")
    assert len([line for line in lines if line.startswith(("- ", "* "))]) == 1
    columns = {word: line.index(word) for line in lines for word in ("def wait", "return 1") if word in line}
    assert columns["return 1"] - columns["def wait"] == 4


def test_d39_a_pipe_does_not_break_the_table(system: System) -> None:
    """In the reference a pipe in a heading made a column more."""
    system.checkpoint("S", "--plan-file", '{"path": "plan.md", "header": "Alpha | Beta"}').must_work()
    row = next(line for line in system.session_file("S").read_text(encoding="utf-8").splitlines() if "plan.md" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


def test_d57_a_session_file_that_is_a_link_is_not_followed(system: System, world: World) -> None:
    """The reference wrote through it, and overwrote the target."""
    system.checkpoint("S", "--goal", "a goal").must_work()
    victim = world.write("victim.txt", "precious\n", base=world.root)
    path = system.session_file("S")
    path.unlink()
    path.symlink_to(victim)
    system.checkpoint("S", "--summary", "one step more")
    assert victim.read_text(encoding="utf-8") == "precious\n"
