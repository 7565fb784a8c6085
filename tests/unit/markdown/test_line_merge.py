"""Two changes of one text: both are made where they do not meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.markdown.line_merge import merged

BASE = "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", "A\nb\nc\nd\nE\n"),
        ("a\nc\nd\ne\n", "a\nb\nc\nd\ne\nf\n", "a\nc\nd\ne\nf\n"),
        ("a\nb\nc\nd\nmine\ne\n", "a\nb\nc\nd\ntheirs\ne\n", "a\nb\nc\nd\ntheirs\nmine\ne\n"),
        ("a\nB\nc\nd\ne\n", "a\nB\nc\nd\nE\n", "a\nB\nc\nd\nE\n"),
        (BASE, "x", "x"),
        ("x", BASE, "x"),
    ],
)
def test_changes_that_do_not_meet_are_both_made(mine: str, theirs: str, both: str) -> None:
    assert merged(BASE, mine, theirs) == both


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("A\nb\nc\nd\ne\n", "x\nb\nc\nd\ne\n"),
        ("a\nc\nd\ne\n", "a\nB\nc\nd\ne\n"),
        ("a\nB\nc\nd\ne\n", "a\nb\nC\nd\ne\n"),
        ("a\nb\nd\ne\n", "a\nb\nx\nc\nd\ne\n"),
    ],
)
def test_changes_of_the_same_lines_or_of_lines_side_by_side_are_not(mine: str, theirs: str) -> None:
    assert merged(BASE, mine, theirs) is None


_texts = st.lists(st.sampled_from("abcde"), max_size=8).map("\n".join)


@given(_texts, _texts, _texts)
def test_no_line_that_either_added_is_lost_and_none_comes_from_nowhere(base: str, mine: str, theirs: str) -> None:
    both = merged(base, mine, theirs)
    assert both is None or set(both.split("\n")) <= {*base.split("\n"), *mine.split("\n"), *theirs.split("\n")}
    if both is not None:
        old = set(base.split("\n"))
        assert (set(mine.split("\n")) - old) | (set(theirs.split("\n")) - old) <= set(both.split("\n"))


@given(_texts, _texts)
def test_a_change_of_one_alone_is_that_change(base: str, mine: str) -> None:
    assert merged(base, mine, base) == mine
    assert merged(base, base, mine) == mine
    assert merged(base, mine, mine) == mine
