"""How many cells of a terminal a text takes: none, one or two a character. By Unicode, without a library."""

import re
import unicodedata
from functools import lru_cache

_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_NO_CELL = frozenset({"Mn", "Me", "Mc", "Cf", "Cc", "Zl", "Zp"})
# Formats all the same seen: a soft hyphen, and signs that Arabic, Syriac and Kaithi write around digits.
_SEEN = re.compile("[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
# Vowels and final consonants of Korean syllables, fillers, and the colours of skin: they join what stands before them.
_JOINED = re.compile("[\u1160-\u11ff\u3164\ud7b0-\ud7c6\ud7cb-\ud7fb\uffa0\U0001f3fb-\U0001f3ff]")
# Wide since Unicode 16, which the Python that runs may not know: hexagrams, tetragrams and counting rods.
_WIDE = re.compile("[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]")
_SYMBOLS = frozenset({"So", "Sm", "Po", "Nd"})  # of these some have an emoji style


def cells(text: str) -> int:
    """Return how many cells a text takes."""
    if text.isascii():
        return len(text)
    if _JOINER in text or _EMOJI_STYLE in text:
        return _with_emoji(text)
    return sum(map(_width, text))


def cut_to_cells(text: str, room: int) -> str:
    """Return as much of the beginning of a text as fits in `room` cells."""
    if text.isascii():
        return text[: max(room, 0)]
    for end, letter in enumerate(text):
        room -= cells(letter)
        if room < 0:
            return text[:end]
    return text


@lru_cache(4096)
def _width(character: str) -> int:
    if _SEEN.match(character):
        return 1
    if unicodedata.category(character) in _NO_CELL or _JOINED.match(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} or _WIDE.match(character) else 1


def _with_emoji(text: str) -> int:
    """Return the cells of a text in which characters are joined into one emoji, or have the style of one."""
    size, last = 0, ""
    characters = iter(text)
    for character in characters:
        if character == _JOINER:
            next(characters, "")  # it is drawn into the one before
        elif character == _EMOJI_STYLE:
            size += bool(last) and _has_emoji_style(last)
            last = ""
        elif width := _width(character):
            size += width
            last = character
    return size


def _has_emoji_style(character: str) -> bool:
    """Return whether a character of one cell takes two in its emoji style."""
    return _width(character) == 1 and (unicodedata.category(character) in _SYMBOLS or character == "\u2139")
