"""Which sessions are at work, as their journals say."""

import os
import re
import time

from ocm.store import journal
from ocm.store.events import saw_call, session_of
from ocm.store.paths import Store

ACTIVE_SECONDS = 12 * 3600
_ID = re.compile(r"[\w.:@/+=~#%,-]{1,300}")


def ids(store: Store) -> list[str]:
    """Return the ids of the sessions whose journals were touched in the last hours, the latest first."""
    found = []
    for key in journal.session_keys(store.path):
        path = journal.active_path(store.path, key)
        touched = os.stat(path).st_mtime if os.path.exists(path) else 0.0
        if touched > time.time() - ACTIVE_SECONDS:
            found.append((touched, session_of(journal.read_events(store.path, key), key)))
    return [session_id for _, session_id in sorted(found, reverse=True) if is_an_id(session_id)]


def is_an_id(session_id: str) -> bool:
    """Return whether a host can have made an id: one word without a sign that tags and quotes are made of."""
    return bool(_ID.fullmatch(session_id))


def session_of_tool_use(store: Store, tool_use: str) -> str:
    """Return the id of the session whose hook saw the tool use `tool_use` coming, empty when none did."""
    for key in journal.session_keys(store.path) if tool_use else []:
        events = journal.read_events(store.path, key)
        if saw_call(events, tool_use):
            return found if is_an_id(found := session_of(events, key)) else ""
    return ""
