"""Carrying a whole store elsewhere: out into one file, and in from one, checked and redacted on both ways."""

import os
from dataclasses import dataclass, field

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.notices import Progress, reported
from ocm.markdown import parse
from ocm.redaction import user_rules
from ocm.sessions import archive, backups, export_format, forgotten, redact_scan, session_files
from ocm.sessions.export_format import Entry
from ocm.store import files, paths
from ocm.store.paths import Store, user_store


@dataclass(slots=True)
class Transfer:
    """What an export or import did: the sessions by what became of them, how many secrets were redacted, problems."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    redactions: int = 0
    troubles: list[str] = field(default_factory=list)


def export_store(store: Store, path: str, *, progress: Progress | None = None) -> Transfer:
    """Write every session of the store and its archive to the file `path`.

    Raises:
        OcmError: it would lie where the sessions do.
        OSError: it cannot be written.
    """
    target = os.path.realpath(path)
    if target.startswith(os.path.join(os.path.realpath(store.path), "")):
        raise OcmError(f"{path} would lie in the store itself.", "Name a file outside of it.")
    transfer = Transfer()
    entries, transfer.troubles = export_format.collect(store)
    clean = [found for entry in reported(entries, progress) if (found := _cleaned(store, entry, transfer))]
    export_format.write(target, store, clean)
    transfer.written = [entry.name for entry in clean]
    return transfer


def import_sessions(store: Store, path: str, *, replace: bool = False, progress: Progress | None = None) -> Transfer:
    """Add the sessions of a file to the store; one that is here already stays as it is; with `replace` it is replaced.

    Raises:
        OcmError: the file is not of the form, or a session is locked for too long; what was written stays.
    """
    entries = export_format.read(path)
    transfer = Transfer()
    known = _known_sessions(store)
    read = reported(entries, progress, of=2 * len(entries))
    clean = [found for entry in read if (found := _checked(store, entry, transfer))]
    tombstones = forgotten.read(store)
    transfer.forgotten = [entry.name for entry, name in clean if forgotten.tombstone(name) in tombstones]
    clean = [(entry, name) for entry, name in clean if forgotten.tombstone(name) not in tombstones]
    if any(entry_id in known for _, entry_id in clean) and replace:
        with files.upkeep(store.path) as owner:
            backups.create(store, "import", owner=owner)
    for entry, session_id in reported(clean, progress, before=len(clean), of=2 * len(clean)):
        _import_one(store, entry, session_id, known, transfer, replace=replace)
    return transfer


def _known_sessions(store: Store) -> dict[str, tuple[Store, str]]:
    """Return where each session of the store and its archive lies."""
    found = {}
    for place, _ in archive.places(store):
        for name in filter(paths.is_session_file, os.listdir(place.sessions)):
            try:
                found[parse.session_id_of(session_files.text(place, name))] = (place, name)
            except (OSError, UnreadableSessionError):
                continue
    found.pop("", None)
    return found


def _checked(store: Store, entry: Entry, transfer: Transfer) -> tuple[Entry, str] | None:
    """Return an entry without secrets and whose it is; None when it is no session file."""
    try:
        session_id = parse.parse(entry.text).session_id
    except UnreadableSessionError as error:
        transfer.troubles.append(f"{entry.name}, line {error.line}: {error.why}")
        return None
    clean = _cleaned(store, entry, transfer)
    return (clean, session_id) if clean else None


def _cleaned(store: Store, entry: Entry, transfer: Transfer) -> Entry | None:
    rules = user_rules.load(user_store(), store.path)
    try:
        text, counts = redact_scan.cleaned(entry.text, rules)
    except OcmError as error:
        transfer.troubles.append(f"{entry.name}: it contains a secret, and {error.message}")
        return None
    transfer.redactions += sum(counts.values())
    return Entry(entry.name, text, entry.archived)


def _import_one(  # noqa: PLR0913 - each is a part of one question
    store: Store,
    entry: Entry,
    session_id: str,
    known: dict[str, tuple[Store, str]],
    transfer: Transfer,
    *,
    replace: bool,
) -> None:
    with files.locked(session_files.lock_path(store, session_id)):
        place, name = known.get(session_id) or _added_meanwhile(store, session_id)
        if name and session_files.text(place, name) == entry.text:
            transfer.same.append(name)
            return
        if name and not replace:
            transfer.kept.append(name)
            return
        place = place if name or not entry.archived else archive.archive_of(store)
        name = _write(store, place, name, entry, session_id)
    known[session_id] = (place, name)
    transfer.written.append(name)


def _added_meanwhile(store: Store, session_id: str) -> tuple[Store, str]:
    """Return where another process has added the session meanwhile; the caller holds its lock."""
    from ocm.index import checkpoint_queries

    for place, _ in archive.places(store):
        name = checkpoint_queries.locate(place, session_id)
        if name:
            return place, name
    return store, ""


def _write(store: Store, place: Store, name: str, entry: Entry, session_id: str) -> str:
    from ocm.index import checkpoint_queries

    files.make_inner_dir(place.path)
    files.make_private_dir(place.sessions)
    with files.locked(os.path.join(store.path, "names.lock")):
        name = name or archive.free_name(place, entry.name)
        session_files.put(place, name, entry.text, session_id)
    checkpoint_queries.refresh(place, name)
    return name
