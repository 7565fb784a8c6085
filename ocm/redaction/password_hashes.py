"""Hashes of passwords as systems store them: whoever has one may try until a password fits. Pure: text → spans."""

import re
from collections.abc import Iterator

from ocm.base.late_patterns import late

RULE = "password-hash"
# `$2b$12$…`, `$argon2id$v=19$…`, `$krb5asrep$23$user@DOMAIN:…`: a scheme, what it was told, the salt and the hash.
_CRYPT = late(
    r"\$(?:\d[a-z]?|y|gy|P|H|apr1|md5|sha\d{0,3}|argon2[a-z]{0,2}|pbkdf2[\w-]{0,20}|scrypt|bcrypt[\w-]{0,10}|"
    r"krb5[a-z]{2,8})\$(?:[^\s$\"'`<>]{1,80}\$){0,4}(?P<hash>[A-Za-z0-9./+]{20,4000})={0,2}(?![\w./+])",
    re.ASCII,
)
# `{SSHA}…`, as directories store them
_NAMED = late(
    r"\{(?:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2[\w-]{0,12})\}(?P<hash>[A-Za-z0-9./+$]{22,400})={0,2}(?![\w./+])", re.ASCII
)


def find(text: str, _: str) -> Iterator[tuple[int, int, str]]:
    """Find the hashes of passwords."""
    for mark, pattern in (("$", _CRYPT), ("}", _NAMED)):
        for match in pattern.finditer(text) if mark in text else ():
            if _is_made(match["hash"]):
                yield *match.span(), RULE


def _is_made(letters: str) -> bool:
    """Return whether letters are as mixed as a hash is."""
    return any(map(str.isdigit, letters)) and any(map(str.isalpha, letters)) and "//" not in letters
