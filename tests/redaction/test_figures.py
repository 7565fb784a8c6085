"""The figures of the redaction hold, and the frozen half is the one that was frozen."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from ocm.redaction import redact
from tests.redaction import __main__ as figures
from tests.redaction.__main__ import KB, eaten, every_form, filler, found_in, left_of
from tests.redaction.corpus import Secret, innocents, library_lines, recorded_lines, secrets
from tests.redaction.generated import KINDS, generated
from tests.redaction.patterns import made

FROZEN_TEXTS = "28c4a4dd"


def clean(text: str) -> str:
    return redact.redact(text)[0]


@pytest.mark.parametrize("half", ["frozen", "published"])
def test_at_least_98_of_100_secrets_are_found(half: str) -> None:
    every, missed = found_in(half, clean)
    assert len(every) >= 60
    assert len(missed) <= 0.02 * len(every), [secret.text for secret in missed]


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_made_anew_are_found_in_every_place(kind: str) -> None:
    missed = left_of(kind, 400, clean, seed="another")
    assert 1 - len(missed) / 400 >= KINDS[kind][1], [secret.text for secret in missed]


def test_a_generated_secret_is_the_same_for_the_same_seed() -> None:
    for kind in KINDS:
        assert list(generated(kind, 20)) == list(generated(kind, 20))
        assert list(generated(kind, 20)) != list(generated(kind, 20, "2"))


@pytest.mark.parametrize(
    "piece",
    [
        "mysql -p",
        "mysql -pa",
        "key: ",
        "password ",
        "a@b:c@d",
        "token-a1",
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "\u200b",
        "a_",
        "cookie: a=b;",
        "login: a / b",
        "x\n",
        "=",
        "LS0tLS1CRUdJTi",
        "@",
        "&key=",
        "A1b_",
    ],
)
def test_whatever_is_repeated_the_time_grows_with_the_length(piece: str) -> None:
    import time

    def took(size: int) -> float:
        start = time.process_time()
        redact.redact(piece * (size // len(piece)))
        return time.process_time() - start

    took(1000)
    assert took(200 * KB) < 30 * max(0.01, min(took(20 * KB) for _ in range(2)))


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    every = list(secrets())
    assert len(every) >= 120
    assert len({secret.kind for secret in every}) >= 40
    assert len(innocents()) >= 400


def test_a_published_secret_is_found_wherever_its_authors_put_it() -> None:
    every, missed = every_form(clean)
    assert every > 2000
    assert len(missed) <= 0.005 * every, missed[:10]


def test_at_most_one_of_200_innocents_is_taken_for_a_secret() -> None:
    assert eaten(innocents(), clean) == []
    lines = library_lines()
    assert len(lines) > 500
    assert len(eaten(lines, clean)) <= 0.005 * len(lines)


def test_at_most_one_of_200_paths_and_hashes_of_real_trees_is_taken_for_a_secret() -> None:
    lines = recorded_lines()
    assert len(lines) >= 1000
    assert len(eaten(lines, clean)) <= 0.005 * len(lines)


def test_the_frozen_half_is_the_one_that_was_frozen() -> None:
    every = "\n".join(secret.text for secret in secrets() if secret.half == "frozen")
    assert hashlib.sha256(every.encode()).hexdigest()[:8] == FROZEN_TEXTS


def test_a_secret_of_which_half_is_left_counts_as_left() -> None:
    secret = Secret("frozen", "x", "key = abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz")
    assert secret.is_left(secret.text)
    assert secret.is_left("key = [REDACTED:secret]uvwxyz")
    assert not secret.is_left("key = [REDACTED:secret]")


def test_no_secret_of_the_corpus_is_literally_in_its_files() -> None:
    folder = Path(__file__).parent
    written = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert [secret.secret for secret in secrets() if secret.secret in written] == []


def test_a_pattern_makes_the_same_string_every_time() -> None:
    assert made("ab¦c_[A-C]{5}[x]", "seed") == made("abc_[A-C]{5}[x]", "seed")
    assert made("[a-z]{9}", "one") != made("[a-z]{9}", "two")


def test_what_was_redacted_stays_as_it_is() -> None:
    for secret in secrets():
        once = clean(secret.text)
        assert clean(once) == once


def test_the_time_grows_with_the_length() -> None:
    import time

    def took(size: int) -> float:
        text = filler(size)
        start = time.process_time()
        redact.redact(text)
        return time.process_time() - start

    small = min(took(200 * KB) for _ in range(3))
    assert took(2000 * KB) < 25 * small


def test_a_figure_that_is_missed_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(figures, "seconds", lambda *_: 60.0)
    monkeypatch.setattr(figures, "GENERATED", 20)
    monkeypatch.setattr(figures, "KINDS", {kind: (make, 0.5) for kind, (make, _) in KINDS.items()})
    monkeypatch.setattr(sys, "argv", ["redaction"])
    assert figures.main() == 1
    assert capsys.readouterr().out.count("MISSED") == 2
    monkeypatch.setattr(sys, "argv", ["redaction", "--lenient"])
    assert figures.main() == 0
    monkeypatch.setattr(figures, "_clean", lambda text: text)
    assert figures.main() == 1
    assert capsys.readouterr().out.count("MISSED") == 3 + len(KINDS), "both halves, the forms, and what is generated"
