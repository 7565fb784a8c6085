"""basic-memory: a page of markdown a note, with observations `- [category] text #tag` and relations to other notes.

A note belongs to the project that is named like its folder, or like basic-memory's own project.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

from ocm.sources import notes
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Unreadable, part, seconds, text
from ocm.sources.sample import Sample, document

NAME = "basic-memory"
VERSION = "1"
_OBSERVATION = re.compile(r"[-*]\s+\[([^\]\n]{2,60})\]\s+(\S.*)")
_TAG = re.compile(r"(?:^|\s)#([\w/-]+)")
_SECTIONS = {
    "decision": "decisions", "problem": "problems", "issue": "problems", "bug": "problems", "todo": "work_pending",
    "next": "work_pending", "done": "work_completed",
}  # fmt: skip
_DEFAULT = ("main", "basic-memory")
read = notes.read


def places() -> list[str]:
    """Return the folders of its projects, as its settings name them, and the default one."""
    home = os.path.expanduser("~")
    folder = os.environ.get("BASIC_MEMORY_CONFIG_DIR") or os.path.join(home, ".basic-memory")
    named = part(document(os.path.join(folder, "config.json")), "projects").values()
    roots = [os.path.expanduser(one if isinstance(one, str) else text(one, "path")) for one in named]
    main = os.environ.get("BASIC_MEMORY_HOME") or os.path.join(home, "basic-memory")
    return [path for path in dict.fromkeys([main, *roots]) if os.path.isabs(path)]


def knows(sample: Sample) -> bool:
    """Return whether a file is a note of basic-memory."""
    head = sample.head.removeprefix(b"\xef\xbb\xbf")
    return head.startswith(b"---") and b"\npermalink:" in head


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the notes in a file, or in a folder and those below it."""
    for one in notes.files(path, (".md",)):
        if knows(Sample(one)):
            keys, body = notes.page(one, unread)
            name = text(keys, "permalink") or os.path.basename(one)
            found = _noted(keys, body, os.path.getmtime(one))
            yield notes.head(NAME, notes.name_of(NAME, name), one, _project(path, one, name), found)


def _project(root: str, path: str, permalink: str) -> str:
    """Return what names the project of a note: the folder of all, where that is a project's own, and its folders."""
    if not os.path.isdir(root):
        return permalink.rpartition("/")[0]
    name = os.path.basename(os.path.abspath(root))
    inner = os.path.relpath(os.path.dirname(path), root).replace(os.sep, "/")
    return inner.removeprefix(".") if name in _DEFAULT else f"{name}/{inner}"


def _noted(keys: dict[str, Any], body: str, changed: float) -> Iterator[Note]:
    at = next((at for name in ("updated", "modified", "created") if (at := seconds(text(keys, name)))), changed)
    is_over = notes.is_over(keys)
    yield Note("title", text(keys, "title"))
    yield from notes.tags(keys)
    for number, line in enumerate(body.split("\n"), 1):
        found = _OBSERVATION.match(line.strip())
        if found:
            yield Note(_SECTIONS.get(found[1].strip().lower(), "work"), found[2], at, f"line:{number}", is_over)
            yield from (Note("tag", tag) for tag in _TAG.findall(found[2]))
        elif line.strip().startswith("- ") and "[[" in line:
            yield Note("work", line.strip()[2:], at, f"line:{number}", is_over)
    yield from notes.links(body)
