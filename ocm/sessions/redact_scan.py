"""Secrets that are stored already: edited in by hand, pulled from others, or older than the rule that knows them.

A file gets its secrets replaced and nothing else changed; one whose meaning would not survive that is left and named.
"""

import contextlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import Session
from ocm.base.notices import Progress, reported
from ocm.markdown import parse
from ocm.redaction import redact, user_rules
from ocm.sessions import backups, export_format, session_files
from ocm.store import files, journal, paths
from ocm.store.events import of_kind, session_of, text_of
from ocm.store.paths import Store, user_store

_FIXED = ("ocm:", "session_id:", "git_sha_start:", "git_sha_end:", "started_at:", "updated_at:", "ended_at:")
_OPEN, _CLOSE = "<private>", "</private>"


@dataclass(slots=True)
class Found:
    """What one file of the store holds: how many finds of each rule, and why they could not be taken out."""

    file: str
    rules: dict[str, int]
    trouble: str = ""


@dataclass(slots=True)
class Report:
    """What a scan found, and whether it was taken out."""

    files: list[Found] = field(default_factory=list)
    scanned: int = 0
    applied: bool = False

    @property
    def total(self) -> int:
        """How many secrets there are."""
        return sum(sum(found.rules.values()) for found in self.files)


def scan(store: Store, *, apply: bool, progress: Progress | None = None) -> Report:
    """Look for secrets in everything a store holds, and take them out when asked to.

    Raises:
        OcmError: a file is locked for too long; those that were done before stay done.
    """
    if not apply:
        return _scan(store, "", progress)
    with files.upkeep(store.path) as owner:
        return _scan(store, owner, progress)


def _scan(store: Store, owner: str, progress: Progress | None) -> Report:
    """Look through the store; an `owner` of the upkeep also takes out what is found."""
    rules = user_rules.load(user_store(), store.path)
    report = Report(applied=bool(owner))
    dirty = _sessions(store, rules, report, progress)
    for name in journal.LOGS:
        _note(report, _log(os.path.join(store.path, name), rules, owner))
    for key in journal.session_keys(store.path):
        _note(report, _journal(store, key, rules, owner))
    for path in backups.paths_of(store):
        _note(report, _copy(store, path, rules, owner))
    if owner and report.files:
        _rewrite_all(store, dirty, rules, owner)
        _clear_cache(store)
    for found in report.files:
        found.file = os.path.relpath(found.file, store.path) if os.path.isabs(found.file) else found.file
    return report


def _sessions(
    store: Store, rules: user_rules.Rules, report: Report, progress: Progress | None
) -> list[tuple[Store, Found]]:
    dirty = []
    names = [
        (place, name)
        for place, _ in export_format.places(store)
        for name in sorted(filter(paths.is_session_file, os.listdir(place.sessions)))
    ]
    for place, name in reported(names, progress):
        found = _session(place, name, rules)
        _note(report, found)
        if found and not found.trouble:
            dirty.append((place, found))
    return dirty


def _rewrite_all(store: Store, dirty: list[tuple[Store, Found]], rules: user_rules.Rules, owner: str) -> None:
    """Rewrite the session files that can be; the safety copy holds what was to go, so it stays only if one failed."""
    copy = backups.make(store, "redact-scan", owner=owner) if dirty else ""
    for place, found in dirty:
        try:
            _rewrite(place, os.path.basename(found.file), rules)
        except (OcmError, OSError) as error:
            found.trouble = _why(error)
    if copy and not any(found.trouble for _, found in dirty):
        backups.drop(copy)


def cleaned(text: str, rules: user_rules.Rules = user_rules.NONE) -> tuple[str, dict[str, int]]:
    """Return the text of a session file without secrets and closed private text, and how many of each rule.

    Raises:
        OcmError: it would not mean the same afterwards.
    """
    head, body = _split(text)
    counts: Counter[str] = Counter()
    lines = [line if line.startswith(_FIXED) else _front_line(line, rules, counts) for line in head]
    without, blocks = _without_private(body)
    counts.update({"private": blocks} if blocks else {})
    clean, more = redact.report_secrets(without, rules)
    counts.update(more)
    if not counts:
        return text, {}
    result = "\n".join([*lines, clean])
    if not _means_the_same(text, result):
        raise OcmError("its form would not survive", "Take the secret out in an editor.")
    return result, dict(counts)


def _split(text: str) -> tuple[list[str], str]:
    """Return the lines of the front matter and the rest, which begins with the line that ends it."""
    lines = text.split("\n")
    ends = (at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    end = next(ends, 0) if lines[0].startswith("---") else 0
    return lines[:end], "\n".join(lines[end:])


def _front_line(line: str, rules: user_rules.Rules, counts: Counter[str]) -> str:
    clean, found = redact.report(line, rules)
    counts.update(found)
    name, colon, value = clean.partition(": ")
    quoted = colon and value.startswith("[REDACTED:") and line[len(name) + 2 :][:1] not in {"[", '"', "'"}
    return f"{name}: {json.dumps(value, ensure_ascii=False)}" if quoted else clean


def _without_private(text: str) -> tuple[str, int]:
    """Drop private text that is closed within its paragraph or list; what is not may be a mistake, and stays."""
    blocks = at = 0
    lower = text.lower() if len(text.lower()) == len(text) else text
    parts = []
    while (start := lower.find(_OPEN, at)) >= 0:
        end = lower.find(_CLOSE, start)
        if end < 0:
            break
        inner = text[start:end]
        if "\n#" in inner or "\n---" in inner or "\n```" in inner:
            parts.append(text[at : start + len(_OPEN)])
            at = start + len(_OPEN)
            continue
        parts.append(text[at:start])
        at, blocks = end + len(_CLOSE), blocks + 1
    return "".join([*parts, text[at:]]), blocks


def _means_the_same(before: str, after: str) -> bool:
    """Tell whether a file that could be parsed still can, and holds as much of that session as before."""
    try:
        return _shape(parse.parse(before)) == _shape(parse.parse(after))
    except UnreadableSessionError:
        return False


def _shape(session: Session) -> tuple[str | int, ...]:
    parts = (session.files, session.plan_files, session.references, session.work, session.facts)
    sizes = [len(part) for part in parts]
    return (session.session_id, session.status, session.started_at, session.git_sha_start, *sizes)


def _note(report: Report, found: Found | None) -> None:
    report.scanned += 1
    if found:
        report.files.append(found)


def _session(store: Store, name: str, rules: user_rules.Rules) -> Found | None:
    path = os.path.join(store.sessions, name)
    try:
        text = session_files.text(store, name)
    except (UnreadableSessionError, OSError):
        return None  # no text: what lists the sessions names it
    try:
        counts = cleaned(text, rules)[1]
    except OcmError as error:
        return Found(path, redact.report_secrets(text, rules)[1], error.message)
    return Found(path, counts) if counts else None


def _rewrite(store: Store, name: str, rules: user_rules.Rules) -> None:
    """Take the secrets out under the session's lock, from what the file holds then."""
    session_id = parse.session_id_of(session_files.text(store, name))
    with files.locked(session_files.lock_path(store, session_id)):
        clean, counts = cleaned(session_files.text(store, name), rules)
        if counts:
            files.atomic_write(os.path.join(store.sessions, name), clean.encode(), owner=journal.key(session_id))


def _log(path: str, rules: user_rules.Rules, owner: str) -> Found | None:
    try:
        text = paths.read_regular(path, paths.MAX_LOG_FILE).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, paths.UnfitFileError):
        return None
    clean, counts = redact.report_secrets(text, rules)
    if counts and owner:
        files.atomic_write(path, clean.encode("utf-8", "surrogateescape"), owner=owner)
    return Found(path, counts) if counts else None


def _journal(store: Store, key: str, rules: user_rules.Rules, owner: str) -> Found | None:
    """Look through the journals of a session; storing them in its file takes the secrets out and the journals away."""
    counts: Counter[str] = Counter()
    events = journal.read_events(store.path, key)
    for event in events:
        for name in ("path", "title", "cmd"):
            counts.update(redact.report(text_of(event, name), rules)[1])
    if not counts:
        return None
    found = Found(f"journal of {key}", dict(counts))
    if owner:
        from ocm.sessions import checkpoints

        session_id = session_of(of_kind(events, "open"), key)
        try:
            checkpoints.flush(store, session_id)
        except (OcmError, OSError) as error:
            found.trouble = _why(error)
    return found


def _copy(store: Store, path: str, rules: user_rules.Rules, owner: str) -> Found | None:
    counts: Counter[str] = Counter()
    entries = []
    try:
        for entry in export_format.read(path):
            clean, found = redact.report_secrets(entry.text, rules)
            counts.update(found)
            entries.append(export_format.Entry(entry.name, clean, entry.archived))
        if counts and owner:
            export_format.write(path, store, entries, owner=owner)
    except (OcmError, OSError) as error:
        return Found(path, dict(counts), _why(error))
    return Found(path, dict(counts)) if counts else None


def _clear_cache(store: Store) -> None:
    """Make the caches anew, in new files, and drop the one that was kept aside: no page of the old ones is left."""
    from ocm.index import sync

    for place, _ in export_format.places(store):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.database + ".damaged")
        sync.rebuild(place)


def _why(error: OcmError | OSError) -> str:
    if isinstance(error, UnreadableSessionError):
        return error.why
    return error.message if isinstance(error, OcmError) else str(error.strerror or error)
