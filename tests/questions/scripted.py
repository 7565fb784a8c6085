"""A repository with a fixed history: eight sessions, a squash, a rebase, a rename, and edits of nobody's session.

Content, names and dates are fixed, so every commit has the same id on every machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.builders import Project, git, repository
from tests.support.work_world import BODY, wrote

if TYPE_CHECKING:
    import pytest

CONFIG = """\
import tomllib


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def defaults():
    return {"host": "localhost", "port": 8080}
"""
TIMEOUT = BODY.replace("def fetch(url):\n", "def fetch(url, timeout=30):\n    deadline = time.monotonic() + timeout\n")
CACHE = """\
class Cache:
    def __init__(self, size):
        self.size = size
        self.entries = {}

    def put(self, key, value):
        self.entries[key] = value
        if len(self.entries) > self.size:
            self.entries.pop(next(iter(self.entries)))
"""
ENVIRONMENT = (
    CONFIG
    + """

def overridden(found, environment):
    return {name: environment.get(name.upper(), value) for name, value in found.items()}
"""
)
LOG = """\
def logged(message, level):
    line = f"{level}: {message}"
    print(line)
    return line


def quiet(level):
    return level in {"debug", "trace"}
"""
JITTER = TIMEOUT.replace("time.sleep(2 ** attempt)", "time.sleep(random.uniform(0, 2 ** attempt))")
NEW = "def health(client):\n    reply = client.get('/health')\n    return reply.status == 200\n"


def build(folder: Path, patch: pytest.MonkeyPatch) -> Project:
    """Make it, with the store of its sessions."""
    clock = [2_200_000_000]
    patch.setenv("GIT_AUTHOR_NAME", "n")
    patch.setenv("GIT_AUTHOR_EMAIL", "n@example.org")

    def tick() -> None:
        clock[0] += 600
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            patch.setenv(name, f"{clock[0]} +0000")

    tick()
    project = Project(repository(folder))

    def saved(message: str) -> None:
        tick()
        git(project.root, "add", "-A")
        git(project.root, "commit", "-q", "-m", message)

    _begin(project, saved)
    _on_branches(project, saved, tick)
    _later(project, saved)
    return project


def _begin(project: Project, saved: object) -> None:
    assert callable(saved)
    decision = "**Backoff:** fetch waits 2 ** attempt seconds; a fixed wait hammered the server."
    wrote(
        project,
        "s1-retry",
        {"src/client.py": BODY},
        title="Retries",
        decisions=[decision, "**Naming:** no abbreviations."],
    )
    saved("Retry with backoff")
    project.hook(
        "post-tool-use", session_id="s1-retry", tool_name="Bash", tool_input={"command": "git commit"}, tool_response={}
    )
    project.checkpoint("s1-retry", work_summary=["Committed the retries"])
    project.hook("session-end", session_id="s1-retry")
    decision = "**TOML:** settings are TOML, because tomllib is in the standard library."
    wrote(project, "s2-config", {"src/config.py": CONFIG}, title="Settings", decisions=[decision])
    saved("Read settings")


def _on_branches(project: Project, saved: object, tick: object) -> None:
    assert callable(saved)
    assert callable(tick)
    git(project.root, "checkout", "-q", "-b", "topic")
    decision = "**Timeout:** fetch gives up at a deadline, since attempts alone could last minutes."
    wrote(project, "s3-timeout", {"src/client.py": TIMEOUT}, title="Deadline", decisions=[decision])
    saved("A deadline for fetch")
    decision = "**Oldest out:** the cache drops its oldest entry; counting uses cost more than it saved."
    wrote(project, "s4-cache", {"src/cache.py": CACHE}, title="Cache", decisions=[decision])
    saved("A cache")
    git(project.root, "checkout", "-q", "main")
    git(project.root, "merge", "-q", "--squash", "topic")
    saved("Deadline and cache (squashed)")
    git(project.root, "branch", "-q", "-D", "topic")
    git(project.root, "checkout", "-q", "-b", "logs")
    decision = "**Prints:** the log is print, until somebody needs more."
    wrote(project, "s6-log", {"src/log.py": LOG}, title="Log", decisions=[decision])
    saved("A log")
    git(project.root, "checkout", "-q", "main")
    (project.root / "README").write_text("Written by hand, in no session.\n", encoding="utf-8")
    saved("A readme")
    tick()
    git(project.root, "rebase", "-q", "main", "logs")
    git(project.root, "checkout", "-q", "main")
    git(project.root, "merge", "-q", "--ff-only", "logs")


def _later(project: Project, saved: object) -> None:
    assert callable(saved)
    git(project.root, "mv", "src/config.py", "src/settings.py")
    saved("Config is called settings")
    decision = "**Environment:** variables override the file, as containers expect."
    wrote(project, "s5-environment", {"src/settings.py": ENVIRONMENT}, title="Environment", decisions=[decision])
    saved("Environment variables win")
    path = project.root / "src" / "log.py"
    path.write_text(LOG.replace('{"debug", "trace"}', '{"debug", "trace", "verbose"}'), encoding="utf-8")
    saved("One more level, by hand")
    decision = "**Jitter:** the wait is random, because clients woke up together. Supersedes: Backoff."
    wrote(project, "s7-jitter", {"src/client.py": JITTER}, title="Jitter", decisions=[decision])
    saved("Jitter")
    decision = "**Health:** a plain GET, no new dependency."
    wrote(project, "s8-health", {"src/health.py": NEW}, title="Health check", decisions=[decision])
