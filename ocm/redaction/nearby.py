"""Values that only their neighbourhood names: words before or after them, the rest of a row, the element around them.

A name that stands further away says little, so the value has to say the rest: it is random beyond doubt.
"""

import re
from collections.abc import Iterator

from ocm.base.late_patterns import late
from ocm.redaction.name_words import NO_TOKEN
from ocm.redaction.randomness import is_random
from ocm.redaction.tokens import LONG_WORDS

Span = tuple[int, int, str]

_WORDS = ("token", "secret", "passw", "credential", "key")
_NAME = (
    r"(?:token|secret|passw(?:or)?d|credential|(?:api|access|auth|secret|private|license)[ _-]?key)s?(?![a-z/]|\.[a-z])"
)
_NAMES = late(_NAME)
_VALUE = late(  # perhaps behind a name, and strong: of letters of both cases and digits
    r"(?:(?P<name>[\w.-]{1,40})[:=])?(?=[^0-9]{0,400}[0-9])(?=[^A-Z]{0,400}[A-Z])(?=[^a-z]{0,400}[a-z])"
    r"(?P<value>[A-Za-z0-9_+.~-]{19,399}[A-Za-z0-9_+~-]={0,2})\.?",
)
_HASH = late(r"sha\d{0,3}$|sha\d|md5|blake|hash|digest|commit|revision", re.IGNORECASE)
# `token: acme 5f3c…`: whose it is stands between.
_OWNED = (
    r"s?[\"'`]?[ \t]?[:=][ \t]{0,3}[\"'`(]?(?P<owner>[a-z]{2,20})[ \t:=-]{1,3}[\"'`(]?"
    r"(?P<value>[\w+=.~%-][\w+/=.~%-]{15,399})"
)
_LABELLED = tuple(
    (name, late(name + _OWNED, re.ASCII))
    for name in ("token", "secret", "password", "apikey", "api_key", "api key", "access_key")
)
_BEFORE, _AFTER, _LONGEST_WORD = 80, 50, 20
_LAST_WORD = late(r"[a-z]+(?=[ _-]?$)")
_ELEMENT = late(rf"<(?P<tag>[\w:.-]{{0,40}}{_NAME}[\w:.-]{{0,20}})[^<>\n]{{0,80}}>(?P<text>[^<>\n]{{12,2000}})</")
_WORD = late(r"[^\s{}\"',;]{12,}")


def nearby(text: str, lower: str, words: set[str]) -> Iterator[Span]:
    """Find random values in a line that says what they are, before or after them; `words` are those that are long."""
    if not any(name in lower for name in _WORDS):
        return
    yield from _labelled(text, lower)
    keys = {word: match for word in words if (match := _VALUE.fullmatch(word)) and not _is_hash(match)}
    for found in LONG_WORDS.finditer(text) if keys else ():
        match = keys.get(found[0])
        if (
            match
            and _is_spoken_of(lower, *(found.start() + at for at in match.span("value")))
            and is_random(match["value"])
        ):
            yield found.start() + match.start("value"), found.start() + match.end("value"), "secret"


def _labelled(text: str, lower: str) -> Iterator[Span]:
    """Find random values that follow the name of a secret and the word for whose it is."""
    for name, pattern in _LABELLED:
        for match in pattern.finditer(lower) if name in lower else ():
            if is_random(text[slice(*match.span("value"))]) and not _HASH.search(match["owner"]):
                yield *match.span("value"), "secret"


def _is_hash(match: re.Match[str]) -> bool:
    """Return whether a value, or the name before it, says that it is the hash of something."""
    return bool(_HASH.match(match["value"]) or _HASH.search(match["name"] or ""))


def _is_spoken_of(lower: str, start: int, end: int) -> bool:
    """Return whether the words around a value say that it is a secret."""
    before = lower[max(0, start - _BEFORE) : start].rpartition("\n")[2]
    after = lower[end : end + _AFTER].partition("\n")[0]
    return any(map(_names_it, (before, after)))


def _names_it(words: str) -> bool:
    for name in _NAMES.finditer(words):
        owner = _LAST_WORD.search(words, max(0, name.start() - _LONGEST_WORD), name.start())
        if owner is None or owner[0] not in NO_TOKEN:
            return True
    return False


def elements(text: str, lower: str) -> Iterator[Span]:
    """Find the random words in an element whose tag is the name of a secret."""
    for element in _ELEMENT.finditer(lower) if "</" in text else ():
        for word in _WORD.finditer(text, *element.span("text")):
            if is_random(word[0]):
                yield *word.span(), "secret"
