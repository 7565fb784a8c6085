"""`ocm search --transcripts`: what was said is found, printed for people and for scripts, and fenced."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from ocm.cli import main
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
    assert shown == [("list_view.said", 1)]
