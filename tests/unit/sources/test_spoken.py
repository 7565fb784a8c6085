"""What was said, word for word: nothing else is kept, and a long conversation is handed on in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocm.sources import registry, spoken
from ocm.sources.json_lines import Position, Unreadable
from ocm.sources.spoken import Sink
from tests.support.transcripts import Claude


def heard(path: Path) -> list[tuple[str, str, str]]:
    (head,) = registry.heads(str(path), Unreadable())
    sink = Sink()
    spoken.listen(head, str, sink, Position())
    return [(one.role, one.place, one.text) for one in sink.said]


def test_words_alone_are_kept_in_order(tmp_path: Path) -> None:
    one = Claude().prompt("Mend it").edits("a.py", "old", "new").runs("git commit", "[main abc1234] Mend")
    one.calls("TodoWrite", {}, {"newTodos": [{"content": "later", "status": "pending"}]}).says("First").says("Last")
    one.bare(type="pr-link", prUrl="https://example.org/1", prNumber=1, prRepository="r")
    one.runs("ruff check", "error: wrong", failed=True).runs("pytest", "all is well", failed=True)
    assert heard(one.put(tmp_path)) == [
        ("user", "1", "Mend it"),
        ("assistant", "8", "First"),
        ("assistant", "9", "Last"),
    ]


def test_a_long_conversation_is_handed_on_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "_TOGETHER", 10)
    path = Claude().prompt("quite a long prompt").says("short").says("quite a long answer").put(tmp_path)
    assert [text for _, _, text in heard(path)] == ["quite a long prompt", "short", "quite a long answer"]


def test_a_text_and_a_conversation_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "MAX_SAID", 5)
    monkeypatch.setattr(spoken, "MOST", 2)
    assert [text for *_, text in heard(Claude().prompt("abcdefgh").says("b").says("c").put(tmp_path))] == ["abcde", "b"]


def test_what_was_taken_back_is_dropped_from_what_was_handed_on() -> None:
    sink = Sink()
    story = spoken.Listener(str, str, sink=sink)
    story.prompt("one", 1.0, "1")
    story.flush()
    story.prompt("two", 2.0, "2")
    story.take_back(2)
    story.prompt("three", 3.0, "3")
    story.flush()
    assert [(one.n, one.text) for one in sink.said] == [(0, "three")]
