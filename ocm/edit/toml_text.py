"""Edits of TOML text that leave every other byte alone: a table goes to the end and is taken out by its lines. Pure.

Lines are all that is touched where the table has a header of its own; where somebody wrote it inline or with dotted
keys, tomlkit edits it, which keeps comments and layout. Either way the result must mean what was asked for.
"""

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from ocm.edit.plain_text import EditError, ShapeError, append, cut, lines_of, newline_of

Keys = tuple[str, ...]

_HEADER = re.compile(r"[ \t]*\[")
# Texts over several lines may hold anything; what else could begin like one is passed over.
_LONG_TEXTS = re.compile(
    r'''("""(?:[^\\]|\\.)*?"""|\'{3}.*?\'{3})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*''', re.DOTALL
)
_NO_BREAK = re.compile(r"[^\r\n]")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def parse(text: str) -> dict[str, Any]:
    """Return the document.

    Raises:
        EditError: when it is not valid TOML, with the line where that shows.
    """
    try:
        return tomlkit.parse(text).unwrap()
    except ParseError as error:
        line = getattr(error, "line", 1)
        raise EditError(f"not valid TOML: {str(error).partition(' at line ')[0]}", line) from None
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise EditError(f"not valid TOML: {error}", 1) from None


def line_of(text: str, keys: Keys) -> int:
    """Return the line on which the table `keys`, or what is nearest to it, begins."""
    lines = lines_of(_without_texts(text))
    for length in range(len(keys), 0, -1):
        for number, line in enumerate(lines):
            if _names(line, keys[:length]):
                return number + 1
    return 1


def comments_in(text: str) -> int:
    """Return how many comments are in `text`."""
    return sum(found[0].startswith("#") for found in _LONG_TEXTS.finditer(text))


def put(text: str, keys: Keys, table: Mapping[str, Any]) -> str:
    """Return `text` with the table at `keys`, which is added at the end or else replaced.

    Raises:
        EditError: when the document leaves no place for it.
    """
    wanted = _put_in(parse(text), keys, table)
    rows = [f"[{'.'.join(map(_key, keys))}]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    without = _take_lines(text, keys)
    added = append(without, newline_of(text).join(rows), gap=True)
    return added if _means(added, wanted) else _by_library(text, keys, table, wanted)


def add(text: str, keys: Keys, values: Mapping[str, Any]) -> str:
    """Return `text` with `values` in the table `keys`, which is there, and everything else in it as it was.

    Raises:
        ShapeError: when the table is written in a way that leaves no place for them.
    """
    document = parse(text)
    wanted = _put_in(document, keys, {**_at(document, keys), **values})
    lines, plain = lines_of(text), lines_of(_without_texts(text))
    newline = newline_of(text)
    rows = [f"{_key(name)} = {_value(value)}{newline}" for name, value in values.items()]
    for at, line in enumerate(plain):
        if _names(line, keys):
            header = lines[at] if lines[at].endswith(("\r", "\n")) else lines[at] + newline
            added = "".join([*lines[:at], header, *rows, *lines[at + 1 :]])
            if _means(added, wanted):
                return added
    return _by_library(text, keys, values, wanted, into=True)


def take(text: str, keys: Keys) -> str:
    """Return `text` without the table at `keys` and what is below it.

    Raises:
        EditError: when it cannot be taken out.
    """
    wanted = _put_in(parse(text), keys, None)
    taken = _take_lines(text, keys)
    return taken if _means(taken, wanted) else _by_library(text, keys, None, wanted)


def _take_lines(text: str, keys: Keys) -> str:
    """Return `text` without the lines from the header of each table at or below `keys` to the next header."""
    lines, plain = lines_of(text), lines_of(_without_texts(text))
    at = len(lines)
    while at:
        at -= 1
        if not _names(plain[at], keys):
            continue
        end = next((n for n in range(at + 1, len(lines)) if _HEADER.match(plain[n])), len(lines))
        while end > at + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1  # what stands above the next table is about that one
        lines, plain = cut(lines, at, end - 1, gap=True), cut(plain, at, end - 1, gap=True)
        at = min(at, len(lines))
    return "".join(lines)


def _without_texts(text: str) -> str:
    """Return `text` with nothing left of texts over several lines but their lines."""
    return _LONG_TEXTS.sub(lambda found: _NO_BREAK.sub("x", found[0]) if found[1] else found[0], text)


def _names(line: str, keys: Keys) -> bool:
    """Return whether a line is the header of the table at `keys` or of one below it."""
    if not _HEADER.match(line):
        return False
    try:
        found: Any = tomlkit.parse(line).unwrap()
    except (TOMLKitError, ValueError):
        return False
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def _put_in(document: dict[str, Any], keys: Keys, table: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the document as it should be: with the table, or without it and the tables that this leaves empty."""
    name, *rest = keys
    held = document.get(name, {})
    if not rest or not isinstance(held, dict):
        inner: Any = None if table is None else dict(table)
    else:
        inner = _put_in(held, tuple(rest), table) or None
    kept = {key: value for key, value in document.items() if key != name}
    return kept if inner is None else {**kept, name: inner}


def _means(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return _filled(parse(text)) == _filled(wanted)
    except EditError:
        return False


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without its empty tables, which mean nothing."""
    inner = {key: _filled(value) if isinstance(value, dict) else value for key, value in document.items()}
    return {key: value for key, value in inner.items() if value != {}}


def _at(document: dict[str, Any], keys: Keys) -> dict[str, Any]:
    for key in keys:
        document = document[key]
    return document


def _by_library(
    text: str, keys: Keys, table: Mapping[str, Any] | None, wanted: dict[str, Any], *, into: bool = False
) -> str:
    """Return `text` with the table at `keys`, without it, or with the members of `table` `into` the one there."""
    try:
        document = tomlkit.parse(text)
        held: Any = document
        for key in keys[:-1]:
            held = held[key]
        if into:
            held[keys[-1]].update(table)
        elif table is None:
            del held[keys[-1]]
        else:
            inline = tomlkit.inline_table()
            inline.update(table)
            held[keys[-1]] = inline
        edited = tomlkit.dumps(document)
    except (TOMLKitError, KeyError, TypeError, ValueError):
        edited = ""
    if not _means(edited, wanted):
        raise ShapeError(f'"{".".join(keys)}" is written in a way that cannot be edited safely', line_of(text, keys))
    return edited


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else str(tomlkit.item(name).as_string())


def _value(value: object) -> str:
    return tomlkit.item(value).as_string()
