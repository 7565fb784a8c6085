"""The fact block as a value: what was written reads back, what is unknown stays, what is broken is not believed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.base.model import Session
from ocm.markdown import parse, render
from ocm.markdown.facts import COUNTS, Facts, content_line, date_line, digest, split
from ocm.markdown.fingerprint_lines import unit_line

AT = "2026-03-01T12:00:00+00:00"
_word = st.text(st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"]), min_size=1, max_size=8)
_paths = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["a b.py", "a\\n.py", "a\nb", "a\r\\", "blob x", " lead", "trail "]
)
_unknown = st.sampled_from(
    [
        "start 5",
        "blob abc x y",
        "calls",
        "eventful x y",
        "",
        "weights 1 2",
        "taken",
        "words",
        "words x",
        "words a b c",
        "asked",
        "asked  ",
    ]
)
_recorded = st.sampled_from([unit_line(AT, "", 7, {1, 2}), unit_line(AT, "a" * 40, 0, ()), date_line(AT, "**A:** b")])
values = st.builds(
    Facts,
    kept=st.lists(_unknown | _recorded, max_size=5),
    counts=st.dictionaries(st.sampled_from(COUNTS), st.integers(1, 10**9), max_size=5),
    fired=st.dictionaries(_word, st.sampled_from([AT, "a b"]), max_size=3),
    contents=st.dictionaries(_paths, st.sampled_from(["0" * 40, "f" * 64]), max_size=3),
    taken=st.dictionaries(_word, st.sampled_from(["semantic", "machine"]), max_size=3),
    asked=st.sampled_from(["", "Go on", "  asked  twice "]),
    words=st.sampled_from([("", ""), (AT, digest("It works now."))]),
)


@given(values)
def test_what_is_written_reads_back_and_is_written_the_same(facts: Facts) -> None:
    lines = facts.lines()
    assert not any("\n" in line or "\r" in line for line in lines)
    assert Facts.parse(lines) == facts
    assert Facts.parse(lines).lines() == lines


@given(st.lists(_unknown | _recorded | st.text(st.characters(exclude_characters="\n"), max_size=20), max_size=8))
def test_reading_any_lines_and_writing_them_is_stable(lines: list[str]) -> None:
    once = Facts.parse(lines).lines()
    assert Facts.parse(once).lines() == once


@given(st.permutations(["start 5", "calls 3", "blob abc x y", f"event stop {AT}", "later facts", "taken 1-1 machine"]))
def test_lines_of_another_version_stay_in_their_order(lines: list[str]) -> None:
    unknown = [line for line in lines if line in {"start 5", "blob abc x y", "later facts"}]
    facts = Facts.parse(lines)
    assert facts.kept == unknown
    assert (facts.counts, facts.fired, facts.taken) == ({"calls": 3}, {"stop": AT}, {"1-1": "machine"})


@pytest.mark.parametrize("line", ["calls many", "calls ", "calls -1", "event odd", "event ", "taken x", "taken a b c"])
def test_a_count_event_or_journal_that_a_person_broke_is_not_believed(line: str) -> None:
    assert Facts.parse([line]) == Facts()


def test_of_two_counts_the_first_readable_one_holds() -> None:
    assert Facts.parse(["calls x", "calls 2", "calls 9"]).counts == {"calls": 2}


def test_a_line_that_names_no_content_is_not_taken_for_one() -> None:
    lines = ["blob x y", "blob " + "0" * 40, "calls 3", f"blob {'0' * 39}g a"]
    assert Facts.parse(lines).contents == {}


def test_items_are_dated_by_their_digest() -> None:
    facts = Facts.parse([date_line(AT, "**A:** b"), "dated x", "dated"])
    assert facts.dates() == {digest("**A:** b"): AT}
    assert digest("a\ud800")


def test_work_and_dates_are_recorded_once_whenever_that_was() -> None:
    facts = Facts.parse([unit_line(AT, "", 7, {1}), "print"])
    later = AT.replace("12", "13")
    facts.add([unit_line(later, "", 7, {1}), unit_line(later, "", 8, {2}), date_line(later, "x")])
    assert [(unit.at, unit.whole) for unit in facts.units()] == [(AT, 7), (later, 8)]
    facts.add([date_line(AT, "x")])
    assert facts.dates() == {digest("x"): later}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_split_at_its_block_without_parsing_it(end: str) -> None:
    text = render.render(Session("S", goal="g", facts=["calls 3", content_line("a\x85b", "0" * 40)]))
    before, facts = split(text.replace("\n", end))
    assert facts == Facts.parse(parse.parse(text).facts)
    assert before.rstrip().endswith("g")
    assert not re.search("calls|```", before)


@pytest.mark.parametrize(("text", "counts"), [("", {}), ("# x", {}), ("```ocm\ncalls 1", {"calls": 1})])
def test_a_file_without_a_closed_block_is_split_too(text: str, counts: dict[str, int]) -> None:
    assert split(text)[1].counts == counts
