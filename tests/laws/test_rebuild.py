"""The law of the cache: whatever happened before, it answers as one that was made from the files just now."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from ocm.base.model import FileChange, Session
from ocm.index import access, checkpoint_queries, ranking, scan, sync, writer
from ocm.index.queries import Index
from ocm.markdown.facts import date_line
from ocm.markdown.fingerprint_lines import unit_line
from ocm.recall import brief, search
from ocm.store.paths import Store
from tests.laws import strategies
from tests.support.session_store import make_store, put, session

NOW = 1_775_000_000.0
NAMES = [f"{name}.md" for name in "abcdef"]
WORDS = ("cache", "caches", "RetryPolicy", "retry", "policy", "wombat", "修复登录", "缓存错误", "the", "hook", "commit")
FACTS = [
    *(unit_line("2026-03-01T00:00:00+00:00", sha, n, range(n, n + 9)) for n, sha in ((1, ""), (5, "a" * 40))),
    date_line("2026-03-02T00:00:00+00:00", "cache"),
    "print broken",
]
QUERIES = ("cache", "retry policy", "wombat commit hook", "缓存", "the", "wombta", "commits of the policy cache")

_words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
_sessions = st.builds(
    session,
    st.sampled_from([f"id-{n}" for n in range(5)]),
    st.integers(1, 4),
    title=st.just("") | _words,
    goal=_words,
    decisions=st.lists(_words, max_size=2, unique=True),
    tool=st.sampled_from(["claude-code", "cursor"]),
    updated_at=st.sampled_from([f"2026-03-0{day}T00:00:00+00:00" for day in range(1, 5)]),
    facts=st.lists(st.sampled_from(FACTS), max_size=3, unique=True),
    files=st.lists(st.sampled_from([FileChange(f"src/{name}.py", "modified") for name in "xyz"]), unique=True),
)
_twins = [session(f"id-{n % 5}", 1, goal=f"cache wombat {'commit' * (n % 2)}", tool="cursor") for n in range(10)]
_broken = ["not a session", "---\nocm: 9\nsession_id: id-1\n---\n", b"\xff"]
_contents = _sessions | st.sampled_from(_twins) | strategies.sessions() | st.sampled_from(_broken)
_names = st.sampled_from(NAMES)
_change = st.one_of(
    st.tuples(st.just("write"), _names, _contents),
    st.tuples(st.just("checkpoint"), _names, _contents),
    st.tuples(st.just("delete"), _names, st.none()),
    st.tuples(st.just("rename"), _names, _names),
    st.tuples(st.just("touch"), _names, st.none()),
)
_steps = st.tuples(st.lists(_change, min_size=1, max_size=3), st.sampled_from(["read", "read", "read", "rebuild"]))


def _fail(notice: str) -> None:
    """Take no notice of damage; files that cannot be read may be named."""
    assert "memory.db" not in notice, notice


@contextlib.contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        yield make_store(Path(folder))


def _do(store: Store, step: str, name: str, value: Any) -> None:
    path = os.path.join(store.sessions, name)
    with contextlib.suppress(FileNotFoundError):
        if step in {"write", "checkpoint"}:
            before = scan.folder_stamp(store)
            put(store, name, value)
            if step == "checkpoint":
                checkpoint_queries.refresh(store, name, before=before)
        elif step == "delete":
            os.unlink(path)
        elif step == "rename":
            os.replace(path, os.path.join(store.sessions, value))
        else:
            os.utime(path, (1_700_000_000, 1_700_000_000))


def _looks(cache: Index) -> list[object]:
    rows = cache.sessions()
    ids = ["id-1", "id", "latest", "a", *(row.slug for row in rows)]
    return [
        [(row.file, row.as_json(), row.slug, row.project, row.updated) for row in rows],
        [[row.file for row in cache.find(identifier)] for identifier in ids],
        [cache.files(row.file) for row in rows],
        [row.file for row in cache.latest(3, branch="")],
        [cache.links().units(row.file) for row in rows],
        cache.links().units_with([3, 7, 1000]),
        [cache.links().key_weight(key) for key in (1, 7, 1000)],
        cache.links().items("decision"),
        cache.unreadable(),
        cache.count(),
    ]


def _answers(store: Store) -> list[object]:
    filters = search.Filters(tool="cursor", file="x.py")
    return [
        access.read(store, _looks, notice=_fail),
        [search.search(store, query, limit=4, now=NOW, notice=_fail) for query in QUERIES],
        search.search(store, "cache wombat", filters=filters, now=NOW, notice=_fail),
        search.search_everywhere([store, store], "cache wombat", limit=6, now=NOW),
        brief.brief(store, branch="", session_id=None, tokens=300),
        [checkpoint_queries.locate(store, f"id-{n}") is None for n in range(5)],
    ]


# Each of their examples makes a store on the disk.
SLOWER = settings(max_examples=min(400, settings().max_examples), deadline=None)


@given(st.lists(_steps, min_size=1, max_size=5), st.sampled_from([0, 3, 4]), st.sampled_from([1, 500]))
@SLOWER
def test_a_cache_kept_in_step_answers_like_a_new_one(steps: list[Any], kept: int, whole: int) -> None:
    """Files that stay as they are keep the cache from being made anew all the time."""
    with (
        _store() as store,
        patch.object(writer, "WHOLE", whole),
        patch.object(sync, "_BATCH", 2),
        patch.object(ranking, "POOL", 2),
        patch.object(ranking, "SMALL", 2),
    ):
        for n in range(kept):
            put(store, f"kept-{n}.md", session(f"kept-{n}", goal=" ".join(WORDS[n:])))
        for changes, then in steps:
            for change in changes:
                _do(store, *change)
            sync.rebuild(store, notice=_fail) if then == "rebuild" else access.read(store, lambda _: None, notice=_fail)
        in_step = _answers(store)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(store.database)
        assert _answers(store) == in_step
        os.unlink(store.database)
        records = [scan.load(store, name) for name in os.listdir(store.sessions)]  # several may hold one session
        assert sync.rebuild(store).read == sum(1 for record in records if record and record.session)
        assert _answers(store) == in_step


@given(strategies.sessions())
@SLOWER
def test_any_session_can_be_listed_and_found(content: Session) -> None:
    """No text is too odd for the cache."""
    with _store() as store:
        put(store, "a.md", content)
        (row,) = access.read(store, lambda cache: cache.sessions())
        assert (row.session_id, row.goal, row.tool) == (content.session_id, content.goal, content.tool)
        assert access.read(store, lambda cache: cache.files("a.md")) == content.files
        assert checkpoint_queries.locate(store, content.session_id) == "a.md"
        assert search.search(store, content.display_title + " and more") is not None


@given(st.text() | strategies.texts)
@SLOWER
def test_any_question_is_answered(question: str) -> None:
    """No character has a meaning, and none is an error."""
    with _store() as store:
        put(store, "a.md", session("a", goal=" ".join(WORDS)))
        if question.strip():
            assert len(search.search(store, question)) <= 1
            assert len(search.search_everywhere([store], question)) <= 1
