"""What is to be done over all sessions, numbered; and where each item is written."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ocm.base.errors import NotFoundError
from ocm.base.notices import Notice, ignore
from ocm.git import worktree
from ocm.index import access
from ocm.index.queries import Index, SessionRow
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.index.standing import Item


class Open(NamedTuple):
    """Something to be done: its number in the list, its text, the session that listed it last, and all that hold it."""

    number: int
    text: str
    row: SessionRow
    holders: list[tuple[str, int, str]]

    def as_json(self) -> dict[str, Any]:
        """Return the keys of the list."""
        row = self.row
        return {
            "number": self.number,
            "item": self.text,
            "session_id": row.session_id,
            "title": row.title,
            "date": row.updated_at,
            "branch": row.branch,
        }


def open_items(store: Store, notice: Notice = ignore) -> list[Open]:
    """Return what nobody has finished, what was listed first at the top."""
    project = worktree.own_project(store)
    return access.read(store, lambda cache: _listed(cache, project), notice=notice)


def numbered(store: Store, number: int, notice: Notice = ignore) -> Open:
    """Return the item of that number.

    Raises:
        NotFoundError: there is none.
    """
    found = open_items(store, notice)
    if not 1 <= number <= len(found):
        raise NotFoundError(f"There is no open item {number}.", "See: ocm todo")
    return found[number - 1]


def _listed(cache: Index, project: str) -> list[Open]:
    standing = cache.standing(project)
    items = standing.all_open()
    ended = standing.ended(items)
    same: dict[object, list[Item]] = {}
    for item in items:
        if item not in ended:
            same.setdefault(item.keys[:1] or item.text, []).append(item)
    rows = {row.row: row for row in cache.rows(sorted({item.session for item in items}))}
    whole = {number: cache.state(number).work_pending for number in rows}
    return [
        Open(
            number,
            whole[some[-1].session][some[-1].number],
            rows[some[-1].session],
            [(rows[one.session].session_id, one.number, whole[one.session][one.number]) for one in some],
        )
        for number, some in enumerate(same.values(), 1)
    ]
