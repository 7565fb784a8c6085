"""The lines that hold fingerprints: keys read back as they were, and a broken line records nothing false."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.markdown import fingerprint_lines
from ocm.markdown.fingerprint_lines import pack, unit_line, units, unpack


@given(st.sets(st.integers(0, (1 << fingerprint_lines.BITS) - 1), max_size=600))
def test_keys_survive_being_written_down(keys: set[int]) -> None:
    line = unit_line("2026-03-01T12:00:00+00:00", "", 7, keys)
    (found,) = units(["other", line, "print broken"])
    assert found.keys == frozenset(sorted(keys)[: fingerprint_lines.MAX_UNIT])
    assert (found.number, found.at, found.sha, found.whole) == (0, "2026-03-01T12:00:00+00:00", "", 7)
    assert unpack(pack(keys)) == keys


@pytest.mark.parametrize("line", [
    "print", "print a b c", "print t - x ?", "print t zz 1 AAAA", "print t - 1 é", "print t - 1 A", "print  -  -", "printed x",
])  # fmt: skip
def test_a_line_that_a_person_broke_records_nothing_wrong(line: str) -> None:
    assert [(unit.sha, len(unit.keys) <= 1) for unit in units([line])] in ([], [("", True)])
