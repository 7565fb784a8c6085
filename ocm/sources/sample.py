"""A look into a file, by which readers recognise their own: its first records, one document, a database, or text."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from ocm.sources import databases, json_lines
from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable
from ocm.store import paths

MAX_DOCUMENT = 512 * 1024 * 1024
_LOOKED_AT = 40
_HEAD = 4096


class Sample:
    """What a file holds, looked at only as far as somebody asks."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        self.path = path
        self.name = os.path.basename(path)

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        with contextlib.suppress(OSError), paths.open_regular(self.path, json_lines.MAX_FILE, follow=True) as file:
            return file.read(_HEAD)
        return b""

    @cached_property
    def records(self) -> list[Record]:
        """The first records, where it is a file of JSON lines."""
        if self.head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] not in (b"{", b"["):
            return []
        with contextlib.suppress(OSError):
            return [record for _, record in islice(json_lines.records(self.path, Unreadable()), _LOOKED_AT)]
        return []

    @cached_property
    def document(self) -> Any:  # noqa: ANN401 - whatever the file holds
        """What it holds as one JSON document; None where it is none."""
        is_json = self.head.lstrip()[:1] in (b"{", b"[")
        return document(self.path) if is_json and not self.path.endswith(".jsonl") else None

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables of a database."""
        return databases.tables(self.path) if self.head.startswith(databases.MAGIC) else frozenset()


def beginning(head: Head, records: Iterable[Record], most: int, unread: Unreadable) -> Iterator[Record]:
    """Yield the first records of the file of a conversation, once its size is noted, which is how far it will be read.

    Where it cannot be read, that is noted, and there are no more.
    """
    try:
        head.size = os.path.getsize(head.path)
        head.mark = str(head.size)
        yield from islice(records, most)
    except OSError as error:
        unread.note(f"unreadable: {error.strerror}")


def document(path: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a JSON file holds; None where it cannot be read, or is none."""
    try:
        return json.loads(paths.read_regular(path, MAX_DOCUMENT, follow=True))
    except (OSError, ValueError, RecursionError):
        return None
