"""The words that everything else is written in: what a status may be, a change of a file, and text as one line.

Light, because a list that a person asks for loads nothing else of the values: no class here is a dataclass, whose
module alone takes longer to load than the list to read.
"""

import re
from typing import NamedTuple

STATUSES = ("open", "frozen", "closed")
CHANGE_TYPES = ("created", "modified", "deleted", "renamed")
MAX_LINE = 500
_MOST_DIGITS = 18

_LINE_BREAKS = re.compile(r"[\x00-\x20\x7f\x85\xa0\u2028\u2029]+")


class FileChange(NamedTuple):
    """One file a session touched: `path` is relative to the project where it lies inside, with forward slashes."""

    path: str
    change_type: str
    old_path: str | None = None


def whole_number(text: str) -> int | None:
    """Return the number that the digits 0 to 9 say; None for anything else, at much of which `int` fails."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """Return `text` as one line of at most `limit` characters."""
    line = _LINE_BREAKS.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
