"""A store of every earlier format is read, searched, made anew and written on, and nothing in it is lost."""

import gzip
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ocm.cli import main
from ocm.index.file_format import VERSION
from tests.formats.__main__ import FOLDER, NOTES, OTHER, ROOT, SESSION, write
from tests.support import builders

FORMATS = sorted(path.name for path in FOLDER.iterdir() if (path / "sessions").is_dir())
CACHES = [name for name in FORMATS if name != "reference"]


class Upgraded:
    """A store of an earlier format, in a repository, met by the commands of today."""

    def __init__(self, root: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.printed = capsys.readouterr
        self.root = builders.repository(root)
        self.store = root / ".openCodeMemory"
        self.notices: list[str] = []
        shutil.copytree(FOLDER / name, self.store)
        packed = self.store / "memory.db.gz"
        (self.store / "memory.db").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
        for journal in self.store.glob("active_*.jsonl"):
            text = journal.read_text(encoding="utf-8").replace(ROOT, json.dumps(str(root))[1:-1])
            journal.write_text(text, encoding="utf-8")

    def run(self, *words: str) -> str:
        """Run a command, which says nothing on stderr but, once, that another program's cache was put aside."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            patch.setattr(sys, "argv", ["ocm", *words])
            with pytest.raises(SystemExit) as stop:
                main.main()
        printed = self.printed()
        assert not stop.value.code, printed.err
        self.notices += [line.split("(")[0] for line in printed.err.splitlines()]
        assert self.notices in ([], ["ocm: memory.db could not be used "])
        return printed.out

    def ask(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def version(self) -> int:
        with closing(sqlite3.connect(self.store / "memory.db")) as db:
            number: int = db.execute("PRAGMA user_version").fetchone()[0]
        return number

    def answers(self) -> list[Any]:
        questions = ("backoff", "hammered server", "再試行", "src/client.py", "stock page", "warehouse limits")
        found = [hit for question in questions for hit in self.ask("search", question)]
        for hit in found:
            del hit["score"], hit["freshness"]  # which go by the time of asking
        return [found, self.ask("list"), self.ask("show", SESSION), self.ask("timeline")]


@pytest.fixture(params=FORMATS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Upgraded:
    return Upgraded(tmp_path / "shop", request.param, capsys)


def test_there_is_a_store_of_every_format_and_each_is_what_it_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [str(number) for number in range(1, VERSION + 1)] == CACHES
    for name in CACHES:
        assert Upgraded(tmp_path / name, name, capsys).version() == int(name)
    assert Upgraded(tmp_path / "reference", "reference", capsys).version() == 0


def test_the_stores_of_earlier_formats_are_as_they_were_written() -> None:
    files = [path for name in FORMATS for path in (FOLDER / name / "sessions").iterdir()]
    assert len(files) == 2 * len(FORMATS)
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert ("\nocm: 1\n" in text) == (path.parent.parent.name != "reference")
        assert text.endswith(NOTES) == ("retry-policy" in path.name)


def test_it_is_read_and_searched_at_once(upgraded: Upgraded) -> None:
    assert {one["session_id"] for one in upgraded.ask("list")} == {SESSION, OTHER}
    for question in ("backoff", "hammered server", "再試行", "src/client.py", "warehouse limits"):
        assert [hit["session_id"] for hit in upgraded.ask("search", question)][:1] == [SESSION], question
    assert [hit["session_id"] for hit in upgraded.ask("search", "stock page")][:1] == [OTHER]
    assert upgraded.version() == VERSION


def test_every_part_of_a_session_is_there(upgraded: Upgraded) -> None:
    shown = upgraded.ask("show", SESSION)
    assert shown["goal"] == "A retry policy for the warehouse client, 再試行の方針"
    assert shown["work_completed"] == ["Five attempts in `fetch`"]
    assert shown["work_pending"] == ["Show the outage on the shop page"]
    assert shown["work_summary"] == ["Compared fixed waits with exponential ones"]
    assert shown["decisions"] == ["**Backoff:** waits grow as 2 ** attempt; a fixed wait hammered the server"]
    assert {"path": "src/client.py", "change_type": "modified"}.items() <= shown["files"][0].items()
    assert upgraded.ask("show", OTHER)["tool"] == "cursor"


def test_rebuilding_changes_no_answer_and_reads_no_file_differently(upgraded: Upgraded) -> None:
    before, files = upgraded.answers(), {path: path.read_bytes() for path in upgraded.store.glob("sessions/*.md")}
    assert "2 " in upgraded.run("rebuild-index")
    assert upgraded.answers() == before
    (upgraded.store / "memory.db").unlink()
    assert upgraded.answers() == before
    assert {path: path.read_bytes() for path in upgraded.store.glob("sessions/*.md")} == files


def test_a_checkpoint_goes_on_in_it_and_keeps_what_was_there(upgraded: Upgraded) -> None:
    (file,) = upgraded.store.glob("sessions/*retry-policy.md")
    before = file.read_text(encoding="utf-8")
    (upgraded.root / "src").mkdir()
    (upgraded.root / "src" / "left.py").write_text("x\n", encoding="utf-8")
    upgraded.run("checkpoint", "--session-id", SESSION, "--completed", "Upgraded in the middle of the work")
    after = file.read_text(encoding="utf-8")
    assert NOTES.strip() in after
    kept = [line for line in before.splitlines() if line.startswith(("- ", "A retry", "Ask the"))]
    assert kept
    assert [line for line in kept if line not in after] == []
    shown = upgraded.ask("show", SESSION)
    assert shown["work_completed"] == ["Five attempts in `fetch`", "Upgraded in the middle of the work"]
    assert "src/left.py" in {one["path"] for one in shown["files"]}  # it was in the journal alone
    assert [hit["session_id"] for hit in upgraded.ask("search", "upgraded in the middle")][:1] == [SESSION]


def test_the_script_writes_such_a_store_today(tmp_path: Path) -> None:
    write(tmp_path / "now")
    names = {path.name for path in (tmp_path / "now").iterdir()}
    assert names == {path.name for path in (FOLDER / str(VERSION)).iterdir()}
    assert gzip.decompress((tmp_path / "now" / "memory.db.gz").read_bytes()).startswith(b"SQLite format 3")
