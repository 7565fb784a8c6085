"""A transcript and a file that is there: what a person wrote stays, and what was taken out does not come back."""

from __future__ import annotations

from dataclasses import replace

from ocm.base.model import FileChange, Session, WorkEntry
from ocm.markdown.facts import Facts
from ocm.sources import combine, extract
from ocm.sources.extract import Draft
from ocm.sources.head import Head
from tests.support.transcripts import story

NOW = "2026-12-01T10:00:00+00:00"
LATER = "2026-12-02T10:00:00+00:00"


def drafted(
    *turns: tuple[str, str],
    decisions: tuple[str, ...] = (),
    paths: tuple[str, ...] = ("a.py",),
    source: str = "claude-code",
) -> Draft:
    one = story()
    for n, (prompt, answer) in enumerate(turns):
        one.seen(1_772_545_930 + 60 * n)
        one.prompt(prompt, 1_772_545_930 + 60 * n, str(n))
        one.answer(answer, 1_772_545_950 + 60 * n, str(n))
    for text in decisions:
        one.decided(text, "9")
    for path in paths:
        one.edit(path, "modified", (b"@@ -1 +1 @@", b"+a line of " + path.encode()), 1_772_545_930)
    one.close_turn()
    return extract.draft(Head(source, "S", "x"), one, "1", {})


def first(**values: object) -> Session:
    return replace(combine.combined(None, drafted(("do the work", "done")), "10", NOW), **values)  # type: ignore[arg-type]


def again(session: Session, draft: Draft) -> Session:
    return combine.combined(session, draft, "20", LATER)


def test_a_new_session_says_where_it_is_from() -> None:
    one = first()
    assert (one.session_id, one.source, one.source_id, one.source_version) == ("S", "claude-code", "S", "1")
    assert (one.imported_at, one.status, one.goal, one.last_words) == (NOW, "closed", "do the work", "done")
    assert Facts.parse(one.facts).marks() == {"claude-code": "10"}
    origins = Facts.parse(one.facts).origins()
    assert [(origin.word, origin.section, origin.place) for origin in origins] == [
        ("machine", "goal", "0"), ("machine", "title", "0"), ("machine", "work", "0"),
    ]  # fmt: skip


def test_the_same_again_changes_nothing() -> None:
    one = first()
    assert again(one, drafted(("do the work", "done"))) is one


def test_a_transcript_that_grew_adds() -> None:
    grown = again(
        first(), drafted(("do the work", "really done"), ("more", "that too"), decisions=("D",), paths=("a.py", "b.py"))
    )
    assert grown.work_summary == ["do the work → really done", "more → that too"]
    assert (grown.decisions, [change.path for change in grown.files]) == (["D"], ["a.py", "b.py"])
    assert (grown.last_words, grown.imported_at) == ("that too", LATER)
    assert (
        again(
            grown,
            drafted(("do the work", "really done"), ("more", "that too"), decisions=("D",), paths=("a.py", "b.py")),
        )
        is grown
    )


def test_what_a_person_wrote_stays_and_what_was_taken_out_does_not_come_back() -> None:
    one = combine.combined(None, drafted(("do the work", "done"), decisions=("keep", "out", "edited")), "10", NOW)
    one.decisions = ["mine", "keep", "edited by hand"]
    one.goal = "my own goal"
    one.work = [WorkEntry("mine", ["by hand"]), WorkEntry(one.work[0].heading, [*one.work[0].items, "below it"])]
    one.last_words = "my last words"
    grown = again(one, drafted(("do the work", "done"), ("more", "x"), decisions=("keep", "out", "edited", "new")))
    assert grown.decisions == ["mine", "keep", "edited by hand", "new"]
    assert (grown.goal, grown.last_words) == ("my own goal", "my last words")
    assert set(grown.work_summary) == {"by hand", "do the work → done", "below it", "more → x"}


def test_texts_that_a_person_emptied_stay_empty() -> None:
    one = first(goal="", title="", last_words="", work=[])
    grown = again(one, drafted(("do the work", "done"), ("more", "done")))
    assert (grown.goal, grown.title, grown.last_words) == ("", "", "")
    assert grown.work_summary == ["more → done"]


def recorded(**values: object) -> Session:
    facts = Facts(counts={"checkpoints": 2}, kept=[])
    one = Session(
        "S", tool="claude-code", status="open", started_at=NOW, updated_at=NOW, branch="own", facts=facts.lines()
    )
    return replace(one, **values)  # type: ignore[arg-type]


def test_what_a_checkpoint_said_is_never_outranked() -> None:
    one = recorded(
        goal="mine", decisions=["said"], work=[WorkEntry("x", ["did"])], files=[FileChange("a.py", "created")]
    )
    grown = again(one, drafted(("do the work", "done"), decisions=("other",), paths=("a.py", "b.py")))
    assert (grown.goal, grown.decisions, grown.work_summary) == ("mine", ["said"], ["did"])
    assert (grown.branch, grown.started_at, grown.status, grown.slug) == ("own", NOW, "open", "")
    assert grown.files == [FileChange("a.py", "created"), FileChange("b.py", "modified")]
    assert grown.last_words == "done"
    assert again(grown, drafted(("do the work", "done"), decisions=("other",), paths=("a.py", "b.py"))) is grown


def test_what_hooks_left_empty_is_filled() -> None:
    grown = again(recorded(), drafted(("do the work", "done"), decisions=("other",)))
    assert (grown.goal, grown.decisions, grown.work_summary) == ("do the work", ["other"], ["do the work → done"])
    assert len(Facts.parse(grown.facts).units()) == 1
    assert again(grown, drafted(("do the work", "done"), decisions=("other",))) is grown


def test_later_last_words_of_a_hook_stay() -> None:
    one = first()
    facts = Facts.parse(one.facts)
    facts.words = ("2030-01-01T00:00:00+00:00", facts.words[1])
    one.facts = facts.lines()
    assert again(one, drafted(("do the work", "done"), ("more", "later"))).last_words == "done"


def test_an_item_that_is_done_is_no_longer_open() -> None:
    one = story()
    one.prompt("go", 1, "0")
    one.todo_list([("a", "pending")], "1")
    one.close_turn()
    head = Head("claude-code", "S", "x")
    session = combine.combined(None, extract.draft(head, one, "1", {}), "1", NOW)
    assert session.work_pending == ["a"]
    one.todo_list([("a", "completed")], "2")
    session = combine.combined(session, extract.draft(head, one, "1", {}), "2", LATER)
    assert (session.work_pending, session.work_completed) == ([], ["a"])


def test_where_a_history_tells_of_another_tools_conversation_that_tool_itself_wins() -> None:
    told = drafted(("do the work", "as somebody else tells it"), decisions=("D",), source="specstory")
    one = first(decisions=["own"])
    grown = again(one, told)
    assert (grown.decisions, grown.work_summary, grown.source) == (["own"], one.work_summary, "claude-code")
    assert again(first(), told).decisions == ["D"], "what it did not tell at all is filled"
