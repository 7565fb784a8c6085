"""The end of a turn: what the assistant said last is kept, without secrets and short, until the next turn ends."""

from __future__ import annotations

from typing import Any

import pytest

from ocm.hook import turns
from ocm.sessions import checkpoints
from ocm.store import events
from tests.support.builders import Project

TOKEN = "ghp_" + "aB3" * 12


def stopped(project: Project, words: Any, *options: str, **fields: Any) -> dict[str, Any]:
    return project.hook("stop", *options, last_assistant_message=words, **fields)


def test_the_last_words_of_a_session_are_in_its_file_and_the_next_turns_take_their_place(project: Project) -> None:
    project.hook("user-prompt", prompt="Which port?")
    stopped(project, "Port 2 is taken.", "--quiet")
    stopped(project, "I chose 3 because 2 is taken; still open: docs table\n", "--quiet")
    checkpoints.flush(project.store, "S")
    assert project.session().last_words == "I chose 3 because 2 is taken; still open: docs table"
    stopped(project, "The docs table is done.", "--quiet")
    project.hook("session-end")
    assert project.session().last_words == "The docs table is done."
    assert "## Last Words\n\nThe docs table is done.\n" in project.file().read_text(encoding="utf-8")


def test_a_turn_that_only_is_noted_asks_for_nothing(project: Project) -> None:
    project.edited("a.py")
    assert stopped(project, "Done.", "--quiet") == {}
    assert stopped(project, "", "--quiet") == {}
    assert [line.get("words") for line in project.lines() if line["e"] == "stop"] == ["Done."]
    assert stopped(project, "Done.")["decision"] == "block"
    assert project.lines()[-1] | {"t": 0} == {"e": "stop", "t": 0, "asked": True, "words": "Done."}


def test_a_setting_turns_last_words_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCM_RECORD_LAST_WORDS", "off")
    stopped(project, "Done.", "--quiet")
    assert project.journals() == []
    stopped(project, "Done.")
    assert "words" not in project.lines()[-1]


@pytest.mark.parametrize("words", [None, 7, [], "", " \n ", {"text": "x"}])
def test_what_says_nothing_is_not_kept(project: Project, words: object) -> None:
    stopped(project, words, "--quiet")
    assert project.journals() == []


def test_a_sub_agents_words_are_not_the_sessions(project: Project) -> None:
    stopped(project, "found it", "--quiet", agent_id="a1")
    assert project.journals() == []


def test_secrets_and_private_text_are_dropped(project: Project) -> None:
    assert turns.kept(f"use {TOKEN}, <private>mine</private> done") == "use [REDACTED:github-token],  done"
    (project.root / ".openCodeMemory" / "config.json").write_text(
        '{"redact.rules.id": "acme_[a-z0-9]{12}"}', encoding="utf-8"
    )
    stopped(project, "about acme_abcdef123456", "--quiet")
    assert "abcdef" not in project.lines()[-1]["words"]


@pytest.mark.parametrize("length", [1_499, 1_500, 1_501, 5_000, 16_000, 16_001, 100_000])
def test_of_a_long_message_its_beginning_and_its_end_are_kept(length: int) -> None:
    said = ("Fixed it. " + "word " * length)[: length - 9] + " open: x"
    kept = turns.kept(said)
    assert len(kept) <= events.MAX_WORDS
    assert kept.startswith("Fixed it. ")
    assert kept.endswith("open: x")
    assert ("[…]" in kept) == (len(said.strip()) > events.MAX_WORDS)


@pytest.mark.parametrize("before", range(7_950, 8_001, 7))
def test_of_a_secret_at_a_cut_nothing_is_kept(before: int) -> None:
    said = "x " * (before // 2) + TOKEN + " y" * 20_000 + " " + TOKEN + " z" * (before // 2)
    assert "aB3" not in turns.kept(said)
    assert "aB3" not in turns.kept("w" * before + TOKEN + "w" * 20_000)


def test_text_without_spaces_is_kept_in_part_or_not_at_all() -> None:
    assert len(turns.kept("語" * 5_000)) <= events.MAX_WORDS
    assert len(turns.kept("語" * 50_000)) <= events.MAX_WORDS
