"""Values are found that only their neighbourhood names. They are made up while the tests run."""

import pytest

from ocm.redaction import redact
from ocm.redaction.nearby import elements, nearby
from ocm.redaction.tokens import long_words
from tests.redaction.patterns import made

KEY = made("[A-Z][a-z][0-9][A-Za-z0-9]{27}", "nearby")
SHA1 = made("[0-9a-f]{40}", "nearby")
LOWER = made("[a-f]x[0-9][a-z0-9]{37}", "nearby")


def found(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in nearby(text, text.lower(), long_words(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Here is the token to try the API with: {}",
        "| RefreshToken | what the job is given | {} |",
        '"{}"; // put your own API key here',
        "{} is the secret of the old server",
        "the token of staging moved, it is {}.",
        "credentials for the build:  build={}",
        "secret of the page:\n next line\n and its credentials, {}",
    ],
)
def test_a_random_value_is_found_by_what_the_line_says_of_it(text: str) -> None:
    assert found(text.format(KEY)) == [KEY]
    assert redact.redact(text.format(KEY))[0] == text.format("[REDACTED:secret]")


@pytest.mark.parametrize(
    "text",
    [
        "see {} for that",
        "the token\n{}",
        "next page token, then {}",
        "tokenizers/{}",
        "lib/token.py,sha256={},6184",
        "secret: https://example.org/{}/get",
        "the secret is of no use; a hash={}",
    ],
)
def test_a_value_that_nothing_names_stays(text: str) -> None:
    assert found(text.format(KEY)) == []


def test_a_word_near_the_name_of_a_secret_stays() -> None:
    for word in ("SubjectX500PrincipalExtractor", "sha512-" + KEY, "0123456789" * 3, LOWER):
        assert found(f"the token and {word}") == []


def test_it_is_found_as_often_as_it_stands_there_and_only_where_it_is_named() -> None:
    assert found(f"token {KEY}\n{KEY}\n\n{KEY} and its token") == [KEY, KEY]


@pytest.mark.parametrize("tag", ["secret", "apiKey", "ns:password", "auth-token"])
def test_the_random_words_of_an_element_are_found_if_its_tag_names_a_secret(tag: str) -> None:
    text = f"<{tag} id='1'>{{vendor AQAAABAAA {LOWER}}}</{tag}><name>{LOWER}</name>"
    assert [text[start:end] for start, end, _ in elements(text, text.lower())] == [LOWER]
    assert redact.redact(text)[0].count("[REDACTED:secret]") == 1


def test_an_element_that_names_none_has_none() -> None:
    for text in (f"<secretary>{LOWER}</secretary>", f"<secret>{LOWER}", "<secret>words and words</secret>"):
        assert list(elements(text, text.lower())) == []


@pytest.mark.parametrize("name", ["token", "Secrets", "api_key", "passwords"])
def test_whose_a_secret_is_may_stand_between_its_name_and_itself(name: str) -> None:
    assert redact.redact(f"{name}: acme {LOWER}") == (f"{name}: acme [REDACTED:secret]", 1)
    assert redact.redact(f"{name}: commit {SHA1}") == (f"{name}: commit {SHA1}", 0)
    assert redact.redact(f"{name}: acme configuration") == (f"{name}: acme configuration", 0)
