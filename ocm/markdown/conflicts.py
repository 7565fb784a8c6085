"""Session files in which git left conflict markers: both sides are read, and united."""

import re
from typing import NamedTuple

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import unite
from ocm.markdown.facts import NAME as FACTS

OTHER_SIDE = "the other side of a merge"
_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
# Which marker is met where, and what follows it: both sides, ours, what they had in common, theirs.
_BOTH, _IN_OURS, _IN_BASE, _IN_THEIRS = range(4)
_NEXT = {
    (_BOTH, _OURS): _IN_OURS,
    (_IN_OURS, _BASE): _IN_BASE,
    (_IN_OURS, _MIDDLE): _IN_THEIRS,
    (_IN_BASE, _MIDDLE): _IN_THEIRS,
    (_IN_THEIRS, _THEIRS): _BOTH,
}


class Sides(NamedTuple):
    """The two texts that a file with conflict markers stands for."""

    ours: str
    theirs: str


def sides(text: str) -> Sides | None:
    """Return the two sides of a file; None for one without conflicts, or where a marker is missing.

    What stands in a code block is somebody's example; but the facts are one too, and every merge meets there.
    """
    if f"\n{_OURS}" not in text:
        return None
    ours: list[str] = []
    theirs: list[str] = []
    state, fence, met = _BOTH, "", False
    for line in text.split("\n"):
        marker = _MARKER.fullmatch(line.removesuffix("\r"))
        if marker and not (fence and state == _BOTH) and (state, marker[1]) in _NEXT:
            state, met = _NEXT[state, marker[1]], True
            continue
        if state in {_BOTH, _IN_OURS}:
            ours.append(line)
            fence = _fence(fence, line)
        if state in {_BOTH, _IN_THEIRS}:
            theirs.append(line)
    return Sides("\n".join(ours), "\n".join(theirs)) if met and state == _BOTH else None


def _fence(fence: str, line: str) -> str:
    """Return the fence that is open behind a line, empty for none; that of the facts does not count."""
    found = _FENCE.match(line.rstrip())
    if not found:
        return fence
    if not fence:
        return "" if found[2].strip() == FACTS else found[1]
    return "" if found[1].startswith(fence) and not found[2].strip() else fence


def resolved(text: str) -> str:
    """Return a text without conflicts that says what both of its sides say; itself where it has none.

    A text of which a side cannot be read comes back as it is, so that its reader says where.
    """
    found = sides(text)
    if found is None:
        return text
    try:
        newer, older = unite.newest_first(found)
        return unite.united(newer, older, OTHER_SIDE)
    except UnreadableSessionError:
        return text
