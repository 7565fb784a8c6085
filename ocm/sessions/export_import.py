"""Carrying a whole store elsewhere: out into one file, and in from one, checked and redacted on both ways."""

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.notices import Progress, reported
from ocm.index import scan
from ocm.index.file_format import encodable
from ocm.markdown import conflicts, parse
from ocm.redaction import user_rules
from ocm.sessions import archive, backups, copies, export_format, redact_scan, session_files
from ocm.sessions.export_format import Entry
from ocm.store import files, forgotten, paths
from ocm.store.paths import Store, user_store

_NAMELESS = "unreadable.md"  # what has neither a name that is safe nor a session to be named after


@dataclass(slots=True)
class Transfer:
    """What an export or import did: the sessions by what became of them, how many secrets were redacted, problems."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    redactions: int = 0
    troubles: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


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

    Of several files of one session the one that was updated last counts there as everywhere, and all of them come in.

    Raises:
        OcmError: the file is not of the form, or a session is locked for too long; what was written stays.
    """
    bundle = export_format.read(path)
    transfer = Transfer(troubles=list(bundle.troubles))
    known = _known_sessions(store)
    read = reported(bundle.entries, progress, of=2 * len(bundle.entries))
    sessions: dict[str, list[_Checked]] = {}
    for one in [found for entry in read if (found := _checked(store, entry, transfer))]:
        sessions.setdefault(one.session_id, []).append(one)
    _drop_forgotten(store, sessions, transfer)
    if replace and not known.keys().isdisjoint(sessions):
        with files.upkeep(store.path) as owner:
            backups.create(store, "import", owner=owner)
    groups = [sorted(each, key=lambda one: one.rank) for each in sessions.values()]
    for group in reported(groups, progress, before=len(groups), of=2 * len(groups)):
        _import_session(store, group, known.get(group[0].session_id, []), transfer, replace=replace)
    return transfer


def _known_sessions(store: Store) -> dict[str, list[tuple[Store, str]]]:
    """Return where the files of each session of the store and its archive lie."""
    found: dict[str, list[tuple[Store, str]]] = {}
    for place, _ in archive.places(store):
        for name in sorted(filter(paths.is_session_file, os.listdir(place.sessions))):
            try:
                session_id = parse.session_id_of(session_files.text(place, name))
            except (OSError, UnreadableSessionError):
                continue
            found.setdefault(session_id, []).append((place, name))
    return found


class _Checked(NamedTuple):
    """A file that can come in: whose it is, what orders it among others of that session, and a name that is safe."""

    entry: Entry
    session_id: str
    rank: tuple[float, int, str]
    name: str


def _checked(store: Store, entry: Entry, transfer: Transfer) -> _Checked | None:
    """Return an entry without secrets; None when it has one that cannot be taken out.

    One that cannot be read comes in as it is, and is named: a copy of a store has to bring back everything. What does
    not even say whose it is, is no session file.
    """
    clean = _cleaned(store, entry, transfer)
    if clean is None:
        return None
    safe = entry.name if export_format.is_safe_name(entry.name) else ""
    try:
        session = parse.parse(conflicts.resolved(clean.text))
    except UnreadableSessionError as error:
        session_id = parse.session_id_of(clean.text)
        named = transfer.unreadable if session_id else transfer.troubles
        named.append(f"{encodable(entry.name)}, line {error.line}: {error.why}")
        return _Checked(clean, session_id, (0.0, 0, ""), safe or _NAMELESS) if session_id else None
    name = safe or session_files.canonical_name(session)
    return _Checked(clean, session.session_id, (-scan.updated(session, name), len(name), name), name)


def _drop_forgotten(store: Store, sessions: dict[str, list[_Checked]], transfer: Transfer) -> None:
    """Leave out what was forgotten here: it comes back by no import."""
    tombstones = forgotten.read(store)
    for session_id in [one for one in sessions if forgotten.tombstone(one) in tombstones]:
        transfer.forgotten += [one.name for one in sessions.pop(session_id)]


def _cleaned(store: Store, entry: Entry, transfer: Transfer) -> Entry | None:
    rules = user_rules.load(user_store(), store.path)
    try:
        text, counts = redact_scan.cleaned(entry.text, rules)
    except OcmError as error:
        transfer.troubles.append(f"{entry.name}: it contains a secret, and {error.message}")
        return None
    transfer.redactions += sum(counts.values())
    return Entry(entry.name, text, entry.archived)


def _import_session(
    store: Store, group: list[_Checked], here: list[tuple[Store, str]], transfer: Transfer, *, replace: bool
) -> None:
    """Bring in the files of one session, of which the first counts: over the one here that counts, or beside it."""
    session_id = group[0].session_id
    with files.locked(session_files.lock_path(store, session_id)):
        here = _in_order(here, session_id) or _added_meanwhile(store, session_id)
        texts = {session_files.text(*one): one[1] for one in here}
        for n, one in enumerate(group):
            if one.entry.text in texts:
                transfer.same.append(texts[one.entry.text])
            elif here and not replace:
                transfer.kept.append(here[0][1])
            else:
                place, name = here[0] if here and n == 0 else (_place(store, one), "")
                name = _write(store, place, name, one)
                texts[one.entry.text] = name
                transfer.written.append(name)


def _place(store: Store, one: _Checked) -> Store:
    return archive.archive_of(store) if one.entry.archived else store


def _in_order(here: list[tuple[Store, str]], session_id: str) -> list[tuple[Store, str]]:
    """Return where the files of a session lie, the one that counts first."""
    if len(here) < 2:  # noqa: PLR2004 - nothing to choose from
        return here
    ranks = [copies.of_session(place, session_id) for place in dict.fromkeys(place for place, _ in here)]
    order = [name for names in ranks for name in names]
    return sorted(here, key=lambda one: order.index(one[1]) if one[1] in order else len(order))


def _added_meanwhile(store: Store, session_id: str) -> list[tuple[Store, str]]:
    """Return where another process has added the session meanwhile; the caller holds its lock."""
    from ocm.index import checkpoint_queries

    found = ((place, checkpoint_queries.locate(place, session_id)) for place, _ in archive.places(store))
    return [(place, name) for place, name in found if name]


def _write(store: Store, place: Store, name: str, one: _Checked) -> str:
    from ocm.index import checkpoint_queries

    files.make_inner_dir(place.path)
    files.make_private_dir(place.sessions)
    with files.locked(os.path.join(store.path, "names.lock")):
        name = name or archive.free_name(place, one.name)
        session_files.put(place, name, one.entry.text, one.session_id)
    checkpoint_queries.refresh(place, name)
    return name
