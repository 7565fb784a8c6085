"""Whole numbers, text as one line, and text cut to a length."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocm.base.text import cut, one_line, unquoted, whole_number

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(" ab語e\u0301\u200d👩", max_size=60)


@given(TEXTS, st.integers(min_value=2, max_value=50))
@example(" a", 2)
@example("語" * 100, 20)
def test_a_cut_text_is_a_beginning_and_an_ellipsis(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    else:
        assert short.endswith("…")
        assert short[:-1]
        assert text.startswith(short[:-1])


@given(TEXTS, st.integers(min_value=2, max_value=50))
def test_one_line_is_cut_like_everything_else(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert cut(one_line(text, 10_000), limit) == line


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("a twothreefour", 8, "a twoth…"),  # the first half has the only space
        ("one twothree", 8, "one two…"),
        ("決定は次のとおりである", 6, "決定は次の…"),
        ("決 定は次のとおりである", 6, "決 定は次…"),
        ("word", 1, "…"),
        ("word", 0, ""),
        ("word", -1, ""),
        ("cafe\u0301s of the town", 5, "caf…"),
        ("ab👩\u200d👩\u200d👧 family", 6, "ab…"),
        ("a" + "\u0301" * 40, 20, "a" + "\u0301" * 18 + "…"),
    ],
)
def test_a_text_is_cut_between_words_or_between_characters(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


@given(st.text("ae\u0301\u0308語", max_size=60), st.integers(min_value=5, max_value=40))
def test_an_accent_stays_with_its_letter(text: str, limit: int) -> None:
    if len(text) > limit and "\u0301" not in text.replace("e\u0301", "") and "\u0308" not in text:
        kept = cut(text, limit)[:-1]
        assert unicodedata.category(text[len(kept)])[0] != "M"


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("0012", 12), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("", None), ("-1", None), ("٣", None), ("²", None)]
)  # fmt: skip
def test_only_plain_digits_are_a_number(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@given(st.text(st.characters()))
def test_one_line_is_one(text: str) -> None:
    line = one_line(text, 50)
    assert len(line) <= 50
    assert line.splitlines() in ([], [line]) or not set(line) & set("\n\r\x0b\x0c\x85\u2028\u2029")
    assert one_line(line, 50) == line


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('"Go on"', "Go on"),
        ("'Go on'", "Go on"),
        ('"a" and "b"', '"a" and "b"'),
        ('"Go on', '"Go on'),
        ('""', '""'),
        ("", ""),
    ],
)
def test_quotes_around_all_of_a_text_are_taken_off(text: str, bare: str) -> None:
    assert unquoted(text) == bare
