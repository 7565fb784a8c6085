"""The ledger of decisions and problems: which are in force, which a later one superseded or solved. Pure.

An item has a label when it begins with one (`**Label:** why`), and says in words which earlier one it replaces:
`Supersedes: Label`, `solves "Label"`. Nothing is ever deleted by this; the earlier item stays in its file as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ocm.markdown.item_labels import SOLVES, SUPERSEDES, folded, is_struck, label, labels, says_solved

__all__ = ["Entry", "State", "decisions", "label", "problems"]


class Entry(NamedTuple):
    """One item of a session: its text, its place there, when it was recorded (epoch seconds), and who it is from."""

    file: str
    number: int
    text: str
    at: float
    origin: str = ""


class State(NamedTuple):
    """An item and what ended it, if anything did; a problem that says itself how it was solved is `done` alone."""

    entry: Entry
    by: Entry | None = None
    done: bool = False

    @property
    def in_force(self) -> bool:
        """Whether a decision still binds, or a problem is still open."""
        return self.by is None and not self.done


def decisions(entries: Sequence[Entry]) -> list[State]:
    """Return every decision, the oldest first as they came, with what superseded it."""
    states = _ended(entries, entries, lambda text: labels(SUPERSEDES, text))
    return [one._replace(done=is_struck(one.entry.text)) for one in states]


def problems(entries: Sequence[Entry], others: Iterable[Entry]) -> list[State]:
    """Return every problem with what solved it: another problem's entry, or one of `others`, such as a decision."""
    said = sorted([*entries, *others], key=_order)
    states = _ended(entries, said, lambda text: labels(SOLVES, text))
    solving = {_key(one.by) for one in states if one.by}
    return [
        State(one.entry, one.by, done=bool(one.by) or _key(one.entry) in solving or _is_over(one.entry.text))
        for one in states
    ]


def _is_over(text: str) -> bool:
    return says_solved(text) or is_struck(text)


def _ended(entries: Sequence[Entry], said: Sequence[Entry], names: Callable[[str], Iterator[str]]) -> list[State]:
    by_label: dict[str, list[Entry]] = {}
    for entry in entries:
        by_label.setdefault(folded(label(entry.text)), []).append(entry)
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
