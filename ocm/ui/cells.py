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
# Symbols of one cell that take two in their emoji style: the emoji variation sequences of Unicode 17.
_STYLED = (
    "\u0023\u002a\u0030-\u0039\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u2328\u23cf"
    "\u23ed-\u23ef\u23f1\u23f2\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb\u25fc\u2600-\u2604\u260e"
    "\u2611\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u265f\u2660\u2663"
    "\u2665\u2666\u2668\u267b\u267e\u2692\u2694-\u2697\u2699\u269b\u269c\u26a0\u26a7\u26b0\u26b1\u26c8\u26cf"
    "\u26d1\u26d3\u26e9\u26f0\u26f1\u26f4\u26f7-\u26f9\u2702\u2708\u2709\u270c\u270d\u270f\u2712\u2714\u2716"
    "\u271d\u2721\u2733\u2734\u2744\u2747\u2763\u2764\u27a1\u2934\u2935\u2b05-\u2b07\U0001f170\U0001f171"
    "\U0001f17e\U0001f17f\U0001f321\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397"
    "\U0001f399-\U0001f39b\U0001f39e\U0001f39f\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5"
    "\U0001f3f7\U0001f43f\U0001f441\U0001f4fd\U0001f549\U0001f54a\U0001f56f\U0001f570\U0001f573-\U0001f579"
    "\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2\U0001f5bc"
    "\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3\U0001f5e8\U0001f5ef"
    "\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9\U0001f6f0\U0001f6f3"
)


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


@lru_cache(256)
def _has_emoji_style(character: str) -> bool:
    """Return whether a character of one cell takes two in its emoji style."""
    return re.match(f"[{_STYLED}]", character) is not None
