"""OpenCode's conversations: databases, files and exports."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ocm.sources import databases, registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import opencode
from ocm.sources.story import Story
from tests.support.transcripts import HISTORIES, SHOP, story, told


def tool(name: str, given: dict[str, Any], more: dict[str, Any] | None = None, **state: Any) -> dict[str, Any]:
    return {
        "type": "tool",
        "tool": name,
        "state": {"status": "completed", "input": given, "metadata": more or {}, **state},
    }


def said(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **fields}


def database(path: Path, sessions: list[tuple[str, str | None]], parts: dict[str, list[dict[str, Any]]]) -> Path:
    db = sqlite3.connect(path)
    db.executescript(
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE session (id, parent_id, directory, title, version, model, time_created, time_updated);"
        "CREATE TABLE message (id, session_id, time_created, data);"
        "CREATE TABLE part (id, message_id, session_id, data);"
        "CREATE TABLE todo (session_id, content, status, position);"
    )
    for name, parent in sessions:
        row = (name, parent, "/w", f"Title of {name}", "1.18", '{"id": "m"}', 1_772_545_930_000, 1_772_545_990_000)
        db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for number, part in enumerate(parts.get(name, [])):
            role = "user" if part.get("from") == "user" else "assistant"
            key = f"{name}-{number}"
            db.execute("INSERT INTO message VALUES (?, ?, ?, ?)", (key, name, number, json.dumps({"role": role})))
            db.execute("INSERT INTO part VALUES (?, ?, ?, ?)", (key, key, name, json.dumps(part)))
    db.execute("INSERT INTO todo VALUES ('ses_a', 'left over', 'pending', 1)")
    db.commit()
    db.close()
    return path


def read(folder: Path, *parts: dict[str, Any]) -> Story:
    path = folder / "ses.json"
    info = {"id": "ses_a", "directory": "/w", "title": "New session - 2026", "time": {"created": 1_772_545_930_000}}
    talk = [
        {"info": {"role": one.pop("from", "assistant"), "time": {"created": 1_772_545_940_000}}, "parts": [one]}
        for one in parts
    ]
    path.write_text(json.dumps({"info": info, "messages": talk}, indent=1), encoding="utf-8")
    return told(path, "/w")[1]


def test_what_the_client_exported_is_told_whole() -> None:
    head, heard = told(HISTORIES / "opencode", SHOP)
    assert (head.session_id, head.cwd) == ("ses_dd0e22b6cffeLbUV4IW0wJx7KO", SHOP)
    assert [turn.prompt[:12] for turn in heard.turns] == ["Cart totals ", "Add a discou"]
    assert heard.files == {"cart.py": "modified", "discount.py": "created"}
    assert [(one.sha, one.subject) for one in heard.commits] == [("852db42", "Use Decimal for cart prices")]
    assert (heard.title, heard.version, heard.model) == ("Decimal prices in the cart", "1.18.33", "scripted")
    assert heard.unread.counts == {}


def test_a_database_is_read_with_its_log_and_not_written(tmp_path: Path) -> None:
    edit = tool("edit", {"filePath": "/w/inner.py", "oldString": "an old line", "newString": "a new line"})
    path = database(
        tmp_path / "opencode.db",
        [("ses_a", None), ("ses_b", "ses_a"), ("ses_c", "ses_b"), ("ses_x", "ses_y"), ("ses_y", "ses_x")],
        {
            "ses_a": [said("go", **{"from": "user"}), said("done")],
            "ses_c": [said("for the agent", **{"from": "user"}), edit],
        },
    )
    before = path.read_bytes()
    head, heard = told(path, "/w")
    assert (head.session_id, head.parts, head.mark) == ("ses_a", ("ses_b", "ses_c"), "1772545990000")
    assert ([turn.prompt for turn in heard.turns], heard.turns[0].answer) == (["go"], "done")
    assert (list(heard.files), heard.title, heard.model) == (["inner.py"], "Title of ses_a", "m")
    assert heard.todos == {"todo 1": ("left over", "pending", "todo")}
    assert (path.read_bytes(), [one.name for one in tmp_path.iterdir()]) == (before, ["opencode.db"])
    assert [one.session_id for one in registry.heads(str(tmp_path), Unreadable())] == ["ses_a"]


def test_what_is_committed_but_still_in_the_log_is_read(tmp_path: Path) -> None:
    path = database(tmp_path / "opencode.db", [("ses_a", None)], {})
    db = sqlite3.connect(path)
    db.execute("INSERT INTO session VALUES ('ses_new', NULL, '/w', '', '', '', 1, 2)")
    db.commit()
    assert {head.session_id for head in opencode.heads(str(path), Unreadable())} == {"ses_a", "ses_new"}
    db.close()


def test_a_new_database_that_is_in_its_log_alone_is_known(tmp_path: Path) -> None:
    path = tmp_path / "opencode.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE one (id);")
        assert databases.tables(str(path)) == {"one"}


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    path = database(tmp_path / "opencode.db", [(f"ses_{n}", None) for n in range(500)], {})
    data = bytearray(path.read_bytes())
    data[4096:20_000] = b"\xff" * (20_000 - 4096)
    path.write_bytes(data)
    unread = Unreadable()
    list(opencode.heads(str(path), unread))
    assert [what.partition(":")[0] for what in unread.counts] == ["database"]


def test_a_database_without_a_table_or_a_column_has_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE one (name, value)")
    db.execute("INSERT INTO one VALUES ('ab', x'ff00'), ('abc', 2), ('b', 3)")
    db.commit()
    db.close()
    with databases.opened(str(path)) as found:
        assert list(found.rows("two")) == list(found.rows("one", other="x")) == []
        assert [row["name"] for row in found.rows("one", "name")] == ["ab", "abc", "b"]
        assert [row["name"] for row in found.like("one", "name", "ab")] == ["ab", "abc"]
        assert list(found.like("one", "other", "a")) == []
        assert found.broken == ""
    assert databases.tables(str(path)) == {"one"}
    assert databases.tables(str(tmp_path / "none.db")) == frozenset()
    path.write_bytes(path.read_bytes().replace(b"table\x6fne", b"table\xa4ne"))
    assert databases.tables(str(path)) == frozenset()
    with databases.opened(str(path)) as damaged:
        assert list(damaged.rows("one")) == []
        assert "codec" in damaged.broken
    path.write_bytes(databases.MAGIC + b"x" * 5000)
    assert databases.tables(str(path)) == frozenset()
    with databases.opened(str(path)) as broken:
        assert list(broken.rows("one")) == []
        assert broken.broken
    assert databases.parsed("{") == databases.parsed(3) == {}


def test_an_endless_question_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    db = sqlite3.connect(path)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n WHERE x < 0"
    db.execute(f"CREATE VIEW trap AS {endless}")
    db.commit()
    db.close()
    monkeypatch.setattr(databases, "_MAX_STEPS", 2)
    with databases.opened(str(path)) as found:
        assert list(found.rows("trap")) == []
        assert found.broken == "interrupted"


def test_files_of_older_versions_are_read(tmp_path: Path) -> None:
    for name, tree in {
        "session/p/ses_a.json": {
            "id": "ses_a",
            "directory": "/w",
            "title": "Old",
            "time": {"created": 1, "updated": 7},
        },
        "session/p/ses_b.json": {"id": "ses_b", "directory": "/w", "parentID": "ses_a", "time": {}},
        "message/ses_a/msg_1.json": {"id": "msg_1", "role": "user", "time": {"created": 1_772_545_930_000}},
        "part/msg_1/prt_1.json": said("do the work"),
        "session_diff/ses_a.json": {"id": "x", "directory": "/w", "time": {}},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(tree), encoding="utf-8")
    (head,) = opencode.heads(str(tmp_path), Unreadable())
    heard = story("/w")
    opencode.read(head, heard)
    assert ([turn.prompt for turn in heard.turns], heard.title) == (["do the work"], "Old")
    (tmp_path / "session/p/ses_c.json").write_text(
        json.dumps({"id": "ses_c", "directory": "/w", "time": {"created": 1}}), encoding="utf-8"
    )
    assert told(tmp_path / "session/p/ses_c.json")[1].turns == []


def test_calls_are_edits_commands_todos_and_answers(tmp_path: Path) -> None:
    patch = "*** Begin Patch\n*** Add File: /w/p.py\n+a patched line\n*** End Patch"
    diff = "@@ -1 +1 @@\n-an old line\n+a new line\n"
    heard = read(
        tmp_path,
        {**said('"quoted by the client"'), "from": "user"},
        {**said('say "this" and "that"'), "from": "user"},
        {**said("made up", synthetic=True), "from": "user"},
        tool("write", {"filePath": "/w/a.py", "content": "x"}, {"exists": False}),
        tool("write", {"filePath": "/w/b.py", "content": "x"}, {"exists": True}),
        tool("patch", {"filePath": "/w/c.py"}, {"diff": diff}),
        tool("apply_patch", {"patchText": patch}),
        tool("edit", {}),
        tool("edit", {"filePath": "/w/no.py"}, status="error"),
        tool("bash", {"command": "pytest"}, {"exit": 1}, output="FAILED a.py::b"),
        tool("bash", {"command": "make"}, output="FAILED a.py::b"),
        tool("bash", {"command": "go test"}, status="error", error="--- FAIL: X"),
        tool("todowrite", {"todos": [{"content": "t", "status": "completed"}]}),
        tool("question", {"questions": [{"question": "Q1"}, {"question": "Q2"}]}, {"answers": [["A", "B"], "C"]}),
        tool("question", {"questions": [{"question": "Q3"}]}),
        tool("read", {}),
        {"type": "wonder"},
    )
    assert [turn.prompt for turn in heard.turns] == ["quoted by the client", 'say "this" and "that"']
    assert heard.files == {"a.py": "created", "b.py": "modified", "c.py": "modified", "p.py": "created"}
    assert list(heard.checks) == ["pytest", "go test"]
    assert list(heard.decisions) == ["Q1 → A, B", "Q2 → C"]
    assert (list(heard.done), heard.title, heard.unread.counts) == (["t"], "", {"part wonder": 1})


def test_the_places_follow_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = tmp_path / "opencode"
    assert opencode.places() == [str(folder / "storage")]
    folder.mkdir()
    for name in ("opencode.db", "opencode-dev.db", "opencode.db-wal"):
        (folder / name).touch()
    assert opencode.places() == [str(folder / name) for name in ("opencode-dev.db", "opencode.db", "storage")]
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert opencode.places() == []


def test_what_else_lies_in_the_folder_is_no_conversation(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    database(tmp_path / "opencode.db", [("ses_a", None)], {})
    assert [head.session_id for head in opencode.heads(str(tmp_path), Unreadable())] == ["ses_a"]


def test_a_conversation_whose_database_breaks_off_is_told_as_far_as_it_goes_and_that_is_said(tmp_path: Path) -> None:
    path = database(tmp_path / "opencode.db", [("ses_a", None)], {"ses_a": [said("Done.")] * 900})
    (head,) = opencode.heads(str(path), Unreadable())
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    path.write_bytes(data[:half] + b"\xff" * half)
    heard = story()
    opencode.read(head, heard)
    assert [what.partition(":")[0] for what in heard.unread.counts] == ["database"]
    assert heard.title == "Title of ses_a"
