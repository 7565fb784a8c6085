"""aider: `.aider.chat.history.md` in a project, all launches in one file, in local time without a zone.

A launch has no id: it is known by its file's folder, its heading and its place in the file.
"""

import hashlib
import os
import re
from collections.abc import Iterator

from ocm.sources import hunks
from ocm.sources.head import Head
from ocm.sources.json_lines import Unreadable, local_seconds
from ocm.sources.sample import Sample
from ocm.sources.story import Story
from ocm.store import paths

NAME = "aider"
VERSION = "1"
FILE = ".aider.chat.history.md"
_MAX_BYTES = 512 * 1024 * 1024
_LAUNCH = re.compile(r"^# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*$", re.MULTILINE)
_COMMIT = re.compile(r"Commit ([0-9a-f]{7,40}) (.+)")
_APPLIED = re.compile(r"Applied edit to (.+)")
_VERSION = re.compile(r"Aider v(\S+)")
_MODEL = re.compile(r"(?:Main model|Model): (\S+)")
_BLOCK = re.compile(r"^<{5,9} ?SEARCH\s*\n(.*?)^={5,9}\s*\n(.*?)^>{5,9} ?REPLACE", re.MULTILINE | re.DOTALL)
_COMMANDS = (
    "/add", "/clear", "/commit", "/diff", "/drop", "/exit", "/git", "/help", "/lint", "/ls", "/map", "/model", "/paste",
    "/quit", "/read-only", "/reset", "/run", "/settings", "/test", "/tokens", "/undo", "/voice", "/web",
)  # fmt: skip


def places() -> list[str]:
    """Return the file that a variable names; else they lie in each project."""
    named = os.environ.get("AIDER_CHAT_HISTORY_FILE", "")
    return [named] if os.path.isabs(named) else []


def places_in(root: str) -> list[str]:
    """Return where the history of a project lies."""
    return [os.path.join(root, FILE)]


def knows(sample: Sample) -> bool:
    """Return whether a file is one of aider's."""
    return b"# aider chat started at " in sample.head and not sample.head.startswith(b"{")


def heads(path: str, unread: Unreadable) -> Iterator[Head]:
    """Yield the launches in a file, or in those of a folder and below it."""
    for one in [path] if os.path.isfile(path) else _files(path):
        try:
            text = _text(one)
        except OSError as error:
            unread.note(f"unreadable: {error.strerror}")
            continue
        for number, launch in enumerate(_launches(text)):
            yield _head(one, number, *launch)


def _files(path: str) -> Iterator[str]:
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if name == FILE)


def _text(path: str) -> str:
    return paths.read_regular(path, _MAX_BYTES, follow=True).decode("utf-8", "replace").replace("\r\n", "\n")


def _launches(text: str) -> Iterator[tuple[str, str]]:
    """Yield the heading of each launch and what follows it."""
    marks = list(_LAUNCH.finditer(text))
    for number, mark in enumerate(marks):
        yield mark[1], text[mark.end() : marks[number + 1].start() if number + 1 < len(marks) else len(text)]


def _head(path: str, number: int, heading: str, body: str) -> Head:
    folder = os.path.dirname(os.path.abspath(path))
    name = hashlib.sha256(f"{os.path.basename(folder)}\n{heading}\n{number}".encode()).hexdigest()[:32]
    return Head(
        NAME, f"aider-{name}", path, folder, local_seconds(heading), len(body), str(len(body.rstrip())), key=str(number)
    )


def read(head: Head, story: Story) -> None:
    """Tell the story of one launch.

    Raises:
        OSError: it cannot be read.
    """
    launches = list(_launches(_text(head.path)))
    _, body = launches[int(head.key)]
    story.seen(head.start)
    asked: list[str] = []
    answer: list[str] = []
    fence = False
    for number, line in enumerate([*body.split("\n"), "#### "], 1):
        is_mark = not fence and line.startswith(("#### ", "> ", ">"))
        if line.startswith(("```", "~~~")) and not is_mark:
            fence = not fence
        if is_mark and answer:
            _answered(answer, story, head.start, str(number))
        if is_mark and line.startswith("#### "):
            asked.append(line[5:].rstrip())
            continue
        if asked:
            _asked(asked, story, head.start, str(number))
        if is_mark:
            _noted(line[1:].strip(), story, head.start, str(number))
        else:
            answer.append(line)
    story.close_turn()


def _asked(asked: list[str], story: Story, at: float, place: str) -> None:
    prompt = "\n".join(line for line in asked if line and line != "<blank>")
    if not prompt.startswith(_COMMANDS):
        story.prompt(prompt, at, place)
    asked.clear()


def _answered(answer: list[str], story: Story, at: float, place: str) -> None:
    """Take an answer, and the edits that its blocks make; whether they were applied a later line says."""
    text = "\n".join(answer).strip()
    answer.clear()
    for block in _BLOCK.finditer(text):
        path = next((line.strip("` *") for line in reversed(text[: block.start()].split("\n")) if _is_path(line)), "")
        if path:
            story.edit(path, "modified", hunks.between(block[1].rstrip("\n"), block[2].rstrip("\n")), at)
    story.answer(_BLOCK.sub("", text), at, place)


def _is_path(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(("```", "~~~"))


def _noted(line: str, story: Story, at: float, place: str) -> None:
    """Take what aider says of itself."""
    if found := _COMMIT.fullmatch(line):
        story.committed(found[1], found[2], at, place)
    elif found := _APPLIED.fullmatch(line):
        story.edit(found[1], "modified", (), at)
    elif found := _VERSION.match(line):
        story.version = found[1]
    elif found := _MODEL.match(line):
        story.model = found[1]
