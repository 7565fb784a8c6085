"""What the commands that answer why share: printing an answer, and asking only about one file."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from ocm.ui import output

file_option = click.option("--file", "path", metavar="F", help="Only of sessions that touched this file.")


def say(found: Any, lines: Callable[[Any], Iterator[str]], *, as_json: bool, nothing: str = "") -> None:  # noqa: ANN401 - JSON
    """Print an answer as JSON or as lines."""
    if as_json:
        output.as_json(found)
        return
    said = list(lines(found))
    for line in said or [nothing]:
        output.say(line)
