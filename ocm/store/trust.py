"""Whether a store was made here, or came along with a project that somebody else made.

A store that `ocm init` made is in the registry of its user. One that is not there was brought by a clone, an archive or
another machine: hooks journal into it, but nothing of it is put into a conversation until its user says `ocm trust`.
What was accepted, and what was only spoken of, is kept in `trust.json` of the user store, where no project writes.
"""

import json
import os

from ocm.store import paths, registry
from ocm.store.paths import Store

NAME = "trust.json"
ACCEPTED, SEEN = "accepted", "seen"
NOTICE = (
    "ocm: the session store of this project was not made on this machine, so nothing in it is shown here. "
    "Tell the user; if they know where it comes from, `ocm trust` accepts it."
)


def is_trusted(store: Store) -> bool:
    """Return whether the user of this machine made the store, or accepted it."""
    state = "" if store.is_user else _state(store.path)
    return store.is_user or state == ACCEPTED or (not state and _is_registered(store.path))


def notice_once(store: Store) -> str:
    """Return what to say about a store that was not made here, once; later, and about one that was, nothing."""
    if is_trusted(store) or _state(store.path):
        return ""
    from contextlib import suppress

    with suppress(OSError):  # a home that cannot be written to: then it is said again
        note(store.path, SEEN)
    return NOTICE


def accept(store: Store) -> bool:
    """Accept a store from elsewhere; False when it needs no accepting."""
    if is_trusted(store):
        return False
    note(store.path, ACCEPTED)
    return True


def came_along(store: str) -> bool:
    """Return whether a store at `store`, about to be registered, holds sessions that nobody here wrote."""
    try:
        names = os.listdir(os.path.join(store, paths.SESSIONS))
    except OSError:
        return False
    is_known = _state(store) == ACCEPTED or _is_registered(store)
    return not is_known and any(name.endswith(".md") for name in names)


def finding(store: Store) -> str:
    """Return what is to be said of a store that was not made here, empty for one that was."""
    if is_trusted(store):
        return ""
    return f"{store.path} was not made on this machine, so nothing in it is shown to new conversations."


def path() -> str:
    """Return the file with what is known."""
    return paths.in_user_store(NAME)


def note(store: str, state: str) -> None:
    """Keep what is known of the store at `store`.

    Raises:
        NoStoreError: there is no user store to keep it in.
    """
    from ocm.store import files  # it brings filelock along, which a hook that only asks does not need

    files.make_private_dir(paths.own_store())
    with files.locked(path() + ".lock"):
        states = {**_states(), os.path.realpath(store): state}
        files.atomic_write(path(), json.dumps(states, indent=2).encode() + b"\n")


def _state(store: str) -> str:
    return _states().get(os.path.realpath(store), "")


def _states() -> dict[str, str]:
    try:
        found = json.loads(paths.read_regular(path(), paths.MAX_USER_FILE, follow=True))
    except (OSError, ValueError, RecursionError):
        return {}
    known = found if isinstance(found, dict) else {}
    return {store: state for store, state in known.items() if state in (ACCEPTED, SEEN)}


def _is_registered(store: str) -> bool:
    if registry.damaged():  # which no project can bring about: it says nothing against a store
        return True
    real = os.path.realpath(store)
    known = filter(None, map(registry.store_of, registry.rows()))
    return any(os.path.realpath(one) == real for one in known)
