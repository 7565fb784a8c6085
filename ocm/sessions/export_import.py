"""Carrying a whole store elsewhere: out into one file, and in from one, checked and redacted on both ways."""

import os
from dataclasses import dataclass, field

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.notices import Progress, reported
from ocm.markdown import parse
from ocm.redaction import user_rules
from ocm.sessions import archive, backups, export_format, redact_scan, session_files
from ocm.sessions.export_format import Entry
from ocm.store import files, journal, paths
from ocm.store.paths import Store, user_store


@dataclass(slots=True)
class Moved:
    """What came of it: names of sessions by what became of them, secrets that were taken out, and troubles."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    redactions: int = 0
    troubles: list[str] = field(default_factory=list)


def export(store: Store, path: str, *, progress: Progress | None = None) -> Moved:
    """Write every session of the store and its archive to the file `path`.

    Raises:
        OcmError: it would lie where the sessions do.
        OSError: it cannot be written.
    """
    target = os.path.realpath(path)
    if target.startswith(os.path.join(os.path.realpath(store.path), "")):
        raise OcmError(f"{path} would lie in the store itself.", "Name a file outside of it.")
    moved = Moved()
    entries, moved.troubles = export_format.collect(store)
    clean = [found for entry in reported(entries, progress) if (found := _cleaned(store, entry, moved))]
    export_format.write(target, store, clean)
    moved.written = [entry.name for entry in clean]
    return moved


def bring_in(store: Store, path: str, *, replace: bool = False, progress: Progress | None = None) -> Moved:
    """Add the sessions of a file to the store; one that is here already stays as it is, or with `replace` goes.

    Raises:
        OcmError: the file is not of the form, or a session is locked for too long; what was written stays.
    """
    entries = export_format.read(path)
    moved = Moved()
    here = _known(store)
    read = reported(entries, progress, of=2 * len(entries))
    clean = [found for entry in read if (found := _checked(store, entry, moved))]
    if any(entry_id in here for _, entry_id in clean) and replace:
        with files.upkeep(store.path) as owner:
            backups.make(store, "import", owner=owner)
    for entry, session_id in reported(clean, progress, before=len(clean), of=2 * len(clean)):
        _put(store, entry, session_id, here, moved, replace=replace)
    return moved


def _known(store: Store) -> dict[str, tuple[Store, str]]:
    """Return where each session of the store and its archive lies."""
    found = {}
    for place, _ in export_format.places(store):
        for name in filter(paths.is_session_file, os.listdir(place.sessions)):
            try:
                found[parse.session_id_of(session_files.text(place, name))] = (place, name)
            except (OSError, UnreadableSessionError):
                continue
    found.pop("", None)
    return found


def _checked(store: Store, entry: Entry, moved: Moved) -> tuple[Entry, str] | None:
    """Return an entry without secrets and whose it is; None when it is no session file."""
    try:
        session_id = parse.parse(entry.text).session_id
    except UnreadableSessionError as error:
        moved.troubles.append(f"{entry.name}, line {error.line}: {error.why}")
        return None
    clean = _cleaned(store, entry, moved)
    return (clean, session_id) if clean else None


def _cleaned(store: Store, entry: Entry, moved: Moved) -> Entry | None:
    rules = user_rules.load(user_store(), store.path)
    try:
        text, counts = redact_scan.cleaned(entry.text, rules)
    except OcmError as error:
        moved.troubles.append(f"{entry.name}: it holds a secret, and {error.message}")
        return None
    moved.redactions += sum(counts.values())
    return Entry(entry.name, text, entry.archived)


def _put(  # noqa: PLR0913 - each is a part of one question
    store: Store, entry: Entry, session_id: str, here: dict[str, tuple[Store, str]], moved: Moved, *, replace: bool
) -> None:
    with files.locked(session_files.lock_path(store, session_id)):
        place, name = here.get(session_id) or _came_meanwhile(store, session_id)
        if name and session_files.text(place, name) == entry.text:
            moved.same.append(name)
            return
        if name and not replace:
            moved.kept.append(name)
            return
        place = place if name or not entry.archived else archive.store_of(store)
        name = _written(store, place, name, entry, session_id)
    here[session_id] = (place, name)
    moved.written.append(name)


def _came_meanwhile(store: Store, session_id: str) -> tuple[Store, str]:
    """Return where another process has put the session since we looked; the caller holds its lock."""
    from ocm.index import checkpoint_queries

    for place, _ in export_format.places(store):
        name = checkpoint_queries.locate(place, session_id)
        if name:
            return place, name
    return store, ""


def _written(store: Store, place: Store, name: str, entry: Entry, session_id: str) -> str:
    from ocm.index import checkpoint_queries

    files.make_inner_dir(place.path)
    files.make_private_dir(place.sessions)
    with files.locked(os.path.join(store.path, "names.lock")):
        name = name or archive.free_name(place, entry.name)
        path = os.path.join(place.sessions, name)
        files.atomic_write(path, entry.text.encode(), owner=journal.key(session_id))
    checkpoint_queries.refresh(place, name)
    return name
