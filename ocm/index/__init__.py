"""The cache `memory.db`: made from the session files in one direction, never trusted, and deleted without loss.

Invariants: every read compares the folder of session files with the cache first, so that no answer depends on what
the cache held before; a cache that is damaged, foreign or hostile is moved aside and made anew; a store that cannot be
written to is read through a copy in memory; a checkpoint never waits for any of this. All SQL is in this package.
A name is loaded when it is first used, because hooks use few of them.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ocm.index.landed import Commits, Links
    from ocm.index.lookup import edited_since, locate, refresh
    from ocm.index.queries import ENDING, Filters, Index, SessionRow, State
    from ocm.index.reading import health, read, recent
    from ocm.index.records import folder_stamp
    from ocm.index.shown import CLOSE, OPEN
    from ocm.index.sync import Notice, Rebuilt, behind, rebuild, silent, watch

__all__ = [
    "CLOSE", "ENDING", "OPEN", "Commits", "Filters", "Index", "Links", "Notice", "Rebuilt", "SessionRow", "State",
    "behind", "edited_since", "folder_stamp", "health", "locate", "read", "rebuild", "recent", "refresh", "silent",
    "watch",
]  # fmt: skip
_HOMES = {
    **dict.fromkeys(("Commits", "Links"), "landed"),
    **dict.fromkeys(("edited_since", "locate", "refresh"), "lookup"),
    **dict.fromkeys(("ENDING", "Filters", "Index", "SessionRow", "State"), "queries"),
    **dict.fromkeys(("CLOSE", "OPEN"), "shown"),
    **dict.fromkeys(("Notice", "Rebuilt", "behind", "rebuild", "silent", "watch"), "sync"),
    "folder_stamp": "records",
    **dict.fromkeys(("health", "read", "recent"), "reading"),
}


def __getattr__(name: str) -> object:
    """Return what a module of this package has under `name`."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(__import__(f"{__name__}.{home}", fromlist=[name]), name)
    globals()[name] = found
    return found
