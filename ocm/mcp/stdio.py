"""What comes in over stdio, so that every request gets an answer.

The SDK drops a line that contains a lone surrogate without a word, and the client waits for ever.
Such a character is exchanged for one that the checks of the arguments know and refuse.
"""

import io
import os
import re

from ocm.base.model import HALF

_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")
_LONE = re.compile("[\ud800-\udfff]")
_ESCAPED_HALF = f"\\u{ord(HALF):04x}"
_ONE = 6  # the characters of one escape; a whole pair has twice as many


def without_lone_surrogates(line: str) -> str:
    """Return a line of JSON with `HALF` in the place of every lone surrogate, escaped or not."""
    if r"\ud" in line or r"\uD" in line:
        line = _ESCAPE.sub(_checked, line)
    return _LONE.sub(HALF, line)


def _checked(escape: re.Match[str]) -> str:
    is_lone = len(escape[0]) == _ONE and escape[0][2:4].lower() in {"d8", "d9", "da", "db", "dc", "dd", "de", "df"}
    return _ESCAPED_HALF if is_lone else escape[0]


class Lines(io.TextIOWrapper):
    """The lines of a binary stream, each without lone surrogates."""

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        """Return the next line, an empty text at the end."""
        return without_lone_surrogates(super().readline(size))


def claim_stdin() -> Lines:
    """Return stdin for the protocol alone; whatever else reads it, a git process say, finds nothing there."""
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Lines(open(private, "rb"), encoding="utf-8", errors="surrogateescape", newline="\n")
