"""Where decisions and problems stand, as the cache has them: the ledger of one store. Light, because the brief asks."""

from collections.abc import Iterable
from typing import NamedTuple

from ocm.index.file_format import quoted
from ocm.index.links import DECISION, PROBLEM, Item
from ocm.index.queries import ENDING, Index
from ocm.provenance import ledger
from ocm.provenance.ledger import Entry, State


class Ledger(NamedTuple):
    """Every decision and every problem of a store, the oldest first."""

    decisions: list[State]
    problems: list[State]

    def of(self, file: str) -> list[State]:
        """Return the decisions of one session."""
        return [state for state in self.decisions if state.entry.file == file]


_NOBODY = "ocm0nobody0says0this"


def read(cache: Index, project: str) -> Ledger:
    """Return the ledger, of a user store only what belongs to `project`."""
    links = cache.links(project)
    decided, met = (_entries(links.items(kind)) for kind in (DECISION, PROBLEM))
    return Ledger(ledger.decisions(decided), ledger.problems(met, decided))


def ended(cache: Index, project: str, file: str, texts: Iterable[str] = ()) -> dict[str, State]:
    """Return the items of one session that are no longer in force, by their texts; reads only who could end them.

    With `texts`, the items themselves, that is who names one of their labels: in a large store many say that something
    was fixed.
    """
    links = cache.links(project)
    rows = links.saying(file, f"({ENDING}){_naming(texts)}")
    decided, met = (_entries(links.items(kind, rows)) for kind in (DECISION, PROBLEM))
    states = [*ledger.decisions(decided), *ledger.problems(met, decided)]
    return {state.entry.text: state for state in states if state.entry.file == file and not state.in_force}


def _naming(texts: Iterable[str]) -> str:
    items = list(texts)
    labels = sorted({found for text in items if (found := ledger.label(text)) and any(map(str.isalnum, found))})
    phrases = " OR ".join(map(quoted, labels or [_NOBODY]))
    return f" AND ({phrases})" if items else ""


def _entries(items: list[Item]) -> list[Entry]:
    return [Entry(*item) for item in items]
