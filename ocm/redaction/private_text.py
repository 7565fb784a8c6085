"""Private text: what stands between `<private>` and `</private>`, and how it is dropped. Pure: text → text.

One reading of the tags, and two uses of it. What somebody sends is dropped whatever its form: an opening tag that
nothing closes reaches to the end. In a file that is stored already only what is closed within its paragraph or list is
dropped: anything else may be a mistake, and would take sections with it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from ocm.base.late_patterns import late

_TAG = late(
    r"<\s{0,3}/\s{0,3}private(?=[\s/>]|$)(?:\s{0,3}>)?|"
    r"<(?:(?<!<<)\s{1,3})?private(?=[\s/>]|$)(?:[^<>]{0,1000}>)?",  # `list << PRIVATE` is no tag
    re.IGNORECASE,
)
_STRUCTURE = late(r"\n(?:#|---|```)")
_ROUNDS = 10  # what is left can form a tag again: `<pri<private>x</private>vate>`


class _Span(NamedTuple):
    """Where private text lies, with its tags; or a single tag that holds none."""

    start: int
    end: int
    is_text: bool
    is_closed: bool


def without_private(text: str) -> tuple[str, int]:
    """Return `text` without private text and stray tags, and how many pieces of it there were."""
    pieces = 0
    for _ in range(_ROUNDS):
        spans = _spans(text)
        if not spans:
            return text, pieces
        text, dropped = _dropped(text, spans)
        pieces += dropped
    left = _TAG.search(text)  # somebody plays with it
    return text[: left.start()] if left else text, pieces


def without_closed_private(text: str) -> tuple[str, int]:
    """Return the text of a stored file without private text that is closed in its place, and how many pieces."""
    pieces = 0
    for _ in range(_ROUNDS):
        marks = [found.start() for found in _STRUCTURE.finditer(text)]
        closed = [span for span in _spans(text) if span.is_text and span.is_closed and not _has_any(marks, span)]
        if not closed:
            break
        text, dropped = _dropped(text, closed)
        pieces += dropped
    return text, pieces


def _spans(text: str) -> list[_Span]:
    """Return every span in `text`, those inside of others included, by where they begin."""
    spans = []
    opened: list[int] = []
    for tag in _TAG.finditer(text):
        if "/" in tag[0][:8].partition("p")[0]:
            is_text = bool(opened)
            spans.append(_Span(opened.pop() if opened else tag.start(), tag.end(), is_text, is_closed=True))
        elif tag[0].endswith("/>"):
            spans.append(_Span(tag.start(), tag.end(), is_text=False, is_closed=True))
        else:
            opened.append(tag.start())
    spans += [_Span(start, len(text), is_text=True, is_closed=False) for start in opened]
    return sorted(spans)


def _dropped(text: str, spans: Iterable[_Span]) -> tuple[str, int]:
    """Return `text` without `spans`, and how many of them held text; one inside another goes with it."""
    kept: list[str] = []
    at = pieces = 0
    for span in spans:
        if span.start >= at:
            kept.append(text[at : span.start])
            at = span.end
            pieces += span.is_text
    return "".join([*kept, text[at:]]), pieces


def _has_any(places: list[int], span: _Span) -> bool:
    """Return whether one of the sorted `places` lies within a span."""
    first = bisect_left(places, span.start)
    return first < len(places) and places[first] < span.end
