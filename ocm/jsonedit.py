"""Edits of JSON text that leave every other byte alone: key order, indentation, line ends, escapes and spacing. Pure.

Rendering a parsed document again would lose all of these, and a host's settings are other people's files.
"""

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from ocm.textedit import EditError, newline_of

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Span:
    """One member of an object or item of an array: its key, and where it, its value and its end are in the text."""

    key: str | None
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is laid out; without an indent it is on one line."""

    newline: str
    indent: str
    comma: str
    colon: str


def parse(text: str) -> object:
    """Return the document.

    Raises:
        EditError: when it is not valid JSON, with the line where that shows.
    """
    if not text.strip():
        raise EditError("it is empty", 1)
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise EditError(f"not valid JSON: {error.msg}, column {error.colno}", error.lineno) from None
    except (ValueError, RecursionError) as error:  # a number of too many digits, or a nesting too deep
        raise EditError(f"not valid JSON: {str(error) or 'nested too deep'}", 1) from None


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def line_of(text: str, path: Path) -> int:
    """Return the line on which the value at `path` begins."""
    return text.count("\n", 0, _locate(text, path) or 0) + 1


def put(text: str, path: Path, value: object) -> str:
    """Return `text` with `value` at `path`, replaced or else appended; missing objects on the way are made."""
    at = _locate(text, path)
    if at is not None:
        end = _end(text, at)
        piece = _render(value, _style(text), _margin(text, at), flat="\n" not in text[at:end])
        return text[:at] + piece + text[end:]
    if _locate(text, path[:-1]) is None:
        return put(text, path[:-1], {path[-1]: value})
    return _append(text, path[:-1], json.dumps(path[-1]), value)


def append(text: str, path: Path, value: object) -> str:
    """Return `text` with `value` as the last item of the array at `path`, which is made where it is missing."""
    return put(text, path, [value]) if _locate(text, path) is None else _append(text, path, None, value)


def remove(text: str, path: Path) -> str:
    """Return `text` without the member or item at `path`, which must be there."""
    at = _locate(text, path[:-1])
    spans, close = _children(text, at or 0)
    index = next(n for n in reversed(range(len(spans))) if path[-1] in (spans[n].key, n))
    if len(spans) == 1:
        return text[: (at or 0) + 1] + text[close:]
    if index == 0:
        return text[: spans[0].start] + text[spans[1].start :]
    return text[: spans[index - 1].end] + text[spans[index].end :]


def _append(text: str, path: Path, key: str | None, value: object) -> str:
    at = _locate(text, path) or 0
    spans, close = _children(text, at)
    style = _style(text)
    if not spans:
        flat, margin = not style.indent, _margin(text, at)
        before = "" if flat else style.newline + margin + style.indent
        piece = _member(key, value, style, margin + style.indent, flat=flat)
        return text[: at + 1] + before + piece + ("" if flat else style.newline + margin) + text[close:]
    last = spans[-1]
    flat = _is_flat(text, last.start)
    margin = _margin(text, last.start)
    piece = _member(key, value, style, margin, flat=flat)
    return text[: last.end] + "," + (style.comma[1:] if flat else style.newline + margin) + piece + text[last.end :]


def _member(key: str | None, value: object, style: Style, margin: str, *, flat: bool) -> str:
    rendered = _render(value, style, margin, flat=flat)
    return rendered if key is None else key + style.colon + rendered


def _render(value: object, style: Style, margin: str, *, flat: bool) -> str:
    if flat:
        return json.dumps(value, ensure_ascii=False, separators=(style.comma, style.colon))
    pretty = json.dumps(value, ensure_ascii=False, indent=style.indent or "  ", separators=(",", style.colon))
    return pretty.replace("\n", style.newline + margin)


def _style(text: str) -> Style:
    """Read the layout off the document; where there is nothing to read, it is what the host itself would write."""
    spans, _ = _children(text, _skip(text, 0))
    colon = ": "
    if spans and spans[0].key is not None:
        _, end = _DECODER.raw_decode(text, spans[0].start)
        colon = text[end : spans[0].value]
        colon = ": " if "\n" in colon else colon
    one_line = bool(spans) and "\n" not in text.strip()
    found = _INDENT.search(text)
    indent = "" if one_line else found[1] if found else "  "
    return Style(newline_of(text), indent, ", " if colon.endswith(" ") else ",", colon)


def _is_flat(text: str, at: int) -> bool:
    """Return whether the member at `at` shares its line with what stands before it."""
    return bool(text[text.rfind("\n", 0, at) + 1 : at].strip())


def _margin(text: str, at: int) -> str:
    """Return the white space that the line of position `at` begins with."""
    start = text.rfind("\n", 0, at) + 1
    return text[start : _skip(text, start)]


def _locate(text: str, path: Path) -> int | None:
    """Return where the value at `path` begins; of members with the same name the last counts, as for every reader."""
    at = _skip(text, 0)
    for step in path:
        spans, _ = _children(text, at)
        found = [span for n, span in enumerate(spans) if step in (span.key, n)]
        if not found:
            return None
        at = found[-1].value
    return at


def _children(text: str, at: int) -> tuple[list[Span], int]:
    """Return the members or items of what begins at `at`, and where its closing bracket is; the text is valid JSON."""
    closing = {"{": "}", "[": "]"}[text[at]]
    spans: list[Span] = []
    named = closing == "}"
    at = _skip(text, at + 1)
    while text[at] != closing:
        start, key = at, None
        if named:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        end = _end(text, at)
        spans.append(Span(key, start, at, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return spans, at


def _end(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
