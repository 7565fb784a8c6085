"""Every command that a page shows works as it stands there, and every output is what comes out."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING

import pytest

from ocm.cli import main
from ocm.store import config
from tests import readme, test_layers
from tests.bench.table import Report, Row
from tests.pages import __main__ as pages
from tests.pages import blocks, figures, made
from tests.pages.world import World

if TYPE_CHECKING:
    from pathlib import Path

# The kinds of fenced blocks, and what is done with each.
KINDS = {
    "sh": "set-up that takes minutes: named in SETUP with who runs it",
    "console": "commands alone: run in order, and each must succeed",
    "sh-session": "commands with what they print: run, and compared",
    "text": "a picture, named in PICTURES",
}
SETUP = {
    ("README.md", 0): "tests/readme.py try",
    ("README.md", 1): "tests/readme.py test",
    (".github/CONTRIBUTING.md", 0): "-m ruff check .",
}
PICTURES = {("README.md", " you work with the assistant"), ("ocm/README.md", " host hook ──►")}
POSIX = pytest.mark.skipif(os.name == "nt", reason="the pages show paths and shells of POSIX")
CI = (blocks.ROOT / ".ci" / "run").read_text(encoding="utf-8")
BLOCKS = {page: list(blocks.fenced(page)) for page in blocks.PAGES}
INLINE = {
    page: re.findall(r"`([^`\n]+)`", re.sub(r"(?s)^```.*?^```$", "", blocks.text(page), flags=re.MULTILINE))
    for page in blocks.PAGES
}


@cache
def make(name: str) -> str:
    return made.MAKERS[name]()


# --- what is made


def test_every_made_part_has_a_maker_and_every_maker_a_place() -> None:
    assert {name for page in blocks.PAGES for name in blocks.made(page)} == set(made.MAKERS)


@POSIX
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", blocks.PAGES)
def test_made_parts_are_up_to_date(page: str) -> None:
    for name, text in blocks.made(page).items():
        assert blocks.steady(text) == blocks.steady(make(name)), f"{page}: python -m tests.pages --write"


def test_the_map_names_every_module_and_nothing_else() -> None:
    named = re.findall(r"^- `(\S+)`: \S", blocks.text("ocm/README.md"), re.MULTILINE)
    assert sorted(named) == sorted(
        path.relative_to(test_layers.PACKAGE).as_posix()
        for name, path in test_layers.modules().items()
        if name not in test_layers.ORDER
    )


def test_the_manual_has_the_help_of_every_command_as_it_prints_it() -> None:
    manual = blocks.text("ocm/COMMANDS.md")
    for name, command in made.every():
        assert f"### ocm {name}\n" in manual
        for parameter in command.params:
            assert all(
                option in manual
                for option in parameter.opts
                if option.startswith("--") and not getattr(parameter, "hidden", False)
            )


# --- what is run


@POSIX
@pytest.mark.timeout(300)
def test_the_commands_work_in_order_and_print_what_the_pages_show(tmp_path: Path) -> None:
    world = World(tmp_path)
    for page in [*blocks.PAGES[1:], blocks.PAGES[0]]:  # README ends by taking ocm out
        for block in BLOCKS[page]:
            printed = {command: world.run(command) for command in blocks.commands(block.text) if block.kind != "sh"}
            if block.kind == "sh-session":
                shown = "".join(f"$ {command}\n{output}" for command, output in printed.items())
                assert blocks.steady(block.text) == blocks.steady(shown), f"{page}: python -m tests.pages --write"
    assert "ocm-hook" not in world.run("cat .claude/settings.json || true")


@pytest.mark.parametrize("page", blocks.PAGES)
def test_every_block_is_of_a_kind_that_is_run_or_named(page: str) -> None:
    for block in BLOCKS[page]:
        assert block.kind in KINDS, block
        lines = block.text.splitlines()
        if block.kind == "text":
            assert any(page == where and lines[0].startswith(begins) for where, begins in PICTURES), block
        if block.kind == "console":
            assert lines
            assert all(line.startswith("$ ") for line in lines), block
        if block.kind == "sh-session":
            assert lines[0].startswith("$ "), block


def test_every_set_up_command_is_run_by_the_workflow() -> None:
    found = {
        (page, number): block.text
        for page in blocks.PAGES
        for number, block in enumerate(block for block in BLOCKS[page] if block.kind == "sh")
    }
    assert set(found) == set(SETUP)
    assert all(words in CI for words in SETUP.values())
    for part in found[".github/CONTRIBUTING.md", 0].split("&&"):
        assert part.strip().removeprefix(".venv/bin/").removeprefix("python -m ") in CI


def test_there_are_two_setup_commands_and_the_second_runs_the_tests() -> None:
    try_command, test_command = readme.shell_commands(blocks.text("README.md"))
    assert try_command.endswith("ocm demo")
    assert ".venv/bin/pytest" in test_command


# --- what is mentioned


@pytest.mark.parametrize("page", blocks.PAGES)
def test_commands_and_options_in_a_sentence_exist(page: str) -> None:
    known = dict(made.every()) | {"help": main.ocm.commands["help"]}
    for words in INLINE[page]:
        parts = words.split()
        if parts[0] == "ocm" and len(parts) > 1 and not parts[1].startswith("-"):
            assert parts[1] in known, words
            options = {option for parameter in known[parts[1]].params for option in parameter.opts}
            assert {part for part in parts[2:] if part.startswith("--")} <= options, words


@pytest.mark.parametrize("page", blocks.PAGES)
def test_what_is_run_by_python_exists(page: str) -> None:
    markers = tomllib.loads((blocks.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]["markers"]
    for words in INLINE[page]:
        if match := re.match(r"(?:HYPOTHESIS_PROFILE=\S+ )?python -m (tests[\w.]*)", words):
            name = match[1] + ".__main__"
            found = importlib.util.find_spec(match[1])
            assert found, words
            assert not found.submodule_search_locations or importlib.util.find_spec(name), words
        if match := re.search(r"pytest .*-m (\w+)", words):
            assert any(marker.startswith(f"{match[1]}:") for marker in markers), words


@pytest.mark.parametrize("page", blocks.PAGES)
def test_what_a_page_points_at_is_there(page: str) -> None:
    folder = (blocks.ROOT / page).parent
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", blocks.with_made(blocks.text(page), lambda _: "")):
        assert (folder / target).exists(), target
    for words in INLINE[page]:
        if re.fullmatch(r"(?:tests|ocm|hooks|rules|\.ci|\.github|\.claude-plugin)/[\w./-]+", words.split("::")[0]):
            assert (blocks.ROOT / words.split("::")[0]).exists() or words.endswith("RESULTS.md"), words


def test_every_setting_is_in_the_manual() -> None:
    for name in config.DEFAULTS:
        assert f"| `{name}` |" in blocks.text("ocm/COMMANDS.md")


def test_every_host_is_in_the_table() -> None:
    from ocm.hosts.config.all_hosts import HOSTS

    table = blocks.text("README.md").partition("## Assistants")[2].partition("\n## ")[0].lower()
    words = {"vscode-copilot": "copilot in vs code", "claude-code": "claude code"}
    for name in HOSTS:
        assert words.get(name, name.split("-")[0]) in table, name


@pytest.mark.parametrize("path", sorted((blocks.ROOT / "rules").glob("[a-z]*.md")), ids=lambda path: path.name)
def test_a_rules_text_is_as_short_as_its_page_says_and_named_there(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8")) / 4 < 350
    assert f"`{path.name}`" in blocks.text("rules/README.md")


def test_no_assistant_takes_a_folders_page_for_hooks_rules_or_a_command() -> None:
    plugin = json.loads((blocks.ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    commands = blocks.ROOT / plugin["commands"]
    assert {path.suffix for path in commands.iterdir()} == {".md"}
    assert all(path.read_text(encoding="utf-8").startswith("---\n") for path in commands.iterdir())
    pages = {
        path.relative_to(blocks.ROOT).as_posix()
        for name in ("hooks", "rules")
        for path in (blocks.ROOT / name).rglob("README*")
    }
    assert pages == {"hooks/README.md", "rules/README.md"}
    sources = [path.read_text(encoding="utf-8") for path in test_layers.modules().values()]
    assert not any("README" in source for source in sources)


# --- figures


RESULTS = {
    "`ocm-hook pre-tool-use` over `python -c pass`": 1.5,
    "`ocm-hook post-tool-use` over `python -c pass`": 1.6,
    "`ocm-hook post-tool-use` in 30,000 files with 500 dirty over an empty repository": 1.0,
    "checkpoint over MCP at 10,000 sessions over the same at 10": 1.1,
    "checkpoint over MCP at 10,000 sessions, against the reference": 0.2,
    "search over MCP at 10,000, less one scan": 0.6,
    "cold rebuild of 10,000 sessions of 4 kB from markdown, one core, over a plain parse": 0.4,
    "10 x 8 parallel first checkpoints of one session, lost": 0,
    "`ocm list` at 1,000 sessions over `python -c pass`": 5.0,
    "`ocm search` at 1,000 sessions over `python -c pass`": 5.5,
    "names, descriptions and input schemas of 7 tools, characters / 4": 990,
    "packages that an installation adds": 4,
    "wheels that it adds, our own with them": 2.8,
    "`ocm demo` from nothing to its end": 3.0,
}


def results(folder: Path, names: dict[str, float]) -> None:
    """Write a file of results as the benchmark does, with a short form that must not be taken for it."""
    report = Report([Row(name, value, 10, 30, "here", "there") for name, value in names.items()])
    text = (
        report.markdown("# What it costs\n")
        + "\n## The short form\n\n| packages that an installation adds | 99.00x | |\n"
    )
    path = folder / "tests" / "bench" / "RESULTS.md"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_figures_come_from_the_files_of_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results(tmp_path, RESULTS)
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    table = figures.made()
    assert "| `python -m tests.bench` | measured | to reach |" in table
    assert "| packages beside the four that it builds on | 4.00x | ≤ 10x |" in table
    assert table.count("\n| ") == 1 + len(RESULTS)
    assert "`tests/bench/retrieval/RESULTS.md` is not here; `python -m tests.bench.retrieval SET…` writes it." in table
    assert "`tests/bench/links/RESULTS.md` is not here" in table


@pytest.mark.parametrize("name", RESULTS)
def test_a_figure_that_is_gone_is_not_left_out_silently(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results(tmp_path, {other: value for other, value in RESULTS.items() if other != name})
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    with pytest.raises(LookupError, match="0 rows like"):
        figures.made()


def test_links_are_shown_from_the_worst_repository_to_the_best() -> None:
    assert re.search(r"\| after a rebase \| 9\d to 100 % \| 9\d to 100 % \|", figures.made())


# --- the pages' own tools


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("2026-03-03 14:32 done", "2025-01-01 09:01 done", True),
        ("at 2026-03-03T14:32:10+01:00", "at 2026-03-04T00:00:00Z", True),
        ("a3f1c99  kept", "b4e2d88 kept ", True),
        ("size 4 kB", "size 8 kB", True),
        ("5 minutes ago", "just now", True),
        ("| a | b |", "| a | c |", False),
        ("done", "done\nmore", False),
        ("4 tool calls", "5 tool calls", False),
    ],
)
def test_only_what_changes_from_run_to_run_is_let_pass(one: str, other: str, are_same: bool) -> None:
    assert blocks.same(one, other) == are_same


PAGE = "# T\n\n<!-- made: x -->\nold 2026-03-03\n<!-- end -->\n\n```sh-session\n$ ocm list\nold\n```\n\n```console\n$ ocm demo\n```\n"


def test_a_page_is_made_anew_where_it_says_something_else() -> None:
    anew = blocks.with_sessions(
        blocks.with_made(PAGE, lambda name: f"new {name}\n"), lambda command: f"{command} said\n"
    )
    assert "<!-- made: x -->\nnew x\n<!-- end -->" in anew
    assert "```sh-session\n$ ocm list\nocm list said\n```" in anew
    assert anew.endswith("```console\n$ ocm demo\n```\n")


def test_a_page_that_says_the_same_stays_as_it_is() -> None:
    assert blocks.with_made(PAGE, lambda _: "old 2026-04-04\n") == PAGE
    assert blocks.with_sessions(PAGE, lambda _: "old\n") == PAGE


def test_the_command_names_what_is_out_of_date_and_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Nowhere:
        def __init__(self, _: Path) -> None:
            self.run = lambda _: "old\n"

    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(blocks, "ROOT", tmp_path)
    monkeypatch.setattr(blocks, "PAGES", ("page.md",))
    monkeypatch.setattr(pages, "World", Nowhere)
    monkeypatch.setattr(made, "MAKERS", {"x": lambda: "new\n"})
    assert pages.main([]) == 1
    assert "page.md is out of date" in capsys.readouterr().out
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE
    assert pages.main(["--write"]) == 0
    assert "\nnew\n" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert pages.main([]) == 0


def test_a_demo_without_a_step_that_is_shown_is_no_transcript() -> None:
    with pytest.raises(LookupError, match="The next"):
        made._shown(
            "\n— The user asks\n    x\n\n— The assistant works\n\n— The result\n\n— Write is denied\n\n— The assistant calls\n"
        )
