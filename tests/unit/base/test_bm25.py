"""The weights of the ranking are those of FTS5 itself."""

import sqlite3
from contextlib import closing

import pytest

from ocm.base import bm25
from ocm.index import schema


def scored(having: int, total: int) -> float:
    """Return what FTS5 gives the one document that has a word once and is as long as the average."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
        db.executemany("INSERT INTO t VALUES(?)", [("word" if n < having else "other",) for n in range(total)])
        return float(db.execute("SELECT -bm25(t) FROM t WHERE t MATCH 'word' LIMIT 1").fetchone()[0])


@pytest.mark.parametrize(("having", "total"), [(1, 10), (3, 40), (5, 10), (10, 10), (1, 1)])
def test_the_idf_is_what_fts5_gives_to_a_word(having: int, total: int) -> None:
    assert bm25.idf(total, having) == pytest.approx(scored(having, total))


def test_a_word_that_more_documents_have_than_there_are_weighs_next_to_nothing() -> None:
    assert (bm25.idf(3, 9), bm25.smoothed_idf(3, 9)) == (bm25.MIN_IDF, 0.0)


def test_a_word_of_every_document_still_says_something_by_the_smoothed_idf() -> None:
    assert bm25.smoothed_idf(2, 2) > 0.1 > bm25.idf(2, 2)
    assert bm25.smoothed_idf(100, 1) > bm25.smoothed_idf(100, 2)


def test_every_column_of_the_index_has_a_weight() -> None:
    assert len(bm25.COLUMN_WEIGHTS.split(",")) == len(schema.COLUMNS)


def test_no_word_gains_more_than_the_bound_however_often_a_document_has_it() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
        db.executemany("INSERT INTO t VALUES(?)", [("word " * 5_000,), *[("other",)] * 20])
        score = float(db.execute("SELECT -bm25(t) FROM t WHERE t MATCH 'word'").fetchone()[0])
    assert 0.5 * bm25.MAX_GAIN * bm25.idf(21, 1) < score <= bm25.MAX_GAIN * bm25.idf(21, 1)
