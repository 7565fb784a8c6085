"""What hosts keep beside their conversations: Claude Code's memory folders and its prompts, Cline's memory bank."""

import os
import re
from collections.abc import Callable, Iterator

from ocm.sources import notes
from ocm.sources.head import PROMPTS, Head, Note
from ocm.sources.json_lines import Odd, Record, records, text
from ocm.sources.moments import seconds

FOLDER, BANK, HISTORY = "memory", "memory-bank", "history.jsonl"
ONLY_PROMPTS = "Only its prompts are known: the conversation was deleted before it was imported"
_INDEX = "MEMORY.md"
_BULLET = re.compile(r"\s{0,6}[-*+]\s+(?:\[([ xX])\]\s+)?(\S.*)")
_BANK = (
    ("work_pending", re.compile(r"next steps?|what'?s left|remaining|to ?do", re.IGNORECASE)),
    ("decisions", re.compile(r"(?:active |key )?decisions", re.IGNORECASE)),
    ("problems", re.compile(r"known (?:issues|problems)|blockers", re.IGNORECASE)),
)


def is_memory(path: str) -> bool:
    """Return whether a file lies in a memory folder of Claude Code."""
    folder = os.path.dirname(os.path.abspath(path))
    return path.endswith(".md") and os.path.basename(folder) == FOLDER and os.path.isfile(os.path.join(folder, _INDEX))


def memory_folder(source: str, folder: str, odd: Odd) -> Iterator[Head]:
    """Yield what a memory folder of Claude Code holds; what is about the user alone stays out of a project."""
    word = os.path.basename(os.path.dirname(os.path.abspath(folder)))
    held = [note for path in _pages(folder) for note in _memory(path, odd)]
    if held:
        told = [Note("title", "Memories of Claude Code"), *held]
        yield notes.head(source, notes.name_of("claude-memory", word), folder, word, told)


def _pages(folder: str) -> list[str]:
    found = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".md")]
    return [path for path in found if os.path.isfile(path)]


def _memory(path: str, odd: Odd) -> Iterator[Note]:
    keys, body = notes.page(path, odd)
    name, at = os.path.basename(path), os.path.getmtime(path)
    if name == _INDEX:
        found = (_BULLET.fullmatch(line) for line in body.split("\n"))
        yield from (Note("work", one[2], at, name) for one in found if one and "](" not in one[2])
    elif text(keys, "type") != "user":
        section = "decisions" if text(keys, "type") in ("project", "feedback") else "work"
        said = notes.joined(text(keys, "name"), body or text(keys, "description"))
        yield Note(section, said, at, name.replace(" ", "_"), notes.is_over(keys))
        yield from notes.links(body)


def is_bank(path: str) -> bool:
    """Return whether a file lies in a memory bank of Cline."""
    return path.endswith(".md") and os.path.basename(os.path.dirname(os.path.abspath(path))) == BANK


def memory_bank(source: str, folder: str, odd: Odd) -> Iterator[Head]:
    """Yield what a memory bank says of what is open, decided and wrong; the rest stays where it is."""
    root = os.path.dirname(os.path.abspath(folder))
    held = [note for path in _pages(folder) for note in _banked(path, odd)]
    if held:
        yield notes.head(source, notes.name_of(BANK, root), folder, root, [Note("title", "Memory bank"), *held])


def _banked(path: str, odd: Odd) -> Iterator[Note]:
    at, section = os.path.getmtime(path), ""
    for number, line in enumerate(notes.page(path, odd)[1].split("\n"), 1):
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


def deleted(source: str, path: str, odd: Odd, is_typed: Callable[[str], bool]) -> Iterator[Head]:
    """Yield the conversations of which only the prompts are left, since the host deleted the rest."""
    held: dict[tuple[str, str], list[Note]] = {}
    there = _transcripts(os.path.join(os.path.dirname(os.path.abspath(path)), "projects"))
    for number, record in records(path, odd):
        name, said = text(record, "sessionId"), text(record, "display")
        if not name:
            odd.note("prompt without a session")
        elif name not in there and is_typed(said):
            own = held.setdefault((name, text(record, "project")), [])
            own.append(Note("prompt", said, seconds(record.get("timestamp")), str(number)))
    for (name, cwd), prompts in held.items():
        marker = [Note("work", ONLY_PROMPTS, prompts[-1].at)] if len(prompts) > 1 else []
        head = notes.head(source, name, path, cwd, [*prompts, *marker])
        head.mark = PROMPTS + head.mark
        yield head


def _transcripts(folder: str) -> set[str]:
    return {name.removesuffix(".jsonl") for _, _, names in os.walk(folder) for name in names if name.endswith(".jsonl")}
