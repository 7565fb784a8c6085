"""The conversation that a server process serves: its store, looked up at each call, and its session id.

A deleted cache, a moved project or a second server do no harm, because nothing of the store is kept between two calls.
"""

import os
import time
from typing import NamedTuple

from ocm.base.errors import BadInputError, NoStoreError
from ocm.store import journal, paths

_WORKSPACE = "WORKSPACE_FOLDER_PATHS"  # set by Cursor and editors like it
_MAX_NAMED = 8  # ids that an error names


class Caller(NamedTuple):
    """What a call says about who is calling: the host, and the id of the tool use; each empty when unknown."""

    host: str = ""
    tool_use: str = ""


class Conversation:
    """A client's conversation with this server."""

    def __init__(self, project: str | None) -> None:
        """Serve the store of `project`, or of the folder that the process is in at the time of a call."""
        self._project = project
        self._own_id = ""
        self.roots: list[str] | None = None  # the folders that the client is opened for, once it was asked
        self.began: tuple[float, str] | None = None  # when, and at which commit
        store = self._find()
        if store is not None:
            self.began = (time.time(), paths.git_head(store.root)[0])

    def store(self, session_id: str = "") -> paths.Store:
        """Return the store as it is now: the one whose hooks tell of the session `session_id`, where one does.

        Raises:
            NoStoreError: there is none, or the project's folder is gone.
        """
        found = self._find()
        if session_id and not self._is_named() and (found is None or not _tells(found, session_id)):
            found = _told_of(session_id) or found
        if found is None:
            raise NoStoreError("There is no session store for this project.", "Ask the user to run: ocm init")
        return found

    def wants_roots(self) -> bool:
        """Return whether the client is to be asked which folders it is opened for: nothing else names a project."""
        if self.roots is not None or self._is_named():
            return False
        found = self._find()
        return found is None or found.is_user

    def _is_named(self) -> bool:
        return any(folder and os.path.isdir(folder) for folder in (self._project, os.environ.get("OCM_PROJECT_DIR")))

    def _find(self) -> paths.Store | None:
        for folder in (self._project, os.environ.get("OCM_PROJECT_DIR"), os.environ.get("CLAUDE_PROJECT_DIR")):
            if folder and os.path.isdir(folder):
                return paths.find_store(folder)
            if folder and folder != os.environ.get("CLAUDE_PROJECT_DIR"):
                return None  # it was named on purpose and is gone: the folder the process happens to be in is another
        for folder in [*_workspace(), *(self.roots or ())]:
            store = paths.find_store(folder)
            if store is not None and not store.is_user:
                return store
        try:
            return paths.find_store(os.getcwd())
        except FileNotFoundError:
            return None

    def session_id(self, store: paths.Store, caller: Caller) -> tuple[str, list[str]]:
        """Return the session id of a call that names none, and warnings about how it was found.

        Raises:
            BadInputError: several sessions are active, and nothing says which one is meant.
        """
        from ocm.recall import active

        joined = active.session_of_tool_use(store, caller.tool_use)
        if joined:
            return joined, []
        others = [name for name in active.ids(store) if not name.startswith(journal.SERVER_MADE)]
        if self._own_id:
            return self._own_id, []
        if len(others) == 1:
            return others[0], [f"The call named no session; it was stored under the only active one, {others[0]}."]
        if others:
            named = ", ".join(others[:_MAX_NAMED])
            raise BadInputError("session_id is missing, and several sessions are active.", f"Give one of: {named}.")
        import uuid

        self._own_id = f"{journal.SERVER_MADE}{uuid.uuid4()}"
        return self._own_id, []


def _workspace() -> list[str]:
    """Return the folders that a client names as its workspace where it starts servers in a folder of its own."""
    named = os.environ.get(_WORKSPACE, "").replace(",", os.pathsep).split(os.pathsep)
    return [folder for folder in named if os.path.isdir(folder)]


def _tells(store: paths.Store, session_id: str) -> bool:
    """Return whether hooks tell of a session in a store: its journal is there."""
    return os.path.exists(journal.active_path(store.path, session_id))


def _told_of(session_id: str) -> paths.Store | None:
    """Return the store of one of the user's projects whose hooks tell of a session."""
    from ocm.store import registry

    return next((store for store in registry.stores() if _tells(store, session_id)), None)
