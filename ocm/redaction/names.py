"""Where a text gives a value a name such as `password` or `api_key`: in code, settings, shells, tables and prose.

Found on the text in small letters, so that fixed words can be looked for fast; values are read from the text itself.
"""

import re
from collections.abc import Iterator
from functools import cache

from ocm.redaction.token_patterns import NAMES
from ocm.redaction.values import BARE, ENV, LONGEST, PASSWORD, PROSE, QUOTED, TOKEN, is_secret, is_strong

_PASSWORDS = frozenset(("pass", "pwd"))
# What may stand behind each word of NAMES and still be its name.
_NAME_ENDS = {
    "pass": r"(?:w(?:or[dt]|d)|phrase|code)?s?",
    "secret": r"s?(?:[_-]?(?:access)?[_-]?(?:key|token|value))?(?:[_-]?base)?",
    "credential": "s?",
    "auth": "(?:orization)?",
}
_STAGES = (
    r"(?:[_-]?(?:\d{1,3}|prod(?:uction)?|dev|test|staging|live|sandbox|value|b64|base64|raw|text|string|str|"
    r"old|new|current|previous|primary|secondary|default|override|env|plain|plaintext|clear|root|admin|user))?"
)
_BETWEEN = (
    r"[\\\"'`\])}*_]{0,6}(?:\[\d{0,4}\])?(?:"
    r"(?P<op>[ \t]{0,8}(?::[ \t]?(?:optional\[|option<|final\[)?(?:str|string|&str|&'static str|secretstr|bytes|"
    r"char|text)[\]>]{0,2}(?:[ \t]?\|[ \t]?(?:none|null|undefined))?[ \t]?=|"
    r"[ \t](?:string|&str|str)[ \t]?=|=>|:=|\?{1,2}=|\.=|={1,3}|!={1,2}|:{1,2}|->|%3d)"
    r"(?:\*\*)?[ \t]{0,8})|"
    r"(?P<list>[ \t]?,[ \t]{0,2}(?=[\\\"'`]))|"
    r"(?P<near>[ \t]{1,3}(?:value|content|default)[ \t]?=[ \t]?|>)|"
    r"(?P<prose>[ \t]{0,3}\|[ \t]{0,3}|[ \t]{1,2}(?:(?:is|was|were|to|equals)(?: now| set to)?[ \t]{1,2}|(?=[`\"'])))|"
    r"(?P<flag>[ \t]{1,3}(?=\S)))"
)
_KEY_BEFORE = re.compile(
    r"(?:api|access|private|secret|account|auth|encryption|encrypt|decryption|signing|sign|master|service|licen[sc]e|"
    r"deploy|storage|admin|app|application|client|session|crypt|jwt|hmac|aes|webhook|integration|consumer|subscription|function|"
    r"bot|write|ingest|backend|shared|sas|rest|fernet|vault|bearer|activation)[_\-. ]?$"
)
_NO_KEY = re.compile(
    r"(?:public|pub|primary|foreign|sort|partition|idempotency|cache|s3|object|lookup|registry|row|index|group|map|dict|"
    r"hash|host|routing|translation|message|i18n|dedup|unique|search|order|row|column|storage_account)_$"
)
_NO_TOKEN = re.compile(
    r"(?:page|next|cursor|sync|continuation|pad|eos|bos|unk|mask|sep|cls|stop|start|end|special|num|max|min|total|count|"
    r"per)[_-]?$"
)
_FLAG_BEFORE = re.compile(r"(?:--|/:_)[a-z0-9_-]{0,20}$|^[ \t]{0,8}(?:env|setenv)[ \t]{1,3}[a-z0-9_]{0,20}$")
_NETRC_BEFORE = re.compile(r"\blogin[ \t]{1,3}\S{1,40}[ \t]{1,3}$")
_QUOTE = re.compile(r"[bBrRuUfF$@]{0,2}(\\{0,3}(?:\"\"\"|'''|[\"'`]))")
_BARE_VALUE = re.compile(r"[^\s\"'`<>]{1,4000}")
_BARE_END = re.compile(r"&[\w.-]{1,40}=|[;,](?=\s|$|[\w. -]{1,40}=)|\\[nrt\"']")
MARKER = re.compile(r"\[REDACTED:[a-z0-9-]+\]")
_LONG_BARE = 200
_NAMES_ABOVE = ("token", "secret", "passw(?:or)?d", "api_?key")
_BLOCK_BELOW = (  # `<apiToken>` or `api_token: |`, the value alone on the next line
    r"[\w-]{0,20}[\"']?(?:>|[ \t]?:[ \t]?[|>][+-]?)[ \t]{0,20}\r?\n"
    r"[ \t]{0,40}([^\s<>]{8,4000})[ \t]{0,20}(?=\r?\n|</|$)"
)
_NAMED_BLOCKS = tuple(re.compile(name + _BLOCK_BELOW) for name in _NAMES_ABOVE)  # a pass each: `re` is fast at one word
_ANOTHER_KEY = 20
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$", re.IGNORECASE)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(word + _NAME_ENDS.get(word, "") + _STAGES + _BETWEEN)


def small_letters(text: str) -> str:
    """Return `text` in small letters, position by position the same."""
    lower = text.lower()
    if len(lower) != len(text):  # the one character whose small form is two
        lower = text.replace("\u0130", "i").lower()
    return lower


def assigned(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """Find the secrets that have a name; `lower` is the same text in small letters, position by position."""
    for word in NAMES:
        skip = 0
        for match in _pattern(word).finditer(lower) if word in lower else ():
            if match.start() < skip or not _is_name(text, lower, match, word):
                continue
            start, end, quoted = _value(text, match)
            if end - start > _LONG_BARE and not quoted:
                skip = end  # a long run without a space is looked at once
            style = QUOTED if quoted and not match["list"] else _style(text, match, word)
            kind = PASSWORD if word in _PASSWORDS else TOKEN
            value = MARKER.sub("", text[start:end])
            if is_secret(value, kind, style) and _belongs(text, lower, match, word, value):
                yield start, end, "password" if kind == PASSWORD else "secret"


def blocks_below(text: str) -> Iterator[tuple[int, int, str]]:
    """Find the secrets that stand alone on the line below their name, as in XML and YAML."""
    lower = small_letters(text)
    for pattern in _NAMED_BLOCKS:
        for match in pattern.finditer(lower):
            start, end = match.span(1)
            if is_secret(text[start:end], TOKEN, ENV) and not MARKER.fullmatch(text, start, end):
                yield start, end, "secret"


def _is_name(text: str, lower: str, match: re.Match[str], word: str) -> bool:
    """Return whether what is left and right of the word lets it be the name of a secret."""
    start = match.start()
    before = lower[max(0, start - 60) : start].rpartition("\n")[2]
    is_option = _FLAG_BEFORE.search(before) or (word == "pass" and _NETRC_BEFORE.search(before))
    if match["flag"] is not None and not is_option:
        return False
    if word == "token":
        return not _NO_TOKEN.search(before)
    if word == "auth":
        return before[-1:] in {"_", '"', "'"} and match["op"] is not None
    if word == "pwd" or (word == "pass" and not lower.startswith(("passw", "passp", "passc"), start)):
        humped = text[start].isupper() and before[-1:].isalpha() and text[start - 1].islower()
        return humped or (not before[-1:].isalnum() and (word == "pwd" or match["prose"] is None))
    return True


def _belongs(text: str, lower: str, match: re.Match[str], word: str, value: str) -> bool:
    """Return whether name and value go together: not two words of a list, and not the key of a row in a table."""
    if match["list"] is not None and word in {"token", "secret"} and _UUID.match(value):
        return True
    if match["list"] is not None and word not in _PASSWORDS:
        return is_strong(value) or (value.isalnum() and len(value) >= _ANOTHER_KEY)
    if word != "key":
        return True
    start = match.start()
    before = lower[max(0, start - 20) : start].rpartition("\n")[2]
    if _KEY_BEFORE.search(before):
        return True
    is_setting = before.endswith("_") and text[start : start + 3].isupper() and not _NO_KEY.search(before)
    return is_setting and len(value) >= _ANOTHER_KEY and not _HASH.match(value)


def _style(text: str, match: re.Match[str], word: str) -> str:
    if match["prose"] is not None:
        return PROSE
    return ENV if match["op"] == "=" and text[match.start() : match.start() + len(word)].isupper() else BARE


def _value(text: str, match: re.Match[str]) -> tuple[int, int, bool]:
    """Return where the value begins and ends, and whether quotes say so."""
    opening = _QUOTE.match(text, match.end())
    start = opening.end() if opening else match.end()
    if opening:
        end = _closing(text, start, opening[1])
        if end >= 0:
            return start, end, True
        line = text.find("\n", start, start + _LONG_BARE)
        if match["op"] is not None and (line >= 0 or len(text) - start < _LONG_BARE):
            return start, line if line >= 0 else len(text), True  # the text was cut off inside it
    bare = _BARE_VALUE.match(text, start)
    if bare is None:
        return start, start, False
    value = bare[0]
    cut = _BARE_END.search(value)
    value = (value[: cut.start()] if cut else value).rstrip(".,;:)}")
    if "[" not in value:
        value = value.rstrip("]")
    return start, start + len(value), False


def _closing(text: str, start: int, quote: str) -> int:
    """Return where the string that began at `start` ends, or -1 when its line or its longest length is over before."""
    limit = min(start + LONGEST, len(text))
    line = text.find("\n", start, limit)
    limit = line if line >= 0 else limit
    end = text.find(quote, start, limit)
    while end > start and len(quote) == 1 and text[end - 1] == "\\":
        end = text.find(quote, end + 1, limit)
    return end
