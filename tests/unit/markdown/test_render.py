"""Writing a session file: a change touches the lines that say it, and what a person wrote comes out as it went in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ocm.base.errors import UnreadableSessionError
from ocm.base.model import FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.markdown import parse, render, session_file
from tests.unit.markdown.test_parse import EXAMPLE, REFERENCE, REFERENCE_STUB, SESSION

FRONT = "---\nocm: 1\nsession_id: S\n---\n"


def changed(text: str, **values: Any) -> str:
    """Return `text` after its session got other values."""
    new = replace(parse.parse(text), **values)
    result = render.update(text, new)
    assert parse.parse(result) == new
    assert render.update(result, new) == result
    return result


def below(text: str, **values: Any) -> str:
    """Return what a body becomes, without its front matter."""
    return changed(FRONT + text, **values).split("---\n", 2)[2]


def test_a_new_file_is_the_example_of_the_format() -> None:
    assert render.render(SESSION) + "\n## Notes\n\nFree text of a person; never touched.\n" == EXAMPLE


def test_a_session_without_anything_is_front_matter_alone() -> None:
    text = render.render(Session("S"))
    assert text.endswith("tags: []\n---\n")
    assert "ended_at: null\ngit_sha_start: null\n" in text


def test_writing_what_is_there_changes_nothing() -> None:
    for text in (EXAMPLE, EXAMPLE.replace("\n", "\r\n"), "\ufeff" + EXAMPLE, EXAMPLE.rstrip("\n")):
        assert render.update(text, parse.parse(text)) == text


def test_items_go_below_the_last_one_of_their_section() -> None:
    assert below("\n## Problems\n\n* a\n+ b\n\nwords\n", problems=["a", "b", "c"]) == (
        "\n## Problems\n\n* a\n+ b\n- c\n\nwords\n"
    )


def test_an_item_takes_no_indented_words_below_it_for_its_own() -> None:
    assert below("\n## Problems\n\n1) a\n\n\n  words\n", problems=["a", "b"]) == (
        "\n## Problems\n\n1) a\n\n\n  words\n\n- b\n"
    )
    work = [WorkEntry("", ["a", "b"])]
    assert below("\n## Work Done\n\n1) a\n\n\n  words\n", work=work).endswith("\n\n  words\n\n- b\n")


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("1) a\n\n\n  words\n\n  more\n", ["a", "x"], "1) a\n\n\n  words\n\n  more\n\n- x\n"),
        ("1) a\n  - b\n", ["a", "x", "b"], "1) a\n  - x\n  - b\n"),
        ("  - a\n  - b\n", ["x", "b"], "  - x\n  - b\n"),
        (
            "  - a\n  + b\n\nwords\n",
            ["a", "x\nand\n\nmore", "b"],
            "  - a\n  - x\n    and\n\n    more\n  + b\n\nwords\n",
        ),
        ("1) a\n\n\n  words\n  - b\n", ["a", "x", "b"], "1) a\n\n\n  words\n\n  - x\n  - b\n"),
        ("1) a\n  2) b\n", ["a", "x", "b"], "1) a\n  - x\n  2) b\n"),
        ("- a\n\n ## Mine\n\n  - b\n", ["a", "x"], "- a\n- x\n\n ## Mine\n\n  - b\n"),
    ],
)
def test_an_item_before_one_that_stands_further_in_does_not_take_it_for_its_own(
    before: str, new: list[str], after: str
) -> None:
    assert below(f"\n## Problems\n\n{before}", problems=new) == f"\n## Problems\n\n{after}"


def test_items_of_a_section_that_is_there_twice_go_to_its_end() -> None:
    text = "\n## Problems\n\n- a\n\n## Mine\n\n## Problems\n\n- b\n"
    assert below(text, problems=["a", "b", "c"]) == text + "- c\n"


def test_a_section_without_items_gets_the_first_one_behind_its_words() -> None:
    assert below("\n## Problems\n\nwords\n\n## Mine\n", problems=["a"]) == "\n## Problems\n\nwords\n\n- a\n\n## Mine\n"


def test_an_item_keeps_its_shape() -> None:
    item = "code:\n```\n## x\n```\n\n- nested\n  - deeper"
    assert "- code:\n  ```\n  ## x\n  ```\n\n  - nested\n    - deeper\n" in below("", problems=[item])


@pytest.mark.parametrize(
    "text", ["---", "- - -", "-- -", "\\---", "[x] a", "# a", "", "*", "1. a", "a\n---", "   lead"]
)
def test_no_text_is_anything_but_one_item(text: str) -> None:
    wanted = [item for item in (text.strip(), "next") if item]
    assert parse.parse(FRONT + below("", problems=wanted)).problems == wanted


def test_new_sections_stand_in_their_order_and_what_a_person_added_stays_with_its_neighbour() -> None:
    text = "\nintro\n\n## Mine\n\n## Problems\n\n- a\n\n## Ours\n"
    result = below(text, goal="g", decisions=["d"], references=[Reference("u")], facts=["f"])
    headings = [line for line in result.split("\n") if line.startswith(("#", "`", "intro"))]
    assert headings == [
        "intro",
        "## Mine",
        "## Goal",
        "## Architecture Decisions",
        "## Problems",
        "## Ours",
        "## References",
        "```ocm",
        "```",
    ]


@pytest.mark.parametrize("words", ["Done.", "## Next\n\n- docs\n\n```\nopen", "---", "a\n---", "<!-- open", "- [ ] a"])
def test_last_words_are_text_whatever_they_look_like_and_are_replaced_whole(words: str) -> None:
    first = below("", last_words=words, problems=["p"], facts=["f"])
    assert first.index("## Problems") < first.index("## Last Words") < first.index("```ocm")
    assert parse.parse(FRONT + first).last_words == words
    second = changed(FRONT + first, last_words="Later.")
    assert "\n\n## Last Words\n\nLater.\n\n```ocm\n" in second
    assert "## Last Words" not in changed(second, last_words="")


def test_a_section_that_says_nothing_any_more_goes_and_one_with_words_stays() -> None:
    assert below("\n## Todos\n\n### Work To Be Completed\n\n- [ ] a\n", work_pending=[]) == ""
    text = "\n## Todos\n\n### Work To Be Completed\n\n- [ ] a\n\nwords\n"
    assert below(text, work_pending=[]) == "\n## Todos\n\n### Work To Be Completed\n\n\nwords\n"


def test_a_list_that_says_nothing_any_more_goes() -> None:
    assert below("\n## Problems\n\n- a\n\n## Mine\n", problems=[]) == "\n## Mine\n"


def test_a_line_of_a_person_among_the_references_stays() -> None:
    references = [Reference("", "plain"), Reference("u", "t"), Reference("", "new")]
    assert below("\n## References\n\n- plain\n- [t](u)\n", references=references) == (
        "\n## References\n\n- plain\n- [t](u)\n- new\n"
    )


def test_an_item_that_moves_leaves_the_others_as_they_were() -> None:
    text = "\n## Todos\n\n### Work To Be Completed\n\n* [ ] a\n* b\n  more\n* [ ] c\n"
    assert below(text, work_completed=["a"], work_pending=["b\nmore", "c", "d"]) == (
        "\n## Todos\n\n### Work Completed\n\n- [x] a\n\n### Work To Be Completed\n\n* b\n  more\n* [ ] c\n- [ ] d\n"
    )


def test_groups_of_files_stand_in_their_order() -> None:
    text = "\n## Files Touched\n\n### Modified\n\n- `m`\n"
    files = [FileChange("c", "created"), FileChange("m", "modified"), FileChange("n", "renamed", "o")]
    assert below(text, files=files) == (
        "\n## Files Touched\n\n### Created\n\n- `c`\n\n### Modified\n\n- `m`\n\n### Renamed\n\n- `o` → `n`\n"
    )


# --- headings


@pytest.mark.parametrize(
    ("heading", "style"), [("Goal\n----", "setext"), ("## GOAL ##", "closed"), ("##   goal", "spaces")]
)
@pytest.mark.parametrize("content", ["", "\nold\n", "old\n", "\n\nold\n\n\n"])
def test_a_goal_is_replaced_below_any_heading(heading: str, style: str, content: str) -> None:
    result = below(f"\n{heading}\n{content}\n## Mine\n", goal="new")
    assert heading in result, style
    assert "old" not in result
    assert [line for line in result.split("\n") if line][-2:] == ["new", "## Mine"]


@pytest.mark.parametrize(
    ("goal", "fence"), [("## a", "```"), ("```\nopen", "````"), ("a\n---", "```"), ("<!-- open", "```")]
)
def test_a_goal_that_would_be_more_than_a_goal_lies_in_a_fence(goal: str, fence: str) -> None:
    assert below("", goal=goal) == f"\n## Goal\n\n{fence}text\n{goal}\n{fence}\n"


def test_the_first_goal_is_the_one() -> None:
    text = "\n## Goal\n\none\n\n## Goal\n\ntwo\n"
    assert below(text, goal="new") == text.replace("one", "new")
    assert below(text.replace("one\n\n", ""), goal="new") == text.replace("one", "new")


def test_the_title_is_the_heading_unless_a_person_chose_another() -> None:
    assert below("", title="T") == "\n# T\n"
    assert below("\nintro\n\n## Mine\n", title="T") == "\nintro\n\n# T\n\n## Mine\n"
    assert changed("---\nocm: 1\nsession_id: S\ntitle: Old\n---\n\n# Old\n", title="New").endswith("\n# New\n")
    assert changed("---\nocm: 1\nsession_id: S\ntitle: Old\n---\n\n# My own\n", title="New").endswith("\n# My own\n")
    assert (
        changed("---\nocm: 1\nsession_id: S\ntitle: Old\n---\n", title="")
        == '---\nocm: 1\nsession_id: S\ntitle: ""\n---\n'
    )
    assert "# Old" not in changed("---\nocm: 1\nsession_id: S\ntitle: Old\n---\n\n# Old\n", title="")


# --- the diff summary


def test_words_beside_the_diff_summary_stay() -> None:
    text = "\n## Git Diff Summary\n\nmine\n\n    old\n     lines\n\nmine too\n"
    assert below(text, diff_summary="new") == "\n## Git Diff Summary\n\nmine\n\n    new\n\nmine too\n"
    assert below(text, diff_summary="") == "\n## Git Diff Summary\n\nmine\n\n\nmine too\n"


def test_a_diff_summary_that_a_person_took_out_comes_again() -> None:
    assert below("\n## Git Diff Summary\n\nmine\n", diff_summary="new") == "\n## Git Diff Summary\n\n    new\n\nmine\n"
    assert below("\n## Git Diff Summary\n", diff_summary="new") == "\n## Git Diff Summary\n\n    new\n"
    assert below("\n## Git Diff Summary\n\n    old\n", diff_summary="") == ""


@pytest.mark.parametrize("mine", ["- outer\n  - inner\n\n    deep", "```\n    code\n```", "text\n    that goes on"])
def test_indented_lines_of_a_list_or_a_fence_are_no_diff_summary(mine: str) -> None:
    text = f"\n## Git Diff Summary\n\n{mine}\n"
    assert parse.parse(FRONT + text).diff_summary == ""
    added = below(text, diff_summary="new")
    assert added == f"\n## Git Diff Summary\n\n    new\n\n{mine}\n"
    assert below(added, diff_summary="") == f"\n## Git Diff Summary\n\n\n{mine}\n"


# --- the work done


WORK = "\n## Work Done\n\n### one\n\n- a\n\nmine\n"


def test_work_goes_on_in_the_last_entry_or_in_a_new_one() -> None:
    assert below(WORK, work=[WorkEntry("one", ["a", "b"])]) == WORK.replace("- a\n", "- a\n- b\n")
    assert below(WORK, work=[WorkEntry("one", ["a"]), WorkEntry("two", ["b"])]) == WORK + "\n### two\n\n- b\n"
    assert below("", work=[WorkEntry("", ["a"])]) == "\n## Work Done\n\n- a\n"


def test_an_entry_with_nothing_below_it_stays_and_can_be_gone_on_with() -> None:
    text = "\n## Work Done\n\nmine\n\n### one\n\nmine too\n"
    assert below(text, work=[WorkEntry("one", []), WorkEntry("two", ["b"])]) == text + "\n### two\n\n- b\n"
    assert below(text, work=[WorkEntry("one", ["b"])]) == text + "\n- b\n"


def test_work_that_is_not_gone_on_with_is_written_anew() -> None:
    assert below(WORK, work=[WorkEntry("other", ["x"])]) == "\n## Work Done\n\n### other\n\n- x\n"
    assert below(WORK, work=[]) == ""


# --- plans


def test_plans_go_below_the_last_row() -> None:
    text = "\n## Plan Files\n\n| File | Why |\n|--|--|\n| a.md | x |\n\nmine\n"
    assert below(text, plan_files=[PlanFile("a.md", "x"), PlanFile("b|.md", "y\\")]) == (
        "\n## Plan Files\n\n| File | Why |\n|--|--|\n| a.md | x |\n| `b\\|.md` | y\\\\ |\n\nmine\n"
    )


def test_plans_get_a_table_where_there_is_none() -> None:
    assert below("\n## Plan Files\n\nmine\n", plan_files=[PlanFile("a", "b")]) == (
        "\n## Plan Files\n\nmine\n\n| File | Description |\n| --- | --- |\n| `a` | b |\n"
    )


def test_other_plans_are_written_anew() -> None:
    text = changed(FRONT, plan_files=[PlanFile("a", "b")])
    assert "`c`" in changed(text, plan_files=[PlanFile("c", "")])
    assert changed(text, plan_files=[]) == FRONT


# --- facts


def test_facts_stand_at_the_end_and_where_they_were() -> None:
    assert below("\n## Mine\n", facts=["a"]) == "\n## Mine\n\n```ocm\na\n```\n"
    assert below("\n```ocm\na\n```\n\n## Mine\n", facts=["b", "c"]) == "\n```ocm\nb\nc\n```\n\n## Mine\n"
    assert below("\n```ocm\na\n```\n\n## Mine\n", facts=[]) == "\n\n## Mine\n"


# --- what is left open


@pytest.mark.parametrize("rest", ["```\nopen", "<!-- open", "~~~~", "<script>"])
def test_nothing_is_written_into_what_is_left_open(rest: str) -> None:
    text = f"{FRONT}\n## Mine\n\n{rest}\n"
    with pytest.raises(UnreadableSessionError, match="left open") as caught:
        render.update(text, replace(parse.parse(text), problems=["a"]))
    assert caught.value.line > 4


def test_what_stands_before_it_can_still_be_changed() -> None:
    assert below("\n## Problems\n\n- a\n\n## Mine\n\n```\nopen\n", problems=["a", "b"]).startswith(
        "\n## Problems\n\n- a\n- b\n"
    )


# --- the reference system


def test_a_file_of_the_reference_system_is_upgraded_and_loses_nothing() -> None:
    old = parse.parse(REFERENCE)
    text = changed(REFERENCE, problems=["new"], updated_at="2026-11-22T00:00:00+00:00")
    head, _, rest = text.partition("\n---\n")
    assert head.split("\n")[1:3] == ["ocm: 1", "session_id: a1b2c3d4-1111-4222-8333-000000000001"]
    assert {'project: "my: proj"', f"started_at: {old.started_at}", "status: open"} <= set(head.split("\n"))
    assert "---" not in rest.replace("| --- | --- |", "").replace("|------|-------------|", "")
    kept = [line.strip() for line in REFERENCE.split("\n---\n", 1)[1].split("\n") if line and line != "---"]
    lines = iter([line.strip() for line in rest.split("\n")])
    assert [line for line in kept if line not in lines] == []
    assert not session_file.SessionFile(text).is_reference


def test_an_upgrade_keeps_the_keys_of_a_person() -> None:
    text = REFERENCE.replace("project:", "owner: me: first\nproject:")
    assert 'owner: "me: first"\n' in changed(text, goal="g")
    text = REFERENCE.replace("my: proj", "proj # mine").replace("project:", "owner: me # why\nproject:")
    assert "owner: me # why\nproject: proj # mine\n" in changed(text, goal="g")


@pytest.mark.parametrize("heading", ["mine\n---", "two\nlines\n---", "# mine", "mine\n==="])
def test_an_upgrade_keeps_a_heading_that_is_underlined(heading: str) -> None:
    text = f"---\nsession_id: a1b2\n---\n\n## Goal\n\ngo on\n\n---\n\n{heading}\n"
    upgraded = changed(text, title="T")
    assert heading in upgraded
    assert upgraded.count("---") == 2 + heading.count("---")


def test_a_stub_of_the_reference_system_is_upgraded() -> None:
    text = changed(REFERENCE_STUB, goal="g")
    assert text.startswith("---\nsession_id: a1b2c3d4\ntool: claude-code\nproject: refproj\nocm: 1\n")
    assert text.endswith("\n## Goal\n\ng\n")


def test_an_upgrade_keeps_the_diff_summary_of_the_reference_system() -> None:
    old = parse.parse(REFERENCE).diff_summary
    text = changed(REFERENCE, goal="new")
    assert "    a | 1 +\n     1 file changed, 1 insertion(+)\n" in text
    assert parse.parse(text).diff_summary == old


def test_a_parsed_file_is_not_changed_by_being_written() -> None:
    file = session_file.SessionFile(render.render(Session("S", goal="g", decisions=["a"], facts=["calls 1"])))
    old = parse.session_of(file)
    body, parts = list(file.body), str(file.parts)
    new = replace(old, goal="other", decisions=["b"], problems=["p"], facts=[], title="t")
    once = render.update_parsed(file, old, new)
    assert (file.body, str(file.parts)) == (body, parts)
    assert render.update_parsed(file, old, new) == once == render.update(file.text, new)


@pytest.mark.parametrize(("body", "change", "after"), [
    ("## Problems\n\n- one\n\n      code in it\nsays so\n", {"problems": ["one\n\n    code in it", "new"]}, "- new\n\nsays so\n"),
    ("## Problems\n\n- one\n\n      code in it\nA section\n-----\n", {"problems": ["one\n\n    code in it", "new"]}, "- new\n\nA section\n-----\n"),
    ("## Problems\n\n- one\n- two\n\n      code\nsays so\n", {"problems": ["one"]}, "- one\n\nsays so\n"),
    ("## Work Done\n\n### At ten\n\n- one\n\n      code\nsays so\n", {"work": [WorkEntry("At ten", ["one\n\n    code", "new"])]}, "- new\n\nsays so\n"),
])  # fmt: skip
def test_text_behind_an_item_does_not_go_on_with_another_one(body: str, change: dict[str, Any], after: str) -> None:
    text = render.render(Session("0f6c")) + "\n" + body
    new = replace(parse.parse(text), **change)
    result = render.update(text, new)
    assert parse.parse(result) == new
    assert after in result
