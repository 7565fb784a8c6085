"""The width of a text is what rich makes of it: a library that terminals are measured against, and a test needs alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._unicode_data import load
from rich.cells import cell_len

from ocm.ui.cells import cells, cut_to_cells

# What this Python's Unicode does not know yet is of no width that it could say.
KNOWN = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) not in {"Cn", "Cs", "Co"}]
EMOJI = sorted(load("auto").narrow_to_wide)
CLUSTERS = ["👩‍💻", "👨‍👩‍👧", "1️⃣", "❤️", "👍🏽", "🏳️‍🌈", "🇩🇪", "한", "각", "नि", "é", "ｱ", "\uff0e", "\u200d"]
_PIECE = st.sampled_from(KNOWN) | st.sampled_from(CLUSTERS) | st.sampled_from([one + "\ufe0f" for one in EMOJI])


def test_every_character_is_as_wide_as_rich_says() -> None:
    assert [hex(ord(one)) for one in KNOWN if not one.isascii() and cells(one) != cell_len(one)] == []


@pytest.mark.parametrize("one", EMOJI)
def test_the_emoji_style_of_a_symbol_is_two_cells_wide(one: str) -> None:
    assert cells(one + "\ufe0f") == cell_len(one + "\ufe0f") == 2


@given(st.lists(_PIECE, max_size=20).map("".join))
def test_a_text_is_as_wide_as_rich_says(text: str) -> None:
    assert text.isascii() or cells(text) == cell_len(text)


@given(st.lists(_PIECE, max_size=20).map("".join), st.integers(-2, 30))
def test_what_is_cut_is_a_beginning_that_fits(text: str, room: int) -> None:
    cut = cut_to_cells(text, room)
    assert text.startswith(cut)
    assert cut == "" or sum(map(cells, cut)) <= room
