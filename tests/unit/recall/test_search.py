import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ocm.base.errors import BadInputError, OcmError
from ocm.base.model import FileChange, WorkEntry
from ocm.git import blobs, parse
from ocm.index import access, query_terms
from ocm.recall import search
from ocm.recall.search import Filters
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

NOW = 1_775_000_000.0  # 2026-03-31


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def test_a_match_far_behind_in_a_very_long_text_is_shown(store: Store) -> None:
    put(store, "a.md", session("a", goal="filler and more\n" * 6_000 + "the zanzibar incident"))
    (hit,) = search.search(store, "zanzibar")
    assert "the **zanzibar** incident" in hit["snippet"]


def hits(store: Store, query: str, **options: Any) -> list[str]:
    return [hit["session_id"] for hit in search.search(store, query, now=NOW, **options)]


def snippet(store: Store, query: str) -> str:
    return str(search.search(store, query, now=NOW)[0]["snippet"])


# --- what is found


def test_a_hit_has_the_keys_of_the_contract(store: Store) -> None:
    changes = [FileChange(f"src/{name}.py", "modified") for name in ("a", "cache", "b", "c")]
    put(store, "a.md", session("a", goal="Redis caching layer", files=changes))
    put(store, "b.md", session("b", goal="Other words"))
    (hit,) = search.search(store, "redis cache")
    assert list(hit) == [
        *("session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"),
        *("rank", "score", "snippet", "top_files", "freshness", "commits_since"),
        *("ended", "landed", "branch_state", "unknown"),
    ]
    assert hit["rank"] == 1
    assert hit["score"] > 0
    assert hit["top_files"] == ["src/cache.py", "src/a.py", "src/b.py"]
    assert hit["freshness"] is None


def test_a_long_goal_is_cut_in_a_hit(store: Store) -> None:
    put(store, "a.md", session("a", goal="wombat " + "word " * 9_000 + "end"))
    (hit,) = search.search(store, "wombat")
    assert hit["goal"].startswith("wombat word")
    assert len(hit["goal"]) <= 160


@pytest.mark.parametrize(
    "question",
    [
        "Search openCodeMemory for the Redis caching work from last week",
        "redis caching work",
        "why did we choose redis?",
        "rediz caching",
        "cach",
    ],
)
def test_a_question_shares_only_some_words_with_its_answer(store: Store, question: str) -> None:
    put(store, "a.md", session("redis", title="Redis caching layer"))
    put(store, "b.md", session("tei", title="Migrate BGE-M3 embedding endpoint from vLLM to TEI"))
    assert hits(store, question)[0] == "redis"


PUNCTUATED = "it's redis! node.js v1.2.3 user@example.com C++ redis/x 'redis' redis=1 #redis {x} ~x $x \\x <x> redis?"


@pytest.mark.parametrize(
    "query",
    [
        *("redis?", "it's redis", "node.js", "v1.2.3", "user@example.com", "C++", "redis/x", "'redis'", "redis=1"),
        *(
            "#redis",
            "{x}",
            "~x",
            "$x",
            "\\x",
            "<x>",
            "redis;",
            'redis "',
            "redis*",
            "redis AND",
            "NEAR(redis",
            "(redis",
        ),
        *(
            "redis OR",
            "redis NOT x",
            "title:redis",
            "^redis",
            "redis\0x",
            "redis\ud800",
            "-redis",
            "redis\n\nx",
            "re\u0301dis",
        ),
    ],
)
def test_no_character_of_a_question_has_a_meaning(store: Store, query: str) -> None:
    put(store, "a.md", session("a", goal=PUNCTUATED))
    assert hits(store, query) == ["a"]


@pytest.mark.parametrize(
    "query", ["?", "🎉", '"', "*", "\0", "\ud800", "AND zzz", "zzz", "\u200b", "()", "'; DROP TABLE x; --"]
)
def test_what_matches_nothing_is_an_empty_list(store: Store, query: str) -> None:
    put(store, "a.md", session("a", goal="redis"))
    assert hits(store, query) == []


def test_stop_words_and_single_letters_count_when_there_is_nothing_else(store: Store) -> None:
    put(store, "a.md", session("a", goal="to be or not to be, in C"))
    put(store, "b.md", session("b", goal="redis"))
    assert hits(store, "to be or not to be") == ["a"]
    assert hits(store, "c") == ["a"]
    assert hits(store, "not redis") == ["b"]


@pytest.mark.parametrize("query", ["", "  ", "\n\t"])
def test_an_empty_question_is_an_error(store: Store, query: str) -> None:
    with pytest.raises(BadInputError, match="query is empty"):
        search.search(store, query)
    with pytest.raises(BadInputError, match="query is empty"):
        search.search_everywhere([], query)


def test_a_pasted_wall_of_text_is_a_question(store: Store) -> None:
    put(store, "a.md", session("a", goal="word17 of the log"))
    wall = " ".join(f"word{n} und{n}efined" for n in range(3_000))
    begin = time.monotonic()
    assert hits(store, wall) == ["a"]
    assert hits(store, "缓存" * 3_000 + " the" * 6_000) == []
    assert time.monotonic() - begin < 5


WORDS = {
    "缓存": "修复登录页面的缓存错误",
    "登录": "修复登录页面的缓存错误",
    "误": "修复登录页面的缓存错误",
    "怎么修复缓存": "修复登录页面的缓存错误",
    "ログイン": "ログイン画面のエラーを修正",
    "로그인": "로그인 오류 수정",
    "retry policy": "make RetryPolicy configurable",
    "RetryPolicy": "make RetryPolicy configurable",
    "retrypolicy": "make RetryPolicy configurable",
    "policy": "make RetryPolicy configurable",
    "RetryPolicyFactory": "the retry policy of the client",
    "cache_store.py": "move the eviction loop out of cache_store.py",
    "cache store": "move the eviction loop out of cache_store.py",
    "src/db/cache_store.py": "move the eviction loop out of cache_store.py",
    "http url": "parseHTTPUrl2 is slow",
    "resume": "the résumé upload",
    "RÉSUMÉ": "the resume upload",
    "migrations": "one migration failed",
    "ошибка": "Ошибка входа",
    "ENOENT": "ENOENT: no such file",
    "a3f1c99": "bisected to a3f1c99d",
}


@pytest.mark.parametrize("query", WORDS)
def test_words_are_found_as_they_are_meant(store: Store, query: str) -> None:
    put(store, "a.md", session("a", work=[WorkEntry("2026-03-01 10:00", [WORDS[query]])]))
    put(store, "b.md", session("b", goal="something else"))
    assert hits(store, query) == ["a"]


def test_every_section_is_searched(store: Store) -> None:
    text = """---
ocm: 1
session_id: a
title: inthetitle
slug: intheslug
branch: inthebranch
tags: [inthetags]
---

## Goal

inthegoal

## Todos

### Work Completed

- [x] inthedone

### Work To Be Completed

- [ ] inthepending

## Files Touched

### Renamed

- `intheold.py` → `inthenew.py`

## Work Done

### 2026-03-03 15:10 · a3f1c99

- inthework

## Plan Files

| File | Description |
| --- | --- |
| `intheplan.md` | intheheader |

## Architecture Decisions

- inthedecision

## Problems

- intheproblem

## References

- [inthereference](https://intheurl.example)

## Notes

inthenotes
"""
    put(store, "a.md", text)
    words = re.findall(r"\bin(?:the)[a-z]+", text)
    assert len(words) == 17
    assert {word for word in words if hits(store, word) == ["a"]} == set(words)


def test_a_title_counts_more_and_neighbours_do(store: Store) -> None:
    for name in "xyz":
        put(store, f"{name}.md", session(name, goal="unrelated things"))
    put(store, "a.md", session("a", title="cache", goal="eviction of entries is slow"))
    put(store, "b.md", session("b", title="entries", goal="the cache is slow to evict"))
    assert hits(store, "cache") == ["a", "b"]
    put(store, "a.md", session("a", goal="session about memory, and later on about leak"))
    put(store, "b.md", session("b", goal="session about memory leak, and later on about"))
    assert hits(store, "memory leak") == ["b", "a"]


def test_last_words_are_found_and_count_less_than_what_was_stored_on_purpose(store: Store) -> None:
    others = [put(store, f"{n}.md", session(f"o{n}", goal="something else entirely")) for n in range(8)]
    assert others
    put(store, "said.md", session("said", goal="a page", last_words="the retry budget is three attempts"))
    put(store, "kept.md", session("kept", goal="a page", decisions=["the retry budget is three attempts"]))
    assert hits(store, "retry budget") == ["kept", "said"]
    assert "**retry** **budget**" in search.search(store, "retry budget", now=NOW)[1]["snippet"]


def test_of_equals_the_recent_one_comes_first_and_then_the_file_name_decides(store: Store) -> None:
    put(store, "z.md", session("old", goal="wombat", updated_at="2026-01-01T00:00:00+00:00"))
    put(store, "y.md", session("new", goal="wombat", updated_at="2026-03-30T00:00:00+00:00"))
    put(store, "x.md", session("ahead", goal="wombat", updated_at="2027-03-30T00:00:00+00:00"))
    put(store, "w.md", session("ahead-too", goal="wombat", updated_at="2027-03-30T00:00:00+00:00"))
    assert hits(store, "wombat") == ["ahead-too", "ahead", "new", "old"]


@pytest.mark.parametrize(
    ("scores", "limit", "expected"),
    [
        ({}, 5, set()),
        ({1: 9.0, 2: 1.0}, 2, {1, 2}),
        ({1: 9.0, 2: 8.5, 3: 8.0}, 1, {1, 2}),
        ({1: 9.0, 2: 8.5, 3: 8.0, 4: 7.0}, 2, {1, 2, 3}),
        ({1: 9.0, 2: 8.5}, 0, set()),
        ({1: 5.0, 2: 5.0, 3: 5.0}, 1, {1, 2, 3}),
    ],
)
def test_only_those_are_looked_up_that_recency_could_lift(
    scores: dict[int, float], limit: int, expected: set[int]
) -> None:
    assert set(search._likely(scores, limit)) == expected


def test_a_recent_session_passes_an_older_one_that_matches_a_little_better(store: Store) -> None:
    put(store, "old.md", session("old", goal="wombat " + "word " * 20, updated_at="2020-03-01T00:00:00+00:00"))
    put(store, "new.md", session("new", goal="wombat " + "word " * 21, updated_at="2026-03-30T00:00:00+00:00"))
    assert hits(store, "wombat", limit=1) == ["new"]
    assert hits(store, "wombat") == ["new", "old"]


def test_the_limit_is_kept_and_ranks_count_from_one(store: Store) -> None:
    for n in range(120):
        put(store, f"{n:03}.md", session(f"s{n:03}", goal="wombat"))
    assert hits(store, "wombat") == [f"s{n:03}" for n in range(5)]
    assert hits(store, "wombat", limit=0) == hits(store, "wombat", limit=-1) == []
    found = search.search(store, "wombat", limit=120)
    assert [hit["rank"] for hit in found] == list(range(1, 121))
    assert [hit["session_id"] for hit in found] == [f"s{n:03}" for n in range(120)]
    put(store, "00.md", session("came-last", goal="wombat"))
    assert hits(store, "wombat")[0] == "came-last", "which of many equals are looked at does not depend on their order"


# --- filters


def test_filters_apply_before_the_limit(store: Store) -> None:
    for n in range(150):
        put(store, f"c{n}.md", session(f"cursor-{n}", title="wombat wombat", tool="cursor"))
    put(store, "claude.md", session("claude", goal="the only mention of a wombat among many other words in this text"))
    assert hits(store, "wombat", filters=Filters(tool="claude-code")) == ["claude"]


@pytest.fixture
def filtered(store: Store) -> Store:
    put(
        store,
        "a.md",
        session(
            *("a", 10),
            goal="wombat",
            branch="main",
            status="closed",
            tags=["k8s", "two words"],
            files=[FileChange("src/app/cache.py", "modified"), FileChange("new.py", "renamed", "lib/old.py")],
        ),
    )
    put(
        store,
        "b.md",
        session("b", 20, goal="wombat", branch="feature/x", files=[FileChange("src/cache.python", "created")]),
    )
    return store


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "ab"),
        ({"tool": "", "since": "", "file": None}, "ab"),
        ({"status": "closed"}, "a"),
        ({"status": "frozen"}, ""),
        ({"branch": "feature/x"}, "b"),
        ({"branch": "feature"}, ""),
        ({"tag": "k8s"}, "a"),
        ({"tag": "two words"}, "a"),
        ({"tag": "k8"}, ""),
        ({"tag": "two"}, ""),
        ({"file": "src/app/cache.py"}, "a"),
        ({"file": "./src/app/cache.py"}, "a"),
        ({"file": "cache.py"}, "a"),
        ({"file": "app/cache.py"}, "a"),
        ({"file": "ache.py"}, ""),
        ({"file": "old.py"}, "a"),
        ({"file": "cache.py%"}, ""),
        ({"since": "2026-03-11"}, "b"),
        ({"since": "2026-03-10T12:00:00Z"}, "ab"),
        ({"since": "2026-03-10T12:00:01Z"}, "b"),
        ({"until": "2026-03-10T12:00:00+00:00"}, "a"),
        ({"until": "2026-03-10T13:59:59+02:00"}, ""),
        ({"since": "2026-03-19", "until": "2026-03-21"}, "b"),
        ({"since": "0001-01-01", "until": "9999-12-31"}, "ab"),
        ({"since": "2026-03-11", "tag": "k8s"}, ""),
        ({"branch": "\ud800"}, ""),
    ],
)
def test_filters(filtered: Store, given: dict[str, Any], expected: str) -> None:
    assert sorted(hits(filtered, "wombat", filters=Filters(**given))) == list(expected)
    assert "".join(
        sorted(h["session_id"] for h in search.search_everywhere([filtered], "wombat", filters=Filters(**given)))
    ) == (expected)


def test_the_last_day_is_included(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        put(store, "a.md", session("a", goal="wombat", started_at="2026-03-10T23:59:59+13:00"))
        assert hits(store, "wombat", filters=Filters(until="2026-03-10")) == ["a"]
        assert hits(store, "wombat", filters=Filters(since="2026-03-10", until="2026-03-10")) == ["a"]
        assert hits(store, "wombat", filters=Filters(until="2026-03-09")) == []
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_absolute_path_is_one_of_the_project(filtered: Store) -> None:
    inside = Filters(file=os.path.join(filtered.root, "src/app/cache.py"))
    assert hits(filtered, "wombat", filters=inside) == ["a"]
    assert hits(filtered, "wombat", filters=Filters(file="/elsewhere/src/app/cache.py")) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"since": "yesterday"}, "since 'yesterday' is not a date"),
        ({"until": "2026-02-30"}, "until '2026-02-30' is not a date"),
        ({"since": "2026-13-01T00:00"}, "since '2026-13-01T00:00' is not a date"),
        ({"status": "bananas"}, "status 'bananas' is not known"),
    ],
)
def test_a_bad_filter_is_named(store: Store, given: dict[str, str], message: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(message)):
        search.search(store, "x", filters=Filters(**given))


# --- snippets


def test_a_snippet_is_one_plain_line_with_the_words_marked(store: Store) -> None:
    goal = "First **bold** line\n\nthe \x1b[31mred\x1b[0m re\u202edis c\u200bache was \x07 evicted\ttoo early"
    put(store, "a.md", session("a", goal=goal))
    assert snippet(store, "evictions early") == "First bold line the red redis cache was **evicted** too **early**"


def test_a_snippet_is_short_and_holds_the_match(store: Store) -> None:
    words = " ".join(f"filler{n}" for n in range(400))
    put(store, "a.md", session("a", goal=f"{words} the zanzibar incident {words}"))
    text = snippet(store, "zanzibar")
    assert "**zanzibar**" in text
    assert len(text) <= 200
    assert text.startswith("…")
    assert text.endswith("…")


def test_a_snippet_of_text_without_spaces_is_short_too(store: Store) -> None:
    put(store, "a.md", session("a", goal="前" * 3_000 + "缓存错误" + "后" * 3_000))
    text = snippet(store, "缓存")
    assert "**缓存**" in text
    assert len(text) <= 200
    put(store, "a.md", session("a", goal="x" * 3_000))
    assert snippet(store, "x" * 3_000).startswith("**xxx")
    assert len(snippet(store, "x" * 3_000)) <= 200


def test_a_snippet_shows_identifiers_whole(store: Store) -> None:
    put(store, "a.md", session("a", goal="make RetryPolicy configurable"))
    assert snippet(store, "retry policy") == "make **RetryPolicy** configurable"


def test_a_snippet_shows_something_when_the_words_are_not_in_the_text(store: Store) -> None:
    put(store, "a.md", session("a", title="the title", goal="make RetryPolicy configurable"))
    assert snippet(store, "policies") == "the title"
    put(store, "a.md", session("a", title="the title", goal="résumés of HTTPServer9x"))
    assert snippet(store, "9") == "résumés of HTTPServer**9**x"
    assert snippet(store, "re\u0301sume\u0301") == "**résumés** of HTTPServer9x"


# --- freshness


def test_freshness_counts_the_files_whose_content_was_recorded(store: Store) -> None:
    root = Path(store.root)
    names = ("same.py", "edited.py", "gone.py", "link.py", "folder/x.py")
    same = parse.blob_id(b"same", "0" * 40)
    for name in names[:2]:
        (root / name).write_bytes(b"same")
    (root / "edited.py").write_bytes(b"other")
    (root / "link.py").symlink_to(root / "same.py")
    (root / "folder").write_bytes(b"a file now")
    facts = [f"blob {same} {name}" for name in names]
    changes = [FileChange(name, "modified") for name in (*names, "unrecorded.py")]
    put(store, "a.md", session("a", goal="wombat", files=changes, facts=facts))
    (hit,) = search.search(store, "wombat")
    assert hit["freshness"] == {"unchanged": 1, "changed": 2, "gone": 2}


def test_what_cannot_be_compared_is_unknown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    same = parse.blob_id(b"same", "0" * 40)
    (Path(store.root) / "a").write_bytes(b"same")
    facts = [f"blob {same} a"]
    put(store, "a.md", session("a", goal="wombat", files=[FileChange("a", "modified")], facts=facts))
    monkeypatch.setattr(blobs, "MAX_FILE", 3)
    hit = search.search(store, "wombat")[0]
    assert hit["freshness"] == {"unchanged": 0, "changed": 0, "gone": 0, "unknown": 1}
    assert "not read" in hit["unknown"]["freshness"]


def test_a_user_store_is_searched_for_the_project_at_hand(tmp_path: Path) -> None:
    user = make_store(tmp_path / "user")
    put(user, "a.md", session("a", goal="wombat", project="here"))
    put(user, "b.md", session("b", goal="wombat", project="there"))
    (tmp_path / "here").mkdir()
    asked = Store(user.path, str(tmp_path / "here"), is_user=True)
    assert hits(asked, "wombat") == ["a"]
    assert hits(asked, "wombat", filters=Filters(project="there")) == ["b"]
    assert len(search.search_everywhere([asked], "wombat")) == 2


def test_freshness_knows_both_kinds_of_ids(store: Store) -> None:
    (Path(store.root) / "a").write_bytes(b"x")
    facts = [f"blob {parse.blob_id(b'x', '0' * 64)} a"]
    put(store, "a.md", session("a", goal="wombat", files=[FileChange("a", "modified")], facts=facts))
    assert search.search(store, "wombat")[0]["freshness"] == {"unchanged": 1, "changed": 0, "gone": 0}


# --- several stores


@pytest.fixture
def two(tmp_path: Path) -> list[Store]:
    stores = [make_store(tmp_path / name) for name in ("one", "two")]
    for n in range(20):
        put(stores[0], f"{n}.md", session(f"one-{n}", goal=f"wombat maintenance, part {n}"))
        put(stores[1], f"{n}.md", session(f"two-{n}", goal=f"unrelated matter {n}"))
    return stores


def test_one_ranking_over_several_stores(two: list[Store]) -> None:
    put(two[1], "it.md", session("it", goal="the wombat migration to postgres", project="second"))
    found = search.search_everywhere(two, "wombat migration postgres", limit=3)
    assert found[0]["session_id"] == "it"
    assert [hit["rank"] for hit in found] == [1, 2, 3]
    assert [hit["project"] for hit in found] == ["second", "one", "one"]
    scores = [hit["score"] for hit in found]
    assert scores == sorted(scores, reverse=True)


def test_a_store_with_a_single_session_is_not_ranked_below_all_others(two: list[Store], tmp_path: Path) -> None:
    small = make_store(tmp_path / "small")
    put(small, "it.md", session("it", goal="wombat migration to postgres"))
    found = search.search_everywhere([*two, small], "wombat migration postgres", limit=2)
    assert found[0]["session_id"] == "it"
    assert search.search(small, "wombat migration postgres")[0]["score"] > 0


def test_a_common_word_of_one_store_does_not_win_in_another(two: list[Store]) -> None:
    put(two[1], "a.md", session("only-common", goal="wombat"))
    put(two[0], "b.md", session("rare", goal="wombat with a zygote"))
    assert search.search_everywhere(two, "wombat zygote", limit=1)[0]["session_id"] == "rare"


def test_a_store_that_cannot_be_read_is_named_and_left_out(two: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    real = access.read

    def read(store: Store, work: Any, **options: Any) -> Any:
        if store is two[1]:
            raise OcmError("It is broken.")
        return real(store, work, **options)

    monkeypatch.setattr(access, "read", read)
    notices: list[str] = []
    assert len(search.search_everywhere(two, "wombat", limit=50, notice=notices.append)) == 20
    assert notices == ["It is broken."]


def test_no_stores_have_no_hits() -> None:
    assert search.search_everywhere([], "wombat") == []


# --- the words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("parseHTTPUrl2", ["parse", "http", "url", "2"]),
        ("RetryPolicy", ["retry", "policy"]),
        ("utf8", ["utf", "8"]),
        ("plain", []),
        ("Plain", []),
        ("HTTP", []),
        ("42", []),
        ("überCamel", []),
    ],
)
def test_parts_of_identifiers(word: str, expected: list[str]) -> None:
    assert query_terms.parts(word) == expected
    assert query_terms.ident(word).split() == (expected or (["ber", "camel"] if "ü" in word else []))


def test_the_parts_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_terms, "_MAX_PARTS", 3)
    monkeypatch.setattr(query_terms, "_parts", known := query_terms._Parts())
    for n in range(20):
        assert query_terms.parts(f"aB{n}") == ["a", "b", str(n)]
    assert len(known) <= 4


def test_importing_it_loads_nothing_heavy() -> None:
    script = "import sys; from ocm.recall import search; print(*sorted(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    loaded = set(done.stdout.split())
    assert not loaded & {"click", "filelock", "git", "markdown_it", "mcp", "rich", "yaml", "subprocess", "tempfile"}


def test_what_of_a_hit_was_ended_is_said_whatever_its_snippet_shows(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    old = ["**Wombat:** dig deep holes", "**Quokka:** smile at everyone", "no label: none"]
    put(store, "a.md", session("a", 1, title="Animals", decisions=old, problems=["**Wallaby:** it hops too far"]))
    by = "**Mole:** digs better. Supersedes: Wombat. Solves: Wallaby"
    put(store, "b.md", session("b", 2, title="Background", decisions=[by]))
    for query in ("deep holes", "hops too far", "Animals", "smile"):
        (hit,) = search.search(store, query, limit=1)
        assert [(one["item"], one["by"], one["session_id"]) for one in hit["ended"]] == [
            ("**Wombat:** dig deep holes", by, "b"),
            ("**Wallaby:** it hops too far", by, "b"),
        ]
        assert {one["date"] for one in hit["ended"]} == {session("b", 2).started_at}
    assert search.search(store, "digs better", limit=1)[0]["ended"] == []


def test_who_ended_a_decision_is_never_below_who_made_it_where_both_match(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    merge = "**Merge rule:** keep the newer one when two rows of the address merge collide"
    put(store, "a.md", session("a", 1, title="Address merge rule for colliding rows", decisions=[merge]))
    put(
        store, "b.md", session("b", 2, title="Other", decisions=["**Most filled wins:** merge. Supersedes: Merge rule"])
    )
    put(
        store, "c.md", session("c", 3, title="Last", decisions=["**Ask:** merge by hand. Supersedes: Most filled wins"])
    )
    for limit in (1, 2, 3):
        hits = search.search(store, "address merge rule", limit=limit)
        assert [hit["session_id"] for hit in hits] == ["c", "b", "a"][:limit]
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
    assert [hit["session_id"] for hit in search.search(store, "colliding rows", limit=3)] == ["a"]
    found = search.search_everywhere([store], "address merge rule", limit=3)
    assert [hit["session_id"] for hit in found] == ["c", "b", "a"]
