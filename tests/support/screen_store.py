"""A project as it may look after some weeks, the same each time: what the snapshots of the screens show."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from ocm.base.model import FileChange, PlanFile, Reference, Session, WorkEntry
from ocm.git.blobs import example_id
from ocm.git.freshness import contents_now
from ocm.markdown.facts import content_line
from ocm.store.paths import Store
from tests.support.builders import commit, repository
from tests.support.session_store import make_store, put

NOW = datetime.fromisoformat("2026-03-20T17:05:00+01:00")
_ID = "{:08x}-6f0f-4f0e-9f0d-2f6f3d1c9a10"
_TITLES = (
    ("Move embeddings from vLLM to TEI", "claude-code", "feature/tei"),
    ("ログイン画面の再設計、フォームの検証とエラー表示を直す", "cursor", "feature/login"),
    ("Release 2.1 🚀 and what came after it", "codex", "main"),
    ("Retry policy for the HTTP client, with a timeout that grows and a limit on how often it is tried in all", "claude-code", "main"),
    ("Fix the flaky test of the importer", "gemini-cli", "fix/importer"),
    ("Read the configuration once", "claude-code", "main"),
)  # fmt: skip


def build(root: Path) -> Store:
    """Make the repository, its commits and its sessions."""
    with _at(NOW - timedelta(days=200)):
        repository(root)
    for name in ("src/embedding_server.py", "src/tei_client.py", "k8s/tei.yaml", "docs/old.md"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")
    store = make_store(root)
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text(".openCodeMemory\n", encoding="utf-8")
    for n in range(len(_TITLES)):
        put(store, f"{n}.md", _session(root, n))
    (root / "src" / "tei_client.py").write_text("changed\n", encoding="utf-8")
    (root / "docs" / "old.md").unlink()
    with _at(NOW - timedelta(hours=1)):
        commit(root, "Rename the client and drop the old page")
    return store


def _at(when: datetime) -> AbstractContextManager[object]:
    """Let git believe that it is then."""
    stamp = when.isoformat()
    return patch.dict(os.environ, {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp})


def _session(root: Path, n: int) -> Session:
    title, tool, branch = _TITLES[n]
    began = NOW - timedelta(hours=(2, 26, 30, 75, 300, 3000)[n], minutes=33)
    session = Session(
        _ID.format(0x0F6C1F7E + n * 0x1234567),
        title=title,
        goal="Cut p50 latency of the BGE-M3 endpoint by 40 %." if not n else title,
        slug=f"slug-{n}",
        tool=tool,
        branch=branch,
        project="inference",
        status="closed" if n else "open",
        started_at=began.isoformat(timespec="seconds"),
        updated_at=(began + timedelta(minutes=50)).isoformat(timespec="seconds"),
        files=[FileChange("src/embedding_server.py", "modified")],
        facts=[f"checkpoints {n + 1}", f"calls {12 * (n + 1)}", *(["denials 2", "reminders 3"] if n == 1 else [])],
    )
    return _full(root, session) if not n else session


def _full(root: Path, session: Session) -> Session:
    session.work_completed = ["HTTP client for TEI in `src/tei_client.py`"]
    session.work_pending = ["Tune the batch size (32 now, 64 wanted)", "バッチサイズを測る"]
    session.files = [
        FileChange("k8s/tei.yaml", "created"),
        FileChange("src/embedding_server.py", "modified"),
        FileChange("src/tei_client.py", "modified"),
        FileChange("docs/old.md", "deleted"),
    ]
    oids = contents_now(str(root), {change.path for change in session.files})
    assert example_id(str(root))
    session.facts += [content_line(path, oid) for path, oid in sorted(oids.items())]
    session.diff_summary = "3 files changed, 187 insertions(+), 43 deletions(-)"
    session.work = [
        WorkEntry("2026-03-20 15:10 · a3f1c99", ["TEI at 38 ms p50, Infinity at 61 ms: TEI chosen"]),
        WorkEntry("2026-03-20 15:20 · d8e2f04 · git_commit", ["Retry and timeout in the client", "Wrote it up:\n\n```python\nwait(2 ** attempt)\n```"]),
    ]  # fmt: skip
    session.plan_files = [PlanFile("docs/plans/tei.md", "TEI Migration Plan, phase 1")]
    session.decisions = ["**TEI over Infinity:** native BGE-M3 support; Infinity needed patching."]
    session.problems = ["p99 latency spikes under 100 RPS: OOM in the sidecar, not fixed yet"]
    session.references = [Reference("https://example.org/tei", "TEI documentation")]
    return session
