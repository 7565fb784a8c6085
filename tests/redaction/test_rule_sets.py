"""The table of published forms is made by a script, and the script reads regular expressions rightly."""

import pytest

from ocm.redaction.published_forms import PUBLISHED, PUBLISHED_INNER
from ocm.redaction.token_patterns import INNER_TOKENS, TOKENS
from tests.redaction.rule_sets import Row, needed, rows_of, table


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b(acme_[a-z0-9]{32})\b", [Row("acme-token", "acme_", "", 0, "[a-z0-9]{32}")]),
        (r"(?i)\b(acme_[a-z0-9]{32})\b", [Row("acme-token", "acme_", "", 0, "[A-Za-z0-9]{32}")]),
        (r"(?:ab_|cd_)[A-Z]{20}", [Row("acme-token", name, "", 0, "[A-Z]{20}") for name in ("ab_", "cd_")]),
        (r"acme-\w{10,20}-[0-9]{12}", [Row("acme-token", "acme-", "", 0, "[A-Za-z0-9_-]{23,}")]),
        (r"[a-z0-9]{14}\.acmev1\.[a-z0-9]{60,}", [Row("acme-token", ".acmev1.", "[a-z0-9]", 14, "[a-z0-9]{60,}")]),
        (r"acme[\s\"']+([a-z0-9]{32})", []),
        (r"https://acme\.com/[a-z0-9]{32}", []),
        (r"pk_[a-z0-9]{32}", []),
        (r"(unclosed", []),
    ],
)
def test_a_rule_becomes_what_is_fixed_in_it_and_what_follows(pattern: str, expected: list[Row]) -> None:
    assert list(rows_of("acme", pattern)) == expected


def test_a_row_that_says_no_more_than_others_is_left_out() -> None:
    known = Row("x", *TOKENS[0][1:2], "", 0, TOKENS[0][2])
    new = [Row("acme-token", "acme_", "", 0, "[a-z0-9]{20,}"), Row("acme-token", "acme_", "", 0, "[a-z0-9]{32}")]
    assert needed([known, *new]) == new[:1]


def test_the_table_names_its_sources_and_is_python() -> None:
    made: dict[str, object] = {}
    text = table(
        [Row("a-token", "acme_", "", 0, "[a-z]{20}"), Row("b-token", ".acme.", "[0-9]", 9, "")],
        ["a/b 1234, 2026-01-01"],
    )
    exec(text, made)  # noqa: S102 - what was just made
    assert "a/b 1234, 2026-01-01" in text
    assert made["PUBLISHED"] == (("a-token", "acme_", "[a-z]{20}"),)
    assert made["PUBLISHED_INNER"] == (("b-token", ".acme.", "[0-9]", 9, ""),)


def test_the_table_repeats_nothing_of_our_own() -> None:
    own = {row[1:] for row in (*TOKENS, *INNER_TOKENS)}
    assert not own & {row[1:] for row in (*PUBLISHED, *PUBLISHED_INNER)}
    assert len(PUBLISHED) > 150
