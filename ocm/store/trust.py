"""Whether a store was made by this user, or came along with a project that somebody else made.

A store of this user has an identity, a number by chance in its file `id`, and `trust.json` of the user store, where no
project writes, knows it and where the store was last. Each home that a store is used from, as a container beside the
machine itself, has a line of its own in that file. So a project that is moved, renamed or copied stays known, and
another one in its place is not. What is not known was brought by a clone, an archive or another machine: hooks journal
into it, but nothing of it is put into a conversation until its user says `ocm trust`. The same of single files that git
tracks: a checkout can bring them into a store of the user's own, so they count only where it is shared on purpose.
"""

import json
import os

from ocm.store import paths, registry, tracked
from ocm.store.paths import Store

NAME, ID = "trust.json", "id"
ACCEPTED, SEEN = "accepted", "seen"
NOTICE = (
    "ocm: the session store of this project was not made on this machine, so nothing in it is shown here. "
    "Tell the user; if they know where it comes from, `ocm trust` accepts it."
)
_ID, _SHARED = "id:", "shared:"  # before an identity, in the names of `trust.json`; what is a path begins otherwise
_LENGTH, _HEX = 32, frozenset("0123456789abcdef")
_MOST_HOMES = 16
_PATIENCE = 2.0  # seconds that a hook may wait for who writes the file, which takes milliseconds


def is_trusted(store: Store) -> bool:
    """Return whether the user of this machine made the store, or accepted it."""
    return store.is_user or _is_known(store.path, _states())


def notice_once(store: Store) -> str:
    """Return what to say about a store that was not made here, once; later, and about one that was, nothing."""
    if is_trusted(store) or is_noted(store.path):
        return ""
    from contextlib import suppress

    from ocm.base.errors import OcmError

    with suppress(OSError, OcmError):  # a home that cannot be written to: then it is said again
        note(store.path, SEEN)
    return NOTICE


def accept(store: Store) -> bool:
    """Accept a store from elsewhere, and what git tracks in it; False when nothing needs accepting."""
    shares = bool(foreign(store.path))
    if is_trusted(store) and not shares:
        return False
    bind(store.path, shared=shares)
    return True


def came_along(store: str) -> bool:
    """Return whether a store at `store`, about to be registered, holds sessions that nobody here wrote."""
    try:
        names = os.listdir(os.path.join(store, paths.SESSIONS))
    except OSError:
        return False
    return any(name.endswith(".md") for name in names) and not _is_known(store, _states())


def finding(store: Store) -> str:
    """Return what is to be said of a store that was not made here, empty for one that was."""
    if is_trusted(store):
        return ""
    return f"{store.path} was not made on this machine, so nothing in it is shown to conversations."


def is_noted(store: str) -> bool:
    """Return whether its user was told that the store at `store` was not made here."""
    return _states().get(os.path.realpath(store)) == SEEN


def is_bound(store: str) -> bool:
    """Return whether the store at `store` is known by its identity, and that it lies there."""
    states = _states()
    return states.get(_ID + _own(store, states)) == os.path.realpath(store)


def is_shared(store: str) -> bool:
    """Return whether this user wants what git tracks in a store, or in the archive of one, to count."""
    states = _states()
    return any(_SHARED + one in states for folder in (store, os.path.dirname(store)) for one in identities(folder))


def foreign(store: str) -> frozenset[str]:
    """Return the names in a store that came with a checkout and do not count; see `tracked.holds`."""
    found = tracked.names(store) - {".gitignore"}  # it keeps the rest out of git
    return found if found and not is_shared(store) else frozenset()


def identities(store: str) -> list[str]:
    """Return the identities of the store at `store`, one for each home that it is used from."""
    try:
        lines = paths.read_regular(os.path.join(store, ID), _MOST_HOMES * 2 * _LENGTH).decode("ascii").split()
    except (OSError, ValueError):
        return []
    return [line for line in lines if len(line) == _LENGTH and _HEX.issuperset(line)]


def identity(store: str) -> str:
    """Return the identity by which this user knows the store at `store`, empty where there is none."""
    return _own(store, _states())


def _own(store: str, states: dict[str, str]) -> str:
    return next((one for one in identities(store) if _ID + one in states), "")


def settle(store: Store) -> None:
    """Keep in mind where a store of this user lies now, and give one an identity that was made before there were any.

    What cannot be written is left to the next time.
    """
    if store.is_user or not paths.user_store() or is_bound(store.path):
        return
    if not is_trusted(store):
        return
    from contextlib import suppress

    from ocm.base.errors import OcmError

    states = _states()
    former = states.get(_ID + _own(store.path, states), "")
    has_stayed = bool(former) and _is_known(former, states)  # the original of a copy, or a new one in its place
    with suppress(OSError, OcmError):
        bind(store.path)
        if former:
            registry.moved(former, os.path.realpath(store.path), is_copy=has_stayed)


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
    with files.locked(path() + ".lock", timeout=_PATIENCE):
        _write({**_states(), os.path.realpath(store): state})


def bind(store: str, *, shared: bool = False) -> None:
    """Know the store at `store` for one of this user: by an identity, or where it takes none, by its place.

    An identity that was not given here may be known to whoever made the store, and that of a copy is the original's:
    both get a new one, beside those of other homes.

    Raises:
        NoStoreError: there is no user store to keep it in.
    """
    from ocm.store import files

    files.make_private_dir(paths.own_store())
    with files.locked(path() + ".lock", timeout=_PATIENCE):
        states, real = _states(), os.path.realpath(store)
        own = _own(store, states)
        former = states.get(_ID + own, "")
        is_copy = former not in {"", real} and own in identities(former)
        shared = shared or _SHARED + own in states
        if not former or is_copy:
            own = _given(store, own)
        named = {_ID + own: real, **({_SHARED + own: real} if shared else {})} if own else {real: ACCEPTED}
        states.pop(real, None)
        _write({**states, **named})


def is_recorded(store: str) -> bool:
    """Return whether anything is kept of the store at `store`."""
    states = _states()
    return len(_without(store, states)) < len(states)


def drop(store: str) -> None:
    """Forget the store at `store`, which is about to be removed; the file goes with the last one.

    Raises:
        NoStoreError: there is no user store.
    """
    from ocm.store import files

    with files.locked(os.path.join(paths.own_store(), NAME + ".lock")):
        left = _without(store, _states())
        if left:
            _write(left)
        elif os.path.lexists(path()):
            os.unlink(path())


def _without(store: str, states: dict[str, str]) -> dict[str, str]:
    """Return what is known of other stores than the one at `store`, also of one that lay there once."""
    gone = {os.path.realpath(store), *(kind + one for one in identities(store) for kind in (_ID, _SHARED))}
    return {name: place for name, place in states.items() if name not in gone}


def _given(store: str, before: str) -> str:
    """Return the identity that a store has been given in the place of `before`; nothing where it takes none."""
    from ocm.store import files

    own = os.urandom(_LENGTH // 2).hex()
    others = [one for one in identities(store) if one != before][1 - _MOST_HOMES :]
    try:
        files.atomic_write(os.path.join(store, ID), "".join(f"{one}\n" for one in [*others, own]).encode())
    except OSError:
        return ""
    return own


def _write(states: dict[str, str]) -> None:
    from ocm.store import files

    files.atomic_write(path(), json.dumps(states, indent=2).encode() + b"\n")


def _is_known(store: str, states: dict[str, str]) -> bool:
    real = os.path.realpath(store)
    if _own(store, states):
        return True
    if any(place == real for name, place in states.items() if name.startswith(_ID)):
        return False  # another store was made there, and is not any more
    return states.get(real) == ACCEPTED or (real not in states and _is_registered(real))


def _states() -> dict[str, str]:
    """Return what is known: of a path its state, and of an identity the path where its store was last."""
    try:
        found = json.loads(paths.read_regular(path(), paths.MAX_USER_FILE, follow=True))
    except (OSError, ValueError, RecursionError):
        return {}
    known = found if isinstance(found, dict) else {}
    return {
        name: state
        for name, state in known.items()
        if isinstance(state, str) and (state in (ACCEPTED, SEEN) or name.startswith((_ID, _SHARED)))
    }


def _is_registered(real: str) -> bool:
    known = filter(None, map(registry.store_of, registry.rows()))
    return any(os.path.realpath(one) == real for one in known)
