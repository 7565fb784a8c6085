"""What histories there are on this machine: how many conversations of this project, and when the host deletes them."""

import contextlib
import json
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ocm.base import times
from ocm.index import scan
from ocm.sources import importer, notes, registry
from ocm.sources.importer import Report, Wish
from ocm.sources.ownership import Project
from ocm.store import paths
from ocm.store.paths import Store

_DAY = 86_400
DELETING = ("claude-code",)  # the hosts that delete conversations by themselves
_USUAL_DAYS, _MOST_DAYS = 30, 100_000  # what Claude Code does unless it is told otherwise
_MAX_SETTINGS = 4 * 1024 * 1024
CONVERSATIONS = (
    "claude-code",
    "codex",
    "gemini-cli",
    "opencode",
    "copilot",
    "cline",
    "cursor",
    "aider",
    "specstory",
)  # fmt: skip - the histories that hold what was said, and not what another memory made of it
DATABASES = (".db", ".vscdb")
_SUFFIXES = (*DATABASES, ".jsonl", ".json", ".md")
_MEMORIES = (notes.FOLDER, notes.BANK, notes.HISTORY)
BYTES_A_SECOND = 20_000_000  # that an import takes in at least; `python -m tests.bench.imports` measures it


@dataclass(frozen=True, slots=True)
class Row:
    """One history: conversations of this project, those not imported yet, and the day on which one will be gone."""

    source: str
    place: str
    conversations: int
    new: int
    size: int
    deleted_on: str

    @property
    def seconds(self) -> float:
        """How long an import of it would take."""
        return self.size / BYTES_A_SECOND


def survey(store: Store, sources: tuple[str, ...] = registry.SOURCES) -> tuple[list[Row], Report]:
    """Return what every history holds of a project, and what lies elsewhere; only the beginnings are read."""
    project = Project.of(store)
    report = Report()
    known: dict[str, tuple[Store, str]] | None = None
    rows = []
    for name in sources:
        places = [place for place in registry.places(name, project.roots) if os.path.exists(place)]
        found = importer.find(project, Wish(sources=(name,)), report) if places else []
        if found and known is None:  # which brings the cache in step, so it is not asked for nothing
            known = importer.known_sessions(store)
        new = [head for head, _ in found if not importer.is_imported(known or {}, head)]
        if places:
            day = min((gone for head in new if not head.notes and (gone := deleted_at(name, head.path))), default=0.0)
            size = sum(head.size for head in new)
            rows.append(Row(name, places[0], len(found), len(new), size, times.iso(day)[:10]))
    return rows, report


def deleted_at(source: str, path: str) -> float:
    """Return when the host deletes a conversation, in epoch seconds; 0 where it keeps them."""
    days = keeps_days() if source in DELETING else 0
    try:
        return os.path.getmtime(path) + days * _DAY if days else 0.0
    except OSError:
        return 0.0


def keeps_days() -> int:
    """Return for how many days Claude Code keeps a conversation, as its settings say."""
    moved = os.environ.get("CLAUDE_CONFIG_DIR")
    path = os.path.join(moved or os.path.join(os.path.expanduser("~"), ".claude"), "settings.json")
    try:
        found = json.loads(paths.read_regular(path, _MAX_SETTINGS, follow=True))
    except (OSError, ValueError, RecursionError):
        found = {}
    days = found.get("cleanupPeriodDays") if isinstance(found, dict) else None
    return days if isinstance(days, int) and not isinstance(days, bool) and 0 < days < _MOST_DAYS else _USUAL_DAYS


def is_soon(row: Row, days: float = 7.0) -> bool:
    """Return whether a conversation of a history will be gone within so many days."""
    return bool(row.deleted_on) and times.instant(row.deleted_on) < time.time() + days * _DAY


class File(NamedTuple):
    """A file that may hold conversations: whose history, a number that differs once it changed, and where to look.

    The number is 0 where it is so young that a later change could leave it as it is. `unit` is what its history is
    asked for to learn what it holds: its folder, or the file itself.
    """

    source: str
    stat: int
    unit: str


def transcripts(roots: list[str]) -> dict[str, File]:
    """Return every file in the usual places of hosts that may hold a conversation; none of them is opened."""
    now = time.time_ns()
    found: dict[str, File] = {}
    for name in CONVERSATIONS:
        aside = (*_MEMORIES, *getattr(registry.reader(name), "ASIDE", ()))
        for place in registry.places(name, roots):
            for path, stat in _files(place, aside):
                is_alone = path == place or path.endswith(DATABASES)
                found.setdefault(
                    path, File(name, _number(path, stat, now), path if is_alone else os.path.dirname(path))
                )
    return found


def _files(place: str, aside: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every file in a place that may hold a conversation; whatever comes and goes meanwhile may be missing."""
    left = [] if os.path.basename(place) in _MEMORIES else [place]
    while left:
        at = left.pop()
        with contextlib.suppress(OSError):
            if os.path.isfile(at):
                yield at, os.stat(at)
            else:
                with os.scandir(at) as entries:
                    left += [
                        one.path
                        for one in entries
                        if one.name not in aside
                        and one.path.isprintable()
                        and (one.name.endswith(_SUFFIXES) or one.is_dir(follow_symlinks=False))
                    ]


def _number(path: str, found: os.stat_result, now: int) -> int:
    """Return the stat hash of a file, and of the log that a database has beside it."""
    stats = [found]
    if path.endswith(DATABASES):
        with contextlib.suppress(OSError):
            stats.append(os.stat(path + "-wal"))
    changed = max(max(one.st_mtime_ns, one.st_ctime_ns) for one in stats)
    told = hash((zlib.crc32(path.encode()), sum(one.st_size for one in stats), changed, found.st_ino))
    return told if scan.settled(changed, now) else 0
