"""What was said is found with `ocm search --transcripts` and shown with `ocm show ID --transcript`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from ocm.cli import main
from ocm.store import forgotten
from tests.support.said import FIRST, SECOND, Talks


class Run(Protocol):
    """Run `ocm` with these words."""

    def __call__(self, *words: str) -> tuple[int, str, str]: ...


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talks:
    talks = Talks.at(tmp_path, monkeypatch)
    one = talks.claude().prompt("Why is the mailer slow?").says("The mailer \x1b[31mwaits\x1b[0m for a lock.")
    one.says("I made it wait no more.").put(talks.folder)
    return talks


@pytest.fixture
def ocm(talks: Talks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in this process, in the folder of the project."""
    monkeypatch.chdir(talks.project.root)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ocm", *words])
        with pytest.raises(SystemExit) as stop:
            main.main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return run


def test_a_hit_says_who_said_it_and_where_to_read_on(ocm: Run, talks: Talks) -> None:
    talks.project.checkpoint(FIRST, goal="mail")
    code, out, _ = ocm("search", "--transcripts", "mailer", "waits", "-n", "1")
    assert code == 0
    first, about, before, after, place, page = out.splitlines()
    assert first == "1. The **mailer** **waits** for a lock."
    assert about.startswith("    assistant · 2026-03-0")
    assert about.endswith(f"claude-code · shop · {FIRST}")
    assert (before, after) == (
        "    before: user: Why is the mailer slow?",
        "    after: assistant: I made it wait no more.",
    )
    assert place == f"    {talks.folder / (FIRST + '.jsonl')}:2"
    assert page.endswith(".md")


def test_scripts_get_the_same_as_rows(ocm: Run) -> None:
    code, out, err = ocm("search", "--transcripts", "slow", "--json")
    (row,) = json.loads(out)
    assert (code, err) == (0, "")
    assert list(row) == [
        "rank", "score", "session_id", "tool", "role", "date", "snippet", "before", "after", "project", "file", "position",
        "markdown_path",
    ]  # fmt: skip
    assert (row["role"], row["before"], row["markdown_path"]) == ("user", "", None)


def test_nothing_found_is_said(ocm: Run) -> None:
    assert ocm("search", "--transcripts", "elephant")[:2] == (0, "Nothing that was said matches.\n")
    assert json.loads(ocm("search", "--transcripts", "elephant", "--json")[1]) == []


@pytest.mark.parametrize(
    "option", [["--status", "open"], ["--branch", "b"], ["--file", "a"], ["--tag", "t"], ["--archived"]]
)
def test_what_only_sessions_have_is_no_question_about_transcripts(ocm: Run, option: list[str]) -> None:
    code, out, err = ocm("search", "--transcripts", "mailer", *option)
    assert (code, out) == (2, "")
    assert err == (
        f"ocm: {option[0].removeprefix('--')} cannot be asked about what was said in transcripts. "
        "Accepted: query, limit, tool, since, until.\n"
    )


def test_all_projects_can_be_asked_about_from_anywhere(ocm: Run, talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    talks.claude(SECOND, str(talks.tmp / "bank")).prompt("the mailer of the bank").put(talks.folder)
    monkeypatch.chdir(talks.tmp)
    assert "of the **bank**" in ocm("search", "--transcripts", "--all-projects", "bank")[1]
    assert ocm("search", "--transcripts", "bank")[0] == 1


def test_a_terminal_gets_it_laid_out(ocm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ocm.ui import layout

    shown: list[tuple[str, int]] = []

    def laid_out(view: str, rows: list[Any]) -> bool:
        shown.append((view, len(rows)))
        return True

    monkeypatch.setattr(layout, "laid_out", laid_out)
    assert ocm("search", "--transcripts", "slow")[1] == ""
    assert ocm("show", FIRST, "--transcript")[1] == ""
    assert shown == [("list_view.said", 1), ("session_view.conversation", 7)]


def test_a_conversation_is_shown_from_the_file_of_its_host(ocm: Run, talks: Talks) -> None:
    code, out, _ = ocm("show", FIRST[:8], "--transcript")
    assert code == 0
    assert out.splitlines() == [
        f"2026-03-01 00:01 · claude-code · shop · {FIRST}", str(talks.folder / f"{FIRST}.jsonl"),
        "", "user · 2026-03-01 00:01 · 1", "    Why is the mailer slow?",
        "", "assistant · 2026-03-01 00:02 · 2", "    The mailer waits for a lock.",
        "", "assistant · 2026-03-01 00:03 · 3", "    I made it wait no more.",
    ]  # fmt: skip
    assert not talks.cache.exists()


def test_it_is_named_as_its_session_is(ocm: Run, talks: Talks) -> None:
    talks.project.checkpoint(FIRST, goal="mail", slug="calm-mailer")
    for name in ("latest", "calm-mailer", FIRST):
        found = json.loads(ocm("show", name, "--transcript", "--json")[1])
        assert (found["session_id"], len(found["said"]), found["left_out"]) == (FIRST, 3, 0)


def test_a_time_leaves_out_what_is_far_from_it(ocm: Run, talks: Talks) -> None:
    one = talks.claude(SECOND)
    for n in range(40):
        one.says(f"thing {n} <private>and more</private>")
    one.put(talks.folder)
    found = json.loads(ocm("show", SECOND, "--transcript", "--around", "2026-03-01T00:31:00Z", "--json")[1])
    assert [text["text"] for text in found["said"]] == [f"thing {n}" for n in range(20, 40)]
    assert (found["left_out"], found["said"][10]["position"]) == (20, "31")
    assert ocm("show", SECOND, "--transcript", "--around", "2027-01-01")[1].endswith("\n(30 more before and after)\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--transcript", "--around", "noon"], "ocm: around 'noon' is no time. "),
        (["--around", "2026-03-01"], "ocm: --around goes with --transcript, "),
        (["--transcript", "--section", "decisions"], "ocm: --around goes with --transcript, "),
    ],
)
def test_what_cannot_be_shown_so_is_wrong_usage(ocm: Run, words: list[str], said: str) -> None:
    code, out, err = ocm("show", FIRST, *words)
    assert (code, out, err.startswith(said)) == (2, "", True)


def test_there_is_no_transcript_of_what_nobody_said_or_should_know(ocm: Run, talks: Talks) -> None:
    for name in ("elephant", FIRST[:7]):
        code, _, err = ocm("show", name, "--transcript")
        assert (code, err) == (
            1, f"ocm: There is no transcript of {name!r} on this machine. Search what was said: ocm search --transcripts QUERY\n",
        )  # fmt: skip
    talks.claude(FIRST[:-1] + "2").prompt("another").put(talks.folder)
    assert "may mean 2: " in ocm("show", FIRST[:8], "--transcript")[2]
    forgotten.add(talks.project.store, FIRST)
    assert ocm("show", FIRST, "--transcript")[0] == 1
