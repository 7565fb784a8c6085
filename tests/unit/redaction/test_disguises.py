import pytest

from ocm.redaction import redact
from ocm.redaction.disguises import broken_words, without_hidden

TOKEN = "ghp_" + "stlQCy1kGvclXDFoNzqB5QHKX4nRlZG2V7HR"


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\x1b[0m", "\x1b[1;31m\u2060", "\ufeff"])
def test_a_token_with_something_hidden_in_it_goes_as_a_whole(hidden: str) -> None:
    clean, found = redact.redact(f"use {TOKEN[:14]}{hidden}{TOKEN[14:]} now")
    assert (clean, found) == ("use [REDACTED:github-token] now", 1)


def test_a_text_with_nothing_hidden_is_not_made_anew() -> None:
    assert without_hidden("one\ntwo") is None
    assert without_hidden("größer\n") is None


def test_where_the_rest_stood_is_known() -> None:
    plain = without_hidden("a\u200bbc\u200b\u200bd")
    assert plain is not None
    assert plain.text == "abcd"
    assert plain.place(0, 2) == (0, 3)
    assert plain.place(2, 4) == (3, 7)


@pytest.mark.parametrize("gap", ["\n", "\r\n", "\\\n", "\n    "])
def test_a_token_that_goes_on_in_the_next_line_goes_as_a_whole(gap: str) -> None:
    clean, _ = redact.redact(f"use {TOKEN[:16]}{gap}{TOKEN[16:]} now")
    assert clean == "use [REDACTED:github-token] now"


def test_a_word_is_broken_only_where_both_parts_are_long() -> None:
    assert list(broken_words("short\nword goes on")) == []
    ((start, word),) = broken_words("see longenough\nfollowed by")
    assert (start, word.text) == (4, "longenoughfollowed")
