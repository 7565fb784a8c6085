"""What the fact block of a session file says of its work: fingerprints, commits made, and when things were decided.

Pure, and the only place that knows the two kinds of lines:
`print <time> <commit or -> <whole> <keys>`, a checkpoint's work (see links.py), and `dated <time> <digest>`, an item.
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import NamedTuple

PRINT, DATED = "print ", "dated "
BITS = 48
MAX_UNIT = 512  # keys of one checkpoint; those with the lowest hashes are kept, which is a fair sample
MAX_SESSION = 4096
_BYTES = BITS // 8
_FIELDS = 5
_NOTHING = "-"


class Unit(NamedTuple):
    """What one checkpoint recorded: keys, one of the `whole`, and for a commit of the session's own its `sha`."""

    number: int
    at: str
    sha: str = ""
    whole: int = 0
    keys: frozenset[int] = frozenset()


def units(facts: Iterable[str]) -> list[Unit]:
    """Return what a fact block recorded, in order; a line that is none of ours is left out."""
    found: list[Unit] = []
    for fact in facts:
        parts = fact.split(" ") if fact.startswith(PRINT) else []
        if len(parts) == _FIELDS:
            _, at, sha, whole, keys = parts
            found.append(Unit(len(found), at, _commit_id(sha), _number(whole), decoded(keys)))
    return found


def unit_fact(at: str, sha: str, whole: int, keys: Iterable[int]) -> str:
    """Return the line that records work."""
    chosen = sorted(keys)[:MAX_UNIT]
    text = base64.urlsafe_b64encode(packed(chosen)).decode() or _NOTHING
    return f"{PRINT}{at} {sha or _NOTHING} {whole:012x} {text}"


def without_time(fact: str) -> str:
    """Return what tells a line from others, whenever it was written."""
    word, _, rest = fact.partition(" ")
    return f"{word} {rest.partition(' ')[2]}"


def dates(facts: Iterable[str]) -> dict[str, str]:
    """Return when each item was recorded, by its digest."""
    parts = (fact.split(" ") for fact in facts if fact.startswith(DATED))
    return {words[2]: words[1] for words in parts if len(words) == 3}  # noqa: PLR2004 - dated TIME DIGEST


def dated_fact(at: str, text: str) -> str:
    """Return the line that says when an item was recorded."""
    return f"{DATED}{at} {digest(text)}"


def digest(text: str) -> str:
    """Return what stands for an item."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_BYTES).hexdigest()


def decoded(text: str) -> frozenset[int]:
    """Return the keys that a text holds; none when it is none of ours."""
    try:
        return unpacked(base64.urlsafe_b64decode(text))
    except ValueError:
        return frozenset()


def packed(keys: Iterable[int]) -> bytes:
    """Return keys as bytes, in order."""
    return b"".join(key.to_bytes(_BYTES) for key in sorted(keys))


def unpacked(data: bytes) -> frozenset[int]:
    """Return the keys that bytes hold."""
    return frozenset(int.from_bytes(data[n : n + _BYTES]) for n in range(0, len(data) - _BYTES + 1, _BYTES))


def _commit_id(text: str) -> str:
    return text if len(text) in {40, 64} and set(text) <= set("0123456789abcdef") else ""


def _number(text: str) -> int:
    try:
        return int(text, 16) & ((1 << BITS) - 1)
    except ValueError:
        return 0
