"""What commands share: finding the store, and the options that many of them take."""

import contextlib
import os
from collections.abc import Callable, Iterator

import click

from ocm import output, paths
from ocm.errors import NoStoreError
from ocm.paths import Store

project_option = click.option("--project", metavar="DIR", help="The project, instead of the one around this folder.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else on stdout.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, as a diff, and change nothing.")
tool_option = click.option("--tool", metavar="T", help="Only sessions of this assistant.")


def find_store(project: str | None) -> Store:
    """Return the store that a command works on.

    Raises:
        NoStoreError: naming `ocm init`.
    """
    named = project or os.environ.get("OCM_PROJECT_DIR")
    if named and not os.path.isdir(named):
        raise NoStoreError(f"There is no folder {named}.", "Name the project's folder.")
    store = paths.find_store(named or os.getcwd())
    if store is None:
        where = os.path.abspath(named or os.getcwd())
        raise NoStoreError(f"There is no session store for {where}.", "Make one with: ocm init")
    return store


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
