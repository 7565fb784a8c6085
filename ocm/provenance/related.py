"""Which sessions have to do with one, or with a file: by what ties them together, each tie with its reason.

Files count by how rare they are: what two of a thousand sessions touched ties them, what every second one did does not.
Commits, what one ended of the other, descent, tags, and what was worked on just before and after count beside them. Of
what is left over at each place in the list that session comes next which adds most to those above it.
"""

import math
import os
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from ocm.base.bm25 import smoothed_idf
from ocm.base.errors import NotFoundError
from ocm.base.notices import Notice, ignore
from ocm.base.text import cut
from ocm.git import worktree
from ocm.index import access
from ocm.index.queries import Index, SessionRow
from ocm.index.schema import TEXTS
from ocm.provenance import ledger_index
from ocm.store import paths
from ocm.store.paths import Store

if TYPE_CHECKING:
    from ocm.index.links import Links

Tie = dict[str, Any]
FILE, COMMIT, ENDS, ENDED_BY, PARENT, CHILD, TAG, BEFORE, AFTER = (
    "file", "commit", "ends", "ended_by", "parent", "child", "tag", "before", "after",
)  # fmt: skip
_NEAR, _FADES = 20, 10.0  # sessions on each side in time, and how many of them until that counts a third
_TAG_WEIGHT = 0.5
_POOL, _TOLD, _MAX_ITEM = 40, 5, 200
_REPEATS = 0.9  # what a session counts less of whose files those above it have every one


class _Tied(NamedTuple):
    """What ties a session to what was asked about: how strongly, and each tie."""

    weights: defaultdict[int, float]
    ties: dict[int, list[tuple[float, Tie]]]

    def add(self, row: int, weight: float, tie: Tie, shown: float | None = None) -> None:
        """Add a tie; `shown` is what puts the most telling of them first."""
        self.weights[row] += weight
        self.ties.setdefault(row, []).append((weight if shown is None else shown, tie))


def related(store: Store, asked: str, limit: int = 5, *, notice: Notice = ignore) -> list[dict[str, Any]]:
    """Return the sessions that are tied to a session or a file, the strongest ties first.

    Raises:
        NotFoundError: neither a session nor a file that any session touched answers to `asked`.
    """
    from ocm.sessions import lookup

    file, trouble = "", None
    path = paths.named(store, asked)
    if not os.path.lexists(os.path.join(store.root, path)):
        try:
            file = lookup.find(store, asked, notice)
        except NotFoundError as error:
            trouble = error
    project = worktree.own_project(store)

    def work(cache: Index) -> list[dict[str, Any]]:
        if file and (row := cache.in_file(file)):
            return _listed(cache, _of_session(cache, project, row), row.row, limit)
        tied = _Tied(defaultdict(float), {})
        _add_files(cache, cache.links(project), tied, [path])
        if not tied.weights and trouble:
            raise trouble
        return _listed(cache, tied, 0, limit)

    return access.read(store, work, notice=notice)


def _of_session(cache: Index, project: str, row: SessionRow) -> _Tied:
    links = cache.links(project)
    tied = _Tied(defaultdict(float), {})
    changes = cache.files(row.file)
    touched = [path for change in changes for path in (change.path, change.old_path) if path]
    _add_files(cache, links, tied, list(dict.fromkeys(touched)), row.row)
    for other, sha in links.recording(links.made_in(row.file)):
        tied.add(other, 1.0, {"kind": COMMIT, "commit": sha})
    _add_ended(cache, project, row, tied)
    parent, children = links.family(row.row, row.session_id)
    for kind, rows in ((PARENT, [one.row for one in cache.find(parent)[:1]]), (CHILD, children)):
        for other in rows:
            tied.add(other, 1.0, {"kind": kind})
    _add_tags(cache, links, row, tied)
    _add_near(cache, row, tied)
    tied.weights.pop(row.row, None)
    return tied


def _add_files(cache: Index, links: "Links", tied: _Tied, touched: list[str], own: int = 0) -> None:
    """Tie the sessions that touched one of these files; the strongest of these ties counts one."""
    pairs = links.touching(touched)
    many = Counter(path for _, path in pairs)
    total = cache.count_files()
    rare = {path: smoothed_idf(total, count) for path, count in many.items()}
    weights: defaultdict[int, float] = defaultdict(float)
    for row, path in pairs:
        weights[row] += rare[path]
    weights.pop(own, None)
    most = max(weights.values(), default=0) or 1.0
    for row, path in pairs:
        if row != own:
            tie = {"kind": FILE, "path": path, "sessions": many[path]}
            tied.add(row, rare[path] / most, tie)


def _add_ended(cache: Index, project: str, row: SessionRow, tied: _Tied) -> None:
    """Tie who ended a decision or a problem of the session, and whose it ended."""
    known = ledger_index.read(cache, project)
    pairs = [(one.entry, one.by) for one in (*known.decisions, *known.problems) if one.by]
    pairs = [(item, by) for item, by in pairs if (item.file == row.file) != (by.file == row.file)]
    others = {name for item, by in pairs for name in (item.file, by.file)}
    rows = {one.file: one.row for one in map(cache.in_file, others) if one}
    for item, by in pairs:
        kind, other = (ENDED_BY, by.file) if item.file == row.file else (ENDS, item.file)
        said = {"item": _shown(item.text), "by": _shown(by.text)}
        tied.add(rows[other], 1.0, {"kind": kind, **said})


def _shown(text: str) -> str:
    return cut(" ".join(text.split()), _MAX_ITEM)


def _add_tags(cache: Index, links: "Links", row: SessionRow, tied: _Tied) -> None:
    total = cache.count_files()
    for tag in filter(None, cache.texts(row.row)[TEXTS.index("tags")].split("\n")):
        rows = links.tagged(tag)
        weight = _TAG_WEIGHT * smoothed_idf(total, len(rows)) / smoothed_idf(total, 1)
        for other in rows:
            tied.add(other, weight, {"kind": TAG, "tag": tag, "sessions": len(rows)})


def _add_near(cache: Index, row: SessionRow, tied: _Tied) -> None:
    """Tie what was worked on just before and after, the less the more sessions lie between."""
    around = cache.around(row, _NEAR, _NEAR)
    own = next(at for at, one in enumerate(around) if one.row == row.row)
    for at, one in enumerate(around):
        if apart := abs(at - own):
            kind = BEFORE if at < own else AFTER
            tied.add(one.row, math.exp((1 - apart) / _FADES), {"kind": kind, "apart": apart}, shown=0.0)


# --- the list


def _listed(cache: Index, tied: _Tied, own: int, limit: int) -> list[dict[str, Any]]:
    """Return the sessions in their order, each with why it is there."""
    best = sorted((row for row in tied.weights if row != own), key=lambda row: (-tied.weights[row], -row))
    rows = {row.row: row for row in cache.rows(best[: max(_POOL, limit)])}
    files = {row: {change.path for change, _ in touched} for row, touched in cache.files_of(list(rows)).items()}
    ranked = sorted(rows, key=lambda row: (-tied.weights[row], -rows[row].updated, rows[row].file))
    order = _ordered(ranked, tied, files, limit)
    return [_as_json(rows[row], tied, row) for row in order]


def _ordered(ranked: list[int], tied: _Tied, files: dict[int, set[str]], limit: int) -> list[int]:
    """Return the first of them, each chosen by its ties and by how much of its files those above it have not."""
    left, order, seen = list(ranked), list[int](), set[str]()

    def worth(row: int) -> float:
        new = len(files[row] - seen) / len(files[row]) if files[row] else 0.0
        return tied.weights[row] * (1 - _REPEATS + _REPEATS * new)

    while left and len(order) < limit:
        best = max(left, key=worth)
        left.remove(best)
        order.append(best)
        seen |= files[best]
    return order


def _as_json(session: SessionRow, tied: _Tied, row: int) -> dict[str, Any]:
    ranked = sorted(tied.ties[row], key=lambda pair: -pair[0])
    kept = [tie for _, tie in ranked if tie["kind"] == FILE][:_TOLD]
    ties = [tie for _, tie in ranked if tie["kind"] != FILE or tie in kept]
    return {**session.as_json(), "score": round(float(tied.weights[row]), 4), "ties": ties}
