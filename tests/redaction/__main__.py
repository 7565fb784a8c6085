"""Print how the redaction does: `python -m tests.redaction [-v] [--lenient]`; it exits 1 when a figure is missed.

On a machine that does other work `--lenient` shows the times and judges only the rest.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable

from ocm.redaction import redact
from tests.redaction.corpus import Secret, innocents, library_lines, recorded_lines, secrets
from tests.redaction.generated import KINDS, generated
from tests.redaction.patterns import made
from tests.redaction.published import FORMS, GITLEAKS

KB = 1000
LEAST_FOUND, MOST_EATEN = 0.98, 0.005
GENERATED = 1000
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


def left_of(kind: str, count: int, rule: Callable[[str], str], seed: str = "1") -> list[Secret]:
    """Return those of so many generated secrets of a kind that `rule` leaves in their text."""
    return [secret for secret in generated(kind, count, seed) if secret.is_left(rule(secret.text))]


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


class Table:
    """The figures, a line each with what it must reach; it remembers what was missed."""

    def __init__(self) -> None:
        """Begin with none."""
        self.missed: list[str] = []

    def line(self, name: str, said: str, must: str, *, reached: bool) -> None:
        """Print one figure."""
        self.missed += [] if reached else [name]
        print(f"{name:14}{said:44}{must}{'' if reached else '   MISSED'}")


def print_found(table: Table, *, verbose: bool) -> None:
    """Print how many secrets are found: of both halves, and of every published form in all of its places."""
    for half in ("published", "frozen"):
        every, missed = found_in(half, _clean)
        kinds, share = len({secret.kind for secret in every}), (len(every) - len(missed)) / len(every)
        said = f"{len(every)} secrets of {kinds} kinds, {100 * share:.1f} % found"
        table.line(half, said, f"at least {100 * LEAST_FOUND:.0f} %", reached=share >= LEAST_FOUND)
        for secret in missed if verbose else []:
            print(f"    missed {secret.kind}: {secret.text[:150]!r} -> {_clean(secret.text)[:150]!r}")
    of, missing = every_form(_clean)
    share = (of - len(missing)) / of
    said = f"{of} places, {100 * share:.2f} % found"
    table.line("forms", said, f"at least {100 * LEAST_FOUND:.0f} %", reached=share >= LEAST_FOUND)


def print_generated(table: Table, *, verbose: bool) -> None:
    """Print how many secrets are found that were made anew, of each kind in all of its places."""
    for kind, (_, least) in KINDS.items():
        missed = left_of(kind, GENERATED, _clean)
        share = 1 - len(missed) / GENERATED
        table.line(
            kind,
            f"{GENERATED} generated, {100 * share:.1f} % found",
            f"at least {100 * least:.0f} %",
            reached=share >= least,
        )
        for secret in missed if verbose else []:
            print(f"    missed {secret.kind}: {secret.text[:150]!r} -> {_clean(secret.text)[:150]!r}")


def print_eaten(table: Table, *, verbose: bool) -> None:
    """Print how many innocent lines are taken for secrets."""
    for name, lines in (("innocents", innocents()), ("trees", recorded_lines()), ("library", library_lines())):
        wrong = eaten(lines, _clean)
        share = len(wrong) / len(lines)
        said = f"{len(lines)} lines, {len(wrong)} redacted ({100 * share:.2f} %)"
        table.line(name, said, f"at most {100 * MOST_EATEN:.1f} %", reached=share <= MOST_EATEN)
        for line in wrong if verbose else []:
            print(f"    eaten {line[:150]!r} -> {_clean(line)[:150]!r}")


def print_times(table: Table, *, lenient: bool) -> None:
    """Print how long a text takes, of a checkpoint's size and of a large store's."""
    for name, size, rounds, most in (
        ("time of 10 kB", 10 * KB, _ROUNDS, 0.002),
        ("time of 10 MB", 10_000 * KB, 3, 1.5),
    ):
        took = seconds(filler(size), rounds)
        must = f"at most {1000 * most:.0f} ms{' on a quiet machine' if lenient else ''}"
        table.line(name, f"{1000 * took:.2f} ms", must, reached=lenient or took <= most)


def main() -> int:
    """Print the figures; with `-v` also what was missed and what was eaten. Returns 1 when a figure is missed."""
    table, verbose = Table(), "-v" in sys.argv
    print_found(table, verbose=verbose)
    print_generated(table, verbose=verbose)
    print_eaten(table, verbose=verbose)
    print_times(table, lenient="--lenient" in sys.argv)
    return int(bool(table.missed))


if __name__ == "__main__":
    sys.exit(main())
