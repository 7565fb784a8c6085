"""The cache of what was said: whole before it has its name, asked in one state, and left without a trace."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from ocm.index import schema
from ocm.index import transcripts as index
from ocm.index.transcripts import Transcript

SAID = [(0, "user", 1.0, "1", "Why does the mailer deadlock?"), (1, "assistant", 2.0, "2", "It deploys twice.")]


@pytest.fixture
def home(tmp_path: Path) -> str:
    """Return a user store whose cache holds one conversation."""
    put(str(tmp_path / "home"), "S", "/t/a.jsonl")
    return str(tmp_path / "home")


def put(home: str, session_id: str, path: str) -> None:
    with index.writing(home, str) as cache:  # type: ignore[arg-type]
        cache.put(Transcript(0, path, session_id, "codex", "/p", "", "", "", 1.0, "m", rules="r"))
        (one,) = cache.transcripts("session_id = ?", session_id)
        cache.add(one.id, SAID)


def found(home: str, query: str) -> list[tuple[str, str]]:
    with index.reading(home) as cache:
        assert cache is not None
        hits = cache.search(query, [one.id for one in cache.transcripts()], 5)
    return [(hit.text.role, hit.snippet) for hit in hits]


@pytest.mark.parametrize(
    ("query", "snippet"),
    [
        ("mailer deadlock", "Why does the **mailer** **deadlock**?"),
        ("deploying", "It **deploys** twice."),
        ("mailer elephant", "Why does the **mailer** deadlock?"),
        ("mailer twice deadlock", "Why does the **mailer** **deadlock**?"),
        ("deadl", "Why does the **deadl**ock?"),
    ],
)
def test_words_are_found_in_their_forms_and_the_rarest_are_enough(home: str, query: str, snippet: str) -> None:
    assert found(home, query)[0][1] == snippet.replace("the **deadl**ock", "the mailer **deadl**ock")


def test_a_hit_with_fewer_of_the_words_never_has_the_higher_score(home: str) -> None:
    with index.writing(home, str) as cache:  # type: ignore[arg-type]
        long = "mailer and printer " + "among a great many other words that nobody asks for " * 9
        cache.add(1, [(2, "user", 3.0, "3", long), (3, "user", 4.0, "4", "printer"), (4, "user", 5.0, "5", "mailer")])
        hits = cache.search("mailer printer", [1], 5)
    assert hits[0].text.n == 2
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("query", ["elephant", "?", "the", '"*()', "xq"])
def test_a_question_that_nothing_answers_has_no_hit(home: str, query: str) -> None:
    assert [role for role, _ in found(home, query)] in ([], ["user"])


def test_words_that_nearly_everything_holds_do_not_slow_a_question(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_MANY", 0)
    assert found(home, "mailer") == [("user", "Why does the **mailer** deadlock?")]
    assert len(found(home, "mailer twice")) == 2 - 1


def test_there_is_nothing_to_ask_where_nobody_built_a_cache(tmp_path: Path) -> None:
    with index.reading(str(tmp_path)) as cache:
        assert cache is None
    assert index.health(str(tmp_path)) == ""


def test_what_goes_wrong_while_it_is_written_changes_nothing(home: str) -> None:
    with suppress(ZeroDivisionError), index.writing(home, str) as cache:  # type: ignore[arg-type]
        cache.cut(1, 0)
        raise ZeroDivisionError
    assert found(home, "mailer")
    assert index.health(home) == ""


def test_what_a_killed_builder_left_is_not_in_the_way(tmp_path: Path) -> None:
    Path(tmp_path, "transcripts.db.tmp").write_text("half", encoding="utf-8")
    put(str(tmp_path), "S", "/t/a.jsonl")
    assert found(str(tmp_path), "mailer")
    assert sorted(os.listdir(tmp_path)) == ["transcripts.db"]


def test_a_cache_that_goes_away_while_it_is_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "opened", lambda *_: None)
    with pytest.raises(sqlite3.OperationalError, match="removed it in this moment"):
        put(str(tmp_path), "S", "/t/a.jsonl")


def test_a_cache_of_another_user_is_not_asked(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with index.reading(home) as cache:
        assert cache is None


def test_a_lock_on_it_is_no_damage(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(schema, "opened", locked)
    with pytest.raises(sqlite3.OperationalError, match="locked"), index.reading(home):
        pass
    assert index.health(home) == ""
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        put(home, "S", "/t/a.jsonl")
    assert Path(index.path_in(home)).exists()


def test_a_conversation_that_is_forgotten_leaves_no_page_of_the_file_with_it(home: str) -> None:
    put(home, "T", "/t/b.jsonl")
    with index.writing(home, str) as cache:  # type: ignore[arg-type]
        cache.looked([("/t/a.jsonl", 1), ("/t/b.jsonl", 1)])
    for name in ("S", "T"):
        assert b"deadlock" in Path(index.path_in(home)).read_bytes()
        index.forget(home, name)
    assert b"deadlock" not in Path(index.path_in(home)).read_bytes()
    with index.reading(home) as cache:
        assert cache is not None
        assert (cache.transcripts(), cache.files()) == ([], {})
    index.forget(home, "U")


def test_what_was_moved_aside_is_forgotten_with_it(tmp_path: Path) -> None:
    aside = tmp_path / "transcripts.db.damaged"
    aside.write_text("deadlock", encoding="utf-8")
    index.forget(str(tmp_path), "S")
    assert os.listdir(tmp_path) == []
    Path(index.path_in(str(tmp_path))).write_text("deadlock", encoding="utf-8")
    index.forget(str(tmp_path), "S")
    assert os.listdir(tmp_path) == ["transcripts.db"]


def test_a_text_that_the_index_alone_knows_is_damage(home: str) -> None:
    with sqlite3.connect(index.path_in(home)) as db:
        db.execute("DELETE FROM said")
    with pytest.raises(schema.DamagedError, match="does not hold"):
        found(home, "mailer")
