"""What another memory holds, as conversations that are read whole at once: one a session, note or folder of it."""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import frontmatter
from ocm.sources.head import Head, Note
from ocm.sources.json_lines import Odd, text
from ocm.sources.moments import seconds
from ocm.sources.story import Story
from ocm.store import paths

_MAX_PAGE = 4 * 1024 * 1024
_OVER = ("archived", "deprecated", "invalid", "obsolete", "rejected", "retired", "superseded")
_LINK = re.compile(r"https?://[^\s<>()\[\]]{4,500}")


def head(source: str, session_id: str, path: str, cwd: str, notes: Iterable[Note]) -> Head:
    """Return one conversation of notes; what differs once any of them does is its mark."""
    held = tuple(notes)
    said = repr(held).encode("utf-8", "replace")
    start = min((note.at for note in held if note.at), default=0.0)
    mark = hashlib.sha256(said).hexdigest()[:16]
    return Head(source, session_id, path, cwd, start, len(said), mark, notes=held)


def read(head: Head, story: Story) -> None:
    """Tell the story of one conversation."""
    for note in head.notes:
        _take(note, story)
    story.close_turn()


def _take(note: Note, story: Story) -> None:
    if note.kind == "prompt":
        story.seen(note.at)
        story.prompt(note.text, note.at, note.place)
    elif note.kind == "title":
        story.titled(note.text, 2)
    elif note.kind == "tag":
        story.tags[" ".join(story.clean(note.text).split()).replace(" ", "-")] = None
    elif note.kind == "link":
        story.link(note.text, note.text)
    elif note.kind == "edited":
        story.edit(note.text, "modified", (), note.at)
    else:
        story.noted(note)


def files(path: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Yield a file, or those of a folder and below it that end so."""
    if os.path.isfile(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(suffixes))


def joined(title: str, *more: str) -> str:
    """Return a title and what is said below it as one item."""
    said = " ".join(filter(None, (one.strip() for one in more)))
    title = title.strip()
    return f"{title.rstrip('.:')}: {said}" if title and said and said != title else title or said


def page(path: str, odd: Odd) -> tuple[dict[str, Any], str]:
    """Return the front matter of a page and what stands below it; nothing where it cannot be read, which is counted."""
    try:
        said = paths.read_regular(path, _MAX_PAGE, follow=True).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        odd.note(f"unreadable: {error.strerror}")
        return {}, ""
    lines = said.removeprefix("\ufeff").split("\n")
    end = frontmatter.end_of(lines)
    try:
        keys = frontmatter.load("\n".join(lines[1:end])) if end else {}
    except UnreadableSessionError:
        odd.note("front matter that is no YAML")
        keys = {}
    return keys, "\n".join(lines[end + 1 if end else 0 :]).strip()


def is_over(keys: dict[str, Any]) -> bool:
    """Return whether a front matter says that its page no longer holds."""
    until = [seconds(text(keys, name)) for name in ("valid_to", "invalid_at", "expires_at")]
    is_past = any(at and at <= time.time() for at in until)
    return is_past or text(keys, "status").lower() in _OVER or any(map(keys.get, ("replaced_by", "superseded_by")))


def tags(keys: dict[str, Any]) -> Iterator[Note]:
    """Yield the tags of a front matter: a list, or one text with commas."""
    found = keys.get("tags")
    listed = found if isinstance(found, list) else text(keys, "tags").split(",")
    yield from (Note("tag", one.strip("# ")) for one in listed if isinstance(one, str) and one.strip("# "))


def links(body: str) -> Iterator[Note]:
    """Yield the addresses that stand in a page."""
    yield from (Note("link", found.rstrip(".,;:")) for found in _LINK.findall(body))


def name_of(prefix: str, *parts: str) -> str:
    """Return an id that is the same for the same parts."""
    return f"{prefix}-{hashlib.sha256(chr(0).join(parts).encode('utf-8', 'replace')).hexdigest()[:16]}"
