"""Front matter: strings stay strings, and a change touches the value that changed and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ocm.base.errors import UnreadableSessionError
from ocm.markdown import frontmatter

LOADERS: Any = [yaml.CBaseLoader, yaml.BaseLoader]
_any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_words = st.sampled_from(["null", "~", "1.10", "0012", "yes", "a: b", "a #b", "#a", "- a", "[a", "{a", "&a", "*a", "!a", "|", ">", "%a", "@a",
    "`a", "'a", '"a"', "a:", ": a", "a\\b", " a", "a ", "---", "...", "\x85", "\u2028", "\ufeff", "\x7f", "\x9f", "\x07", "\t", "2026-03-03",
    "a:b", "C:\\x", "https://example.org/#x", "日本", "🎉", "?", "=", "<<", "a,b", "a]"])  # fmt: skip


def load(block: str) -> dict[str, Any]:
    return frontmatter.load(block)


@given(_any_text | _words)
@example("a: b # c")
def test_any_text_reads_back_as_itself(value: str) -> None:
    text = frontmatter.scalar(value)
    assert "\n" not in text
    for loader in LOADERS:
        assert yaml.load(f"a: {text}\nb: c\n", Loader=loader) == {"a": value, "b": "c"}  # noqa: S506


@given(st.lists(_any_text | _words, max_size=4))
def test_any_list_reads_back_as_itself(values: list[str]) -> None:
    text = frontmatter.flow(values)
    assert "\n" not in text
    for loader in LOADERS:
        assert yaml.load(f"a: {text}\nb: c\n", Loader=loader) == {"a": values, "b": "c"}  # noqa: S506


@pytest.mark.parametrize(("value", "expected"), [
    ("main", "main"), ("1.10", "1.10"), ("0012345", "0012345"), ("feature/tei", "feature/tei"), ("Move: now", '"Move: now"'),
    ("2026-03-03T14:32:10+01:00", "2026-03-03T14:32:10+01:00"), ("", '""'), ("a #b", '"a #b"'), ("Grüße — x", "Grüße — x"),
])  # fmt: skip
def test_what_can_stand_plain_does(value: str, expected: str) -> None:
    assert frontmatter.scalar(value) == expected


def test_every_scalar_is_a_string() -> None:
    found = load("a: 1.10\nb: 0012345\nc: null\nd: yes\ne: 2026-03-03\nf:\ng: [1, 2.0]\n")
    assert found == {
        "a": "1.10",
        "b": "0012345",
        "c": "null",
        "d": "yes",
        "e": "2026-03-03",
        "f": "",
        "g": ["1", "2.0"],
    }


@pytest.mark.parametrize(("block", "line"), [
    ("a: 1\nb: [\n", 4), ("a: 'x\n", 3), ("a: 1\n\tb: 2\n", 3), ("<<<<<<< HEAD\na: 1\n=======\n", 3), ("a: \x07\n", 2), ("- a\n", 1), ("text\n", 1),
    ("", 1), ("a: 1\n...\nb: 2\n", 4),
])  # fmt: skip
def test_what_is_no_front_matter_is_named_by_line(block: str, line: int) -> None:
    with pytest.raises(UnreadableSessionError, match="front matter") as caught:
        load(block)
    assert caught.value.line == line


def test_lines_of_the_reference_system_need_not_be_yaml() -> None:
    assert load("session_id: a1\nproject: my: proj\ntool: [x\n") == {
        "session_id": "a1",
        "project": "my: proj",
        "tool": "[x",
    }
    with pytest.raises(UnreadableSessionError):
        load("ocm: 1\nsession_id: a1\nproject: my: proj\n")


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("block", "wanted", "expected"), [
    ("a: 1\n", {"a": "2"}, "a: 2\n"),
    ("a: 1 # why\nb: 2\n", {"a": "long one"}, "a: long one # why\nb: 2\n"),
    ("# head\na: 1\n\n# tail\n", {"a": "2", "b": "3"}, "# head\na: 2\n\n# tail\nb: 3\n"),
    ("a: 'x'  # c\n", {"a": "y"}, "a: y  # c\n"),
    ("a:\nb: 2\n", {"a": "1"}, "a: 1\nb: 2\n"),
    ("a: # c\nb: 2\n", {"a": "1"}, "a: 1 # c\nb: 2\n"),
    ("a: |\n  x\n  y\n\nb: 2\n", {"a": "z"}, "a: z\n\nb: 2\n"),
    ("a: x\n  y # c\nb: 2\n", {"a": "z"}, "a: z # c\nb: 2\n"),
    ('a: "日本 🎉" # c\n', {"a": "b"}, "a: b # c\n"),
    ("x: 日本 🎉\na: 1 # c\n", {"a": "2"}, "x: 日本 🎉\na: 2 # c\n"),
    ("a: 1", {"b": "2"}, "a: 1\nb: 2\n"),
    ("", {"b": "2"}, "b: 2\n"),
    ("a: &x 1\nb: 2\n", {"a": "3"}, "a: 3\nb: 2\n"),
    ("t: [a, b] # c\n", {"t": ["a", "b", "c"]}, "t: [a, b, c] # c\n"),
    ("t: [] # c\n", {"t": ["x y"]}, 't: ["x y"] # c\n'),
    ("t:\n- a # 1\n- b # 2\n# 3\nb: 2\n", {"t": ["a", "b", "c d"]}, "t:\n- a # 1\n- b # 2\n- c d\n# 3\nb: 2\n"),
    ("t:\n    - a\n    - b", {"t": ["a", "b", "c"]}, "t:\n    - a\n    - b\n    - c"),
    ("t:\n- a\n- b\nb: 2\n", {"t": ["c"]}, "t:\n  [c]\nb: 2\n"),
    ("t:\n- a: b\nb: 2\n", {"t": "x"}, "t:\n  x\nb: 2\n"),
    ("t: a, b # c\n", {"t": ["a", "b", "c"]}, "t: [a, b, c] # c\n"),
])  # fmt: skip
def test_a_change_touches_only_what_changed(
    loader: Any, block: str, wanted: dict[str, str | list[str]], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontmatter, "_LOADER", loader)
    assert frontmatter.replace(block, wanted) == expected
    found = load(expected)
    assert {name: found[name] for name in wanted} == wanted


def test_a_list_with_a_tag_twice_is_gone_on_with() -> None:
    assert frontmatter.replace("t:\n- a\n- a # c\n-\nb: 2\n", {"t": ["a", "d"]}) == "t:\n- a\n- a # c\n-\n- d\nb: 2\n"


def test_lines_that_are_no_yaml_are_written_anew() -> None:
    assert frontmatter.replace("session_id: a\nproject: my: x\n", {"session_id": "a", "project": '"my: x"'}) == (
        'session_id: a\nproject: "my: x"\n'
    )
