"""Whether letters and digits are random, or words of a language or a program. Pure, and about one value.

Two neighbours that hardly ever meet in words, as `qk` or `vx`, are rare. Words have few of them, random letters half.
"""

import re
from string import ascii_lowercase

from ocm.base.late_patterns import late

# By the first letter, those that hardly follow it: together in 7 of 100 pairs of the words of much code and prose.
_RARE = {
    "a": "aehjoqwz", "b": "bcdfghjkmnpqtvwxyz", "c": "bfgjnpqvwxyz", "d": "ghjkmnpqtvwxyz", "e": "hjkuz",
    "f": "bcdghjkmnpqvwxyz", "g": "bcdfgjkmpqtvwxyz", "h": "bcdfghjklmnpqsuvwxyz", "i": "hijkquwy",
    "j": "abcdefghijklmnopqrstuvwxyz", "k": "abcdfghjklmnopqrtuvwxyz", "l": "bfghjkmnqrvwxz", "m": "cdfghjknqrtvwxyz",
    "n": "bhjmqrwxyz", "o": "ehjqxyz", "p": "bcfgjkmnqvwxz", "q": "abcdefghijklmnopqrstvwxyz", "r": "bhjqwxz",
    "s": "bdgjqrvwxz", "t": "bgjknqvwxz", "u": "hjkoquvwxyz", "v": "bcdfghjklmnopqrstuvwxyz",
    "w": "bcdfgjklmpqstuvwxyz",
    "x": "abdfghjklmnoqrsuvwxyz", "y": "abcdefghijklmnoqruvwxyz", "z": "abcdfghijklmnopqrstuvwxyz",
}  # fmt: skip
_PAIRS = frozenset(
    first + second for first, others in _RARE.items() for second in others if ord(second) - ord(first) != 1
)
_LETTERS = late(r"[A-Za-z]+")
_PART = late(r"[A-Za-z0-9]+")
_SIGNS, _HASH = late(r"[^\w+/=.~%-]+"), late(r"sha\d{0,3}|md5|blake\w{0,4}", re.IGNORECASE)
_WORD = late(r"[A-Z]?[a-z]{2,}|[A-Z]{5,}")
_SHORTEST_WORD, _SHORTEST_RUN, _A_FOURTH, _A_THIRD, _SHORTEST_PIECE = 8, 5, 4, 3, 3
_SHORTEST_KEY, _LEAST_OF_EACH, _LEAST_TURNS, _LEAST_SIGNS, _LONG_LETTERS = 16, 2, 3, 6, 24
_GROUP, _LEAST_GROUPS = late(r"(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{4,}"), 3
_TOKEN = late(r"[\w+/=.~%-]+", re.ASCII)
_HEX = late(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_NAMED_UUID = late(r"(?:[a-zA-Z]{1,12}[-_:.])?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UUID = late(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_unpronounceable(word: str) -> bool:
    """Return whether a run of letters is no word and no words written together."""
    return len(word) >= _SHORTEST_WORD and _rare_pairs(word) * _A_FOURTH >= len(word) - 1


def is_wordy(value: str) -> bool:
    """Return whether two of three letters of a value are in words, written together as programs do."""
    words = (
        word for word in _WORD.findall(value) if len(word) >= _SHORTEST_PIECE and word.lower() not in ascii_lowercase
    )
    said = sum(len(word) for word in words if _rare_pairs(word) * _A_THIRD < len(word) - 1)
    return 3 * said > 2 * sum(map(str.isalpha, value))


def _rare_pairs(word: str) -> int:
    lower = word.lower()
    return sum(lower[at : at + 2] in _PAIRS for at in range(len(lower) - 1))


def is_uuid(value: str) -> bool:
    """Return whether a value is a UUID, which may be a secret or the number of anything."""
    return bool(_UUID.fullmatch(value))


def is_random(value: str) -> bool:
    """Return whether a value is so long and so mixed that it can hardly be anything but a key."""
    if not _TOKEN.fullmatch(value) or len(set(value)) < _LEAST_SIGNS:
        return False
    if _NAMED_UUID.fullmatch(value):
        return True
    longest = max(_PART.findall(value), key=len, default="")
    if _HEX.fullmatch(longest):
        return True
    return not is_wordy(value) and (_is_mixed(longest) or is_mixed_in_parts(value))


def has_random(value: str) -> bool:
    """Return whether a value is random, or one of its parts between signs; what a hash is called is no such part."""
    parts = _SIGNS.split(value)
    return any(map(is_random, parts)) and not _HASH.fullmatch(parts[0])


def is_gibberish(value: str) -> bool:
    """Return whether a value is random beyond doubt: mixed, and with letters that are no words."""
    return is_random(value) and any(map(is_unpronounceable, _LETTERS.findall(value)))


def is_mixed_in_parts(value: str) -> bool:
    """Return whether a value with signs in it is as mixed, and no part of it is a word."""
    letters = "".join(_PART.findall(value))
    if len(letters) < _SHORTEST_KEY:
        return False
    if sum(map(bool, map(_GROUP.fullmatch, _PART.findall(value)))) >= _LEAST_GROUPS and not _UUID.search(value):
        return True
    kinds = (str.isdigit, str.isupper, str.islower)
    if min(sum(map(kind, letters)) for kind in kinds) < _LEAST_OF_EACH:
        return False
    runs = [run for run in _LETTERS.findall(value) if len(run) >= _SHORTEST_RUN]
    return all(not run.islower() and not run.isupper() and not run.istitle() for run in runs)


def _is_mixed(part: str) -> bool:
    digits = sum(map(str.isdigit, part))
    if not digits and len(part) >= _LONG_LETTERS:
        return is_unpronounceable(part)
    if len(part) < _SHORTEST_KEY or min(digits, len(part) - digits) < _LEAST_OF_EACH:
        return False
    runs = _LETTERS.findall(part)
    return len(runs) >= _LEAST_TURNS or any(map(is_unpronounceable, runs))
