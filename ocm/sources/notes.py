"""What another memory holds, or a host beside its conversations, as conversations that are read whole at once."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import frontmatter
from ocm.sources.head import PROMPTS, Head, Note
from ocm.sources.json_lines import Record, Unreadable, records, seconds, text
from ocm.sources.story import Story
from ocm.store import paths

FOLDER, BANK, HISTORY = "memory", "memory-bank", "history.jsonl"
ONLY_PROMPTS = "Only its prompts are known: the conversation was deleted before it was imported"
_INDEX = "MEMORY.md"
_BULLET = re.compile(r"\s{0,6}[-*+]\s+(?:\[([ xX])\]\s+)?(\S.*)")
_BANK = (
    ("work_pending", re.compile(r"next steps?|what'?s left|remaining|to ?do", re.IGNORECASE)),
    ("decisions", re.compile(r"(?:active |key )?decisions", re.IGNORECASE)),
    ("problems", re.compile(r"known (?:issues|problems)|blockers", re.IGNORECASE)),
)
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


def page(path: str, unread: Unreadable) -> tuple[dict[str, Any], str]:
    """Return the front matter of a page and what stands below it; nothing where it cannot be read, which is counted."""
    try:
        said = paths.read_regular(path, _MAX_PAGE, follow=True).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        unread.note(f"unreadable: {error.strerror}")
        return {}, ""
    lines = said.removeprefix("\ufeff").split("\n")
    end = frontmatter.end_of(lines)
    try:
        keys = frontmatter.load("\n".join(lines[1:end])) if end else {}
    except UnreadableSessionError:
        unread.note("front matter that is no YAML")
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


def is_memory(path: str) -> bool:
    """Return whether a file lies in a memory folder of Claude Code."""
    folder = os.path.dirname(os.path.abspath(path))
    return path.endswith(".md") and os.path.basename(folder) == FOLDER and os.path.isfile(os.path.join(folder, _INDEX))


def memory_folder(source: str, folder: str, unread: Unreadable) -> Iterator[Head]:
    """Yield what a memory folder of Claude Code holds; what is about the user alone stays out of a project."""
    word = os.path.basename(os.path.dirname(os.path.abspath(folder)))
    held = [note for path in _pages(folder) for note in _memory(path, unread)]
    if held:
        told = [Note("title", "Memories of Claude Code"), *held]
        yield head(source, name_of("claude-memory", word), folder, word, told)


def _pages(folder: str) -> list[str]:
    found = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".md")]
    return [path for path in found if os.path.isfile(path)]


def _memory(path: str, unread: Unreadable) -> Iterator[Note]:
    keys, body = page(path, unread)
    name, at = os.path.basename(path), os.path.getmtime(path)
    if name == _INDEX:
        found = (_BULLET.fullmatch(line) for line in body.split("\n"))
        yield from (Note("work", one[2], at, name) for one in found if one and "](" not in one[2])
    elif text(keys, "type") != "user":
        section = "decisions" if text(keys, "type") in ("project", "feedback") else "work"
        said = joined(text(keys, "name"), body or text(keys, "description"))
        yield Note(section, said, at, name.replace(" ", "_"), is_over(keys))
        yield from links(body)


def is_bank(path: str) -> bool:
    """Return whether a file lies in a memory bank of Cline."""
    return path.endswith(".md") and os.path.basename(os.path.dirname(os.path.abspath(path))) == BANK


def memory_bank(source: str, folder: str, unread: Unreadable) -> Iterator[Head]:
    """Yield what a memory bank says of what is open, decided and wrong; the rest stays where it is."""
    root = os.path.dirname(os.path.abspath(folder))
    held = [note for path in _pages(folder) for note in _banked(path, unread)]
    if held:
        yield head(source, name_of(BANK, root), folder, root, [Note("title", "Memory bank"), *held])


def _banked(path: str, unread: Unreadable) -> Iterator[Note]:
    at, section = os.path.getmtime(path), ""
    for number, line in enumerate(page(path, unread)[1].split("\n"), 1):
        bullet = _BULLET.fullmatch(line)
        if line.startswith("#"):
            section = next((name for name, heading in _BANK if heading.match(line.lstrip("# "))), "")
        elif bullet and section:
            is_done = section == "work_pending" and bullet[1] in ("x", "X")
            place = f"{os.path.basename(path)}:{number}".replace(" ", "_")
            yield Note("work_completed" if is_done else section, bullet[2], at, place)


def is_prompt(record: Record) -> bool:
    """Return whether a record is a line of Claude Code's prompt history."""
    return "display" in record and "timestamp" in record and "project" in record


def deleted(source: str, path: str, unread: Unreadable, is_typed: Callable[[str], bool]) -> Iterator[Head]:
    """Yield the conversations of which only the prompts are left, since the host deleted the rest."""
    held: dict[tuple[str, str], list[Note]] = {}
    there = _transcripts(os.path.join(os.path.dirname(os.path.abspath(path)), "projects"))
    for number, record in records(path, unread):
        name, said = text(record, "sessionId"), text(record, "display")
        if not name:
            unread.note("prompt without a session")
        elif name not in there and is_typed(said):
            own = held.setdefault((name, text(record, "project")), [])
            own.append(Note("prompt", said, seconds(record.get("timestamp")), str(number)))
    for (name, cwd), prompts in held.items():
        marker = [Note("work", ONLY_PROMPTS, prompts[-1].at)] if len(prompts) > 1 else []
        found = head(source, name, path, cwd, [*prompts, *marker])
        found.mark = PROMPTS + found.mark
        yield found


def _transcripts(folder: str) -> set[str]:
    return {name.removesuffix(".jsonl") for _, _, names in os.walk(folder) for name in names if name.endswith(".jsonl")}
