"""Words: the same rules for what is indexed and for what is asked. No SQL, and no character is special.

A search is three questions to FTS5, added up: the words, joined by OR and most of them as prefixes; adjacent words as
phrases; words near each other (their weights are in `bm25`). Limits were chosen by measuring on collections of issues,
pull requests and sessions; joining by AND, or weighting the sections by hand, answered far fewer questions.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from ocm.index.file_format import STOP, encodable, quoted

MAX_WORDS = 48
MAX_TOKENS = 400
_NEAR_WINDOW = 8
_PREFIX_FROM = 4
_PAIR = 2
_MAX_PARTS = 65_536
_WORD = re.compile(r"[^\W_]+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_CJK = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]+"  # compiled where there is any: slow
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_MIXED = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][0-9]|[0-9][A-Za-z]")


class _Parts(dict[str, str]):
    """The parts of every word met so far: a few thousand words make up most text, and regular expressions are slow."""

    def __missing__(self, word: str) -> str:
        if len(self) > _MAX_PARTS:
            self.clear()
        found = self[word] = " ".join(_PARTS.findall(word)).lower() if _MIXED.search(word) else ""
        return found


_parts = _Parts()


def parts(word: str) -> list[str]:
    """Return the parts of a word that mixes cases, or letters and digits (`parseHTTPUrl2`); none if it is one part."""
    return _parts[word].split() if word.isascii() else []


def pairs_of(run: str) -> list[str]:
    """Return the overlapping pairs of characters of text written without spaces, and its last character."""
    return [run[n : n + 2] for n in range(len(run))]


def ident(text: str) -> str:
    """Return the words that the tokenizer does not see in `text`: parts of identifiers, pairs of CJK characters."""
    known = _parts
    found = [split for word in _ASCII_WORD.findall(text) if (split := known[word])]
    found += (" ".join(pairs_of(run)) for run in _runs(text))
    return "\n".join(found)


def _runs(text: str) -> list[str]:
    return [] if text.isascii() else re.findall(_CJK, text)


class Query(NamedTuple):
    """A question taken apart: `words` to look for one by one, `pairs` of neighbours, and what stands `near` another."""

    words: tuple[str, ...]
    runs: tuple[str, ...]
    pairs: tuple[str, ...]
    near: tuple[tuple[str, str], ...]

    @property
    def terms(self) -> list[str]:
        """Every word, and every pair of CJK characters, as an expression of its own."""
        return [_term(word) for word in self.words] + _cjk_terms(self.runs, phrases=False)

    @property
    def ranked(self) -> list[str]:
        """The same with all of each run of CJK characters, for the ranking."""
        return [_term(word) for word in self.words] + _cjk_terms(self.runs)

    @property
    def pieces(self) -> list[str]:
        """What to mark in a text that was found, the longest first."""
        pairs = [pair for run in self.runs for pair in pairs_of(run)[:-1]]
        return sorted({*self.words, *self.runs, *pairs}, key=lambda piece: (-len(piece), piece))


def query(text: str, repairs: Callable[[Iterable[str]], Mapping[str, str]]) -> Query:
    """Take a question apart; it is answered by what shares some of its words, best first.

    Args:
        text: Anything at all.
        repairs: Returns those of some words that are nowhere, each with the nearest one that is somewhere.
    """
    text = unicodedata.normalize("NFC", encodable(text))
    runs = tuple(dict.fromkeys(run[:MAX_WORDS] for run in _runs(text)))[:MAX_WORDS]
    spoken = _spoken(re.sub(_CJK, " ", text) if runs else text, repairs)
    words = tuple(_content(spoken) or ([] if runs else dict.fromkeys(word for word, _ in spoken)))[:MAX_WORDS]
    names = [word for word, _ in spoken]
    content = [word for word in dict.fromkeys(names) if word not in STOP][:MAX_WORDS]
    pairs = [f"{a} {b}" for a, b in pairwise(names) if not (a in STOP and b in STOP)]
    near = [(a, b) for gap in (1, 2) for a, b in zip(content, content[gap:], strict=False)]
    return Query(words, runs, tuple(dict.fromkeys(pairs))[:MAX_WORDS], tuple(near))


def near_by(one: str, other: str) -> str:
    """Return two words as an expression for what has them near each other."""
    return f"NEAR({quoted(one)} {quoted(other)}, {_NEAR_WINDOW})"


def _spoken(text: str, repairs: Callable[[Iterable[str]], Mapping[str, str]]) -> list[tuple[str, list[str]]]:
    """Return the words of a question in order, repaired, each with its parts; no more than can matter."""
    spoken: list[tuple[str, list[str]]] = []
    content: dict[str, None] = {}
    for found in _WORD.finditer(text):
        word = found[0].lower()
        spoken.append((word, parts(found[0])))
        if word not in STOP:
            content[word] = None
        if len(content) >= MAX_WORDS or len(spoken) >= MAX_TOKENS:
            break
    repaired = repairs(content)
    return [(repaired.get(word, word), split) for word, split in spoken]


def _content(spoken: list[tuple[str, list[str]]]) -> list[str]:
    """Return the words worth looking for: without stop words and single letters."""
    found = [
        part
        for word, split in spoken
        if word not in STOP and (len(word) > 1 or word.isdigit())
        for part in (word, *(part for part in split if len(part) > 1 and part not in STOP))
    ]
    return list(dict.fromkeys(found))


def _term(word: str) -> str:
    return quoted(word) + ("*" if len(word) >= _PREFIX_FROM else "")


def _cjk_terms(runs: tuple[str, ...], *, phrases: bool = True) -> list[str]:
    """Return each run as a phrase, and its pairs one by one: a question holds more than it shares with an answer."""
    terms = [quoted(" ".join(pairs_of(run)[:-1])) for run in runs if phrases and len(run) > _PAIR]
    for run in runs:
        terms += [quoted(pair) for pair in pairs_of(run)[:-1]] or [quoted(run) + "*"]
    return list(dict.fromkeys(terms))[:MAX_WORDS]
