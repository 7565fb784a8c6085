"""What another memory holds, as conversations that are read whole at once: one a session, note or folder of it."""

import hashlib
import os
from collections.abc import Iterable, Iterator

from ocm.sources.head import Head, Note
from ocm.sources.story import Story


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
