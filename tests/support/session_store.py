"""A store with session files in it, for the tests of what is made from them."""

import os
from pathlib import Path
from typing import Any

from ocm.base.model import Session
from ocm.markdown import render
from ocm.store.paths import Store

DAY = "2026-03-{:02}T12:00:00+00:00"


def make_store(root: Path) -> Store:
    """Return an empty store of a project at `root`."""
    store = Store(str(root / ".openCodeMemory"), str(root))
    os.makedirs(store.sessions)
    return store


def session(session_id: str, day: int = 1, **values: Any) -> Session:
    """Return a session that started on a day of March 2026."""
    return Session(session_id, **{"tool": "claude-code", "started_at": DAY.format(day), **values})


def put(store: Store, name: str, content: Session | str | bytes) -> str:
    """Write a session file, as an editor does it, and return its path."""
    path = os.path.join(store.sessions, name)
    text = render.render(content) if isinstance(content, Session) else content
    Path(path).write_bytes(text.encode() if isinstance(text, str) else text)
    return path
