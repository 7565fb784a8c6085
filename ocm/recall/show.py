"""Looking at what is stored: lists, one session, where things stand. Changes nothing but the cache."""

import os
import time
from typing import TYPE_CHECKING, Any, cast

from ocm.base import times
from ocm.base.errors import BadInputError, OcmError, meant
from ocm.base.model import SECTIONS, Session, one_line
from ocm.base.notices import Notice, ignore
from ocm.sessions import session_files
from ocm.sessions.lookup import find
from ocm.store import config, gate, journal, paths
from ocm.store.events import moment, text_of
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import ActiveRow, Excerpt, FileRow, FreshnessRow, SessionPage, Status

ACTIVE_SECONDS = 12 * 3600
_CANDIDATES, _COMPARED = 5, 2_000
_PARTS = {"memory.db": "cache", "active_": "journals", "taken_": "journals", "journal.": "log", "hook.log": "log"}
# How large each part can get: `None` for what is as much as there was to say.
BOUNDS = {
    "sessions": None,
    "cache": None,
    "journals": config.MAX_JOURNAL,
    "log": 2 * (config.MAX_LOG + journal.MAX_REJECTED),
    "archive": None,
    "copies": None,
}
_CHARACTERS_A_TOKEN = 4
_MOST_ACTIVE = 100
_MAX_TITLE = 200
_CUT_NOTE, _LEAST_PART = 60, 200  # characters: of a line that says what is missing; of a text worth showing in part


def show(store: Store, identifier: str, notice: Notice = ignore) -> "SessionPage":
    """Return one whole session as its file says, each section under the checkpoint's own argument names."""
    name = find(store, identifier, notice)
    return as_json(store, name, session_files.load(store, name).session)


def as_json(store: Store, name: str, session: Session) -> "SessionPage":
    """Return a session with the keys of every list, and all the rest of it."""
    return {
        "session_id": session.session_id,
        "title": session.display_title,
        "goal": session.goal,
        "date": session.started_at,
        "tool": session.tool,
        "branch": session.branch,
        "status": session.status,
        "markdown_path": os.path.join(os.path.realpath(store.sessions), name),
        "slug": session.slug,
        "project": session.project,
        "started_at": session.started_at,
        "updated_at": session.updated_at,
        "ended_at": session.ended_at or None,
        "git_sha_start": session.git_sha_start or None,
        "git_sha_end": session.git_sha_end or None,
        "trigger": session.trigger or None,
        "tags": session.tags,
        "work_completed": session.work_completed,
        "work_pending": session.work_pending,
        "work_summary": session.work_summary,
        "decisions": session.decisions,
        "problems": session.problems,
        "plan_files": [{"path": plan.path, "header": plan.header} for plan in session.plan_files],
        "references": [{"url": link.url, "title": link.title} for link in session.references],
        "files": [_file(change.path, change.change_type, change.old_path) for change in session.files],
        "diff_summary": session.diff_summary,
        "notes": session.notes,
    }


def sections_of(asked: list[Any] | None) -> list[str]:
    """Return the sections that are asked for, all of them when none is named.

    Raises:
        BadInputError: one of them is none.
    """
    unknown = [name for name in asked or [] if name not in SECTIONS]
    if unknown:
        near = meant(str(unknown[0]), SECTIONS)
        raise BadInputError(
            f"sections has {one_line(str(unknown[0]), 40)!r}.", f"{near}Accepted: {', '.join(SECTIONS)}."
        )
    return list(dict.fromkeys(asked or SECTIONS))


def excerpt(store: Store, identifier: str, sections: list[str], max_tokens: int, notice: Notice = ignore) -> "Excerpt":
    """Return a session with `sections` only, in at most `max_tokens` as JSON; `cut` says what was left out."""
    name = find(store, identifier, notice)
    session = session_files.load(store, name).session
    whole: dict[str, Any] = {**as_json(store, name, session)}
    result = {key: whole[key] for key in ("session_id", "title", "date", "tool", "branch", "status", "markdown_path")}
    result["title"] = one_line(result["title"], _MAX_TITLE)
    result.update(_holds_still(store, session))
    result.update(dict.fromkeys(sections, ""), cut=[])
    listed = {name: value if isinstance(value := whole[name], list) else [value] if value else [] for name in sections}
    left = max_tokens * _CHARACTERS_A_TOKEN - _size(result)
    if sum(_size(item) + 2 for items in listed.values() for item in items) > left:
        left -= _CUT_NOTE * sum(map(bool, listed.values()))
    budget = _Budget(left)
    for section, items in listed.items():
        value = whole[section]
        kept, said = budget.fit(items)
        if said:
            result["cut"].append(f"{section}: {said}")
        result[section] = kept if isinstance(value, list) else (kept[0] if kept else "")
    return cast("Excerpt", result)  # sections are asked for by their names


def holds_still(store: Store, identifier: str) -> "FreshnessRow":
    """Return how far a session still holds: its files by what became of them, and how many commits came since."""
    return _holds_still(store, session_files.load(store, find(store, identifier)).session)


def _holds_still(store: Store, session: Session) -> "FreshnessRow":
    """Return how many of a session's files are as they were, and how many commits came since."""
    from ocm.git import freshness
    from ocm.markdown import facts

    known = facts.blobs(session.facts)
    touched: freshness.Touched = [(change, known.get(change.path)) for change in session.files]
    updated = times.instant(session.updated_at)
    page = freshness.Page(store.root, [(touched, updated)])
    return {"freshness": page.counts(touched), "commits_since": page.commits(updated)}


class _Budget:
    """Characters of JSON that are left; what does not fit is said."""

    def __init__(self, left: int) -> None:
        self._left = left

    def fit(self, items: list[Any]) -> tuple[list[Any], str]:
        """Return as many of `items` as fit, a long text cut at a word, and in words what is missing."""
        kept: list[Any] = []
        for item in items:
            size = _size(item) + 2
            if size > self._left:
                break
            kept.append(item)
            self._left -= size
        missing = len(items) - len(kept)
        if not missing:
            return kept, ""
        part = self._part(items[len(kept)])
        if part:
            return [*kept, part], f"{missing} of {len(items)} left out or cut"
        return kept, f"{missing} of {len(items)} left out"

    def _part(self, item: object) -> str:
        """Return the beginning of a text that is too long, where enough of it fits to be worth it."""
        if not isinstance(item, str) or self._left < _LEAST_PART:
            return ""
        text = item[: self._left]
        while _size(text) + 8 > self._left:
            text = text[: len(text) - max(1, (_size(text) + 8 - self._left) // 6)]
        self._left -= _size(text) + 8
        return (text[: text.rfind(" ")] if " " in text else text) + "…"


def _size(value: object) -> int:
    import json

    return len(json.dumps(value, ensure_ascii=False))


def _file(path: str, change_type: str, old_path: str | None) -> "FileRow":
    found: FileRow = {"path": path, "change_type": change_type}
    if old_path is not None:
        found["old_path"] = old_path
    return found


def status(store: Store, notice: Notice = ignore) -> "Status":
    """Return where things stand: the store, and for each active session its count and its gate."""
    _look_at_sessions(store, notice)
    settings = config.load(paths.user_store(), store.path)
    active: list[ActiveRow] = []
    for key in _latest(store):
        events = journal.read_events(store.path, key)
        counts = journal.tally(store.path, key, changes_only=settings["gate.count"] == "changes")
        last = max((moment(event) for event in events), default=0.0)
        active.append({
            "session_id": _id_of(events, key),
            "tool": next((text_of(event, "tool") for event in events if event.get("e") == "open"), None),
            "calls": counts.calls,
            "threshold": int(settings["gate.threshold"]),
            "gate_shut": gate.is_shut(counts, settings),
            "denials": counts.denials,
            "last_event": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(last)) if last else None,
        })  # fmt: skip
    return {
        "store": store.path,
        "scope": "user" if store.is_user else "project",
        "project_root": store.root,
        "sessions": _session_count(store),
        "sizes": _sizes(store),
        "bounds": BOUNDS,
        "settings": settings,
        "active": active,
    }


def _latest(store: Store) -> list[str]:
    """Return the keys of the sessions at work, the ones touched last if there are more than anyone could be at."""
    keys = journal.session_keys(store.path)
    if len(keys) > _MOST_ACTIVE:
        touched = {key: _touched(journal.active_path(store.path, key)) for key in keys}
        keys = sorted(sorted(keys, key=lambda key: touched[key])[-_MOST_ACTIVE:])
    return keys


def _touched(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _look_at_sessions(store: Store, notice: Notice) -> None:
    """Let what is wrong with the cache or the session files be named; nothing of that keeps anyone from looking."""
    from ocm.index import access

    try:
        access.read(store, lambda _: None, notice=notice)
    except OcmError as error:
        notice(str(error))


def _session_count(store: Store) -> int:
    try:
        return sum(1 for name in os.listdir(store.sessions) if session_files.is_name(name))
    except OSError:
        return 0


def _sizes(store: Store) -> dict[str, int]:
    """Return the bytes that each part of the store takes."""
    sizes = dict.fromkeys(BOUNDS, 0)
    for folder, of_all in ((store.path, ""), (store.sessions, "sessions"), *_further(store)):
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            part = of_all or _part(entry.name)
            if part and entry.is_file(follow_symlinks=False):
                sizes[part] += entry.stat(follow_symlinks=False).st_size
    return sizes


def _further(store: Store) -> list[tuple[str, str]]:
    from ocm.sessions import archive, backups

    archived = archive.store_of(store)
    copies = os.path.join(store.path, backups.FOLDER)
    return [(archived.path, "archive"), (archived.sessions, "archive"), (copies, "copies")]


def _part(name: str) -> str:
    return next((part for prefix, part in _PARTS.items() if name.startswith(prefix)), "")


def active_ids(store: Store) -> list[str]:
    """Return the ids of the sessions whose journals were touched in the last hours, the latest first."""
    found = []
    for key in journal.session_keys(store.path):
        path = journal.active_path(store.path, key)
        touched = os.stat(path).st_mtime if os.path.exists(path) else 0.0
        if touched > time.time() - ACTIVE_SECONDS:
            found.append((touched, _id_of(journal.read_events(store.path, key), key)))
    return [session_id for _, session_id in sorted(found, reverse=True)]


def session_that_asked(store: Store, tool_use: str) -> str:
    """Return the id of the session whose hook saw the tool use `tool_use` coming, empty when none did."""
    for key in journal.session_keys(store.path) if tool_use else []:
        events = journal.read_events(store.path, key)
        if any(event.get("e") == "ask" and event.get("id") == tool_use for event in events):
            return _id_of(events, key)
    return ""


def _id_of(events: list[dict[str, object]], key: str) -> str:
    return next((name for event in events if (name := text_of(event, "session"))), key)


def text(store: Store, identifier: str, notice: Notice = ignore) -> str:
    """Return the session file itself."""
    return session_files.load(store, find(store, identifier, notice)).text
