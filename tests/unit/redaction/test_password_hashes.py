"""The hashes of passwords that systems store are found by their form. They are made up while the tests run."""

import pytest

from ocm.redaction import redact
from ocm.redaction.password_hashes import RULE, find
from ocm.redaction.token_patterns import may_need_redaction
from tests.redaction.patterns import made

HASHES = (
    "$2a$12$[A-Za-z0-9./]{52}7", "$2y$05$[A-Za-z0-9./]{52}7", "$1$[a-z0-9]{8}$[A-Za-z0-9]{21}7", "$6$[a-z0-9]{8}$[A-Za-z0-9./]{85}7",
    "$y$j9T$[A-Za-z0-9]{22}$[A-Za-z0-9]{42}7", "$argon2id$v=19$m=65536,t=3,p=4$[A-Za-z0-9]{22}$[A-Za-z0-9]{42}7",
    "$pbkdf2-sha256$29000$[A-Za-z0-9]{22}$[A-Za-z0-9]{42}7", "$P$B[A-Za-z0-9./]{29}7", "$apr1$[a-z0-9]{8}$[A-Za-z0-9]{21}7",
    "$krb5asrep$23$user@example.org:[0-9a-f]{32}$[0-9a-f]{100}7", "{SSHA}[A-Za-z0-9+]{31}7", "{MD5}[0-9a-f]{31}7",
    "$scrypt$ln=16,r=8,p=1$[A-Za-z0-9]{22}$[A-Za-z0-9]{42}7=",
)  # fmt: skip


@pytest.mark.parametrize("pattern", HASHES)
@pytest.mark.parametrize("place", ["{}", "bob:{}:18000:0:99999", "VALUES('bob', '{}')", 'encoded = "{}";'])
def test_the_hash_of_a_password_goes(pattern: str, place: str) -> None:
    head, _, rest = pattern.partition("[")
    value = head + made("[" + rest, pattern)
    text = place.replace("{}", value)
    assert may_need_redaction(text)
    assert redact.redact(text)[0].count("[REDACTED:") == 1
    assert value[-12:] not in redact.redact(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "$1$2$3", "s/(a)(b)/$1$2/", "costs $6$ or so", "${HOME}/file", "{SHA}", "{MD5}short", "$2a$10$invalid", "$1$a$" + "a" * 30,
        "{SHA}" + "1" * 30, "echo $1 $2 $5", "$1$//" + "a1" * 14,
    ],
)  # fmt: skip
def test_what_only_begins_like_one_stays(text: str) -> None:
    assert list(find(text, text)) == []


def test_it_is_named_as_what_it_is() -> None:
    text = "$2b$10$" + made("[A-Za-z0-9./]{52}7", "named")
    assert redact.report(text) == (f"[REDACTED:{RULE}]", {RULE: 1})
