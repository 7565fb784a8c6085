"""What this search is set against: FTS5's own ranking with the words joined by OR, and the reference system as shipped."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from tests.bench import sides, stores
from tests.bench.retrieval import sets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ocm.base.model import Session

_WORD = re.compile(r"[^\W_]+")
_ASK_REFERENCE = """
import json, sys
from ocm.tools import search
for line in sys.stdin:
    found = search.ocm__search_sessions(json.loads(line), limit=5)
    print(json.dumps([hit["session_id"] for hit in found] if isinstance(found, list) else []))
"""


def porter(records: Sequence[sets.Record], texts: Sequence[str]) -> list[list[str]]:
    """Return the answers of one FTS5 column with stemming, the words of a question joined by OR."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE f USING fts5(text, tokenize='porter unicode61 remove_diacritics 2')")
        whole = ("\n".join([one["title"], *one["sections"].values(), *one["files"]]) for one in records)
        db.executemany("INSERT INTO f(rowid, text) VALUES(?, ?)", enumerate(whole))
        return [[records[row]["id"] for row in _best(db, text)] for text in texts]


def _best(db: sqlite3.Connection, text: str) -> list[int]:
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text))
    expression = " OR ".join(f'"{word}"' for word in words)
    sql = "SELECT rowid FROM f WHERE f MATCH ? ORDER BY bm25(f), rowid LIMIT 10"
    return [row for (row,) in db.execute(sql, (expression,))] if words else []


def reference(folder: Path, records: Sequence[sets.Record], texts: Sequence[str]) -> list[list[str]]:
    """Return what the reference system finds, by its own code and in its own database."""
    side = sides.Reference(sides.install_reference(), folder)
    project = side.project()
    stores.write_reference(project / sides.STORE / "memory.db", map(_in_its_fields, records))
    command = [str(side.commands / "python"), "-c", _ASK_REFERENCE]
    asked = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(
        command, input=asked, env=side.environment, cwd=project, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _in_its_fields(record: sets.Record) -> Session:
    """Return a record as the reference can hold it: it knows no title, and no section of another name."""
    session = sets.session_of(record)
    session.goal = f"{session.title}\n{session.goal}"
    return session
