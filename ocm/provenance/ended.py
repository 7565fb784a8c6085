"""What of sessions a later one ended; light, because a list asks it of every session and mostly nothing was."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ocm.index.queries import Index, SessionRow

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow


def ended_of(cache: Index, project: str, rows: Sequence[SessionRow]) -> "dict[int, list[EndedRow]]":
    """Return the decisions and problems of each of these sessions that a later one ended, by row, with when.

    The ledger is read only for those of which an item is named by anybody: the cache tells that in one question.
    """
    found: dict[int, list[EndedRow]] = {row.row: [] for row in rows}
    named = cache.standing(project).named(list(found))
    if asked := [row for row in rows if row.row in named]:
        from ocm.provenance import decision_log

        found |= decision_log.ended_of(cache, project, asked)
    return found
