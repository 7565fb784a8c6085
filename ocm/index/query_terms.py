"""Words: the same rules for what is indexed and for what is asked. No SQL, and no character is special.

A search is three questions to FTS5, added up: the words, joined by OR and most of them as prefixes; adjacent words as
phrases; words near each other (their weights are in `file_format`). Limits were chosen by measuring on collections of
issues, pull requests and sessions; joining by AND, or weighting the sections by hand, answered far fewer questions.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ocm.base.late_patterns import late
from ocm.index.file_format import STOP, encodable, normal, quoted, words_in

MAX_WORDS = 48
MAX_READ = 20_000  # characters of a question that are looked at
MAX_PAIRS = 2_000
_NEAR_WINDOW = 8
_PREFIX_FROM = 4
_PAIR = 2
_MAX_PARTS = 65_536
_ASCII_WORD = late(r"[A-Za-z0-9]+")
# Scripts that put no space between words; the class is compiled where there is any such text, because that is slow.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF), (0x1B00, 0x1B7F),
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x302F), (0x3031, 0x303C), (0x3040, 0x31BF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xA980, 0xA9FF), (0xAA60, 0xAADF), (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF), (0x11A00, 0x11A4F), (0x16FE0, 0x18DFF), (0x1AFF0, 0x1B2FF), (0x20000, 0x3FFFF),
)  # fmt: skip
_CJK = "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _UNSPACED) + "]+"
# Names that are told from others by what the tokenizer takes for spaces: C++, C#, .NET.
# The patterns begin with what is rare, so that a long text without any of it is gone through quickly.
_SIGN = late(r"(?:\+\+|#)(?![\w+#])")
_DOTTED = late(r"\.[A-Za-z][A-Za-z0-9]+")
_SPELLED = {"+": "plus", "#": "sharp", ".": "dot"}
_DRAWING = range(0x2500, 0x25A0)  # lines and boxes, of which tables are drawn
_PARTS = late(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_MIXED = late(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][0-9]|[0-9][A-Za-z]")
_GAP: tuple[str, list[str]] = ("", [])  # where words were left out, so that no two come to stand side by side


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
    found += (name for _, name in signs(text))
    return "\n".join(found)


def signs(text: str) -> list[tuple[str, str]]:
    """Return the words for what the tokenizer leaves out, each with what it stands for: `C++`, `.NET`, an emoji."""
    found = [(name, _spelled(name)) for name in dict.fromkeys(_signed(text))]
    symbols = () if text.isascii() else (char for char in dict.fromkeys(text) if _is_symbol(char))
    return found + [(char, f"sign{ord(char):x}") for char in symbols]


def _signed(text: str) -> Iterator[str]:
    """Return the names that end in a sign, then those that begin with a dot."""
    for sign in _SIGN.finditer(text):
        start = sign.start()
        while start and text[start - 1].isascii() and text[start - 1].isalnum():
            start -= 1
        if name := text[start : sign.start()].lstrip("0123456789"):
            yield name + sign[0]
    for dotted in _DOTTED.finditer(text):
        before = text[dotted.start() - 1 : dotted.start()]
        if not (before.isalnum() or before in {".", "_"}):
            yield dotted[0]


def _spelled(name: str) -> str:
    return "".join(_SPELLED.get(char, char) for char in name).lower()


def _is_symbol(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char) == "So" and ord(char) not in _DRAWING


def _runs(text: str) -> list[str]:
    return [] if text.isascii() else re.findall(_CJK, text)


class Query(NamedTuple):
    """A question taken apart: `words` to look for one by one, `pairs` of neighbours, and what stands `near` another."""

    words: tuple[str, ...]
    runs: tuple[str, ...]
    pairs: tuple[str, ...]
    near: tuple[tuple[str, str], ...]
    signs: tuple[str, ...] = ()  # names and emoji as they are written, whose words are among the others

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
        return sorted({*self.words, *self.runs, *pairs, *self.signs}, key=lambda piece: (-len(piece), piece))


def query(
    text: str,
    repairs: Callable[[Iterable[str]], Mapping[str, str]],
    held: Callable[[str], int] | None = None,
) -> Query:
    """Take a question apart; it is answered by what shares some of its words, best first.

    Args:
        text: Anything at all.
        repairs: Returns those of some words that are nowhere, each with the nearest one that is somewhere.
        held: Returns how many sessions have a word: of a long question the rarest words count, wherever they stand.
    """
    text = normal(encodable(text[:MAX_READ]))
    named = signs(text)[:MAX_WORDS]
    runs = _telling_runs(_runs(text), held)
    spoken = _spoken(re.sub(_CJK, " ", text) if runs else text, repairs, held)
    found = _content(spoken) or ([] if runs or named else dict.fromkeys(word for word, _ in spoken))
    words = tuple(dict.fromkeys([*(name for _, name in named), *found]))[:MAX_WORDS]
    names = [word for word, _ in spoken]
    content = [word for word in dict.fromkeys(names) if word and word not in STOP][:MAX_WORDS]
    pairs = [f"{a} {b}" for a, b in pairwise(names) if a and b and not (a in STOP and b in STOP)]
    near = [(a, b) for gap in (1, 2) for a, b in zip(content, content[gap:], strict=False)]
    return Query(words, runs, tuple(dict.fromkeys(pairs))[:MAX_WORDS], tuple(near), tuple(raw for raw, _ in named))


def near_by(one: str, other: str) -> str:
    """Return two words as an expression for what has them near each other."""
    return f"NEAR({quoted(one)} {quoted(other)}, {_NEAR_WINDOW})"


def _spoken(
    text: str, repairs: Callable[[Iterable[str]], Mapping[str, str]], held: Callable[[str], int] | None
) -> list[tuple[str, list[str]]]:
    """Return the words of a question in order, repaired, each with its parts; of a long one those that tell most."""
    spoken = [(word.lower(), parts(word)) for word in words_in(text)]
    content = list(dict.fromkeys(word for word, _ in spoken if word not in STOP))
    if len(content) > MAX_WORDS:
        telling = set(_rarest(content, held))
        spoken = [(word, split) if word in telling or word in STOP else _GAP for word, split in spoken]
        spoken = [one for one, before in zip(spoken, [_GAP, *spoken], strict=False) if one[0] or before[0]]
        content = [word for word in content if word in telling]
    repaired = repairs(content)
    return [(repaired.get(word, word), split) for word, split in spoken]


def _rarest(words: Sequence[str], held: Callable[[str], int] | None) -> Sequence[str]:
    """Return the words that the fewest sessions have, of those that any has; without a count the first ones."""
    counts = {word: held(word) for word in words} if held else dict.fromkeys(words, 1)
    return sorted((word for word in words if counts[word]), key=lambda word: counts[word])[:MAX_WORDS]


def _telling_runs(found: list[str], held: Callable[[str], int] | None) -> tuple[str, ...]:
    """Return the stretches of text without spaces; of a long text what the rarest pairs of characters make of them."""
    runs = tuple(dict.fromkeys(found))
    pairs = list(dict.fromkeys(pair for run in runs for pair in pairs_of(run)[:-1]))[:MAX_PAIRS]
    if len(pairs) <= MAX_WORDS:
        return runs[:MAX_WORDS]
    telling = set(_rarest(pairs, held))
    pieces: list[str] = []
    for run in runs:
        begin = 0
        for n, pair in enumerate([*pairs_of(run)[:-1], ""]):
            if pair not in telling:
                pieces += [run[begin : n + 1]] if n > begin else []
                begin = n + 1
    return tuple(dict.fromkeys(pieces))[:MAX_WORDS]


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


def one_edit_away(word: str) -> set[str]:
    """Return every word a single edit away."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    shorter = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + c + b[1:] for a, b in cuts if b for c in letters}
    longer = {a + c + b for a, b in cuts for c in letters}
    return shorter | swapped | changed | longer
