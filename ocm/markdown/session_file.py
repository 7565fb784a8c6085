"""A session file taken apart: its front matter, the lines of its body and the parts that they make."""

import functools
import re
from typing import Self

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import blocks, frontmatter
from ocm.markdown.blocks import Group, Part

_CRLF = "\r\n"
_UNDERLINE = re.compile(r" {0,3}(?:-+|=+)[ \t]*")


class _OddLine(str):
    """A line that ends in another way than most of its file."""

    __slots__ = ("end",)
    end: str

    def __new__(cls, text: str, end: str) -> Self:
        """Make one."""
        line = super().__new__(cls, text)
        line.end = end
        return line


def _line_end(text: str) -> str:
    """Return how most lines of a file end."""
    return _CRLF if text.count(_CRLF) * 2 > text.count("\n") else "\n"


def _lines(text: str, eol: str) -> list[str]:
    """Return the lines of a file without their ends; one that ends in another way than `eol` remembers it."""
    both = text.count(_CRLF)
    if both == (text.count("\n") if eol == _CRLF else 0):
        return text.split(eol)
    *lines, last = text.split("\n")
    return [*(_line(line, eol) for line in lines), last]


def _line(line: str, eol: str) -> str:
    has_cr = line.endswith("\r")
    line = line.removesuffix("\r")
    return line if has_cr == (eol == _CRLF) else _OddLine(line, _CRLF if has_cr else "\n")


class SessionFile:
    """A file taken apart: line end, front matter, body lines (without line ends) and the parts they make."""

    def __init__(self, text: str) -> None:
        """Take `text` apart.

        Raises:
            UnreadableSessionError: when it has no front matter.
        """
        self.text = text
        self.bom = "\ufeff" if text.startswith("\ufeff") else ""
        text = text.removeprefix("\ufeff")
        self.eol = _line_end(text)
        lines = _lines(text, self.eol)
        if not frontmatter.is_fence(lines[0]):
            raise UnreadableSessionError("it does not start with the line ---")
        end = frontmatter.end_of(lines)
        if not end:
            raise UnreadableSessionError("its front matter has no closing line ---")
        self.fences = lines[0], lines[end]
        self.head = lines[1:end]
        self.block = "".join(line + "\n" for line in self.head)
        self.keys = frontmatter.load(self.block)
        self.body = lines[end + 1 :]
        self.parts = blocks.outline(self.body)
        self.is_reference = "ocm" not in self.keys

    def text_with(self, block: str, body: list[str]) -> str:
        """Return the text of the file with another front matter and body; each line that stays keeps its own end."""
        ends = {str(line): line for line in self.head}
        head = [ends.get(line, line) for line in block.split("\n")[:-1]]
        lines = [self.fences[0], *head, self.fences[1], *body]
        ended = (line + (line.end if isinstance(line, _OddLine) else self.eol) for line in lines[:-1])
        return self.bom + "".join((*ended, lines[-1]))

    def sections(self, name: str) -> list[Part]:
        """Return the sections of that name, in order."""
        return [part for part in self.parts if part.level == blocks.SECTION and plain(part.name) == plain(name)]

    def groups(self, section: str, name: str | None = None) -> list[Group]:
        """Return the groups of a section, only those called `name` if it is given."""
        found = [group for part in self.sections(section) for group in part.groups]
        return found if name is None else [group for group in found if plain(group.name) == plain(name)]

    def facts(self) -> Part | None:
        """Return the fact block."""
        return next((part for part in self.parts if part.level == blocks.FACT_LEVEL), None)

    def content(self, part: Part) -> list[str]:
        """Return the lines below the heading of a section, without the blank ones around them."""
        start, end = self.span(part)
        return self.body[start:end]

    def heading_end(self, part: Part) -> int:
        """Return the line behind the heading of a part, which may be underlined; its first line if it has none."""
        if part.level < 1:
            return part.start
        lines = range(part.start + 1, part.end)
        underlined = not self.body[part.start].lstrip().startswith("#")
        underline = next((n for n in lines if _UNDERLINE.fullmatch(self.body[n])), None) if underlined else None
        return part.start + 1 if underline is None else underline + 1

    def span(self, part: Part) -> tuple[int, int]:
        """Return where the content of a section begins and ends; both are the line below the heading if it has none."""
        start, end = self.heading_end(part), part.end
        while end > start and (not self.body[end - 1].strip() or (self.is_reference and self.body[end - 1] == "---")):
            end -= 1
        first = start
        while first < end and not self.body[first].strip():
            first += 1
        return (first, end) if first < end else (start, start)


@functools.lru_cache(1024)  # the same few headings are compared hundreds of times a file
def plain(name: str) -> str:
    """Return a heading without case and emoji, with which the reference system decorates its own."""
    return re.sub(r"[^\w\s]", "", name).strip().lower()
