"""From session files to what the cache holds of them: scanning the folder, reading a file, its columns. No SQL."""

import contextlib
import functools
import operator
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.late_patterns import late
from ocm.base.text import one_line
from ocm.base.times import instant, with_offset
from ocm.base.values import FileChange
from ocm.index import file_format
from ocm.index.file_format import stat_hash, stat_hash_of
from ocm.store import tracked, trust
from ocm.store.paths import (
    MAX_SESSION_FILE,
    SESSIONS,
    TEMPORARY,
    Store,
    UnfitFileError,
    content,
    is_session_file,
    open_regular,
)

if TYPE_CHECKING:
    from ocm.base.model import Session

UNDECODABLE = "its name is not text"
# How far (ns) two writes must lie apart to differ in their time stamps, and where a file system counts in seconds.
_GRAIN, _COARSE_GRAIN = 50_000_000, 2_100_000_000
_SECOND = 1_000_000_000
_HEAD = 65_536  # bytes of a session file that hold its front matter
_FOLDERS = 8  # of so many the last look is kept
_Look = tuple[int, int, int]  # bytes; when it was written and changed, in nanoseconds
_LOOK: Callable[[os.stat_result], _Look] = operator.attrgetter("st_size", "st_mtime_ns", "st_ctime_ns")
# What a checkpoint writes above its work; of it the commit alone is worth finding: every session has dates and hours.
_OWN_HEADING = late(r"\d{4}-\d\d-\d\d \d\d:\d\d(?: · ([0-9a-f]{7,40}))?(?: · [a-z_]+)?\Z")
_NAMED = late(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)_")


class Listing(NamedTuple):
    """The folder of session files at one moment: the stat hash of every file, and the names that are not text.

    `total` is the sum of the hashes; `folder` is the time stamp of the folder itself, 0 where a change since need not
    show in it, and where a writer that is at work or was killed `left` something, so that it is looked at again.
    """

    stat_hashes: dict[str, int]
    undecodable: list[str]
    total: int
    folder: int
    left: bool


class Record(NamedTuple):
    """One session file as it was read; without a `session` it is unreadable, and `why` says so.

    `racy` is the hash of a file so young that a later write could leave its time stamps as they are, else None.
    """

    file: str
    stat_hash: int
    racy: bytes | None
    session: "Session | None"
    why: str = ""


def scan(store: Store) -> Listing:
    """Look at every session file once, without opening it."""
    stamp = folder_stamp(store)
    every = _listed(store)
    found = _counted(store, every)
    left = len(found) < len(every) and any(name.startswith(TEMPORARY) for name in every)
    folder = stamp if settled(stamp, time.time_ns()) and not left else 0
    try:
        with _looking(store.sessions) if found else contextlib.nullcontext(os.lstat) as look:
            found, looks = _looks(found, look)
    except OSError as error:
        raise _unreadable_folder(store, error) from None
    seen = _seen.get(store.sessions)
    all_of_it = hash((tuple(found), tuple(looks)))
    if seen is None or seen.all_of_it != all_of_it:
        seen = _hashed(all_of_it, found, looks)
        _remember(store.sessions, seen)
    return Listing(seen.stat_hashes, seen.undecodable, seen.total, folder, left)


def _looks(found: list[str], look: Callable[[str], os.stat_result]) -> tuple[list[str], list[_Look]]:
    """Return these names, and how each file looks; without those that were removed since."""
    try:
        return found, list(map(_LOOK, map(look, found)))
    except FileNotFoundError:
        left = {name: seen for name in found if (seen := _look_or_none(name, look))}
        return list(left), list(left.values())


def _look_or_none(name: str, look: Callable[[str], os.stat_result]) -> _Look | None:
    try:
        return _LOOK(look(name))
    except FileNotFoundError:
        return None


class _Seen:
    """A hash of how all files of a folder looked, and what was made of that, which nobody changes."""

    __slots__ = ("all_of_it", "stat_hashes", "total", "undecodable")

    def __init__(self, all_of_it: int) -> None:
        """Begin with no file."""
        self.all_of_it = all_of_it
        self.stat_hashes: dict[str, int] = {}
        self.undecodable: list[str] = []
        self.total = 0


# Of each folder the last look: a server looks at ten thousand files for every question, and mostly nothing has changed.
_seen: dict[str, _Seen] = {}


def _remember(folder: str, seen: _Seen) -> None:
    if len(_seen) >= _FOLDERS:
        _seen.clear()
    _seen[folder] = seen


def _hashed(all_of_it: int, found: list[str], looks: list[_Look]) -> _Seen:
    """Return the stat hashes of files that look so."""
    seen = _Seen(all_of_it)
    for name, look in zip(found, looks, strict=True):
        try:
            seen.stat_hashes[name] = stat_hash_of(name, *look)
        except UnicodeEncodeError:
            seen.undecodable.append(os.fsencode(name).decode("utf-8", "backslashreplace"))
    seen.total = sum(seen.stat_hashes.values())
    return seen


@contextlib.contextmanager
def _looking(folder: str) -> Iterator[Callable[[str], os.stat_result]]:
    """Lend what looks at a file in a folder, by its name alone where the system can: a search looks at every one."""
    if os.stat not in os.supports_dir_fd:  # pragma: no cover - Windows
        yield lambda name: os.lstat(os.path.join(folder, name))
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield functools.partial(os.stat, dir_fd=descriptor, follow_symlinks=False)
    finally:
        os.close(descriptor)


def below(store: Store) -> list[str]:
    """Return the names of what could be session files and lies in a folder of its own, where nothing is read."""
    try:
        folders = [entry for entry in os.scandir(store.sessions) if entry.is_dir(follow_symlinks=False)]
        found = [(folder.name, name) for folder in folders for name in os.listdir(folder.path)]
    except OSError:
        return []
    return sorted(f"{folder}/{name}" for folder, name in found if is_session_file(name) and folder[0] != ".")


def names(store: Store) -> list[str]:
    """Return the names in the folder that can be session files.

    Raises:
        OcmError: the folder is there and cannot be read.
    """
    return _counted(store, _listed(store))


def _counted(store: Store, names: list[str]) -> list[str]:
    """Return which of these names are session files that count: those that came with a checkout do not."""
    came = trust.foreign(store.path)
    found = [name for name in names if is_session_file(name)]
    return [name for name in found if not tracked.holds(came, f"{SESSIONS}/{name}")] if came else found


def _listed(store: Store) -> list[str]:
    try:
        return os.listdir(store.sessions)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable_folder(store, error) from None


def _unreadable_folder(store: Store, error: OSError) -> OcmError:
    return OcmError(f"{store.sessions} cannot be read: {error.strerror}.", "Look at the permissions of that folder.")


def folder_stamp(store: Store) -> int:
    """Return when a file was last added, removed or renamed, in nanoseconds; 0 where there is no folder."""
    try:
        return os.stat(store.sessions).st_mtime_ns
    except OSError:
        return 0


def settled(stamp: int, now: int) -> bool:
    """Return whether a change from now on must show in the time stamp `stamp`; some file systems count in seconds."""
    return stamp < now - (_GRAIN if stamp % _SECOND else _COARSE_GRAIN)


def _is_settled(found: os.stat_result, now: int) -> bool:
    return settled(max(found.st_mtime_ns, found.st_ctime_ns), now)


def load(store: Store, name: str) -> Record | None:
    """Read one session file; None when it is gone."""
    path = os.path.join(store.sessions, name)
    try:
        found = os.lstat(path)
    except OSError:
        return None
    now = time.time_ns()
    known = stat_hash(name, found)
    try:
        data = _read(path)
        racy = None if _is_settled(found, now) else digest(data)
        return Record(name, known, racy, _parse(data))
    except FileNotFoundError:
        return None
    except UnreadableSessionError as error:
        return Record(name, known, None, None, f"line {error.line}: {error.why}")
    except OSError as error:
        return Record(name, known, None, None, error.strerror or "it cannot be read")


def look(store: Store, name: str) -> tuple[bytes, bool]:
    """Return the hash of what a session file holds now, empty when it cannot be read, and whether it is settled."""
    path = os.path.join(store.sessions, name)
    try:
        found, now = os.lstat(path), time.time_ns()
        return digest(_read(path)), _is_settled(found, now)
    except (OSError, UnreadableSessionError):
        return b"", False


def digest(data: bytes) -> bytes:
    """Return a hash of `data`."""
    import hashlib  # it loads all of OpenSSL, which a reader of settled files does not need

    return hashlib.blake2b(data, digest_size=16).digest()


def head(store: Store, name: str) -> bytes:
    """Return the beginning of a session file, which holds its front matter; empty when it cannot be read."""
    path = os.path.join(store.sessions, name)
    try:
        return _read(path, _HEAD)
    except (OSError, UnreadableSessionError):
        return b""


def _read(path: str, limit: int = MAX_SESSION_FILE) -> bytes:
    try:
        with open_regular(path, MAX_SESSION_FILE) as file:
            return content(file, limit)
    except UnfitFileError as error:
        raise UnreadableSessionError(error.strerror) from None


def _parse(data: bytes) -> "Session":
    from ocm.markdown import conflicts, parse

    try:
        session = parse.parse(conflicts.resolved(data.decode()))
        lists = (*session.tags, *session.merged_ids, session.parent)
        "".join((session.session_id, session.title, session.slug, session.branch, *lists)).encode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableSessionError("it is not UTF-8", line=line) from None
    except UnicodeEncodeError:  # an escape of YAML can make one
        raise UnreadableSessionError("its front matter contains a lone surrogate") from None
    return session


# --- the columns


def started(session: "Session", file: str) -> str:
    """Return when a session started; a file that does not say has it in its name."""
    if instant(session.started_at):
        return with_offset(session.started_at)
    named = _NAMED.match(file)
    return with_offset(f"{named[1]}T{named[2]}:{named[3]}:00") if named else ""


def updated(session: "Session", file: str) -> float:
    """Return when a session was last updated, in epoch seconds; one that does not say was when it started."""
    return instant(session.updated_at) or instant(started(session, file))


def texts(session: "Session") -> tuple[str, ...]:
    """Return the searchable text of a session, a column each."""
    files = [path for change in session.files for path in (change.path, change.old_path) if path]
    other = [
        *(session.slug, session.branch, session.notes, session.diff_summary),
        *(_OWN_HEADING.sub(r"\1", entry.heading) for entry in session.work),
        *(f"{plan.path} {plan.header}" for plan in session.plan_files),
        *(f"{reference.title} {reference.url}" for reference in session.references),
    ]
    return (
        session.title,
        session.goal,
        file_format.joined(session.decisions),
        file_format.joined(session.problems),
        file_format.joined(session.work_summary),
        file_format.joined(session.work_pending) + file_format.PART + file_format.joined(session.work_completed),
        "\n".join(one_line(tag) for tag in session.tags),
        "\n".join(files),
        "\n".join(text for text in other if text),
        session.last_words,
    )


def indexed(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of the index, made of the texts of a session."""
    from ocm.index.query_terms import ident  # its patterns take time to make, and a reader needs none

    columns = tuple(map(file_format.normal, found))
    return (*map(file_format.lowered, columns), ident("\n".join(columns)))


def touched(session: "Session") -> list[tuple[FileChange, str | None]]:
    """Return the files of a session, each with the blob id that was recorded of it."""
    from ocm.markdown.facts import Facts

    known = Facts.parse(session.facts).contents
    return [(change, known.get(change.path)) for change in session.files]
