"""Edits of text: what is put in comes out again, and nothing else changes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.edit import plain_text
from ocm.edit.plain_text import BEGIN, END, EditError

if TYPE_CHECKING:
    from pathlib import Path

STORE = ".openCodeMemory"
lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)


@st.composite
def texts(draw: st.DrawFn, ends: list[str]) -> str:
    return "".join(line + draw(st.sampled_from(ends)) for line in draw(st.lists(lines))) + draw(lines)


@given(texts(["\n"]) | texts(["\r\n"]), st.text("ab\n", min_size=1))
def test_a_block_that_is_put_is_taken_exactly(text: str, body: str) -> None:
    put = plain_text.put_block(text, body)
    assert plain_text.put_block(put, body) == put
    assert plain_text.take_block(put) == text
    assert plain_text.put_block(plain_text.put_block(text, "other"), body) == put


@given(texts(["\n", "\r\n", "\r"]))
def test_a_block_in_mixed_line_ends_is_found_again(text: str) -> None:
    put = plain_text.put_block(text, "body")
    assert plain_text.put_block(put, "body") == put
    assert put.startswith(text)
    assert BEGIN not in plain_text.take_block(put)


@given(texts(["\n"]) | texts(["\r\n"]))
def test_a_line_that_is_put_is_taken_exactly(text: str) -> None:
    put = plain_text.put_ignored(text, STORE)
    assert plain_text.ignored(put, STORE) is not None
    assert plain_text.put_ignored(put, STORE) == put
    assert plain_text.take_ignored(put, STORE) == text


@given(st.binary() | st.tuples(st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]), st.binary()).map(b"".join))
def test_bytes_that_can_be_read_come_out_as_they_were(data: bytes) -> None:
    found = decoded(data)
    if found is None:
        assert data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    else:
        text, coding = found
        assert coding.encode(text) == data


def decoded(data: bytes) -> tuple[str, plain_text.Coding] | None:
    """Decode, or return nothing where the bytes are not what their mark says."""
    try:
        return plain_text.decode(data)
    except EditError:
        return None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_marked_encodings_are_understood(encoding: str) -> None:
    text, coding = plain_text.decode("漢字\n".encode(encoding))
    assert text == "漢字\n"
    assert coding.encode(text).decode(encoding) == text


def test_only_line_feeds_and_returns_end_a_line() -> None:
    assert plain_text.lines_of("a\x0bb\u2028c\rd\r\ne\n\nf") == ["a\x0bb\u2028c\r", "d\r\n", "e\n", "\n", "f"]


def test_a_sentinel_counts_on_a_line_of_its_own_only() -> None:
    text = f"see {BEGIN}\n  {BEGIN}\n`{END}`\n"
    assert plain_text.find_blocks(plain_text.lines_of(text)) == []
    assert plain_text.find_blocks(plain_text.lines_of(f"{BEGIN}  \r\n{END}\t\r\n")) == [(0, 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{STORE}\n", True),
        (f"{STORE}/\r\n", True),
        (f"/{STORE}/  \n", True),
        (f"**/{STORE}", True),
        (f"{STORE}/*\n", True),
        (f"\\{STORE}x\n", None),
        (f" {STORE}/\n", None),
        (f"#{STORE}/\n", None),
        (f"src/{STORE}/\n", None),
        (f"{STORE}/\n!{STORE}/\n", False),
        (f"!{STORE}/\n{STORE}/\n", True),
        ("", None),
    ],
)
def test_what_ignores_the_store_is_judged_as_git_judges(tmp_path: Path, text: str, expected: bool | None) -> None:
    assert plain_text.ignored(text, STORE) is expected
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_bytes(text.encode())
    (tmp_path / STORE).mkdir()
    (tmp_path / STORE / "x").touch()
    done = subprocess.run(["git", "check-ignore", "-q", f"{STORE}/x"], cwd=tmp_path, check=False)
    assert (done.returncode == 0) is (expected is True)
