"""Two texts of one session, united: the later one says what there can be one of, and no line of either is lost."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from ocm.base.errors import UnreadableSessionError
from ocm.base.model import FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.markdown import conflicts, parse, render, unite
from tests.unit.markdown.test_parse import EXAMPLE, SESSION

_LATER = "2026-03-04T09:00:00+01:00"


def later(text: str = EXAMPLE, **values: object) -> str:
    """Return a text after a checkpoint on another machine."""
    return render.update(text, replace(parse.parse(text), updated_at=_LATER, **values))  # type: ignore[arg-type]


def missing(text: str, *sources: str) -> list[str]:
    """Return the lines of some sources that a text does not have, but for what only machines note."""
    have = {unite._bare(line) for line in text.split("\n")}
    bodies = [re.split(r"^```ocm$", source.split("\n---\n", 1)[1], flags=re.MULTILINE)[0] for source in sources]
    return [line for body in bodies for line in body.split("\n") if unite._bare(line) not in have]


def test_lists_hold_the_items_of_both_sides_each_once() -> None:
    ours = later(decisions=[*SESSION.decisions, "ours"], work_completed=[*SESSION.work_completed, "done by us"])
    theirs = render.update(EXAMPLE, replace(SESSION, decisions=[*SESSION.decisions, "theirs"], tags=["k8s", "more"]))
    both = parse.parse(unite.united(ours, theirs, "copy.md"))
    assert both.decisions == [*SESSION.decisions, "ours", "theirs"]
    assert both.work_completed == [*SESSION.work_completed, "done by us"]
    assert both.tags == ["embedding", "k8s", "more"]
    assert both.updated_at == _LATER


def test_an_older_state_adds_nothing_to_what_went_on_from_it() -> None:
    newer = later(decisions=[*SESSION.decisions, "more"])
    assert unite.united(newer, EXAMPLE, "copy.md") == newer
    assert unite.united(EXAMPLE, EXAMPLE, "copy.md") == EXAMPLE


def test_what_one_side_has_done_is_open_on_neither() -> None:
    one = later(work_pending=["a", "b"])
    two = render.update(EXAMPLE, replace(SESSION, work_completed=["a"], work_pending=["b", "c"]))
    both = parse.parse(unite.united(one, two, "copy.md"))
    assert both.work_pending == ["b", "c"]
    assert "a" in both.work_completed


def test_work_is_in_the_order_of_its_times() -> None:
    one = Session(
        "S", updated_at=_LATER, work=[WorkEntry("2026-03-03 10:00", ["a"]), WorkEntry("2026-03-03 12:00", ["c"])]
    )
    two = Session("S", work=[
        WorkEntry("", ["first"]), WorkEntry("2026-03-03 10:00", ["a", "a2"]), WorkEntry("2026-03-03 11:00", ["b"]),
        WorkEntry("2026-03-03 12:00", ["c"]), WorkEntry("Later", ["z"]), WorkEntry("2026-03-03 13:00"),
        WorkEntry("2026-03-03 09:00", ["c"]),
    ])  # fmt: skip
    assert [(entry.heading[11:] or entry.heading, entry.items) for entry in unite.both(one, two).work] == [
        ("", ["first"]), ("09:00", []), ("10:00", ["a", "a2"]), ("11:00", ["b"]), ("12:00", ["c"]),
        ("Later", ["z"]), ("13:00", []),
    ]  # fmt: skip


def test_files_facts_and_the_start_are_those_of_both() -> None:
    one = Session(
        "S", updated_at=_LATER, started_at="2026-03-02T10:00:00+00:00", git_sha_start="b" * 40,
        files=[FileChange("x", "modified"), FileChange("new", "renamed", "old")],
        facts=["calls 5", "event stop 2026-03-02T10:00:00+00:00", "dated 2026-03-02 d1", "blob " + "a" * 40 + " x", "mine"],
    )  # fmt: skip
    two = Session(
        "S", started_at="2026-03-01T10:00:00+00:00", git_sha_start="a" * 40,
        files=[FileChange("x", "created"), FileChange("old", "modified"), FileChange("y", "deleted")],
        facts=[
            "calls 3", "denials 2", "event stop 2026-03-01T10:00:00+00:00", "dated 2026-03-01 d1", "dated 2026-03-01 d2",
            "blob " + "b" * 40 + " x", "blob " + "c" * 40 + " old", "taken j semantic", "words 2026-03-01 aa", "mine", "theirs",
        ],
    )  # fmt: skip
    both = unite.both(one, two)
    assert (both.started_at, both.git_sha_start) == (two.started_at, "a" * 40)
    assert both.files == [FileChange("x", "created"), FileChange("y", "deleted"), FileChange("new", "renamed", "old")]
    assert both.facts == [
        "dated 2026-03-02 d1", "mine", "dated 2026-03-01 d2", "theirs", "calls 5", "denials 2",
        "event stop 2026-03-02T10:00:00+00:00", "blob " + "a" * 40 + " x", "taken j semantic", "words 2026-03-01 aa",
    ]  # fmt: skip


def test_what_fits_nowhere_is_kept_below_a_heading_that_says_where_it_comes_from() -> None:
    mine = EXAMPLE.replace("Free text of a person; never touched.", "Another remark.").replace(
        "Cut p50 latency of the BGE-M3 endpoint by 40 %.", "Cut p99 instead."
    )
    mine = (
        mine.replace("## Problems\n", "## Problems\n\nA paragraph about problems.\n")
        + "\n## Mine\n\n- an item of mine\n"
    )
    mine = mine.replace("branch: feature/tei", "branch: other\nowner: ada")
    text = unite.united(later(), mine, "a (copy).md")
    assert missing(text, EXAMPLE, mine) == []
    kept = text[text.index("## Kept from a (copy).md") :]
    for line in ("Another remark.", "Cut p99 instead.", "A paragraph about problems.", "branch: other", "owner: ada"):
        assert line in kept
    assert text.count("## Mine\n\n- an item of mine") == 1
    assert parse.parse(text).decisions == SESSION.decisions


@pytest.mark.parametrize("opened", ["```\nnever closed", "<!-- never closed", "- \n  ```text\n  in an item"])
def test_what_opens_something_is_kept_in_a_code_block(opened: str) -> None:
    older = f"{EXAMPLE}\n## Open\n\n{opened}\n"
    text = unite.united(later(), older, "copy.md")
    assert missing(text, EXAMPLE, older) == []
    assert parse.parse(text) == parse.parse(later())


def test_what_a_file_leaves_open_itself_is_an_error_and_not_a_loss() -> None:
    with pytest.raises(UnreadableSessionError, match="left open"):
        unite.united(
            "---\nocm: 1\nsession_id: S\n---\n\n## Goal\n\n```\nopen",
            render.render(Session("S")) + "\n## Mine\n\nmine\n",
            "copy.md",
        )


def test_last_words_of_a_machine_are_not_kept_twice_and_those_of_a_person_are() -> None:
    from ocm.markdown import facts

    said = replace(
        SESSION, last_words="from the machine", facts=[f"words 2026-03-01 {facts.digest('from the machine')}"]
    )
    written = render.render(replace(said, facts=[]))
    newer = render.render(replace(SESSION, last_words="newer", updated_at=_LATER))
    assert "from the machine" not in unite.united(newer, render.render(said), "copy.md")
    assert "from the machine" in unite.united(newer, written, "copy.md")


def _random_text(rng: random.Random, when: str) -> str:
    words = ["alpha", "beta", "gamma", "~~x~~", "**L:** w", "a\nb\n- c", "[ ] box", "`code`", "| a | b |", "<!-- c -->"]

    def some() -> list[str]:
        return rng.sample(words, rng.randint(0, 4))

    session = Session(
        "S", title=rng.choice(["", "T"]), goal=rng.choice(words), updated_at=when, started_at="2026-03-01T00:00:00+00:00",
        work_completed=some(), work_pending=some(), decisions=some(), problems=some(),
        work=[WorkEntry(f"2026-03-0{day} 10:00", found) for day in (1, 2) if (found := some())],
        references=[Reference("https://e.org/" + str(n), "t") for n in range(rng.randint(0, 2))],
        plan_files=[PlanFile(str(n), "h") for n in range(rng.randint(0, 2))],
    )  # fmt: skip
    text = render.render(session)
    if rng.random() < 0.7:
        text = text.replace("## Problems\n", f"## Problems\n\nprose {rng.randint(0, 9)}\n")
    return text + rng.choice(["", "\n## Mine\n\nnote\n", "\n## Other\n\n> quote\n", "\n```\ncode\n```\n"])


@pytest.mark.parametrize("seed", range(60))
def test_no_line_of_either_side_is_lost(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    newer, older = unite.newest_first([_random_text(rng, f"2026-03-0{day}T00:00:00+00:00") for day in (2, 3)])
    try:
        text = unite.united(newer, older, "copy.md")
    except UnreadableSessionError:
        pytest.fail(f"{newer}\n=====\n{older}")
    assert missing(text, newer, older) == []
    both = parse.parse(text)
    for one in map(parse.parse, (newer, older)):
        assert set(one.decisions) <= set(both.decisions)
        assert set(one.work_pending) <= {*both.work_pending, *both.work_completed}
    assert unite.united(text, older, "copy.md") == text


def test_a_file_without_markers_is_what_it_was() -> None:
    for text in (
        EXAMPLE,
        EXAMPLE + "\n<<<<<<< HEAD\nnever closed\n",
        EXAMPLE + "\n```\n<<<<<<< a\n=======\n>>>>>>> b\n```\n",
    ):
        assert conflicts.resolved(text) == text


def merged_by_git(base: str, ours: str, theirs: str, style: str, tmp: object) -> str:
    """Return what git makes of two changes."""
    import subprocess
    from pathlib import Path

    folder = Path(str(tmp))
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text.encode())
    done = subprocess.run(
        ["git", "merge-file", "-p", *([style] if style else []), "ours", "base", "theirs"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.decode()


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("style", ["", "--diff3"])
def test_of_a_file_that_git_could_not_merge_both_sides_are_read(style: str, eol: str, tmp_path: object) -> None:
    facts = ["checkpoints 1", "calls 5"]
    base = render.update(EXAMPLE, replace(SESSION, facts=facts)).replace("\n", eol)
    ours = later(
        base, decisions=[*SESSION.decisions, "**Ours:** a\n\n  more of it"], facts=["checkpoints 2", "calls 7"]
    )
    theirs = render.update(base, replace(parse.parse(base), decisions=[*SESSION.decisions, "**Theirs:** b"],
        facts=["checkpoints 3", "calls 6"], updated_at="2026-03-03T18:00:00+01:00"))  # fmt: skip
    text = merged_by_git(base, ours, theirs, style, tmp_path)
    assert "<<<<<<<" in text
    both = parse.parse(conflicts.resolved(text))
    assert both.decisions == [*SESSION.decisions, "**Ours:** a\n\n  more of it", "**Theirs:** b"]
    assert (both.updated_at, both.facts) == (_LATER, ["checkpoints 3", "calls 7"])
    assert "<<<<<<<" not in conflicts.resolved(text)


def test_a_conflict_of_which_a_side_cannot_be_read_stays_as_it_is() -> None:
    text = EXAMPLE.replace("ocm: 1\n", "<<<<<<< a\nocm: 1\n=======\nocm: 99\n>>>>>>> b\n")
    assert conflicts.sides(text)
    assert conflicts.resolved(text) == text


def test_where_an_item_would_be_swallowed_all_that_the_other_says_goes_to_the_end() -> None:
    newer = "---\nocm: 1\nsession_id: S\n---\n\n## Problems\n\n- a\n\n<!-- open\n"
    older = render.render(Session("S", decisions=["**X:** b"], facts=["calls 5"], work=[WorkEntry("", ["c"])]))
    text = unite.united(newer, older, "copy.md")
    assert missing(text, newer, older) == ["## Work Done", "## Architecture Decisions"]
    assert parse.parse(text) == parse.parse(newer)


def test_an_entry_that_says_nothing_is_no_entry() -> None:
    ours, theirs = Session("S", facts=["words 2026-03-02 bb"]), Session("S", facts=["words 2026-03-01 aa"])
    assert unite.both(ours, replace(theirs, work=[WorkEntry("", [])])) == ours


def test_a_comment_in_the_front_matter_is_kept_and_what_only_looks_like_one_is_not_doubled() -> None:
    older = EXAMPLE.replace("tool: claude-code\n", "tool: claude-code  # by hand\n# ask Ines\n")
    newer = later()
    text = unite.united(newer, older, "copy.md")
    assert "# by hand" in text
    assert "# ask Ines" in text
    assert parse.parse(text) == parse.parse(newer)
    named = render.update(EXAMPLE, replace(SESSION, title="Fix #12"))
    assert '#12"' not in unite.united(newer, named, "copy.md").replace('"Fix #12"', "")
