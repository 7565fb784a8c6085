"""The list of sessions; light, because it is what a person asks for most."""

import sys
from typing import TYPE_CHECKING, cast

from ocm.base.notices import Notice, ignore
from ocm.git import worktree
from ocm.index import access
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import PersonsRow, SessionRow
    from ocm.provenance.commit_links import View


def with_archive(store: Store) -> list[Store]:
    """Return a store and, where it has one, its archive."""
    from ocm.sessions import archive

    return [store, archive.archive_of(store)] if archive.exists(store) else [store]


def list_sessions(
    store: Store,
    limit: int = 10,
    tool: str | None = None,
    notice: Notice = ignore,
    *,
    everything: bool = False,
) -> "list[PersonsRow]":
    """Return the sessions that started last, newest first, and what became of them; a limit of -1 returns all.

    With `everything`, those that only asked something as well.
    """
    from ocm.provenance import commit_links, landed

    limit = max(-1, min(limit, sys.maxsize))

    def work(view: "View") -> "list[PersonsRow]":
        rows = view.cache.sessions(limit, tool or "", view.project, everything=everything)
        known = landed.standings(view, rows)
        return [cast("PersonsRow", {**row.as_json(), **known[row.row].as_json(), "pinned": row.pinned}) for row in rows]

    return commit_links.read(store, work, notice=notice)


def names(store: Store, limit: int = -1) -> "list[SessionRow]":
    """Return the same sessions as they are alone, for who only looks at what they are called."""
    project = worktree.own_project(store)
    found = access.read(store, lambda cache: cache.sessions(limit, "", project, everything=False))
    return [row.as_json() for row in found]


def called(store: Store) -> list[tuple[str, str]]:
    """Return what each session may be called, by slug and by id, with its title in one line."""
    project = worktree.own_project(store)
    rows = access.read(store, lambda cache: cache.sessions(-1, "", project))
    return [(name, " ".join(row.title.split())) for row in rows for name in (row.slug, row.session_id) if name]
