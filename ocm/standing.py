"""Where decisions and problems stand, as the cache has them: the ledger of one store. Light, because the brief asks."""

from dataclasses import dataclass

from ocm import ledger
from ocm.index import Index
from ocm.index.landed import DECISION, PROBLEM
from ocm.ledger import Entry, State


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every decision and every problem of a store, the oldest first."""

    decisions: list[State]
    problems: list[State]

    def of(self, file: str) -> list[State]:
        """Return the decisions of one session."""
        return [state for state in self.decisions if state.entry.file == file]

    def ended(self, file: str) -> dict[str, State]:
        """Return the items of one session that are no longer in force, by their texts."""
        both = [*self.decisions, *self.problems]
        return {state.entry.text: state for state in both if state.entry.file == file and not state.in_force}


def read(cache: Index, project: str) -> Ledger:
    """Return the ledger, of a user store only what belongs to `project`."""
    links = cache.links(project)
    decided, met = (
        [Entry(item.file, item.number, item.text, item.at) for item in links.items(kind)]
        for kind in (DECISION, PROBLEM)
    )
    return Ledger(ledger.decisions(decided), ledger.problems(met, decided))
