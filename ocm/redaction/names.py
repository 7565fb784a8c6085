"""Where a text gives a value a name such as `password` or `api_key`: in code, settings, shells, tables and prose.

Found on the text in small letters, so that fixed words can be looked for fast; values are read from the text itself.
"""

import re
from collections.abc import Iterator
from functools import cache

from ocm.base.late_patterns import late
from ocm.redaction.name_words import ENDS, KEY, NO_KEY, NO_TOKEN, PUBLIC, SPOKEN
from ocm.redaction.randomness import has_random, is_random, is_uuid, is_wordy
from ocm.redaction.token_patterns import LOOSE, NAMES
from ocm.redaction.values import BARE, ENV, LONGEST, PASSWORD, PROSE, QUOTED, TOKEN, is_secret, is_strong

_PASSWORDS = frozenset(("pass", "pwd", "pw", *SPOKEN))
_LOOSE = tuple(
    (
        word,
        late(
            word + r"[\\\"'`\])}]{0,3}(?:[ \t]{1,3}(?:is|was)[ \t]|[ \t]{0,3}[:=, \t.(-])[=>]?[ \t]{0,3}[\\\"'`(]{0,4}"
            r"([\w+/=.~%:-]{16,400})",
            re.ASCII,
        ),
    )
    for word in LOOSE
)
_SURE = frozenset(("token", "secret"))
_WHOLE_WORDS = frozenset(("pwd", "pw", *(word for word in SPOKEN if word.isascii())))  # which lie within others
_STAGES = (
    r"(?:[_-]?(?:\d{1,3}|prod(?:uction)?|dev|test|staging|live|sandbox|value|b64|base64|raw|text|string|str|"
    r"old|new|current|previous|primary|secondary|default|override|env|plain|plaintext|clear|root|admin|user))?"
)
_BETWEEN = (
    r"[\\\"'`\])}*_]{0,6}(?:\[\d{0,4}\])?(?:"
    r"(?P<op>[ \t]{0,8}(?::[ \t]?(?:optional\[|option<|final\[)?(?:str|string|&str|&'static str|secretstr|bytes|"
    r"char|text)[\]>]{0,2}(?:[ \t]?\|[ \t]?(?:none|null|undefined))?[ \t]?=|"
    r"[ \t](?:string|&str|str)[ \t]?=|=>|:=|\?{1,2}=|[.+]=|={1,3}|!={1,2}|:{1,2}|->|%3d|\uff1a)"
    r"(?:\*\*)?[ \t]{0,40})|"
    r"(?P<list>[ \t]?,[ \t]{0,2}(?=[\\\"'`]))|"
    r"(?P<near>[ \t]{1,3}(?:value|content|default)[ \t]?=[ \t]?|>)|"
    r"(?P<prose>[ \t]{1,3}\|[ \t]{0,3}|\|[ \t]{1,3}|[ \t]{0,3}\t[ \t]{0,8}|[ \t]{1,3}[-\u2013\u2014][ \t]{1,3}|"
    r"[ \t]\([ \t]?|"
    r"[ \t]{1,2}(?:(?:is|was|were|to|equals)(?: now| set to)?[ \t]{1,2}|(?=[`\"'])))|"
    r"(?P<call>\([ \t]?(?=[\\\"'`])|"
    r"\([^()\n]{0,40}\)[^\"'`\n;]{0,40}?(?:return[ \t]|=>[ \t]?|=[ \t]?)(?=[\"'`]))|"
    r"(?P<flag>[ \t]{1,3}(?=\S)|[-.](?=[a-z_+/=~%-]{0,15}[0-9])(?=[\w+/=~%-]{16})))"
)
_LAST_WORD = late(r"(?:[A-Z]+|[A-Z]?[a-z]+|\d+)(?=[_\-. ]?$)")
_LONGEST_NAME = 60
_FLAG_BEFORE = late(
    r"(?:(?:^|[\s\"'(=])--?|/:_)[a-z0-9_-]{0,20}$|"
    r"^[ \t]{0,8}(?:[-*+][ \t])?(?:env|setenv|setx)[ \t]{1,3}[a-z0-9_]{0,20}$"
)
_SIGNS_OF_OPTIONS = ("-", "/:_", "env", "set", "login")
_NETRC_BEFORE = late(r"\blogin[ \t]{1,3}\S{1,40}[ \t]{1,3}$|^[ \t]{1,8}$")
_QUOTE = late(r"[bBrRuUfF$@]{0,2}(\\{0,3}(?:\"\"\"|'''|[\"'`]))")
_BARE_VALUE = late(r"[^\s\"'`<>]{1,4000}")
_BARE_END = late(r"&[\w.-]{1,40}=|[;,](?=\s|$|[\w. -]{1,40}=)|\\[nrt\"']")
MARKER = late(r"\[REDACTED:[a-z0-9-]+\]")
_LONG_BARE = 200
_LONG_RUN = late(r"[\"'`]?[\w+/=.~%-]{16}", re.ASCII)
_LINE_ALONE = late(r"\n[ \t]{0,40}([^\s<>]{8,4000})[ \t]{0,20}(?=\r?\n|</|$)")
_NAME_ABOVE = late(  # `<apiToken>`, `api_token: |` or `token:`, the value alone on the next line
    rf"(?s:.*)(?P<word>{'|'.join(map(re.escape, (*NAMES, *SPOKEN)))})(?P<end>[\w-]{{0,30}})"
    r"(?P<mark>[\"'`*]{0,3}(?:>|[ \t]?[:=]?(?:\*\*)?[ \t]?[|>]?[+-]?))"
    r"[ \t]{0,20}\r?$"
)
_ENDS_OF_OTHERS = frozenset(",;.)]}{(")
_LONGER_PASS = frozenset(("passw", "passp", "passc"))
_KEY_OWNERS = tuple(KEY)
_ANOTHER_KEY, _SHORT_KEY = 20, 12


@cache
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(re.escape(word) + ENDS.get(word, "") + _STAGES + _BETWEEN)


def small_letters(text: str) -> str:
    """Return `text` in small letters, position by position the same."""
    lower = text.lower()
    if len(lower) != len(text):  # the one character whose small form is two
        lower = text.replace("\u0130", "i").lower()
    return lower


def assigned(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """Find the secrets that have a name; `lower` is the same text in small letters, position by position."""
    for word in (*NAMES, *SPOKEN):
        skip = 0
        for match in _pattern(word).finditer(lower) if word in lower else ():
            if match.start() < skip or not _is_name(text, lower, match, word):
                continue
            start, end, quoted = _value(text, match)
            if end - start > _LONG_BARE and not quoted:
                skip = end  # a long run without a space is looked at once
            value = MARKER.sub("", text[start:end])
            style = QUOTED if quoted and not match["list"] and not match["prose"] else _style(text, match, word)
            told = _is_random_option if match["flag"] is not None and not _is_option(lower, match.start()) else _is_told
            if told(text, match, word, value, style):
                yield start, end, "password" if word in _PASSWORDS else "secret"


def loosely_named(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """Find what can be nothing but a key behind words that seldom name one."""
    for word, pattern in _LOOSE:
        for match in pattern.finditer(lower) if word in lower else ():
            if has_random(text[slice(*match.span(1))]):
                yield *match.span(1), "secret"


def _is_told(text: str, match: re.Match[str], word: str, value: str, style: str) -> bool:
    """Return whether a value is the secret that its name tells of."""
    kind = PASSWORD if word in _PASSWORDS else TOKEN
    return is_secret(value, kind, style) and _belongs(text, match, word, value)


def _is_random_option(text: str, match: re.Match[str], word: str, value: str, _style: str) -> bool:
    """Return whether a value is a secret, though nothing but a blank or a hyphen is between the two."""
    if word == "pass" and text[match.start() : match.start() + 5].lower() not in _LONGER_PASS:
        return False
    return is_random(value) and (word in _SURE or not is_uuid(value) or _last_word(text, match.start()) in KEY)


def blocks_below(text: str) -> Iterator[tuple[int, int, str]]:
    """Find the secrets that stand alone on the line below their name, as in XML, YAML and notes."""
    for line in _LINE_ALONE.finditer(text):
        start, end = line.span(1)
        above = small_letters(text[max(0, line.start() - _LONGEST_NAME) : line.start()])
        name = _NAME_ABOVE.match(above) if above.rstrip()[-1:] not in _ENDS_OF_OTHERS else None
        if name is None or MARKER.fullmatch(text, start, end):
            continue
        word, at = name["word"], line.start() - len(above) + name.start("word")
        is_whole = not name["end"] or re.fullmatch(f"(?:{ENDS.get(word, '')}){_STAGES}", name["end"])
        if (
            is_whole
            and _is_word_of_its_own(text, at, word)
            and _is_below(text[start:end], name["mark"], word, _last_word(text, at))
        ):
            yield start, end, "password" if word in _PASSWORDS else "secret"


def _is_below(value: str, mark: str, word: str, owner: str) -> bool:
    """Return whether a value on a line of its own is what the name above it tells of."""
    if word == "key":
        return owner not in NO_KEY | PUBLIC and is_random(value) and not is_uuid(value)
    if word in _PASSWORDS and mark.rstrip("*").endswith((":", "=", ">", "|")):
        return is_secret(value, PASSWORD, BARE)
    is_marked = mark.endswith((">", "|", "|-", ">-", ":", "="))
    return is_secret(value, TOKEN, ENV) if is_marked and owner not in NO_TOKEN else is_random(value)


def _last_word(text: str, start: int) -> str:
    """Return the last whole word of a name before `start`: `end` of `page_end_`, but `backend` of `backendToken`."""
    found = _LAST_WORD.search(text, max(0, start - _LONGEST_NAME), start)
    return found[0].lower() if found else ""


def _is_option(lower: str, start: int) -> bool:
    """Return whether a name is an option of a command, or of a line that gives each name its value by a blank."""
    before = lower[max(0, start - _LONGEST_NAME) : start].rpartition("\n")[2]
    if before.strip() and not any(sign in before for sign in _SIGNS_OF_OPTIONS):
        return False  # most: the patterns take longer
    return bool(_FLAG_BEFORE.search(before) or _NETRC_BEFORE.search(before))


def _is_name(text: str, lower: str, match: re.Match[str], word: str) -> bool:
    """Return whether what is left and right of the word lets it be the name of a secret."""
    start = match.start()
    is_far = match["flag"] is not None and not _LONG_RUN.match(text, match.end())
    if (is_far and not _is_option(lower, start)) or MARKER.match(
        text, text.rfind("[", max(0, start - _LONGEST_NAME), start)
    ):
        return False  # a word of prose, and the next; or of a marker
    if word == "pass" and match["prose"] is not None and match["prose"].split()[:1] == ["to"]:
        return text[start : start + 5].lower() in _LONGER_PASS  # what is passed to something
    if word == "token":
        return _last_word(text, start) not in NO_TOKEN
    if word == "auth":
        is_humped = text[start].isupper() and text[start - 1 : start].islower()
        return (is_humped or lower[start - 1 : start] in {"_", '"', "'"}) and match["op"] is not None
    return _is_word_of_its_own(text, start, word) or (
        word == "pass" and match["flag"] is not None and _is_option(lower, start)
    )


def _is_word_of_its_own(text: str, start: int, word: str) -> bool:
    """Return whether a short word is no part of another one."""
    before = text[start - 1 : start].lower() if start else ""
    if word == "pat":
        return before in {"_", "-"} and start > 1
    if word in _WHOLE_WORDS or (word == "pass" and text[start : start + 5].lower() not in _LONGER_PASS):
        humped = text[start].isupper() and before.isalpha() and text[start - 1].islower()
        return humped or not before.isalnum()
    return True


def _belongs(text: str, match: re.Match[str], word: str, value: str) -> bool:
    """Return whether name and value go together: not two words of a list, and not the key of a row in a table."""
    if match["list"] is not None and word in {"token", "secret"} and is_uuid(value):
        return True
    if match["call"] is not None:
        return is_random(value)
    if match["list"] is not None and word not in _PASSWORDS:
        return is_strong(value) or is_random(value) or (value.isalnum() and len(value) >= _ANOTHER_KEY)
    if word == "auth" and text[match.start() - 1 : match.start()].islower():
        return is_random(value)  # `acmeAuth`, which may be anything
    return word != "key" or _is_key(text, match.start(), value)


def _is_key(text: str, start: int, value: str) -> bool:
    """Return whether what is called some `key` is one that opens something."""
    owner = _last_word(text, start)
    if text[start - 1 : start].isalpha() and (text[start].islower() or text[start - 1].isupper()):
        return owner.endswith(_KEY_OWNERS) or (has_random(value) and is_strong(value))  # `apikey`, but `monkey`
    if owner in KEY | PUBLIC:
        return owner in KEY
    if owner in NO_KEY:
        return is_strong(value) and is_random(value)
    return (has_random(value) or _is_short_key(value)) and (bool(owner) or not is_uuid(value))


def _is_short_key(value: str) -> bool:
    """Return whether a value is shorter than most keys, and yet of letters of both cases and digits, without a word."""
    kinds = (str.isdigit, str.isupper, str.islower)
    is_mixed = len(value) >= _SHORT_KEY and value.isalnum() and min(sum(map(kind, value)) for kind in kinds) > 1
    return is_mixed and not is_wordy(value)


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
