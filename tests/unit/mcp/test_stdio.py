"""Half a character over stdio is answered, whole ones come through as they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.base.model import HALF
from ocm.mcp import stdio


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r'{"a":"\ud800"}', {"a": HALF}),
        (r'{"a":"\uDC00x"}', {"a": HALF + "x"}),
        (r'{"a":"\ud83d\ude00"}', {"a": "\U0001f600"}),
        (r'{"a":"\\ud800"}', {"a": r"\ud800"}),
        (r'{"a":"\\\ud800"}', {"a": "\\" + HALF}),
        (r'{"a":"\ud800\ud83d\ude00"}', {"a": HALF + "\U0001f600"}),
        ('{"a":"\udced"}', {"a": HALF}),
    ],
)
def test_only_lone_surrogates_are_exchanged(line: str, expected: dict[str, str]) -> None:
    assert json.loads(stdio.without_lone_surrogates(line)) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_whole_text_is_never_touched(text: str, ascii_only: bool) -> None:
    line = json.dumps({"a": text}, ensure_ascii=ascii_only)
    assert stdio.without_lone_surrogates(line) == line


@given(st.text(st.characters()), st.booleans())
def test_every_line_can_be_encoded_afterwards(text: str, ascii_only: bool) -> None:
    line = stdio.without_lone_surrogates(json.dumps({"a": text}, ensure_ascii=ascii_only))
    line.encode()
    json.loads(line)["a"].encode()
