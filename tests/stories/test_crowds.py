"""Many at once on one store: whatever the order, everything is recorded exactly once, and nobody is locked out."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ocm.sessions import checkpoints
from ocm.store import gate, paths
from tests.defects.driver import together
from tests.defects.environment import our_commands
from tests.defects.ours import Ours
from tests.defects.world import make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.defects.values import Done

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform == "win32", reason="the driver speaks to /bin/sh")]
RACERS = 8
LINES, WRITERS, FILES = 20_000, 5, 80
TAKE_OVERS_BETWEEN = 3
NAMES = {f"src/{writer}/{n}.py" for writer in range(WRITERS) for n in range(FILES)}
# What a hook does, without the start of a process for each of so many lines.
APPENDING = """
import os, sys, time
from ocm.store import journal
store, session, writer, lines, files = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
for n in range(lines):
    while n == lines // 2 and not os.path.exists(store + "/../../go-on"):
        time.sleep(0.005)
    name = f"src/{writer}/{n % files}.py"
    journal.append(store, session, [journal.event("call", m=1, tool="Edit", path=name, kind="modified")])
    if n % 10 == 0:
        time.sleep(0.005)
"""


@pytest.fixture
def system(tmp_path: Path) -> Ours:
    """Set up a project of its own."""
    commands = our_commands()
    found = Ours(make_world(tmp_path, commands), commands)
    found.init().must_work()
    found.world.commit("set up")
    return found


def assert_tidy(system: Ours) -> None:
    """Nothing is left of a lock, a temporary file or a journal that was taken over."""
    folders = (system.store, system.store / "sessions")
    names = [path.name for folder in folders for path in folder.iterdir()]
    assert [name for name in names if name.startswith(("taken_", ".ocm-tmp-")) or name.endswith(".tmp")] == []
    assert [name for name in names if name.endswith(".lock")] == []


def assert_all_worked(done: list[Done]) -> None:
    assert [(one.exit, one.err) for one in done] == [(0, "")] * len(done)


def summaries(system: Ours, session: str) -> list[str]:
    facts = system.show(session)
    assert facts is not None
    return sorted(facts.work_summary)


def files_of(system: Ours) -> list[Path]:
    return sorted((system.store / "sessions").iterdir())


@pytest.mark.parametrize("round_", range(3))
def test_simultaneous_first_checkpoints_of_one_session_are_all_kept(system: Ours, round_: int) -> None:
    items = [f"item {number} of round {round_}" for number in range(RACERS)]
    done = together([partial(system.checkpoint, "S", "--summary", item) for item in items])
    assert_all_worked(done)
    assert summaries(system, "S") == items
    assert len(files_of(system)) == 1
    assert_tidy(system)


def test_racers_that_name_the_session_get_one_file(system: Ours) -> None:
    done = together([
        partial(system.checkpoint, "S", "--slug", f"name {number}", "--summary", f"item {number}")
        for number in range(RACERS)
    ])  # fmt: skip
    assert_all_worked(done)
    assert summaries(system, "S") == [f"item {number}" for number in range(RACERS)]
    assert len(files_of(system)) == 1


def test_simultaneous_first_checkpoints_of_many_sessions_are_all_kept(system: Ours) -> None:
    done = together([
        partial(system.checkpoint, f"S{number}", "--slug", "the same", "--goal", f"goal {number}")
        for number in range(RACERS)
    ])  # fmt: skip
    assert_all_worked([done_ for done_ in done if done_.exit])  # a warning that names another active session is fine
    found = {number: system.show(f"S{number}") for number in range(RACERS)}
    assert {n: facts.goal for n, facts in found.items() if facts} == {n: f"goal {n}" for n in range(RACERS)}
    assert len(files_of(system)) == RACERS
    assert_tidy(system)


def test_a_slow_git_loses_nothing_and_locks_nobody_out(system: Ours) -> None:
    for number in range(RACERS):
        system.checkpoint(f"S{number}", "--goal", "begun").must_work()
    system.world.write("src/a.py", "changed = True\n")
    system.world.slow_git(seconds=1)
    jobs: list[Callable[[], Done]] = [
        partial(system.checkpoint, f"S{number}", "--summary", "alone") for number in range(RACERS)
    ]
    jobs += [partial(system.checkpoint, "shared", "--summary", f"item {number}") for number in range(RACERS)]
    assert {done.exit for done in together(jobs)} == {0}
    assert [summaries(system, f"S{number}") for number in range(RACERS)] == [["alone"]] * RACERS
    assert summaries(system, "shared") == [f"item {number}" for number in range(RACERS)]


def test_a_hook_never_waits_for_a_slow_git(system: Ours) -> None:
    system.hook("session-start", "S", source="startup")
    system.world.slow_git(seconds=5)
    checkpoint = system.start_ocm("checkpoint", "--session-id", "S", "--goal", "slowly")
    system.read_files("S", 3)
    assert checkpoint.poll() is None
    assert checkpoint.wait(60) == 0


# --- hooks against take-over


def start_writers(system: Ours) -> list[subprocess.Popen[bytes]]:
    """Let several assistants edit the same files again and again."""
    for name in NAMES:
        system.world.write(name, "print()\n")
    counts = [str(LINES // WRITERS), str(FILES)]
    return [
        subprocess.Popen([sys.executable, "-c", APPENDING, str(system.store), "S", str(writer), *counts])
        for writer in range(WRITERS)
    ]


def let_go_on(system: Ours, taken: int) -> None:
    """Let the writers write the second half of their lines once there were some take-overs, however slow the machine."""
    if taken >= TAKE_OVERS_BETWEEN:
        (system.world.root / "go-on").touch()


def test_every_line_that_hooks_append_during_take_overs_is_recorded_exactly_once(system: Ours) -> None:
    store = paths.Store(str(system.store), str(system.world.project))
    system.hook("session-start", "S", source="startup")
    writers = start_writers(system)
    taken = 0
    while any(writer.poll() is None for writer in writers):
        taken += checkpoints.flush(store, "S")
        let_go_on(system, taken)
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    checkpoints.flush(store, "S")
    assert taken > TAKE_OVERS_BETWEEN
    assert gate.tally(str(system.store), "S").calls == LINES
    facts = system.show("S")
    assert facts is not None
    assert set(facts.files) == NAMES
    assert_tidy(system)


def test_checkpoints_in_several_processes_take_over_from_hooks(system: Ours) -> None:
    """Each take-over is one process's; calls that a semantic checkpoint has seen count no more, the rest do."""
    system.hook("session-start", "S", source="startup")
    writers = start_writers(system)
    done: list[Done] = []
    while any(writer.poll() is None for writer in writers):
        first = len(done)
        done += together([partial(system.checkpoint, "S", "--summary", f"item {first + n}") for n in range(3)])
        let_go_on(system, len(done))
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert_all_worked(done)
    assert summaries(system, "S") == sorted(f"item {number}" for number in range(len(done)))
    system.checkpoint("S", "--summary", "the last").must_work()
    facts = system.show("S")
    assert facts is not None
    assert set(facts.files) == NAMES
    assert gate.tally(str(system.store), "S").calls == 0
    assert_tidy(system)


# --- a rebuild, servers and commands


def test_rebuilds_under_checkpoints_and_searches_lose_nothing(system: Ours) -> None:
    system.checkpoint("S0", "--goal", "wombat 0", "--summary", "item").must_work()
    stop = threading.Event()

    def again_and_again(*words: str) -> list[Done]:
        found = []
        while not stop.is_set():
            found.append(system.ocm(*words))
        return found

    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(again_and_again, *words) for words in (["rebuild-index"], ["search", "wombat"], ["list"])]
        stored = [
            system.checkpoint(f"S{n % 4}", "--goal", f"wombat {n % 4}", "--summary", f"item {n}") for n in range(8)
        ]
        stop.set()
        done = [one for other in others for one in other.result()]
    assert [one.exit for one in stored] == [0] * len(stored)
    assert_all_worked(done)
    assert {hit.session_id for hit in system.search("wombat")} == {"S0", "S1", "S2", "S3"}
    assert sorted(item for n in range(4) for item in summaries(system, f"S{n}")) == sorted(
        ["item", *(f"item {n}" for n in range(8))]
    )
    assert_tidy(system)


def test_two_servers_and_a_command_line_share_a_store(system: Ours) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(system.mcp()) for _ in range(2)]

        def by_server(number: int) -> list[bool]:
            replies = [
                servers[number].call("ocm__checkpoint", session_id="S", work_summary=[f"server {number}, item {n}"])
                for n in range(10)
            ]
            replies.append(servers[number].call("ocm__search_sessions", query="item"))
            return [reply.error for reply in replies]

        def by_command() -> list[bool]:
            done = [system.checkpoint("S", "--summary", f"command, item {n}") for n in range(5)]
            return [one.exit != 0 for one in done]

        jobs: list[Callable[[], list[bool]]] = [partial(by_server, 0), partial(by_server, 1), by_command]
        errors = together(jobs)
        assert not any(error for mine in errors for error in mine)
        expected = [f"server {s}, item {n}" for s in range(2) for n in range(10)]
        assert summaries(system, "S") == sorted([*expected, *(f"command, item {n}" for n in range(5))])
        for server in servers:
            found = server.call("ocm__get_session", session_id="S", sections=["work_summary"], max_tokens=20_000)
            assert len(found.data["work_summary"]) == 25
    assert_tidy(system)


def test_the_first_opening_of_a_store_by_many_is_one_cache(system: Ours) -> None:
    system.checkpoint("S", "--goal", "precious zanzibar").must_work()
    system.drop_database()
    done = together([partial(system.ocm, "search", "zanzibar", "--json")] * RACERS)
    assert_all_worked(done)
    assert [len(json.loads(one.out)) for one in done] == [1] * RACERS
    assert_tidy(system)


def test_a_lock_that_a_killed_process_left_holds_nobody_up(system: Ours) -> None:
    lock = system.store / "session_S.lock"
    lock.touch()
    began = time.monotonic()
    system.checkpoint("S", "--goal", "on we go").must_work()
    assert time.monotonic() - began < 20  # a lock is waited for longer than that
    assert not lock.exists()
