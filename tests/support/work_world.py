"""Sessions that do real work in a repository: what they write, checkpoint and commit, for tests of why a line is there."""

from __future__ import annotations

from typing import Any

from ocm.git import fingerprints
from ocm.markdown import parse
from ocm.markdown.facts import Facts
from ocm.markdown.fingerprint_lines import Unit
from ocm.provenance import commit_links, why
from ocm.provenance.commit_links import View
from ocm.provenance.ledger import Entry
from tests.support.builders import Project, commit, git

BODY = """\
import time


def fetch(url):
    for attempt in range(5):
        time.sleep(2 ** attempt)
        yield attempt, url


def close(client):
    client.connection.shutdown()
    client.connection = None
"""


def wrote(project: Project, session_id: str, files: dict[str, str], **checkpoint: Any) -> None:
    """Let a session write files and save a checkpoint."""
    project.hook("session-start", session_id=session_id, source="startup")
    for name, text in files.items():
        path = project.root / name
        kind = "update" if path.exists() else "create"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        project.edited(str(path), session_id=session_id, kind=kind)
    project.checkpoint(session_id, **checkpoint)


def retried(project: Project, session_id: str = "S", name: str = "src/client.py") -> None:
    """Let a session write the client, with the decision behind its retries."""
    wrote(
        project,
        session_id,
        {name: BODY},
        goal="A client that survives a slow server",
        title="Retries in the client",
        decisions=["**Backoff:** fetch waits 2 ** attempt seconds; a fixed wait hammered the server."],
        work_summary=["Five attempts in fetch, tested against a server that fails twice"],
    )


def ask(project: Project, name: str, line: int | None = None, last: int | None = None) -> dict[str, Any]:
    """Return the one origin of a line, or the answer for a file."""
    found = why.why(project.store, name, line, last)
    if line is None:
        return found
    (origin,) = found["origins"]
    return dict(origin)


def sources(origin: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Return who is named for a line, how that is known, and whether it is certain."""
    return [(one["session_id"], one["how"], one["sure"]) for one in origin["sessions"]]


def matched(project: Project, commit_id: str) -> list[tuple[str, str, bool]]:
    """Return the sessions of a commit."""

    def work(view: View) -> list[tuple[str, str, bool]]:
        made = view.links.commit(commit_id)
        found = commit_links.sessions_of(view.links, made) if made else []
        return [(_id_of(view, match), match.how, match.sure) for match in found]

    return commit_links.read(project.store, work)


def _id_of(view: View, match: fingerprints.Match) -> str:
    row = view.cache.in_file(match.session)
    return row.session_id if row else ""


def squashed(project: Project, branch: str) -> str:
    """Squash-merge a branch into main, delete it, and return the new commit."""
    git(project.root, "checkout", "-q", "main")
    git(project.root, "merge", "-q", "--squash", branch)
    sha = commit(project.root, f"{branch} in one")
    git(project.root, "branch", "-q", "-D", branch)
    return sha


def units(project: Project, session_id: str = "S") -> list[Unit]:
    """Return what a session recorded."""
    found = (parse.parse(file.read_text(encoding="utf-8")) for file in project.files())
    return next(Facts.parse(one.facts).units() for one in found if one.session_id == session_id)


def committed(project: Project, session_id: str = "S") -> None:
    """Let the assistant run git, and save."""
    fields = {"tool_name": "Bash", "tool_input": {"command": "git commit -m x"}, "tool_response": {}}
    project.hook("post-tool-use", session_id=session_id, **fields)
    project.checkpoint(session_id, work_summary=[f"saved {len(git(project.root, 'rev-list', '--all'))}"])


def entries(*texts: str) -> list[Entry]:
    """Return items as they were recorded one after the other."""
    return [Entry(f"{n}.md", 0, text, float(n)) for n, text in enumerate(texts)]
