"""The law of the quick way through a body: it sees what the parser sees, whatever the lines are."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from ocm.markdown import blocks, render
from ocm.markdown.session_file import SessionFile
from tests.laws.edits import FULL, edited_files, reference_files
from tests.laws.strategies import sessions

_SIMPLE = (
    "",
    "",
    "- a",
    "- [x] b",
    "text",
    "    code",
    "  more",
    "# T",
    "## Goal",
    "### G",
    "#### small",
    "```ocm",
    "```",
)
_ODD = (
    " ", "  ", "   x", " x", "\tx", "* a", "+ a", "1. a", "10) a", "-", "- ", "-  a", "-\ta", "- - -", "- --", "- -", "---", "===",
    "***", "- # h", "- > q", "- ```", "> q", "# ", "##", "##\tx", "## x #", "## x  ", " ## x", "#x", "####### x", "~~~", "```ocm ",
    " ```ocm", "````", "```text", " ```", "    ```", "``x``", "`x`", "<!--", "-->", "<!-- c -->", "<div>", "</div>", "<script>",
    "<?", "<a>", "[x]: y", "[x]", "| a |", "|---|", "\r", "  \r", "- --\r", "- a\r", "## G\r", "## a\rb", "text\r", "\x00", "- \x00a",
    "- a\x00", "# \x00", "## a\x00b", "- \xa0", "\xa0a", "## \u2003a", "\x0b", "- \\---", "*b* c", "日本語", "- 日本語", "🎉", "\u2028",
)  # fmt: skip
_lines = st.lists(st.sampled_from(_SIMPLE) | st.sampled_from(_SIMPLE + _ODD), max_size=16)


def agree(lines: list[str]) -> None:
    assert blocks.outline(lines) == blocks._parts(lines, blocks._parsed(lines, 0, len(lines)))
    starts = [n for n, line in enumerate(lines) if line.startswith(("# ", "## "))]
    quick = [blocks._simple(lines, *section) is not None for section in pairwise([0, *starts, len(lines)])]
    event("all simple" if all(quick) else "some simple" if any(quick) else "none simple")


@given(_lines)
def test_any_lines_make_the_parts_that_the_parser_sees(lines: list[str]) -> None:
    agree(lines)


@given(sessions().map(render.render) | edited_files() | reference_files())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_session_file_makes_the_parts_that_the_parser_sees(text: str) -> None:
    agree(SessionFile(text).body)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1), max_size=3))
def test_items_of_one_line_take_no_parser(items: list[str]) -> None:
    texts = [text for item in items if (text := item.strip()).strip("- \t")]
    lines = [line for text in texts for line in blocks.item_lines(text)]
    found = blocks._simple(lines, 0, len(lines))
    assert found is not None
    assert [lines[start] for _, start, _, _ in found] == lines


_INNER = (
    "text",
    "> q",
    ">",
    ">>>",
    "> # h",
    "# h",
    "```",
    "~~~",
    "    code",
    "- x",
    "- ",
    "---",
    "<!-- x",
    "| a",
    "1. y",
    "",
)
_BEHIND = ("lazy", "| a |", "# h", "> q", "lazy: x", "- i")


@pytest.mark.parametrize("head", ["- ", "> ", "1. "])
def test_what_goes_on_behind_an_item_or_a_quote_is_what_a_whole_parser_says(head: str) -> None:
    margin = head if head == "> " else " " * len(head)
    for first, second, behind in product(_INNER, _INNER, _BEHIND):
        lines = [head + first, (margin + second).rstrip(), behind, "", "## X"]
        whole = FULL.parse("\n".join(lines))
        assert blocks._shape(blocks.tokens(lines)) == blocks._shape(whole), lines


def test_of_a_long_item_no_more_is_looked_into_than_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    really = blocks._INSIDE.parse

    def counted(text: str) -> list[Token]:
        looked.append(text.count("\n"))
        return really(text)

    monkeypatch.setattr(blocks._INSIDE, "parse", counted)
    blocks.outline(["## Goal", "- a", *["  > quoted", "lazy"] * 500, "", "## End"])
    assert len(looked) <= blocks._MOST_LOOKED_INTO
    assert max(looked) <= blocks._MOST_LOOKED_INTO
