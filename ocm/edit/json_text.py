"""Edits of JSON text that leave every other byte alone: key order, indentation, line ends, escapes and spacing. Pure.

Rendering a parsed document again would lose all of these, and a host's settings are other people's files. Some hosts
read comments and trailing commas too: positions are found in a copy of the same length that has blanks in their place.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from ocm.edit.plain_text import EditError, newline_of

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")
_DECODER = json.JSONDecoder()
_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENTS = re.compile(_STRING + r"|(//[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_LAST_COMMAS = re.compile(_STRING + r"|(,)(?=\s*[}\]])", re.DOTALL)
_BESIDE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_NO_BREAK = re.compile(r"[^\r\n]")


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


def parse(text: str, *, comments: bool = False) -> object:
    """Return the document; with `comments`, these and trailing commas may be in it.

    Raises:
        EditError: when it is not valid JSON, with the line where that shows.
    """
    text = plain(text) if comments else text
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
    return text.count("\n", 0, _locate(plain(text), path) or 0) + 1


def comments_in(text: str) -> int:
    """Return how many comments are in `text`."""
    return sum(bool(found[1]) for found in _COMMENTS.finditer(text))


def plain(text: str) -> str:
    """Return `text` with blanks in the place of comments and trailing commas."""
    return _blanked(_LAST_COMMAS, _blanked(_COMMENTS, text))


def put(text: str, path: Path, value: object) -> str:
    """Return `text` with `value` at `path`, replaced or else appended; missing objects on the way are made."""
    shadow = plain(text)
    at = _locate(shadow, path)
    if at is not None:
        end = _end(shadow, at)
        piece = _render(value, _style(shadow), _margin(text, at), flat="\n" not in text[at:end])
        return text[:at] + piece + text[end:]
    if _locate(shadow, path[:-1]) is None:
        return put(text, path[:-1], {path[-1]: value})
    return _append(text, path[:-1], json.dumps(path[-1]), value)


def append(text: str, path: Path, value: object) -> str:
    """Return `text` with `value` as the last item of the array at `path`, which is made where it is missing."""
    return put(text, path, [value]) if _locate(plain(text), path) is None else _append(text, path, None, value)


def remove(text: str, path: Path) -> str:
    """Return `text` without the member or item at `path`, which must be there; comments about others stay."""
    shadow = plain(text)
    at = _locate(shadow, path[:-1]) or 0
    spans, close = _children(shadow, at)
    index = next(n for n in reversed(range(len(spans))) if path[-1] in (spans[n].key, n))
    before = spans[index - 1].end if index else at + 1
    after = spans[index + 1].start if index + 1 < len(spans) else close
    for first, last in reversed(_cuts(text, spans[index], (before, after), (at + 1, close))):
        text = text[:first] + text[last:]
    return text


def _cuts(text: str, span: Span, room: tuple[int, int], inside: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what goes with a member: one of the commas in the room between its neighbours, and its white space."""
    before, after = room
    is_first, is_last = before == inside[0], after == inside[1]
    commas = _blanked(_COMMENTS, text)
    comma = commas.find(",", span.end, after)
    end = span.end if comma < 0 else comma + 1
    own = [] if comma < 0 else [(comma if text[span.end : comma].strip() else span.end, end)]
    start = _blank_before(text, commas, before, (span.start, end))
    left = text[end:after].strip()
    if is_first and is_last:
        return [(start, span.end), *own] if left or text[before : span.start].strip() else [(before, after)]
    if is_first:
        beyond = len(text[end:after]) - len(text[end:after].lstrip(" \t"))
        return [(span.start, span.end), *own, (end, end + beyond if left else after)]
    if comma >= 0:
        return [(start, span.end), *own]
    comma = commas.find(",", before, span.start)
    return [(before, span.end)] if start == comma + 1 else [(comma, comma + 1), (start, span.end)]


def _blank_before(text: str, bare: str, before: int, of: tuple[int, int]) -> int:
    """Return where the white space before a member begins that goes; a line comment keeps the line end it needs."""
    at, end = of
    start = before + len(text[before:at].rstrip())
    mark = text.rfind("//", text.rfind("\n", 0, start) + 1, start)
    follows = _SPACE.match(text, end)
    return at if mark >= 0 and bare[mark] == " " and follows and "\n" not in follows[0] else start


def _append(text: str, path: Path, key: str | None, value: object) -> str:
    shadow = plain(text)
    at = _locate(shadow, path) or 0
    spans, close = _children(shadow, at)
    style = _style(shadow)
    if not spans:
        return _fill(text, at, close, partial(_member, key, value, style), style)
    last = spans[-1]
    comma = _blanked(_COMMENTS, text).find(",", last.end, close)
    end = last.end if comma < 0 else comma + 1
    beside = _BESIDE.match(text, end)
    point = beside.end() if beside else end
    flat = _is_flat(shadow, last.start) and "//" not in text[end:point]
    margin = _margin(text, last.start)
    piece = (style.comma[1:] if flat else style.newline + margin) + _member(key, value, style, margin, flat=flat)
    added = "," + text[end:point] + piece if comma < 0 else text[end:point] + piece + ","
    return text[:end] + added + text[point:]


def _fill(text: str, at: int, close: int, member: Callable[..., str], style: Style) -> str:
    """Return `text` with the first member of the empty object or array between `at` and `close`."""
    held = text[at + 1 : close].rstrip()
    flat, margin = not style.indent and not held, _margin(text, at)
    if flat:
        return text[: at + 1] + member(margin, flat=True) + text[close:]
    inner = margin + (style.indent or "  ")
    return (
        text[: at + 1]
        + held
        + style.newline
        + inner
        + member(inner, flat=False)
        + style.newline
        + margin
        + text[close:]
    )


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


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: _NO_BREAK.sub(" ", found[0]) if found[1] else found[0], text)


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
