"""Lists of sessions, hits and a timeline, laid out for a screen."""

from __future__ import annotations

from ocm.provenance.summary import standing_text
from ocm.ui import list_view
from ocm.ui.terminal import Screen
from tests.support.screen import NOW, plain, row


def test_an_id_is_shortened_only_where_it_is_still_one() -> None:
    long = "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10"
    assert list_view.short_ids([row(session_id=long)]) == {long: "0f6c1f7e"}
    assert set(list_view.short_ids([row(session_id=long), row(session_id=long[:-1] + "1")]).values()) == {
        long,
        long[:-1] + "1",
    }
    assert list_view.short_ids([row(session_id="deadbeefdeadbeefdeadbeefdeadbeef")]) == {
        "deadbeefdeadbeefdeadbeefdeadbeef": "deadbeef"
    }
    assert list_view.short_ids([row(session_id="ses_abc")]) == {"ses_abc": "ses_abc"}


def test_nothing_stored_is_obeyed_by_the_terminal() -> None:
    evil = "\x1b[31mred\x1b]0;x\x07\r\n\u202etitle"
    rows = [row(title=evil, tool=evil, branch=evil, snippet=f"**{evil}**", top_files=[evil], session_id="s\x1b[2J")]
    for width in (30, 60, 120):
        for view in (list_view.sessions, list_view.hits):
            text = "\n".join(Screen(width, now=NOW).text(line) for line in view(Screen(width, now=NOW), rows))
            assert not set(text) & {"\x1b", "\r", "\u202e", "\x07"}


def test_a_snippet_that_is_the_title_is_not_said_twice() -> None:
    at = Screen(80, now=NOW)
    lines = plain(list_view.hits(at, [row(title="Cut latency", snippet="Cut **latency**")]))
    assert [line for line in lines if "latency" in line] == ["1. Cut latency"]
    assert len(plain(list_view.hits(at, [row(title="T", snippet="more **T**", project="p")]))) == 3


def said(text: str, **fields: object) -> dict[str, object]:
    names = ("tool", "before", "after", "project", "file", "position")
    row = {**dict.fromkeys(names, text), "snippet": f"**{text}**", "session_id": "ses_abc"}
    return {"rank": 1, "role": "user", "date": "2026-03-01T10:00:00+00:00", "markdown_path": None, **row, **fields}


def test_what_was_said_is_laid_out_and_obeyed_by_no_terminal() -> None:
    evil = "\x1b[31mred\x1b]0;x\x07\r\n\u202etitle"
    for width in (30, 120):
        screen = Screen(width, now=NOW)
        rows = [said(evil, markdown_path=evil), said("")]
        text = "\n".join(screen.text(line) for line in list_view.said(screen, rows))
        assert not set(text) & {"\x1b", "\r", "\u202e", "\x07"}
    lines = plain(list_view.said(Screen(80, now=NOW), [said("words", file="/t/a.jsonl", position="7", after="")]))
    assert [line.strip() for line in lines] == [
        "1. words", "user · Sun 1 Mar · words · words · ses_abc", "before: words", "/t/a.jsonl:7",
    ]  # fmt: skip


def test_a_commit_in_a_timeline_names_its_sessions() -> None:
    entry = {
        "commit": "a" * 40,
        "title": "Fix",
        "date": "2026-03-20T14:32:00+01:00",
        "author": "Me",
        "sessions": ["s1"],
    }
    done = {**row(), "checkpoints": [{"items": ["x"]}], "is_anchor": False, "changes": [
        {"path": "a.py", "change_type": "modified", "state": "gone"}, {"path": "b.py", "change_type": "created", "state": None},
    ]}  # fmt: skip
    assert plain(list_view.timeline(Screen(80, now=NOW), [entry, done])) == [
        "today 14:32  Fix", "             commit · aaaaaaaaa · Me · s1",
        "today 14:32  T", "             codex · main · open · s1",
        "             a.py, modified, gone since", "             b.py, created", "", "             - x",
    ]  # fmt: skip


def test_a_list_without_any_branch_has_no_column_for_it() -> None:
    (line,) = plain(list_view.sessions(Screen(120, now=NOW), [row(branch="")]))
    assert line == "today 14:32  T  codex  open  s1"


def test_what_is_missing_is_named_below_the_status_with_the_next_step() -> None:
    found = {
        "store": "/p/s",
        "scope": "project",
        "project_root": "/p",
        "sessions": 0,
        "sizes": {},
        "bounds": {},
        "active": [],
    }
    found["missing"] = [{"message": "ocm-hook is not on the PATH.", "next_step": "Install it."}]
    assert (
        plain(list_view.status(Screen(80, now=NOW), found))[-1] == "missing   ocm-hook is not on the PATH. Install it."
    )


def test_a_table_says_below_a_session_what_became_of_its_work() -> None:
    rows = [row(landed="no", branch_state="gone"), row(session_id="s2", landed="yes")]
    (_, below, other) = plain(list_view.sessions(Screen(120, now=NOW), rows))
    assert below.strip() == standing_text(rows[0])
    assert "s2" in other
