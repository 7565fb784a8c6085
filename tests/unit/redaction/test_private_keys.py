import base64

import pytest

from ocm.redaction import private_keys, redact

BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
LINES = [f"{number}MIIEpAIBAAKCAQEA7bq9Zk3Xy1Lw0Qe8TnV5rS2uA6mH4cD9fG7jK1pW3zB5" for number in range(4)]
KEY = "\n".join([BEGIN, *LINES, END])


def clean(text: str) -> str:
    return redact.redact(text)[0]


@pytest.mark.parametrize("prefix", ["{:6}\t", "{} | ", "12:00:{:02} INFO ", "> ", "+ "])
def test_what_stands_before_its_lines_keeps_no_key(prefix: str) -> None:
    text = "\n".join(prefix.format(number) + line for number, line in enumerate(KEY.split("\n"), 1))
    assert not any(line[5:40] in clean(f"before\n{text}\nafter") for line in LINES)
    assert clean(f"before\n{text}\nafter").startswith("before\n")
    assert clean(f"before\n{text}\nafter").endswith("\nafter")


def test_a_key_that_is_cut_off_goes_as_far_as_it_is_there() -> None:
    at_the_end = "\n".join([BEGIN, *LINES]) + "\nand then some prose that says no more"
    assert clean(at_the_end) == "[REDACTED:private-key]\nand then some prose that says no more"
    numbered = "\n".join(f"{number} | {line}" for number, line in enumerate([BEGIN, *LINES], 1))
    assert not any(line[5:40] in clean(numbered) for line in LINES)
    at_the_front = "some prose\n" + "\n".join([*LINES[1:], END])
    assert clean(at_the_front).startswith("some prose")
    assert not any(line[5:40] in clean(at_the_front) for line in LINES)


def test_a_mark_alone_is_no_key() -> None:
    for text in (f"it begins with {BEGIN} and ends with {END}", END, f"a\n{END}", f"see {BEGIN}"):
        assert clean(text) == text


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_key_in_base64_goes_wherever_it_begins(before: str) -> None:
    encoded = base64.b64encode(f"{before}{KEY}\n".encode()).decode()
    assert clean(f"client-key-data: {encoded} ") == "client-key-data: [REDACTED:private-key] "
    wrapped = "\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    assert "[REDACTED:private-key]" in clean(f"data:\n{wrapped}\n")


def test_a_certificate_in_base64_stays() -> None:
    text = base64.b64encode(KEY.replace("RSA PRIVATE KEY", "CERTIFICATE").encode()).decode()
    assert list(private_keys.find(text)) == []


def test_the_private_part_of_a_jwk_goes() -> None:
    value = "nGx4_h0Zq-3vY7kLw9Tb2Rm6Xc5Vd8Ps1Qf0Jt4Ua"
    assert value not in clean(f'{{"kty":"EC","crv":"P-256","d":"{value}"}}')
    assert value in clean(f'{{"x":"{value}"}}')
    assert list(private_keys.find(f'"d": "{value}" and crvless')) == [(6, 47, "private-key")]


def test_a_number_of_that_name_far_from_any_jwk_stays() -> None:
    text = '"d": "nGx4_h0Zq-3vY7kLw9Tb2Rm6Xc5Vd8Ps1Qf0Jt4Ua"' + " " * 3_000 + "about kty"
    assert list(private_keys.find(text)) == []


def test_a_key_that_nothing_closes_ends_before_a_long_line_of_prose() -> None:
    prose = "and here follows a long line of plain words, which is no part of any key."
    assert clean("\n".join([BEGIN, *LINES, prose])) == f"[REDACTED:private-key]\n{prose}"


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n\n\n"])
def test_a_key_that_is_encoded_together_with_its_certificate_goes_with_it(gap: str) -> None:
    certificate = KEY.replace("RSA PRIVATE KEY", "CERTIFICATE")
    encoded = base64.b64encode(f"{KEY}{gap}{certificate}\n".encode()).decode()
    assert clean(f"data: {encoded} ") == "data: [REDACTED:private-key] "
