"""Secrets that are stored already: edited in by hand, pulled from others, or older than the rule that knows them.

A file gets its secrets replaced and nothing else changed; one whose meaning would not survive that is left and named.
So is whatever else lies in the store with a secret in it or in its name, and what cannot be looked into.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.base.model import Session
from ocm.base.notices import Progress, reported
from ocm.markdown import frontmatter, parse
from ocm.redaction import redact, user_rules
from ocm.redaction.private_text import without_closed_private
from ocm.sessions import archive, backups, export_format, session_files
from ocm.store import files, journal, paths
from ocm.store.events import FREE_TEXTS, of_kind, session_of, text_of
from ocm.store.paths import Store, user_store

_CACHES = ("memory.db", "transcripts.db")  # they are made anew from what is clean
_JOURNAL = "journal of "
_FIXED = ("ocm:", "session_id:", "git_sha_start:", "git_sha_end:", "started_at:", "updated_at:", "ended_at:")


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
    plain: set[str] = field(default_factory=set)  # the paths of session files without anything to take out

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
    dirty = _scan_sessions(store, rules, report, progress)
    for key in journal.session_keys(store.path):
        _add(report, _scan_journal(store, key, rules, owner))
    for name in journal.LOGS:  # which may have got lines of a journal just now
        _add(report, _scan_log(os.path.join(store.path, name), rules, owner))
    for path in backups.list_paths(store):
        _add(report, _scan_backup(store, path, rules, owner))
    if owner and report.files:
        _rewrite_all(store, dirty, rules, owner)
        archive.rebuild_caches(store)
    report.files += _left_over(store, report, rules)
    for found in report.files:
        path = os.path.relpath(found.file, store.path) if os.path.isabs(found.file) else found.file
        found.file, found.trouble = redact.redact(path, rules)[0], redact.redact(found.trouble, rules)[0]
    return report


def _left_over(store: Store, report: Report, rules: user_rules.Rules) -> list[Found]:
    """Find what no other part of the scan takes out: in files of no known kind, in names, behind what is no file.

    After secrets were taken out, all that held any is looked at once more.
    """
    told = report.plain | _told(store, report)
    found = []
    for path, trouble in _everything(store.path):
        in_name = redact.report_secrets(os.path.basename(path), rules)[1]
        if in_name:
            found.append(Found(path, in_name, "its name holds them: rename it"))
        if trouble:
            found.append(Found(path, {}, trouble))
        elif path not in told and (unknown := _unknown(path, rules)):
            found.append(unknown)
    return found


def _told(store: Store, report: Report) -> set[str]:
    """Return the paths of what needs no second look, because it was named, and is as it was."""
    told = set()
    for found in report.files:
        if found.trouble or not report.applied:
            key = found.file.removeprefix(_JOURNAL)
            told |= {found.file, journal.active_path(store.path, key), *journal.taken_paths(store.path, key)}
    return told


def _everything(folder: str) -> Iterator[tuple[str, str]]:
    """Return the path of all that lies below a folder, and why it cannot be looked into, if so."""
    unread: list[tuple[str, str]] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: unread.append(_unreadable(error))):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from ((os.path.join(place, name), "it is a link") for name in links)
        yield from ((os.path.join(place, name), "") for name in (*set(folders).difference(links), *names))
    yield from unread


def _unreadable(error: OSError) -> tuple[str, str]:
    return str(error.filename), _reason(error)


def _unknown(path: str, rules: user_rules.Rules) -> Found | None:
    """Look into a file that is not rewritten, whatever it is."""
    name = os.path.basename(path)
    if os.path.isdir(path) or name.endswith(".lock") or name.startswith(_CACHES):
        return None
    try:
        text = paths.read_regular(path, paths.MAX_LOG_FILE).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        return Found(path, {}, _reason(error))
    counts = redact.report_secrets(text, rules)[1]
    return Found(path, counts, "nothing here rewrites it: take them out in an editor") if counts else None


def _scan_sessions(
    store: Store, rules: user_rules.Rules, report: Report, progress: Progress | None
) -> list[tuple[Store, Found]]:
    dirty = []
    names = [
        (place, name)
        for place, _ in archive.places(store)
        for name in sorted(filter(paths.is_session_file, os.listdir(place.sessions)))
    ]
    for place, name in reported(names, progress):
        found = _scan_session(place, name, rules, report.plain)
        _add(report, found)
        if found and not found.trouble:
            dirty.append((place, found))
    return dirty


def _rewrite_all(store: Store, dirty: list[tuple[Store, Found]], rules: user_rules.Rules, owner: str) -> None:
    """Rewrite the session files that can be; the backup holds the secrets too, so it stays only if a file failed."""
    copy = backups.create(store, "redact-scan", owner=owner) if dirty else ""
    for place, found in dirty:
        try:
            _rewrite(place, os.path.basename(found.file), rules)
        except (OcmError, OSError) as error:
            found.trouble = _reason(error)
    if copy and not any(found.trouble for _, found in dirty):
        backups.remove(copy)


def cleaned(text: str, rules: user_rules.Rules = user_rules.NONE) -> tuple[str, dict[str, int]]:
    """Return the text of a session file without secrets and closed private text, and how many of each rule.

    Raises:
        OcmError: it would not mean the same afterwards.
    """
    lines = text.split("\n")
    end = frontmatter.end_of(lines)
    body = "\n".join(lines[end:])
    counts: Counter[str] = Counter()
    head = [line if line.startswith(_FIXED) else _front_line(line, rules, counts) for line in lines[:end]]
    without, blocks = without_closed_private(body)
    counts.update({"private": blocks} if blocks else {})
    clean, more = redact.report_secrets(without, rules)
    counts.update(more)
    if not counts:
        return text, {}
    result = "\n".join([*head, clean])
    if not _means_the_same(text, result):
        raise OcmError("its form would not survive", "Take the secret out in an editor.")
    return result, dict(counts)


def _front_line(line: str, rules: user_rules.Rules, counts: Counter[str]) -> str:
    without, pieces = without_closed_private(line)
    counts.update({"private": pieces} if pieces else {})
    clean, found = redact.report_secrets(without, rules)
    counts.update(found)
    name, colon, value = clean.partition(": ")
    quoted = colon and value.startswith("[REDACTED:") and line[len(name) + 2 :][:1] not in {"[", '"', "'"}
    return f"{name}: {json.dumps(value, ensure_ascii=False)}" if quoted else clean


def _means_the_same(before: str, after: str) -> bool:
    """Return whether a file that could be parsed still can, and holds as much of that session as before."""
    try:
        return _shape(parse.parse(before)) == _shape(parse.parse(after))
    except UnreadableSessionError:
        return False


def _shape(session: Session) -> tuple[str | int, ...]:
    parts = (session.files, session.plan_files, session.references, session.work, session.facts)
    sizes = [len(part) for part in parts]
    return (session.session_id, session.status, session.started_at, session.git_sha_start, *sizes)


def _add(report: Report, found: Found | None) -> None:
    report.scanned += 1
    if found:
        report.files.append(found)


def _scan_session(store: Store, name: str, rules: user_rules.Rules, plain: set[str]) -> Found | None:
    path = os.path.join(store.sessions, name)
    try:
        text = session_files.text(store, name)
    except (UnreadableSessionError, OSError):
        return None  # no text: it is looked at with what else there is
    try:
        counts = cleaned(text, rules)[1]
    except OcmError as error:
        return Found(path, redact.report_secrets(text, rules)[1], error.message)
    if counts:
        return Found(path, counts)
    if not redact.report_secrets(_fixed_lines(text), rules)[1]:
        plain.add(path)
    return None


def _fixed_lines(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line for line in lines[: frontmatter.end_of(lines)] if line.startswith(_FIXED))


def _rewrite(store: Store, name: str, rules: user_rules.Rules) -> None:
    """Take the secrets out under the session's lock, from what the file holds then."""
    session_id = parse.session_id_of(session_files.text(store, name))
    with files.locked(session_files.lock_path(store, session_id)):
        clean, counts = cleaned(session_files.text(store, name), rules)
        if counts:
            session_files.put(store, name, clean, session_id)


def _scan_log(path: str, rules: user_rules.Rules, owner: str) -> Found | None:
    try:
        text = paths.read_regular(path, paths.MAX_LOG_FILE).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, paths.UnfitFileError):
        return None
    clean, counts = redact.report_secrets(text, rules)
    if counts and owner:
        files.atomic_write(path, clean.encode("utf-8", "surrogateescape"), owner=owner)
    return Found(path, counts) if counts else None


def _scan_journal(store: Store, key: str, rules: user_rules.Rules, owner: str) -> Found | None:
    """Look through the journals of a session; storing them in its file takes the secrets out and the journals away."""
    counts: Counter[str] = Counter()
    events = journal.read_events(store.path, key)
    for event in events:
        for name in (*FREE_TEXTS, "branch"):
            counts.update(redact.report(text_of(event, name), rules)[1])
    if not counts:
        return None
    found = Found(f"{_JOURNAL}{key}", dict(counts))
    if owner:
        from ocm.sessions import checkpoints

        session_id = session_of(of_kind(events, "open"), key)
        try:
            checkpoints.flush(store, session_id)
        except (OcmError, OSError) as error:
            found.trouble = _reason(error)
    return found


def _scan_backup(store: Store, path: str, rules: user_rules.Rules, owner: str) -> Found | None:
    counts: Counter[str] = Counter()
    entries = []
    try:
        bundle = export_format.read(path)
        for entry in bundle.entries:
            clean, found = redact.report_secrets(entry.text, rules)
            counts.update(found)
            entries.append(export_format.Entry(entry.name, clean, entry.archived))
        if counts and owner:
            export_format.write(path, store, entries, owner=owner, others=bundle.others, change=bundle.change)
    except (OcmError, OSError) as error:
        return Found(path, dict(counts), _reason(error))
    trouble = "; ".join(bundle.troubles)
    return Found(path, dict(counts), trouble) if counts or trouble else None


def _reason(error: OcmError | OSError) -> str:
    if isinstance(error, UnreadableSessionError):
        return error.why
    return error.message if isinstance(error, OcmError) else str(error.strerror or error)
