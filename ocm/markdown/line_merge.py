"""Two changes of one text, made at the same time, in one: line by line, and only where they do not meet. Pure."""

from difflib import SequenceMatcher
from typing import NamedTuple


class _Hunk(NamedTuple):
    """Lines of the text that both began from, and what became of them."""

    start: int
    end: int
    lines: list[str]

    @property
    def only_adds(self) -> bool:
        return self.start == self.end


def merged(base: str, mine: str, theirs: str) -> str | None:
    """Return what both made of `base`; None where both changed the same lines, or lines next to each other.

    What both added at one place stays, mine behind theirs; what both did alike is done once.
    """
    old = base.split("\n")
    left, right = _hunks(old, mine), _hunks(old, theirs)
    left = [one for one in left if one not in right]
    result: list[str] = []
    at = 0
    for one in sorted([*right, *left], key=lambda hunk: (hunk.start, hunk.end)):
        if any(_meet(one, other) for other in (left if one in right else right)):
            return None
        result += [*old[at : one.start], *one.lines]
        at = one.end
    return "\n".join([*result, *old[at:]])


def _hunks(old: list[str], text: str) -> list[_Hunk]:
    new = text.split("\n")
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [_Hunk(a, a_end, new[b:b_end]) for kind, a, a_end, b, b_end in codes if kind != "equal"]


def _meet(one: _Hunk, other: _Hunk) -> bool:
    if one.only_adds and other.only_adds:
        return False
    return one.start <= other.end and other.start <= one.end
