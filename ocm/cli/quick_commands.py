"""What `list`, `search` and `status` do, without the command line's library: it takes longer to load than they run."""

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from ocm.base.errors import NoStoreError, suggestion
from ocm.store import journal, paths, trust
from ocm.store.paths import Store
from ocm.ui import layout, output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ocm.base.rows import Missing, Standing, Status

NO_SESSIONS = "No sessions yet. They appear as your assistant works; `ocm status` shows what it records."


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
    trust.settle(store)
    if sys.stderr.isatty() and "--json" not in sys.argv:
        from ocm.index import sync

        sync.watch(output.Progress)
    return store


@contextlib.contextmanager
def notices() -> "Iterator[Callable[[str], None]]":
    """Collect notices and print each once when all went well; where it did not, the error is the one line."""
    lines: list[str] = []
    yield lines.append
    for line in dict.fromkeys(lines):
        output.notice(line)


def status(*, project: str | None, as_json: bool) -> None:
    """Print where the store, the active sessions and the gate stand."""
    from ocm.recall import status as standing

    with notices() as notice:
        store = find_store(project)
        counted = standing.status(store, notice)
    found: Standing = {**counted, "missing": _missing(project or os.environ.get("OCM_PROJECT_DIR"), store, counted)}
    if as_json:
        output.as_json(found)
    else:
        layout.status(found)


def _missing(named: str | None, store: Store, found: "Status") -> "list[Missing]":
    """Return why nothing is recorded or saved; asked only where it looks so, because the answer takes long to load."""
    here = os.path.realpath(named or os.getcwd())
    is_elsewhere = here != os.path.realpath(store.root) or bool(paths.main_worktree(store.root))
    told = [one for one in found["active"] if not one["session_id"].startswith(journal.SERVER_MADE)]
    is_silent = not told and (bool(found["active"]) or not found["sessions"])
    is_stuck = any(one["gate_shut"] and one["denials"] for one in told)
    if not (is_elsewhere or is_silent or is_stuck):
        return []
    from ocm.cli import overview

    return overview.missing(here, store, found)


def list_sessions(*, project: str | None, limit: int, tool: str | None, everything: bool, as_json: bool) -> None:
    """Print the newest sessions."""
    from ocm.recall import listing

    store = find_store(project)
    rows = listing.list_sessions(store, limit, tool, notice=output.notice, everything=everything)
    if as_json:
        output.as_json(rows)
    elif rows:
        layout.sessions(rows)
    else:
        output.say(_unknown(store, tool=tool) or NO_SESSIONS)


def search(  # noqa: PLR0913 - one parameter an option
    *,
    project: str | None,
    query: tuple[str, ...],
    limit: int,
    archived: bool,
    all_projects: bool,
    as_json: bool,
    path: str | None,
    **filters: str | None,
) -> None:
    """Print what matches a question."""
    from ocm.recall import search

    stores = _stores(project, everywhere=all_projects, archived=archived)
    if path and not all_projects:
        path = paths.named(stores[0], path)
    wanted = search.Filters(file=path, **filters)
    asked: dict[str, Any] = {"limit": limit, "filters": wanted, "notice": output.notice}
    words = " ".join(query)
    if len(stores) == 1 and not all_projects:
        rows = search.search(stores[0], words, **asked)
    else:
        rows = search.search_everywhere(stores, words, **asked)
    if as_json:
        output.as_json(rows)
    elif rows:
        layout.hits(rows)
    else:
        typed = {name: filters.get(name) for name in ("tool", "branch")}
        output.say((_unknown(stores[0], **typed) if stores else "") or "No session matches.")


def _unknown(store: Store, **typed: str | None) -> str:
    """Return which of the names that sessions have (`tool`, `branch`) none here has, and the nearest; else nothing."""
    from ocm.recall import listing

    for column, name in typed.items():
        rows: Sequence[Mapping[str, object]] = listing.names(store) if name else ()
        known = {str(row[column]) for row in rows}
        if name and known and name not in known:
            return f"No session has the {column} {name!r}. {suggestion(name, known)}".rstrip()
    return ""


def _stores(project: str | None, *, everywhere: bool, archived: bool) -> list[Store]:
    if everywhere:
        from ocm.store import registry

        return registry.everywhere()
    store = find_store(project)
    if archived:
        from ocm.recall import listing

        return listing.with_archive(store)
    return [store]
