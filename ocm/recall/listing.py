"""The list of sessions; light, because it is what a person asks for most."""

import sys
from collections.abc import Callable
from typing import Any

from ocm.git import worktree
from ocm.index import access
from ocm.store.paths import Store

Notice = Callable[[str], None]


def print_nothing(_: str) -> None:
    """Take a notice that nobody is there to read."""


def list_sessions(
    store: Store, limit: int = 10, tool: str | None = None, notice: Notice = print_nothing
) -> list[dict[str, Any]]:
    """Return the sessions that started last, newest first; a limit of -1 returns all."""
    project = worktree.own_project(store)
    most = max(-1, min(limit, sys.maxsize))
    rows = access.read(store, lambda cache: cache.sessions(most, tool or "", project), notice=notice)
    return [row.as_json() for row in rows]
