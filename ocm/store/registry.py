"""Which projects of this user have a store: `registry.json` in the user store, read and written under its lock."""

import json
import os
from typing import Any

from ocm.store import paths  # and `files` where something is written: a hook only reads

NAME = "registry.json"
_MOST_ASIDE = 10
_BEFORE, _MOST_BEFORE = "before", 5  # where a project was until it was moved, in its row

Rows = list[dict[str, Any]]


def path() -> str:
    """Return the file."""
    return paths.in_user_store(NAME)


def rows() -> Rows:
    """Return what is registered; nothing when the file is missing or damaged, and nothing is created."""
    return _read() or []


def damaged() -> bool:
    """Return whether the file is there and cannot be read."""
    return _read() is None


def is_registered(root: str, store: str | None = None) -> bool:
    """Return whether the project at `root` is registered, and if a `store` is given, with that one."""
    return any(_is_at(row, root) and store in (None, row.get("store")) for row in rows())


def stores() -> list[paths.Store]:
    """Return the stores of all registered projects that are still there, each once; nothing is created.

    One that became a link out of its project is none.
    """
    found: dict[str, paths.Store] = {}
    for row in rows():
        store = store_of(row)
        if store and os.path.isdir(os.path.join(store, paths.SESSIONS)) and not paths.escapes_project(store):
            root = str(row.get("project_root") or os.path.dirname(store))
            found.setdefault(os.path.realpath(store), paths.Store(store, root))
    return list(found.values())


def everywhere() -> list[paths.Store]:
    """Return the stores of all registered projects, and the user store if there is one."""
    found = stores()
    user = paths.user_store()
    known = {os.path.realpath(store.path) for store in found}
    if user and os.path.isdir(os.path.join(user, paths.SESSIONS)) and os.path.realpath(user) not in known:
        found.append(paths.Store(user, user, is_user=True))
    return found


def register(root: str, store: str) -> None:
    """Register the project at `root`; a damaged file is moved aside, for it may still tell of other projects.

    Raises:
        OcmError: when another process holds the lock, or there is no user store.
        OSError: when the user store cannot be written to.
    """
    import time

    from ocm.base import times
    from ocm.store import files

    row = {
        "project": os.path.basename(root) or root,
        "project_root": root,
        "store": store,
        "registered_at": times.iso(time.time()),
    }
    files.make_private_dir(paths.own_store())
    with files.locked(path() + ".lock"):
        known = _read()
        if known is None:
            _set_aside()
        _write([*(other for other in known or [] if not _is_at(other, root)), row])


def moved(before: str, store: str, *, is_copy: bool) -> None:
    """Follow a store that lay at `before`, a real path, and lies at `store` now; a copy of it gets a row of its own.

    What lies at `before` by now may be another one, of somebody else.

    Raises:
        OcmError: when another process holds the lock, or there is no user store.
        OSError: when the user store cannot be written to.
    """
    from ocm.store import files

    with files.locked(os.path.join(paths.own_store(), NAME + ".lock")):
        known = _read() or []
        of_it = [row for row in known if os.path.realpath(store_of(row) or os.sep) == before]
        if of_it:
            left = known if is_copy else [row for row in known if row not in of_it]
            along = [row for row in of_it if not is_copy or _is_at(row, os.path.dirname(before))]
            others = [row for row in left if not _is_at(row, os.path.dirname(store))]
            _write([*others, *(_moved(row, before, store, is_copy=is_copy) for row in along)])


def former_roots(root: str) -> list[str]:
    """Return where the project at `root` was before it was moved or renamed, the latest first."""
    found = next((row.get(_BEFORE) for row in rows() if _is_at(row, root)), None)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _moved(row: dict[str, Any], before: str, store: str, *, is_copy: bool) -> dict[str, Any]:
    """Return a row as it is after the move: that of the project itself, or of a worktree, which stays where it is."""
    root = row.get("project_root")
    if not isinstance(root, str) or not _is_at(row, os.path.dirname(before)):
        return {**row, "store": store}
    now, known = os.path.dirname(store), row.get(_BEFORE)
    earlier = [root, *(known if isinstance(known, list) else [])][:_MOST_BEFORE] if not is_copy else []
    return {**row, "project": os.path.basename(now) or now, "project_root": now, "store": store, _BEFORE: earlier}


def unregister(root: str) -> None:
    """Forget the project at `root`; the file goes with its last project, and a damaged one is left as it is.

    Raises:
        OcmError: when another process holds the lock, or there is no user store.
        OSError: when the user store cannot be written to.
    """
    from ocm.store import files

    with files.locked(os.path.join(paths.own_store(), NAME + ".lock")):
        known = _read()
        left = [row for row in known or [] if not _is_at(row, root)]
        if left:
            _write(left)
        elif known:
            os.unlink(path())


def _read() -> Rows | None:
    """Return the rows, or None when the file is damaged."""
    try:
        found = json.loads(paths.read_regular(path(), paths.MAX_USER_FILE, follow=True))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(row, dict) and _is_row(row) for row in found) else None


def _is_row(row: dict[str, Any]) -> bool:
    """Return whether what a row says of places could be paths."""
    texts = "".join(text for text in row.values() if isinstance(text, str))
    try:
        return b"\0" not in os.fsencode(texts)
    except UnicodeEncodeError:
        return False


def _write(known: Rows) -> None:
    from ocm.store import files

    files.atomic_write(path(), json.dumps(known, indent=2).encode() + b"\n")  # ASCII: a path may be no valid Unicode


def _set_aside() -> None:
    """Move the file to the first free name `registry.json.damaged…`, over the last one if there are very many."""
    aside, number = path() + ".damaged", 1
    while os.path.lexists(aside) and number < _MOST_ASIDE:
        number += 1
        aside = f"{path()}.damaged-{number}"
    os.replace(path(), aside)


def _is_at(row: dict[str, Any], root: str) -> bool:
    known = row.get("project_root")
    return isinstance(known, str) and os.path.realpath(known) == os.path.realpath(root)


def store_of(row: dict[str, Any]) -> str:
    """Return the store of a row; the rows of openCodeMemory 0.2 name the database in it."""
    store = row.get("store")
    if isinstance(store, str):
        return store
    database = row.get("db_path")
    return os.path.dirname(database) if isinstance(database, str) else ""
