"""What was said is found in the hosts' own files: which, when it is read again, and what nobody is shown."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from ocm.base.errors import BadInputError, OcmError
from ocm.index import transcripts as index
from ocm.sessions import copies, forget
from ocm.setup import settings
from ocm.sources import spoken, transcripts
from ocm.sources.json_lines import Position
from ocm.sources.transcripts import Wish
from ocm.store import forgotten, registry
from tests.support.builders import Project
from tests.support.said import FIRST, SECOND, Talks
from tests.support.transcripts import HISTORIES, Claude

GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talks:
    return Talks.at(tmp_path, monkeypatch)


@pytest.fixture
def offsets(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return from which byte on each reading of a transcript began."""
    begun: list[int] = []
    listen = spoken.listen

    def spy(head: object, clean: object, sink: object, position: Position, before: object) -> Position:
        begun.append(position.offset)
        return listen(head, clean, sink, position, before)  # type: ignore[arg-type]

    monkeypatch.setattr(spoken, "listen", spy)
    return begun


def settle() -> None:
    """Let the files become old enough for their time stamps to tell of a change."""
    time.sleep(0.1)


def test_a_hit_names_who_said_it_when_and_where_to_read_on(talks: Talks) -> None:
    path = talks.claude().prompt("Why is the mailer slow?").says("The mailer waits for a lock.").put(talks.folder)
    (row,) = talks.ask("lock mailer waits", limit=1).rows
    assert row == {
        "rank": 1, "score": row["score"], "session_id": FIRST, "tool": "claude-code", "role": "assistant",
        "date": row["date"], "snippet": "The **mailer** **waits** for a **lock**.", "project": "shop",
        "before": "user: Why is the mailer slow?", "after": "", "file": str(path), "position": "2",
        "markdown_path": None,
    }  # fmt: skip
    assert row["date"].startswith("2026-03-0")
    assert oct(talks.cache.stat().st_mode & 0o777) == "0o600"


def test_a_hit_names_the_session_file_where_there_is_one(talks: Talks) -> None:
    talks.claude().prompt("Mend the mailer").put(talks.folder)
    stored = talks.project.checkpoint(FIRST, goal="mail")
    for everywhere in (False, True):
        (row,) = talks.ask("mailer", everywhere=everywhere).rows
        assert row["markdown_path"] == stored["markdown_path"]


def test_the_error_that_a_test_ended_with_is_found_and_what_tools_printed_is_not(talks: Talks) -> None:
    one = talks.claude().prompt("Run it").runs("pytest -q", "quietly printed\nE  KeyError: wobble failed", failed=True)
    one.runs("cat secrets.txt", "loudly printed").edits("a.py", "old line", "new line").put(talks.folder)
    (row,) = talks.ask("wobble").rows
    assert (row["role"], row["snippet"]) == ("error", "pytest: E KeyError: **wobble** failed")
    for query in ("quietly", "loudly", "line"):
        assert talks.found(query) == []


def test_plans_and_answered_questions_were_said_by_someone(talks: Talks) -> None:
    one = talks.claude().calls("ExitPlanMode", {}, {"plan": "# Split the parser"})
    one.calls("AskUserQuestion", {}, {"answers": {"Which colour?": "vermilion", "And the size?": " "}})
    one.put(talks.folder)
    assert [row["role"] for row in talks.ask("parser").rows] == ["assistant"]
    assert talks.found("vermilion") == ["Which colour? → vermilion"]
    assert talks.found("size") == []


def test_secrets_private_parts_and_controls_are_not_in_the_cache(talks: Talks) -> None:
    talks.claude().prompt(f"Use {GITHUB} for the mailer").says(
        "The mailer <private>knows the chairman</private> now \x1b]0;owned\x07 works."
    ).put(talks.folder)
    found = talks.found("mailer")
    assert "Use [REDACTED:github-token] for the mailer" in found
    assert any(text.startswith("The mailer") and "owned" not in text for text in found)
    assert talks.found("chairman") == []
    data = talks.cache.read_bytes()
    assert GITHUB.encode() not in data
    assert b"chairman" not in data


def test_only_this_project_unless_all_are_asked_about(talks: Talks) -> None:
    talks.claude().prompt("the mailer of the shop").put(talks.folder)
    talks.claude(SECOND, str(talks.tmp / "bank")).prompt("the mailer of the bank").put(talks.folder.parent / "bank")
    assert talks.found("mailer") == ["the mailer of the shop"]
    assert sorted(talks.found("mailer", everywhere=True)) == ["the mailer of the bank", "the mailer of the shop"]


def test_one_tool_and_one_span_of_days(talks: Talks) -> None:
    talks.claude().prompt("the mailer, asked of claude").put(talks.folder)
    talks.codex(("user", "the mailer, asked of codex"))
    assert talks.found("mailer", tool="codex") == ["the mailer, asked of codex"]
    assert len(talks.found("mailer", since="2026-03-01", until="2026-03-01")) == 2
    assert talks.found("mailer", since="2026-03-02") == []
    assert talks.found("mailer", until="2026-02-28") == []
    with pytest.raises(BadInputError, match="since 'noon' is not a date"):
        talks.found("mailer", since="noon")
    with pytest.raises(BadInputError, match="query is empty"):
        talks.found(" ")


def test_all_projects_include_histories_that_lie_in_them(talks: Talks) -> None:
    other = talks.tmp / "bank"
    other.mkdir()
    registry.register(str(other), Project(other).store.path)
    said = "# aider chat started at 2026-03-01 10:00:00\n\n#### mend the mailer of the bank\n\nDone with it.\n"
    (other / ".aider.chat.history.md").write_text(said, encoding="utf-8")
    assert talks.found("bank") == []
    assert talks.found("bank", everywhere=True) == ["mend the mailer of the bank"]


def test_nothing_is_read_again_when_nothing_changed(talks: Talks, offsets: list[int]) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    settle()
    assert [talks.found("mailer"), talks.found("mailer")] == [["the mailer"]] * 2
    assert offsets == [0]


def test_a_file_so_young_that_a_change_might_not_show_is_looked_at_again(
    talks: Talks, offsets: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocm.index.scan.settled", lambda *_: False)
    path = talks.claude().prompt("the mailer").put(talks.folder)
    talks.found("mailer")
    assert talks.found("mailer") == ["the mailer"]
    assert offsets == [0, path.stat().st_size]


def test_of_a_transcript_that_grew_only_the_new_lines_are_read(talks: Talks, offsets: list[int]) -> None:
    one = talks.claude().prompt("the first thing about the mailer")
    size = one.put(talks.folder).stat().st_size
    settle()
    talks.found("mailer")
    one.says("the second thing about the mailer").put(talks.folder)
    assert len(talks.found("mailer")) == 2
    assert offsets == [0, size]
    assert talks.held() == talks.rebuilt()


def test_a_torn_last_line_is_read_again_when_it_is_whole(talks: Talks, offsets: list[int]) -> None:
    one = talks.claude().prompt("begun").prompt("the mailer is torn")
    first, last = one.lines
    path = talks.folder / f"{FIRST}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(f"{first}\n{last[:80]}", encoding="utf-8")
    assert talks.found("mailer") == []
    path.write_text(f"{first}\n{last}", encoding="utf-8")  # whole, and without an end of its line
    assert talks.found("mailer") == ["the mailer is torn"]
    path.write_text(f"{first}\n{last}\n", encoding="utf-8")
    assert talks.found("mailer") == ["the mailer is torn"]
    assert len(set(offsets[1:3])) == 1
    assert talks.held() == talks.rebuilt()


def test_a_call_that_waits_for_its_end_is_read_again_with_it(talks: Talks, offsets: list[int]) -> None:
    one = talks.claude().prompt("Run it").runs("pytest -q", "E  wobble failed", failed=True)
    *before, last = one.lines
    path = talks.folder / f"{FIRST}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{line}\n" for line in before), encoding="utf-8")
    assert talks.found("wobble") == []
    with path.open("a", encoding="utf-8") as file:
        file.write(last + "\n")
    assert talks.found("wobble") == ["pytest: E wobble failed"]
    assert 0 < offsets[1] < len(f"{before[0]}\n") + 1


def test_what_was_replaced_or_rewritten_is_read_whole(talks: Talks, offsets: list[int]) -> None:
    path = talks.claude().prompt("the old mailer").says("quite old").put(talks.folder)
    talks.found("mailer")
    path.unlink()
    talks.claude().prompt("the new mailer").says("entirely new").says("and longer").put(talks.folder)
    assert talks.found("mailer") == ["the new mailer"]
    path.write_text(path.read_text(encoding="utf-8").replace("new mailer", "NEW mailer"), encoding="utf-8")
    assert talks.found("mailer") == ["the NEW mailer"]
    assert offsets == [0, 0, 0]


def test_what_is_gone_leaves_the_cache(talks: Talks) -> None:
    path = talks.claude().prompt("the mailer").put(talks.folder)
    talks.claude(SECOND).prompt("the printer").put(talks.folder)
    assert talks.found("mailer")
    path.unlink()
    assert talks.found("mailer") == []
    assert [len(texts) for _, texts in talks.held()] == [1]


def test_a_file_that_holds_no_conversation_any_more_has_said_nothing(talks: Talks) -> None:
    path = talks.claude().prompt("the mailer").put(talks.folder)
    assert talks.found("mailer")
    path.write_text("no record at all\n", encoding="utf-8")
    assert talks.found("mailer") == []


def test_the_same_thing_said_at_the_same_moment_was_said_once(talks: Talks) -> None:
    one = talks.claude().prompt("the mailer")
    settle()
    one.put(talks.folder)
    talks.found("mailer")
    one.lines.append(one.lines[0].replace(f"{FIRST[:8]}-1", "another-id"))
    one.put(talks.folder)
    assert talks.found("mailer") == ["the mailer"]
    assert talks.held() == talks.rebuilt()


def test_a_fork_is_read_without_what_it_copied(talks: Talks, offsets: list[int]) -> None:
    one = talks.claude().prompt("the mailer was said once")
    one.bare(type="mode", mode="x").put(talks.folder)
    fork = Claude(SECOND, one.cwd, lines=[line.replace(FIRST, SECOND) for line in one.lines[:1]], minute=5)
    fork.prompt("the mailer was forked").put(talks.folder)
    settle()
    assert sorted(talks.found("mailer")) == ["the mailer was forked", "the mailer was said once"]
    fork.prompt("the mailer, forked on").put(talks.folder)
    assert len(talks.found("mailer")) == 3
    assert offsets == [0, 0, 0]
    assert talks.held() == talks.rebuilt()


def test_turns_that_were_rolled_back_were_not_said(talks: Talks, offsets: list[int]) -> None:
    said = [("user", "first mailer"), ("assistant", "yes"), ("user", "second mailer"), ("1", ""), ("0", "")]
    talks.codex(*said)
    assert talks.found("mailer") == ["first mailer"]
    talks.codex(*said, ("user", "third mailer"))
    assert sorted(talks.found("mailer")) == ["first mailer", "third mailer"]
    talks.codex(*said, ("user", "third mailer"), ("2", ""), ("user", "fourth mailer"))
    assert talks.found("mailer") == ["fourth mailer"]
    assert offsets == [0, offsets[1], offsets[2], 0]
    assert 0 < offsets[1] < offsets[2]
    assert talks.held() == talks.rebuilt()


def test_more_turns_than_there_were_can_be_rolled_back(talks: Talks) -> None:
    talks.codex(("user", "first mailer"), ("9", ""), ("user", "second mailer"))
    assert talks.found("mailer") == ["second mailer"]


def test_what_is_excluded_or_forgotten_is_neither_found_nor_kept(talks: Talks) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    talks.claude(SECOND).prompt("the printer").put(talks.folder)
    assert talks.found("mailer")
    forgotten.add(talks.project.store, FIRST)
    assert talks.found("mailer") == []
    settings.change(talks.project.store.path, "import.exclude", "claude-code")
    assert talks.found("printer") == []
    assert [texts for _, texts in talks.held()] == [[], []]
    settings.change(talks.project.store.path, "import.exclude", "")
    assert talks.found("printer") == ["the printer"]


def test_rules_of_redaction_that_changed_have_it_read_again(talks: Talks, offsets: list[int]) -> None:
    talks.claude().prompt("the code is acme_abcdefgh12").put(talks.folder)
    settle()
    assert talks.found("code") == ["the code is acme_abcdefgh12"]
    settings.change(talks.project.store.path, "redact.rules.acme", "acme_[a-z0-9]{10}")
    assert talks.found("code") == ["the code is [REDACTED:acme]"]
    assert offsets == [0, 0]


def test_a_database_is_asked_for_each_of_its_conversations_alone(talks: Talks, offsets: list[int]) -> None:
    path = talks.tmp / "home" / "data" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE session(id, parent_id, directory, title, version, time_created, time_updated)")
        db.execute("CREATE TABLE message(id, session_id, time_created, data)")
        db.execute("CREATE TABLE part(id, message_id, session_id, data)")
        for n in (1, 2):
            row = (f"s{n}", None, str(talks.project.root), "t", "1", 1_772_000_000_000, 1_772_000_000_000 + n)
            db.execute("INSERT INTO session VALUES(?, ?, ?, ?, ?, ?, ?)", row)
            db.execute(
                "INSERT INTO message VALUES(?, ?, ?, ?)", (f"m{n}", f"s{n}", 1_772_000_000_000, '{"role": "user"}')
            )
            part = f'{{"type": "text", "text": "the mailer, number {n}"}}'
            db.execute("INSERT INTO part VALUES(?, ?, ?, ?)", (f"p{n}", f"m{n}", f"s{n}", part))
    assert len(talks.found("mailer")) == 2
    settle()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE session SET time_updated = time_updated + 9 WHERE id = 's2'")
        db.execute("UPDATE part SET data = replace(data, 'number', 'then number') WHERE id = 'p2'")
    assert sorted(talks.found("mailer")) == ["the mailer, number 1", "the mailer, then number 2"]
    assert offsets == [0, 0, 0]


def test_at_the_deadline_what_is_left_is_left_and_told(talks: Talks) -> None:
    for name in (FIRST, SECOND):
        talks.claude(name).prompt("the mailer").put(talks.folder)
    answer = talks.ask("mailer", seconds=0.0)
    assert (answer.rows, answer.unread) == ([], 2)
    answer = talks.ask("mailer")
    assert (len(answer.rows), answer.unread) == (2, 0)


def test_how_far_it_has_come_is_told(talks: Talks) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    told: list[tuple[int, int]] = []
    transcripts.search(talks.project.store, Wish("mailer"), progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 1)]


def test_a_transcript_that_cannot_be_read_is_named(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    monkeypatch.setattr("ocm.sources.json_lines.MAX_FILE", 10)
    assert talks.found("mailer") == []
    assert talks.notices == ["Transcripts that were not read: unreadable: it is larger than 0 kB (1)."]


def test_memories_and_histories_of_prompts_are_no_transcripts(talks: Talks) -> None:
    memory = talks.folder / "memory" / "MEMORY.md"
    memory.parent.mkdir(parents=True)
    memory.write_text("- the mailer is slow\n", encoding="utf-8")
    history = talks.tmp / "home" / "claude" / "history.jsonl"
    history.write_text(
        '{"display": "the mailer", "timestamp": 1, "project": "/x", "sessionId": "s"}\n', encoding="utf-8"
    )
    assert talks.found("mailer", everywhere=True) == []
    assert not talks.cache.exists()
    talks.claude().prompt("the mailer is said to be slow").put(talks.folder)
    assert talks.found("mailer", everywhere=True) == ["the mailer is said to be slow"]


def test_no_more_than_three_hits_are_of_one_conversation(talks: Talks) -> None:
    one = talks.claude()
    for n in range(6):
        one.prompt(f"the mailer, time {n}")
    one.put(talks.folder)
    talks.claude(SECOND).prompt("the mailer of another day, as long as it is and a little longer").put(talks.folder)
    assert len(talks.found("mailer")) == 4


def test_a_transcript_that_goes_away_while_it_is_read_says_nothing(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = talks.claude().prompt("the mailer").put(talks.folder)

    def lost(*_: object) -> None:
        path.unlink(missing_ok=True)
        raise FileNotFoundError(2, "No such file", str(path))

    monkeypatch.setattr(spoken, "listen", lost)
    assert talks.found("mailer") == []
    assert talks.notices == [f"{path} was not read: No such file."]


def test_a_transcript_that_goes_away_behind_its_reader_is_read_whole_when_it_is_back(
    talks: Talks, offsets: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = talks.claude().prompt("the mailer").put(talks.folder)
    listen = spoken.listen

    def behind(*given: object) -> Position:
        position = listen(*given)  # type: ignore[arg-type]
        path.unlink()
        return position

    monkeypatch.setattr(spoken, "listen", behind)
    assert talks.found("mailer") == ["the mailer"]
    monkeypatch.setattr(spoken, "listen", listen)
    talks.claude().prompt("the mailer").says("and the printer").put(talks.folder)
    assert talks.found("printer") == ["and the printer"]
    assert offsets == [0, 0]


def test_a_folder_that_goes_away_while_it_is_looked_at_holds_nothing(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)

    def lost(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("ocm.sources.registry.heads_of", lost)
    assert talks.found("mailer") == []


def test_two_that_build_at_once_share_the_work(
    talks: Talks, monkeypatch: pytest.MonkeyPatch, offsets: list[int]
) -> None:
    for name in (FIRST, SECOND):
        talks.claude(name).prompt("the mailer").put(talks.folder)
    settle()
    note = transcripts._Work._note

    def other_first(work: transcripts._Work, *given: object) -> None:
        note(work, *given)  # type: ignore[arg-type]
        monkeypatch.setattr(transcripts._Work, "_note", note)

    read = transcripts._Work._read

    def another(work: transcripts._Work, *given: object) -> int:
        monkeypatch.setattr(transcripts._Work, "_read", read)
        assert len(talks.found("mailer")) == 2
        return read(work, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(transcripts._Work, "_note", other_first)
    monkeypatch.setattr(transcripts._Work, "_read", another)
    assert len(talks.found("mailer")) == 2
    assert offsets == [0, 0]


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + b"x" * 4000])
def test_a_damaged_cache_is_moved_aside_and_built_anew(talks: Talks, data: bytes) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    talks.found("mailer")
    talks.cache.write_bytes(data)
    assert talks.found("mailer") == ["the mailer"]
    assert "moved aside" in " ".join(talks.notices)
    assert Path(f"{talks.cache}.damaged").exists()


def test_damage_that_only_the_question_meets_costs_no_answer(talks: Talks) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    settle()
    talks.found("mailer")
    with sqlite3.connect(talks.cache) as db:
        db.execute("DELETE FROM said")
    assert talks.found("mailer") == ["the mailer"]
    assert "moved aside" in " ".join(talks.notices)


def test_damage_that_the_build_meets_costs_no_answer(talks: Talks) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    talks.found("mailer")
    with sqlite3.connect(talks.cache) as db:
        db.execute("UPDATE transcripts SET cwd = x'00'")
    assert talks.found("mailer") == ["the mailer"]
    assert "moved aside" in " ".join(talks.notices)


def test_damage_that_comes_again_is_said(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)

    def damaged(*_: object) -> None:
        raise sqlite3.DatabaseError("malformed")

    monkeypatch.setattr(index.Cache, "search", damaged)
    with pytest.raises(OcmError, match="cannot be searched now: malformed"):
        talks.found("mailer")


def test_the_cache_of_another_version_is_built_anew(talks: Talks) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    talks.found("mailer")
    with sqlite3.connect(talks.cache) as db:
        db.execute("PRAGMA user_version = 99")
    assert talks.found("mailer") == ["the mailer"]
    assert "another version of ocm made it" in " ".join(talks.notices)


def test_a_cache_that_is_being_written_for_too_long_is_said_to_be(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks.claude().prompt("the mailer").put(talks.folder)
    talks.found("mailer")
    settle()
    talks.found("mailer")
    monkeypatch.setattr("ocm.index.schema.opened.__kwdefaults__", {"wait": 0.0})
    with sqlite3.connect(talks.cache) as db:
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OcmError, match="database is locked"):
            talks.found("mailer")


def test_a_home_that_cannot_be_written_to_is_asked_as_it_is(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    one = talks.claude().prompt("the mailer")
    one.put(talks.folder)
    talks.found("mailer")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", talks.home)

    monkeypatch.setattr("ocm.store.files.make_private_dir", refused)
    one.says("the mailer again").put(talks.folder)
    assert talks.found("mailer") == ["the mailer"]
    assert talks.notices == [f"{talks.cache} is not up to date, and asked as it is: Permission denied."]
    talks.cache.unlink()
    with pytest.raises(OcmError, match="There is no cache of what was said"):
        talks.found("mailer")


def test_conversations_of_a_user_store_are_those_of_the_folder_at_hand(talks: Talks) -> None:
    from ocm.store.paths import Store

    talks.claude().prompt("the mailer of the shop").put(talks.folder)
    talks.claude(SECOND, str(talks.tmp / "bank")).prompt("the mailer of the bank").put(talks.folder)
    store = Store(talks.home, str(talks.project.root), is_user=True)
    rows = transcripts.search(store, Wish("mailer")).rows
    assert [row["snippet"] for row in rows] == ["the **mailer** of the shop"]


def test_what_is_forgotten_leaves_the_cache_at_once(talks: Talks) -> None:
    talks.claude().prompt("the mailer of the chairman").put(talks.folder)
    talks.project.checkpoint(FIRST, goal="mail")
    assert talks.found("chairman")
    forget.forget(talks.project.store, FIRST)
    assert b"chairman" not in talks.cache.read_bytes()
    assert talks.found("chairman") == []
    assert b"chairman" not in talks.cache.read_bytes()


def test_what_was_said_in_a_session_that_was_merged_into_it_is_forgotten_with_it(talks: Talks) -> None:
    talks.claude().prompt("the mailer of the chairman").put(talks.folder)
    talks.claude(SECOND).prompt("the mailer of the treasurer").put(talks.folder)
    stored = [talks.project.checkpoint(session_id, goal="mail") for session_id in (FIRST, SECOND)]
    copies.join(talks.project.store, *(Path(one["markdown_path"]).name for one in stored))
    assert sorted(talks.found("mailer")) == ["the mailer of the chairman", "the mailer of the treasurer"]
    forget.forget(talks.project.store, FIRST)
    held = talks.cache.read_bytes()
    assert b"chairman" not in held
    assert b"treasurer" not in held


def test_without_a_home_there_is_nothing_to_forget_in_it(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    talks.project.checkpoint(FIRST, goal="mail")
    monkeypatch.setenv("OCM_HOME", "relative")
    assert forget.forget(talks.project.store, FIRST).files


def test_a_transcript_that_grows_while_it_is_read_is_read_on(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    one = talks.claude().prompt("the mailer, first")
    one.put(talks.folder)
    settle()
    listen = spoken.listen

    def growing(*given: object) -> Position:
        position = listen(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(spoken, "listen", listen)
        one.says("the mailer, second").put(talks.folder)
        return position

    monkeypatch.setattr(spoken, "listen", growing)
    assert talks.found("mailer") == ["the mailer, first"]
    assert len(talks.found("mailer")) == 2
    assert talks.held() == talks.rebuilt()


@pytest.mark.parametrize(
    ("tool", "recorded", "place"),
    [
        ("codex", "codex", "codex/sessions/2026"),
        ("gemini-cli", "gemini/tmp", ".gemini/tmp"),
        ("opencode", "opencode", "data/opencode/storage/session/shop"),
        ("copilot", "copilot", ".copilot/session-state"),
    ],
)
def test_what_real_clients_wrote_down_is_found(talks: Talks, tool: str, recorded: str, place: str) -> None:
    shutil.copytree(HISTORIES / recorded, talks.tmp / "home" / place)
    for role, words in (("user", "Cart totals are off by a cent for three items"), ("assistant", "holds the codes")):
        rows = talks.ask(words, everywhere=True, limit=50).rows
        assert (tool, role) in {(row["tool"], row["role"]) for row in rows}
    settle()
    held = talks.held()
    assert held == talks.rebuilt()


def test_markdown_and_tasks_in_other_places_are_found(talks: Talks) -> None:
    root = talks.project.root
    history = root / ".specstory" / "history"
    history.mkdir(parents=True)
    (history / "2026-03-01_10-00-00Z-mailer.md").write_text(
        "<!-- Generated by SpecStory, Markdown v2.1.0 -->\n\n# 2026-03-01 10:00:00Z\n\n"
        "<!-- Claude Code Session 11111111-2222-4333-8444-555555555555 (2026-03-01 10:00:00Z) -->\n\n"
        "_**User (2026-03-01 10:00:00Z)**_\n\nmend the mailer\n\n---\n\n",
        encoding="utf-8",
    )
    assert talks.found("mailer") == ["mend the mailer"]
