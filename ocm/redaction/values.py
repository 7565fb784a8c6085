"""Whether what stands behind a name such as `password` or `api_key` is a secret, or a placeholder or a word.

Pure, and about one value within a line. The rule of thumb: a secret mixes letters with digits or signs inside one word;
what code, prose and templates put in that place does not. A `password` may be short, a `token` is long.
"""

import re

from ocm.base.late_patterns import late
from ocm.redaction.randomness import is_gibberish, is_mixed_in_parts, is_unpronounceable, is_wordy

PASSWORD, TOKEN = "password", "token"  # the two kinds of name
QUOTED, ENV, BARE, PROSE = "quoted", "env", "bare", "prose"
LONGEST = 4_000

_SHORTEST = {  # of the value, and of its longest part that mixes letters and digits
    (PASSWORD, QUOTED): (5, 1),
    (PASSWORD, ENV): (5, 1),
    (PASSWORD, BARE): (6, 1),
    (PASSWORD, PROSE): (6, 4),
    (TOKEN, QUOTED): (8, 6),
    (TOKEN, ENV): (8, 6),
    (TOKEN, BARE): (10, 8),
    (TOKEN, PROSE): (12, 10),
}
_SHORTEST_NUMBER = 6  # shorter ones are counts
_SHORT_IDENTIFIER, _STRONG, _LONG_WORD, _LONG_MIX, _LONG_QUOTED, _LONG_ENV, _LONG_LETTERS, _WORDS_OF_PHRASE = (
    8,
    20,
    24,
    16,
    12,
    8,
    10,
    4,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that hold a digit, wherever they stand.
_TECHNICAL = late(
    r"(?<![A-Za-z0-9])(?i:sha\d{1,3}|md5|base\d\d(?:url)?|utf[-_]?\d{1,2}|u?int\d{1,2}|float\d\d|oauth\d?|http/?\d?|v\d{1,2}|"
    r"x509|[rhep]s\d{3}|ed25519|argon2(?:id|i|d)?|pbkdf2|i18n|l10n|a11y|k8s|s3|ec2|[12]fa|aes\d{0,3}|rsa\d{0,4}|amd64|arm64|"
    r"x86|win\d\d|python\d|latin\d|ipv\d|tls\d|neo4j|log4j|auth0|web3|b2b)(?![a-z0-9])"
)
_REFERENCE = late(
    r"\$\{|\$\(|\$env:|\{\{|\$\w+$|%\w+%$|%\(|%[sdrv]$|<[^<>]*>?$|\{[\w.\[\]'\"!:]*\}?$|`|@\w+\.\w+\(|"
    r"!(?:ref|secret|vault|sub|getatt|env|env_var|include|file)\b|"
    r"(?:op|vault|env|file|arn|ssm|aws|gcp|azure|kms|sops|keyring|secretsmanager|https?|s3|gs|ref\+\w{1,20}):|"
    r"(?:process|os|self|this|config|settings|options|opts|props|args|params|ctx|context|request|req|secrets|vars|var|"
    r"local|data|env|cfg|conf|app|module|std|import|steps|github|inputs|values|user|form|state)\.[A-Za-z_]",
    re.IGNORECASE,
)
_CALL = late(r"[A-Za-z_$][\w.$:>-]*[(\[<]|[&*][A-Za-z_]|[A-Za-z_]\w*!\(")
_DOTTED = late(r"[A-Za-z_]\w{0,40}(?:(?:\.|->|::)[A-Za-z_]\w{0,40})+$")
_PATH = late(
    r"(?:~|\.{1,2})?/|[A-Za-z]:[\\/]|\\\\|[\w@./-]+\.(?:json|ya?ml|pem|key|txt|env|crt|cfg|ini|toml|py|js|tsx?|sh|md|"
    r"html?|php|rb|go|rs|java|cs|db|sqlite|gpg|p12|pfx|jks)$"
)
_NUMBER = late(
    r"[\d.,:/_+-]+[ -]?(?:[a-z]{1,3}|bits?|bytes?|chars?|characters?|seconds?|minutes?|hours?|days?)?$", re.IGNORECASE
)
_MAIL = late(r"[\w.+-]+@[\w-]+\.[\w.]+$")
_VERSION = late(r"[v^~=<>]{0,2}\d+(?:\.\d+)+(?:[-+.][\w.]+)?$")
_PLACEHOLDERS = _words(
    "password passwort passwd pass pwd passphrase secret secrets token tokens key keys apikey api_key credential "
    "credentials user username admin root guest required optional string bearer basic none null nil undefined true "
    "false yes disabled enabled default unset empty prompt hidden masked removed invalid expired missing testing "
    "production development staging localhost anonymous test1 abc123 todo fixme"
)
_PLACEHOLDER_INSIDE = late(
    r"example|placeholder|change[-_ ]?(?:me|this|it)|your[-_]?[a-z]|redacted|x{4}|\*{3}|\.{3}|…|goes[-_ ]here|dummy|"
    r"fake|sample|replace[-_ ]?|insert[-_ ]|<[a-z]|not[-_ ]?(?:set|used|real|a[-_])",
    re.IGNORECASE,
)
_AWS_SECRET = late(r"[A-Za-z0-9/+]{40}$")
_IDENTIFIER = late(r"[A-Za-z_]+\d{1,2}$")
_SEPARATORS = late(r"[-_./:+,|=\s]+")
_CAMEL = late(r"(?:[a-z]+|[A-Z][a-z]+)(?:[A-Z][a-z]+)*$")
_TYPES = late(r"[A-Za-z_][\w.|:]*[A-Za-z]$")
_SIGNS = "!@#$%^&*?+=~"
_RULES_OF_A_FORM = late(r"[|:,=]")
_STOP_WORDS = _words(
    "a an the your you our is are was be been must should may can will to of for from in on at by with and or not no "
    "please enter if when that this it its as has have had do does only than least most too reset set use used using "
    "confirm"
)


def is_secret(value: str, kind: str, style: str) -> bool:
    """Return whether `value` behind a name of that kind, written in that style, is a secret."""
    if (_AWS_SECRET.match(value) and is_strong(value)) or is_gibberish(value):
        return True  # though it may look like a path or a name
    if _is_something_else(value, style):
        return False
    if value.isdigit():
        return kind == PASSWORD and style != PROSE and len(value) >= _SHORTEST_NUMBER
    if " " in value:
        return kind == PASSWORD and style == QUOTED and _is_phrase(value)
    return _NUMBER.match(value) is None and _is_one_word(value, kind, style)


def _is_something_else(value: str, style: str) -> bool:
    """Return whether a value is a placeholder, a path, a version, an address, or what yields the value."""
    is_masked = len(set(value)) <= 2  # noqa: PLR2004 - `****`, `xxxx`, `----`
    if is_masked or len(value) > LONGEST or stands_for_another(value):
        return True
    if style != QUOTED and (_CALL.match(value) or _is_reference(value)):
        return True
    return any(pattern.match(value) for pattern in (_PATH, _VERSION, _MAIL))


def _is_reference(value: str) -> bool:
    """Return whether a value is what a program calls something, with a dot before each of its parts."""
    return bool(_DOTTED.match(value)) and (is_wordy(value) or all(map(_is_name, re.split(r"\.|->|::", value))))


def _is_one_word(value: str, kind: str, style: str) -> bool:
    rest = _TECHNICAL.sub("", value)
    inner = rest.strip(_SIGNS + ".:;")
    has_signs = kind == PASSWORD and any(sign in inner for sign in _SIGNS)
    if has_signs or any(character.isdigit() for character in rest):
        return _is_mixed(value, rest, kind, style)
    return _is_wordless(value, kind, style)


def is_strong(value: str) -> bool:
    """Return whether a value is so mixed that a word in it is chance."""
    tests = (str.isdigit, str.isupper, str.islower)
    return len(value) >= _STRONG and " " not in value and all(any(map(test, value)) for test in tests)


def stands_for_another(value: str) -> bool:
    """Return whether a value is a placeholder or a reference, so that there is no secret in it."""
    if value.lower() in _PLACEHOLDERS or _REFERENCE.match(value):
        return True
    return bool(_PLACEHOLDER_INSIDE.search(value)) and not is_strong(value)


def _is_phrase(value: str) -> bool:
    """Tell a pass phrase from a sentence, as forms and translations put it behind `password`."""
    words = value.split()
    stops = sum(word.lower().strip(".,!?:") in _STOP_WORDS for word in words)
    if stops > len(words) // 4:
        return False
    if any(_mixed_parts(_TECHNICAL.sub("", word)) for word in words):
        return True
    needed = _WORDS_OF_PHRASE - any(word.strip(_SIGNS).isdigit() for word in words)
    return sum(word.isalpha() for word in words) >= needed and value == value.lower()


def _mixed_parts(text: str) -> list[str]:
    """Return the parts that have letters, and digits or signs within."""
    parts = (part.strip(_SIGNS) for part in _SEPARATORS.split(text))
    return [part for part in parts if any(map(str.isalpha, part)) and any(c.isdigit() or c in _SIGNS for c in part)]


def _is_mixed(value: str, rest: str, kind: str, style: str) -> bool:
    shortest, shortest_part = _SHORTEST[kind, style]
    if len(value) < shortest:
        return False
    parts = _mixed_parts(rest)
    if not parts:  # `admin-2024`, `min:8`
        return kind == PASSWORD and style in {QUOTED, ENV} and not _RULES_OF_A_FORM.search(value)
    if kind == TOKEN and style in {BARE, PROSE} and _is_type(value):
        return False
    if style in {BARE, PROSE} and _IDENTIFIER.match(value):  # a variable, unless it is a password like `hunter2`
        lower = value.lower()
        return len(value) >= _STRONG if kind == TOKEN else "pass" not in lower and "pwd" not in lower
    return max(map(len, parts)) >= shortest_part or (kind == TOKEN and is_mixed_in_parts(value) and not is_wordy(value))


def _is_type(value: str) -> bool:
    """Return whether a value is what a program calls a type or a constant, or the beginning of a cast to it."""
    name = value.removeprefix("(")
    return bool(_TYPES.match(name)) and all(map(_is_name, re.split(r"[|.:]+", name)))


def _is_name(identifier: str) -> bool:
    """Return whether an identifier is short, or most of its letters are in words: `Ed25519PrivateKey`."""
    return len(identifier) < _SHORT_IDENTIFIER or is_wordy(identifier)


def _is_no_word(letters: str) -> bool:
    return is_unpronounceable(letters) and not is_wordy(letters)


def _is_wordless(value: str, kind: str, style: str) -> bool:
    """Return whether letters alone are no words of a language or a program."""
    shortest = _LONG_MIX if kind == TOKEN else _LONG_LETTERS
    if value.isalpha() and value.isascii() and len(value) >= shortest and _is_no_word(value):
        return True
    if style not in {QUOTED, ENV} or not value.isascii():
        return False
    parts = _SEPARATORS.split(value)
    if len(parts) > 1:
        is_phrase = (
            len(parts) >= _WORDS_OF_PHRASE and value.islower() and not (_STOP_WORDS | _PLACEHOLDERS).intersection(parts)
        )
        return kind == PASSWORD and is_phrase
    if value.isupper() or (kind == TOKEN and value.islower()):
        return len(value) >= _LONG_WORD
    if value.islower():
        return len(value) >= (_LONG_ENV if style == ENV else _LONG_QUOTED)
    return _CAMEL.match(value) is None and len(value) >= (_LONG_MIX if kind == TOKEN else _LONG_ENV)
