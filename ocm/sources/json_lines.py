"""Records out of a file of JSON lines that another program writes: streamed, whatever state it is in.

A line may be torn, hold two records, be in another encoding or be endless; what can be read is, and the rest counted.
"""

import codecs
import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import IO, Any

from ocm.base.limits import FAR_FUTURE
from ocm.store import paths

MAX_LINE = 48 * 1024 * 1024
MAX_FILE = 64 * 1024**3
Record = dict[str, Any]
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_DECODER = json.JSONDecoder()
_HUGE = 1e18
_HEAD, _TAIL = 1024, 4096  # bytes by which a file that grew is known to be the same
_UNITS = (1.0, 1e3, 1e6, 1e9)
_LARGEST = 1e20  # a whole number beyond what a float holds cannot even be divided
_STRANGE = 40  # characters of an unknown name that are told


class Unreadable:
    """What a reader met and did not know, by what it is: told after an import, never dropped in silence."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.counts: dict[str, int] = {}

    def note(self, what: str) -> None:
        """Count one more of `what`."""
        what = "".join(letter for letter in what[:_STRANGE] if letter.isprintable()) or "nameless"
        if what in self.counts or len(self.counts) < _STRANGE:
            self.counts[what] = self.counts.get(what, 0) + 1


class Position:
    """How far a file was read: where the reading begins, and where it can go on once the file has grown.

    It goes on behind the last whole line at which nothing waited for a later one.

    Attributes:
        offset: The bytes before it.
        line: The lines in these.
        said: What was told of these.
        told: What was told so far.
        waiting: How much of what was read waits for a later line, such as a call for what it returns.
    """

    __slots__ = ("line", "offset", "said", "told", "waiting")

    def __init__(self, offset: int = 0, line: int = 0, said: int = 0) -> None:
        """Begin there."""
        self.offset, self.line, self.said = offset, line, said
        self.told, self.waiting = said, 0

    def passed(self, offset: int, line: int) -> None:
        """Take that a whole line was read, and everything told of it."""
        if not self.waiting:
            self.offset, self.line, self.said = offset, line, self.told


def records(
    path: str, unread: Unreadable, start: str = "", position: Position | None = None
) -> Iterator[tuple[int, Record]]:
    """Yield each record of a file with the number of its line.

    Args:
        path: The file.
        unread: Takes what was not read.
        start: How a record begins, by which one is found behind a torn one on the same line.
        position: Where to begin; it goes along. A file of another encoding is always read whole.

    Raises:
        OSError: there is no such file, or it cannot be read.
    """
    position = position or Position()
    with paths.open_regular(path, MAX_FILE, follow=True) as file:
        for number, line in enumerate(_lines(file, unread, position), position.line + 1):
            if line and not line.isspace():
                for found in _decoded(line, unread, start):
                    yield number, found


def beginning_and_end(path: str, offset: int) -> str:
    """Return what is the same as long as a file only grows: number, beginning, and what ends at `offset`."""
    if not offset:
        return ""
    with contextlib.suppress(OSError), paths.open_regular(path, MAX_FILE, follow=True) as file:
        begin = file.read(min(_HEAD, offset))
        file.seek(max(offset - _TAIL, 0))
        end = file.read(min(_TAIL, offset))
        said = b"%d %d %b%b" % (os.fstat(file.fileno()).st_ino, len(end), begin, end)
        return hashlib.sha256(said).hexdigest()[:32]
    return ""


def _lines(file: IO[bytes], unread: Unreadable, position: Position) -> Iterator[bytes]:
    """Yield the lines of a file as UTF-8; one that is too long is passed over."""
    encoding = _MARKS.get(file.read(2), "")
    if encoding:
        for text in codecs.getreader(encoding)(file, "replace"):
            yield text.encode("utf-8", "replace")
        return
    at, number = file.seek(position.offset), position.line
    while line := file.readline(MAX_LINE):
        at, number = at + len(line), number + 1
        if len(line) < MAX_LINE or line.endswith(b"\n"):
            yield line.removeprefix(codecs.BOM_UTF8)
        else:
            unread.note("line too long")
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
                at += len(line)
            yield b""
        if line.endswith(b"\n"):
            position.passed(at, number)


def _decoded(line: bytes, unread: Unreadable, start: str) -> Iterator[Record]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        yield from _salvaged(line, unread, start)
        return
    if isinstance(found, dict):
        yield found
    else:
        unread.note("no record")


def _salvaged(line: bytes, unread: Unreadable, start: str) -> Iterator[Record]:
    """Yield what can be read of a line that is not one record: two of them, or a torn one and a whole one."""
    text = line.decode("utf-8", "replace").strip()
    at = 0
    while 0 <= at < len(text):
        try:
            found, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find(start, at + 1) if start else -1
            unread.note("torn line")
            continue
        if isinstance(found, dict):
            yield found
        while at < len(text) and text[at].isspace():
            at += 1


# --- parts of a record, whatever it is


def text(value: object, *names: str) -> str:
    """Return the text at the path `names` below `value`, empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def part(value: object, *names: str) -> Record:
    """Return the object at the path `names` below `value`, empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def parts(value: object, *names: str) -> list[Record]:
    """Return the objects in the list at the path `names` below `value`."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(value: object, *names: str) -> float:
    """Return the number at the path `names` below `value`, 0 where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if abs(value) < _HUGE else 0.0


def seconds(value: object) -> float:
    """Return a time in whatever unit as epoch seconds, 0 for what is none of these centuries."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LARGEST:
        return 0.0
    return next((value / unit for unit in _UNITS if value / unit < FAR_FUTURE / 4), 0.0)


def local_seconds(value: str) -> float:
    """Return the same of a text that says what a clock on the wall showed."""
    return _of_text(value, None)


def _of_text(value: str, zone: tzinfo | None = UTC) -> float:
    if value.isascii() and value.isdigit() and 9 <= len(value) <= 19:  # noqa: PLR2004 - seconds to nanoseconds
        return seconds(int(value))
    try:
        found = datetime.fromisoformat(value)
        at = (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return at if 0 < at < FAR_FUTURE else 0.0
