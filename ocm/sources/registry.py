"""Every history that can be read, by name, and which one a file or folder holds; each reader is loaded when needed."""

import importlib
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ocm.base.errors import OcmError, suggestion
from ocm.base.model import clean_text
from ocm.base.text import one_line
from ocm.sources.head import Head
from ocm.sources.json_lines import Unreadable
from ocm.sources.sample import Sample
from ocm.sources.story import Story, whole

SOURCES = (
    "claude-code", "codex", "gemini-cli", "opencode", "copilot", "cline", "cursor", "aider", "specstory", "entire",
    "claude-mem", "sessionmem", "memem", "engram", "basic-memory", "opencodememory",
)  # fmt: skip
_SUFFIXES = (".jsonl", ".json", ".db", ".vscdb", ".sqlite", ".md", ".txt")
_LOOKED_AT, _IN_A_FOLDER = 400, 4  # files of a folder that are looked into, and how many of each within it


def reader(name: str) -> Any:  # noqa: ANN401 - a module
    """Return the reader of a history.

    Raises:
        OcmError: there is none of that name.
    """
    if name not in SOURCES:
        raise OcmError(f"{name!r} is no source.", f"{suggestion(name, SOURCES)}Known: {', '.join(SOURCES)}.")
    return importlib.import_module(f"ocm.sources.readers.{name.replace('-', '_')}")


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations that lie at a path, whatever histories they are from."""
    for name in recognised(path):
        yield from heads_of(name, path, unread)


def heads_of(name: str, path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations of one history that lie at a path; an id is one line that a file can hold."""
    for head in reader(name).heads(path, unread):
        head.session_id = one_line(clean_text(whole(head.session_id)))
        if head.session_id:
            yield head


def places(name: str, roots: list[str]) -> list[str]:
    """Return where a history lies: of the user, and in each folder that is the project."""
    found = reader(name)
    inside = [place for root in roots for place in found.places_in(root)] if hasattr(found, "places_in") else []
    return [*found.places(), *inside]


def version(head: Head) -> str:
    """Return the version of what reads a conversation."""
    return str(reader(head.source).VERSION)


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    reader(head.source).read(head, story)


def recognised(path: str) -> list[str]:
    """Return which histories a path holds, by what is in it; none where none is known."""
    if os.path.isdir(path):
        found = {name for one in _some_files(path) for name in recognised(one)}
        return [name for name in SOURCES if name in found]
    sample = Sample(path)
    known = [name for name in SOURCES if reader(name).knows(sample)]
    return ["entire"] if "entire" in known else known[:1]


def _some_files(folder: str) -> Iterator[str]:
    """Yield some files of a folder and those below it, a few of each kind in each."""
    left = _LOOKED_AT
    for place, folders, names in os.walk(folder):
        folders.sort()
        kinds: Counter[str] = Counter()
        for name in sorted(names):
            suffix = os.path.splitext(name)[1]
            kinds[suffix] += 1
            if suffix in _SUFFIXES and kinds[suffix] <= _IN_A_FOLDER and left:
                left -= 1
                yield os.path.join(place, name)
