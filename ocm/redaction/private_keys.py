"""Private keys, however they are met: with numbers or a log's words before each line, encoded once more, cut at an end.

What stands between the two marks of a key goes as a whole, whatever else is on its lines. Pure: text → spans.
"""

import base64
import re
from collections.abc import Iterator

from ocm.base.late_patterns import late

Span = tuple[int, int, str]
RULE = "private-key"

_BLANK = r"(?:[ +]|%20)"
_MARK = rf"{_BLANK}(?:[A-Z0-9]{{1,20}}{_BLANK}){{0,4}}PRIVATE{_BLANK}KEY(?:{_BLANK}BLOCK)?-----"
_BEGINS = late(rf"-----BEGIN{_MARK}|Private-Lines: \d{{1,4}}")
_ENDS = late(rf"-----END{_MARK}")
_LONGEST, _LONGEST_LINE = 20_000, 400
_BODY = late(r"[A-Za-z0-9+/=%]{16}")
# The rest of a line that holds a part of a key: what a listing or a log puts first, then the part and nothing else.
_LINE = late(
    r"[^\n]{0,60}?(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/=\\]{16,}+|[A-Za-z0-9+/]{1,15}={1,2}|"
    r"(?:Proc-Type|DEK-Info|Comment|Version|Hash): [^\n\\]{0,200})[\\nr\"',+ \t]{0,8}\r?$|[^\n]{0,40}$",
    re.MULTILINE,
)
_IN_ONE = late(r"(?:\\[nrt]|[\s\"'+,>|#*])*+[A-Za-z0-9+/=\\]{16,}+")
_CUT_LINE = late(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}={0,2}[\\nr\"',+ \t]{0,8}\r?$")
# `-----BEGIN` in base64, by where in a group of three bytes it begins.
_ENCODED = ("LS0tLS1CRUdJTi", "tLS0tLUJFR0lO", "0tLS0tQkVHSU4")
_BASE64 = late(r"[A-Za-z0-9+/]{40,}(?:\r?\n[ \t]{0,20}[A-Za-z0-9+/]{40,})*(?:\r?\n[ \t]{0,20}[A-Za-z0-9+/]{1,})?={0,2}")
_JWK = late(r"\\?[\"']d\\?[\"'][ \t]?:[ \t]?\\?[\"']([A-Za-z0-9_-]{40,700})\\?[\"']")
_NEAR = 2_000


def find(text: str) -> Iterator[Span]:
    """Find the private keys in a text."""
    if "PRIVATE" in text or "Private-Lines" in text:
        yield from _marked(text)
    for start in _ENCODED:
        yield from _encoded(text, start) if start in text else ()
    if "kty" in text or "crv" in text:
        for match in _JWK.finditer(text):
            around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
            if "kty" in around or "crv" in around:
                yield *match.span(1), RULE


def _marked(text: str) -> Iterator[Span]:
    begins = [match.span() for match in _BEGINS.finditer(text)]
    ends = [match.span() for match in _ENDS.finditer(text)]
    used = 0
    for number, (start, body) in enumerate(begins):
        limit = begins[number + 1][0] if number + 1 < len(begins) else len(text)
        while used < len(ends) and ends[used][0] < body:
            yield from _cut_at_the_front(text, ends[used])
            used += 1
        if used < len(ends) and ends[used][0] < min(limit, body + _LONGEST):
            if _BODY.search(text, body, ends[used][0]):
                yield start, ends[used][1], RULE
            used += 1
        else:
            last = _last_of(text, body, limit)
            if last > body:
                yield start, last, RULE
    for end in ends[used:]:
        yield from _cut_at_the_front(text, end)


def _last_of(text: str, body: int, limit: int) -> int:
    """Return where a key ends that nothing closes: behind the last of the lines that hold a part of it."""
    one = _IN_ONE.match(text, body, limit)
    last = body
    while one:  # the parts of it on one line, too
        last = one.end()
        one = _IN_ONE.match(text, last, limit)
    at = text.find("\n", last, limit) + 1
    while at:
        line = _LINE.match(text, at, limit)
        if line is None:
            break
        last = line.end() if _BODY.search(line[0]) else last
        at = text.find("\n", line.end(), limit) + 1
    return last


def _cut_at_the_front(text: str, end: tuple[int, int]) -> Iterator[Span]:
    """Find what stands before a closing mark that nothing opens."""
    first = line_end = text.rfind("\n", 0, end[0])
    while line_end > 0:
        start = text.rfind("\n", max(0, line_end - _LONGEST_LINE), line_end) + 1
        part = _CUT_LINE.search(text, start, line_end)
        if part is None and not (first == text.rfind("\n", 0, end[0]) and _BODY.search(text, start, line_end)):
            break
        first, line_end = start, start - 1
    if 0 <= first < text.rfind("\n", 0, end[0]):
        yield first, end[1], RULE


def _encoded(text: str, start: str) -> Iterator[Span]:
    skip = 0
    for match in re.finditer(re.escape(start), text):
        if match.start() < skip:
            continue
        first = match.start() - len(_run_before(text, match.start()))
        run = _BASE64.match(text, first)
        skip = run.end() if run else match.end()  # it is looked at once
        if run and _holds_key(run[0]):
            yield *run.span(), RULE


def _run_before(text: str, at: int) -> str:
    """Return the few characters of base64 before a mark in it."""
    run = ""
    while at > 0 and len(run) < 8 and (text[at - 1].isalnum() or text[at - 1] in "+/"):  # noqa: PLR2004 - two groups
        at -= 1
        run = text[at] + run
    return run


def _holds_key(run: str) -> bool:
    """Return whether some base64 is that of a private key, and not of a certificate."""
    letters = re.sub(r"[\s=]", "", run)[:160]
    pieces = (letters[skip:] for skip in range(4))
    return any(b"PRIVATE KEY" in base64.b64decode(piece[: len(piece) // 4 * 4]) for piece in pieces)
