"""Files as people leave them: lines that end in two ways, boxes ticked by hand, and remarks between the items."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest

from ocm.base.model import FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.markdown import parse, render
from tests.unit.markdown.test_parse import EXAMPLE, SESSION

FRONT = "---\nocm: 1\nsession_id: S\n---\n"


def mixed(text: str, seed: int) -> str:
    """Return a text whose lines end in two ways."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    share = rng.choice([0.05, 0.5, 0.95])
    return "".join(line + ("\r\n" if rng.random() < share else "\n") for line in text.split("\n")[:-1])


def ends(text: str) -> list[tuple[str, bool]]:
    """Return the lines of a text, and whether each ends in CRLF."""
    return [(line.removesuffix("\r"), line.endswith("\r")) for line in text.split("\n")]


@pytest.mark.parametrize("seed", range(30))
def test_lines_are_compared_without_their_end_and_each_keeps_its_own(seed: int) -> None:
    item = "two lines\n\n    code\n- and a list"
    text = mixed(render.update(EXAMPLE, replace(SESSION, decisions=[*SESSION.decisions, item])), seed)
    session = parse.parse(text)
    assert session == replace(SESSION, decisions=[*SESSION.decisions, item])
    assert "\r" not in repr(session).replace("\\\\r", "")
    assert render.update(text, session) == text
    changed = replace(session, branch="other", problems=[*session.problems, "new"], facts=[*session.facts, "calls 9"])
    result = render.update(text, changed)
    assert parse.parse(result) == changed
    kept = iter(ends(result))
    assert [line for line in ends(text) if line[0] and not line[0].startswith("branch:") and line not in kept] == []


@pytest.mark.parametrize(
    ("heading", "box", "done"),
    [(*pair, pair[1].lower() == "[x] " or (not pair[1] and pair[0] == "Work Completed"))
     for pair in product(["Work Completed", "Work To Be Completed", "Later", ""], ["[x] ", "[X] ", "[ ] ", ""])
     if pair[1] or pair[0].startswith("Work")],
)  # fmt: skip
def test_the_box_of_a_to_do_decides_whatever_it_stands_below(heading: str, box: str, *, done: bool) -> None:
    text = FRONT + "\n## Todos\n\n" + (f"### {heading}\n\n" if heading else "") + f"- {box}tune it\n"
    session = parse.parse(text)
    assert (session.work_completed, session.work_pending) == ((["tune it"], []) if done else ([], ["tune it"]))
    for changed in (
        replace(session, work_completed=[*session.work_completed, "more"]),
        replace(session, work_pending=[*session.work_pending, "more"]),
        replace(session, work_pending=[], work_completed=["tune it"]),
        replace(session, work_pending=["tune it"], work_completed=[]),
        replace(session, work_pending=[], work_completed=[]),
    ):
        assert parse.parse(render.update(text, changed)) == changed


def test_a_list_that_is_empty_now_leaves_no_heading_wherever_its_items_stood() -> None:
    text = FRONT + "\n## Todos\n\n### Work To Be Completed\n\n- [x] a\n"
    session = parse.parse(text)
    assert render.update(text, replace(session, work_completed=[])) == FRONT


REMARKS = {
    "paragraph": "A paragraph of marker words.",
    "quote": "> a quote of marker words",
    "table": "| a | table |\n| --- | --- |\n| of marker | words |",
    "code": "```sh\nmake marker words\n```",
    "remark": "<!-- a remark of marker words -->",
    "heading": "### A heading of marker words",
    "underlined": "#### Deeper of marker words\n\nAnd below.",
}
ITEMS = Session(
    "S", goal="g", work_completed=["item-a"], work_pending=["item-b"], decisions=["item-c"], problems=["item-d"],
    files=[FileChange("item-e", "created")], diff_summary="1 file", work=[WorkEntry("2026-03-03 10:00", ["item-f"])],
    plan_files=[PlanFile("p.md", "plan")], references=[Reference("https://e.org", "ref")], last_words="w",
)  # fmt: skip


@pytest.mark.parametrize("remark", REMARKS.values(), ids=list(REMARKS))
@pytest.mark.parametrize("section", [name for name in parse.ORDER if name not in {"Goal", "Last Words"}])
def test_what_a_person_writes_between_the_items_of_a_section_is_among_the_notes(section: str, remark: str) -> None:
    whole = render.render(ITEMS)
    at = whole.index(f"## {section}\n") + len(f"## {section}\n")
    text = f"{whole[:at]}\n{remark}\n{whole[at:]}"
    session = parse.parse(text)
    if (section, remark[:3]) not in {("Work Done", "###"), ("Plan Files", "| a")}:  # which are what a person made them
        assert remark in session.notes
    assert session.decisions == ["item-c"]
    for item in ("item-", "p.md", "2026-03-03", "1 file", "ref", "plan"):
        assert item not in session.notes
    changed = replace(session, decisions=["item-c", "more"])
    assert remark in render.update(text, changed)


@pytest.mark.parametrize("section", ["Todos", "Files Touched"])
def test_items_below_a_heading_that_says_nothing_are_among_the_notes(section: str) -> None:
    assert parse.parse(FRONT + f"\n## {section}\n\n### Ideas\n\n- mine\n").notes == "### Ideas\n\n- mine"


def test_the_table_of_plans_is_no_note_and_a_list_of_them_is() -> None:
    text = render.render(ITEMS) + "\n## Plan Files\n\n- docs/other.md\n"
    assert parse.parse(text).notes == "- docs/other.md"
    assert parse.parse(render.render(ITEMS)).notes == ""
