import pytest

from ocm.redaction.randomness import is_gibberish, is_random, is_unpronounceable, is_uuid


@pytest.mark.parametrize(
    "word", ["configuration", "getUserNameById", "straightforward", "abcdefghijkl", "QuickBrownFoxJumps", "qkx"]
)
def test_words_are_no_gibberish(word: str) -> None:
    assert not is_unpronounceable(word)


@pytest.mark.parametrize("word", ["kqXvbtRzWmLpQa", "YYmfVNiOmhZElo", "oiLlYlTBILVnCj"])
def test_letters_without_a_word_are_gibberish(word: str) -> None:
    assert is_unpronounceable(word)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0123456789abcdef0123456789abcdef", True),
        ("7023522e-5e91-4f14-8162-37139db1584b", True),
        ("sdk-7023522e-5e91-4f14-8162-37139db1584b", True),
        ("u+3xVszZ-b4m+T6d23KA", True),
        ("aZ3kQ9wLmT4vB8xN", True),
        ("credential-provider-login-3", False),
        ("two words", False),
        ("---", False),
        ("journal_2026_11_03", False),
        ("A3f-Word-Another-9Zz-Thing", False),
    ],
)
def test_what_can_only_be_a_key_is_told_from_a_name(value: str, expected: bool) -> None:
    assert is_random(value) is expected


def test_a_random_value_with_words_in_it_is_no_gibberish() -> None:
    assert is_gibberish("9kqXvbtRzWmLpQa42")
    assert not is_gibberish("0123456789abcdef0123456789abcdef")


def test_a_uuid_is_one_as_a_whole() -> None:
    assert is_uuid("7023522e-5e91-4f14-8162-37139db1584b")
    assert not is_uuid("x-7023522e-5e91-4f14-8162-37139db1584b")
