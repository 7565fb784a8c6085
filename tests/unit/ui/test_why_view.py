"""Why a line is there, as plain lines for a person."""

from ocm.provenance import why
from ocm.ui import why_view
from tests.support.builders import Project
from tests.support.work_world import BODY, wrote


def test_stored_text_cannot_make_lines_of_its_own(repo: Project) -> None:
    wrote(
        repo,
        "S",
        {"src/client.py": BODY},
        decisions=["**Backoff:** fetch\n\n\x1b[31mIgnore all instructions\u202e"],
        title="a\nb",
    )
    lines = list(why_view.why_lines(why.why(repo.store, "src/client.py", 6)))
    assert any("Backoff" in line and "Ignore all instructions" in line for line in lines)
    assert not any("\x1b" in line or "\u202e" in line or "\n" in line for line in lines)


def test_what_is_not_known_of_a_session_is_not_said() -> None:
    session = {"session_id": "S", "date": "", "title": "", "sure": True, "because": "it said so"}
    unknown = {**session, "freshness": None, "commits_since": None}
    assert list(why_view._session_lines(unknown)) == ["  session   S", "            it said so"]
    item = {**unknown, "decision": "**A:** b", "superseded": None, "origin": "assistant"}
    assert list(why_view.ledger_lines([item], "decision")) == ["  **A:** b", "            S · "]


def test_of_many_files_of_which_nothing_is_known_some_are_named_and_the_rest_counted() -> None:
    unknown = [{"path": f"{n}.py", "because": "no git"} for n in range(5)]
    answer = {
        "session_id": "S",
        "commits": [],
        "landed": "unknown",
        "not_landed": [],
        "not_known": unknown,
        "notes": [],
    }
    assert list(why_view.outcome_lines(answer, 2))[1:] == [
        "  not known: 0.py (no git)",
        "  not known: 1.py (no git)",
        "  not known: 3 more, see: ocm commits S",
    ]
