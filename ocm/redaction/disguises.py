"""Text that hides what it says: characters that no screen shows, and words that are broken at the end of a line.

Whoever reads it takes these out again, so a secret is looked for in what is left then, and cut out of the text itself.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from ocm.base.late_patterns import late
from ocm.base.sanitize import ANSI, INVISIBLE
from ocm.redaction.token_patterns import CONTROLS

_FIRST = late(f"{INVISIBLE.pattern[:-1]}\x1b\x90\x98\x9b\x9d-\x9f]")  # one class, because `re` is fast at that
_HIDDEN = late(f"(?:{ANSI.pattern}|{INVISIBLE.pattern})+")
_WRAP = late(r"\n(?<=[\w=/+\\\r.-]\n)[ \t]{0,8}(?P<tail>[\w=/+.-]{6,400})", re.ASCII)
_RUN_BACKWARDS = late(r"(?:\r?\\?)?([\w=/+.-]{8,400})", re.ASCII)
_LONGEST_RUN = 402


class Plain:
    """A text without some of its parts, and where what is left of it stood."""

    __slots__ = ("_from", "_to", "text")

    def __init__(self, text: str, left_out: list[tuple[int, int]]) -> None:
        """Leave the spans out, which are in order."""
        parts, self._from, self._to, at, size = [], [0], [0], 0, 0
        for start, end in left_out:
            parts.append(text[at:start])
            size += start - at
            at = end
            self._from.append(size)
            self._to.append(end)
        self.text = "".join([*parts, text[at:]])

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of what is left stood, with what was left out within it."""
        return self._of(start), self._of(end - 1) + 1

    def _of(self, at: int) -> int:
        number = bisect_right(self._from, at) - 1
        return self._to[number] + at - self._from[number]


def without_hidden(text: str) -> Plain | None:
    """Return a text without what no screen shows; None when there is nothing of that."""
    if text.isascii() and not any(sign in text for sign in CONTROLS):
        return None
    hidden: list[tuple[int, int]] = []
    last = 0
    for first in _FIRST.finditer(text):
        match = _HIDDEN.match(text, first.start()) if first.start() >= last else None
        if match:
            hidden.append(match.span())
            last = match.end()
    return Plain(text, hidden) if hidden else None


def broken_words(text: str) -> Iterator[tuple[int, Plain]]:
    """Return each word that goes on in the next line, as one, and where it begins."""
    for wrap in _WRAP.finditer(text):
        before = text[max(0, wrap.start() - _LONGEST_RUN) : wrap.start()]
        head = _RUN_BACKWARDS.match(before[::-1])
        if head is None:
            continue
        start = wrap.start() - head.end()
        gap = wrap.start() - head.start(1) - start
        yield start, Plain(text[start : wrap.end("tail")], [(gap, wrap.start("tail") - start)])
