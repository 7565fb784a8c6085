"""memem: a page of markdown a memory in an Obsidian vault, with a front matter that names its project.

Profiles, playbooks and what memem computes are left; a memory for all projects belongs to none.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

from ocm.sources import notes
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Unreadable, seconds, text
from ocm.sources.sample import Sample

NAME = "memem"
VERSION = "1"
_OURS = (b"---", b"\nid:", b"\nproject:", b"\nsource_type:")
_DECISION = re.compile(r"\b(?:decisions?|conventions?|architecture)\b", re.IGNORECASE)
read = notes.read


def places() -> list[str]:
    """Return the folders of memories in the vault."""
    named = os.environ.get("MEMEM_OBSIDIAN_VAULT") or os.environ.get("CORTEX_OBSIDIAN_VAULT")
    vault = named or os.path.join(os.path.expanduser("~"), "obsidian-brain")
    return [os.path.join(vault, name, "memories") for name in ("memem", "cortex") if os.path.isabs(vault)]


def knows(sample: Sample) -> bool:
    """Return whether a file is a memory of memem."""
    return sample.head.startswith(_OURS[0]) and all(key in sample.head for key in _OURS)


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the memories in a file, or in a folder."""
    for one in notes.files(path, (".md",)):
        if knows(Sample(one)):
            keys, body = notes.page(one, unread)
            name = text(keys, "id")
            yield notes.head(NAME, name and f"memem-{name}", one, text(keys, "project"), _noted(keys, body))


def _noted(keys: dict[str, Any], body: str) -> Iterator[Note]:
    title = text(keys, "title")
    tags = list(notes.tags(keys))
    said = " ".join([text(keys, "kind"), text(keys, "type"), *(tag.text for tag in tags)])
    at = seconds(text(keys, "updated")) or seconds(text(keys, "created"))
    section = "decisions" if _DECISION.search(said) else "work"
    yield Note("title", title)
    yield from tags
    yield Note(section, notes.joined(title, body), at, "-", notes.is_over(keys))
    yield from notes.links(body)
