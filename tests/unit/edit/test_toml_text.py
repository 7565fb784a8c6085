"""Edits of TOML text: the table comes and goes, and every other byte stays."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.edit import toml_text
from ocm.edit.plain_text import EditError

KEYS = ("mcp_servers", "ocm")
TABLE: dict[str, Any] = {"command": "ocm", "args": ["serve"]}

comments = st.sampled_from(["", "", "# theirs\n", "\n", "  # [mcp_servers.ocm]\n"])
heads = st.sampled_from(
    ["", "model = 'x'  # fast\n", "a = [\n  1, # one\n  [2],\n]\n", 'text = """\n[mcp_servers.ocm]\n"""\n']
)
tables = st.lists(
    st.sampled_from([
        "[tui]\nx = 1\n",
        "[mcp_servers.theirs]\ncommand = 'a'\n[mcp_servers.theirs.env]\nA = '1'\n",
        "[[list]]\nx = 1\n[[list]]\nx = 2\n",
        '[hooks.state."/a b/hooks.json:stop:0:0"]\ntrusted_hash = "sha256:1"\n',
        "[x.'y.z']\nt = 2020-01-01T00:00:00Z\n",
    ]),
    unique=True,
    max_size=4,
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return TOML as people and programs write it."""
    text = draw(comments) + draw(heads) + "".join(draw(comments) + table for table in draw(tables)) + draw(comments)
    text = text.rstrip("\n") if draw(st.booleans()) else text
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(documents())
def test_a_table_that_is_put_is_there_and_is_taken_without_a_trace(text: str) -> None:
    put = toml_text.put(text, KEYS, TABLE)
    assert put.startswith(text)
    found = tomllib.loads(put)
    assert found["mcp_servers"].pop("ocm") == TABLE
    if not found["mcp_servers"]:
        del found["mcp_servers"]
    assert found == tomllib.loads(text)
    assert toml_text.take(put, KEYS) == text
    assert toml_text.put(put, KEYS, TABLE) == put
    newline = "" if put.endswith("\n") else "\n"
    added = newline + "\n[others]\n" + "# about it\n"
    assert tomllib.loads(toml_text.take(put + added, KEYS)) == {**tomllib.loads(text), "others": {}}


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers = { theirs = { command = 'a' } } # all\n",
        "mcp_servers.theirs.command = 'a'\n# end\n",
        "[mcp_servers]\ntheirs = { command = 'a' }\n",
        "[mcp_servers]\n",
        "mcp_servers = {}\n",
        "",
    ],
)
def test_however_the_servers_are_written_the_table_comes_and_goes(text: str) -> None:
    put = toml_text.put(text, KEYS, TABLE)
    assert tomllib.loads(put)["mcp_servers"]["ocm"] == TABLE
    assert tomllib.loads(toml_text.take(put, KEYS)).get("mcp_servers", {}) == tomllib.loads(text).get("mcp_servers", {})
    assert "#" not in text or text[text.index("#") :] in put


def test_a_table_that_somebody_wrote_inline_is_taken_out_too() -> None:
    text = "mcp_servers = { ocm = { command = 'ocm' }, theirs = { command = 'a' } } # all\n"
    taken = toml_text.take(text, KEYS)
    assert tomllib.loads(taken) == {"mcp_servers": {"theirs": {"command": "a"}}}
    assert "# all" in taken


def test_a_table_is_replaced_and_what_is_below_it_goes_with_it() -> None:
    text = "[mcp_servers.ocm]\ncommand = 'old'\n\n[mcp_servers.ocm.env]\nA = '1'\n\n# about z\n[z]\nq = 1\n"
    put = toml_text.put(text, KEYS, TABLE)
    assert tomllib.loads(put) == {"z": {"q": 1}, "mcp_servers": {"ocm": TABLE}}
    assert put.lstrip("\n").startswith("# about z\n[z]\n")
    assert "# about z\n[z]\nq = 1\n" in toml_text.take(text, KEYS)


def test_names_and_values_are_written_as_toml_wants_them() -> None:
    keys = ("a b", 'c"d')
    table = {"text": 'x"\\\n', "flag": True, "list": ["a", "b"], "odd key": 1}
    assert tomllib.loads(toml_text.put("", keys, table)) == {"a b": {'c"d': table}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a =", 1),
        ("ok = 1\n[x\n", 2),
        ("a = 1\na = 2\n", 2),
        ("x = 1\n\n[[y]\n", 3),
        ("\x00", 1),
        ("a = 1979-13-40\n", 1),
    ],
)
def test_what_is_not_toml_is_an_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(EditError, match="not valid TOML") as error:
        toml_text.parse(text)
    assert error.value.line == line


@pytest.mark.parametrize("text", ["mcp_servers = 5\n", "[[mcp_servers]]\nx = 1\n", "x = 1\nmcp_servers = 'a'\n"])
def test_where_there_is_no_place_for_a_table_that_is_an_error(text: str) -> None:
    with pytest.raises(EditError, match="cannot be edited safely"):
        toml_text.put(text, KEYS, TABLE)


def test_the_line_of_a_table_is_that_of_its_header_or_of_what_is_around_it() -> None:
    text = 'a = 1\n\n[mcp_servers.other]\n[ mcp_servers . "ocm" ] # ours\n'
    assert toml_text.line_of(text, KEYS) == 4
    assert toml_text.line_of(text, ("mcp_servers", "x")) == 3
    assert toml_text.line_of(text, ("hooks",)) == 1


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 20_000, "a = 1\na = 2\n", "a = 2020-13-41\n", "[a]\n[a]\n", "= 1", "[a]\nb.c=1\n[a.b]\nd=1"]
)
def test_what_is_no_toml_is_said_to_be_none(text: str) -> None:
    with pytest.raises(EditError, match="not valid TOML"):
        toml_text.parse(text)


def test_a_value_that_is_there_already_is_replaced_and_not_written_twice() -> None:
    added = toml_text.add("[a]  # theirs\nx = 1\n\n[b]\ny = 1\n", ("a",), {"x": 2})
    assert tomllib.loads(added) == {"a": {"x": 2}, "b": {"y": 1}}
    assert "# theirs" in added
