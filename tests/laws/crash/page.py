"""A session file as a reader knows it: front matter, headings, bullets. Written from the format, not from the program."""

import re
from collections import Counter
from dataclasses import dataclass, field

import yaml

from tests.laws.crash.words import words_in

_TOUCHED = re.compile(r"- `+ ?(.+?) ?`+(?: → `+ ?(.+?) ?`+)?$")


class UnreadableError(ValueError):
    """A file that is no whole session file."""


@dataclass
class Page:
    """One session file."""

    name: str
    text: str
    front: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    @property
    def session_id(self) -> str:
        return self.front.get("session_id", "")

    @property
    def calls(self) -> int:
        """How many tool calls the file says it knows of."""
        return next((int(fact.split()[1]) for fact in self.facts if fact.startswith("calls ")), 0)


def parse(name: str, data: bytes) -> Page:
    """Return what the session file `name` says.

    Raises:
        UnreadableError: it is cut off, or not what the format says.
    """
    text = data.decode()
    front, body = _front(text)
    page = Page(name, text, front)
    if not page.session_id:
        raise UnreadableError("no session_id")
    if not text.endswith("\n"):
        raise UnreadableError("it ends in the middle of a line")
    _sections(page, body)
    page.words = words_in(text)
    return page


def _front(text: str) -> tuple[dict[str, str], str]:
    head, mark, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not mark:
        raise UnreadableError("its front matter does not end")
    found = yaml.load(head, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader makes nothing but strings
    if not isinstance(found, dict):
        raise UnreadableError("its front matter is no mapping")
    absent = {key for key, value in found.items() if value == "null" and key != "session_id"}
    return {str(key): "" if key in absent else str(value) for key, value in found.items()}, body


def _sections(page: Page, body: str) -> None:
    section = fence = ""
    for line in body.split("\n"):
        if fence:
            if line == "```":
                fence = ""
            elif fence == "```ocm":
                page.facts.append(line)
        elif line.startswith("```"):
            fence = line
        elif line.startswith("## "):
            section = line[3:]
        elif section == "Files Touched" and (found := _TOUCHED.match(line)):
            page.files.append(found[2] or found[1])
    if fence:
        raise UnreadableError(f"the block {fence} does not end")
