"""The list of sessions; light, because it is what a person asks for most."""

import sys
from typing import TYPE_CHECKING

from ocm.base.notices import Notice, ignore
from ocm.git import worktree
from ocm.index import access
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import SessionRow


def list_sessions(
    store: Store, limit: int = 10, tool: str | None = None, notice: Notice = ignore, *, everything: bool = False
) -> "list[SessionRow]":
    """Return the sessions that started last, newest first; a limit of -1 returns all.

    With `everything`, those that only asked something as well.
    """
    project = worktree.own_project(store)
    limit = max(-1, min(limit, sys.maxsize))
    rows = access.read(
        store, lambda cache: cache.sessions(limit, tool or "", project, everything=everything), notice=notice
    )
    return [row.as_json() for row in rows]
