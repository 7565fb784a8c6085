"""Print how the redaction does: `python -m tests.redaction [-v]`."""

import random
import statistics
import sys
import time
from collections.abc import Callable

from ocm import redact
from tests.redaction.corpus import Secret, innocents, library_lines, secrets
from tests.redaction.patterns import made
from tests.redaction.published import FORMS, GITLEAKS

KB = 1000
_ROUNDS = 15


def found_in(half: str, rule: Callable[[str], str]) -> tuple[list[Secret], list[Secret]]:
    """Return the secrets of a half, and those of them that `rule` leaves in their text."""
    every = [secret for secret in secrets() if secret.half == half]
    return every, [secret for secret in every if secret.is_left(rule(secret.text))]


def every_form(rule: Callable[[str], str]) -> tuple[int, list[str]]:
    """Return how many texts each published form makes in all of its places, and those whose secret `rule` leaves."""
    missed = []
    for number, (name, word, pattern) in enumerate(GITLEAKS):
        for place, form in enumerate(FORMS):
            secret = made(pattern, f"form {number} {place}")
            text = form.format(i=word, I=word.upper(), s=secret)
            if Secret("published", name, text, secret).is_left(rule(text)):
                missed.append(text)
    return len(GITLEAKS) * len(FORMS), missed


def eaten(lines: list[str], rule: Callable[[str], str]) -> list[str]:
    """Return the innocent lines that `rule` changes."""
    return [line for line in lines if rule(line) != line]


def filler(size: int) -> str:
    """Return text as sessions hold it: innocents with a secret among every forty lines, `size` characters long."""
    lines: list[str] = []
    planted = [secret.text for secret in secrets()]
    for number, line in enumerate(innocents()):
        lines.append(line)
        if number % 40 == 0:
            lines.append(planted[number % len(planted)])
    random.Random(1).shuffle(lines)  # noqa: S311 - the same order at every run
    text = "\n".join(lines) + "\n"
    return (text * (size // len(text) + 1))[:size]


def seconds(text: str, rounds: int) -> float:
    """Return the median time of one redaction of `text`."""
    times = []
    for _ in range(rounds):
        start = time.process_time()  # of this process alone: the machine may have other work
        redact.redact(text)
        times.append(time.process_time() - start)
    return statistics.median(times)


def _clean(text: str) -> str:
    return redact.redact(text)[0]


def main() -> None:
    """Print the figures; with `-v` also what was missed and what was eaten."""
    for half in ("published", "frozen"):
        every, missed = found_in(half, _clean)
        kinds = len({secret.kind for secret in every})
        share = 100 * (len(every) - len(missed)) / len(every)
        print(f"{half:10} {len(every)} secrets of {kinds} kinds, {len(every) - len(missed)} found ({share:.1f} %)")
        for secret in missed if "-v" in sys.argv else []:
            print(f"    missed {secret.kind}: {secret.text[:150]!r} -> {_clean(secret.text)[:150]!r}")
    of, missing = every_form(_clean)
    print(f"{'forms':10} {of} places, {of - len(missing)} found ({100 * (of - len(missing)) / of:.2f} %)")
    for name, lines in (("innocents", innocents()), ("library", library_lines())):
        wrong = eaten(lines, _clean)
        print(f"{name:10} {len(lines)} lines, {len(wrong)} redacted ({100 * len(wrong) / len(lines):.2f} %)")
        for line in wrong if "-v" in sys.argv else []:
            print(f"    eaten {line[:150]!r} -> {_clean(line)[:150]!r}")
    print(
        f"time       10 kB {1000 * seconds(filler(10 * KB), _ROUNDS):.2f} ms, 10 MB {seconds(filler(10_000 * KB), 3):.2f} s"
    )


if __name__ == "__main__":
    main()
