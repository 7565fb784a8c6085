"""Staying in step: what no hook saw of a conversation, taken from its transcript when it starts again and when it ends.

A host waits meanwhile, so that a transcript which takes too long is left to `ocm import`, whole: nothing is half told.
"""

import os
import time
from collections.abc import Callable

from ocm.base import times
from ocm.base.errors import OcmError
from ocm.base.model import HALF, clean_text
from ocm.index import checkpoint_queries, scan
from ocm.markdown.facts import Facts
from ocm.redaction import redact, user_rules
from ocm.sessions import session_files
from ocm.sources import combine, extract, importer, registry
from ocm.sources.head import Head
from ocm.sources.json_lines import Unreadable
from ocm.sources.ownership import Project
from ocm.sources.story import Story
from ocm.store import files, forgotten, journal
from ocm.store.paths import Store, user_store

SECONDS = 1.2  # of the five that hosts wait
MAX_BYTES = 24_000_000  # that can be read in them
_BESIDE = 200  # transcripts in one folder that are looked at, to know which of them begins with a copy of another
_ATTEMPTS = 3
LATE = "The transcript takes longer to read than a host waits; `ocm import` takes the rest of it."


class _LateError(Exception):
    """The time is over."""


def complete(store: Store, session_id: str, source: str, path: str, *, seconds: float = SECONDS) -> str:
    """Complete the session of a conversation from its transcript; return why it was not, where a log should have it.

    A session without a file, and one that was forgotten, stays as it is.
    """
    until = time.monotonic() + seconds
    try:
        name = _file(store, session_id) if source in registry.SOURCES and os.path.getsize(path) else ""
        head = _head(session_id, source, path) if name else None
        if head:
            _complete(store, name, head, until)
    except FileNotFoundError:
        pass  # nothing was written yet
    except _LateError:
        return LATE
    except (OcmError, OSError) as error:
        return str(error)
    return ""


def _file(store: Store, session_id: str) -> str:
    """Return the file of a session; empty where it has none of its own, or was forgotten."""
    name = session_files.locate(store, session_id, journal.read_events(store.path, session_id))
    if name and not session_files.holds(store, name, session_id):  # it was merged into another one
        return ""
    return "" if forgotten.tombstone(session_id) in forgotten.read(store) else name


def _head(session_id: str, source: str, path: str) -> Head | None:
    """Return what the transcript's beginning says, if it is that of the conversation."""
    folder = os.path.dirname(path)
    place = folder if len(os.listdir(folder)) <= _BESIDE else path
    heads = registry.heads_of(source, place, Unreadable())
    real = os.path.realpath(path)
    return next((one for one in heads if one.session_id == session_id and os.path.realpath(one.path) == real), None)


def _complete(store: Store, name: str, head: Head, until: float) -> None:
    version = registry.reader(head.source).VERSION
    session = session_files.load(store, name).session
    if Facts.parse(session.facts).marks().get(head.source) == head.mark and session.source_version == version:
        return
    if head.size > MAX_BYTES:
        raise _LateError
    project = Project.of(store)
    root = project.root_of(head) or store.root
    story = Story(_cleaner(store, until), project.inside(head, root))
    registry.read(head, story)
    shas = importer.resolved(store.root, [one.sha for one in story.commits])
    draft = extract.draft(head, story, version, shas)
    draft.session.project = project.name or os.path.basename(store.root)
    if journal.key(head.session_id) in journal.session_keys(store.path):
        draft.session.status, draft.session.ended_at = "open", ""
    with files.locked(session_files.lock_path(store, head.session_id), timeout=max(until - time.monotonic(), 0)):
        _write(store, name, head, draft)


def _cleaner(store: Store, until: float) -> Callable[[str], str]:
    """Return what takes private parts and secrets out of a text, until the time is over."""
    rules = user_rules.load(user_store(), store.path)

    def clean(text: str) -> str:
        if time.monotonic() > until:
            raise _LateError
        return clean_text(redact.redact(text.replace(HALF, ""), rules)[0])

    return clean


def _write(store: Store, name: str, head: Head, draft: extract.Draft) -> None:
    """Write what the transcript adds; again when somebody saved the file in between."""
    for _ in range(_ATTEMPTS):
        stamp = scan.folder_stamp(store)
        known = session_files.load(store, name)
        session = combine.combined(known.session, draft, head.mark, times.iso(time.time()))
        if session == known.session:
            return
        written = session_files.write(store, known, session, "", seen=stamp)
        if written:
            checkpoint_queries.refresh(store, written.name, before=written.folder)
            return
    raise OcmError("The session file is being changed all the time.", "`ocm import` completes it later.")
