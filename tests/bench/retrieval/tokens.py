"""What a brief saves, and whether it still names what the next commit needs.

Real sessions arrive one after another in one store. After each, the brief that the next conversation would begin with
is set against the full text of all sessions so far, and it is looked up whether it names a file of the next commit.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocm.index import checkpoint_queries
from ocm.recall import brief
from tests.bench.retrieval import sets

if TYPE_CHECKING:
    from ocm.store.paths import Store

CHARACTERS_A_TOKEN = 4
FIRST = 20  # sessions in the store before the first brief is judged
TOKENS = 600


@dataclass
class Saved:
    """What came of it, a number a brief each."""

    brief_tokens: list[float]
    history_tokens: list[float]
    named_tokens: list[float]
    named: list[bool]

    @property
    def against_history(self) -> float:
        """How much shorter the briefs are than the whole history, in the middle."""
        return statistics.median(
            1 - mine / all_ for mine, all_ in zip(self.brief_tokens, self.history_tokens, strict=True)
        )

    @property
    def against_named(self) -> float:
        """How much shorter they are than the sessions that they name."""
        return statistics.median(
            1 - mine / all_ for mine, all_ in zip(self.brief_tokens, self.named_tokens, strict=True)
        )

    @property
    def needed(self) -> float:
        """The share of the briefs that name a file of the next commit."""
        return sum(self.named) / len(self.named)


def measure(found: sets.RecordSet, root: Path, *, tokens: int = TOKENS) -> Saved:
    """Let the sessions of a set arrive in the order of their dates."""
    records = sorted(found.records, key=lambda record: (record["date"], record["id"]))
    store = sets.build(root, [])
    saved = Saved([], [], [], [])
    texts: dict[str, int] = {}
    for number, record in enumerate(records):
        texts[record["id"]] = len(arrive(store, record, number))
        upcoming = records[number + 1]["files"] if number + 1 < len(records) else []
        if number >= FIRST and upcoming:
            _judge(saved, _brief(store, tokens), texts, upcoming)
    return saved


def arrive(store: Store, record: sets.Record, number: int) -> str:
    when = f"{record['date']}T{number // 60 % 24:02}:{number % 60:02}:00+00:00"
    text = sets.text_of(record, when=when)
    Path(os.path.join(store.sessions, f"{number:06}.md")).write_bytes(text.encode())
    checkpoint_queries.refresh(store, f"{number:06}.md")
    return text


def _brief(store: Store, tokens: int) -> str:
    return brief.brief(store, branch="", session_id=None, tokens=tokens)


def _judge(saved: Saved, said: str, texts: dict[str, int], upcoming: list[str]) -> None:
    saved.brief_tokens.append(len(said) / CHARACTERS_A_TOKEN)
    saved.history_tokens.append(sum(texts.values()) / CHARACTERS_A_TOKEN)
    named = [size for name, size in texts.items() if name in said]
    saved.named_tokens.append(sum(named) / CHARACTERS_A_TOKEN or 1.0)
    saved.named.append(any(path in said for path in upcoming))
