"""Other conversations of this store that are at work, or were cut off: what their journals hold and no file does yet.

Light to import, because a hook asks for it. A journal is read, never changed.
"""

import os
import time
from typing import NamedTuple

from ocm.base.text import unquoted
from ocm.store import events, journal
from ocm.store.paths import Store

AT_WORK = 600.0  # seconds without an event, after which nobody can say that a conversation is still at work
_MOST = 5  # journals, the ones written last
_TAIL = 12 * 3600.0  # seconds after which a journal is no neighbour any more


class Neighbour(NamedTuple):
    """A conversation with unsaved work: who, where, when it was last heard of, what was asked, edited and said last.

    `is_at_work` says that it was heard of lately, and is not over.
    """

    session_id: str
    tool: str
    branch: str
    last: float
    asked: str
    edited: list[str]
    said: str
    is_at_work: bool = False


def find(store: Store, *, besides: str = "") -> list[Neighbour]:
    """Return the conversations whose journals hold edits that no checkpoint has, or that are going on, latest first.

    `besides` is the id of the one that asks.
    """
    own = journal.key(besides) if besides else ""
    stamped = sorted(
        ((_touched(store, key), key) for key in journal.session_keys(store.path) if key != own), reverse=True
    )
    since = time.time() - _TAIL
    found = [_read(store, key, when) for when, key in stamped[:_MOST] if when > since]
    return [each for each in found if each is not None]


def _touched(store: Store, key: str) -> float:
    paths = [journal.active_path(store.path, key), *journal.taken_paths(store.path, key)]
    return max((os.stat(path).st_mtime for path in paths if os.path.exists(path)), default=0.0)


def _read(store: Store, key: str, when: float) -> Neighbour | None:
    """Return what a journal tells; None for one that is over, or that says of no work at all."""
    lines = journal.read_events(store.path, key)
    opened = events.of_kind(lines, "open")
    is_stored = any(events.text_of(line, "file") for line in opened)
    edited = list(dict.fromkeys(_inside(path, _root(opened, store)) for path in map(events.edited_path, lines) if path))
    happened = [line for line in lines if events.hook_event(line)]
    over = not happened or events.kind_of(happened[-1]) == "end"
    last = max(map(events.moment, happened), default=when)
    is_at_work = not over and last >= time.time() - AT_WORK
    if not edited and not (is_at_work and is_stored):
        return None
    asked = [events.text_of(line, "title") for line in events.of_kind(lines, "prompt")]
    first = opened[0] if opened else {}
    return Neighbour(
        events.session_of(lines, key),
        events.text_of(first, "tool"),
        events.text_of(first, "branch"),
        last,
        unquoted(next(filter(None, asked), "")),
        edited,
        events.last_words(lines)[0],
        is_at_work,
    )


def _root(opened: list[events.Event], store: Store) -> str:
    return next((root for line in opened if (root := events.text_of(line, "root"))), store.root)


def _inside(path: str, root: str) -> str:
    """Return a path as it is named from the work tree that its session is in."""
    for base in (root, os.path.realpath(root)):
        if path.startswith(base.rstrip(os.sep) + os.sep):
            return path[len(base.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
    return path
