"""The journal: whole lines, counted once, taken over without a gap, and tolerant of whatever stands in it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ocm.store import gate, journal

fcntl: Any = pytest.importorskip("fcntl") if sys.platform != "win32" else None


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path)


def append(store: str, *kinds: str, session: str = "S", **fields: object) -> None:
    journal.append(store, session, [journal.event(kind, **fields) for kind in kinds])


def counts(store: str, session: str = "S", *, changes_only: bool = False) -> tuple[int, int, int]:
    tally = gate.tally(store, session, changes_only=changes_only)
    return tally.calls, tally.due, tally.denials


def active(store: str, session: str = "S") -> Path:
    return Path(journal.active_path(store, session))


# --- names


@pytest.mark.parametrize("session", ["a", "A-b_9", "x" * 100, "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10"])
def test_a_plain_id_is_its_own_key(session: str) -> None:
    assert journal.key(session) == session


@pytest.mark.parametrize("session", ["", "x" * 101, "a.b", "a/b", "..", "ü", "a b", "a\n", "\ud800", "a\x00"])
def test_any_other_id_is_named_by_its_hash(session: str) -> None:
    key = journal.key(session)
    assert key.startswith("x-")
    assert len(key) == 34
    assert journal.key(key) == key


# --- lines


def test_an_event_leaves_out_what_is_empty() -> None:
    event = journal.event("call", m=0, tool="Read", path="", id=None, deleted=[])
    assert list(event) == ["e", "m", "t", "tool", "deleted"]


def test_a_line_is_ascii_and_ends_the_file(store: str) -> None:
    append(store, "prompt", title="日本語\n\ud800")
    data = active(store).read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")


def test_a_header_comes_first_and_only_into_an_empty_journal(store: str) -> None:
    for _ in range(2):
        journal.append(store, "S", [journal.event("call")], journal.event("open", session="S"))
    assert [event["e"] for event in journal.read_events(store, "S")] == ["open", "call", "call"]


def test_an_empty_journal_counts_as_new(store: str) -> None:
    assert journal.is_new(store, "S")
    active(store).touch()
    assert journal.is_new(store, "S")
    append(store, "call")
    assert not journal.is_new(store, "S")


def test_a_torn_line_does_not_swallow_the_next(store: str) -> None:
    append(store, "call")
    with active(store).open("ab") as file:
        file.write(b'{"e":"call","m":1,"t":17')
    append(store, "call")
    events, rejected = journal.parse(active(store).read_bytes())
    assert [event["e"] for event in events] == ["call", "call"]
    assert rejected == [b'{"e":"call","m":1,"t":17']


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits there")
def test_a_full_disk_is_an_error(store: str) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="disk is full"):
            append(store, "call")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    append(store, "call")
    assert [event["e"] for event in journal.read_events(store, "S")] == ["call"]


@pytest.mark.parametrize("line", [
    b"", b"null", b"7", b"[]", b"{", b"\xff", b"\x00", b'{"e":' * 50_000, b'"call"', b'{"e":["call"]}', b'{"e":null}', b'{"e":{}}',
])  # fmt: skip
def test_a_line_that_is_no_event_is_passed_over(line: bytes) -> None:
    assert journal.parse_line(line) is None


# --- counting


def test_calls_are_counted_and_other_lines_are_not(store: str) -> None:
    append(store, "open", "call", "sub", "edit", "prompt", "stop", "ask", "call")
    assert counts(store) == (2, 2, 0)


def test_only_changes_are_counted_if_that_is_wanted(store: str) -> None:
    append(store, "call", m=1)
    append(store, "call", m=0)
    assert counts(store, changes_only=True) == (1, 1, 0)
    assert counts(store) == (2, 2, 0)


def test_a_release_starts_the_count_of_the_gate_again(store: str) -> None:
    append(store, "call", "call", "deny", "prompt", "deny", "release", "call")
    assert counts(store) == (3, 1, 0)


@pytest.mark.parametrize(
    ("between", "denials"), [([], 1), (["sub"], 1), (["edit"], 1), (["call"], 2), (["prompt"], 2), (["ask"], 2)]
)
def test_calls_that_are_held_back_with_nothing_between_them_are_one_denial(
    store: str, between: list[str], denials: int
) -> None:
    append(store, "deny", "deny", *between, "deny")
    assert counts(store)[2] == denials


def test_a_denial_is_another_one_after_the_time_in_which_a_model_can_answer(store: str) -> None:
    for at in (100, 101, 102, 104, 99, 100.4):
        append(store, "deny", t=at)
    assert counts(store)[2] == 2


def test_more_calls_than_anybody_sends_at_once_are_several_steps(store: str) -> None:
    append(store, *["deny"] * (gate.STEP_CALLS * 2 + 1))
    assert counts(store)[2] == 3


def test_a_call_counts_once_whoever_tells_of_it(store: str) -> None:
    for kind, name in (("call", "a"), ("call", "a"), ("call", "b"), ("deny", "a"), ("call", "b"), ("deny", "a")):
        append(store, kind, id=name, path="x")
    assert counts(store) == (2, 2, 1)
    assert [event["e"] for event in journal.read_events(store, "S")] == ["call", "call", "deny", "deny"]


@pytest.mark.parametrize(
    "fields",
    [{"id": "b"}, {"t": 90}, {"t": 110}, {"tool": "Write"}, {"path": "y"}, {"cmd": "ls"}, {"id": 7}, {"id": ""}],
)
def test_an_id_that_comes_again_for_something_else_is_another_call(store: str, fields: dict[str, Any]) -> None:
    said = {"id": "a", "t": 100, "tool": "Edit", "path": "x"}
    for one in (said, said, {**said, **fields}, {**said, **fields}):
        append(store, "call", **one)
    assert counts(store)[0] == (3 if fields.get("id", "a") in {7, ""} else 2)


@pytest.mark.parametrize(
    ("lines", "changed", "fresh"),
    [
        ([("call", {"m": 0})], False, False),
        ([("call", {"m": 1})], True, True),
        ([("call", {"m": 1}), ("prompt", {})], True, False),
        ([("sub", {"path": "a"})], True, True),
        ([("sub", {})], False, False),
        ([("edit", {"path": "a"})], True, True),
        ([("carry", {"changed": True})], True, False),
        ([("carry", {"calls": 3})], False, False),
    ],
)
def test_the_gate_knows_whether_something_was_changed(
    store: str, lines: list[tuple[str, dict[str, Any]]], changed: bool, fresh: bool
) -> None:
    for kind, fields in lines:
        append(store, kind, **fields)
    tally = gate.tally(store, "S")
    assert (tally.changed, tally.fresh) == (changed, fresh)


def test_what_was_said_is_carried_over_and_a_release_allows_another_reminder(store: str) -> None:
    append(store, "remind", "deny")
    tally = gate.tally(store, "S")
    assert (tally.reminded, tally.told) == (True, True)
    append(store, "release")
    assert not gate.tally(store, "S").reminded
    journal.append(store, "S", [journal.event("carry", **tally.carried())])
    assert gate.tally(store, "S").carried() == {**tally.carried(), "denials": 1}


def test_a_carry_stands_for_the_journals_it_names(store: str) -> None:
    append(store, "call", "call", "deny")
    take = journal.take_over(store, "S")
    assert counts(store) == (2, 2, 1)
    append(store, "carry", calls=2, due=1, denials=1, takes=[take])
    assert counts(store) == (2, 1, 1)
    append(store, "call")
    assert take
    journal.drop(store, "S", take)
    assert counts(store) == (3, 2, 1)


@pytest.mark.parametrize("carry", [
    {"calls": "x", "due": None, "denials": [1]}, {"calls": -5}, {"takes": 7}, {"takes": [[], {}]}, {"calls": 1.5}, {"calls": {}}, {"takes": ["1-1"]},
])  # fmt: skip
def test_a_carry_that_makes_no_sense_counts_nothing(store: str, carry: dict[str, Any]) -> None:
    append(store, "call")
    active(store).write_bytes(
        active(store).read_bytes() + json.dumps({"e": "carry", **carry}, separators=(",", ":")).encode() + b"\n"
    )
    assert counts(store) == (1, 1, 0)


@pytest.mark.parametrize(
    "line",
    [
        b'{"e":"call","m":1,"t":17',
        b'{"e":"call","m":1,"t":17{"e":"call"}',  # with what another program wrote right behind it
        b'{"e":"deny"',
        b'{"e":"carry","calls":7}}',
        b'{"e":"carry","calls":7',
    ],
)
def test_a_torn_line_counts_nothing(store: str, line: bytes) -> None:
    append(store, "call")
    with active(store).open("ab") as file:
        file.write(line)
    assert counts(store) == (1, 1, 0)


def test_without_any_journal_nothing_is_counted(store: str) -> None:
    assert counts(store) == (0, 0, 0)
    assert counts(store + "/missing") == (0, 0, 0)


# --- taking over


def test_a_take_over_leaves_the_next_line_to_a_new_journal(store: str) -> None:
    append(store, "call", tool="first")
    take = journal.take_over(store, "S")
    append(store, "call", tool="second")
    ((taken, data),) = journal.taken(store, "S")
    assert taken == take
    assert b"first" in data
    assert [event["tool"] for event in journal.read_events(store, "S")] == ["first", "second"]


def test_there_may_be_nothing_to_take(store: str) -> None:
    assert journal.take_over(store, "S") is None
    assert journal.taken(store, "S") == []


def test_several_taken_journals_come_oldest_first(store: str) -> None:
    for name in "abc":
        append(store, "call", tool=name)
        journal.take_over(store, "S")
    assert [event["tool"] for event in journal.read_events(store, "S")] == ["a", "b", "c"]


def test_sessions_do_not_meet(store: str) -> None:
    for session in ("S", "S2", "a/b", "a_b"):
        append(store, "call", session=session)
        journal.take_over(store, session)
        append(store, "call", "call", session=session)
    assert {counts(store, session)[0] for session in ("S", "S2", "a/b", "a_b")} == {3}
    assert journal.session_keys(store) == sorted(journal.key(session) for session in ("S", "S2", "a/b", "a_b"))


@pytest.mark.skipif(sys.platform == "win32", reason="a rename waits for the writers there")
def test_a_take_over_waits_for_a_writer_in_flight(store: str) -> None:
    append(store, "call")
    writer = journal._open_locked(str(active(store)))
    seen: list[list[tuple[str, bytes]]] = []

    def take() -> None:
        journal.take_over(store, "S")
        seen.append(journal.taken(store, "S"))

    thread = threading.Thread(target=take)
    thread.start()
    thread.join(0.2)
    assert not seen
    os.write(writer, b'{"e":"call","tool":"late"}\n')
    os.close(writer)
    thread.join()
    assert b"late" in seen[0][0][1]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no flock there")
def test_a_writer_that_opened_before_a_take_over_writes_into_the_new_journal(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(store, "call", tool="first")
    flock = fcntl.flock
    taken: list[str | None] = []

    def overtaken(descriptor: int, mode: int) -> None:
        if mode == fcntl.LOCK_SH and not taken:
            taken.append(journal.take_over(store, "S"))
        flock(descriptor, mode)

    monkeypatch.setattr(fcntl, "flock", overtaken)
    append(store, "call", tool="second")
    assert b"second" not in journal.taken(store, "S")[0][1]
    assert b"second" in active(store).read_bytes()


def test_a_journal_that_is_taken_over_without_end_is_an_error(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "samestat", lambda *_: False)
    with pytest.raises(OSError, match="again and again"):
        append(store, "call")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no flock there")
def test_a_lock_that_fails_leaves_nothing_open(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def fail(descriptor: int, _: int) -> None:
        opened.append(descriptor)
        raise OSError(37, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", fail)
        with pytest.raises(OSError, match="No locks"):
            append(store, "call")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no flock there")
def test_a_journal_that_vanishes_while_it_is_opened_is_made_again(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock
    vanishing = iter([True])

    def vanish(descriptor: int, mode: int) -> None:
        if next(vanishing, False):
            active(store).unlink()
        flock(descriptor, mode)

    monkeypatch.setattr(fcntl, "flock", vanish)
    append(store, "call")
    assert counts(store) == (1, 1, 0)


def test_a_rename_that_is_refused_is_tried_again_only_where_it_may_pass(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(store, "call")
    rename, refused = os.rename, iter([True, True])

    def refuse(source: str, target: str) -> None:
        if next(refused, False):
            raise PermissionError(13, "in use", source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    if os.name != "nt":
        with pytest.raises(PermissionError):
            journal.take_over(store, "S")
        refused = iter([True, True])
        with monkeypatch.context() as patch:
            patch.setattr(os, "name", "nt")
            assert journal.take_over(store, "S")
            append(store, "call")
            refused = iter([True] * 99)
            with pytest.raises(PermissionError):
                journal.take_over(store, "S")


def test_a_journal_that_is_gone_was_never_touched(store: str) -> None:
    assert journal._mtime(os.path.join(store, "gone")) == 0.0


def test_a_folder_in_the_journals_place_is_an_error(store: str) -> None:
    active(store).mkdir()
    with pytest.raises(OSError, match=r"S\.jsonl"):
        append(store, "call")


@pytest.mark.parametrize("name", [
    "taken_S.jsonl", "taken_S.1-2.jsonl~", "taken_S.1-2.jsonl.swp", "taken_S", "taken_.jsonl", "active_S.jsonl~", "active_.jsonl",
    "taken_S.a b.jsonl",
])  # fmt: skip
def test_files_that_are_no_journals_are_left_alone(store: str, name: str) -> None:
    append(store, "call")
    (Path(store) / name).write_bytes(b'{"e":"call"}\n')
    assert counts(store) == (1, 1, 0)
    assert journal.taken(store, "S") == []
    assert journal.session_keys(store) == ["S"]
    assert journal.orphans(store, float("inf")) == ["S"]


# --- what nobody goes on with


def age(store: str, seconds: float) -> None:
    for path in Path(store).glob("*.jsonl"):
        os.utime(path, (seconds, seconds))


def test_a_journal_with_work_that_nobody_touched_is_an_orphan(store: str) -> None:
    append(store, "open", "call")
    age(store, 100)
    assert journal.orphans(store, 100.5) == ["S"]
    assert journal.orphans(store, 99.5) == []
    assert journal.idle(store, 100.5) == []


def test_a_taken_journal_is_an_orphan_until_something_newer_is_there(store: str) -> None:
    append(store, "call")
    journal.take_over(store, "S")
    age(store, 100)
    assert journal.orphans(store, 200) == ["S"]
    append(store, "open")
    assert journal.orphans(store, 200) == []


@pytest.mark.parametrize("kind", ["open", "carry", "ask", "stop", "compact", "deny", "release"])
def test_a_journal_without_work_is_idle(store: str, kind: str) -> None:
    append(store, kind)
    age(store, 100)
    assert journal.orphans(store, 200) == []
    assert journal.idle(store, 200) == ["S"]


def test_a_line_that_cannot_be_read_is_work(store: str) -> None:
    active(store).write_bytes(b"torn\n")
    age(store, 100)
    assert journal.orphans(store, 200) == ["S"]


def test_lines_that_are_no_events_are_kept_aside_once(store: str) -> None:
    for _ in range(2):
        journal.keep_rejected(store, [b"torn", b"\xff"])
    journal.keep_rejected(store, [b"torn", b"other"])
    assert (Path(store) / journal.REJECTED).read_bytes() == b"torn\n\xff\nother\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes there")
def test_journals_are_for_their_user_alone(store: str) -> None:
    append(store, "call")
    journal.keep_rejected(store, [b"torn"])
    assert {path.stat().st_mode & 0o777 for path in Path(store).iterdir()} == {0o600}


def test_a_taken_journal_that_another_machine_has_dropped_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = str(tmp_path)
    journal.append(store, "S", [journal.event("call", path="a.py")])
    assert journal.take_over(store, "S")
    (there,) = journal.taken_paths(store, "S")
    monkeypatch.setattr(journal, "taken_paths", lambda *_: [there + "0", there])
    assert [data.count(b"a.py") for _, data in journal.taken(store, "S")] == [1]


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_taken_journal_that_is_none_is_an_error_and_one_that_is_gone_was_dropped(store: str) -> None:
    target = os.path.join(store, "other")
    Path(target).write_bytes(b'{"e":"call"}\n')
    os.symlink(target, os.path.join(store, "taken_S.00000000000000000001-1.jsonl"))
    with pytest.raises(OSError, match="not a regular file"):
        journal.taken(store, "S")
    assert journal.drop(store, "S", "00000000000000000002-1") == ""
