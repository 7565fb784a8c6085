"""The ledger of decisions and problems: which are in force, which a later one superseded or solved. Pure.

An item has a label when it begins with one (`**Label:** why`), and says in words which earlier one it replaces:
`Supersedes: Label`, `solves "Label"`. Nothing is ever deleted by this; the earlier item stays in its file as it was.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

_LABEL = re.compile(r"\s*(?:\*\*|__)(?P<bold>[^*\n]{1,200}?)(?:\*\*|__)|\s*(?P<plain>[^:\n*`]{1,80}?):\s")
_NAMED = (
    r"[:\s]\s*(?:\*\*(?P<bold>[^*\n]+)\*\*|[\"“](?P<quoted>[^\"”\n]+)[\"”]|`(?P<code>[^`\n]+)`|(?P<plain>[^.;)\n]+))"
)
_SUPERSEDES = re.compile(r"\bsupersedes" + _NAMED, re.IGNORECASE)
_SOLVES = re.compile(r"\b(?:solves|solved|fixes|fixed)" + _NAMED, re.IGNORECASE)
_SOLVED = re.compile(
    r"^\W*(?:solved|fixed)\b|\b(?:fix|solution|solved|fixed)\s*:\s*\S|[(\[](?:solved|fixed)[)\]]", re.IGNORECASE
)
_NOT_SOLVED = re.compile(r"\bnot (?:yet )?(?:solved|fixed)\b|\b(?:unsolved|unfixed)\b", re.IGNORECASE)
_EDGES = " \t*_`\"'“”:.,;()[]"


class Entry(NamedTuple):
    """One item of a session: its text, its place there, and when it was recorded (epoch seconds)."""

    file: str
    number: int
    text: str
    at: float


class State(NamedTuple):
    """An item and what ended it, if anything did; a problem that says itself how it was solved is `done` alone."""

    entry: Entry
    by: Entry | None = None
    done: bool = False

    @property
    def in_force(self) -> bool:
        """Whether a decision still binds, or a problem is still open."""
        return self.by is None and not self.done


def label(text: str) -> str:
    """Return the label that an item begins with, empty when it has none."""
    found = _LABEL.match(text)
    return _trimmed(found["bold"] or found["plain"]) if found else ""


def decisions(entries: Sequence[Entry]) -> list[State]:
    """Return every decision, the oldest first as they came, with what superseded it."""
    return _ended(entries, entries, lambda text: _labels(_SUPERSEDES, text))


def problems(entries: Sequence[Entry], others: Iterable[Entry]) -> list[State]:
    """Return every problem with what solved it: another problem's entry, or one of `others`, such as a decision."""
    said = sorted([*entries, *others], key=_order)
    states = _ended(entries, said, lambda text: _labels(_SOLVES, text))
    solving = {_key(one.by) for one in states if one.by}
    return [
        State(one.entry, one.by, done=bool(one.by) or _key(one.entry) in solving or _says_solved(one.entry.text))
        for one in states
    ]


def _says_solved(text: str) -> bool:
    return bool(_SOLVED.search(text)) and not _NOT_SOLVED.search(text)


def _ended(entries: Sequence[Entry], said: Sequence[Entry], names: Callable[[str], Iterator[str]]) -> list[State]:
    by_label: dict[str, list[Entry]] = {}
    for entry in entries:
        by_label.setdefault(_folded(label(entry.text)), []).append(entry)
    ended: dict[tuple[str, int, str], Entry] = {}
    for later in said:
        for name in names(later.text):
            for earlier in by_label.get(name, ()):
                if _order(earlier) < _order(later):
                    ended.setdefault(_key(earlier), later)
    return [State(entry, ended.get(_key(entry))) for entry in entries]


def _key(entry: Entry) -> tuple[str, int, str]:
    return entry.file, entry.number, entry.text


def _order(entry: Entry) -> tuple[float, str, int]:
    return entry.at, entry.file, entry.number


def _labels(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Return the labels that an item names behind a word, as they are compared."""
    for found in pattern.finditer(text):
        name = next(value for value in found.groupdict().values() if value is not None)
        if folded := _folded(name):
            yield folded


def _trimmed(text: str) -> str:
    return " ".join(text.split()).strip(_EDGES)


def _folded(text: str) -> str:
    return _trimmed(text).casefold()
