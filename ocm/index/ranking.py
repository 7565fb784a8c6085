"""Which sessions share most with a question: three rankings of FTS5 added up, of each the best only.

A score of FTS5 costs ten times as much as finding that a session matches, and a common word is in half of all sessions.
What a word can add to a score follows from how many sessions have it: so those whose words together could not lift them
among the best are not scored, which changes no answer but between those that are as good as equal.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ocm.base.bm25 import MAX_GAIN, MIN_IDF, NEAR_WEIGHT, PAIRS_WEIGHT, idf
from ocm.index.file_format import quoted
from ocm.index.queries import Filters, Index
from ocm.index.query_terms import Query, near_by

POOL = 100
SMALL = 500  # sessions, of which all that match are scored
_RARE_IDF = 0.1  # beside a word of this idf, what one of the least adds does not show
_USUAL = 0.8  # times its idf: what a text gets for a word most likely, or more; too high a guess costs a second look
_Ranked = list[tuple[int, float]]


class _Word(NamedTuple):
    """A word of the question, the expression for it, at least how many sessions have it, and at most its idf."""

    expression: str
    name: str
    held: int
    idf: float


class _Pool(NamedTuple):
    """Where the best are taken from, and how many."""

    cache: Index
    filters: Filters
    size: int

    def all(self, expressions: Sequence[str]) -> _Ranked:
        """Return the best of all that match any of these."""
        return self.cache.rank(" OR ".join(expressions), self.filters, self.size) if expressions else []

    def rarest_first(self, words: Sequence[_Word]) -> _Ranked:
        """Return the same for words, the rarest first, without scoring all that have only common ones of them."""
        every = [word.expression for word in words]
        least = _guessed(words, self.size)
        while among := _among(words, least):
            found = self.cache.rank(" OR ".join(every), self.filters, self.size, among=among)
            last = found[self.size - 1][1] if len(found) >= self.size else 0.0
            if last >= least:
                return found
            least = last
        return self.all(every)


def scores(cache: Index, asked: Query, filters: Filters, limit: int) -> dict[int, float]:
    """Return the scores of the sessions that share most with a question, at least `limit` if so many share anything."""
    pool = _Pool(cache, filters, max(POOL, limit))
    words, near = _words_and_near(pool, asked, limit)
    pairs = pool.all([quoted(pair) for pair in asked.pairs])
    found: dict[int, float] = {}
    for weight, ranked in ((1.0, words), (PAIRS_WEIGHT, pairs), (NEAR_WEIGHT, near)):
        for row, score in ranked:
            found[row] = found.get(row, 0.0) + weight * score
    return found


def _words_and_near(pool: _Pool, asked: Query, limit: int) -> tuple[_Ranked, _Ranked]:
    """Return the rankings by words and by what stands near another; common words count when there is nothing else."""
    total = pool.cache.count()
    words = _words(pool.cache, asked, total) if total > SMALL else []
    if words and words[0].idf > _RARE_IDF:
        ranked = pool.rarest_first([word for word in words if word.idf > MIN_IDF])
        if len(ranked) >= limit:
            common = {word.name for word in words if word.idf <= MIN_IDF}
            return ranked, pool.all([near_by(*pair) for pair in asked.near if not common.issuperset(pair)])
    return pool.all(asked.ranked), pool.all([near_by(*pair) for pair in asked.near])


def _words(cache: Index, asked: Query, total: int) -> list[_Word]:
    """Return the words of a question, the rarest first; what only begins as one does can but make it more common."""
    names = [*asked.words, *[""] * (len(asked.ranked) - len(asked.words))]
    found = []
    for expression, name in zip(asked.ranked, names, strict=True):
        count = cache.count(quoted(name) if name else expression)
        found.append(_Word(expression, name, count, idf(total, count)))
    return sorted(found, key=lambda word: -word.idf)


def _guessed(words: Sequence[_Word], size: int) -> float:
    """Return a score that most likely the last of so many has: that of the two rarest words that are not too rare."""
    held = list(accumulate(word.held for word in words))
    enough = [word.idf for word, count in zip(words, held, strict=True) if count >= size]
    return _USUAL * sum(enough[:2])


def _among(words: Sequence[_Word], least: float) -> str:
    """Return the expression that all match which can reach a score; empty for all that have any of the words.

    What has a word, and none that is rarer, gets at most what this one and those after it can give.
    """
    most = [MAX_GAIN * word.idf for word in words]
    parts = []
    for n, word in enumerate(words):
        if most[n] >= least:
            parts.append(word.expression)
        elif sum(most[n:]) >= least:
            others = " OR ".join(other.expression for other in words[n + 1 :])
            parts.append(f"({word.expression} AND ({others}))")
    return "" if not words or most[-1] >= least else " OR ".join(parts)
