"""Storing a checkpoint: the only place that orders journal, markdown and cache.

A checkpoint is one transaction. Before the lock: whatever git, the settings and the session file say (`gather`). Under
the session's lock: take the journal over, read the file, merge, write it durably, drop the journal. After it: refresh
the cache from the file. No process is started and no cache is written while the lock is held. Whatever is killed in
between, the journal is still there, and the file says which journals it includes already.
"""

import contextlib
import os
import time
from dataclasses import dataclass, fields, replace
from typing import Any

from ocm.base import times
from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import Checkpoint, PlanFile, Reference, Session, checkpoint_from, slugify
from ocm.base.text import one_line
from ocm.redaction import redact, user_rules
from ocm.sessions import archive, auto_summary, forget, merge, session_files
from ocm.sessions.gather import Prepared, Start, edits_of, events_redacted, observe
from ocm.sessions.session_files import Known, Written
from ocm.store import files, gate, journal, trust
from ocm.store.events import Event, hook_event, kind_of, may_edit, recalled, text_of
from ocm.store.paths import Store, user_store

HOOK_SECONDS = 1.5  # that a hook may spend on recovery, of the five that hosts wait
_ATTEMPTS = 5
_AT_WORK_SECONDS = 12 * 3600  # without a line, and nobody means that session any more


@dataclass(frozen=True, slots=True)
class _Stored:
    """What was done under the lock: the file, and what the journals came to that it includes now."""

    file: Written
    former_name: str
    journals: list[str]
    carry: gate.Tally
    shell_unseen: bool
    has_ended: bool
    recalled: list[str]
    redactions: int
    warnings: list[str]


def checkpoint(
    store: Store, arguments: dict[str, Any], *, tool: str = "", began: tuple[float, str] | None = None
) -> dict[str, Any]:
    """Store one checkpoint; the one function behind the MCP tool and the command.

    Args:
        store: Where it goes.
        arguments: The arguments of the contract, unchecked.
        tool: What is calling, where neither the call nor the journal says.
        began: When (epoch seconds) and at which commit the conversation began, where no hook has journaled it.

    Returns:
        `session_id`, `markdown_path` (absolute), `status`, `files_recorded`, `redactions`, `warnings`.

    Raises:
        BadInputError: an argument is wrong; nothing was changed.
        UnreadableSessionError: the session's file cannot be parsed; the journal is kept and the gate opens.
    """
    rules = user_rules.load(user_store(), store.path)
    call, redactions = _redacted(checkpoint_from(arguments), rules)
    warnings = _warn_of_unknown_id(store, call.session_id)
    if call.slug and not slugify(call.slug):
        warnings.append("The slug has no letter a-z and no digit, so the file is not named after it.")
    result = _transact(store, call, tool, began, rules)
    result["redactions"] += redactions
    result["warnings"] = warnings + result["warnings"]
    return result


def flush(store: Store, session_id: str, *, status: str | None = None, trigger: str | None = None) -> bool:
    """Store what the journal holds, without words: a machine checkpoint, which keeps the gate's count.

    Returns whether there was anything to store; a conversation in which nothing happened makes no file.
    """
    events = journal.read_events(store.path, session_id)
    has_work = any(may_edit(event) or kind_of(event) == "prompt" for event in events)
    if has_work or session_files.locate(store, session_id, events):
        rules = user_rules.load(user_store(), store.path)
        _transact(store, Checkpoint(session_id, status=status, trigger=trigger), "", None, rules)
        return True
    if status == "closed":
        _drop_idle(store, session_id)
    return False


def recover(store: Store, *, idle: float = journal.ORPHAN_SECONDS, seconds: float = 3600.0) -> list[str]:
    """Flush the journals that nothing touched for `idle` seconds; return what could not be done, a line each.

    After `seconds` the rest is left to the next start: a host waits for the hook that asks.
    """
    troubles: list[str] = []
    now = time.time()
    until = time.monotonic() + seconds
    for key in journal.orphans(store.path, now - idle):
        if time.monotonic() > until:
            return troubles
        events = journal.read_events(store.path, key)
        ids = (text_of(event, "session") for event in events)
        session_id = next((name for name in ids if name and journal.key(name) == key), key)
        try:
            flush(store, session_id, status="closed" if _has_ended(events) else None)
        except (OcmError, OSError) as error:
            troubles.append(str(error))
    for key in journal.idle(store.path, now - journal.FORGOTTEN_SECONDS):
        if time.monotonic() > until:
            return troubles
        _drop_idle(store, key)
    for folder in (store.path, store.sessions):
        files.clear_temporaries(folder, now - journal.ORPHAN_SECONDS)
    _clean_up(store)
    return troubles


def _has_ended(events: list[Event]) -> bool:
    """Return whether the last thing that happened is the end, whose hook died before it had closed the session."""
    happened = [event for event in events if hook_event(event)]
    return bool(happened) and kind_of(happened[-1]) == "end"


def _clean_up(store: Store) -> None:
    """Finish what killed processes left: locks, the temporary file each may stand for, a session half forgotten."""
    for name in files.old_locks(store.path, time.time() - journal.ORPHAN_SECONDS):
        with contextlib.suppress(OcmError, OSError), files.locked(os.path.join(store.path, name), timeout=0):
            files.clear_temporary(store.sessions, name.removeprefix("session_").removesuffix(".lock"))
    if forget.is_pending(store) and trust.is_trusted(store):  # a note that came along with a project is nobody's wish
        forget.finish(store)


def _redacted(call: Checkpoint, rules: user_rules.Rules) -> tuple[Checkpoint, int]:
    """Return `call` without private text and secrets, and how many there were; what is empty then is not given."""
    count = 0

    def clean(value: Any) -> Any:  # noqa: ANN401 - a field of any type comes back as that type
        nonlocal count
        if isinstance(value, str):
            text, found = redact.redact(value, rules)
            count += found
            return text.strip()
        if isinstance(value, list):
            return list(dict.fromkeys(item for item in (clean(item) for item in value) if item))
        if isinstance(value, PlanFile | Reference):
            parts = [clean(getattr(value, part.name)) for part in fields(value)]
            return type(value)(*parts) if parts[0] else None
        return value

    texts = {part.name: clean(getattr(call, part.name)) for part in fields(call) if part.name != "session_id"}
    texts.update({name: texts[name] or None for name in ("goal", "title", "slug", "tool")})
    return replace(call, **texts), count


# --- the transaction


def _transact(
    store: Store, call: Checkpoint, tool: str, began: tuple[float, str] | None, rules: user_rules.Rules
) -> dict[str, Any]:
    """Store one checkpoint: look at everything, then take, merge and write under the lock, then refresh the cache."""
    files.make_private_dir(store.sessions)
    archive.restore_if_archived(store, call.session_id)
    prepared = observe(store, call, tool, began, rules)
    with files.locked(session_files.lock_path(store, call.session_id)):
        stored = _store(store, call, prepared)
    _refresh_cache(store, stored.former_name, stored.file)
    _clean_up(store)
    observed = prepared.observed
    return {
        "session_id": call.session_id,
        "markdown_path": os.path.join(os.path.realpath(store.sessions), stored.file.name),
        "status": stored.file.session.status,
        "files_recorded": len({change.path for change in [*observed.edits, *(observed.changed or [])]}),
        "redactions": stored.redactions,
        "warnings": stored.warnings,
    }


def _store(store: Store, call: Checkpoint, prepared: Prepared) -> _Stored:
    """Do what needs the lock: take the journal over, write the file that includes it, and drop it."""
    journal.take_over(store.path, call.session_id)
    journals = journal.taken(store.path, call.session_id)
    try:
        stored = _write(store, call, prepared, journals)
    except UnreadableSessionError as error:
        journal.append(store.path, call.session_id, [journal.event("release", why=one_line(str(error)))])
        raise
    _drop_journals(store, call.session_id, prepared.start, stored)
    return stored


def _write(store: Store, call: Checkpoint, prepared: Prepared, journals: list[tuple[str, bytes]]) -> _Stored:
    """Write the session file with the journals that were taken over; again when a person saved it in between."""
    from ocm.index import scan

    events = journal.parse(b"\n".join(data for _, data in journals))[0]
    for _ in range(_ATTEMPTS):
        folder = scan.folder_stamp(store)
        known = session_files.read(store, call.session_id, events, seen=prepared.known)
        included = merge.taken_journals(known.session) if known else {}
        new, rejected = journal.parse(b"\n".join(data for name, data in journals if name not in included))
        redactions = _observe_journals(prepared, new, [name for name, _ in journals])
        session = known.session if known else _new_session(call, prepared.start)
        merged = merge.merge(session, call, prepared.observed)
        if rejected:  # before the file says that it includes their journal
            journal.keep_rejected(store.path, rejected)
        with _lock_of_file(store, call.session_id, known):
            written = session_files.write(store, known, merged, slugify(call.slug or ""), seen=folder)
        if written:
            uncounted = [] if call.semantic else [pair for pair in journals if included.get(pair[0]) != "semantic"]
            carry = gate.count(uncounted, changes_only=prepared.changes_only)
            # What the model was told before its conversation was summed up, it may know no more.
            carry.taught = (carry.taught or call.semantic) and call.trigger != "context_limit"
            return _Stored(
                file=written,
                former_name=known.name if known else "",
                journals=[name for name, _ in journals],
                carry=carry,
                shell_unseen=prepared.observed.changed is None and any(event.get("cmd") for event in new),
                has_ended=_has_ended(new),
                recalled=sorted(recalled(events)),
                redactions=redactions,
                warnings=_warn_of_rejected(rejected),
            )
    raise OcmError("The session file is being changed all the time.", "Call the checkpoint again.")


def _observe_journals(prepared: Prepared, events: list[Event], journals: list[str]) -> int:
    """Add to what was observed the events that no file includes yet, redacted; returns how much was redacted."""
    observed = prepared.observed
    observed.events, redactions = events_redacted(events, prepared.rules)
    observed.edits = edits_of(observed.events, prepared.start)
    observed.takes = journals
    observed.summary = auto_summary.items(observed.events, observed.commits)
    return redactions


def _warn_of_rejected(rejected: list[bytes]) -> list[str]:
    many = len(rejected)
    return [f"{many} lines of the journal are not events; they are kept in {journal.REJECTED}."] if many else []


def _new_session(call: Checkpoint, start: Start) -> Session:
    return Session(
        session_id=call.session_id,
        tool=start.tool,
        project=start.project,
        branch=start.branch,
        started_at=times.iso(start.since),
        git_sha_start=start.sha,
    )


def _lock_of_file(store: Store, session_id: str, known: Known | None) -> contextlib.AbstractContextManager[None]:
    """Hold the lock of the session whose file it is, where another one was merged into that."""
    own = known.session.session_id if known else session_id
    return contextlib.nullcontext() if own == session_id else files.locked(session_files.lock_path(store, own))


def _drop_journals(store: Store, session_id: str, start: Start, stored: _Stored) -> None:
    """Drop the taken journals; a session that goes on gets a new first line, and the gate's count along with it."""
    session, carry = stored.file.session, stored.carry
    is_over = session.status == "closed" and (stored.has_ended or not carry.calls)
    if session_id.startswith(journal.SERVER_MADE) and not carry.calls:
        is_over = True  # no hook tells of it, so it would count as active for ever
    if not is_over:  # a call that closes the session says nothing about the work, so the count goes on
        header = journal.event("open", session=session_id, tool=session.tool, file=stored.file.name, **start.carried())
        counts = journal.event(
            "carry",
            **carry.carried(),
            takes=stored.journals,
            shell=stored.shell_unseen or None,
            recall=stored.recalled or None,
        )
        journal.append(store.path, session_id, [header, counts])
    for name in stored.journals:
        if kept := journal.drop(store.path, session_id, name):
            stored.warnings.append(f"The journal was too large to be read to its end; all of it is kept in {kept}.")


def _drop_idle(store: Store, session_id: str) -> None:
    """Remove a journal that holds nothing to store; a line that arrives meanwhile stays in the taken one."""
    with files.locked(session_files.lock_path(store, session_id)):
        journal.take_over(store.path, session_id)
        for take, data in journal.taken(store.path, session_id):
            if not journal.has_work(data, ignoring=(journal.END,)):
                journal.drop(store.path, session_id, take)


def _refresh_cache(store: Store, former_name: str, file: Written) -> None:
    from ocm.index import checkpoint_queries

    checkpoint_queries.refresh(store, file.name, before=file.folder)
    if former_name and former_name != file.name:
        checkpoint_queries.refresh(store, former_name)


def _is_at_work(store: Store, key: str) -> bool:
    """Return whether a session may still be at work: hooks tell of it, and did within the last hours."""
    if key.startswith(journal.SERVER_MADE):
        return False
    try:
        return os.stat(journal.active_path(store.path, key)).st_mtime > time.time() - _AT_WORK_SECONDS
    except OSError:
        return False


def _warn_of_unknown_id(store: Store, session_id: str) -> list[str]:
    """Warn when an id is new to the store while exactly one other conversation is active."""
    keys = [key for key in journal.session_keys(store.path) if _is_at_work(store, key)]
    if len(keys) != 1 or keys[0] == journal.key(session_id) or session_files.locate(store, session_id, []):
        return []
    events = journal.read_events(store.path, keys[0])
    active = next((name for event in events if (name := text_of(event, "session"))), keys[0])
    return [f"{one_line(session_id, 60)} is new here, and the active session is {active}: was that one meant?"]
