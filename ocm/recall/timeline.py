"""What was done when: sessions in order, around one of them or about one file, each checkpoint with what it says.

All of it is read from the session files; what became of their files since is looked at once for the whole list.
"""

import os
import re
from typing import TYPE_CHECKING, cast

from ocm.base import times
from ocm.base.errors import BadInputError, OcmError
from ocm.base.model import FileChange, Session, WorkEntry
from ocm.base.notices import Notice, ignore
from ocm.base.sanitize import clean_line
from ocm.base.text import one_line
from ocm.git import freshness, history, worktree
from ocm.git.commits import Commit
from ocm.index import access
from ocm.index.queries import Index, SessionRow
from ocm.provenance import commit_links
from ocm.sessions import lookup, session_files
from ocm.store.paths import Store, relative

if TYPE_CHECKING:
    from ocm.base.rows import ChangeRow, CheckpointRow, TimelineRow

MAX_LIMIT = 100
_ITEMS, _MAX_ITEM = 5, 200
_HEADING = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?: · ([0-9a-f]{7,40}))?(?: · (\w+))?")


def timeline(
    store: Store, *, session_id: str | None = None, file: str | None = None, limit: int = 10, notice: Notice = ignore
) -> "list[TimelineRow]":
    """Return what was done, oldest first: around a session (the latest, if none is named), or to a file.

    Raises:
        BadInputError: both are given, or the limit is out of bounds.
        NotFoundError: there is no such session.
    """
    if session_id and file:
        raise BadInputError("session_id and file are both given.", "Give one of them.")
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInputError(f"limit is {limit}.", f"Accepted: 1 to {MAX_LIMIT}.")
    if file:
        path, project = relative(store, os.path.normpath(file)), worktree.own_project(store)
        rows = access.read(store, lambda cache: cache.touching(path, limit, project)[::-1], notice=notice)
        return _with_commits(store, path, _shown(store, rows, "", path), limit)
    name = _anchor(store, session_id, notice)
    rows = access.read(store, lambda cache: _around(cache, name, limit), notice=notice) if name else []
    return _shown(store, rows, name, "")


def _with_commits(store: Store, path: str, entries: "list[TimelineRow]", limit: int) -> "list[TimelineRow]":
    """Return sessions and the commits that changed a file in one order, the last ones of both together.

    A commit has `commit`, `author` and `sessions`, those that its work certainly comes from. Where only the end of a
    path is named, the files are those that the sessions touched.
    """
    touched = {change["path"] for entry in entries for change in entry.get("changes", ())}
    found = history.log(store.root, {path, *touched}, limit)
    if not found:
        return entries

    def work(view: commit_links.View) -> "list[TimelineRow]":
        return [_commit(view, commit) for commit in found]

    both = [*entries, *commit_links.read(store, work)]
    return sorted(both, key=lambda entry: times.instant(entry["date"]))[-limit:]


def _commit(view: commit_links.View, commit: Commit) -> "TimelineRow":
    made = view.links.commit(commit.sha)
    matches = commit_links.sessions_of(view.links, made) if made else []
    rows = [view.cache.in_file(match.session) for match in matches if match.sure]
    return {
        "commit": commit.sha,
        "title": clean_line(commit.subject),
        "date": times.iso(commit.at),
        "author": commit.author,
        "sessions": [row.session_id for row in rows if row],
    }


def _anchor(store: Store, session_id: str | None, notice: Notice) -> str:
    if session_id:
        return lookup.find(store, session_id, notice)
    latest = access.read(store, lambda cache: cache.find("latest"), notice=notice)
    return latest[0].file if latest else ""


def _around(cache: Index, name: str, limit: int) -> list[SessionRow]:
    """Return the session among its neighbours; where there are few on one side, the other has more."""
    found = cache.find(name)
    if not found:
        return []
    rows = cache.around(found[0], limit - 1, limit - 1)
    at = next(n for n, row in enumerate(rows) if row.row == found[0].row)
    begin = max(0, min(at - limit // 2, len(rows) - limit))
    return rows[begin : begin + limit]


def _shown(store: Store, rows: list[SessionRow], anchor: str, path: str) -> "list[TimelineRow]":
    touched = access.read(store, lambda cache: cache.files_of([row.row for row in rows]))
    page = freshness.Page(store.root, [(touched.get(row.row, []), row.updated) for row in rows])
    entries: list[TimelineRow] = []
    for row in rows:
        files = touched.get(row.row, [])
        entry = cast("TimelineRow", row.as_json())
        entry["goal"] = one_line(row.goal, _MAX_ITEM)
        entry["checkpoints"] = _work(store, row)
        if anchor:
            entry["is_anchor"] = row.file == anchor
        if path:
            entry["changes"] = [_change(page, change, oid) for change, oid in files if _means(change.path, path)]
        entry["freshness"], entry["commits_since"] = page.counts(files), page.commits(row.updated)
        entries.append(entry)
    return entries


def _change(page: freshness.Page, change: FileChange, oid: str | None) -> "ChangeRow":
    state = page.state(change.path, oid) if oid else None
    return {"path": change.path, "change_type": change.change_type, "state": state}


def _means(path: str, asked: str) -> bool:
    return path == asked or path.endswith("/" + asked)


def _work(store: Store, row: SessionRow) -> "list[CheckpointRow]":
    try:
        session = session_files.load(store, row.file).session
    except (OcmError, OSError):  # it was there a moment ago; the list says what it can
        return []
    return [_entry(work) for work in session.work] or _without_work(session)


def _without_work(session: Session) -> "list[CheckpointRow]":
    """Return what a session whose checkpoints held no summary says it did."""
    done = session.work_completed or session.work_pending
    when = times.later(session.started_at, session.updated_at)
    return [{"at": when, "items": _items(done)}] if done else []


def _entry(work: WorkEntry) -> "CheckpointRow":
    found = _HEADING.fullmatch(work.heading)
    entry: CheckpointRow = {"at": found[1] if found else work.heading, "items": _items(work.items)}
    if found and found[2]:
        entry["commit"] = found[2]
    if found and found[3]:
        entry["trigger"] = found[3]
    return entry


def _items(items: list[str]) -> list[str]:
    """Return the first items, shortened; the last line says how many more there are."""
    shown = [one_line(clean_line(item), _MAX_ITEM) for item in items[:_ITEMS]]
    more = len(items) - len(shown)
    return [*shown, f"({more} more)"] if more > 0 else shown
