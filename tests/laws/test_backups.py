"""The law of backups: whatever a store holds, its export brings back elsewhere, and again changes nothing."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.index import access
from ocm.sessions import archive, backups, export_format, export_import, forget
from ocm.store import forgotten
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

_ODD = (
    "Why is CI slow? (draft)",
    "a*b",
    'say "hi"',
    "a|b",
    "x" * 240,
    "con\nline",
    "caf\udce9",
    " lead",
    "naïve 修",
    "plain",
)
_names = st.sampled_from(_ODD) | st.text("ab. -é:<>\t", min_size=1, max_size=8)
_ids = st.sampled_from(["A", "B", "C"])
_stamps = st.sampled_from([f"2026-03-0{day}T00:00:00+00:00" for day in range(1, 5)])
_ended = ["**X:** a", "**Y:** b; supersedes X", "~~**Z:** c~~"]
_sessions = st.builds(
    session,
    _ids,
    updated_at=_stamps,
    decisions=st.lists(st.sampled_from(_ended), unique=True),
    goal=st.text("gé", max_size=3),
)
_broken = st.sampled_from(["---\nocm: 1\nsession_id: A\ntags: [\n---\n", "---\nocm: 9\nsession_id: B\n---\n"])
_stores = st.lists(st.tuples(_names, _sessions | _broken, st.booleans()), max_size=4)


@contextlib.contextmanager
def _made(parts: list[tuple[str, Any, bool]]) -> Iterator[tuple[Store, Store, str]]:
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder, "one"))
        os.makedirs(archive.archive_of(store).sessions)
        for n, (name, content, archived) in enumerate(parts):
            place = archive.archive_of(store) if archived else store
            with contextlib.suppress(OSError, ValueError):  # a name that this system does not take
                put(place, f"{n}{name}.md".replace("/", "-"), content)
        yield store, make_store(Path(folder, "two")), os.path.join(folder, "all.json")


def _texts(store: Store) -> list[tuple[str, bool]]:
    entries, _ = export_format.collect(store)
    return sorted((entry.text, entry.archived) for entry in entries)


def _listed(store: Store) -> list[dict[str, Any]]:
    rows = access.read(store, lambda cache: cache.sessions())
    return [{**row.as_json(), "markdown_path": ""} for row in rows]


@settings(max_examples=25)
@given(_stores)
def test_what_an_export_wrote_comes_back_letter_for_letter(parts: list[tuple[str, Any, bool]]) -> None:
    with _made(parts) as (store, other, file):
        exported = export_import.export_store(store, file)
        moved = export_import.import_sessions(other, file)
        assert (exported.troubles, moved.troubles, moved.kept) == ([], [], [])
        assert {text for text, _ in _texts(other)} == {text for text, _ in _texts(store)}
        assert _listed(other) == _listed(store)
        assert len(_texts(other)) == len(moved.written)
        again = export_import.import_sessions(other, file)
        assert (again.written, again.kept) == ([], [])
        assert export_import.import_sessions(other, file, replace=True).written == []


@settings(max_examples=25)
@given(_stores)
def test_what_a_safety_copy_holds_comes_back_but_for_what_was_forgotten(parts: list[tuple[str, Any, bool]]) -> None:
    with _made(parts) as (store, other, _):
        copy = backups.create(store, "test")
        before = {text for text, _ in _texts(store)}
        forgotten.add(other, "A")
        export_import.import_sessions(other, copy)
        readable = {row["session_id"] for row in _listed(other)}
        assert "A" not in readable
        assert {text for text, _ in _texts(other)} <= before
        forget.forget(store, "A")
        assert export_import.import_sessions(make_store(Path(other.root, "three")), copy).troubles == []
