"""Questions whose answers were checked by hand, on a scripted history and on one large public repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from ocm import index, lineage, origin, standing, why
from ocm.index import Commits
from ocm.index.landed import Made
from ocm.lineage import View
from ocm.origin import Origin
from ocm.paths import Store
from ocm.traces import decoded
from tests.builders import Project, git
from tests.questions import scripted
from tests.session_store import make_store, put, session

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "questions" / "flask.json").read_text(encoding="utf-8"))

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


# --- a large public repository: what git said there was written down as fingerprints, none of its text is here


def _store(folder: Path) -> Store:
    store = make_store(folder)
    for one in FACTS["sessions"]:
        content = session(one["id"], started_at=one["at"], facts=[one["fact"]], decisions=[one["decision"]])
        put(store, f"{one['id']}.md", content)
    return store


def _recorded(commits: Commits) -> None:
    rows = [
        Made(one["sha"], one["at"], "", one["whole"], one["bound"], decoded(one["own"]), decoded(one["parts"]))
        for one in FACTS["commits"]
    ]
    commits.change("", (), rows)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return _store(tmp_path_factory.mktemp("public"))


@pytest.mark.parametrize("asked", FACTS["questions"], ids=lambda asked: f"{asked['file']}:{asked['line']}")
def test_a_large_public_repository(public: Store, asked: dict[str, Any]) -> None:
    found = Origin(asked["line"], asked["line"], asked["commit"])

    def work(cache: index.Index) -> list[str]:
        view = View(public, cache, "", cache.links())
        made = view.links.commit(found.sha)
        assert made
        matches = lineage.sessions_of(view.links, made)
        origin.from_commit(view, found, set(decoded(asked["keys"])), asked["at"], matches)
        ledger = standing.read(cache, "")
        return [state.entry.text for source in found.sources for state in ledger.of(source.file)]

    decisions = index.read(public, work, prepare=_recorded)
    assert [(source.file, source.sure) for source in found.sources] == [(f"{asked['session']}.md", True)]
    assert decisions == [asked["decision"]]
