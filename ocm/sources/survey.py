"""What histories there are on this machine: how many conversations of this project, and when the host deletes them."""

import json
import os
import time
from dataclasses import dataclass

from ocm.base import times
from ocm.sources import importer, registry
from ocm.sources.importer import Report, Wish
from ocm.sources.ownership import Project
from ocm.store import paths
from ocm.store.paths import Store

_DAY = 86_400
DELETING = ("claude-code",)  # the hosts that delete conversations by themselves
_USUAL_DAYS, _MOST_DAYS = 30, 100_000  # what Claude Code does unless it is told otherwise
_MAX_SETTINGS = 4 * 1024 * 1024
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
