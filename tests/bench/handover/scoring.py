"""What a brief told of what was expected: phrases found, and phrases that were told as something they are not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .model import Expected, Fact, Forbidden
from .words import plain

CHARACTERS_A_TOKEN = 4
_NOT_ENDED = re.compile(r"\b(?:to be|not yet|not|nobody|never|be) (?:yet )?(?:done|finished|completed|solved|fixed)\b")
_ENDED = re.compile(
    r"\b(?:done|finished|completed|solved|fixed|ticked(?: off)?|dropped|(?:superseded|replaced|ended) by)\b|\[x\]|[✓✔]"
)
_COMMITS = re.compile(r"^#*\s*(?:\w+ ){0,2}commits\b")
_UNCOMMITTED = re.compile(r"\b(?:not committed|uncommitted|not yet committed)\b")
_UNSAVED = re.compile(r"\b(?:not saved|unsaved|not yet saved)\b")
_GONE = re.compile(r"\b(?:gone|deleted|missing)\b")
_UNMERGED = re.compile(r"\b(?:unmerged|not (?:yet )?merged|not (?:yet )?landed|never merged)\b")
_SAYING = {"not committed": _UNCOMMITTED, "not saved": _UNSAVED, "gone": _GONE, "not merged": _UNMERGED}
_FILES = re.compile(r"^(?:- )?(?:its )?files\b[^:]*:")
_SESSION = re.compile(r"^(?:- )?session\b")


@dataclass(frozen=True)
class Line:
    """A line of a brief as it is compared, under which heading it stands, and which session that is about."""

    text: str
    heading: str
    about: str


@dataclass(frozen=True)
class Score:
    """How one brief came out."""

    told: tuple[Fact, ...]
    missed: tuple[Fact, ...]
    false: tuple[Forbidden, ...]
    tokens: int

    @property
    def share(self) -> float:
        """Return how much of what is needed was told."""
        return len(self.told) / max(1, len(self.told) + len(self.missed))


def score(brief: str, expected: Expected, ids: dict[str, str]) -> Score:
    """Return how `brief` does; `ids` has the id of each session of the history."""
    lines = list(read(brief))
    told = [fact for fact in expected.facts if _is_told(fact, lines)]
    missed = [fact for fact in expected.facts if fact not in told]
    false = [one for one in expected.forbidden if _is_said(one, lines, ids)]
    return Score(tuple(told), tuple(missed), tuple(false), -(-len(brief) // CHARACTERS_A_TOKEN))


def read(brief: str) -> Iterable[Line]:
    """Return the lines with what stands above them."""
    heading = about = ""
    for raw in brief.splitlines():
        text = plain(raw)
        is_item = raw.lstrip().startswith(("-", "*", "•")) or raw.startswith(" ")
        if not text or _SESSION.match(text):
            heading, about = "", text
        elif not is_item and (text.endswith(":") or text.startswith("#")):
            heading = text
        yield Line(text, heading, about)


def _is_told(fact: Fact, lines: Sequence[Line]) -> bool:
    found = [line for line in lines if fact.key in line.text]
    return any(not (fact.holds and _says_ended(line, fact)) for line in found)


def _is_said(one: Forbidden, lines: Sequence[Line], ids: dict[str, str]) -> bool:
    found = [line for line in lines if one.key in line.text]
    if saying := _SAYING.get(one.kind):
        return any(saying.search(line.text.replace(one.key, " ")) or saying.search(line.heading) for line in found)
    if one.kind == "holds":
        return bool(found) and all(_says_ended(line, one) for line in found)
    if one.kind == "other's file":
        return any(_is_of_another(line, ids, one.who) for line in found)
    if one.kind == "only asked":
        return bool(found)
    return any(not _says_ended(line, one) for line in found)


def _is_of_another(line: Line, ids: dict[str, str], who: str) -> bool:
    """Tell whether a file stands among those of a session that is named above, and it is not the one that touched it."""
    own = ids[who][:8].casefold()
    names = [ids[other][:8].casefold() for other in ids if other != who]
    return bool(_FILES.match(line.text)) and any(name in line.about for name in names) and own not in line.text


def _says_ended(line: Line, told: Fact | Forbidden) -> bool:
    beside = _NOT_ENDED.sub(" ", _without(line.text, told))
    above = _NOT_ENDED.sub(" ", line.heading)
    return bool(_ENDED.search(beside) or _ENDED.search(above) or _COMMITS.match(line.heading))


def _without(line: str, told: Fact | Forbidden) -> str:
    """Return a line without what it tells, whose own words say nothing of how it stands; it may be cut short there."""
    before, _, after = line.partition(told.key)
    rest = plain(told.text).removeprefix(told.key)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(rest, after, strict=False)))
    return f"{before} {after[same:]}"
