"""Where a store stands: its sessions, its sizes, and for each active session its count and its gate.

Light, because people and status lines ask for it often: nothing here reads a session file.
"""

import os
from typing import TYPE_CHECKING

from ocm.base import times
from ocm.base.errors import OcmError
from ocm.base.notices import Notice, ignore
from ocm.index import access
from ocm.store import config, gate, journal, paths
from ocm.store.events import moment, of_kind, session_of, text_of
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import ActiveRow, Status

_PARTS = {"memory.db": "cache", "active_": "journals", "taken_": "journals", "journal.": "log", "hook.log": "log"}
# How large each part can get: `None` for what is as much as there was to say.
BOUNDS = {
    "sessions": None,
    "cache": None,
    "journals": config.MAX_JOURNAL,
    "log": 2 * (config.MAX_LOG + journal.MAX_REJECTED),
    "archive": None,
    "copies": None,
}
_MOST_ACTIVE = 100


def status(store: Store, notice: Notice = ignore) -> "Status":
    """Return where things stand: the store, and for each active session its count and its gate."""
    sessions = _session_count(store, notice)
    settings = config.load(paths.user_store(), store.path)
    active: list[ActiveRow] = []
    for key in _latest(store):
        events = journal.read_events(store.path, key)
        counts = gate.tally(store.path, key, changes_only=settings["gate.count"] == "changes")
        last = max((moment(event) for event in events), default=0.0)
        active.append({
            "session_id": session_of(events, key),
            "tool": next((text_of(event, "tool") for event in of_kind(events, "open")), None),
            "calls": counts.calls,
            "threshold": int(settings["gate.threshold"]),
            "gate_shut": gate.is_shut(counts, settings),
            "denials": counts.denials,
            "last_event": times.iso(last) or None,
        })  # fmt: skip
    return {
        "store": store.path,
        "scope": "user" if store.is_user else "project",
        "project_root": store.root,
        "sessions": sessions,
        "sizes": _sizes(store),
        "bounds": BOUNDS,
        "settings": settings,
        "active": active,
    }


def _latest(store: Store) -> list[str]:
    """Return the keys of the sessions at work, the ones touched last if there are more than anyone could be at."""
    keys = journal.session_keys(store.path)
    if len(keys) > _MOST_ACTIVE:
        touched = {key: _touched(journal.active_path(store.path, key)) for key in keys}
        keys = sorted(sorted(keys, key=lambda key: touched[key])[-_MOST_ACTIVE:])
    return keys


def _touched(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _session_count(store: Store, notice: Notice) -> int:
    """Return how many sessions there are, each once, and files that cannot be read; what is wrong is named."""
    try:
        return access.read(store, lambda cache: cache.count_files(), notice=notice)
    except OcmError as error:
        notice(str(error))
        return 0


def _sizes(store: Store) -> dict[str, int]:
    """Return the bytes that each part of the store takes."""
    sizes = dict.fromkeys(BOUNDS, 0)
    archive = store.archive
    folders = (
        (store.path, ""),
        (store.sessions, "sessions"),
        (archive.path, "archive"),
        (archive.sessions, "archive"),
        (os.path.join(store.path, paths.COPIES), "copies"),
    )
    for folder, of_all in folders:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            part = of_all or _part(entry.name)
            if part and entry.is_file(follow_symlinks=False):
                sizes[part] += entry.stat(follow_symlinks=False).st_size
    return sizes


def _part(name: str) -> str:
    return next((part for prefix, part in _PARTS.items() if name.startswith(prefix)), "")
