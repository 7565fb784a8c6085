"""Edits of JSON text: the value changes as asked, and every other byte stays."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.edit import json_text
from ocm.edit.plain_text import EditError

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
STRING_OR_EMPTY = re.compile(r'"(?:[^"\\]|\\.)*"|\{\}')
documents = st.dictionaries(st.text(max_size=3), values, max_size=4)
indents = st.sampled_from([None, 0, 1, 2, 4, "\t"])
apart = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return an object as some program or person may have written it."""
    space = draw(st.sampled_from(["", " ", "\n"]))
    text = json.dumps(draw(documents), indent=draw(indents), separators=draw(apart), ensure_ascii=draw(st.booleans()))
    text = STRING_OR_EMPTY.sub(lambda found: f"{{{space}}}" if found[0] == "{}" else found[0], text)
    text = draw(st.sampled_from(["", " ", "\n"])) + text + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(texts(), values, values)
def test_a_member_that_is_put_is_there_and_is_removed_without_a_trace(text: str, value: Any, other: Any) -> None:
    document = json.loads(text)
    document.pop("ours", None)
    put = json_text.put(text, ("ours", "inner"), value) if "ours" not in json.loads(text) else text
    if put is text:
        return
    assert json.loads(put) == document | {"ours": {"inner": value}}
    replaced = json_text.put(put, ("ours", "inner"), other)
    assert json.loads(replaced) == document | {"ours": {"inner": other}}
    removed = json_text.remove(replaced, ("ours",))
    assert removed == text if document else json.loads(removed) == {}


@given(texts(), st.lists(values, min_size=1, max_size=3))
def test_items_that_are_appended_come_last_and_go_one_by_one(text: str, items: list[Any]) -> None:
    if "list" in json.loads(text):
        return
    stages = [json_text.put(text, ("list",), [0])]
    for item in items:
        stages.append(json_text.append(stages[-1], ("list",), item))
    assert json.loads(stages[-1])["list"] == [0, *items]
    for before, after in reversed(list(pairwise(stages))):
        last = len(json.loads(after)["list"]) - 1
        assert json_text.remove(after, ("list", last)) == before


@given(texts(), st.randoms(use_true_random=False))
def test_any_member_can_be_removed(text: str, random: Any) -> None:
    document = json.loads(text)
    while document:
        name = random.choice(sorted(document))
        del document[name]
        text = json_text.remove(text, (name,))
        assert json.loads(text) == document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}\n", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ('{"x":1}', '{"x":1,"a":{"b":1}}'),
        ('{"x": 1}', '{"x": 1, "a": {"b": 1}}'),
        ('{"a": {}}', '{"a": {"b": 1}}'),
        ('{\n    "x": 1\n}', '{\n    "x": 1,\n    "a": {\n        "b": 1\n    }\n}'),
        ('{\r\n\t"a": {},\r\n\t"x": 1\r\n}', '{\r\n\t"a": {\r\n\t\t"b": 1\r\n\t},\r\n\t"x": 1\r\n}'),
        ('{"x": [\n 1\n]}', '{"x": [\n 1\n], "a": {"b": 1}}'),
        ('{"a": {"b": 2}, "a": {"c": 0}}', '{"a": {"b": 2}, "a": {"c": 0, "b": 1}}'),
        ('{\n"x"\n:\n1\n}', '{\n"x"\n:\n1,\n"a": {\n  "b": 1\n}\n}'),
    ],
)
def test_a_new_member_is_laid_out_like_its_neighbours(text: str, expected: str) -> None:
    assert json_text.put(text, ("a", "b"), 1) == expected


def test_the_first_of_several_members_goes_with_its_comma() -> None:
    assert json_text.remove('{\n  "a": 1,\n  "b": 2\n}', ("a",)) == '{\n  "b": 2\n}'
    assert json_text.remove('{"a": [1, 2, 3]}', ("a", 1)) == '{"a": [1, 3]}'


def test_the_line_of_a_value_is_counted_from_one() -> None:
    assert json_text.line_of('{\n "a": {\n  "b": 1}}', ("a", "b")) == 3
    assert json_text.line_of("{}", ("a",)) == 1


JSONC = """{
  // about a
  "a": 1, // beside a
  /* about
     b */
  "b": [
    1, // one
    2,
  ], // a trailing comma
}
"""


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (JSONC, '  ], // a trailing comma\n  "c": {\n    "d": 1\n  },\n}\n'),
        ('{\n  "a": 1 // beside\n}', '  "a": 1, // beside\n  "c": {\n    "d": 1\n  }\n}'),
        ('{"a": 1} // end', '{"a": 1, "c": {"d": 1}} // end'),
        ('{"a": 1 /* one */}', '{"a": 1, /* one */ "c": {"d": 1}}'),
        ('{"a": 1 // x\n}', '{"a": 1, // x\n"c": {\n  "d": 1\n}\n}'),
        ("{\n  // nothing yet\n}\n", '  // nothing yet\n  "c": {\n    "d": 1\n  }\n}\n'),
        ('{"url": "https://example.org", /* , */}', '/* , */ "c": {"d": 1},}'),
    ],
)
def test_comments_and_trailing_commas_stay_where_a_member_is_put_and_removed(text: str, added: str) -> None:
    put = json_text.put(text, ("c", "d"), 1)
    assert put.endswith(added)
    assert json_text.parse(put, comments=True) == {**as_dict(text), "c": {"d": 1}}
    assert json_text.remove(put, ("c",)) == text


def as_dict(text: str) -> dict[str, Any]:
    found = json_text.parse(text, comments=True)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (("a",), '{\n  // about a\n  // beside a\n  /* about\n     b */\n  "b": [\n'),
        (("b",), '  "a": 1, // beside a\n  /* about\n     b */ // a trailing comma\n}\n'),
        (("b", 0), '"b": [\n    // one\n    2,\n  ],'),
        (("b", 1), '"b": [\n    1, // one\n  ],'),
    ],
)
def test_removing_leaves_the_comments_about_others(path: json_text.Path, left: str) -> None:
    assert left in json_text.remove(JSONC, path)


pieces = st.sampled_from(["", " ", "\n", "// note, }\n", "/* a, b: { */", "/* two\n lines */ "])


@st.composite
def commented(draw: st.DrawFn) -> str:
    """Return an object with comments between its tokens and perhaps trailing commas."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"{}\[\]:,]+|[{}\[\]:,]', json.dumps(draw(documents)))
    text = draw(pieces)
    for number, piece in enumerate(tokens):
        if piece in "}]" and number and tokens[number - 1] not in "{[" and draw(st.booleans()):
            text += ","
        text += piece + draw(pieces)
    return text


@given(commented(), values)
def test_whatever_is_commented_a_member_is_put_and_removed_without_a_trace(text: str, value: Any) -> None:
    document = as_dict(text)
    if "ours" in document:
        return
    put = json_text.put(text, ("ours",), value)
    assert json_text.parse(put, comments=True) == document | {"ours": value}
    removed = json_text.remove(put, ("ours",))
    assert json_text.parse(removed, comments=True) == document
    if document:
        assert removed == text


@given(commented(), st.randoms(use_true_random=False))
def test_any_member_among_comments_can_be_removed(text: str, random: Any) -> None:
    document = as_dict(text)
    while document:
        name = random.choice(sorted(document))
        del document[name]
        text = json_text.remove(text, (name,))
        assert as_dict(text) == document


def test_without_comments_allowed_they_are_an_error_with_their_line() -> None:
    with pytest.raises(EditError, match="line 1 column|not valid JSON") as error:
        json_text.parse(JSONC)
    assert error.value.line == 2


@pytest.mark.parametrize(("text", "line"), [("", 1), ('{\n"a" 1}', 2), ('{"a": Infinity}', 1), ("{} {}", 1)])
def test_what_is_not_json_is_an_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(EditError) as error:
        json_text.parse(text)
    assert error.value.line == line
