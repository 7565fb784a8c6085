"""A store with session files in it, for the tests of what is made from them."""

import os
from pathlib import Path
from typing import Any

from ocm.base.model import Session
from ocm.index import access, sync
from ocm.markdown import render
from ocm.sessions import backups
from ocm.store.paths import Store
from tests.support.builders import Project

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


def put_closed(store: Store, name: str, day: int = 1, **values: str) -> None:
    """Write the file of a session that ended long ago."""
    put(store, f"{name}.md", session(name, day, **{"status": "closed", "goal": f"about {name}", **values}))


def everything(folder: str) -> dict[str, bytes]:
    """Return what every file below a folder holds, by its relative path."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            found[os.path.relpath(os.path.join(place, name), folder)] = Path(place, name).read_bytes()
    return found


def ids(store: Store) -> list[str]:
    """Return the ids of the sessions of a store, as a list shows them."""
    return sorted(row.session_id for row in access.read(store, lambda cache: cache.sessions(-1, "", "")))


def filled(project: Project) -> None:
    """Store two sessions, `gone` and `stays`, with traces of the first in journal, cache, backup and log."""
    words = "zanzibar quokka"
    project.checkpoint("gone", goal=words, decisions=[words])
    project.checkpoint("stays", goal="another")
    project.edited("secret-plan.py", "gone")
    sync.rebuild(project.store)
    backups.create(project.store, "test")
    (Path(project.store.path) / "hook.log").write_text("1 gone failed\n2 stays failed\n", encoding="utf-8")
