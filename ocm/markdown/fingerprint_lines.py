"""The lines of a fact block that hold fingerprints: `print <time> <commit or -> <whole> <keys>`, one a recorded diff.

Pure, and the only place that knows how keys are written down; what they are made of is said in `git/fingerprints.py`.
"""

from collections.abc import Iterable
from typing import NamedTuple

WORD = "print"
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


def units(lines: Iterable[str]) -> list[Unit]:
    """Return what the fingerprint lines among `lines` hold, in order; any other line is passed over."""
    found: list[Unit] = []
    for line in lines:
        parts = line.split(" ") if line.startswith(WORD + " ") else []
        if len(parts) == _FIELDS:
            _, at, sha, whole, keys = parts
            found.append(Unit(len(found), at, _commit_id(sha), _number(whole), _decoded(keys)))
    return found


def unit_line(at: str, sha: str, whole: int, keys: Iterable[int]) -> str:
    """Return the line that records a diff: its time, its commit if it has one, and its keys."""
    import base64  # as below: a hook and a list load this module for `unpack` alone

    chosen = sorted(keys)[:MAX_UNIT]
    text = base64.urlsafe_b64encode(pack(chosen)).decode() or _NOTHING
    return f"{WORD} {at} {sha or _NOTHING} {whole:012x} {text}"


def pack(keys: Iterable[int]) -> bytes:
    """Return keys as bytes, in order."""
    return b"".join(key.to_bytes(_BYTES) for key in sorted(keys))


def unpack(data: bytes) -> frozenset[int]:
    """Return the keys that bytes hold."""
    return frozenset(int.from_bytes(data[n : n + _BYTES]) for n in range(0, len(data) - _BYTES + 1, _BYTES))


def _decoded(text: str) -> frozenset[int]:
    import base64

    try:
        return unpack(base64.urlsafe_b64decode(text))
    except ValueError:  # a person edited it
        return frozenset()


def _commit_id(text: str) -> str:
    return text if len(text) in {40, 64} and set(text) <= set("0123456789abcdef") else ""


def _number(text: str) -> int:
    try:
        return int(text, 16) & ((1 << BITS) - 1)
    except ValueError:
        return 0
