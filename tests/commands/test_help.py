"""Help: every command is listed once with a summary that is its own first sentence, and listing loads none of them."""

from __future__ import annotations

import keyword
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ocm.cli import commands, main
from tests.support.builders import run_ocm

SUMMARIES = {name: summary for section in main.SECTIONS.values() for name, summary in section.items()}
FOLDER = Path(commands.__file__).parent


def groups_and_commands() -> list[tuple[str, click.Command]]:
    """Return every command, those within a group included, by the words that call it."""
    found: list[tuple[str, click.Command]] = []
    for name in SUMMARIES:
        command = main.ocm.commands[name]
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", each) for inner, each in command.commands.items()]
    return found


def test_every_file_of_a_command_is_listed_and_every_listed_command_has_its_file() -> None:
    files = {path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"}
    named = {name.replace("-", "_") for name in SUMMARIES if name != "help"}
    assert files == {name + "_" * keyword.iskeyword(name) for name in named}
    assert len(SUMMARIES) == sum(map(len, main.SECTIONS.values())), "a command is listed twice"


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    command = main.ocm.commands[name]
    first = (command.help or "").split("\n\n")[0]
    assert " ".join(first.split()) == SUMMARIES[name]
    assert command.name == name


def test_no_summary_is_cut_at_80_columns() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ocm", "--help"],
        env={**os.environ, "COLUMNS": "80"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    for name, summary in SUMMARIES.items():
        assert [line for line in lines if line.split()[:1] == [name] and line.endswith(f"  {summary}")], name
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line and not line.startswith(" ")][2:] == [f"{name}:" for name in main.SECTIONS]


def test_the_list_of_commands_loads_none_of_them() -> None:
    code = (
        "import sys; sys.argv = ['ocm', '--help']\n"
        "from ocm.__main__ import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Maintain:" in done.stdout
    assert "ocm.cli.main" in done.stderr.split()
    assert [name for name in done.stderr.split() if name.startswith("ocm.cli.commands.")] == []


@pytest.mark.parametrize(("words", "command"), groups_and_commands())
def test_every_option_says_what_it_does(words: str, command: click.Command) -> None:
    assert command.help, words
    silent = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden and not parameter.help
    ]
    assert silent == []


@pytest.mark.parametrize(("words", "command"), groups_and_commands())
def test_help_is_plain_english(words: str, command: click.Command) -> None:
    texts = [command.help, *(getattr(parameter, "help", None) for parameter in command.params)]
    for text in (text.strip() for text in texts if text):
        assert text.endswith((".", "fish")), (words, text)
        assert not {"anew", "mend", "mended", "put away", "tells"} & set(text.lower().replace(",", "").split()), words


def test_help_of_a_command_is_the_same_by_both_ways(tmp_path: Path) -> None:
    assert run_ocm(tmp_path, "help", "why").stdout == run_ocm(tmp_path, "why", "--help").stdout
