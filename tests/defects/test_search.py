"""A question in plain words finds the session that answers it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .values import Seed

if TYPE_CHECKING:
    from .driver import System
    from .world import World

REDIS = Seed("redis", "Redis caching layer", summary=("cut the hit latency of the sessions endpoint",))
TEI = Seed("tei", "Migrate BGE-M3 embedding endpoint from vLLM to TEI")
PLAIN_QUESTIONS = {
    "Search openCodeMemory for the Redis caching work from last week": "redis",
    "TEI migration embedding server latency": "tei",
    "redis caching work": "redis",
}
PUNCTUATED = "it's redis! node.js v1.2.3 user@example.com C++ redis/x 'redis' redis=1 #redis {x} ~x $x \\x <x> redis?"
QUERIES = (
    *("redis?", "redis!", "it's redis", "node.js", "v1.2.3", "user@example.com", "C++", "redis/x", "'redis'"),
    *("redis=1", "#redis", "redis {x}", "~redis", "$redis", "\\redis", "<redis>", "redis;"),
)
WORDS = {
    "缓存": "修复登录页面的缓存错误",
    "cursor pagination": "add cursor pagination to the orders endpoint",
    "pagination in may": "pagination in may fail when the page is empty",
    "cache_store.py": "move the eviction loop out of cache_store.py",
    "retry policy": "make RetryPolicy configurable",
}


@pytest.mark.parametrize("question", PLAIN_QUESTIONS)
def test_d23_a_question_need_not_match_in_every_word(system: System, question: str) -> None:
    """The reference joined all words with AND, and found nothing for the questions of its own manual."""
    system.checkpoint(REDIS.session_id, "--goal", REDIS.goal, "--summary", REDIS.summary[0]).must_work()
    system.checkpoint(TEI.session_id, "--goal", TEI.goal).must_work()
    assert [hit.session_id for hit in system.search(question)][:1] == [PLAIN_QUESTIONS[question]]


@pytest.mark.parametrize("query", QUERIES)
def test_d24_punctuation_in_a_query_does_no_harm(system: System, query: str) -> None:
    """The reference handed it to the query language, and swallowed the syntax error."""
    system.checkpoint("S", "--goal", PUNCTUATED).must_work()
    assert [hit.session_id for hit in system.search(query)] == ["S"]


@pytest.mark.parametrize("query", WORDS)
def test_d25_words_are_found_as_they_are_meant(system: System, query: str) -> None:
    """The reference knew no Chinese words or camel case, and took words for filters that were none."""
    system.checkpoint("S", "--goal", WORDS[query]).must_work()
    assert [hit.session_id for hit in system.search(query)] == ["S"]


def test_d26_a_filter_is_applied_before_the_limit(system: System) -> None:
    """The reference took the twenty best of all tools, then dropped those of the wrong one."""
    seeds = [Seed(f"cursor-{number}", "wombat wombat wombat", tool="cursor") for number in range(25)]
    longer = "the only mention of a wombat in a rather longer text about other things"
    system.seed([*seeds, Seed("claude-1", longer)])
    assert [hit.session_id for hit in system.search("wombat", tool="claude-code")] == ["claude-1"]


def _two_projects(system: System, world: World) -> Path:
    """Store a session in each of two projects, and return a third."""
    for name in ("one", "two"):
        system.init(cwd=world.new_repository(name)).must_work()
        goal = f"the wombat migration of {name}"
        system.checkpoint(name, "--goal", goal, cwd=world.root / name).must_work()
    return world.new_repository("three")


def test_d27_the_command_line_searches_all_projects(system: System, world: World) -> None:
    """The reference had the option and ignored it."""
    third = _two_projects(system, world)
    system.init(cwd=third).must_work()
    assert {hit.session_id for hit in system.search("wombat", everywhere=True, cwd=third)} == {"one", "two"}


def test_d27_hits_of_several_projects_are_ranked_together(system: System, world: World) -> None:
    """The reference kept each project's own ranks: 1 and 1."""
    _two_projects(system, world)
    with system.mcp() as server:
        reply = server.call("ocm__search_sessions", query="wombat", scope="global")
    assert [hit["rank"] for hit in reply.data["result"]] == [1, 2]


def test_d27_a_global_search_includes_the_user_store(system: System, world: World) -> None:
    """The reference searched the registered projects, and left out its own global store."""
    outside = world.new_repository("outside")
    system.ocm("install", cwd=outside).must_work()
    system.checkpoint("G", "--goal", "the wombat migration", cwd=outside).must_work()
    with system.mcp() as server:
        reply = server.call("ocm__search_sessions", query="wombat", scope="global")
    assert [hit["session_id"] for hit in reply.data["result"]] == ["G"]


def _open_files(pid: int) -> list[str]:
    """Name what a process has open, but for what it closed meanwhile."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(entry.readlink()))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads open files in /proc")
def test_d27_a_global_search_leaves_no_file_open(system: System, world: World) -> None:
    """The reference left closing to the garbage collector, until the server had no files left."""
    _two_projects(system, world)
    with system.mcp() as server:
        server.call("ocm__search_sessions", query="wombat", scope="global")
        before = _open_files(system.server_pid())
        for _ in range(10):
            assert not server.call("ocm__search_sessions", query="wombat", scope="global").error
            after = _open_files(system.server_pid())
            assert [name for name in after if "memory.db" in name] == []
        assert len(after) <= len(before) + 2


def test_d56_no_hit_is_an_empty_list(system: System) -> None:
    """The reference returned a sentence where a list was promised."""
    with system.mcp() as server:
        reply = server.call("ocm__search_sessions", query="wombat")
    assert not reply.error
    assert reply.data["result"] == []


def test_d56_more_than_five_hits_can_be_asked_for(system: System) -> None:
    """The reference cut every answer at five."""
    system.seed([Seed(f"S{number}", f"wombat number {number}") for number in range(8)])
    with system.mcp() as server:
        reply = server.call("ocm__search_sessions", query="wombat", limit=8)
    assert len(reply.data["result"]) == 8


def test_d56_a_hit_shows_where_it_hit(system: System) -> None:
    """The reference's hits had no text of the place that matched."""
    system.checkpoint("S", "--goal", "the goal", "--summary", "met a wombat on the way").must_work()
    with system.mcp() as server:
        hit = server.call("ocm__search_sessions", query="wombat").data["result"][0]
    assert "wombat" in hit.get("snippet", "")
