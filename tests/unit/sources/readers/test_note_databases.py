"""Memories that are databases: claude-mem, sessionmem, engram."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from ocm.markdown import parse
from ocm.sessions import import_batches
from ocm.sources import importer, registry
from ocm.sources.importer import Wish
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import claude_mem, engram, sessionmem
from ocm.sources.sample import Sample
from ocm.store import forgotten
from tests.support import memories
from tests.support.builders import Project, repository
from tests.support.memories import AT, heads, sections, told
from tests.support.session_store import everything
from tests.support.transcripts import Claude


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(repository(tmp_path / "shop"))


def test_claude_mem_tells_what_it_noted_of_a_conversation(tmp_path: Path) -> None:
    (one, other), unread = heads(memories.claude_mem(tmp_path / "claude-mem.db"))
    assert (one.session_id, one.cwd, one.tool, one.start) == ("host-1", "shop", "claude-code", AT)
    assert (other.tool, told(other).turns[0].prompt) == ("windsurf", "Elsewhere")
    heard = told(one)
    assert sections(heard) == [
        ("work", "It is late"),
        ("decisions", "Decimal instead of float: A float cannot hold 0.10."),
        ("work", "Three dimes make 0.30"),
        ("work_completed", "Prices are Decimal"),
        ("work", "Floats lose cents"),
        ("work_completed", "Totals are exact"),
        ("work_pending", "Discount codes"),
    ]
    assert [turn.prompt for turn in heard.turns] == ["Cart totals are off by a cent."]
    assert (list(heard.tags), list(heard.named)) == (["trade-off"], ["cart.py", "total.py"])
    assert (heard.end, unread, heard.is_small) == (AT + 4, {"observation hunch": 1}, False)


def test_sessionmem_tells_what_has_expired_as_over(tmp_path: Path) -> None:
    (one,), unread = heads(memories.sessionmem(tmp_path / "memories.db"))
    assert (one.session_id, one.cwd, one.tool) == ("sm-1", "shop", "claude-code")
    heard = told(one)
    assert sections(heard) == [
        ("decisions", "Prices are Decimal"),
        ("problems", "~~The old rate is wrong~~"),
        ("work", "A kind of tomorrow"),
    ]
    assert (list(heard.tags), unread) == (["money"], {"memory omen": 1})


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_export_of_sessionmem_is_read(tmp_path: Path, *, wrapped: bool) -> None:
    rows = [{"id": "a", "projectId": "shop_0123abcd", "sessionId": "sm-2", "sourceAdapter": "cursor", "kind": "fact",
             "content": "Rounded once", "createdAt": "2026-11-20T10:00:00Z", "tags": ["t"]}]  # fmt: skip
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"memories": rows} if wrapped else rows), encoding="utf-8")
    (one,), _ = heads(path)
    assert (one.source, one.session_id, one.cwd, one.tool) == ("sessionmem", "sm-2", "shop", "cursor")
    assert sections(told(one)) == [("work", "Rounded once")]


def test_engram_tells_no_superseded_decision_as_in_force_and_nothing_deleted_or_personal(tmp_path: Path) -> None:
    found, unread = heads(memories.engram(tmp_path / "engram.db", "/home/dev/shop"))
    assert [(one.session_id, one.cwd) for one in found] == [("eg-1", "/home/dev/shop"), ("manual-save-shop", "shop")]
    heard = told(found[0])
    assert sections(heard) == [
        ("work", "Prices were mended"),
        ("decisions", "~~Round each line: It is simple.~~"),
        ("decisions", "Round at the end: A cent was lost."),
        ("work", "Riddle"),
    ]
    assert ([turn.prompt for turn in heard.turns], list(heard.tags)) == (["Mend the prices"], ["money/rounding"])
    assert (sections(told(found[1])), unread) == ([("work", "Saved by hand")], {"observation riddle": 1})


@pytest.mark.parametrize("prompts", ["prompts", "user_prompts"])
def test_an_export_of_engram_is_read(tmp_path: Path, prompts: str) -> None:
    rows = memories.engram_rows("/home/dev/shop")
    rows[prompts] = rows.pop("user_prompts")
    path = tmp_path / "engram-export.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    found, _ = heads(path)
    assert [(one.source, one.session_id) for one in found] == [("engram", "eg-1"), ("engram", "manual-save-shop")]
    assert [turn.prompt for turn in told(found[0]).turns] == ["Mend the prices"]


@pytest.mark.parametrize(("module", "make"), [
    (claude_mem, memories.CLAUDE_MEM), (sessionmem, memories.SESSIONMEM), (engram, memories.ENGRAM),
])  # fmt: skip
def test_a_damaged_database_is_named_and_the_others_of_its_folder_are_read(
    tmp_path: Path, module: object, make: str
) -> None:
    path = memories.database(tmp_path / "a.db", make + "CREATE TABLE filler(x);", {"filler": [{"x": "y" * 900}] * 2000})
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    (tmp_path / "b.db").write_bytes(b"SQLite format 3\x00" + b"\0" * 80)
    (tmp_path / "c.txt").write_text("no database", encoding="utf-8")
    unread = Unreadable()
    assert list(module.heads(str(tmp_path), unread)) == []  # type: ignore[attr-defined]
    assert list(unread.counts) == ["database: database disk image is malform"]


def test_a_database_that_is_in_use_is_read_with_its_log_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    path = memories.claude_mem(tmp_path / "claude-mem.db")
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("UPDATE sdk_sessions SET custom_title = 'Said last' WHERE id = 1")
    db.commit()
    db.execute("BEGIN IMMEDIATE")
    before = sorted(os.listdir(tmp_path))
    found, _ = heads(path)
    assert told(found[0]).title == "Said last"
    assert sorted(os.listdir(tmp_path)) == before
    db.close()


def test_places_move_with_their_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = os.path.expanduser("~")
    assert claude_mem.places() == [os.path.join(home, ".claude-mem", "claude-mem.db")]
    assert sessionmem.places() == [os.path.join(home, ".sessionmem", "memories.db")]
    assert engram.places() == [os.path.join(home, ".engram", "engram.db")]
    for name in ("CLAUDE_MEM_DATA_DIR", "SESSIONMEM_DB_PATH", "ENGRAM_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    moved = [*claude_mem.places(), *sessionmem.places(), *engram.places()]
    assert moved == [str(tmp_path / "claude-mem.db"), str(tmp_path), str(tmp_path / "engram.db")]
    for name in ("CLAUDE_MEM_DATA_DIR", "SESSIONMEM_DB_PATH", "ENGRAM_DATA_DIR"):
        monkeypatch.setenv(name, "relative")
    assert [*claude_mem.places(), *sessionmem.places(), *engram.places()] == []


def test_no_memory_takes_what_is_anothers(tmp_path: Path) -> None:
    one = tmp_path / "one.json"
    for content in ("[1, {}]", '{"memories": [{"kind": "k", "content": "c"}]}', '{"observations": []}', "text"):
        one.write_text(content, encoding="utf-8")
        assert registry.recognised(str(one)) == []
    assert not engram.knows(Sample(str(memories.sessionmem(tmp_path / "s.db"))))


# What an import makes of them


def test_the_notes_of_this_project_are_imported_once_and_taken_back_byte_for_byte(
    shop: Project, tmp_path: Path
) -> None:
    path = memories.claude_mem(tmp_path / "claude-mem.db")
    before = kept(shop)
    wish = Wish((str(path),))
    assert importer.run(shop.store, Wish((str(path),), dry_run=True)).added == ["host-1"]
    assert kept(shop) == before
    report = importer.run(shop.store, wish)
    assert (report.added, dict(report.elsewhere)) == (["host-1"], {"other": 1})
    session = parse.parse(text_of(shop))
    assert (session.goal, session.tool, session.source) == (
        "Cart totals are off by a cent.",
        "claude-code",
        "claude-mem",
    )
    assert session.decisions == ["Decimal instead of float: A float cannot hold 0.10."]
    assert (session.work_pending, session.work_completed) == (
        ["Discount codes"],
        ["Prices are Decimal", "Totals are exact"],
    )
    assert ([change.path for change in session.files], session.tags) == (["cart.py", "total.py"], ["trade-off"])
    assert session.started_at.startswith("2026-11-20T")
    after = kept(shop)
    assert importer.run(shop.store, wish).same == ["host-1"]
    assert kept(shop) == after
    import_batches.undo(shop.store, report.batch)
    assert kept(shop) == before


def test_the_hosts_own_transcript_tells_more_than_a_memory_of_it(shop: Project, tmp_path: Path) -> None:
    transcript = (
        Claude("host-1", str(shop.root)).prompt("Cart totals are off").edits(str(shop.root / "cart.py"), "a", "b")
    )
    importer.run(shop.store, Wish((str(transcript.put(tmp_path / "t")),)))
    importer.run(shop.store, Wish((str(memories.claude_mem(tmp_path / "claude-mem.db")),)))
    session = parse.parse(text_of(shop))
    assert (session.source, session.goal) == ("claude-code", "Cart totals are off")
    assert session.decisions == ["Decimal instead of float: A float cannot hold 0.10."]


def test_what_was_forgotten_or_is_secret_or_private_does_not_come_in(shop: Project, tmp_path: Path) -> None:
    path = memories.sessionmem(tmp_path / "memories.db")
    key = "AKIA" + "IOSFODNN7EXAMPLF"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE memories SET content = ? WHERE id = 'a'", (f"The key is {key} <private>hush</private> now",))
    report = importer.run(shop.store, Wish((str(path),)))
    assert (report.added, report.redactions > 0) == (["sm-1"], True)
    assert key not in text_of(shop)
    assert "hush" not in text_of(shop)
    import_batches.undo(shop.store, report.batch)
    forgotten.add(shop.store, "sm-1")
    report = importer.run(shop.store, Wish((str(path),)))
    assert (report.added, dict(report.left_out)) == ([], {"forgotten": 1})


def test_a_name_is_mapped_to_this_project(shop: Project, tmp_path: Path) -> None:
    path = memories.claude_mem(tmp_path / "claude-mem.db", project="old-shop")
    assert importer.run(shop.store, Wish((str(path),))).added == []
    wish = Wish((str(path),), maps=(("old-shop", str(shop.root)),))
    assert importer.run(shop.store, wish).added == ["host-1"]
    assert parse.parse(text_of(shop)).files[0].path == "cart.py"


def kept(project: Project) -> dict[str, bytes]:
    """Return what a store holds but for its cache."""
    return {name: data for name, data in everything(project.store.path).items() if name != "memory.db"}


def text_of(project: Project) -> str:
    """Return the one session file of a project."""
    return project.file().read_text(encoding="utf-8")
