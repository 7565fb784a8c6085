"""What a conversation begins with: the one line for its user, told with the brief or without it."""

from __future__ import annotations

import pytest

from ocm.store import trust
from tests.support.builders import Project


def greeting(project: Project, session_id: str = "new", **fields: str) -> str:
    """Return the line that a new conversation shows to its user."""
    return str(project.hook("session-start", session_id=session_id, **fields).get("systemMessage", ""))


def test_the_first_conversation_of_a_project_says_that_it_is_recorded(repo: Project) -> None:
    assert greeting(repo, source="startup") == "ocm: records this session; nothing is known of this project yet"


def test_a_line_says_what_it_goes_on_from_and_how_much_is_open(repo: Project) -> None:
    repo.checkpoint("old", title="Retries in the client", work_pending=["Describe them", "Test them"])
    assert greeting(repo, source="startup") == "ocm: went on from 'Retries in the client', 2 open"


def test_a_conversation_with_nothing_open_is_named_alone(repo: Project) -> None:
    repo.checkpoint("old", title="Retries\x1b[31m in the client")
    assert "Retries" in greeting(repo, source="startup")
    assert "\x1b" not in greeting(repo, source="clear")


@pytest.mark.parametrize(("others", "said"), [(1, "1 other session running"), (2, "2 other sessions running")])
def test_who_else_is_at_work_is_counted(repo: Project, others: int, said: str) -> None:
    for n in range(others):
        repo.hook("session-start", session_id=f"other-{n}", source="startup")
        repo.edited(str(repo.root / f"{n}.py"), session_id=f"other-{n}")
    assert greeting(repo, source="startup") == f"ocm: {said}"


def test_what_was_cut_off_is_not_called_running(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.hook("session-start", session_id="dead", source="startup")
    repo.edited(str(repo.root / "a.py"), session_id="dead")
    monkeypatch.setattr("ocm.recall.neighbours.AT_WORK", 0.0)
    assert greeting(repo, source="startup") == "ocm: 1 session cut off and not saved"


@pytest.mark.parametrize("source", ["resume", "compact", "fork"])
def test_a_conversation_that_goes_on_is_not_greeted_again(repo: Project, source: str) -> None:
    repo.hook("session-start", session_id="S", source="startup")
    repo.checkpoint("S", goal="g", work_pending=["more"])
    assert greeting(repo, "S", source=source) == ""


def test_a_store_from_elsewhere_is_not_spoken_for(repo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.checkpoint("old", title="Retries in the client")
    monkeypatch.setattr(trust, "is_trusted", lambda _: False)
    assert greeting(repo, source="startup") == ""


def test_a_host_that_shows_nothing_then_gets_the_brief_alone(repo: Project) -> None:
    repo.checkpoint("old", title="Retries in the client", work_pending=["Describe them"])
    reply = repo.answer("codex", "session-start", {"session_id": "new", "source": "startup", "cwd": str(repo.root)})
    assert set(reply) == {"hookSpecificOutput"}
