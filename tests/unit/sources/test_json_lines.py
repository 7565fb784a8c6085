"""Records out of lines in any state."""

from __future__ import annotations

import codecs
import json
from datetime import datetime
from pathlib import Path

import pytest

from ocm.sources import json_lines
from ocm.sources.json_lines import Position, Unreadable, local_seconds, number, part, parts, records, seconds, text
from ocm.store.paths import UnfitFileError

AT = 1_772_545_930.0


def read(path: Path, data: bytes, start: str = "") -> tuple[list[dict[str, object]], dict[str, int]]:
    path.write_bytes(data)
    unread = Unreadable()
    return [record for _, record in records(str(path), unread, start)], unread.counts


def test_each_line_is_a_record_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n\n  \n{"a": 2}')
    assert list(records(str(path), Unreadable())) == [(1, {"a": 1}), (4, {"a": 2})]


def test_two_records_on_one_line_are_two(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b'{"a": 1} {"a": 2}\n{"a": 3}{"a": 4}\n') == ([{"a": n} for n in (1, 2, 3, 4)], {})


def test_a_whole_record_behind_a_torn_one_is_read(tmp_path: Path) -> None:
    line = b'{"parentUuid": 1, "text": "half {\\"parentUuid": 2, "x": {"y": 3}}\n'
    found, unread = read(tmp_path / "a", b'{"parentUuid": 1, "t": "ha{"parentUuid": 2}\n' + line, '{"parentUuid"')
    assert found == [{"parentUuid": 2}]
    assert unread == {"torn line": 2}


def test_a_torn_line_is_counted_and_the_rest_read(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b'{"a": 1\n{"a": 2}\n{"a": ') == ([{"a": 2}], {"torn line": 2})


def test_what_is_no_object_is_counted(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b'1\n"x"\n[]\n1 2\n{"a": 1}\n') == ([{"a": 1}], {"no record": 3})


def test_a_line_nested_too_deep_is_torn(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b"[" * 100_000 + b"\n") == ([], {"torn line": 1})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_with_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    data = "".join(json.dumps({"a": "ä日本"}, ensure_ascii=False) + "\n" for _ in range(2)).encode(encoding)
    assert read(tmp_path / "a", data) == ([{"a": "ä日本"}] * 2, {})


def test_big_endian_is_read_too(tmp_path: Path) -> None:
    data = codecs.BOM_UTF16_BE + '{"a": "ä"}\n'.encode("utf-16-be")
    assert read(tmp_path / "a", data) == ([{"a": "ä"}], {})


def test_bytes_that_are_no_utf8_cost_their_letters_only(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b'{"a": "b\xe4r"}\n') == ([{"a": "b\ufffdr"}], {})


def test_a_line_without_end_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 64)
    found, unread = read(tmp_path / "a", b'{"a": 1}\n{"b": "' + b"x" * 300 + b'"}\n{"a": 2}\n{"b": "' + b"x" * 300)
    assert (found, unread) == ([{"a": 1}, {"a": 2}], {"line too long": 2})


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnfitFileError):
        list(records(str(tmp_path / "pipe"), Unreadable()))


def test_what_is_odd_is_counted_up_to_a_bound() -> None:
    unread = Unreadable()
    for n in range(1000):
        unread.note(f"type {n}")
        unread.note("\x1b[31m" + "x" * 100)
    unread.note("\x00")
    assert len(unread.counts) == 40
    assert unread.counts["[31m" + "x" * 35] == 1000


def test_parts_of_a_record_are_taken_whatever_it_is() -> None:
    record = {"a": {"b": "text", "n": 3, "list": [{"x": 1}, 2], "yes": True, "huge": 10**30}}
    assert text(record, "a", "b") == "text"
    values: list[object] = [None, 3, [], {"a": []}, {"a": {"b": 3}}]
    assert [text(value, "a", "b") for value in values] == [""] * 5
    assert part(record, "a")["n"] == 3
    assert part(record, "a", "b") == part(None, "a") == {}
    assert parts(record, "a", "list") == [{"x": 1}]
    assert parts(record, "a") == parts("x", "a") == []
    assert number(record, "a", "n") == 3
    assert [number(record, "a", name) for name in ("yes", "huge", "b", "none")] == [0.0] * 4
    assert number(3, "a") == 0


@pytest.mark.parametrize(
    "value",
    [AT, int(AT), AT * 1e3, AT * 1e6, int(AT) * 10**9, "2026-03-03T13:52:10Z", "2026-03-03T13:52:10", str(int(AT)),
     str(int(AT) * 1000), "2026-03-03T14:52:10+01:00"],
)  # fmt: skip
def test_a_time_is_read_in_every_unit(value: object) -> None:
    assert seconds(value) == pytest.approx(AT, abs=1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        10**40,
        10**400,
        float("nan"),
        float("inf"),
        "",
        "now",
        "9999-12-31T23:59:59Z",
        "1" * 30,
        [],
        {},
    ],
)
def test_what_is_no_time_is_undated(value: object) -> None:
    assert seconds(value) == 0


def test_reading_goes_on_behind_the_last_whole_line_at_which_nothing_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a": 3}\n{"a": 4')
    position = Position()
    for line, _ in records(str(path), Unreadable(), "", position):
        position.told += 1
        position.waiting = line == 3
    assert (position.offset, position.line, position.said) == (18, 2, 2)
    again = Position(position.offset, position.line, position.said)
    assert list(records(str(path), Unreadable(), "", again)) == [(3, {"a": 3})]
    assert (again.offset, again.line) == (27, 3)


def test_a_line_that_is_too_long_is_behind_once_it_has_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 10)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * 40 + b'"}\n')
    position = Position()
    assert list(records(str(path), Unreadable(), "", position)) == []
    assert position.offset == path.stat().st_size
    path.write_bytes(b'{"a": "' + b"x" * 40)
    position = Position()
    assert list(records(str(path), Unreadable(), "", position)) == []
    assert position.offset == 0


@pytest.mark.parametrize("value", ["2026-13-45 25:61:61", "0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_what_no_clock_shows_is_undated(value: str) -> None:
    assert local_seconds(value) == 0


def test_a_time_without_a_zone_is_that_of_this_machine() -> None:
    assert local_seconds("2026-03-03 13:52:10") == datetime(2026, 3, 3, 13, 52, 10).astimezone().timestamp()
