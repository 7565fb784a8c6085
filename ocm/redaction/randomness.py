"""Whether letters and digits are random, or words of a language or a program. Pure, and about one value.

Two neighbours that hardly ever meet in words, as `qk` or `vx`, are rare. Words have few of them, random letters half.
"""

import re

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
_LETTERS = re.compile(r"[A-Za-z]+")
_PART = re.compile(r"[A-Za-z0-9]+")
_SHORTEST_WORD, _SHORTEST_RUN, _A_FOURTH = 8, 5, 4
_SHORTEST_KEY, _LEAST_OF_EACH, _LEAST_TURNS = 16, 2, 3
_TOKEN = re.compile(r"[\w+/=.~%-]+", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_NAMED_UUID = re.compile(r"(?:[a-zA-Z]{1,12}[-_:.])?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_unpronounceable(word: str) -> bool:
    """Return whether a run of letters is no word and no words written together."""
    lower = word.lower()
    rare = sum(lower[at : at + 2] in _PAIRS for at in range(len(lower) - 1))
    return len(word) >= _SHORTEST_WORD and rare * _A_FOURTH >= len(word) - 1


def is_uuid(value: str) -> bool:
    """Return whether a value is a UUID, which may be a secret or the number of anything."""
    return bool(_UUID.fullmatch(value))


def is_random(value: str) -> bool:
    """Return whether a value is so long and so mixed that it can hardly be anything but a key."""
    if not _TOKEN.fullmatch(value):
        return False
    if _NAMED_UUID.fullmatch(value):
        return True
    longest = max(_PART.findall(value), key=len, default="")
    return bool(_HEX.fullmatch(longest)) or _is_mixed(longest) or _is_mixed_in_parts(value)


def is_gibberish(value: str) -> bool:
    """Return whether a value is random beyond doubt: mixed, and with letters that are no words."""
    return is_random(value) and any(map(is_unpronounceable, _LETTERS.findall(value)))


def _is_mixed_in_parts(value: str) -> bool:
    """Return whether a value with signs in it is as mixed, and no part of it is a word."""
    letters = "".join(_PART.findall(value))
    kinds = (str.isdigit, str.isupper, str.islower)
    if len(letters) < _SHORTEST_KEY or min(sum(map(kind, letters)) for kind in kinds) < _LEAST_OF_EACH:
        return False
    runs = [run for run in _LETTERS.findall(value) if len(run) >= _SHORTEST_RUN]
    return all(not run.islower() and not run.isupper() and not run.istitle() for run in runs)


def _is_mixed(part: str) -> bool:
    digits = sum(map(str.isdigit, part))
    if len(part) < _SHORTEST_KEY or min(digits, len(part) - digits) < _LEAST_OF_EACH:
        return False
    runs = _LETTERS.findall(part)
    return len(runs) >= _LEAST_TURNS or any(map(is_unpronounceable, runs))
