"""Examples of other rule sets are counted as what they are, and nothing of the half that nobody looks at is shown."""

import sys
from pathlib import Path

import pytest
import yaml

from tests.redaction import unseen
from tests.redaction.patterns import made
from tests.redaction.unseen import (
    NO_SECRET,
    NOT_REAL,
    SECRET,
    SEEN,
    UNSEEN,
    VENDOR,
    Example,
    examples,
    figures,
    secret_of,
)

KEY = made("[a-z][A-Z][0-9][A-Za-z0-9]{29}", "unseen")
HEX = made("[b-d]7[0-9a-f]{30}", "unseen")


@pytest.mark.parametrize(
    ("rule", "text", "secret", "kind"),
    [
        ("Acme Key", f"acme_token = {KEY}", KEY, SECRET),
        ("Acme Key", f"acme {HEX}", HEX, VENDOR),
        ("Acme Key", f"acme_live_{HEX}", f"acme_live_{HEX}", SECRET),
        ("Acme Client ID", f"acme_id = {KEY}", KEY, NO_SECRET),
        ("Acme Client ID and Secret", f"acme_secret = {KEY}", KEY, SECRET),
        ("Acme Key", "acme_key = your-key-here-7", "your-key-here-7", NOT_REAL),
        ("Acme Key", "acme_key = abcd7e9f0b1c3d5f", "abcd7e9f0b1c3d5f", NOT_REAL),
        ("Acme Key", "acme_key = application", "application", NOT_REAL),
        ("Acme Key", "acme_key = aaaaaaaa1", "aaaaaaaa1", NOT_REAL),
    ],
)
def test_an_example_is_counted_as_what_it_is(rule: str, text: str, secret: str, kind: str) -> None:
    assert Example(SEEN, rule, text, secret).kind == kind


def test_a_rule_says_what_in_its_example_is_the_secret() -> None:
    assert secret_of("(?xi) acme_ (\\w+) : (\\w+)", "acme_me:word") == "word"
    assert secret_of("acme\\w+", "an acme_one") == "acme_one"
    assert secret_of("(\\S+://\\S+)", "mongodb://me:word@host/x") == "word"
    assert secret_of("(unclosed", f"key: {KEY}") == KEY
    assert secret_of("nothing", "short") == "short"


def test_only_one_half_is_ever_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = [
        {
            "id": str(number),
            "name": "Acme",
            "pattern": "acme (\\w+)",
            "examples": [f"acme {made('[0-9a-f]{32}', str(number))}"],
        }
        for number in range(40)
    ]
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"rules": [*rules, {**rules[0], "visible": False}]}), encoding="utf-8"
    )
    (tmp_path / "other.yml").write_text("- 1\n", encoding="utf-8")
    every = list(examples(tmp_path))
    assert len(every) == 40
    monkeypatch.setattr(sys, "argv", ["unseen", str(tmp_path), "-v"])
    unseen.main()
    said = capsys.readouterr().out
    for example in every:
        assert (example.secret in said) is (example.half == SEEN)
    assert {example.half for example in every} == {SEEN, UNSEEN}


def test_the_figure_is_the_share_that_is_found() -> None:
    found = Example(UNSEEN, "Acme", f"token = {KEY}", KEY)
    missed = Example(UNSEEN, "Acme", f"acme_live.{HEX} of a monkey", f"acme_live.{HEX}")
    assert [found.is_missed, missed.is_missed] == [False, True]
    assert list(figures([found, missed]))[1].startswith("unseen  2 examples that look real, 0.500 found")
