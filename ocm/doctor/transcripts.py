"""Conversations that a host has on disk and ocm has not: read from the clients' own transcripts, the newest of them."""

import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from ocm.base import times
from ocm.base.errors import OcmError
from ocm.hosts.config import claude_code, client_settings, codex, gemini_cli
from ocm.index import access
from ocm.index.queries import Index, SessionRow
from ocm.sessions import archive
from ocm.store import forgotten, journal, registry
from ocm.store.paths import Store

_DAYS = 30
_MOST = 200  # transcripts of one host that are looked at
_HEAD = 64 * 1024  # of each, what is read of it
_FAR = 4 * 1024 * 1024  # how far an answer is looked for: what a client tells the model at the start can be long
_ANSWER = re.compile(rb'"type": ?"assistant"')
_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as its host keeps it: in which folder it was, and when it began.

    `kept_as` is the session that holds its checkpoints all the same: the server made up an id when no hook told of one.
    """

    host: str
    session_id: str
    folder: str
    began: str
    path: str
    kept_as: str = ""

    def as_json(self) -> dict[str, str | None]:
        """Return it as a script reads it."""
        about = {"host": self.host, "session_id": self.session_id, "began": self.began, "path": self.path}
        return {**about, "kept_as": self.kept_as or None}


def unrecorded(store: Store, now: float | None = None) -> list[Conversation]:
    """Return the conversations of the last month here, since the project was set up, that no hook told the store of."""
    since = max((time.time() if now is None else now) - _DAYS * _DAY, _set_up_at(store))
    found = [one for read in _READERS for one in read(store.root, since)]
    inside = [one for one in found if _is_inside(one.folder, store.root) and times.instant(one.began) >= since]
    if not inside:
        return []
    try:
        stores = [store, store.archive] if archive.exists(store) else [store]
        rows = [row for one in stores for row in access.read(one, Index.sessions)]
    except OcmError:
        return []
    known = {row.session_id for row in rows}
    gone = forgotten.read(store)
    left = [one for one in inside if one.session_id not in known and not _has_journal(store, one.session_id)]
    left = [one for one in left if forgotten.tombstone(one.session_id) not in gone]
    return _with_checkpoints(left, rows)


def _with_checkpoints(found: list[Conversation], rows: list[SessionRow]) -> list[Conversation]:
    """Return conversations with the sessions that the server made: each belongs to the last that began before it."""
    kept: dict[str, str] = {}
    for row in rows:
        if row.session_id.startswith(journal.SERVER_MADE):
            when = times.instant(row.date) + 1
            before = [one for one in found if one.host == row.tool and times.instant(one.began) <= when]
            if before:
                kept[max(before, key=lambda one: times.instant(one.began)).session_id] = row.session_id
    return [replace(one, kept_as=kept.get(one.session_id, "")) for one in found]


def _has_journal(store: Store, session_id: str) -> bool:
    return os.path.exists(journal.active_path(store.path, session_id)) or bool(
        journal.taken_paths(store.path, session_id)
    )


def _set_up_at(store: Store) -> float:
    """Return since when the project has been registered: what was before cannot have been recorded."""
    real = os.path.realpath(store.path)
    rows = [row for row in registry.rows() if os.path.realpath(registry.store_of(row) or os.sep) == real]
    return max((times.instant(str(row.get("registered_at", ""))) for row in rows), default=0.0)


def _claude(root: str, since: float) -> Iterator[Conversation]:
    home = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")
    slug = "".join(
        char if char.isascii() and (char.isalnum() or char == "-") else "-" for char in os.path.realpath(root)
    )
    folders = [name for name in _listed(os.path.join(home, "projects")) if name.startswith(slug)]
    files = [path for name in folders for path in _files(os.path.join(home, "projects", name), ".jsonl")]
    for path in _newest(files, since):
        if os.path.basename(path).startswith("agent-"):
            continue  # a sub-agent's, whose session is its parent's
        records = [record for record in _records(path) if "cwd" in record and "timestamp" in record]
        if records and _ANSWER.search(_head(path, _FAR)):
            first = records[0]
            session_id = str(first.get("sessionId") or os.path.basename(path)[: -len(".jsonl")])
            yield Conversation(claude_code.NAME, session_id, str(first["cwd"]), str(first["timestamp"]), path)


def _codex(_root: str, since: float) -> Iterator[Conversation]:
    home = os.environ.get("CODEX_HOME") or os.path.join(os.path.expanduser("~"), ".codex")
    first_day = time.strftime("%Y/%m/%d", time.gmtime(since - _DAY))
    for path in _newest(_dated(os.path.join(home, "sessions"), first_day), since):
        meta = next((r.get("payload") for r in _records(path, 1) if r.get("type") == "session_meta"), None)
        if isinstance(meta, dict) and isinstance(meta.get("source"), str | None):
            began = str(meta.get("timestamp", ""))
            yield Conversation(codex.NAME, str(meta.get("id", "")), str(meta.get("cwd", "")), began, path)


def _gemini(root: str, since: float) -> Iterator[Conversation]:
    own = os.environ.get("GEMINI_CLI_HOME") or os.path.expanduser("~")
    temporary = os.path.join(own, ".gemini", "tmp")
    projects = client_settings.read(os.path.join(own, ".gemini", "projects.json")).get("projects")
    known = projects if isinstance(projects, dict) else {}
    for folder in {root, os.path.realpath(root), *(folder for folder in known if _is_inside(folder, root))}:
        for name in {str(known.get(folder, "")), sha256(os.fsencode(folder)).hexdigest()} - {""}:
            chats = os.path.join(temporary, name, "chats")
            for path in _newest([*_files(chats, ".jsonl"), *_files(chats, ".json")], since):
                meta = next((r for r in _records(path) if "sessionId" in r), {})
                if meta and meta.get("kind") != "subagent":
                    began = str(meta.get("startTime", ""))
                    yield Conversation(gemini_cli.NAME, str(meta["sessionId"]), folder, began, path)


_READERS = (_claude, _codex, _gemini)


def _dated(folder: str, first: str) -> Iterator[str]:
    """Return the files below folders named for year, month and day, from a first day on."""
    for year in _listed(folder):
        for month in _listed(os.path.join(folder, year)):
            for day in _listed(os.path.join(folder, year, month)):
                if f"{year}/{month}/{day}" >= first:
                    yield from _files(os.path.join(folder, year, month, day), ".jsonl")


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _files(folder: str, end: str) -> list[str]:
    return [os.path.join(folder, name) for name in _listed(folder) if name.endswith(end)]


def _newest(files: Iterable[str], since: float) -> list[str]:
    """Return the files written to since then, the newest first, and no more than are worth the time."""
    stamped = []
    for path in files:
        try:
            stamped.append((os.stat(path).st_mtime, path))
        except OSError:
            continue
    return [path for when, path in sorted(stamped, reverse=True) if when >= since][:_MOST]


def _records(path: str, most: int = 1000) -> Iterator[dict[str, Any]]:
    """Return what the first lines of a transcript hold; a line that is cut off or damaged is passed over."""
    head = _head(path, _HEAD)
    lines = head.splitlines()[:most] if path.endswith(".jsonl") else [head]
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _head(path: str, size: int) -> bytes:
    """Return how a file begins, nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _is_inside(folder: str, root: str) -> bool:
    real, around = os.path.realpath(folder), os.path.realpath(root)
    return real == around or real.startswith(around + os.sep)
