"""What `related` is good for: whether a session's next commit touches a file of one of its top five.

Real sessions arrive one after another in one store. After each, what is related to it is asked for, and looked up
whether the next commit touches a file of one of these. Beside it stand the two lists that anybody could make: the five
sessions with the most files in common, and the latest five.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ocm.provenance import related
from tests.bench.retrieval import sets, tokens

if TYPE_CHECKING:
    from pathlib import Path

MANY, FIRST = 5, 20  # sessions in a list; in the store before the first one is judged


@dataclass
class Hits:
    """How many of the lists held a file of the next commit."""

    judged: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def share(self, name: str) -> float:
        """Return the share of one kind of list."""
        return self.found[name] / max(1, self.judged)


def measure(found: sets.RecordSet, root: Path, most: int = 100_000) -> Hits:
    """Let the sessions of a set arrive in the order of their dates."""
    records = sorted(found.records, key=lambda record: (record["date"], record["id"]))[:most]
    store = sets.build(root, [])
    hits, files, having = Hits(), dict[str, set[str]](), defaultdict[str, list[str]](list)
    for number, record in enumerate(records):
        tokens.arrive(store, record, number)
        own, upcoming = set(record["files"]), set(records[number + 1]["files"] if number + 1 < len(records) else [])
        if number >= FIRST and own and upcoming:
            shared = Counter(name for path in own for name in having[path])
            place = {name: at for at, name in enumerate(files)}
            lists = {
                "related": [row["session_id"] for row in related.related(store, record["id"], MANY)],
                "same files": sorted(shared, key=lambda name: (-shared[name], -place[name]))[:MANY],
                "latest": list(files)[-MANY:],
            }
            hits.judged += 1
            for name, some in lists.items():
                hits.found[name] += any(files[one] & upcoming for one in some)
        files[record["id"]] = own
        for path in own:
            having[path].append(record["id"])
    return hits
