"""The laws of the brief: the same bytes while nothing changed, and what was ended is never told as open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ocm.base.model import Session, WorkEntry
from ocm.index import sync
from ocm.recall import brief, todo
from ocm.recall.project_brief import HEADINGS
from ocm.sessions import hand_edits
from ocm.store import journal
from ocm.store.paths import Store
from tests.support.session_store import make_store, put, session

# An example writes up to six sessions and reads them again, which takes a tenth of a second.
EXAMPLES = settings(max_examples=min(40, settings().max_examples), deadline=None)
BRANCHES = ("main", "topic", "")
# What is to be done, and in what words it may be said to be done.
TASKS = {
    "Write the tests of the proxy": ("Wrote the tests of the proxy.", "[done] write tests of the proxy"),
    "Add a limit to the queue": ("Added a limit to the queue (100 by default)", "Add a limit to the queue"),
    "Port the client to the new API": ("Ported the client to the new API: all calls", "✅ Port client to the new API"),
    "Remove `old_flag` from src/flags.py": (
        "Removed `old_flag` from src/flags.py",
        "remove `old_flag` from src/flags.py",
    ),
    "修复登录 的错误": ("修复登录 的错误",),
}
_tasks = st.lists(st.sampled_from(sorted(TASKS)), max_size=4, unique=True)


class Worked(NamedTuple):
    """A session of some hours: what it left open, what it finished, where it says so, and on which branch it was."""

    pending: list[str]
    finished: list[tuple[str, int]]
    in_account: bool
    branch: str
    hours: int
    goal: str


class Ended(NamedTuple):
    """A person takes an item off the list: done, or dropped."""

    number: int
    done: bool


_worked = st.builds(
    Worked,
    _tasks,
    st.lists(st.tuples(st.sampled_from(sorted(TASKS)), st.integers(0, 1)), max_size=2),
    st.booleans(),
    st.sampled_from(BRANCHES),
    st.integers(0, 2),
    st.sampled_from(["", "Cut the latency"]),
)
_steps = st.lists(_worked | _worked | st.builds(Ended, st.integers(0, 5), st.booleans()), min_size=1, max_size=6)


class Past:
    """A store that grows step by step, and what is open in it by what was done, whatever the store says."""

    def __init__(self, store: Store) -> None:
        """Begin with none."""
        self.store = store
        self._listed: dict[str, dict[int, int]] = {text: {} for text in TASKS}  # by session the hour when it began
        self._ends: dict[str, list[tuple[int, int]]] = {text: [] for text in TASKS}  # session, and its last hour
        self._last: dict[int, int] = {}
        self._hour = self._number = 0

    def play(self, step: Worked | Ended) -> None:
        """Let a conversation work, or a person end something."""
        if isinstance(step, Worked):
            self._work(step)
        elif found := todo.open_items(self.store):
            one = found[step.number % len(found)]
            for session_id, number, text in one.holders:
                hand_edits.finish(self.store, [(session_id, number, text)], done=step.done)
                holder = int(session_id.removeprefix("session-"))
                self._listed[text].pop(holder)
                self._ends[text] += [(holder, self._last[holder])] * step.done
            event("a person ended an item")

    def _work(self, step: Worked) -> None:
        self._hour += 1
        self._number += 1
        finished = [(text, said) for text, said in dict(step.finished).items() if text not in step.pending]
        said = [TASKS[text][place % len(TASKS[text])] for text, place in finished]
        last = self._last[self._number] = self._hour + step.hours
        for text in step.pending:
            self._listed[text][self._number] = self._hour
        for text, _ in finished:
            self._ends[text].append((self._number, last))
        put(self.store, f"{self._number}.md", self._session(step, said, last))

    def _session(self, step: Worked, said: list[str], last: int) -> Session:
        values: dict[str, Any] = {"work": [WorkEntry(_at(last), said)]} if step.in_account else {"work_completed": said}
        values |= {"branch": step.branch, "goal": step.goal, "work_pending": step.pending}
        return session(f"session-{self._number}", started_at=_at(self._hour), updated_at=_at(last), **values)

    def open(self) -> set[str]:
        """Return what some session listed after whatever other session said that it was done."""
        return {
            text
            for text, listed in self._listed.items()
            if any(all(one == by or at < began for by, at in self._ends[text]) for one, began in listed.items())
        }


def _at(hour: int) -> str:
    return f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:00:00+00:00"


def _told(store: Store, branch: str, tokens: int = 2_000, **options: Any) -> str:
    return brief.brief(store, branch=branch, tokens=tokens, **options)


def _open_in(said: str) -> set[str]:
    lines = said.split("\n")
    if HEADINGS["open"] not in lines:
        return set()
    items = lines[lines.index(HEADINGS["open"]) + 1 :]
    end = next(n for n, line in enumerate(items) if not line.startswith("- "))
    return {line.removeprefix("- ").rpartition(" [")[0] for line in items[:end]}


@EXAMPLES
@given(_steps, st.sampled_from(BRANCHES))
def test_told_as_open_is_what_no_later_session_and_no_person_ended(steps: list[Worked | Ended], branch: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        past = Past(make_store(Path(folder)))
        for step in steps:
            past.play(step)
        assert _open_in(_told(past.store, branch)) == past.open()
        assert _open_in(_told(past.store, branch, 120)) <= past.open()
        assert {one.text for one in todo.open_items(past.store)} == past.open()
        event(f"{len(past.open())} open")


@EXAMPLES
@given(_steps, st.sampled_from(BRANCHES), st.sampled_from([120, 600]), st.booleans())
def test_a_brief_is_the_same_while_nothing_changed(
    steps: list[Worked | Ended], branch: str, tokens: int, crashed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        past = Past(make_store(Path(folder)))
        for step in steps:
            past.play(step)
        store = past.store
        if crashed:
            journal.append(store.path, "killed", [{"e": "edit", "path": "src/a.py"}])
        first = _told(store, branch, tokens)
        assert _told(store, branch, tokens) == first
        assert _told(store, branch, tokens, most_read=0) == first
        sync.rebuild(store)
        assert _told(store, branch, tokens) == first
        os.remove(store.database)
        assert _told(store, branch, tokens) == first


def test_a_brief_is_the_same_in_another_process(tmp_path: Path) -> None:
    past = Past(make_store(tmp_path))
    for number, text in enumerate(TASKS):
        past.play(
            Worked([text, *list(TASKS)[:2]], [], in_account=False, branch=BRANCHES[number % 3], hours=1, goal=text)
        )
    first = _told(past.store, "main", 300)
    ask = (
        "import json, sys; from ocm.recall import brief; from ocm.store.paths import Store;"
        "print(json.dumps(brief.brief(Store(*sys.argv[1:]), branch='main', tokens=300)))"
    )
    for seed in ("0", "1"):
        asked = [sys.executable, "-c", ask, past.store.path, past.store.root]
        answer = subprocess.run(asked, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        assert json.loads(answer.stdout) == first
