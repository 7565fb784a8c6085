"""Print how the redaction does on the examples of a rule set that no rule is made from.

`python -m tests.redaction.unseen FOLDER [-v]` reads every `*.yml` below a checkout, of mongodb/kingfisher for one. Half of the
rules, by a hash of their name, may be looked at: `-v` names what is missed in it. Of the other half nothing is ever printed
but the figure. Counted are examples that look real; those whose rule finds no secret, and those that nothing tells from
any other number but the word of a vendor beside it, are counted apart.
"""

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml

from ocm.redaction import redact
from ocm.redaction.names import MARKER
from ocm.redaction.randomness import is_unpronounceable
from ocm.redaction.token_patterns import LOOSE, NAMES
from tests.redaction.corpus import Secret

SEEN, UNSEEN = "seen", "unseen"
SECRET, VENDOR, NO_SECRET, NOT_REAL = "secrets", "told by a vendor's word alone", "no secret", "not real"
_FEWEST_SIGNS, _ROW = 8, 4
_NOT_A_SECRET = re.compile(
    r"\b(?:S?ID|User(?:name)?|Public|Recipient|URL|Domain|Host(?:name)?|Endpoint)\b", re.IGNORECASE
)
_A_SECRET = re.compile(r"secret|credential|password|private", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"example|xxxx|your[_-]?|some_|dummy|fake|sample|changeme", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^:/@\s]*:([^@\s]+)@")
_BARE = re.compile(r"[A-Za-z0-9]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BEGINNING = re.compile(r"[A-Za-z][A-Za-z0-9]{1,12}[_.-]|[A-Z]{4}")


class Example(NamedTuple):
    """One example of a rule: in which half the rule is, what the rule is called, the text, and the secret in it."""

    half: str
    rule: str
    text: str
    secret: str

    @property
    def kind(self) -> str:
        """Return what it counts as."""
        if _NOT_A_SECRET.search(self.rule) and not _A_SECRET.search(self.rule):
            return NO_SECRET
        if not _looks_real(self.secret):
            return NOT_REAL
        rest = self.text.lower().replace(self.secret.lower(), "")
        is_bare = _BARE.fullmatch(self.secret) and not _BEGINNING.match(self.secret)
        return VENDOR if is_bare and not any(name in rest for name in (*NAMES, *LOOSE)) else SECRET

    @property
    def is_missed(self) -> bool:
        """Return whether the redaction leaves it, or half of it, in its text."""
        left = MARKER.sub(" ", redact.redact(self.text)[0])
        return Secret(self.half, self.rule, self.text, self.secret).is_left(left)


def examples(folder: Path) -> Iterator[Example]:
    """Return the examples of every rule below a folder."""
    for path in sorted(folder.rglob("*.yml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in found.get("rules") or () if isinstance(found, dict) else ():
            half = (SEEN, UNSEEN)[int(hashlib.sha256(rule["id"].encode()).hexdigest(), 16) % 2]
            shown = rule.get("examples") or () if rule.get("visible", True) else ()
            yield from (Example(half, rule["name"], str(text), secret_of(rule["pattern"], str(text))) for text in shown)


def secret_of(pattern: str, text: str) -> str:
    """Return what a rule finds in a text, the last of its parts; of an address the password in it."""
    try:
        match = re.search(
            re.sub(r"\(\?[a-z]+\)", "", pattern), text, re.IGNORECASE | re.VERBOSE | re.DOTALL | re.MULTILINE
        )
    except re.error:  # of a dialect that is not Python's
        match = None
    if match is None:
        return max(re.findall(r"[\w+/=.~-]{12,}", text), key=len, default=text)
    found = [part for part in match.groups() if part] or [match[0]]
    in_url = _PASSWORD_IN_URL.search(found[-1])
    return in_url[1] if in_url else found[-1]


def _looks_real(secret: str) -> bool:
    """Return whether somebody may have been given that: no placeholder, no row of the alphabet, no word."""
    steps = "".join("+" if ord(second) - ord(first) == 1 else "." for first, second in pairwise(secret))
    if len(set(secret)) < _FEWEST_SIGNS or _PLACEHOLDER.search(secret) or "+" * (_ROW - 1) in steps:
        return False
    return any(map(str.isdigit, secret)) or any(map(is_unpronounceable, re.findall("[A-Za-z]+", secret)))


def figures(every: list[Example]) -> Iterator[str]:
    """Return a line for each half: how much of it is found, and how many examples are counted apart."""
    for half in (SEEN, UNSEEN):
        kinds = Counter(example.kind for example in every if example.half == half)
        missed = sum(example.is_missed for example in every if (example.half, example.kind) == (half, SECRET))
        apart = ", ".join(f"{kinds[kind]} {kind}" for kind in (VENDOR, NO_SECRET, NOT_REAL))
        yield f"{half:8}{kinds[SECRET]} examples that look real, {1 - missed / max(1, kinds[SECRET]):.3f} found; apart {apart}"


def main() -> None:
    """Print the figures, and with `-v` what is missed of the half that may be looked at."""
    every = list(examples(Path(sys.argv[1])))
    print("\n".join(figures(every)))
    for example in every if "-v" in sys.argv else ():
        if example.half == SEEN and example.kind in {SECRET, VENDOR} and example.is_missed:
            print(f"    {example.kind}: {example.rule}: {example.secret!r} in {example.text[:150]!r}")


if __name__ == "__main__":
    main()
