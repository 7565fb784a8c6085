"""Questions whose answers were checked by hand: on a scripted history, on this project's own, and on a public one."""

import shutil
from pathlib import Path

import pytest

from ocm.provenance import why
from tests.questions import history, scripted
from tests.support.builders import Project, git

# a line of a file, and what it comes from: session, whether that is certain, subject of the commit, decision
SCRIPTED = [
    ("src/client.py", "yield attempt, url", "s1-retry", True, "Retry with backoff", "Backoff"),
    ("src/client.py", "client.connection.shutdown()", "s1-retry", True, "Retry with backoff", "Backoff"),
    ("src/client.py", "deadline = time.monotonic() + timeout", "s3-timeout", True, "Deadline and cache (squashed)", "Timeout"),
    ("src/cache.py", "self.entries.pop(next(iter(self.entries)))", "s4-cache", True, "Deadline and cache (squashed)", "Oldest out"),
    ("src/settings.py", "return tomllib.load(file)", "s2-config", True, "Read settings", "TOML"),
    ("src/settings.py", "def overridden(found, environment):", "s5-environment", True, "Environment variables win", "Environment"),
    ("src/log.py", 'line = f"{level}: {message}"', "s6-log", True, "A log", "Prints"),
    ("src/log.py", 'return level in {"debug", "trace", "verbose"}', None, False, "One more level, by hand", None),
    ("src/client.py", "time.sleep(random.uniform(0, 2 ** attempt))", "s7-jitter", True, "Jitter", "Jitter"),
    ("src/health.py", "return reply.status == 200", "s8-health", True, None, "Health"),
    ("README", "Written by hand, in no session.", None, False, "A readme", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    with pytest.MonkeyPatch.context() as patch:
        return scripted.build(tmp_path_factory.mktemp("scripted") / "repository", patch)


def test_the_scripted_history_is_the_same_everywhere(world: Project) -> None:
    assert git(world.root, "rev-parse", "HEAD") == "7236619805376cc99f1982d9ccc04951b3b9e616"


@pytest.mark.parametrize(("file", "text", "who", "sure", "subject", "decision"), SCRIPTED)
def test_the_scripted_history(  # noqa: PLR0913 - a question, and the four parts of its answer
    world: Project, file: str, text: str, who: str | None, *, sure: bool, subject: str | None, decision: str | None
) -> None:
    lines = (world.root / file).read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if text in line)
    (found,) = why.why(world.store, file, number)["origins"]
    assert (found["commit"]["subject"] if found["commit"] else None) == subject
    assert [(one["session_id"], one["sure"]) for one in found["sessions"]][:1] == ([(who, sure)] if who else [])
    assert [one["label"] for one in found["decisions"]][:1] == ([decision] if decision else [])


# --- real histories: tests/questions/*.json; each set takes seconds to make, so one test asks all of it

MAKERS = {"own": history.own, "flask": history.public}


@pytest.fixture(scope="module", params=MAKERS)
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Project]:
    """A real history with sessions beside it, and the name of its questions."""
    root = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / "repository", history.facts(request.param))
    with pytest.MonkeyPatch.context() as patch:
        return request.param, history.build(root, history.facts(request.param), patch)


@pytest.mark.timeout(600)
def test_each_line_leads_to_its_commit_session_and_decision(real: tuple[str, Project]) -> None:
    name, project = real
    asked = history.facts(name)["questions"]
    assert len(asked) >= 20
    assert [history.text_of(project, one) for one in asked] == [one["text"] for one in asked]
    assert [history.answered(project, one) for one in asked] == asked


@pytest.mark.timeout(600)
def test_session_files_alone_give_the_same_answers(real: tuple[str, Project], tmp_path: Path) -> None:
    name, project = real
    asked = history.facts(name)
    clone = Project(history.cloned(project.root, tmp_path / "clone", asked))
    for file in project.files():
        shutil.copy(file, clone.store.sessions)
    assert [history.answered(clone, one) for one in asked["questions"]] == asked["questions"]


@pytest.mark.parametrize("name", MAKERS)
def test_the_questions_are_of_many_kinds(name: str) -> None:
    asked = history.facts(name)["questions"]
    assert len({one["commit"] for one in asked}) >= 15
    assert len({one["file"] for one in asked}) >= 4
    assert any(one["session"] is None for one in asked)
    assert any("ended_by" in one for one in asked)
