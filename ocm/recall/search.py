"""Finding again: search in one store or in several.

Stored text is data: a snippet holds no control, invisible or bidirectional characters. No character of a question is an
error, and filters apply before any limit.
"""

import heapq
import math
import os
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from ocm.base import times
from ocm.base.bm25 import idf
from ocm.base.errors import BadInputError, OcmError, suggestion
from ocm.base.notices import Notice, ignore
from ocm.base.text import one_line
from ocm.base.values import STATUSES, FileChange
from ocm.git import freshness, worktree
from ocm.index import access, queries, ranking
from ocm.index.file_format import quoted
from ocm.index.queries import Index, SessionRow
from ocm.index.query_terms import Query
from ocm.index.query_terms import query as taken_apart
from ocm.index.snippets import OPEN, marked, snippet
from ocm.provenance import commit_links, landed
from ocm.provenance.commit_links import View
from ocm.provenance.ended import ended_of
from ocm.store.paths import Store, relative

if TYPE_CHECKING:
    from ocm.base.rows import EndedRow, HitRow

_DAY = 86_400.0
_RECENT, _HALF_LIFE = 0.1, 60 * _DAY
_MAX_SHARE = 2.0
_LONG = 5_000
_TOP_FILES, _MAX_GOAL = 3, 160


class Filters(NamedTuple):
    """What a search is limited to, as a person says it; empty and None mean everything.

    `since` and `until` are days (`until` included) or ISO times; `file` is a path or the end of one.
    """

    tool: str | None = None
    status: str | None = None
    branch: str | None = None
    project: str | None = None
    since: str | None = None
    until: str | None = None
    file: str | None = None
    tag: str | None = None


class _Question(NamedTuple):
    """What one store is asked, checked."""

    text: str
    limit: int
    filters: queries.Filters
    now: float
    of_many: bool  # whether the store serves several projects


class _Hit(NamedTuple):
    """A session that was found; `terms` says what each word of the question added, where stores are compared.

    Its items that no longer hold, and what `ended` them, go with it.
    """

    session: SessionRow
    score: float
    snippet: str
    ended: "list[EndedRow]"
    touched: list[tuple[FileChange, str | None]]
    words: Sequence[str]
    terms: dict[str, float]


class _Found(NamedTuple):
    """What one store answered: its best hits, how many sessions it holds, and how many have each term."""

    store: Store
    hits: list[_Hit]
    total: int
    counts: dict[str, int]


_EVERYTHING = Filters()


def search(  # noqa: PLR0913 - what can be asked
    store: Store,
    query: str,
    *,
    limit: int = 5,
    filters: Filters = _EVERYTHING,
    now: float | None = None,
    notice: Notice = ignore,
) -> "list[HitRow]":
    """Return the sessions that share words with `query`, best first, with the keys of the contract.

    Raises:
        BadInputError: the query is empty, or a filter is not understood.
        OcmError: the store cannot be read.
    """
    if store.is_user and not filters.project:
        filters = filters._replace(project=worktree.own_project(store))
    question = _question(store, _checked(query), limit, filters, now)

    def work(view: View) -> "tuple[list[_Hit], _Standings]":
        hits = _hits(view.cache, question)[1]
        return hits, _standing(view, hits)

    hits, known = commit_links.read(store, work, notice=notice)
    return _shown([(store, hit) for hit in hits], {store.path: known})


def search_everywhere(  # noqa: PLR0913 - what can be asked
    stores: Sequence[Store],
    query: str,
    *,
    limit: int = 5,
    filters: Filters = _EVERYTHING,
    now: float | None = None,
    notice: Notice = ignore,
) -> "list[HitRow]":
    """Return the best of what all `stores` hold, in one ranking; each hit also names its `project`.

    A store that cannot be read is named through `notice` and left out.

    Raises:
        BadInputError: the query is empty, or a filter is not understood.
    """
    found, text = [], _checked(query)
    for store in stores:
        question = _question(store, text, limit, filters, now)
        try:
            found.append(access.read(store, partial(_found, store=store, question=question), notice=notice))
        except OcmError as error:
            notice(str(error))
    ranked = sorted(_comparable(found), key=lambda pair: (-pair[1].score, pair[1].session.markdown_path))
    best = ranked[: max(0, limit)]
    projects = (hit.session.project or os.path.basename(store.root) for store, hit in best)
    known = {}
    for store in {store.path: store for store, _ in best}.values():
        hits = [hit for other, hit in best if other.path == store.path]
        known[store.path] = commit_links.read(store, partial(_standing, hits=hits))
    return [{**shown, "project": project} for shown, project in zip(_shown(best, known), projects, strict=True)]


_Standings = dict[int, "landed.Standing"]


def _standing(view: View, hits: "list[_Hit]") -> _Standings:
    return landed.standings(view, [hit.session for hit in hits], {hit.session.row: hit.ended for hit in hits})


# --- what is asked


def _checked(query: str) -> str:
    if not query.strip():
        raise BadInputError("query is empty.", "Give a few words: names, identifiers, paths, an error message.")
    return query


def _question(store: Store, query: str, limit: int, filters: Filters, now: float | None) -> _Question:
    moment = time.time() if now is None else now
    return _Question(query, max(0, limit), _chosen(store, filters), moment, store.is_user)


def _chosen(store: Store, filters: Filters) -> queries.Filters:
    if filters.status and filters.status not in STATUSES:
        raise BadInputError(
            f"status {one_line(filters.status, 40)!r} is not known.",
            f"{suggestion(filters.status, STATUSES)}Accepted: {', '.join(STATUSES)}.",
        )
    return queries.Filters(
        tool=filters.tool or "",
        status=filters.status or "",
        branch=filters.branch or "",
        project=filters.project or "",
        since=_instant("since", filters.since),
        until=_instant("until", filters.until, after=True),
        file=relative(store, filters.file or ""),
        tag=filters.tag or "",
    )


def _instant(name: str, text: str | None, *, after: bool = False) -> float | None:
    """Return a time as epoch seconds, or with `after` the first moment that is later than it."""
    if not text:
        return None
    try:
        return times.bound(text.strip(), after=after)
    except ValueError:
        raise BadInputError(
            f"{name} {one_line(text, 40)!r} is not a date.", "Accepted: 2026-03-31 or 2026-03-31T14:00:00+02:00."
        ) from None


# --- one store


def _hits(cache: Index, question: _Question) -> tuple[Query, list[_Hit]]:
    """Return the question as it was understood, words repaired, and the best sessions for it."""
    asked = taken_apart(question.text, cache.vocabulary.repairs, lambda word: cache.count(quoted(word)))
    matching = ranking.scores(cache, asked, question.filters, question.limit)
    scores = _likely(matching, question.limit)
    for row, (_, updated) in (known := cache.updated(list(scores))).items():
        scores[row] *= _recency(question.now - updated)
    # Ties go by the name of the file, because the order of rows is an accident.
    ranked = sorted(known, key=lambda row: (-scores[row], known[row][0]))[: question.limit]
    project = question.filters.project if question.of_many else ""
    ended = ended_of(cache, project, cache.rows(ranked))
    enders = _Enders(cache, project, asked, matching, ended)
    ranked = enders.raised(ranked, scores)[: question.limit]
    texts = _matching(cache, ranked, asked)
    return asked, [
        _Hit(row, scores[row.row], snippet(texts[row.row]), ended[row.row], cache.touched(row.file), asked.words, {})
        for row in cache.rows(ranked)
    ]


class _Enders(NamedTuple):
    """Who ended what was decided in a hit, among all that match the question."""

    cache: Index
    project: str
    asked: Query
    matching: "Collection[int]"
    ended: "dict[int, list[EndedRow]]"

    def raised(self, ranked: list[int], scores: dict[int, float]) -> list[int]:
        """Return the rows, each that ended a decision which the question is about in front of the one that decided so.

        Its score then is just above the other one's. Each is raised once: two may have ended something of each other.
        """
        order, at, done = list(ranked), 0, set[int]()
        while at < len(ranked):
            row = order[at]
            by = next((each for each in self._of(row) if each not in done and each not in order[:at]), None)
            if by is None:
                at += 1
                continue
            done.add(by)
            order = [*order[:at], by, *(each for each in order[at:] if each != by)]
            scores[by] = math.nextafter(scores[row], math.inf)
        return order

    def _of(self, row: int) -> list[int]:
        if row not in self.ended:
            self.ended.update(ended_of(self.cache, self.project, self.cache.rows([row])))
        ids = [one["session_id"] for one in self.ended.get(row, ()) if _is_about(one, self.asked)]
        found = [one.row for name in dict.fromkeys(ids) for one in self.cache.find(name)[:1]]
        return [by for by in found if by != row and by in self.matching]


def _is_about(one: "EndedRow", asked: Query) -> bool:
    """Return whether a question names something of an item that was ended."""
    said = one["item"].lower()
    return any(piece.lower() in said for piece in asked.pieces)


def _likely(scores: dict[int, float], limit: int) -> dict[int, float]:
    """Return those that can be among the best, however recent the others are."""
    if len(scores) <= limit:
        return scores
    least = heapq.nlargest(limit, scores.values())[-1] if limit else math.inf
    return {row: score for row, score in scores.items() if score * (1 + _RECENT) >= least}


def _recency(age: float) -> float:
    return 1 + _RECENT * math.exp2(-max(age, 0.0) / _HALF_LIFE)


def _shown(ranked: Sequence[tuple[Store, _Hit]], known: dict[str, _Standings]) -> "list[HitRow]":
    """Return a page of hits as the contract shows them, each store's files and commits looked at once."""
    pages = {}
    for store in {store.path: store for store, _ in ranked}.values():
        records = [_record(hit) for other, hit in ranked if other.path == store.path and _is_here(store, hit)]
        pages[store.path] = freshness.Page(store.root, records)
    return [
        _as_json(pages[store.path] if _is_here(store, hit) else None, hit, n, known[store.path][hit.session.row])
        for n, (store, hit) in enumerate(ranked, 1)
    ]


def _record(hit: _Hit) -> tuple[freshness.Touched, float]:
    return hit.touched, hit.session.updated


def _is_here(store: Store, hit: _Hit) -> bool:
    """Return whether a session is about the work tree at hand: a user store holds those of many."""
    return not store.is_user or hit.session.project == worktree.own_project(store)


def _as_json(page: freshness.Page | None, hit: _Hit, rank: int, standing: landed.Standing) -> "HitRow":
    reasons = {**standing.unknown, **(page.why_unknown(hit.touched) if page else {})}
    found = {
        **hit.session.as_json(),
        "goal": one_line(hit.session.goal, _MAX_GOAL),
        "rank": rank,
        "score": float(f"{hit.score:.6g}"),
        "snippet": hit.snippet,
        "top_files": _top_files(hit),
        "freshness": page.counts(hit.touched) if page else None,
        "commits_since": page.commits(hit.session.updated) if page else None,
        **standing._replace(unknown=reasons).as_json(),
    }
    return cast("HitRow", found)


def _top_files(hit: _Hit) -> list[str]:
    """Return the files whose paths share most words with the question, else the first ones."""
    paths = [change.path for change, _ in hit.touched]
    return sorted(paths, key=lambda path: -sum(word in path.lower() for word in hit.words))[:_TOP_FILES]


# --- what is shown of a hit


def _matching(cache: Index, rows: Sequence[int], asked: Query) -> dict[int, str]:
    """Return the text around the best match in each row; where only parts of words match, they are sought in it."""
    found = cache.snippets(rows, " OR ".join(asked.terms)) if rows else {}
    for row in rows:
        if OPEN not in found.get(row, ""):
            texts = cache.texts(row)
            found[row] = marked(texts, asked.pieces) or next(filter(None, texts), "")[:_LONG]
    return found


# --- several stores


def _found(cache: Index, *, store: Store, question: _Question) -> _Found:
    """Return the hits of one store with what makes them comparable to those of others."""
    asked, hits = _hits(cache, question)
    counts = {term: cache.count(term) for term in asked.terms}
    rows = [hit.session.row for hit in hits]
    for term in counts if rows else ():
        scores = cache.scores(term, rows)
        for hit in hits:
            if hit.session.row in scores:
                hit.terms[term] = scores[hit.session.row]
    return _Found(store, hits, cache.count(), counts)


def _comparable(found: list[_Found]) -> list[tuple[Store, _Hit]]:
    """Score the hits of several stores as if all were one.

    A score means nothing outside its store, because a word that is rare in one may be common in the next, and in a
    store of two or three sessions every word is common. So the part of each word is divided by its weight in its own
    store and multiplied by its weight in all of them together; what pairs and age added stays in proportion.
    """
    total = sum(one.total for one in found)
    counts: dict[str, int] = {}
    scored: list[tuple[Store, _Hit]] = []
    for one in found:
        for term, count in one.counts.items():
            counts[term] = counts.get(term, 0) + count
    for one in found:
        factors = {term: idf(total, counts[term]) / idf(one.total, own) for term, own in one.counts.items()}
        scored += ((one.store, hit) for hit in _still_raised([_scored(hit, factors) for hit in one.hits]))
    return scored


def _still_raised(hits: list[_Hit]) -> list[_Hit]:
    """Return the hits of one store, in whose order who ended a decision came first, with scores that say so still."""
    found = list(hits)
    for n in range(len(found) - 1, 0, -1):
        enders = {one["session_id"] for one in found[n].ended}
        for at in range(n):
            if found[at].session.session_id in enders and found[at].score <= found[n].score:
                found[at] = found[at]._replace(score=math.nextafter(found[n].score, math.inf))
    return found


def _scored(hit: _Hit, factors: dict[str, float]) -> _Hit:
    words = sum(hit.terms.values())
    share = min(max(hit.score / words, 1.0), _MAX_SHARE) if words else 0.0
    return hit._replace(score=share * sum(factors[term] * score for term, score in hit.terms.items()))
