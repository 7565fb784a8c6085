"""The folder of session files: finding and reading them; nothing else writes, moves or removes one."""

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ocm.base import times
from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import Session, slugify
from ocm.markdown import conflicts, parse, render
from ocm.markdown.facts import Facts
from ocm.markdown.session_file import SessionFile
from ocm.store import files, journal, paths
from ocm.store.events import Event
from ocm.store.paths import Store

_ATTEMPTS = 5
_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """A session file as it was read: its name, how it was parsed, what it says, and how to tell that it changed."""

    name: str
    file: SessionFile
    session: Session
    signature: _Signature

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.file.text

    @property
    def facts(self) -> Facts:
        """What machines noted in it."""
        return Facts.parse(self.session.facts)


@dataclass(frozen=True, slots=True)
class Written:
    """A session file that was just written, and the time stamp that its folder had before."""

    name: str
    session: Session
    folder: int


def locate(store: Store, session_id: str, events: list[Event]) -> str:
    """Return the name of the file that holds a session, or an empty string.

    The journal names it; else the cache does; else one look at the front matters.
    """
    for event in reversed(events):
        name = event.get("file")
        if isinstance(name, str) and paths.is_session_file(name) and holds(store, name, session_id):
            return name
    from ocm.index import checkpoint_queries

    return checkpoint_queries.locate(store, session_id) or ""


def lock_path(store: Store, session_id: str) -> str:
    """Return the lock of everyone who changes a session's file or takes its journal over."""
    return os.path.join(store.path, f"session_{journal.key(session_id)}.lock")


def holds(store: Store, name: str, session_id: str) -> bool:
    """Return whether the file `name` says that it holds the session."""
    try:
        return parse.session_id_of(_text(os.path.join(store.sessions, name))[0]) == session_id
    except (OSError, UnreadableSessionError):
        return False


def read(store: Store, session_id: str, events: list[Event], *, seen: Known | None = None) -> Known | None:
    """Return the file of a session, or None when it has none yet.

    Args:
        store: Where to look.
        session_id: Whose file.
        events: The journal of the session, which may name the file.
        seen: The file as it was read a moment ago; one with the same text is not searched for and parsed again.

    Raises:
        UnreadableSessionError: it has one that cannot be parsed; named with its line.
    """
    if seen and (again := _if_same_text(store, seen)):
        return again
    for _ in range(_ATTEMPTS):
        name = locate(store, session_id, events) or _broken(store, events)
        with contextlib.suppress(FileNotFoundError):  # renamed since: it was given its name, or a person was there
            return load(store, name) if name else None
    raise OcmError("The session file is being renamed all the time.", "Try again.")


def _if_same_text(store: Store, seen: Known) -> Known | None:
    """Return a file that was read before, with its signature of now, if its text is still the same."""
    try:
        text, signature = _text(os.path.join(store.sessions, seen.name))
    except (OSError, UnreadableSessionError):
        return None
    return replace(seen, signature=signature) if text == seen.text else None


def load(store: Store, name: str) -> Known:
    """Return the session file `name`.

    Raises:
        UnreadableSessionError: it cannot be parsed; named with its line.
    """
    path = os.path.join(store.sessions, name)
    try:
        text, signature = _text(path)
        file = SessionFile(conflicts.resolved(text))
        return Known(name, file, parse.session_of(file), signature)
    except UnreadableSessionError as error:
        raise UnreadableSessionError(error.why, path=path, line=error.line) from None


def text(store: Store, name: str) -> str:
    """Return the text of the session file `name`, whether or not it can be parsed.

    Raises:
        UnreadableSessionError: it is no regular file, too large, or no UTF-8.
    """
    return _text(os.path.join(store.sessions, name))[0]


def _broken(store: Store, events: list[Event]) -> str:
    """Return the file that the journal names although it cannot be read: no new one must stand in for it."""
    for event in reversed(events):
        name = event.get("file")
        if isinstance(name, str) and paths.is_session_file(name):
            try:
                parse.parse(conflicts.resolved(_text(os.path.join(store.sessions, name))[0]))
            except FileNotFoundError:
                continue
            except (OSError, UnreadableSessionError):
                return name
    return ""


def _text(path: str) -> tuple[str, _Signature]:
    """Return what a session file holds; symlinks are not followed, so that a store cannot reach out of itself."""
    try:
        with paths.open_regular(path, paths.MAX_SESSION_FILE) as file:
            found = os.fstat(file.fileno())
            data = paths.content(file, paths.MAX_SESSION_FILE)
    except paths.UnfitFileError as error:
        raise UnreadableSessionError(error.strerror) from None
    try:
        return data.decode(), (found.st_ino, found.st_size, found.st_mtime_ns)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableSessionError("it is not UTF-8", line=line) from None


def write(store: Store, known: Known | None, session: Session, slug: str, *, seen: int = 0) -> Written | None:
    """Write `session` durably, over `known` or as a new file; None when somebody changed or made it since it was read.

    The first slug names the file. Names are given out under a lock of their own, so that no two sessions share a file.
    `seen` is the stamp that the folder had before a new session was looked for in it.
    """
    if slug and not session.slug:
        session = replace(session, slug=slug)
    from ocm.index import scan

    name = known.name if known else ""
    text = rendered(store, known, session)
    folder = scan.folder_stamp(store)
    if not is_unchanged(store, known) if known else folder != seen and locate(store, session.session_id, []):
        return None  # a person, or another machine to which the lock does not reach
    if known is None or (slug and not known.session.slug):
        with files.locked(os.path.join(store.path, "names.lock")):
            folder = scan.folder_stamp(store)
            name = _write_named(store, known, text, session)
    elif text != known.text:
        put(store, name, text, session.session_id)
    return Written(name, session, folder)


def _write_named(store: Store, known: Known | None, text: str, session: Session) -> str:
    """Write a session under a name that is free, its own if it has one, and return that."""
    own = known.name if known else ""
    for name in _names(session):
        if name == own or not os.path.lexists(os.path.join(store.sessions, name)):
            if known and name != own:
                os.rename(os.path.join(store.sessions, own), os.path.join(store.sessions, name))
            with contextlib.suppress(FileExistsError):
                put(store, name, text, session.session_id, new=known is None)
                return name
    raise AssertionError("there is no end of names")  # pragma: no cover - there is none


def replace_text(store: Store, known: Known, text: str) -> int | None:
    """Write `text` over a file that was read; None when somebody changed it since, else the folder's stamp before."""
    from ocm.index import scan

    folder = scan.folder_stamp(store)
    if not is_unchanged(store, known):
        return None
    put(store, known.name, text, known.session.session_id)
    return folder


def put(store: Store, name: str, text: str, session_id: str, *, new: bool = False) -> None:
    """Write `text` durably as the file `name` of a session, whose lock the caller holds.

    Raises:
        FileExistsError: it was to be `new`, and there is one.
        OSError: it cannot be written; nothing was changed then.
    """
    path = os.path.join(store.sessions, name)
    files.atomic_write(path, text.encode(), owner=journal.key(session_id), new=new)


def move(source: Store, name: str, target: Store, free: str) -> None:
    """Move a session file to another store, durably, under a name that is free there."""
    os.rename(os.path.join(source.sessions, name), os.path.join(target.sessions, free))
    files.sync_folder(target.sessions)
    files.sync_folder(source.sessions)


def remove(store: Store, names: list[str]) -> None:
    """Remove session files for good."""
    for name in names:
        os.unlink(os.path.join(store.sessions, name))
    files.sync_folder(store.sessions)


def rendered(store: Store, known: Known | None, session: Session) -> str:
    """Return what the file of a session is to say, one that is `known` changed no more than that takes.

    Raises:
        UnreadableSessionError: what the file leaves open would swallow an addition; named with its line.
    """
    if known is None:
        return render.render(session)
    try:
        return render.update_parsed(known.file, known.session, session)
    except UnreadableSessionError as error:
        path = os.path.join(store.sessions, known.name)
        raise UnreadableSessionError(error.why, path=path, line=error.line) from None


def is_unchanged(store: Store, known: Known) -> bool:
    """Return whether nobody saved a file since it was read."""
    try:  # opened, because only then does a network's file system ask how the file is now
        descriptor = os.open(os.path.join(store.sessions, known.name), os.O_RDONLY | paths.NO_FOLLOW)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return (found.st_ino, found.st_size, found.st_mtime_ns) == known.signature


def canonical_name(session: Session) -> str:
    """Return what the file of a session is called, where no other one has that name."""
    return next(_names(session))


def _names(session: Session) -> Iterator[str]:
    """Yield the canonical name of a session, then what it is called where other files have that name."""
    short = hashlib.sha256(session.session_id.encode()).hexdigest()[:8]
    moment = datetime.fromtimestamp(times.instant(session.started_at)).astimezone()
    tool = slugify(session.tool, 30) or "unknown"
    stem = f"{moment:%Y-%m-%d_%H-%M}_{tool}_{slugify(session.slug) or short}"
    yield from (f"{stem}.md", f"{stem}-{short}.md")
    yield from (f"{stem}-{short}-{number}.md" for number in itertools.count(2))
