"""Which editor a person means, and what is said where it does not work."""

import sys

import pytest

from ocm.base.errors import OcmError
from ocm.cli import editor


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "ed", "TERM": "xterm"}, "code --wait"),
        ({"VISUAL": "code --wait", "EDITOR": "ed", "TERM": "dumb"}, "ed"),
        ({"VISUAL": "", "EDITOR": "", "TERM": "xterm"}, editor._USUAL),
    ],
)
def test_the_editor_is_the_one_that_git_would_take(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert editor.named() == named


def test_one_that_fails_or_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", "no-such-editor-here")
    with pytest.raises(OcmError, match="`no-such-editor-here` ended with"):
        editor.run("a.md")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OcmError, match="`no-such-editor-here` ended with"):
        editor.run("a.md")


def test_without_a_terminal_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not editor.is_there()
