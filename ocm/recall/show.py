"""One session, whole or in parts. Changes nothing but the cache."""

import os
from typing import TYPE_CHECKING, Any, cast

from ocm.base import times
from ocm.base.errors import BadInputError, suggestion
from ocm.base.model import SECTIONS, Session
from ocm.base.notices import Notice, ignore
from ocm.base.text import cut, one_line
from ocm.sessions import session_files
from ocm.sessions.lookup import find
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.base.rows import Excerpt, FileRow, FreshnessRow, SessionPage

_CHARACTERS_A_TOKEN = 4
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
        "pinned": session.is_pinned,
        "merged_ids": session.merged_ids,
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
        "last_words": session.last_words,
    }


def sections_of(asked: list[Any] | None) -> list[str]:
    """Return the sections that are asked for, all of them when none is named.

    Raises:
        BadInputError: one of them is none.
    """
    unknown = [name for name in asked or [] if name not in SECTIONS]
    if unknown:
        near = suggestion(str(unknown[0]), SECTIONS)
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
    result.update(_freshness_of(store, session))
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


def freshness_of(store: Store, identifier: str) -> "FreshnessRow":
    """Return how far a session still holds: its files by what became of them, and how many commits came since."""
    return _freshness_of(store, session_files.load(store, find(store, identifier)).session)


def _freshness_of(store: Store, session: Session) -> "FreshnessRow":
    """Return how many of a session's files are as they were, and how many commits came since."""
    from ocm.git import freshness
    from ocm.markdown.facts import Facts

    known = Facts.parse(session.facts).contents
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
        return cut(item, len(text) + 1)


def _size(value: object) -> int:
    import json

    return len(json.dumps(value, ensure_ascii=False))


def _file(path: str, change_type: str, old_path: str | None) -> "FileRow":
    found: FileRow = {"path": path, "change_type": change_type}
    if old_path is not None:
        found["old_path"] = old_path
    return found


def text(store: Store, identifier: str, notice: Notice = ignore) -> str:
    """Return the session file itself."""
    return session_files.load(store, find(store, identifier, notice)).text
