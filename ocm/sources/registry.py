"""Every history that can be read, by name, and which one a file or folder holds; each reader is loaded when needed."""

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

from ocm.base.errors import OcmError, suggestion
from ocm.sources import json_lines
from ocm.sources.head import Head
from ocm.sources.json_lines import Odd
from ocm.sources.story import Story

SOURCES = ("claude-code",)
_LINES_LOOKED_AT = 40


def reader(name: str) -> Any:  # noqa: ANN401 - a module
    """Return the reader of a history.

    Raises:
        OcmError: there is none of that name.
    """
    if name not in SOURCES:
        raise OcmError(f"{name!r} is no source.", f"{suggestion(name, SOURCES)}Known: {', '.join(SOURCES)}.")
    return importlib.import_module(f"ocm.sources.{name.replace('-', '_')}")


def heads(path: str, odd: Odd) -> Iterator[Head]:
    """Yield the conversations that lie at a path, whatever history they are from."""
    name = recognised(path)
    if name:
        yield from reader(name).heads(path, odd)


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    reader(head.source).read(head, story)


def recognised(path: str) -> str:
    """Return which history a path holds, by what is in it; empty where it is none that is known."""
    if os.path.isdir(path):
        return next((name for one in _some_files(path) if (name := recognised(one))), "")
    with contextlib.suppress(OSError):
        for count, (_, record) in enumerate(json_lines.records(path, Odd())):
            name = next((name for name in SOURCES if reader(name).recognises(record)), "")
            if name or count > _LINES_LOOKED_AT:
                return name
    return ""


def _some_files(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (os.path.join(place, name) for name in sorted(names) if name.endswith(".jsonl"))
