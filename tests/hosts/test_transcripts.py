"""What the real clients write of a conversation, read back: it tells what the hooks recorded of the same conversation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable
from ocm.sources.story import Story

from .bench import ONE, Bench
from .codex_and_gemini import Codex, Gemini
from .headless import Cline, Copilot, Headless, OpenCode
from .scripted_api import say

if TYPE_CHECKING:
    from .others import OtherBench
    from .scripted_api import Play, Request

pytestmark = [pytest.mark.client, pytest.mark.timeout(300)]

ASKED = "Write the names as digits."
LAST_WORDS = "FIRST is a digit now. What is left: SECOND is still a word."
EDITED = "src/names.py"


def told(bench: Bench, host: str, session_id: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Return what the client's own transcript of a conversation tells, found where the client keeps it."""
    client = bench.claude
    quiet = client.quiet("http://localhost") if isinstance(client, Headless) else {}
    for name, value in (client.environment() | quiet).items():
        monkeypatch.setenv(name, value)
    story = Story(str, lambda path: os.path.relpath(os.path.join(bench.project, path), bench.project))
    heads = (
        head
        for place in registry.places(host, [str(bench.project)])
        if os.path.exists(place)
        for head in registry.heads_of(host, place, Unreadable())
    )
    registry.read(next(head for head in heads if head.session_id == session_id), story)
    return story


def check(bench: Bench, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare the transcript of the one conversation with what the hooks recorded of it."""
    (session_id,) = bench.session_ids()
    recorded = bench.show(session_id)
    story = told(bench, host, session_id, monkeypatch)
    assert recorded["title"] == ASKED
    assert next(turn.prompt for turn in story.turns if turn.prompt) == ASKED
    assert story.files == {one["path"]: one["change_type"] for one in recorded["files"]} == {EDITED: "modified"}
    assert LAST_WORDS in [turn.answer for turn in story.turns]
    assert story.unread.counts == {}


@pytest.mark.parametrize("other", [OpenCode, Cline, Copilot, Codex, Gemini], indirect=True, ids=lambda kind: kind.host)
def test_a_transcript_tells_what_the_hooks_recorded(other: OtherBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompt, edit and last words are the same, by whichever way they are learnt."""
    other.set_up()
    other.command("ocm", "config", "set", "sources.step", "off")
    client = other.client

    def script(_first: Request) -> Play:
        yield client.read(EDITED)
        yield client.edit(*ONE)
        while True:  # whoever asks for a checkpoint at the end of the turn
            yield say(LAST_WORDS)

    client.run(script, prompts=(ASKED,))
    check(other, client.host, monkeypatch)


def conversation(bench: Bench) -> None:
    """Let Claude Code read, edit and say what is left."""

    def script(_first: Request) -> Play:
        yield bench.read(EDITED)
        yield bench.edit(*ONE)
        while True:
            yield say(LAST_WORDS)

    bench.claude.run(script, prompts=(ASKED,))


def test_a_transcript_of_claude_code_tells_what_the_hooks_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prompt, edit and last words are the same, by whichever way they are learnt."""
    bench.command("ocm", "config", "set", "sources.step", "off")
    conversation(bench)
    check(bench, "claude-code", monkeypatch)


def test_an_edit_that_no_hook_saw_is_in_the_session_when_the_conversation_ends(bare: Bench) -> None:
    """With the hooks of the profile minimal nobody tells of an edit; the client's own transcript does."""
    bare.set_up("--claude-hooks", "minimal")
    conversation(bare)
    (session_id,) = bare.session_ids()
    (file,) = (bare.store / "sessions").glob("*.md")
    text = file.read_text(encoding="utf-8")
    assert "source: claude-code" in text
    assert bare.show(session_id)["last_words"] == LAST_WORDS
    assert bare.files(session_id) == {(EDITED, "modified")}


def test_what_claude_code_wrote_down_is_found_and_shown(bench: Bench) -> None:
    """Asked and answered, by the client's own file, the moment that the conversation is over."""
    conversation(bench)
    (session_id,) = bench.session_ids()
    for query, role, snippet in (("names digits", "user", ASKED), ("FIRST SECOND word", "assistant", LAST_WORDS)):
        found = bench.ocm("search", "--transcripts", query, "-n", "1")
        assert [(one["session_id"], one["tool"], one["role"]) for one in found] == [(session_id, "claude-code", role)]
        assert found[0]["snippet"].replace("**", "") == snippet
        lines = Path(found[0]["file"]).read_text(encoding="utf-8").splitlines()
        assert snippet in lines[int(found[0]["position"]) - 1]
        assert found[0]["markdown_path"]
    page = bench.ocm("show", session_id, "--transcript")
    said = [(one["role"], one["text"]) for one in page["said"]]
    assert said[0] == ("user", ASKED)
    assert ("assistant", LAST_WORDS) in said
