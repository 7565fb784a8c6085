"""How a brief words what it tells: on one line each, without what could end the fence around it, cut to a length."""

import functools

from ocm.base.sanitize import sanitize_line, short
from ocm.base.text import cut
from ocm.base.times import iso
from ocm.git import freshness
from ocm.index.queries import SessionRow
from ocm.recall.neighbours import Neighbour
from ocm.store.paths import shown

MAX_ITEM, MAX_TITLE, MAX_PATH = 300, 90, 200
_MAX_NAME = 40
_MOST_EDITED = 6


def item(text: str, limit: int = MAX_ITEM) -> str:
    """Return what an item says."""
    return cut(_line(text), limit)


_line = functools.lru_cache(4096)(sanitize_line)  # what does not fit is cut shorter, and tried again


def name(text: str) -> str:
    """Return a name: of a host, a branch."""
    return cut(sanitize_line(text), _MAX_NAME)


def place(path: str) -> str:
    """Return a path; of one outside the project no folder but the user's home, which every reader knows by itself."""
    return item(shown(path), MAX_PATH)


def paths(files: list[str], most: int = _MOST_EDITED) -> str:
    """Return the first of some paths, and how many more there are."""
    kept = [place(path) for path in files if len(path) <= MAX_PATH]
    more = [f"{len(kept) - most} more"] if len(kept) > most else []
    return ", ".join([*kept[:most], *more])


def unsaved(one: Neighbour) -> str:
    """Return what is known of a conversation whose work no checkpoint holds."""
    parts = [
        name(one.tool),
        f"last heard of {clock(one.last)}",
        name(one.branch),
        short(one.session_id),
        f"asked: {item(one.asked, 160)}" if one.asked else "",
        f"edited {paths(one.edited)}" if one.edited else "",
        f"said last: {item(one.said)}" if one.said else "",
    ]
    return " · ".join(part for part in parts if part)


def clock(at: float) -> str:
    """Return a day and a time of the local clock."""
    return iso(at)[:16].replace("T", " ")


def session(row: SessionRow, title: str, *, landed: bool, stale: str) -> str:
    """Return where something is from: day, host, branch and id of a session, what it was about, and how it aged."""
    branch = name(row.branch)
    parts = [row.updated_at[:10], name(row.tool), f"{branch}, landed" if branch and landed else branch]
    parts += [short(row.session_id), title, stale]
    return " · ".join(part for part in parts if part)


def stale(counts: dict[str, int] | None) -> str:
    """Return how many files of a session are not as it left them, empty where all are or nobody knows."""
    changed = counts[freshness.CHANGED] + counts[freshness.GONE] if counts else 0
    return f"{changed} of {sum(counts.values())} files changed" if counts and changed else ""
