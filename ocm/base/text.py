"""Text as one line, text cut to a length, and digits as a number. Pure, and light: hooks use it at every prompt."""

import re

MAX_LINE = 500
_MOST_DIGITS = 18
_MOST_MARKS = 16  # on one letter; more are no writing
_JOINER = "\u200d"  # makes one emoji of several
_LINE_BREAKS = re.compile(r"[\x00-\x20\x7f\x85\xa0\u2028\u2029]+")


def whole_number(text: str) -> int | None:
    """Return the number that the digits 0 to 9 say; None for anything else, at much of which `int` fails."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """Return `text` as one line of at most `limit` characters."""
    return cut(_LINE_BREAKS.sub(" ", text).strip(), limit)


def unquoted(text: str) -> str:
    """Return a text without the quotes around all of it, which a host may have taken over from a command line."""
    is_quoted = len(text) > 2 and text[0] in "\"'" and text[0] == text[-1] and text[0] not in text[1:-1]  # noqa: PLR2004 - the two and something between
    return text[1:-1].strip() if is_quoted else text


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, between words where the second half of them has a space.

    What is cut ends with an ellipsis. Text without spaces, as in Japanese, is cut between characters.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    if text[end] != " ":
        space = text.rfind(" ", limit // 2, end)
        end = space if space > 0 else _character_start(text, end)
    return ((text[:end].rstrip() or text[:end]) + "…")[: max(limit, 0)]


def _character_start(text: str, end: int) -> int:
    """Return where the character that a reader sees at `end` begins: an accent stays with its letter."""
    if text.isascii():
        return end
    import unicodedata  # only ever needed for a text that is cut inside a word

    start = end
    while (
        end - start < _MOST_MARKS
        and start > 1
        and (unicodedata.category(text[start])[0] == "M" or _JOINER in text[start - 1 : start + 1])
    ):
        start -= 1
    return start if end - start < _MOST_MARKS else end
