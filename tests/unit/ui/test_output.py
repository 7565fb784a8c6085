"""What a person or a script sees: one exit door, JSON that nothing else disturbs, and no escape sequence of a stored text."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from typing import Any

import pytest

from ocm.base.errors import BadInputError, NoStoreError
from ocm.base.notices import reported
from ocm.ui import output

ROW: dict[str, Any] = {
    "session_id": "0f6c-one", "title": "Latency", "goal": "g", "date": "2026-03-03T14:32:10", "tool": "claude-code",
    "branch": "main", "status": "open", "rank": 1, "snippet": "a «b» c", "top_files": ["a.py", "b.py"],
    "freshness": None, "commits_since": None,
}  # fmt: skip


def left(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and the words with which an error leaves."""
    with pytest.raises(SystemExit) as stop, output.exit_door():
        raise error
    printed = capsys.readouterr()
    assert printed.out == ""
    return int(stop.value.code or 0), printed.err


@pytest.mark.parametrize(("error", "code", "words"), [
    (NoStoreError("There is none.", "Make one with: ocm init"), 1, "ocm: There is none. Make one with: ocm init"),
    (BadInputError("goal is int."), 2, "ocm: goal is int."),
    (NoStoreError("a\nb\r\n\tc \x1b[31md"), 1, "ocm: a b c d"),
    (KeyboardInterrupt(), 130, "ocm: Interrupted; nothing was left half done."),
    (PermissionError(13, "Permission denied", "/p"), 1, "ocm: Permission denied (/p). Check"),
    (OSError("odd"), 1, "ocm: odd. Check"),
    (sqlite3.OperationalError("locked"), 1, "ocm: The cache cannot be used: locked."),
])  # fmt: skip
def test_whatever_ends_a_command_is_one_line_and_a_code(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, line = left(error, capsys)
    assert found == code
    assert line.startswith(words)
    assert line.count("\n") == 1


def test_a_bug_is_one_line_unless_it_is_looked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = KeyError("x")
    output.last_resort(KeyError, error, None)
    assert capsys.readouterr().err.startswith("ocm: This is a bug in ocm: KeyError: 'x'.")
    monkeypatch.setenv("OCM_DEBUG", "1")
    output.last_resort(KeyError, error, None)
    assert capsys.readouterr().err.strip() == "KeyError: 'x'"


@pytest.mark.skipif(os.name == "nt", reason="there is no such pipe there")
def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "from ocm.ui import output\nwith output.exit_door():\n    for _ in range(100_000): output.say('x' * 100)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" | head -1', "sh", *command], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("x" * 100 + "\n", "")


@pytest.mark.parametrize(("text", "shown"), [
    ("plain ü 日本 🎉", "plain ü 日本 🎉"), ("a\tb\nc", "a\tb\nc"), ("\x1b[31mred\x1b[0m", "red"), ("\x1b]0;title\x07", ""), ("a\rb", "ab"),
    ("a\u202eb\u2066c\u200bd\ufeff", "abcd"), ("\x9b31m", ""), ("\x00\x7f", ""),
])  # fmt: skip
def test_nothing_reaches_a_terminal_that_it_would_obey(text: str, shown: str) -> None:
    assert output.safe(text) == shown


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", '"ü"'), ("ascii", r'"\u00fc"'), ("cp1252", r'"\u00fc"')])
def test_json_is_printed_in_any_encoding(encoding: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    output.as_json(["ü", "\x1b[31m", "\x9b31m\u202e\u200b"])
    stream.seek(0)
    text = stream.read()
    assert expected in text
    assert json.loads(text) == ["ü", "\x1b[31m", "\x9b31m\u202e\u200b"]


def test_streams_that_cannot_show_something_escape_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", object())
    monkeypatch.setattr(sys, "excepthook", None)
    monkeypatch.setattr(sys, "unraisablehook", None)
    output.prepare()
    stream.write("ü")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\xfc"


def test_a_list_shows_ids_whole(capsys: pytest.CaptureFixture[str]) -> None:
    output.sessions([ROW, {**ROW, "branch": "", "title": "", "date": None}])
    assert capsys.readouterr().out.splitlines() == [
        "2026-03-03 14:32  claude-code · main · open  0f6c-one", "    Latency", "  claude-code · open  0f6c-one", "    g",
    ]  # fmt: skip


def test_hits_show_why_they_matched(capsys: pytest.CaptureFixture[str]) -> None:
    fresh = {"freshness": {"unchanged": 2, "changed": 0, "gone": 1}, "commits_since": 1}
    output.hits([ROW, {**ROW, **fresh, "rank": 2, "snippet": "", "top_files": []}])
    assert capsys.readouterr().out.splitlines() == [
        "1. Latency", "    2026-03-03 14:32 · claude-code · open · 0f6c-one", "    a «b» c", "    a.py, b.py",
        "2. Latency",
        "    2026-03-03 14:32 · claude-code · open · 0f6c-one · files: 2 unchanged, 1 gone; 1 commit since",
    ]  # fmt: skip


def test_progress_is_shown_to_a_person_who_waits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.5, 2.0, 2.05, 4.0, 9.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    progress = output.Progress()
    for done in (1, 50, 51, 100):
        progress(done, 100)
    shown = capsys.readouterr().err
    assert [line.rstrip() for line in shown.split("\r")] == [
        "",
        "50 of 100 (25 a second, 2 s left)",
        "100 of 100 (25 a second)",
    ]
    assert shown.endswith("\n")


def test_progress_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 2.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((20, 5)))
    output.Progress()(50, 100)
    assert capsys.readouterr().err == "\r50 of 100 (25 a sec"


@pytest.mark.parametrize(("tty", "as_json", "shown"), [(True, False, True), (True, True, False), (False, False, False)])
def test_progress_is_for_persons(tty: bool, as_json: bool, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: tty)
    assert (output.progress(as_json=as_json) is not None) is shown


def test_what_is_worked_through_is_told_of_each() -> None:
    seen: list[tuple[int, int]] = []
    assert list(reported("abc", lambda done, of: seen.append((done, of)))) == ["a", "b", "c"]
    assert list(reported("de", lambda done, of: seen.append((done, of)), before=3, of=5)) == ["d", "e"]
    assert seen == [(1, 3), (2, 3), (3, 3), (4, 5), (5, 5)]
    assert list(reported("x", None)) == ["x"]


def test_the_status_says_where_things_stand(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        "store": "/p/.openCodeMemory", "scope": "project", "project_root": "/p", "sessions": 2, "sizes": {"cache": 2048}, "bounds": {"cache": None}, "active": [],
        "missing": [],
    }  # fmt: skip
    output.status(found)
    assert "active    none" in capsys.readouterr().out
    output.status({**found, "active": [{"session_id": "S", "calls": 5, "threshold": 5, "gate_shut": True}]})
    assert "active    S  5 of 5 calls, gate shut" in capsys.readouterr().out


def test_what_goes_wrong_in_a_finalizer_is_shown_as_python_does() -> None:
    code = """
from ocm.ui import output
output.prepare()

class Left:
    def __del__(self): raise ValueError("lost")

Left()
print("went on")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert "ValueError: lost" in done.stderr


def test_every_time_of_a_timeline_is_shown_alike_and_a_heading_in_words_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    about = {"title": "t", "tool": "x", "branch": "", "status": "open", "session_id": "S", "freshness": None}
    done: list[dict[str, object]] = [
        {"at": at, "items": []} for at in ("2026-03-01T10:00:00+00:00", "2026-03-01 10:00", "What I did by hand, later")
    ]
    output.timeline([{**about, "date": "2026-03-01T10:00:00+00:00", "commits_since": None, "checkpoints": done}])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].strip() == output.day("2026-03-01T10:00:00+00:00")
    assert [line.strip() for line in lines[3:]] == ["2026-03-01 10:00", "What I did by hand, later"]


def test_an_excerpt_says_what_was_cut(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        **ROW,
        "freshness": None,
        "commits_since": None,
        "decisions": ["**A:** b", ""],
        "cut": ["problems: 3 more"],
    }
    output.excerpt(found, ["decisions"])
    assert capsys.readouterr().out.splitlines()[2:] == ["decisions:", "  - **A:** b", "(cut) problems: 3 more"]


@pytest.mark.parametrize(("events", "to_do", "shown"), [
    ({}, [], []),
    ({"stop": None, "pre-tool-use": "2026-03-03T14:32:10"}, [], ["    last fired: stop never, pre-tool-use 2026-03-03 14:32"]),
    ({}, ["restart it"], ["    to do: restart it"]),
])  # fmt: skip
def test_the_doctor_says_of_each_host_what_it_did_and_what_is_to_do(
    events: dict[str, str | None], to_do: list[str], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    host = {"host": "cursor", "level": "project", "last_used": None, "events": events, "to_do": to_do}
    output.report({"store": None, "hosts": [host], "fixed": [], "findings": []})
    assert capsys.readouterr().out.splitlines() == [
        "store  none", "cursor (project)  not used since it was set up", *shown, "No problems found.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "a - b ... -> * x # +"), ("utf-8", "a · b … → • ✓ █ ▅"), ("latin-1", "a - b ... -> * x # +")],
)
def test_looks_become_ascii_where_there_is_no_more(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert output.shown("a · b … → • ✓ █ ▅") == shown


def test_a_report_names_the_cache_of_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    cache = {"path": "/h/transcripts.db", "bytes": 117_400_000}
    output.report({"store": "/s", "hosts": [], "fixed": [], "findings": [], "transcripts": cache})
    assert capsys.readouterr().out.splitlines() == [
        "store  /s", "transcripts  /h/transcripts.db (117.4 MB, may be deleted at any time)", "No problems found.",
    ]  # fmt: skip
