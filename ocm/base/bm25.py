"""The numbers of the ranking: the weights of the columns, and what a word is worth.

They serve search, several stores and hooks alike, and were chosen by measuring on collections of issues, pull requests
and sessions.
"""

from math import log

# One weight for each column of the index: a title says most, last words and a part of an
# identifier (`ident`) least: nobody stored them on purpose.
COLUMN_WEIGHTS = "5.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5"
# What adjacent words, and words near each other, add beside the words themselves.
PAIRS_WEIGHT, NEAR_WEIGHT = 0.3, 0.1
MAX_GAIN = 2.2  # times its idf: the most that BM25 gives a document for one word, however often it is there (k1 + 1)
MIN_IDF = 1e-6  # what FTS5 gives to a word that half of the documents have, or more


def idf(total: int, count: int) -> float:
    """Return the weight that FTS5 gives to a word which `count` of `total` documents have."""
    return max(MIN_IDF, log((total - count + 0.5) / (count + 0.5))) if count <= total else MIN_IDF


def smoothed_idf(total: int, count: int) -> float:
    """Return the same, but never 0 for a word of a few documents only, however few documents there are at all."""
    return log(1 + (total - count + 0.5) / (count + 0.5)) if count <= total else 0.0
