"""Tokens whose form gives them away: those of the tables, and those that are made the way most issuers make theirs.

A token lies within a word that is long, so the words of a text are looked at once each, however often it says them.
"""

import re
from collections.abc import Iterator
from functools import cache

from ocm.base.late_patterns import late
from ocm.redaction.published_forms import PUBLISHED, PUBLISHED_INNER
from ocm.redaction.randomness import is_random, is_unpronounceable
from ocm.redaction.token_patterns import INNER_TOKENS, SHORTEST_TOKEN, TOKENS

Span = tuple[int, int, str]

LONG_WORDS = late(rf"[A-Za-z0-9_.~:/@+=%\\\-]{{{SHORTEST_TOKEN},}}")
_ROWS = (*TOKENS, *PUBLISHED)
USUAL = "token"  # the rule of those that no table has
_KEY = 3  # as many characters of a token's beginning are enough to pass over most of the table
_BEGINNINGS = late("([A-Za-z0-9]{3}|[A-Za-z0-9]{2}[^A-Za-z0-9])(?:(?<=[A-Za-z0-9]{3})[A-Za-z0-9]*)?")
_ESCAPE = late(r"\\[nrt]")
# `acme_live_` and then many letters and digits, of both cases or without a word in them.
_USUAL = late(
    r"(?:(?<![A-Za-z0-9_.+%\\-])|(?<=\\[nrt]))(?P<owner>[a-z][a-z0-9]{1,11}(?:[_-][a-z0-9]{1,8}){0,3})[_-]"
    r"(?P<random>[A-Za-z0-9]{22,200})(?![A-Za-z0-9=+/])"
)
_BEGUN = late(r"(?<![A-Za-z0-9_.+%-])[a-z][a-z0-9]{1,11}(?:[_-][a-z0-9]{1,8}){0,3}[_-][A-Za-z0-9]*[0-9]")
_INNER = tuple(row[1] for row in (*INNER_TOKENS, *PUBLISHED_INNER))
_HASHES = late(r"sha\d|md5|blake|hash|digest|integrity|chunk|cache|etag|build|commit|rev|v\d")
# Before `_` and a number of something that everybody may know: a call, an answer, a customer.
_NUMBERS = frozenset((
    "call", "toolu", "msg", "req", "resp", "run", "asst", "thread", "file", "chatcmpl", "evt", "price", "cus", "prod",
    "sub", "in", "ch", "txn", "acct", "pm", "seti", "cs", "id",
))  # fmt: skip
_KEYS = frozenset(("key", "live", "token", "secret", "auth", "sk"))
_MIXED, _LOWER, _NAMED = 22, 40, 28  # how long a random part has to be, with letters of both cases or of one
_LEAST_OF_EACH = 3
_SHORTEST_WORD = 4
_LONGEST_NAME = 12  # of what a hash is called, as in `sha256=`


def long_words(text: str) -> set[str]:
    """Return the words in a text that are so long that they may be a token, or hold one."""
    return set(LONG_WORDS.findall(text))


def find(text: str, words: set[str]) -> Iterator[Span]:
    """Find the tokens in a text whose long words these are."""
    known = _found_in(words)
    for match in LONG_WORDS.finditer(text) if known else ():
        for first, last, rule in known.get(match[0], ()):
            yield match.start() + first, match.start() + last, rule


def is_begun(text: str) -> bool:
    """Return whether a token may begin in a text that is cut off somewhere in it."""
    return bool(
        _index()[0].keys() & _beginnings(text) or _BEGUN.search(text) or any(literal in text for literal in _INNER)
    )


def _found_in(words: set[str]) -> dict[str, list[Span]]:
    """Return what is found in each of the words that hold something."""
    joined = "\n".join(words)
    found: dict[str, list[Span]] = {}
    for first, last, rule in _spans(joined):
        start = joined.rfind("\n", 0, first) + 1
        end = joined.find("\n", first)
        word = joined[start : end if end >= 0 else len(joined)]
        found.setdefault(word, []).append((first - start, last - start, rule))
    return found


def _spans(text: str) -> Iterator[Span]:
    beginnings = _beginnings(text)
    for rule, literal, after, is_sure in _rows(beginnings, text):
        for match in pattern(literal, after).finditer(text):
            if is_sure or _looks_made(match[0][len(literal) :]):
                yield *match.span(), rule
    for rule, literal, before, count, after in (*INNER_TOKENS, *PUBLISHED_INNER):
        for match in _inner_pattern(literal, before, count, after).finditer(text) if literal in text else ():
            if _looks_made(text[match.start() - count : match.end()]):
                yield match.start() - count, match.end(), rule
    for match in _USUAL.finditer(text):
        named = text[max(0, match.start() - _LONGEST_NAME) : match.start()]
        if _is_usual(match["owner"], match["random"]) and not _HASHES.search(named):
            yield *match.span(), USUAL


def _beginnings(text: str) -> set[str]:
    """Return how the words in a text begin, also those behind the escape of a line's end."""
    return set(_BEGINNINGS.findall(_ESCAPE.sub("  ", text) if "\\" in text else text))


@cache
def _index() -> tuple[dict[str, list[int]], list[int]]:
    """Return the numbers of the rows by how their tokens begin, and those of rows that begin otherwise."""
    by_beginning: dict[str, list[int]] = {}
    others = []
    for number, (_, literal, _) in enumerate(_ROWS):
        if _BEGINNINGS.match(literal):
            by_beginning.setdefault(literal[:_KEY], []).append(number)
        else:
            others.append(number)
    return by_beginning, others


def _rows(beginnings: set[str], text: str) -> Iterator[tuple[str, str, str, bool]]:
    """Return the rows of the tables that may have something in a text, and whether their form alone is proof."""
    by_beginning, others = _index()
    numbers = [number for key in by_beginning.keys() & beginnings for number in by_beginning[key]]
    for number in sorted(numbers + [number for number in others if _ROWS[number][1] in text]):
        yield *_ROWS[number], number < len(TOKENS)


def _looks_made(rest: str) -> bool:
    """Return whether what follows the fixed beginning is no word: a sign that the beginning is no chance."""
    tests = (str.isdigit, str.isupper, str.islower)
    return is_random(rest) or all(any(map(test, rest)) for test in tests)


def _is_usual(owner: str, random: str) -> bool:
    """Return whether a name and what follows it are the name of an issuer and a key."""
    if _HASHES.search(owner) or owner in _NUMBERS:
        return False
    if owner.rpartition("_")[2] in _KEYS and len(random) >= _NAMED and is_random(random):
        return True
    digits, upper = sum(map(str.isdigit, random)), sum(map(str.isupper, random))
    lower = len(random) - digits - upper
    if min(digits, upper, lower) >= _LEAST_OF_EACH:
        return True
    return len(random) >= _LOWER and min(digits, max(upper, lower)) >= _LEAST_OF_EACH and _has_other_letters(random)


def _has_other_letters(random: str) -> bool:
    """Return whether a random part has letters that no hash has, and no word."""
    return (
        not re.fullmatch("[0-9a-fA-F]+", random)
        and is_random(random)
        and any(is_unpronounceable(run) or len(run) < _SHORTEST_WORD for run in re.findall("[A-Za-z]+", random))
    )


@cache
def pattern(literal: str, after: str) -> re.Pattern[str]:
    """Compile one row of the table: a token is not within a word, but may follow an escape of a quoted text.

    The fixed beginning stays first, because `re` looks for that fast.
    """
    fixed = re.escape(literal)
    begin = rf"(?:(?<![A-Za-z0-9]{fixed})|(?<=\\[nrt]{fixed}))" if literal[0].isalnum() else ""
    return re.compile(fixed + begin + after + _end(after))


@cache
def _inner_pattern(literal: str, before: str, count: int, after: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(literal)}(?<={before}{{{count}}}{re.escape(literal)}){after}{_end(after)}")


def _end(after: str) -> str:
    """Return what keeps a token of a fixed length from being the beginning of a longer word."""
    return "(?![A-Za-z0-9])" if after.endswith("}") and not after.endswith(",}") else ""
