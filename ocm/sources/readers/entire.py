"""Entire: checkpoints, each with the whole transcript of the host up to then; of one session the largest counts.

As files they are `<2>/<10>/<n>/full.jsonl` with `metadata.json` beside; what the host wrote is read by the host's own
reader.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace

from ocm.sources.head import Head
from ocm.sources.json_lines import Record, Unreadable, part, text
from ocm.sources.readers import claude_code, codex, copilot, gemini_cli, opencode
from ocm.sources.sample import Sample, document
from ocm.sources.story import Story

NAME = "entire"
VERSION = "1"
_READERS = (claude_code, codex, copilot, gemini_cli, opencode)
_DATED = re.compile(r"\d{4}-\d\d-\d\d-(?=[0-9a-f]{8}-)")
_TRANSCRIPT = "full.jsonl"


def places() -> list[str]:
    """Return no folder: checkpoints lie on a branch of each project."""
    return []


def knows(sample: Sample) -> bool:
    """Return whether a file is part of a checkpoint."""
    if sample.name == _TRANSCRIPT:
        return bool(_session_id(_about(sample.path)))
    tree = sample.document if sample.name == "metadata.json" else None
    return isinstance(tree, dict) and "checkpoint_id" in tree


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the conversations of a checkpoint, or of a folder of them, each once."""
    found: dict[str, Head] = {}
    since: dict[str, str] = {}
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    for place, folders, names in os.walk(folder):
        folders.sort()
        about = _about(os.path.join(place, _TRANSCRIPT)) if _TRANSCRIPT in names else {}
        session = _session_id(about)
        since[session] = min(since.get(session, "9"), text(about, "created_at") or "9")
        inner = _inner(os.path.join(place, _TRANSCRIPT), unread) if session else None
        if inner and inner.size > (found[session].size if session in found else -1):
            found[session] = replace(inner, source=NAME, tool=inner.source, session_id=session)
    oldest = sorted(found.values(), key=lambda head: (since[head.session_id], head.session_id))
    claude_code.set_origins([head for head in oldest if head.tool == claude_code.NAME])
    yield from found.values()


def _about(transcript: str) -> Record:
    """Return what a checkpoint says of a transcript, nothing where it is not one of its own."""
    about = part(document(os.path.join(os.path.dirname(transcript), "metadata.json")))
    return about if "checkpoint_id" in about else {}


def _session_id(about: Record) -> str:
    """Return whose transcript it is, as the host names it: older checkpoints put the day in front."""
    return _DATED.sub("", text(about, "session_id"))


def _inner(path: str, unread: Unreadable) -> Head | None:
    sample = Sample(path)
    reader = next((one for one in _READERS if one.knows(sample)), None)
    return next(iter(reader.heads(path, unread)), None) if reader else None


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation.

    Raises:
        OSError: it cannot be read.
    """
    next(reader for reader in _READERS if head.tool == reader.NAME).read(head, story)
