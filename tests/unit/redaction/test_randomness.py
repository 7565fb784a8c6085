import pytest

from ocm.redaction.randomness import has_random, is_gibberish, is_random, is_unpronounceable, is_uuid, is_wordy


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
        ("4rv0hdx5188-3q48-2luk-e8v5-dyuuf8l44ib7", True),
        ("2FTJTA1C-BXO0DV4J-HGTP9E62-QHQSILY1", True),
        ("active_0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10.jsonl", False),
        ("X509ClientCertificateAuthenticationProvider", False),
        ("Saml2X509Credential.Saml2X509CredentialType", False),
        ("useOAuth2.getB64Keys", False),
        ("A" * 60, False),
        ("~%+=-_./", False),
        ("kqXvbtRzWmLpQaYYmfVNiOmhZElo", True),
        ("abcdefghijklmnopqrstuvwxyz", False),
        ("abcd1234efgh5678ijkl9012mnop3456", True),
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


@pytest.mark.parametrize("name", ["verificationX509Credentials", "SAML20AssertionValidators", "rawPassword"])
def test_what_a_program_calls_something_is_made_of_words(name: str) -> None:
    assert is_wordy(name)


@pytest.mark.parametrize("value", ["ndiawudh1_wdajwoidjajawdeps", "aZ3kQ9wLmT4vB8xN", "abcdefgh1234", "XKCD2", ""])
def test_letters_in_a_row_and_letters_that_nobody_can_say_are_no_words(value: str) -> None:
    assert not is_wordy(value)


def test_a_part_between_signs_is_enough_but_not_of_a_named_hash() -> None:
    assert has_random("short:aZ3kQ9wLmT4vB8xN")
    assert not has_random("sha256:aZ3kQ9wLmT4vB8xN")
    assert not has_random("two words")
