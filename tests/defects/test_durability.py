"""What was stored stays stored: through crashes, races, broken files and hand edits."""

from __future__ import annotations

import json
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from .driver import run_as_plain_user, together
from .values import Seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .driver import System
    from .world import World

RACERS = 8
MANY_SESSIONS = 2500
ITEMS_EACH = 12


def within_a_minute() -> None:
    """Make sure that what follows happens in one minute, since file names hold the minute."""
    left = 60 - time.time() % 60
    if left < 5:
        time.sleep(left)


def test_d10_a_deleted_database_costs_nothing(system: System) -> None:
    """In the reference the database was the truth: rebuilding the index read nothing from the files."""
    system.checkpoint("K", "--goal", "precious zanzibar").must_work()
    system.drop_database()
    system.init().must_work()
    system.ocm("rebuild-index").must_work()
    facts = system.show("K")
    assert facts is not None
    assert facts.goal == "precious zanzibar"


def test_d10_lists_and_searches_need_no_rebuild(system: System) -> None:
    """In the reference every question after the loss was an error, or went to another store."""
    system.checkpoint("K", "--goal", "precious zanzibar").must_work()
    before = system.listed(), system.search("zanzibar")
    system.drop_database()
    assert (system.listed(), system.search("zanzibar")) == before


def _edit_by_hand(system: System, old: str, new: str) -> Path:
    """Change a word of the session's file as a person would."""
    path = system.session_file("K")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_d11_a_hand_edit_is_found(system: System) -> None:
    """The reference never read its own files again."""
    system.checkpoint("K", "--goal", "an original thought").must_work()
    _edit_by_hand(system, "original", "quokka")
    system.ocm("rebuild-index").must_work()
    assert [hit.session_id for hit in system.search("quokka")] == ["K"]


def test_d11_a_hand_edit_survives_the_next_checkpoint(system: System) -> None:
    """The reference wrote the file anew from its database at every tool call."""
    system.checkpoint("K", "--goal", "an original thought").must_work()
    path = _edit_by_hand(system, "original", "quokka")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n## Notes\n\nAsk the platypus first.\n")
    system.read_files("K", 1)
    system.checkpoint("K", "--summary", "one step more").must_work()
    text = path.read_text(encoding="utf-8")
    assert "quokka" in text
    assert "Ask the platypus first." in text


@pytest.mark.parametrize(("one", "two", "slug"), [("A1", "B1", "auth"), ("session-1", "session-2", "")])
def test_d12_two_sessions_never_share_a_file(system: System, one: str, two: str, slug: str) -> None:
    """The reference named files by minute and slug, or eight characters of the id, and overwrote."""
    within_a_minute()
    named = ["--slug", slug] if slug else []
    for session in (one, two):
        system.checkpoint(session, *named, "--goal", f"the goal of {session}").must_work()
    for session in (one, two):
        assert f"the goal of {session}" in system.session_file(session).read_text(encoding="utf-8")


def test_d16_simultaneous_first_checkpoints_are_all_stored(system: System) -> None:
    """In the reference all but one or two of eight died of a UNIQUE constraint, with their content."""
    items = [f"summary of process {number}" for number in range(RACERS)]
    done = together([partial(system.checkpoint, "S", "--summary", item) for item in items])
    assert [result.exit for result in done] == [0] * RACERS
    facts = system.show("S")
    assert facts is not None
    assert sorted(facts.work_summary) == items


def test_d17_a_slow_git_does_not_lock_the_others_out(system: System, world: World) -> None:
    """The reference ran git inside its write transaction: most parallel checkpoints found the database locked."""
    for number in range(RACERS):
        system.checkpoint(f"S{number}", "--goal", "begun").must_work()
    world.write("src/a.py", "changed = True\n")
    world.slow_git(seconds=1)
    jobs = [partial(system.checkpoint, f"S{number}", "--goal", "went on") for number in range(RACERS)]
    assert [result.exit for result in together(jobs)] == [0] * RACERS


def test_d18_what_was_edited_survives_a_checkpoint_that_could_not_write(system: System) -> None:
    """The reference deleted the journal before it had written anything."""
    system.hook("session-start", "S", source="startup")
    system.checkpoint("S", "--goal", "begun").must_work()
    system.journal_edit("S", "src/fresh.py")
    path = system.session_file("S")
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    system.checkpoint("S", "--summary", "in vain")
    path.rmdir()
    aside.rename(path)
    system.checkpoint("S", "--summary", "at last").must_work()
    facts = system.show("S")
    assert facts is not None
    assert "src/fresh.py" in facts.files


@pytest.mark.parametrize("line", [b"[1]", b'{"path": 5}', b"\xff\xfe\x00 not text", b"null"])
def test_d19_a_bad_journal_line_costs_only_itself(system: System, line: bytes) -> None:
    """The reference died of such a line, having deleted the journal already."""
    system.hook("session-start", "S", source="startup")
    system.journal_edit("S", "src/fresh.py")
    with system.journal("S").open("ab") as journal:
        journal.write(line + b"\n")
    system.checkpoint("S", "--goal", "still here").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.goal == "still here"
    assert "src/fresh.py" in facts.files


def test_d20_the_end_of_a_session_takes_the_journal_over(system: System) -> None:
    """The reference left the journal behind for ever, and the file a stub without the edits."""
    system.hook("session-start", "S", source="startup")
    system.journal_edit("S", "src/fresh.py")
    system.hook("session-end", "S", reason="other")
    facts = system.show("S")
    assert facts is not None
    assert facts.status == "closed"
    assert "src/fresh.py" in facts.files
    assert "src/fresh.py" in system.session_file("S").read_text(encoding="utf-8")


def test_d37_a_running_server_notices_a_replaced_database(system: System) -> None:
    """The reference's server went on writing to the deleted file, and said that all was well."""
    with system.mcp() as server:
        assert not server.call("ocm__checkpoint", session_id="S", goal="before the loss").error
        system.drop_database()
        system.init().must_work()
        assert not server.call("ocm__checkpoint", session_id="S", goal="after the loss").error
        facts = system.show("S")
    assert facts is not None
    assert facts.goal == "after the loss"


def test_d37_a_running_server_does_not_bring_a_moved_project_back(system: System, world: World) -> None:
    """The reference's server made the old directory again and wrote there."""
    moved = world.root / "moved"
    with system.mcp() as server:
        server.call("ocm__checkpoint", session_id="S", goal="before the move")
        world.project.rename(moved)
        server.call("ocm__checkpoint", session_id="S", goal="after the move")
        came_back = world.project.exists()
        shutil.rmtree(world.project, ignore_errors=True)
        moved.rename(world.project)
    assert not came_back


def _junk(path: Path) -> None:
    """Put something else in a file's place."""
    path.write_text("junk\n" * 100, encoding="utf-8")


def _cut(path: Path) -> None:
    """Cut a file short."""
    path.write_bytes(path.read_bytes()[:5000])


def _empty(path: Path) -> None:
    """Leave nothing of a file."""
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_junk, _cut, _empty])
def test_d41_a_damaged_database_is_made_again(system: System, damage: Callable[[Path], None]) -> None:
    """The reference answered every command with a traceback, or with an empty memory."""
    system.checkpoint("S", "--goal", "precious zanzibar").must_work()
    for path in system.store.glob("memory.db-*"):
        path.unlink()
    damage(system.store / "memory.db")
    assert [session.session_id for session in system.listed()] == ["S"]
    assert [hit.session_id for hit in system.search("zanzibar")] == ["S"]


def test_d41_hooks_work_without_the_database(system: System) -> None:
    """In the reference a damaged database silently switched the hooks off."""
    system.hook("session-start", "S", source="startup")
    _junk(system.store / "memory.db")
    system.edit("S", "a.py")
    system.read_files("S", 4)
    assert system.before_edit("S").denied


def test_d42_a_store_that_cannot_be_written_to_can_be_read(system: System) -> None:
    """The reference opened its database for writing, whatever the command."""
    system.checkpoint("S", "--goal", "precious zanzibar").must_work()
    system.prefix = run_as_plain_user()
    paths = [system.store, *system.store.rglob("*")]
    for path in paths:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert [session.session_id for session in system.listed()] == ["S"]
        assert [hit.session_id for hit in system.search("zanzibar")] == ["S"]
        assert system.show("S") is not None
    finally:
        for path in paths:
            path.chmod(0o700)


def test_d45_an_id_as_it_is_listed_can_be_shown(system: System) -> None:
    """The reference cut long ids in its table, and did not know them by what it had printed."""
    session = "composer-5f0e9f0d-2f6f3d1c9a10-4f0e-9f0d-2f6f3d1c9a10"
    system.checkpoint(session, "--goal", "a long name").must_work()
    printed = [word.rstrip("…") for word in system.ocm("list").must_work().out.split()]
    listed = max((word for word in printed if session.startswith(word)), key=len)
    assert "a long name" in system.ocm("show", listed).must_work().out


def test_d47_how_a_session_ended_is_in_its_file(system: System, world: World) -> None:
    """In the reference the status was in the database alone, and the last commit and the trigger nowhere."""
    system.hook("session-start", "S", source="startup")
    world.write("src/a.py", "changed = True\n")
    head = world.commit("the work")
    system.checkpoint("S", "--goal", "work", "--status", "closed").must_work()
    system.hook("session-end", "S", reason="other")
    front = system.front_matter("S")
    assert front.get("status") == "closed"
    assert front["git_sha_end"] == head
    assert front["trigger"] not in ("null", "")


def test_d48_a_rebuild_keeps_nobody_waiting(system: System) -> None:
    """The reference held one write lock for the whole rebuild: minutes, in which checkpoints were lost."""
    summary = tuple(f"item {number} of the session, with some words to index" for number in range(ITEMS_EACH))
    system.seed([Seed(f"seed-{number}", f"goal {number}", summary=summary) for number in range(MANY_SESSIONS)])
    system.checkpoint("S", "--goal", "begun").must_work()
    alone = system.checkpoint("S", "--goal", "before the rebuild").must_work().seconds
    rebuild = system.start_ocm("rebuild-index")
    time.sleep(alone)
    during = system.checkpoint("S", "--goal", "meanwhile a wombat")
    assert rebuild.wait(timeout=60) == 0
    during.must_work()
    assert during.seconds < 4 * alone + 0.5
    assert [hit.session_id for hit in system.search("wombat")] == ["S"]


def test_d55_times_name_their_offset(system: System, world: World) -> None:
    """The reference wrote local times without an offset, and wrote them differently when the zone changed."""
    world.environment["TZ"] = "Asia/Tokyo"
    system.checkpoint("S", "--goal", "in Tokyo").must_work()
    before = system.front_matter("S")["started_at"]
    world.environment["TZ"] = "America/New_York"
    system.checkpoint("S", "--summary", "in New York").must_work()
    after = system.front_matter("S")["started_at"]
    assert before == after
    assert before.endswith("+09:00")


def test_d55_a_session_never_ends_before_it_began(system: System) -> None:
    """The reference stored whatever the clock said, also when it had been put back."""
    system.hook("session-start", "S", source="startup")
    system.begin_ahead("S", hours=3)
    system.hook("session-end", "S", reason="other")
    facts = system.show("S")
    assert facts is not None
    assert facts.started_at is not None
    assert facts.ended_at is not None
    assert facts.ended_at >= facts.started_at


def test_d40_an_empty_goal_does_not_wipe_the_goal(system: System) -> None:
    """The reference took an empty text for a new goal."""
    with system.mcp() as server:
        server.call("ocm__checkpoint", session_id="S", goal="the goal")
        server.call("ocm__checkpoint", session_id="S", goal="", work_summary=["a step"])
    facts = system.show("S")
    assert facts is not None
    assert facts.goal == "the goal"


def test_d40_an_unknown_status_is_refused(system: System) -> None:
    """The reference stored any word."""
    system.checkpoint("S", "--goal", "the goal").must_work()
    done = system.checkpoint("S", "--status", "bananas")
    assert done.exit in (1, 2)
    assert "status" in done.err
    assert [session.status for session in system.listed()] == ["open"]


def test_d40_an_item_is_not_repeated(system: System) -> None:
    """The reference appended the same item again and again."""
    for _ in range(2):
        system.checkpoint("S", "--completed", "the same").must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_completed == ["the same"]


def test_d40_an_empty_list_of_pending_work_clears_it(system: System) -> None:
    """On the reference's command line a list, once there, could never be emptied."""
    system.checkpoint("S", "--goal", "the goal", "--pending", "still to do").must_work()
    system.checkpoint("S", stdin=json.dumps({"work_pending": []})).must_work()
    facts = system.show("S")
    assert facts is not None
    assert facts.work_pending == []
    assert facts.goal == "the goal"


def test_d49_an_empty_session_id_is_refused(system: System) -> None:
    """The reference made a session without a name."""
    with system.mcp() as server:
        reply = server.call("ocm__checkpoint", session_id="", goal="nobody's goal")
    assert reply.error
    assert "session_id" in reply.text
    assert system.listed() == []


def test_d49_a_long_slug_does_not_cost_the_checkpoint(system: System) -> None:
    """The reference stored half of the checkpoint, then died of the file name."""
    done = system.checkpoint("S", "--slug", "long-" * 60, "--goal", "the goal")
    facts = system.show("S")
    assert not done.crashed
    assert (facts.goal if facts else None) == ("the goal" if done.exit == 0 else None)


def test_d50_a_text_that_is_not_unicode_changes_nothing(system: System) -> None:
    """The reference made the session, then died of half a surrogate pair, and lost the text."""
    done = system.checkpoint("S", stdin='{"goal": "x \\ud800", "work_summary": ["a step"]}')
    assert done.exit in (1, 2)
    assert not done.crashed
    assert "goal" in done.err
    assert system.listed() == []
