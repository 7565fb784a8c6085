"""Records out of a file of JSON lines that another program writes: streamed, whatever state it is in.

A line may be torn, hold two records, be in another encoding or be endless; what can be read is, and the rest counted.
"""

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

from ocm.store import paths

MAX_LINE = 48 * 1024 * 1024
MAX_FILE = 64 * 1024**3
Record = dict[str, Any]
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_DECODER = json.JSONDecoder()
_HUGE = 1e18
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


def records(path: str, unread: Unreadable, start: str = "") -> Iterator[tuple[int, Record]]:
    """Yield each record of a file with the number of its line.

    Args:
        path: The file.
        unread: Takes what was not read.
        start: How a record begins, by which one is found behind a torn one on the same line.

    Raises:
        OSError: there is no such file, or it cannot be read.
    """
    with paths.open_regular(path, MAX_FILE, follow=True) as file:
        for number, line in enumerate(_lines(file, unread), 1):
            if line and not line.isspace():
                for found in _decoded(line, unread, start):
                    yield number, found


def _lines(file: IO[bytes], unread: Unreadable) -> Iterator[bytes]:
    """Yield the lines of a file as UTF-8; one that is too long is passed over."""
    encoding = _MARKS.get(file.read(2), "")
    if encoding:
        for text in codecs.getreader(encoding)(file, "replace"):
            yield text.encode("utf-8", "replace")
        return
    file.seek(0)
    while line := file.readline(MAX_LINE):
        is_whole = len(line) < MAX_LINE or line.endswith(b"\n")
        if not is_whole:
            unread.note("line too long")
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
            line = b""
        yield line.removeprefix(codecs.BOM_UTF8)


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
