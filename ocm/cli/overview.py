"""Where one stands: the store, who is set up for it, what was done last, and what to do next."""

from typing import TYPE_CHECKING

from ocm.base.notices import Notice, ignore
from ocm.doctor import doctor, host_checks, reach
from ocm.recall import listing, status
from ocm.setup import scope
from ocm.store import paths, trust
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import Missing, Overview, SessionRow, Status

_INIT = ("ocm init", "set this project up for your assistants")
_HELP = ("ocm --help", "everything else")


def look(cwd: str, notice: Notice = ignore) -> "Overview":
    """Return where one stands in a folder.

    Returns:
        `store` (None without one), `hosts`, `sessions`, `last` (a row of the list), `active` as in the status, and
        `next`, pairs of a command and what it is for.
    """
    store = paths.find_store(cwd)
    if store is None:
        steps = [_INIT, ("ocm demo", "see first what it does, in a folder thrown away afterwards"), _HELP]
        return {"store": None, "hosts": [], "sessions": 0, "last": None, "active": [], "next": steps}
    trust.settle(store)
    found = status.status(store, notice)
    last = next(iter(listing.names(store, 1)), None)
    hosts = _hosts(store)
    return {
        "store": store.path,
        "hosts": hosts,
        "sessions": found["sessions"],
        "last": last,
        "active": found["active"],
        "next": [*_out_of_reach(cwd, store), *_next(found, last, hosts), _HELP],
    }


def missing(cwd: str, store: Store, found: "Status") -> "list[Missing]":
    """Return what keeps work in a folder from being recorded or saved, each with the next step."""
    named: list[Missing] = [
        {"message": one.message, "next_step": one.next_step} for one in doctor.not_recorded(cwd, store)
    ]
    for one in found["active"]:
        if one["gate_shut"] and one["denials"]:
            message = f"Calls of {one['session_id']} were held back since its last checkpoint: {one['denials']}."
            by_hand = f'ocm checkpoint --session-id {one["session_id"]} --summary "..."'
            step = f"Ask the assistant for a checkpoint; without that tool, its MCP server is off. By hand: {by_hand}"
            named.append({"message": message, "next_step": step})
    return named


def _hosts(store: Store) -> list[str]:
    levels = [scope.user_scope()]
    if not store.is_user:
        levels.insert(0, scope.Scope(store.root, store.path))
    return list(dict.fromkeys(title for level in levels for title in host_checks.titles(level)))


def _out_of_reach(cwd: str, store: Store) -> list[tuple[str, str]]:
    """Return the first reason why nothing that is done in this very folder would be recorded."""
    return [("ocm doctor", finding.message) for finding in reach.check(cwd, store)[:1]]


def _next(found: "Status", last: "SessionRow | None", hosts: list[str]) -> list[tuple[str, str]]:
    steps = [] if hosts else [_INIT]
    if any(one["gate_shut"] for one in found["active"]):
        steps.append(('ocm checkpoint --summary "..."', "the assistant is asked for a checkpoint; this is one by hand"))
    if last is None:
        steps.append(("ocm doctor", "once your assistant has worked: proves that it was recorded"))
    else:
        steps.append(("ocm resume", "a brief to go on with, in any assistant"))
        steps.append(("ocm search WORDS", "find what was done and decided before"))
    return steps
