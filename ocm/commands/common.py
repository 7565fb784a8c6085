"""What commands share: finding the store, and the options that many of them take."""

import contextlib
import os
from collections.abc import Callable, Iterator

import click

from ocm import output, paths
from ocm.looking import find_store
from ocm.paths import Store

__all__ = ["dry_run_option", "find_store", "json_option", "notices", "project_option", "tool_option"]

project_option = click.option("--project", metavar="DIR", help="The project, instead of the one around this folder.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else on stdout.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, as a diff, and change nothing.")
tool_option = click.option("--tool", metavar="T", help="Only sessions of this assistant.")


def named(store: Store, path: str) -> str:
    """Return a path as typed in this folder, from the project's top."""
    here = os.path.abspath(path)
    return paths.relative(store, here if os.path.lexists(here) else os.path.normpath(path))


@contextlib.contextmanager
def notices() -> Iterator[Callable[[str], None]]:
    """Collect notices and say each once when all went well; where it did not, the error is the one line."""
    lines: list[str] = []
    yield lines.append
    for line in dict.fromkeys(lines):
        output.notice(line)
