"""What is made, by the name that stands in the mark before it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocm.cli import main
from tests import test_layers
from tests.bench.table import grid
from tests.bench.terminal import demo_command
from tests.pages import figures
from tests.pages.blocks import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
# The steps of the demo that README shows, by how they begin.
SHOWN = (
    "The conversation begins",
    "The user asks",
    "The assistant works",
    "The result",
    "Write is denied",
    "The assistant calls",
    "The next",
)


def commands() -> str:
    """Return every command with the first sentence of its help."""
    lines = [[f"`ocm {name}`", _first_sentence(command.help or "")] for name, command in every()]
    return "\n".join([*grid(["command", "what it does"], lines), ""])


def helps() -> str:
    """Return the whole help of every command."""
    parts = []
    for name, command in every():
        parts += [f"### ocm {name}", "", "```text", _help(name, command), "```", ""]
    return "\n".join(parts)


def every() -> Iterator[tuple[str, click.Command]]:
    """Return all commands of the command line, and those within them, by name."""
    context = _root()
    for name in main.ocm.list_commands(context):
        command = main.ocm.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", command.commands[inner]) for inner in sorted(command.commands))


def _help(name: str, command: click.Command) -> str:
    parent = _root()
    for word in name.split()[:-1]:
        parent = click.Context(main.ocm, info_name=word, parent=parent)
    with click.Context(
        command, info_name=name.rsplit(maxsplit=1)[-1], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    ) as context:
        return command.get_help(context)


def _root() -> click.Context:
    return click.Context(main.ocm, info_name="ocm", **main.ocm.context_settings)


def _first_sentence(text: str) -> str:
    """Return the first sentence of a help or a docstring, on one line."""
    words = " ".join(text.split("\n\n", maxsplit=1)[0].replace("\b", "").split())
    return re.split(r"(?<=[a-z)`]\.) (?=[A-Z])", words)[0].removesuffix(".")


def modules() -> str:
    """Return every room of the package from the top, with its sentence, and its modules with what they begin with."""
    found = test_layers.modules()
    lines = []
    for room in reversed(test_layers.ORDER):
        name = f"{room.replace('.', '/')}/" if room else "the top"
        lines += ["", f"**{name}** {_sentence(found[room])}", ""]
        mine = sorted(module for module in found if test_layers.room_of(module) == room and module != room)
        lines += [f"- `{_file(found[module])}`: {_purpose(found[module])}" for module in mine]
    return "\n".join([*lines, ""])


def _sentence(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _file(path: Path) -> str:
    return path.relative_to(ROOT / "ocm").as_posix()


def _purpose(path: Path) -> str:
    return _first_sentence(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


def transcript() -> str:
    """Return what `ocm demo` shows of the loop."""
    with tempfile.TemporaryDirectory(prefix="ocm-pages-") as name:
        command = demo_command(Path(sys.executable).parent, Path(name))
        done = subprocess.run(
            command.words, cwd=command.cwd, env=command.environment, check=True, capture_output=True, encoding="utf-8"
        )
    return "\n".join(["```text", *_shown(done.stdout), "```", ""])


def _shown(output: str) -> list[str]:
    """Return the steps that README shows: each the first time it comes, blank lines between them."""
    lines: list[str] = []
    left = list(SHOWN)
    for step in re.split(r"\n(?=— )", output):
        words = step.removeprefix("— ")
        begins = [begin for begin in left if words.startswith(begin)]
        if begins:
            left.remove(begins[0])
            lines += ["", *step.rstrip().splitlines()]
    if left:
        raise LookupError(f"the demo has no step that begins with: {', '.join(left)}")
    return lines[1:]


MAKERS = {
    "figures": figures.made,
    "commands": commands,
    "helps": helps,
    "modules": modules,
    "transcript": transcript,
}
