"""What a checkpoint records of the work itself: fingerprints of what is not committed, and of the commits just made.

At most three git processes, none where nothing was edited; what git cannot say is not recorded, and never an error.
"""

import contextlib
import itertools
import os
from collections.abc import Collection, Iterable, Iterator

from ocm.base.model import FileChange, Session
from ocm.git import fingerprints, history, holders, parse
from ocm.git.changes import commits_made
from ocm.git.process import UnknownError
from ocm.markdown import fingerprint_lines
from ocm.markdown.facts import Facts
from ocm.markdown.fingerprint_lines import Unit
from ocm.store.paths import content

_MAX_COMMITS = 64  # of one checkpoint; a rebase of hundreds is nobody's work
_MAX_FILE = 1_000_000


def fact_lines(  # noqa: PLR0913, PLR0917 - each is one thing that is known before the lock is taken
    root: str, sha: str, shell: Collection[float], at: str, changes: Collection[FileChange], session: Session | None
) -> list[str]:
    """Return the fact lines that a session's file lacks.

    Args:
        root: Where the session works.
        sha: The commit at its start.
        shell: When its shell calls ended, in epoch seconds; a commit made just before is its own.
        at: The time of this checkpoint.
        changes: The files of the session.
        session: What its file says so far.
    """
    known = Facts.parse(session.facts).units() if session else []
    room = fingerprint_lines.MAX_SESSION - sum(len(unit.keys) for unit in known)
    found: list[tuple[str, fingerprints.Patch]] = []
    held = frozenset[int]().union(*(unit.keys for unit in known))
    for place, inside in _by_repository(root, changes).items():
        commits = _commits(place, sha if place == root else "", shell, known)
        with contextlib.suppress(UnknownError):
            found.extend((patch.sha, patch) for patch in fingerprints.patches(history.patches(place, commits)))
        held = held.union(*(_keys(patch) for _, patch in found))
        found.extend(("", patch) for patch in fingerprints.patches(_uncommitted(place, inside)) if _keys(patch) - held)
    lines = []
    for name, patch in found:
        keys = _keys(patch) - (frozenset() if name else held) if room > 0 else set()
        room -= min(len(keys), fingerprint_lines.MAX_UNIT)
        if name or keys:
            lines.append(fingerprint_lines.unit_line(at, name, patch.whole, keys))
    return lines


def _keys(patch: fingerprints.Patch) -> set[int]:
    return patch.own | patch.brief


def _by_repository(root: str, changes: Collection[FileChange]) -> dict[str, list[FileChange]]:
    """Return the changes by where their repository is asked, with paths from there; the project's own comes first."""
    found: dict[str, list[FileChange]] = {root: []}
    for change in changes:
        who = holders.holder(root, change.path)
        if not who.unknown:
            old = os.path.relpath(change.old_path, who.inner) if who.inner and change.old_path else change.old_path
            inside = FileChange(who.path, change.change_type, old) if who.root != root else change
            found.setdefault(who.root, []).append(inside)
    return found


def _commits(root: str, sha: str, shell: Collection[float], known: list[Unit]) -> list[str]:
    """Return the commits made since the start that are not recorded yet, the oldest first."""
    recorded = {unit.sha for unit in known}
    made = [commit for commit in commits_made(root, sha, shell) if commit not in recorded]
    return made[-_MAX_COMMITS:]


def _uncommitted(root: str, changes: Collection[FileChange]) -> Iterator[bytes]:
    """Return the diff of the session's files, those that git does not track yet as if they were added."""
    paths = {path for change in changes for path in (change.path, change.old_path) if path}
    seen: set[bytes] = set()
    for line in history.uncommitted(root, paths) if paths else ():
        if line.startswith(b"diff --git "):
            seen.add(history.patched_name(line))
        yield line
    there = {c.path: c.change_type for c in changes if c.change_type != "deleted"}
    unseen = [path for path in there if history.name_of(root, path) not in seen]
    try:
        new = history.untracked(root, unseen)  # by whichever session they were made: no commit holds any of it
    except UnknownError:
        new = [path for path in unseen if there[path] == "created"]
    yield from itertools.chain.from_iterable(_added(root, path, seen) for path in sorted(new))


def _added(root: str, path: str, seen: set[bytes]) -> Iterable[bytes]:
    name = history.name_of(root, path)
    full = history.on_disk(root, path)
    try:
        if not name or name in seen or not os.path.isfile(full) or os.path.islink(full):
            return ()
        if os.path.getsize(full) > _MAX_FILE:
            return ()
        with open(full, "rb") as file:
            data = content(file, _MAX_FILE)
    except (OSError, ValueError):
        return ()
    return fingerprints.of_content(name, data) if parse.line_count(data) else ()
