"""Strings made from a small pattern, the same ones at every run: no secret, not even a made-up one, lies in the repository."""

import random
import re

_PART = re.compile(r"\[([^\]]+)\](?:\{(\d+)\})?|(.)", re.DOTALL)
_RANGE = re.compile(r"(\w)-(\w)|(.)")


def made(pattern: str, seed: str) -> str:
    """Return a string of `pattern`: literal characters, and classes such as `[A-Z2-7]{16}`; the same for the same seed.

    A `¦` is left out: it breaks what a scanner of this repository would take for a secret.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    parts = []
    for letters, count, literal in _PART.findall(pattern.replace("¦", "")):
        parts.append(literal or "".join(chance.choices(_alphabet(letters), k=int(count or 1))))
    return "".join(parts)


def _alphabet(letters: str) -> str:
    parts = []
    for first, last, single in _RANGE.findall(letters):
        parts.append(single or "".join(map(chr, range(ord(first), ord(last) + 1))))
    return "".join(parts)
