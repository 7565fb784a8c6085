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
from itertools import chain

from ocm.base.late_patterns import late
from ocm.redaction import disguises, password_hashes, private_keys, tokens
from ocm.redaction.names import MARKER, assigned, blocks_below, loosely_named, small_letters
from ocm.redaction.nearby import elements, nearby
from ocm.redaction.private_text import without_private
from ocm.redaction.randomness import is_random
from ocm.redaction.token_patterns import COMMANDS, may_need_redaction
from ocm.redaction.user_rules import NONE, Rules
from ocm.redaction.values import BARE, PASSWORD, PROSE, QUOTED, TOKEN, is_secret, is_strong, stands_for_another

Span = tuple[int, int, str]

_SHORT = 5_000
_URL = late(r"://([^\s/?#\"'<>`]{1,400})@(?!sha256:)")
_AT = late(r"@(?<=[^\s:/@\"'<>`|]{6}@)(?!sha256:)[a-z]", re.IGNORECASE)  # as in `scp me:password@host:/folder .`
# No sign that code puts between a name and what it does with it, and no address that is none of a machine.
_BEFORE_AT = late(r"(?<!mailto)(?<!\bcid)(?<!\bsip)(?<!\bacct):([^\s:/@\"'<>`|(){}\[\];]{6,100})$")
_IN_QUERY = late(r"=(?<=[a-zA-Z]{3}=)([\w.~%+/=-]{16,400})")
_QUERY_NAME = late(r"[?&#][\w.-]{0,20}(?:sig|signature|key|token|auth|code|secret)$", re.IGNORECASE)
_ESCAPED = late("%[0-9A-Fa-f]{2}")
_LONGEST_PASSWORD, _LONGEST_QUERY_NAME = 110, 40
_COOKIE = late(r"cookie[\"'`]?[ \t]?[:=,][ \t]?([^\n]{0,2000})")
_CRUMB = late(r"(?<![\w-])[\w.-]{1,60}=([\w.~%+/=:-]{16,2000})")
_JWT = late(
    r"eyJ(?:(?<![A-Za-z0-9_-]eyJ)|(?<=\\[nrt]eyJ))[\w-]{8,}+"
    r"(?:\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?|"  # signed
    r"\.[\w-]*+\.[\w-]{8,}+\.[\w-]{8,}+\.[\w-]{8,}+|\.[\w-]{16,}+\.[\w-]{20,}+)",  # or encrypted
    re.ASCII,
)
_THREE_PARTS = late(  # of a Discord bot: an id, a time, a signature, and nothing fixed but their lengths
    r"[MNO](?<![\w.-][MNO])[\w-]{23,25}\.[\w-]{6}\.(?P<last>[\w-]{27,38})(?![\w-])", re.ASCII
)
# Of parts that are long and random each, as issuers make them who encrypt what they hand out.
_LONGEST_PART = 2_000
_LONG_PART = late(r"(?:\\[nrt]|(?<![\w.-]))(?P<part>[\w-]{24,})$", re.ASCII)
_LONG_PARTS = late(r"\.(?<=[\w-]{24}\.)[\w-]{24,2000}+(?:\.[\w-]{24,2000}+){1,8}(?![\w.-])", re.ASCII)
_BASIC = late(r"basic[ \t]{1,3}([a-z0-9+/]{4,2000}={0,2})")
_BEARER = late(r"bearer[ \t]{1,3}([a-z0-9._~+/-]{16,4000}={0,2})")
_HEADER = late(
    r"authorization[\"'`\\\]]{0,4}[ \t]{0,3}[:=,][ \t]{0,3}[\"'`\\]{0,4}"
    r"(?:bearer|token|ssws|apikey|api-key|key|bot|digest|sso-key|splunk)[ \t:=]{1,3}([a-z0-9._~+/=:-]{8,4000})"
)
_RAW_HEADER = late(r"authorization[\"'`\\\]]{0,4}[ \t]{0,3}[:=,][ \t]{0,3}[\"'`\\]{0,4}([a-z0-9._~+/=:-]{16,4000})")
_HEADER_LENGTH = 40
_AWS_PAIR = 300
_AWS_SECRET = late(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_LONGEST_COMMAND = 300
_AFTER_USER = late(
    r"(?:login|credentials?|user/passw(?:or)?d)(?:[ \t]?[:=]|[ \t](?:with|as|is|are))?[ \t]{1,3}"
    r"[\w.@-]{2,40}[ \t]{0,2}/[ \t]{0,2}"
    r"[\"'`]?([^\s\"'`/]{6,200})",
    re.IGNORECASE,
)
_COMMAND_VALUES = {
    "curl": late(r"\s(?:-[a-zA-Z]{0,8}u|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,80}:([^\s\"']{3,200})"),
    "mysql": late(r"\s-p([^\s\"'-][^\s\"']{3,200})"),
    "mongo": late(r"\s-p[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
    "redis-cli": late(r"\s-a[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
    "sshpass": late(r"\s-p ?[\"']?([^\s\"']{3,200})"),
    "docker login": late(r"\s-p[ =]?[\"']?([^\s\"'-][^\s\"']{3,200})"),
    "7z ": late(r"\s-p([^\s\"'-][^\s\"']{3,200})"),
    "htpasswd": late(r"\s-\w{0,5}b\w{0,5}[ \t]\S{1,80}[ \t]\S{1,80}[ \t][\"']?([^\s\"']{3,200})"),
    "identified by": late(r"identified by[ \t]{1,3}[\"']([^\n\"']{3,200})[\"']", re.IGNORECASE),
    "login": _AFTER_USER,
    "credentials": _AFTER_USER,
    "user/pass": _AFTER_USER,
}
_ACCOUNTS = ("user", "role", "grant", "database link")  # of SQL, which a password belongs to
_CONTINUED, _END_OF_COMMAND = late(r"\\\r?\n"), late(r"(?<!\\)(?<!\\\r)\n")
_SPOKEN_COMMANDS = frozenset(("login", "credentials", "user/pass"))  # whose value has to look like a password


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
    while True:
        for search in (_across_lines, _disguised):
            while spans := _kept(search(text, rules), rules):
                text = _replaced(text, spans, counts)
        clean = _lines_cleaned(text, rules, counts)  # which cannot make a new key, pair or block
        if clean == text or disguises.without_hidden(clean) is None:
            return clean
        text = clean  # a line that is shorter now may show more of what something is hidden in


def _across_lines(text: str, _: Rules) -> Iterator[Span]:
    return chain(private_keys.find(text), _aws_pairs(text), blocks_below(text), _continued_commands(text))


def _continued_commands(text: str) -> Iterator[Span]:
    """Find a password among the arguments of a command that goes on in the next line."""
    if _CONTINUED.search(text):
        yield from (span for span in _commands(text, small_letters(text)))


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
    words = tokens.long_words(text)
    known = list(tokens.find(text, words))
    families = (
        _jwts,
        _three_parts,
        password_hashes.find,
        elements,
        _urls,
        _headers,
        _cookies,
        assigned,
        loosely_named,
        _commands,
    )
    spans = chain(
        _own_tokens(text, rules),
        (span for span in known if span[2] != tokens.USUAL),
        *(family(text, lower) for family in families),
        nearby(text, lower, words),
        (span for span in known if span[2] == tokens.USUAL),
    )
    found = _kept(spans, rules)
    return [span for start, end, rule in found for span in _around_markers(text, start, end, rule)]


def _disguised(text: str, rules: Rules) -> Iterator[Span]:
    """Find the secrets that something is hidden in, or that go on in the next line."""
    plain = disguises.without_hidden(text)
    for start, end, rule in _found_in_lines(plain.text, rules) if plain else ():
        first, last = plain.place(start, end) if plain else (0, 0)
        if last - first != end - start:
            yield first, last, rule
    for at, word in disguises.broken_words(text):
        if tokens.is_begun(word.text):
            for start, end, rule in tokens.find(word.text, tokens.long_words(word.text)):
                first, last = word.place(start, end)
                if last - first != end - start and is_random(word.text[start:end]):
                    yield at + first, at + last, rule


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


def _own_tokens(text: str, rules: Rules) -> Iterator[Span]:
    for rule, literal, after in rules.own:
        for match in tokens.pattern(literal, after).finditer(text) if literal in text else ():
            yield *match.span(), rule


def _jwts(text: str, _: str) -> Iterator[Span]:
    if "eyJ" in text:
        for match in _JWT.finditer(text):
            yield *match.span(), "jwt"


def _three_parts(text: str, _: str) -> Iterator[Span]:
    for match in _THREE_PARTS.finditer(text):
        if is_strong(match[0].partition(".")[0]) and is_strong(match["last"]):
            yield *match.span(), "discord-token"
    for match in _LONG_PARTS.finditer(text):
        first = _LONG_PART.search(text, max(0, match.start() - _LONGEST_PART), match.start())
        start = first.start("part") if first else match.start()
        if first and all(map(is_strong, text[start : match.end()].split("."))) and is_random(first["part"]):
            yield start, match.end(), tokens.USUAL


def _aws_pairs(text: str) -> Iterator[Span]:
    """Find the secret that stands near an access key; alone it looks like any other 40 characters."""
    for literal in ("AKIA", "ASIA"):
        seen = 0
        for match in tokens.pattern(literal, "[A-Z0-9]{16}").finditer(text) if literal in text else ():
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
            elif not colon and is_random(user):
                yield *match.span(1), "url-password"
    yield from _logins(text) if "@" in text else ()
    for match in _IN_QUERY.finditer(text) if "://" in text else ():
        is_named = _QUERY_NAME.search(text, max(0, match.start() - _LONGEST_QUERY_NAME), match.start())
        if is_named and _is_random_in_a_url(match[1]):
            yield *match.span(1), "secret"


def _is_random_in_a_url(value: str) -> bool:
    return is_random(_ESCAPED.sub("", value))


def _logins(text: str) -> Iterator[Span]:
    """Find the password of `name:password@host`, wherever it stands."""
    for at in _AT.finditer(text):
        match = _BEFORE_AT.search(text, max(0, at.start() - _LONGEST_PASSWORD), at.start())
        if match and is_secret(match[1], PASSWORD, PROSE):
            yield *match.span(1), "url-password"


def _cookies(text: str, lower: str) -> Iterator[Span]:
    for header in _COOKIE.finditer(lower) if "cookie" in lower else ():
        for match in _CRUMB.finditer(text, *header.span(1)):
            if _is_random_in_a_url(match[1]):
                yield *match.span(1), "authorization"


def _headers(text: str, lower: str) -> Iterator[Span]:
    for word, pattern, style in (
        ("bearer", _BEARER, BARE),
        ("authorization", _HEADER, BARE),
        ("authorization", _RAW_HEADER, PROSE),
    ):
        for match in pattern.finditer(lower) if word in lower else ():
            if is_secret(text[slice(*match.span(1))], TOKEN, style):
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
            line = _END_OF_COMMAND.search(text, at, end)
            end = line.start() if line else end
            for match in _COMMAND_VALUES[word].finditer(text, at, end):
                if _is_given(match[1], word, lower[max(0, at - _LONGEST_COMMAND) : at]):
                    yield *match.span(1), "command-password"
            at = lower.find(word, max(end, at + 1))


def _is_given(value: str, word: str, before: str) -> bool:
    """Return whether what stands where a command takes a password is one."""
    if stands_for_another(value) or value.startswith("[REDACTED:"):
        return False
    if word == "identified by" and not any(account in before for account in _ACCOUNTS):
        return is_secret(value, PASSWORD, QUOTED)  # a sentence says that, too
    return word not in _SPOKEN_COMMANDS or is_secret(value, PASSWORD, PROSE)
