"""Reading a session file, as the program wrote it, as a person left it, or as the reference system did."""

from __future__ import annotations

from datetime import datetime
from textwrap import dedent

import pytest

from ocm.base.errors import UnreadableSessionError
from ocm.base.model import FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.markdown import blocks, parse

FRONT = "---\nocm: 1\nsession_id: S\n---\n"
EXAMPLE = """\
---
ocm: 1
session_id: 0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10
title: Move embeddings from vLLM to TEI
slug: tei-migration
tool: claude-code
project: inference
branch: feature/tei
status: open
started_at: 2026-03-03T14:32:10+01:00
updated_at: 2026-03-03T16:02:44+01:00
ended_at: null
git_sha_start: a3f1c99d2b
git_sha_end: null
trigger: git_commit
tags: [embedding, k8s]
---

# Move embeddings from vLLM to TEI

## Goal

Cut p50 latency of the BGE-M3 endpoint by 40 %.

## Todos

### Work Completed

- [x] HTTP client for TEI in `embedding_server.py`

### Work To Be Completed

- [ ] Tune the batch size (32 now, 64 wanted)

## Files Touched

### Created

- `k8s/tei.yaml`

### Modified

- `src/embedding_server.py`

### Renamed

- `src/client.py` → `src/tei_client.py`

## Git Diff Summary

    3 files changed, 187 insertions(+), 43 deletions(-)

## Work Done

### 2026-03-03 15:10 · a3f1c99

- TEI at 38 ms p50, Infinity at 61 ms: TEI chosen

### 2026-03-03 16:02 · d8e2f04 · git_commit

- Retry and timeout in the client

## Plan Files

| File | Description |
| --- | --- |
| `docs/plans/tei.md` | TEI Migration Plan — Phase 1 |

## Architecture Decisions

- **TEI over Infinity:** native BGE-M3 support; Infinity needed patching.
  [supported models](https://example.org/models)

## Problems

- p99 spikes under 100 RPS: OOM in the sidecar, not fixed yet

## References

- [TEI documentation](https://example.org/tei)

## Last Words

TEI serves all of it now; the batch size is still open.

## Notes

Free text of a person; never touched.
"""
SESSION = Session(
    session_id="0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10",
    title="Move embeddings from vLLM to TEI",
    slug="tei-migration",
    tool="claude-code",
    project="inference",
    branch="feature/tei",
    status="open",
    started_at="2026-03-03T14:32:10+01:00",
    updated_at="2026-03-03T16:02:44+01:00",
    git_sha_start="a3f1c99d2b",
    trigger="git_commit",
    tags=["embedding", "k8s"],
    goal="Cut p50 latency of the BGE-M3 endpoint by 40 %.",
    work_completed=["HTTP client for TEI in `embedding_server.py`"],
    work_pending=["Tune the batch size (32 now, 64 wanted)"],
    files=[
        FileChange("k8s/tei.yaml", "created"),
        FileChange("src/embedding_server.py", "modified"),
        FileChange("src/tei_client.py", "renamed", "src/client.py"),
    ],
    diff_summary="3 files changed, 187 insertions(+), 43 deletions(-)",
    work=[
        WorkEntry("2026-03-03 15:10 · a3f1c99", ["TEI at 38 ms p50, Infinity at 61 ms: TEI chosen"]),
        WorkEntry("2026-03-03 16:02 · d8e2f04 · git_commit", ["Retry and timeout in the client"]),
    ],
    plan_files=[PlanFile("docs/plans/tei.md", "TEI Migration Plan — Phase 1")],
    decisions=[
        "**TEI over Infinity:** native BGE-M3 support; Infinity needed patching.\n[supported models](https://example.org/models)"
    ],
    problems=["p99 spikes under 100 RPS: OOM in the sidecar, not fixed yet"],
    references=[Reference("https://example.org/tei", "TEI documentation")],
    last_words="TEI serves all of it now; the batch size is still open.",
)
REFERENCE_STUB = "---\nsession_id: a1b2c3d4\ntool: claude-code\nproject: refproj\n---"
REFERENCE = """\
---
session_id: a1b2c3d4-1111-4222-8333-000000000001
tool: claude-code
project: my: proj
started_at: 2026-11-21T04:42:25
git_sha_start: 2374c4d51ef4817173b5debb24a08721f8ccb46b
git_sha_end: null
trigger: null
---

## Goal
Cut latency: by 40 %

---

## Todos

### ✅ Work Completed
- HTTP client
- multi
- line item

### 🔲 Work To Be Completed
- Tune batch

---

## Files Touched

### Created
- `b`

### Modified
- `a`
- `b`

---

## Git Diff Summary
a | 1 +
 1 file changed, 1 insertion(+)

---

## Work Done
- TEI at 38 ms

---

## Plan Files

| File | Description |
|------|-------------|
| `docs/p.md` | ## Plan | A |

---

## Architecture Decisions

- **TEI:** native

---

## References

- [Doc](https://e.org/a)"""


def body(text: str) -> Session:
    return parse.parse(FRONT + dedent(text))


def test_the_example_of_the_format_says_what_it_says() -> None:
    found = parse.parse(EXAMPLE)
    assert found == SESSION
    assert found.notes == "## Notes\n\nFree text of a person; never touched."
    assert found.work_summary == ["TEI at 38 ms p50, Infinity at 61 ms: TEI chosen", "Retry and timeout in the client"]


@pytest.mark.parametrize(
    "text", [EXAMPLE.replace("\n", "\r\n"), "\ufeff" + EXAMPLE, EXAMPLE.rstrip("\n"), EXAMPLE + "\n\n\n"]
)
def test_line_ends_a_byte_order_mark_and_blank_lines_say_nothing(text: str) -> None:
    assert parse.parse(text) == SESSION


def test_the_least_file_is_a_session() -> None:
    assert parse.parse("---\nsession_id: S\n---") == Session("S")
    assert parse.parse(FRONT) == Session("S")


# --- the reference system


def test_a_file_of_the_reference_system_is_read_as_it_is() -> None:
    local = datetime(2026, 11, 21, 4, 42, 25).astimezone().isoformat()
    assert parse.parse(REFERENCE) == Session(
        session_id="a1b2c3d4-1111-4222-8333-000000000001",
        tool="claude-code",
        project="my: proj",
        started_at=local,
        git_sha_start="2374c4d51ef4817173b5debb24a08721f8ccb46b",
        goal="Cut latency: by 40 %",
        work_completed=["HTTP client", "multi", "line item"],
        work_pending=["Tune batch"],
        files=[FileChange("b", "created"), FileChange("a", "modified"), FileChange("b", "modified")],
        diff_summary="a | 1 +\n 1 file changed, 1 insertion(+)",
        work=[WorkEntry("", ["TEI at 38 ms"])],
        plan_files=[PlanFile("docs/p.md", "## Plan | A")],
        decisions=["**TEI:** native"],
        references=[Reference("https://e.org/a", "Doc")],
    )


def test_a_stub_of_the_reference_system_is_read() -> None:
    assert parse.parse(REFERENCE_STUB) == Session("a1b2c3d4", tool="claude-code", project="refproj")


def test_a_time_that_is_none_stays_as_it_is() -> None:
    assert parse.parse("---\nsession_id: S\nstarted_at: yesterday\n---\n").started_at == "yesterday"


# --- front matter


@pytest.mark.parametrize(("text", "words", "line"), [
    ("", "does not start with the line ---", 1),
    ("# Title\n", "does not start with the line ---", 1),
    ("---\nocm: 1\n", "no closing line ---", 1),
    ("---\nocm: 1\n---\n", "no session_id", 1),
    ("---\nocm: 1\nsession_id:\n---\n", "no session_id", 1),
    ("---\nocm: 1\nsession_id: [a]\n---\n", "no session_id", 1),
    ("---\nocm: 2\nsession_id: S\n---\n", "format is '2'", 2),
    ("---\nocm: new\nsession_id: S\n---\n", "format is 'new'", 2),
    ("---\nocm: ²\nsession_id: S\n---\n", "format is '²'", 2),
    (f"---\nocm: {'9' * 5000}\nsession_id: S\n---\n", "format is '9999", 2),
    ("---\nocm: 1\nsession_id: S\ntags: [\n---\n", "not YAML", 5),
    ("---\n<<<<<<< HEAD\nocm: 1\n=======\nocm: 1\n---\n", "not YAML", 3),
])  # fmt: skip
def test_what_cannot_be_read_is_named_by_line(text: str, words: str, line: int) -> None:
    with pytest.raises(UnreadableSessionError, match=words) as caught:
        parse.parse(text)
    assert caught.value.line == line


@pytest.mark.parametrize(("tags", "expected"), [
    ("[a, b]", ["a", "b"]), ("\n- a\n- b", ["a", "b"]), ("a, b", ["a", "b"]), ("a b", ["a", "b"]), ("a", ["a"]), ("", []), ("[]", []),
    ("[a, a, '']", ["a"]), ("[[a], b]", ["b"]), ("{a: b}", []), ('["a b", "c, d"]', ["a b", "c, d"]),
])  # fmt: skip
def test_tags_are_read_however_a_person_writes_them(tags: str, expected: list[str]) -> None:
    assert parse.parse(f"---\nocm: 1\nsession_id: S\ntags: {tags}\n---\n").tags == expected


@pytest.mark.parametrize("value", ["null", "~", "None", "", "[a]"])
def test_what_is_null_is_empty_where_it_may_be_null(value: str) -> None:
    assert parse.parse(f"---\nocm: 1\nsession_id: S\nended_at: {value}\n---\n").ended_at == ""


def test_elsewhere_null_is_a_word() -> None:
    assert parse.parse("---\nocm: 1\nsession_id: null\nbranch: ~\n---\n") == Session("null", branch="~")


@pytest.mark.parametrize(("text", "expected"), [
    (EXAMPLE, "0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10"),
    ("\ufeff---\r\nsession_id: 0012\r\n---\r\n", "0012"),
    ("---\nocm: 9\nsession_id: S\n---\n", "S"),
    ("---\nocm: 1\ntags: [\nsession_id: S\n---\n", "S"),
    ("---\nocm: 1\ntags: [\nsession_id: 'it''s' # id\n---\n", "it's"),
    ("---\nsession_id: S\n", "S"),
    ("---\nsession_id: S\n\n# no fence\n\nkey: [\n", "S"),
    ("session_id: S\n---\n", "S"),
    ("---\nx: 1\n---\n\nsession_id: S\n", ""),
    ("", ""),
    ("# Notes\n", ""),
])  # fmt: skip
def test_whose_file_it_is_can_be_told_although_it_is_broken(text: str, expected: str) -> None:
    assert parse.session_id_of(text) == expected


# --- sections and items


def test_sections_are_found_whatever_their_case_markup_and_order() -> None:
    found = body("""
        Problems
        --------

        * one
        + two
        1. three

        ## GOAL ##
        goal

        ##   architecture   decisions
        - not this one: the words are apart

        ## Architecture decisions
        - four
        """)
    assert (found.goal, found.problems, found.decisions) == ("goal", ["one", "two", "three"], ["four"])


def test_an_item_is_one_item_however_many_lines_it_has() -> None:
    found = body("""
        ## Problems

        - first
          second

          paragraph

          ```
          ## code
          ```
          - nested
            - deeper
        - lazy
        line
        -   wide
            marker
        - [x] no to-do here
        -
        -     code
        """)
    assert found.problems == [
        "first\nsecond\n\nparagraph\n\n```\n## code\n```\n- nested\n  - deeper",
        "lazy\nline",
        "wide\nmarker",
        "[x] no to-do here",
        "code",
    ]


def test_to_dos_are_read_with_and_without_boxes() -> None:
    found = body("""
        ## Todos

        - below no heading

        ### Work Completed
        - [x] one
        - [X] two
        - three
        - [ ]
        ### Other
        - else
        ### Work to be completed
        - [ ] four
        """)
    assert (found.work_completed, found.work_pending) == (["one", "two", "three"], ["four"])


def test_sections_that_are_there_twice_are_read_together_and_of_texts_the_first() -> None:
    found = body("""
        ## Goal
        one
        ## Problems
        - a
        ## Goal
        two
        ## Problems
        - b
        """)
    assert (found.goal, found.problems) == ("one", ["a", "b"])
    assert found.notes == "## Goal\ntwo"


@pytest.mark.parametrize(("text", "expected"), [
    ("plain", "plain"), ("two\n\nparagraphs\n\n- and\n- items", "two\n\nparagraphs\n\n- and\n- items"),
    ("```text\n## a\n---\n```", "## a\n---"), ("```text\n```", ""), ("````text\n```\n````", "```"), ("```python\nx\n```", "```python\nx\n```"),
    ("```text\na\n```\nb", "```text\na\n```\nb"),
])  # fmt: skip
def test_a_goal_is_free_text(text: str, expected: str) -> None:
    assert parse.parse(f"{FRONT}\n## Goal\n\n{text}\n\n## Problems\n").goal == expected


@pytest.mark.parametrize(("text", "kind", "expected"), [
    ("`a.py`", "modified", FileChange("a.py", "modified")),
    ("a b.py", "created", FileChange("a b.py", "created")),
    ("`a.py` because of `b`", "modified", FileChange("a.py", "modified")),
    ("`a` → `b`", "renamed", FileChange("b", "renamed", "a")),
    ("`a`", "renamed", FileChange("a", "renamed")),
    ("`` a`b ``", "modified", FileChange("a`b", "modified")),
    ("` a `", "modified", FileChange("a", "modified")),
    ("`C:\\\\new\\n`", "modified", FileChange("C:\\new\n", "modified")),
])  # fmt: skip
def test_a_changed_file_is_read(text: str, kind: str, expected: FileChange) -> None:
    assert parse.change_from(text, kind) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("[a](u)", Reference("u", "a")), ("[a](<u v>)", Reference("u v", "a")), ("[a\\]b](u)", Reference("u", "a]b")), ("[](u)", Reference("u")),
    ("see [a](u)", Reference("", "see [a](u)")), ("plain", Reference("", "plain")), ("[a](u v)", Reference("", "[a](u v)")),
    ("[a](<u\\>v>)", Reference("u>v", "a")),
])  # fmt: skip
def test_a_reference_is_read(text: str, expected: Reference) -> None:
    assert parse.reference_from(text) == expected


def test_a_table_of_plans_is_read() -> None:
    found = body("""
        ## Plan Files

        Some words.

        | File | Description |
        |:-----|-----:|
        | `a.md` | A |
        | b.md | B \\| C | D |
        |c.md
        |  | nothing |
        | `d\\|.md` | backslashes \\\\ |
        """)
    assert found.plan_files == [
        PlanFile("a.md", "A"), PlanFile("b.md", "B | C | D"), PlanFile("c.md"), PlanFile("d|.md", "backslashes \\"),
    ]  # fmt: skip


def test_a_table_without_a_head_is_read() -> None:
    assert body("\n## Plan Files\n\n| `a.md` | A |\n").plan_files == [PlanFile("a.md", "A")]


def test_facts_are_the_last_block_of_that_name() -> None:
    found = body("\n## Notes\n\n```ocm\nnot these\n```\n\n```ocm\ncalls 1\ncalls 2\n```\n")
    assert found.facts == ["calls 1", "calls 2"]
    assert "not these" in found.notes


def test_facts_that_are_never_closed_go_to_the_end() -> None:
    assert body("\n```ocm\ncalls 1\n").facts == ["calls 1"]


def test_an_entry_of_work_may_have_nothing_below_it() -> None:
    found = body("\n## Work Done\n\n- before\n\n### one\n\n### two\n\n- item\n")
    assert found.work == [WorkEntry("", ["before"]), WorkEntry("one", []), WorkEntry("two", ["item"])]


def test_smaller_headings_divide_nothing() -> None:
    found = body("\n## Problems\n\n- a\n\n#### mine\n\n- b\n")
    assert found.problems == ["a", "b"]


def test_what_looks_like_a_heading_in_a_fence_a_comment_or_an_item_is_none() -> None:
    found = body(
        "\n```\n## Goal\n```\n\n<!--\n## Goal\n-->\n\n- ## Goal\n\n> ## Goal\n\n    ## Goal\n\n## Goal\nreal\n"
    )
    assert found.goal == "real"


# --- the shallow parser


@pytest.mark.parametrize(
    "text",
    ["plain", "- list\n- more", "### third", "#### x", "| a |", "> q", "    code", "```\n## x\n```", "<!-- c -->"],
)
def test_text_that_leaves_nothing_open_is_plain(text: str) -> None:
    assert blocks.is_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "# h",
        "a\n## h",
        "h\n---",
        "h\n===",
        "```\nopen",
        "<!-- open",
        "~~~",
        "```ocm\nx\n```",
        "- ```\n  a\nb\n===",
        "- " * 30 + "deep",
        "<script>",
        "<pre>",
    ],
)
def test_text_that_would_change_what_stands_around_it_is_not(text: str) -> None:
    assert not blocks.is_plain(text)


def test_an_item_ends_where_its_text_does() -> None:
    (part,) = blocks.outline(["- a", "", "  b", "", "", "text"])
    assert [(item.start, item.end, item.text) for item in part.items] == [(0, 3, "a\n\nb")]


def test_ten_thousand_lists_in_lists_are_no_problem() -> None:
    lines = ["- " * 10_000 + "deep", "", "## Goal", "> " * 10_000, "# end"]
    assert [part.name for part in blocks.outline(lines)] == ["", "Goal", "end"]


@pytest.mark.parametrize(
    "lines",
    [
        ["- a", "- b", "", "- c"],
        ["- a", "", "  - b", "", "      code", "", "text"],
        ["# T", "", "text", "more text", "- a", "### G", "", "#### h", "- b"],
        ["## Git Diff Summary", "", "    1 file changed", "", "", "    1 insertion(+)"],
        ["- a", "", "```ocm", "start 1", "- x", "### y", "```"],
        ["| a | b |", "| --- | --- |", "| `c` | d |"],
    ],
)
def test_lines_that_say_what_they_are_take_no_parser(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = blocks._parts(lines, blocks._parsed(lines, 0, len(lines)))
    monkeypatch.setattr(blocks, "tokens", None)
    assert blocks.outline(lines) == wanted


@pytest.mark.parametrize(
    "lines",
    [
        ["- a", "lazy"],
        ["text", "---"],
        ["- - -"],
        ["* a"],
        ["```ocm", "open"],
        ["```ocm", "  ```", "```"],
        ["<!--", "-->"],
        ["- a\r", "## x\r"],
    ],
)
def test_lines_that_need_others_to_say_what_they_are_take_one(lines: list[str]) -> None:
    assert blocks._simple(lines, 0, len(lines)) is None


def test_what_one_section_leaves_open_is_looked_at_with_all_the_rest() -> None:
    lines = ["## a", "", "- x", "", "## b", "<!--", "## c", "-->", "", "- y", "## d", "- z"]
    found = blocks.outline(lines)
    assert [(part.name, len(part.items)) for part in found] == [("a", 1), ("b", 1), ("d", 1)]
