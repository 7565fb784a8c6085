"""Values that only their neighbourhood names: words before or after them, the rest of a row, the element around them.

A name that stands further away says little, so the value has to say the rest: it is random beyond doubt.
"""

import re
from collections.abc import Iterator

from ocm.base.late_patterns import late
from ocm.redaction.name_words import NO_TOKEN
from ocm.redaction.randomness import is_random
from ocm.redaction.tokens import LONG_WORDS
from ocm.redaction.values import is_strong

Span = tuple[int, int, str]

_WORDS = ("token", "secret", "passw", "credential", "key")
_NAME = (
    r"(?:token|secret|passw(?:or)?d|credential|(?:api|access|auth|secret|private|license)[ _-]?key)s?(?![a-z/]|\.[a-z])"
)
_NAMES = late(_NAME)
_VALUE = late(r"(?:(?P<name>[\w.-]{1,40})[:=])?(?P<value>[A-Za-z0-9_+.~-]{19,399}[A-Za-z0-9_+~-]={0,2})\.?")
_HASH = late(r"sha\d|md5|blake|hash|digest", re.IGNORECASE)
_BEFORE, _AFTER, _LONGEST_WORD = 80, 50, 20
_LAST_WORD = late(r"[a-z]+(?=[ _-]?$)")
_ELEMENT = late(rf"<(?P<tag>[\w:.-]{{0,40}}{_NAME}[\w:.-]{{0,20}})[^<>\n]{{0,80}}>(?P<text>[^<>\n]{{12,2000}})</")
_WORD = late(r"[^\s{}\"',;]{12,}")


def nearby(text: str, lower: str, words: set[str]) -> Iterator[Span]:
    """Find random values in a line that says what they are, before or after them; `words` are those that are long."""
    if not any(name in lower for name in _WORDS):
        return
    keys = {word: span for word in filter(is_strong, words) if (span := _key_in(word))}
    for match in LONG_WORDS.finditer(text) if keys else ():
        first, last = keys.get(match[0], (0, 0))
        if last and _is_spoken_of(lower, match.start() + first, match.start() + last):
            yield match.start() + first, match.start() + last, "secret"


def _key_in(word: str) -> tuple[int, int] | None:
    """Return where in a word a key stands, which may follow the name of something that is no hash."""
    match = _VALUE.fullmatch(word)
    if match is None or not _is_a_key(match["value"]) or _HASH.search(match["name"] or ""):
        return None
    return match.span("value")


def _is_a_key(value: str) -> bool:
    return is_strong(value) and not _HASH.match(value) and is_random(value)


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
