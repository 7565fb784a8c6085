"""The laws of changes by hand: no line that anybody wrote is lost, and undo brings back every byte.

Whatever is changed, the cache that is kept in step answers as one that is made anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.base.errors import OcmError, UnreadableSessionError
from ocm.index import access
from ocm.markdown import parse, render
from ocm.markdown.line_merge import merged
from ocm.sessions import by_hand, copies, hand_edits
from ocm.sessions.hand_edits import Labels
from tests.laws.edits import edited_files
from tests.laws.strategies import items, lines, sessions
from tests.support.session_store import make_store, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocm.store.paths import Store

# Each example writes a store, durably.
SLOWER = settings(max_examples=min(30, settings().max_examples), deadline=None)


@contextlib.contextmanager
def stored(one: str, two: str) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder))
        put(store, "one.md", one)
        put(store, "two.md", with_id(two, "other"))
        yield store


def with_id(text: str, session_id: str) -> str:
    return render.update(text, replace(parse.parse(text), session_id=session_id))


def held(store: Store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(store.sessions).iterdir()}


def by_persons(*texts: str) -> list[str]:
    """Return the marks by which the lines of a person are known again, wherever they end up."""
    return sorted({mark for text in texts for mark in re.findall(r"@+\d+", text)})


_changes = st.one_of(
    st.tuples(st.just("note"), items),
    st.tuples(st.just("todo"), items),
    st.tuples(st.just("label"), st.builds(Labels, st.none() | lines, st.lists(lines, max_size=2), st.just(()), st.none() | st.booleans())),
    st.tuples(st.just("merge"), st.booleans()),
    st.tuples(st.just("done"), st.booleans()),
)  # fmt: skip


def change(store: Store, kind: str, value: Any) -> None:
    if kind == "note":
        hand_edits.note(store, value)
    elif kind == "todo":
        hand_edits.add(store, value)
    elif kind == "label":
        hand_edits.label(store, store, "0f6c", value)
    elif kind == "merge":
        copies.join(store, *(["one.md", "two.md"] if value else ["two.md", "one.md"]))
    else:
        pending = parse.parse(Path(store.sessions, "one.md").read_bytes().decode()).work_pending
        hand_edits.finish(store, [("0f6c", n, text) for n, text in enumerate(pending[:1])], done=value)


@SLOWER
@given(edited_files(), edited_files(), st.lists(_changes, min_size=1, max_size=3))
def test_whatever_is_changed_by_hand_undo_brings_back_byte_for_byte(
    one: str, two: str, changes: list[tuple[str, Any]]
) -> None:
    try:
        with_id(two, "other")
    except UnreadableSessionError:
        return
    with stored(one, two) as store:
        states = [held(store)]
        for kind, value in changes:
            with contextlib.suppress(OcmError, OSError):  # what a file leaves open would swallow; what is gone by now
                change(store, kind, value)
            if held(store) != states[-1]:
                states.append(held(store))
        while len(states) > 1:
            assert held(store) == states.pop()
            assert answers(store) == anew(store)
            by_hand.undo(store, by_hand.last(store))
        assert held(store) == states[0]
        assert answers(store) == anew(store)


def answers(store: Store) -> list[object]:
    return access.read(
        store,
        lambda cache: [
            [(row.file, row.as_json(), row.pinned, cache.texts(row.row)) for row in cache.sessions()],
            sorted(cache.merged_ids()),
            cache.links().items("decision"),
            cache.find("other")[:1] and cache.find("other")[0].file,
        ],
    )


def anew(store: Store) -> list[object]:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(store.database)
    return answers(store)


@SLOWER
@given(edited_files(), edited_files(), st.booleans())
def test_merging_two_sessions_loses_no_line_of_a_person_and_no_item(one: str, two: str, first: bool) -> None:
    try:
        other = with_id(two.replace("@", "@@"), "other")
    except UnreadableSessionError:
        return
    with stored(one, other) as store:
        before = held(store)
        names = ["one.md", "two.md"] if first else ["two.md", "one.md"]
        try:
            copies.join(store, *names)
        except OcmError:
            assert held(store) == before
            return
        ((name, data),) = held(store).items()
        text = data.decode()
        assert name == names[0]
        assert by_persons(text) == by_persons(one, other)
        whole, parts = parse.parse(text), [parse.parse(one), parse.parse(other)]
        for part in parts:
            assert set(part.decisions) <= set(whole.decisions)
            assert set(part.problems) <= set(whole.problems)
            assert set(part.work_summary) <= set(whole.work_summary)
            assert set(part.work_pending) <= {*whole.work_pending, *whole.work_completed}
            assert set(part.work_completed) <= set(whole.work_completed)
        assert not set(whole.work_pending) & set(whole.work_completed) - set(parts[0].work_pending) - set(
            parts[1].work_pending
        )


@SLOWER
@given(sessions(), lines, items)
def test_what_is_typed_and_what_is_stored_meanwhile_both_stay_or_it_is_refused(
    session: Any, title: str, decision: str
) -> None:
    base = render.render(session)
    typed = render.update(base, replace(session, title=title))
    stored_now = render.update(base, replace(session, decisions=[*session.decisions, decision]))
    both = merged(base, typed, stored_now)
    if both is not None:
        found = parse.parse(both)
        assert found.title == title
        assert decision in found.decisions
