"""Secrets out of texts before these are written anywhere. Pure: text → text with `[REDACTED:rule]`, and a report.

Two kinds of rule: tokens whose form their issuer fixed, and values that stand where a secret stands: behind a name such
as `password`, in a URL, a header, a command line. Whatever was replaced is looked at again until nothing more is found;
each round leaves less that is no marker, so it ends, and `redact(redact(x))` is `redact(x)`. A rule runs only where a
fixed word of it is there, and looks ahead a bounded way, so that the time grows with the length and no faster.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from ocm.redaction.names import MARKER, assigned, blocks_below, small_letters
from ocm.redaction.private_text import without_private
from ocm.redaction.token_patterns import COMMANDS, INNER_TOKENS, SHORTEST_TOKEN, TOKENS, may_need_redaction
from ocm.redaction.user_rules import NONE, Rules
from ocm.redaction.values import BARE, TOKEN, is_secret, is_strong, stands_for_another

Span = tuple[int, int, str]

_SHORT = 5_000
_LONG_WORDS = re.compile(rf"[A-Za-z0-9_.~:/@+=%-]{{{SHORTEST_TOKEN},}}")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: \d{1,4}")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(
    r"(?:\\[nrt]|[\s\"'+,>|#*])*+"
    r"(?:[A-Za-z0-9+/=\\]{16,}+|[A-Za-z0-9+/]{1,15}={1,2}|(?:Proc-Type|DEK-Info|Comment|Version|Hash): [^\n\\]*+)"
)
_LONGEST_KEY = 20_000

_URL = re.compile(r"://([^\s/?#\"'<>`]{1,400})@(?!sha256:)")
_JWT = re.compile(
    r"eyJ(?:(?<![A-Za-z0-9_-]eyJ)|(?<=\\[nrt]eyJ))[\w-]{8,}+"
    r"(?:\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?|\.[\w-]*+\.[\w-]{8,}+\.[\w-]{8,}+\.[\w-]{8,}+)",  # signed, or encrypted
    re.ASCII,
)
_THREE_PARTS = re.compile(  # of a Discord bot: an id, a time, a signature, and nothing fixed but their lengths
    r"[MNO](?<![\w.-][MNO])[\w-]{23,25}\.[\w-]{6}\.(?P<last>[\w-]{27,38})(?![\w-])", re.ASCII
)
_BASIC = re.compile(r"basic[ \t]{1,3}([a-z0-9+/]{4,2000}={0,2})")
_BEARER = re.compile(r"bearer[ \t]{1,3}([a-z0-9._~+/-]{16,4000}={0,2})")
_HEADER = re.compile(
    r"authorization[\"'`\\\]]{0,4}[ \t]{0,3}[:=,][ \t]{0,3}[\"'`\\]{0,4}"
    r"(?:bearer|token|ssws|apikey|api-key|key|bot|digest|sso-key|splunk)[ \t:=]{1,3}([a-z0-9._~+/=:-]{8,4000})"
)
_HEADER_LENGTH = 40
_AWS_PAIR = 300
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_LONGEST_COMMAND = 300
_COMMAND_VALUES = {
    "curl": re.compile(r"\s(?:-u|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,80}:([^\s\"']{3,200})"),
    "mysql": re.compile(r"\s-p([^\s\"'-][^\s\"']{3,200})"),
    "mongo": re.compile(r"\s-p[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
    "redis-cli": re.compile(r"\s-a[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
    "sshpass": re.compile(r"\s-p ?[\"']?([^\s\"']{3,200})"),
    "docker login": re.compile(r"\s-p[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
}


def redact(text: str, rules: Rules = NONE) -> tuple[str, int]:
    """Return `text` without private text and secrets, and how many of these there were."""
    clean, counts = report(text, rules)
    return clean, sum(counts.values())


def report(text: str, rules: Rules = NONE) -> tuple[str, dict[str, int]]:
    """Return `text` without private text and secrets, and how often each rule found one."""
    counts: Counter[str] = Counter()
    if len(text) < _SHORT and not _may_need(text, rules):
        return text, counts
    text, blocks = without_private(text)
    if blocks:
        counts["private"] = blocks
    return _secrets_replaced(text, rules, counts), counts


def report_secrets(text: str, rules: Rules = NONE) -> tuple[str, dict[str, int]]:
    """Return `text` without secrets, private text left where it is, and how often each rule found one."""
    counts: Counter[str] = Counter()
    return _secrets_replaced(text, rules, counts), counts


def _may_need(text: str, rules: Rules) -> bool:
    return may_need_redaction(text) or any(literal in text for _, literal, _ in rules.own)


def _secrets_replaced(text: str, rules: Rules, counts: Counter[str]) -> str:
    while spans := _kept([*_private_keys(text), *_aws_pairs(text), *blocks_below(text)], rules):
        text = _replaced(text, spans, counts)
    return _lines_cleaned(text, rules, counts)  # which cannot make a new key, pair or block


def _kept(spans: Iterable[Span], rules: Rules) -> list[Span]:
    return _merged(span for span in spans if span[2] not in rules.off)


def _lines_cleaned(text: str, rules: Rules, counts: Counter[str]) -> str:
    """Apply the rules that look at one line at a time: all but two. Only lines with a find are looked at again."""
    parts = []
    at = 0
    for first, _, _ in _found_in_lines(text, rules):
        if first < at:
            continue
        start = text.rfind("\n", at, first) + 1 or at
        end = text.find("\n", first)
        line = text[start : end if end >= 0 else len(text)]
        parts.append(text[at:start])
        at = start + len(line)
        while spans := _found_in_lines(line, rules):
            line = _replaced(line, spans, counts)
        parts.append(line)
    return "".join([*parts, text[at:]])


def _found_in_lines(text: str, rules: Rules) -> list[Span]:
    lower = small_letters(text)
    families = (_tokens, _jwts, _three_parts, _urls, _headers, assigned, _commands)
    spans = chain(_own_tokens(text, rules), *(family(text, lower) for family in families))
    found = _kept(spans, rules)
    return [span for start, end, rule in found for span in _around_markers(text, start, end, rule)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order and without overlaps; where they overlap, the rule that was found first names the whole."""
    merged: list[tuple[int, int, int, str]] = []
    for start, end, number, rule in sorted(
        (start, end, number, rule) for number, (start, end, rule) in enumerate(spans)
    ):
        if merged and start < merged[-1][1]:
            first, last, other, name = merged[-1]
            merged[-1] = (first, max(last, end), min(other, number), rule if number < other else name)
        else:
            merged.append((start, end, number, rule))
    return [(start, end, rule) for start, end, _, rule in merged]


def _replaced(text: str, spans: list[Span], counts: Counter[str]) -> str:
    parts = []
    at = 0
    for start, end, rule in spans:
        parts += [text[at:start], f"[REDACTED:{rule}]"]
        counts[rule] += 1
        at = end
    return "".join([*parts, text[at:]])


def _around_markers(text: str, start: int, end: int, rule: str) -> Iterator[Span]:
    """Return what of a span is no marker yet."""
    for marker in MARKER.finditer(text, start, end):
        if start < marker.start():
            yield start, marker.start(), rule
        start = marker.end()
    if start < end:
        yield start, end, rule


def _private_keys(text: str) -> Iterator[Span]:
    if "PRIVATE KEY" not in text and "Private-Lines" not in text:
        return
    begins = [match.span() for match in _KEY_BEGINS.finditer(text)]
    if not begins:
        return
    ends = [match.span() for match in _KEY_ENDS.finditer(text)]
    after = [start for start, _ in begins[1:]] + [len(text)]
    number = 0
    for (start, body), limit in zip(begins, after, strict=True):
        while number < len(ends) and ends[number][0] < body:
            number += 1
        last = body
        if number < len(ends) and ends[number][0] < min(limit, body + _LONGEST_KEY):
            if _KEY_LINE.match(text, body, ends[number][0]):
                last = ends[number][1]
        else:  # cut off: as many lines as look like a key
            while last < limit and (line := _KEY_LINE.match(text, last, limit)):
                last = line.end()
        if last > body:
            yield start, last, "private-key"


@cache
def _token_pattern(literal: str, after: str) -> re.Pattern[str]:
    """Compile one row of the table: a token is not within a word, but may follow an escape of a quoted text.

    The fixed beginning stays first, because `re` looks for that fast.
    """
    fixed = re.escape(literal)
    begin = rf"(?:(?<![A-Za-z0-9]{fixed})|(?<=\\[nrt]{fixed}))" if literal[0].isalnum() else ""
    return re.compile(fixed + begin + after + _end(after))


@cache
def _inner_pattern(literal: str, before: str, count: int, after: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(literal)}(?<={before}{{{count}}}{re.escape(literal)}){after}{_end(after)}")


def _end(after: str) -> str:
    """Return what keeps a token of a fixed length from being the beginning of a longer word."""
    return "(?![A-Za-z0-9])" if after.endswith("}") and not after.endswith(",}") else ""


def _tokens(text: str, _: str) -> Iterator[Span]:
    words = "\n".join(_LONG_WORDS.findall(text))  # a tenth of most texts, and all that a token can be part of
    for rule, literal, after in TOKENS:
        if literal in words:
            for match in _token_pattern(literal, after).finditer(text):
                yield *match.span(), rule
    for rule, literal, before, count, after in INNER_TOKENS:
        if literal in words:
            for match in _inner_pattern(literal, before, count, after).finditer(text):
                yield match.start() - count, match.end(), rule


def _own_tokens(text: str, rules: Rules) -> Iterator[Span]:
    for rule, literal, after in rules.own:
        for match in _token_pattern(literal, after).finditer(text) if literal in text else ():
            yield *match.span(), rule


def _jwts(text: str, _: str) -> Iterator[Span]:
    if "eyJ" in text:
        for match in _JWT.finditer(text):
            yield *match.span(), "jwt"


def _three_parts(text: str, _: str) -> Iterator[Span]:
    for match in _THREE_PARTS.finditer(text):
        if is_strong(match[0].partition(".")[0]) and is_strong(match["last"]):
            yield *match.span(), "discord-token"


def _aws_pairs(text: str) -> Iterator[Span]:
    """Find the secret that stands near an access key; alone it looks like any other 40 characters."""
    for literal in ("AKIA", "ASIA"):
        seen = 0
        for match in _token_pattern(literal, "[A-Z0-9]{16}").finditer(text) if literal in text else ():
            limit = match.end() + _AWS_PAIR
            for near in _AWS_SECRET.finditer(text, max(seen, match.start() - _AWS_PAIR), limit):
                if is_strong(near[0]) and near.end() != limit:  # at the limit it may be cut off
                    yield *near.span(), "aws-secret-key"
            seen = match.end()


def _urls(text: str, _: str) -> Iterator[Span]:
    if "://" in text and "@" in text:
        for match in _URL.finditer(text):
            user, colon, password = match[1].partition(":")
            if colon and len(password) > 1 and not MARKER.fullmatch(password) and not stands_for_another(password):
                yield match.start(1) + len(user) + 1, match.end(1), "url-password"


def _headers(text: str, lower: str) -> Iterator[Span]:
    for word, pattern in (("bearer", _BEARER), ("authorization", _HEADER)):
        for match in pattern.finditer(lower) if word in lower else ():
            if is_secret(text[slice(*match.span(1))], TOKEN, BARE):
                yield *match.span(1), "authorization"
    for match in _BASIC.finditer(lower) if "authorization" in lower else ():
        before = lower[max(0, match.start() - _HEADER_LENGTH) : match.start()].rpartition("\n")[2]
        if "authorization" in before and _is_basic(text[slice(*match.span(1))]):
            yield *match.span(1), "authorization"


def _is_basic(value: str) -> bool:
    """Return whether `value` is a name and a password in base64."""
    try:
        name, colon, password = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(colon) and name.isascii() and bool(password)


def _commands(text: str, lower: str) -> Iterator[Span]:
    """Find a password among the arguments of a command, to the end of its line."""
    for word in COMMANDS:
        at = lower.find(word)
        while at >= 0:
            end = min(at + _LONGEST_COMMAND, len(text))
            line = text.find("\n", at, end)
            end = line if line >= 0 else end
            match = _COMMAND_VALUES[word].search(text, at, end)
            if match and not stands_for_another(match[1]) and not match[1].startswith("[REDACTED:"):
                yield *match.span(1), "command-password"
            at = lower.find(word, max(end, at + 1))
