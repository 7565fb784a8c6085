"""What the hooks say: a title out of a prompt."""

import pytest

from ocm.hook import messages

KEY = "sk-ant-api03-" + "Ab1_" * 23 + "AA"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("  fix\nthe   parser ", "fix the parser"),
        ("word " * 100, "word " * 39 + "word…"),
        ("要約 " + "語" * 5000, "要約 " + "語" * 196 + "…"),
        ("x" * 5000, "x" * 199 + "…"),
    ],
)
def test_a_title_is_one_line_cut_between_words_or_characters(typed: str, title: str) -> None:
    assert messages.title(typed) == title


def test_of_a_secret_that_is_cut_off_nothing_gets_into_a_title() -> None:
    assert KEY[:20] not in messages.title("語" * 10 + " " * 3960 + KEY + " and more")
