"""Private text: dropped whatever its form where it is sent, and only where it is closed in a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.redaction import private_text, redact
from ocm.redaction.private_text import without_closed_private, without_private


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<private>x</private>b", "ab"),
        ("a<PRIVATE>x</Private>b", "ab"),
        ('a<private reason="it\'s mine">x</private >b', "ab"),
        ("a< private >x</ private>b", "ab"),
        ("a<private>x<private>y</private>z</private>b", "ab"),
        ("a<private>x", "a"),
        ("a<private>x<private>y</private>z", "a"),
        ("a<private", "a"),
        ("a</private>b", "ab"),
        ("a</private b", "a b"),
        ("a<private/>b", "ab"),
        ("a<private>x</private>b<private>y</private>c", "abc"),
        ("a<private>line\nline</private>b", "ab"),
        ("a<pri<private>x</private>vate>y</private>b", "a"),
        ("a<privateer>b</privateer>", "a<privateer>b</privateer>"),
        ("a private b < c > d", "a private b < c > d"),
        ("", ""),
    ],
)
def test_private_text(text: str, left: str) -> None:
    assert without_private(text)[0] == left
    assert redact.redact(text)[0] == left
    assert without_private(left)[0] == left


def test_tags_that_never_end_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_text, "_ROUNDS", 1)
    assert without_private("a<pri<private>x</private>vate>y")[0] == "a"
    assert without_private("a<private>x</private>b")[0] == "ab"


def test_tags_inside_tags_end() -> None:
    text = "<pri" * 50 + "<private>x</private>" + "vate>" * 50 + "tail"
    assert "<private>" not in without_private(text)[0]
    assert without_closed_private("<pri" * 50 + "<private>x</private>" + "vate>x</private>" * 50)[1] == 10
    assert without_private(without_private(text)[0])[0] == without_private(text)[0]


# --- in a file that is stored


@pytest.mark.parametrize(
    ("text", "left", "pieces"),
    [
        ("a <private>x</private> b <PRIVATE why>y</Private >c", "a  b c", 2),
        ("a <private>x<private>y</private>z</private>b", "a b", 1),
        ("a <private>line\n\nline</private>b", "a b", 1),
        ("a<pri<private>x</private>vate>y</private>b", "ab", 2),
        ("a <private>b <private>c</private>", "a <private>b ", 1),
        ("a <private>\n## Goal\n<private>x</private>y</private>", "a <private>\n## Goal\ny</private>", 1),
        ("a <private>b", "a <private>b", 0),
        ("a </private> b <private/>", "a </private> b <private/>", 0),
        ("a <private>\n---\n</private>", "a <private>\n---\n</private>", 0),
        ("a <private>\n```\n</private>", "a <private>\n```\n</private>", 0),
        ("\n# x\n<private>x</private>\n# y", "\n# x\n\n# y", 1),
    ],
)
def test_what_is_closed_in_its_place_is_dropped_from_a_file(text: str, left: str, pieces: int) -> None:
    assert without_closed_private(text) == (left, pieces)


_pieces = st.lists(
    st.sampled_from(["<private>", "</private>", "<private/>", "<pri", "vate>", "\n# ", "\n", "a", " b"]), max_size=12
).map("".join)


@given(_pieces)
def test_what_was_dropped_once_is_not_found_again(text: str) -> None:
    once, pieces = without_closed_private(text)
    assert without_closed_private(once) == (once, 0)
    assert (once == text) == (pieces == 0)
    assert without_private(without_private(text)[0])[1] == 0


def test_many_tags_that_nothing_closes_take_no_longer_than_their_length() -> None:
    text = "<private>\n# " * 50_000
    assert without_closed_private(text + "</private>" * 50_000)[1] == 0
