"""A terminal with somebody in front of it: how wide it is, what it can show, and text laid out for it.

A line is a list of parts, each a text and what it means (a key of `MEANINGS`, or nothing). Only colours that can be
read on black and on white are used, and only where they say something; without colour the same words are there.
Widths are counted in cells, of which a character may take none, one or two.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ocm.base import times
from ocm.ui import output
from ocm.ui.cells import cells, cut_to_cells

Part = tuple[str, str]
Line = list[Part]

TITLE, HEAD, QUIET, MATCH, GOOD, CHANGED, BAD, LIVE = (
    "title",
    "head",
    "quiet",
    "match",
    "good",
    "changed",
    "bad",
    "live",
)
# Bold, faint, and of the sixteen colours the three that neither a black nor a white background swallows.
MEANINGS = {
    TITLE: "1;4", HEAD: "1", QUIET: "2", MATCH: "1;35", GOOD: "32", CHANGED: "35", BAD: "31", LIVE: "1",
}  # fmt: skip
_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
HELD = "\xa0"  # a space at which no line is broken
_WORDS = re.compile(rf"[^\S{HELD}]+|[{_WIDE}]|(?:[^\s{_WIDE}]|{HELD})+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RECENT = timedelta(days=180)
_WIDTH, _HEIGHT, _MIN_WIDTH = 80, 24, 10
_SHORT = 24
ENDLESS = 10_000  # cells: the width of what is no screen


class Screen:
    """What a terminal is like: `width` and `height` in cells, whether it shows colours, and more than ASCII."""

    __slots__ = ("colour", "height", "now", "unicode", "width")

    def __init__(
        self,
        width: int,
        height: int = _HEIGHT,
        *,
        colour: bool = False,
        unicode: bool = True,
        now: datetime | None = None,
    ) -> None:
        """Take it as it is said to be."""
        self.width = max(width, _MIN_WIDTH)
        self.height = height
        self.colour = colour
        self.unicode = unicode
        self.now = now or datetime.now().astimezone()

    @property
    def more(self) -> str:
        """What stands for text that was cut."""
        return "…" if self.unicode else "..."

    def day(self, date: str | None) -> str:
        """Return a time as a person says it; what is no time comes back as it is."""
        found = times.moment(date or "")
        if found is None:
            return date or ""
        when = found.astimezone(self.now.tzinfo)
        days = (self.now.date() - when.date()).days
        if days in {0, 1}:
            return "yesterday" if days else f"today {when:%H:%M}"
        if when <= self.now and (when.year == self.now.year or self.now - when < _RECENT):
            return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]}"
        return f"{when:%Y-%m-%d}"

    def fit(self, line: Line, width: int | None = None) -> Line:
        """Return a line in at most `width` cells, cut where it is longer."""
        room = self.width if width is None else width
        if sum(cells(text) for text, _ in line) <= room:
            return line
        room -= len(self.more)
        cut: Line = []
        for text, meaning in line:  # pragma: no branch - as a whole it did not fit
            part = cut_to_cells(text, room)
            cut.append((part, meaning))
            room -= cells(part)
            if part != text:
                break
        return [*cut, (self.more, QUIET)] if room >= 0 else []

    def wrap(self, line: Line, indent: int = 0, first: Line | None = None, limit: int = 0) -> Iterator[Line]:
        """Yield a line as several that fit, `indent` cells from the left, the first one behind `first`.

        With `limit` there are no more than that many, and the last one says so.
        """
        indent = min(indent, self.width // 3)
        if first and sum(cells(text) for text, _ in first) > indent:  # too narrow: what leads has a line of its own
            first = [(text.strip(), meaning) for text, meaning in first]
            if sum(cells(text) + 1 for text, _ in first) > indent:
                yield self.fit(first)
                first = None
            else:
                first = [*first, (" ", "")]
        lines = list(_broken(line, max(self.width - indent, 2)))
        if limit and len(lines) > limit:
            rest = [part for one in lines[limit - 1 :] for part in (*one, (" ", ""))]
            lines = [*lines[: limit - 1], self.fit(rest, self.width - indent)]
        for number, each in enumerate(lines):
            lead = [(" " * indent, "")] if number or first is None else first
            yield [*lead, *each]

    def text(self, line: Line) -> str:
        """Return a line as it is written, with the escape sequences of its colours."""
        if not self.colour:
            return "".join(text for text, _ in line).rstrip().replace(HELD, " ")
        return "".join(_written(text, meaning) for text, meaning in _merged(line)).replace(HELD, " ")


def _written(text: str, meaning: str) -> str:
    """Return a part in its colour, the spaces behind it without."""
    seen = text.rstrip()
    return f"\x1b[{MEANINGS[meaning]}m{seen}\x1b[0m{text[len(seen) :]}" if meaning and seen else text


def _merged(line: Line) -> Line:
    """Return a line with neighbours of one meaning as one part; a space between them has theirs."""
    found: Line = []
    for text, meaning in line:
        if found and (meaning == found[-1][1] or not text.strip()):
            found[-1] = (found[-1][0] + text, found[-1][1])
        else:
            found.append((text, meaning))
    return found


def _broken(line: Line, room: int) -> Iterator[Line]:
    """Yield a line in lines of at most `room` cells, broken between words, in a word that is longer, or in CJK text."""
    now: Line = []
    used = 0
    for whole in _words(line):
        word, size = whole, sum(cells(text) for text, _ in whole)
        if used + size > room and now:
            yield _stripped(now)
            now, used = [], 0
        while size > room:
            part = _chopped(word, room)
            yield part
            size -= sum(cells(text) for text, _ in part)
            word = _without(word, sum(len(text) for text, _ in part))
        if word and (now or not word[0][0].isspace()):
            now += word
            used += size
    yield _stripped(now)


def _words(line: Line) -> Iterator[Line]:
    """Yield the words of a line and the spaces between them; a word can change its meaning within."""
    word: Line = []
    for text, meaning in line:
        for piece in _WORDS.findall(text):
            is_alone = piece[0] != HELD and (piece.isspace() or cells(piece[0]) > 1)
            if is_alone and word:
                yield word
                word = []
            if is_alone:
                yield [(" " if piece.isspace() else piece, meaning)]
            else:
                word.append((piece, meaning))
    if word:
        yield word


def _chopped(word: Line, room: int) -> Line:
    """Return as much of a word as fits, at least one character of it."""
    part: Line = []
    for text, meaning in word:  # pragma: no branch - as a whole it did not fit
        fits = cut_to_cells(text, room) or ("" if part else text[0])
        part += [(fits, meaning)] if fits else []
        room -= cells(fits)
        if fits != text:
            break
    return part


def _without(word: Line, count: int) -> Line:
    """Return a word without its first characters."""
    rest: Line = []
    for text, meaning in word:
        if count < len(text):
            rest.append((text[count:], meaning))
        count = max(0, count - len(text))
    return rest


def _stripped(line: Line) -> Line:
    while line and line[-1][0].isspace():
        line = line[:-1]
    return line


def joined(parts: Iterable[Part | str], between: str = f"{HELD}· ") -> Line:
    """Return those of `parts` that are not empty, with something quiet between them; short ones are not broken."""
    line: Line = []
    for part in parts:
        text, meaning = (part, QUIET) if isinstance(part, str) else part
        if text:
            line += [(between, QUIET)] if line else []
            line.append((text.replace(" ", HELD) if len(text) <= _SHORT else text, meaning))
    return line


def current_screen() -> Screen | None:
    """Return the terminal that stdout is; None when it is a file, a pipe or nothing."""
    try:
        if not sys.stdout.isatty():
            return None
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return None
    width = _number("COLUMNS") or size.columns or _WIDTH
    height = _number("LINES") or size.lines or _HEIGHT
    return Screen(width, height, colour=_shows_colours(), unicode=output.is_unicode())


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0  # noqa: PLR2004 - no screen is wider


def _shows_colours() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb" if os.name != "nt" else "") == "dumb":
        return False
    return os.name != "nt" or bool(os.environ.get("WT_SESSION") or os.environ.get("TERM"))
