"""Memories that are files: memem, basic-memory, Claude Code's memory folder, Cline's memory bank, openCodeMemory 0.2."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from ocm.markdown import parse
from ocm.sessions import import_batches
from ocm.sources import importer, registry
from ocm.sources.importer import Wish
from ocm.sources.json_lines import Unreadable
from ocm.sources.readers import basic_memory, claude_code, memem, opencodememory
from tests.support import memories
from tests.support.builders import Project, repository
from tests.support.memories import heads, sections, told
from tests.support.session_store import everything
from tests.support.transcripts import SESSION, small_change

MEMEM = """---
id: {id}
schema_version: 1
title: "Decimal prices"
project: shop
tags: [decision, money]
created: 2026-11-20
updated: 2026-11-21
source_type: user
status: {status}
valid_to:
---

A float cannot hold 0.10, see https://example.org/floats.
"""
NOTE = """---
title: Cart prices
permalink: shop/cart-prices
tags:
- cart
---

# Cart prices

- [decision] Prices are Decimal #money (a float cannot hold 0.10)
- [problem] Three dimes came to 0.30000000000000004
- [tech] `Decimal(price)` in `Cart.add()`
- implemented_in [[Cart]]
- a bullet
"""
REFERENCE = Path(__file__).parents[3] / "formats" / "reference" / "memory.db.gz"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(repository(tmp_path / "shop"))


def test_a_memory_of_memem_is_told_and_one_that_is_deprecated_as_over(tmp_path: Path) -> None:
    put(tmp_path / "a.md", MEMEM.format(id="m1", status="active"))
    put(tmp_path / "b.md", MEMEM.format(id="m2", status="deprecated").replace("[decision, money]", "fact, x"))
    put(tmp_path / "c.md", MEMEM.format(id="", status="active"))
    put(tmp_path / "d.md", MEMEM.format(id="m3", status="active").replace("valid_to:", "valid_to: 2026-11-22"))
    put(tmp_path / "e.md", MEMEM.format(id="m4", status="active").replace("title:", "title: [").replace("id:", "id:"))
    put(tmp_path / "f.md", "# no memory")
    found, unread = heads(tmp_path)
    assert [(one.session_id, one.cwd) for one in found] == [
        ("memem-m1", "shop"),
        ("memem-m2", "shop"),
        ("memem-m3", "shop"),
    ]
    said = "Decimal prices: A float cannot hold 0.10, see https://example.org/floats."
    assert [sections(told(one)) for one in found] == [
        [("decisions", said)],
        [("work", f"~~{said}~~")],
        [("decisions", f"~~{said}~~")],
    ]
    heard = told(found[0])
    assert (list(heard.tags), list(heard.links)) == (["decision", "money"], ["https://example.org/floats"])
    assert unread == {"front matter that is no YAML": 1}


def test_a_note_of_basic_memory_is_told_by_its_observations(tmp_path: Path) -> None:
    path = put(tmp_path / "shop" / "deep" / "cart.md", NOTE)
    put(tmp_path / "shop" / "other.md", "# no note")
    (one,), _ = heads(tmp_path / "shop")
    assert (one.cwd, one.start > 0) == ("shop/deep", True)
    heard = told(one)
    assert sections(heard) == [
        ("decisions", "Prices are Decimal #money (a float cannot hold 0.10)"),
        ("problems", "Three dimes came to 0.30000000000000004"),
        ("work", "`Decimal(price)` in `Cart.add()`"),
        ("work", "implemented_in [[Cart]]"),
    ]
    assert (heard.title, list(heard.tags)) == ("Cart prices", ["cart", "money"])
    (single,), _ = heads(path)
    assert (single.cwd, single.session_id) == ("shop", one.session_id)
    moved = put(tmp_path / "main" / "shop" / "cart.md", NOTE.replace("title:", "created: 2026-11-20\ntitle:"))
    (one,), _ = heads(moved.parents[1])
    assert (one.cwd, one.start) == ("shop", memories.AT - 36_000)


def test_places_of_vaults_move_with_their_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = os.path.expanduser("~")
    assert memem.places()[0] == os.path.join(home, "obsidian-brain", "memem", "memories")
    assert basic_memory.places() == [os.path.join(home, "basic-memory")]
    assert opencodememory.places() == [os.path.join(home, ".openCodeMemory", "memory.db")]
    monkeypatch.setenv("MEMEM_OBSIDIAN_VAULT", "relative")
    monkeypatch.setenv("BASIC_MEMORY_HOME", "relative")
    monkeypatch.setenv("BASIC_MEMORY_CONFIG_DIR", str(tmp_path))
    put(tmp_path / "config.json", json.dumps({"projects": {"a": "/notes/a", "b": {"path": "/notes/b"}}}))
    assert (memem.places(), basic_memory.places()) == ([], ["/notes/a", "/notes/b"])


def test_the_memory_folder_of_claude_code_is_one_session_of_its_project(shop: Project, tmp_path: Path) -> None:
    word = str(shop.root).replace("/", "-").replace("_", "-").replace(".", "-")
    folder = tmp_path / "projects" / word / "memory"
    put(folder / "MEMORY.md", "- [Decimal prices](decimal.md) hook\n- Tests run with unittest\nprose")
    put(folder / "decimal.md", "---\nname: Decimal prices\ntype: project\n---\nA float cannot hold 0.10.")
    put(folder / "tests.md", "---\nname: Tests\ntype: reference\ndescription: How they run\n---\n")
    put(folder / "me.md", "---\nname: Me\ntype: user\n---\nI like tea.")
    put(folder / "old one.md", "---\nname: Old\ntype: feedback\nsuperseded_by: decimal\n---\nPrices are floats.")
    (one,), _ = heads(tmp_path)
    assert sections(told(one)) == [
        ("work", "Tests run with unittest"),
        ("decisions", "Decimal prices: A float cannot hold 0.10."),
        ("decisions", "~~Old: Prices are floats.~~"),
        ("work", "Tests: How they run"),
    ]
    (single,), _ = heads(folder / "decimal.md")
    assert single.session_id == one.session_id
    before = kept(shop)
    report = importer.run(shop.store, Wish((str(tmp_path / "projects"),)))
    assert report.added == [one.session_id]
    assert parse.parse(shop.file().read_text(encoding="utf-8")).title == "Memories of Claude Code"
    assert importer.run(shop.store, Wish((str(tmp_path / "projects"),))).same == [one.session_id]
    import_batches.undo(shop.store, report.batch)
    assert kept(shop) == before
    (folder / "MEMORY.md").write_text("", encoding="utf-8")
    for name in ("decimal.md", "tests.md", "old one.md"):
        (folder / name).unlink()
    assert heads(tmp_path / "projects")[0] == []


def test_the_memory_bank_of_cline_tells_what_is_open_decided_and_wrong(shop: Project) -> None:
    bank = shop.root / "memory-bank"
    put(
        bank / "activeContext.md",
        "# Active\n- prose\n## Next Steps\n- [ ] Wire it\n- [x] Read it\nprose\n## Active Decisions\n- Round once",
    )
    put(bank / "progress.md", "## What Works\n- Totals\n\n## Known Issues\n- KeyError for an unknown code")
    (bank / "gone.md").symlink_to(bank / "nowhere")
    put(bank / "huge.md", "x" * 5_000_000)
    (one,), unread = heads(bank)
    assert (one.cwd, unread) == (str(shop.root), {"unreadable: it is larger than 4 MB": 1})
    assert sections(told(one)) == [
        ("work_pending", "Wire it"),
        ("work_completed", "Read it"),
        ("decisions", "Round once"),
        ("problems", "KeyError for an unknown code"),
    ]
    assert importer.run(shop.store, Wish(sources=("cline",))).added == [one.session_id]
    (single,), _ = heads(bank / "progress.md")
    assert single.session_id == one.session_id
    (bank / "activeContext.md").unlink()
    (bank / "progress.md").write_text("nothing", encoding="utf-8")
    assert list(registry.heads_of("cline", str(bank), Unreadable())) == []


def test_the_database_of_opencodememory_is_read_and_the_cache_of_today_is_not(shop: Project, tmp_path: Path) -> None:
    store = tmp_path / "old" / ".openCodeMemory"
    store.mkdir(parents=True)
    (store / "memory.db").write_bytes(gzip.decompress(REFERENCE.read_bytes()))
    found = list(opencodememory.heads(str(tmp_path / "old"), Unreadable()))
    assert [(one.cwd, one.tool) for one in found] == [("shop", "claude-code"), ("shop", "cursor")]
    heard = told(found[0])
    assert heard.turns[0].prompt == "A retry policy for the warehouse client, 再試行の方針"
    assert ("decisions", "**Backoff:** waits grow as 2 ** attempt; a fixed wait hammered the server") in sections(heard)
    assert list(heard.named) == ["src/client.py"]
    report = importer.run(shop.store, Wish((str(store / "memory.db"),)))
    assert sorted(report.added) == sorted(one.session_id for one in found)
    assert list(opencodememory.heads(shop.store.path, Unreadable())) == []


def test_a_damaged_database_of_opencodememory_is_named_and_an_unknown_chunk_counted(tmp_path: Path) -> None:
    schema = "CREATE TABLE sessions(id, project, tool, started_at, slug, goal); CREATE TABLE session_files(session_id, file_path);"
    schema += "CREATE TABLE session_chunks(id INTEGER PRIMARY KEY, session_id, chunk_type, content, created_at);"
    rows: dict[str, list[dict[str, object]]] = {
        "sessions": [{"id": "s", "project": "shop", "tool": "cursor", "started_at": memories.AT, "goal": "Mend it"}],
        "session_chunks": [
            {"session_id": "s", "chunk_type": "reference", "content": '{"url": "https://example.org", "title": "t"}'},
            {"session_id": "s", "chunk_type": "omen", "content": "Soon"},
            {"session_id": "s", "chunk_type": "diff_summary", "content": "1 file"},
        ],
    }
    filler: dict[str, object] = {"session_id": "t", "chunk_type": "decision", "content": "x" * 900}
    rows["session_chunks"] += [filler] * 2000
    path = memories.database(tmp_path / "memory.db", schema, rows)
    (one,), unread = heads(path)
    assert (sections(told(one)), list(told(one).links), unread) == (
        [("work", "Soon")], ["https://example.org"], {"chunk omen": 1},
    )  # fmt: skip
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2))
    odd_now = Unreadable()
    list(opencodememory.heads(str(path), odd_now))
    assert any(what.startswith("database: ") for what in odd_now.counts)


def history(folder: Path, root: str, *prompts: tuple[str, str]) -> Path:
    lines = [
        json.dumps({"display": said, "pastedContents": {}, "timestamp": (memories.AT + n) * 1000, "project": root,
                    **({"sessionId": name} if name else {})})
        for n, (name, said) in enumerate(prompts)
    ]  # fmt: skip
    return put(folder / "history.jsonl", "\n".join(lines) + "\n")


def test_prompts_of_deleted_conversations_are_rescued_and_no_conversation_is_doubled(
    shop: Project, tmp_path: Path
) -> None:
    claude, root = tmp_path / "claude", str(shop.root)
    path = history(claude, root, ("gone", "Mend the prices"), ("gone", "/clear"), ("gone", "Round at the end"),
                   ("short", "hello"), (SESSION, "Make the greeting friendlier"), (SESSION, "More"), ("", "Of old"))  # fmt: skip
    small_change(root).put(claude / "projects" / "x")
    assert [str(claude / "projects"), str(path)] != claude_code.places()
    wish = Wish((str(claude),))
    report = importer.run(shop.store, wish)
    assert sorted(report.added) == sorted(["gone", SESSION])
    assert dict(report.left_out) == {"small": 1}
    assert any("prompt without a session" in one for one in report.troubles)
    (text,) = [one.read_text(encoding="utf-8") for one in shop.files() if "gone" in one.read_text(encoding="utf-8")]
    session = parse.parse(text)
    assert (session.goal, session.work_summary[-1].startswith("Only its prompts are known")) == (
        "Mend the prices",
        True,
    )
    assert importer.run(shop.store, wish).added == []
    before = kept(shop)
    (claude / "projects" / "x" / f"{SESSION}.jsonl").unlink()
    assert SESSION in importer.run(shop.store, wish).same
    assert kept(shop) == before
    small_change(root, "gone").put(claude / "projects" / "x")
    assert importer.run(shop.store, wish).completed == ["gone"]
    assert "Only its prompts" not in "".join(one.read_text(encoding="utf-8") for one in shop.files())
    assert registry.recognised(str(path)) == ["claude-code"]


def test_places_of_claude_code_name_its_prompt_history(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path))
    assert claude_code.places() == [str(tmp_path / "projects"), str(tmp_path / "history.jsonl")]


def kept(project: Project) -> dict[str, bytes]:
    """Return what a store holds but for its cache."""
    return {name: data for name, data in everything(project.store.path).items() if name != "memory.db"}
