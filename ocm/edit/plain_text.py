"""Edits of other people's text files that leave every other byte alone: encoding, line ends, the last line. Pure.

Each `put_…` has a `take_…` that undoes it exactly, whatever others wrote around it meanwhile.
"""

import codecs
import re
from dataclasses import dataclass

BEGIN = "<!-- BEGIN openCodeMemory -->"
END = "<!-- END openCodeMemory -->"
READ = 32 * 1024  # of its instructions, one host reads no more than so many bytes, and says nothing

# The longer marks first: that of UTF-32 begins like that of UTF-16. A file without a mark is UTF-8; bytes that are not
# (Latin-1, say) pass through as surrogates, so that they come out again as they went in.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class EditError(ValueError):
    """A file is not of the form that an edit needs: `why`, and the line where it shows."""

    def __init__(self, why: str, line: int) -> None:
        """Keep both parts."""
        super().__init__(why, line)
        self.why = why
        self.line = line


class ShapeError(EditError):
    """A file is readable, but what is in it is not of the form that an edit needs: its host's matter alone."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a file's text is written as bytes."""

    name: str = "utf-8"
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return `text` as the bytes of the file."""
        return self.mark + text.encode(self.name, _on_error(self.name))


def decode(data: bytes) -> tuple[str, Coding]:
    """Return the text of a file and its coding, so that encoding it again gives the same bytes.

    Raises:
        EditError: when the bytes are not what their byte order mark says.
    """
    mark, name = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(name, _on_error(name)), Coding(name, mark)
    except UnicodeDecodeError:
        raise EditError(f"it begins like {name.upper()} and is not", 1) from None


def _on_error(name: str) -> str:
    return "surrogateescape" if name == "utf-8" else "surrogatepass"


def lines_of(text: str) -> list[str]:
    """Return the lines with their ends; only CR and LF end a line, unlike with `str.splitlines`."""
    return _LINE.findall(text)


def newline_of(text: str) -> str:
    """Return the line end that most lines have, LF where there is none."""
    windows = text.count("\r\n")
    return "\r\n" if windows > text.count("\n") - windows else "\n"


def append(text: str, piece: str, *, gap: bool = False) -> str:
    """Return `text` with `piece` at its end, after an empty line when `gap`; its last line stays ended or not."""
    if not text:
        return piece + newline_of(text)
    newline = newline_of(text)
    space = newline if gap else ""
    return text + space + piece + newline if text.endswith(("\r", "\n")) else text + newline + space + piece


def cut(lines: list[str], first: int, last: int, *, gap: bool = False) -> list[str]:
    """Return `lines` without those that `append` had added from index `first` to `last`."""
    before, after = lines[:first], lines[last + 1 :]
    if gap and len(before) > 1 and not before[-1].strip():
        before.pop()
    if before and not lines[last].endswith(("\r", "\n")):
        before[-1] = before[-1].rstrip("\r\n")
    return before + after


def put_block(text: str, body: str, *, top: bool = False) -> str:
    """Return `text` with exactly one block between the sentinels, holding `body`: in place, or else at the end.

    With `top` a new one comes first, and so does one that lies too far down to be read.

    Raises:
        ShapeError: when the sentinels do not pair.
    """
    lines = lines_of(text)
    blocks = find_blocks(lines)
    newline = newline_of(text)
    block = newline.join([BEGIN, *body.strip().splitlines(), END])
    if top and blocks and len("".join(lines[: blocks[0][1] + 1]).encode("utf-8", "surrogatepass")) > READ:
        text, blocks = take_block(text), []
    if not blocks:
        return block + newline + newline + text if top and text else append(text, block, gap=True)
    for first, last in reversed(blocks[1:]):
        lines = cut(lines, first, last, gap=True)
    first, last = blocks[0]
    end = lines[last][len(lines[last].rstrip("\r\n")) :]
    return "".join([*lines[:first], block + end, *lines[last + 1 :]])


def take_block(text: str, *, top: bool = False) -> str:
    """Return `text` without any block between the sentinels; `top` says that one at the beginning was put there.

    Raises:
        ShapeError: when the sentinels do not pair.
    """
    lines = lines_of(text)
    for first, last in reversed(find_blocks(lines)):
        lines = cut(lines, first, last, gap=True)
        if top and not first and lines and not lines[0].strip():
            lines.pop(0)
    return "".join(lines)


def find_blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Return the first and last index of each block; a sentinel counts on a line of its own only.

    The reference system wrote its sentinels twice and more, so those that follow each other directly count as one.

    Raises:
        ShapeError: when the sentinels do not pair.
    """
    blocks: list[tuple[int, int]] = []
    begun: int | None = None
    for index, line in enumerate(lines):
        mark = line.rstrip()
        previous = lines[index - 1].rstrip() if index else ""
        if mark == BEGIN and begun is None:
            begun = index
        elif mark == BEGIN and previous != BEGIN:
            raise ShapeError(f'"{BEGIN}" stands inside the block that begins at line {(begun or 0) + 1}', index + 1)
        elif mark == END and begun is not None:
            blocks.append((begun, index))
            begun = None
        elif mark == END and previous == END and blocks:
            blocks[-1] = (blocks[-1][0], index)
        elif mark == END:
            raise ShapeError(f'"{END}" has no "{BEGIN}" before it', index + 1)
    if begun is not None:
        raise ShapeError(f'"{BEGIN}" has no "{END}" after it', begun + 1)
    return blocks


def put_ignored(text: str, name: str, end: str = "/") -> str:
    """Return the text of a `.gitignore` with a line for the folder `name`, unless lines of its own settle it already.

    Without an `end` it is a file.
    """
    return text if ignored(text, name) is not None else append(text, name + end)


def take_ignored(text: str, name: str, end: str = "/") -> str:
    """Return the text of a `.gitignore` without the line that `put_ignored` adds."""
    lines = lines_of(text)
    own = [index for index, line in enumerate(lines) if line.rstrip("\r\n") == name + end]
    return "".join(cut(lines, own[0], own[0])) if own else text


def ignored(text: str, folder: str) -> bool | None:
    """Return whether a `.gitignore` ignores `folder` by name, or None when no line is about it; the last one wins."""
    names = {f"{start}{folder}{end}" for start in ("", "/", "**/") for end in ("", "/", "/*", "/**")}
    answer: bool | None = None
    for line in lines_of(text):
        pattern = line.rstrip("\r\n").rstrip(" ")
        if pattern.removeprefix("!") in names:
            answer = not pattern.startswith("!")
    return answer
