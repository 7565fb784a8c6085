"""The cache of what was said: in step with what became of the files is built anew, and no death costs anything."""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.said import FIRST, SECOND, Talks
from tests.support.transcripts import Claude

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(("prompt", "says", "fails", "begins", "torn", "again", "gone", "rewritten", "rolled back", "ask", "ask")),
        st.sampled_from((FIRST, SECOND)),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=14,
)  # fmt: skip


class History:
    """Conversations to which everything happens that happens to files."""

    def __init__(self, talks: Talks) -> None:
        self.talks = talks
        self.claude = {name: talks.claude(name) for name in (FIRST, SECOND)}
        self.codex: list[tuple[str, str]] = [("user", "where the mailer begins")]

    def happens(self, what: str, name: str, n: int) -> None:
        """Let one thing happen."""
        one, path = self.claude[name], self.talks.folder / f"{name}.jsonl"
        if what in ("prompt", "says"):
            (one.prompt if what == "prompt" else one.says)(f"mailer {len(one.lines)} {n}")
            self.codex.append(("user" if what == "prompt" else "assistant", f"mailer {len(self.codex)}"))
        elif what in ("fails", "begins"):
            one.runs("pytest -q", f"E  KeyError: {n} failed", failed=True)
            self.put(one, one.lines[: -1 if what == "begins" else None])
            return
        elif what == "torn":
            self.put(one, one.lines, torn=True)
            return
        elif what == "again" and one.lines:
            one.lines.append(one.lines[-1])
        elif what == "gone":
            path.unlink(missing_ok=True)
            return
        elif what == "rewritten":
            one.lines = [line.replace("mailer", "printer") for line in one.lines[n:]]
        elif what == "rolled back":
            self.codex.append((str(n), ""))
        elif what == "ask":
            self.talks.ask("mailer")
            return
        self.put(one, one.lines)
        self.talks.codex(*self.codex, session=SECOND[::-1].replace(SECOND[-1], "c"))

    def put(self, one: Claude, lines: Iterable[str], *, torn: bool = False) -> None:
        """Write a conversation, perhaps only a part of its last line."""
        text = "".join(f"{line}\n" for line in lines)
        path = self.talks.folder / f"{one.session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text[: -(len(text) // 9) - 1] if torn else text, encoding="utf-8")


@settings(max_examples=min(60, settings().max_examples))
@given(_STEPS)
def test_in_step_is_the_same_as_built_anew(steps: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        talks = Talks.at(Path(folder), patch)
        history = History(talks)
        for step in steps:
            history.happens(*step)
        history.happens("prompt", FIRST, 0)
        talks.ask("mailer")
        held = talks.held()
        assert held == talks.rebuilt()


class Dying(sqlite3.Connection):
    """A connection whose process dies just before one of its statements."""

    left = 0

    def execute(self, *given: Any) -> sqlite3.Cursor:
        self._die()
        return super().execute(*given)

    def executemany(self, *given: Any) -> sqlite3.Cursor:
        self._die()
        return super().executemany(*given)

    def _die(self) -> None:
        Dying.left -= 1
        if not Dying.left:
            os.kill(os.getpid(), signal.SIGKILL)


def dies(talks: Talks, at: int) -> bool:
    """Ask in a process that dies before the statement number `at`; return whether there is one."""
    child = os.fork()
    if not child:
        Dying.left = at
        pytest.MonkeyPatch().setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Dying))
        talks.ask("mailer")
        os._exit(0)
    return bool(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.parametrize("grown", [False, True], ids=["the first build", "what is new"])
def test_whoever_dies_at_any_statement_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, grown: bool
) -> None:
    at, step = 1, 1 if os.environ.get("HYPOTHESIS_PROFILE", "dev") != "dev" else 5
    while True:
        talks = Talks.at(tmp_path / str(at), monkeypatch)
        one = talks.claude().prompt("the mailer, first")
        one.put(talks.folder)
        if grown:
            talks.ask("mailer")
            one.says("the mailer, second").put(talks.folder)
        if not dies(talks, at):
            break
        at += step
        assert len(talks.found("mailer")) == 1 + grown
        assert sorted(name for name in os.listdir(talks.home) if name.startswith("transcripts")) == ["transcripts.db"]
        assert talks.held() == talks.rebuilt()
    assert at > 30
