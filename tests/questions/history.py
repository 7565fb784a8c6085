"""Sessions beside a real history: each writes what a real commit holds, and saves it a minute before that commit.

The commits, their diffs and git's answers are real; so is the way from an edit to a session file: hooks, journal,
checkpoint. Only the clock is set, because a session that began after a commit cannot have made it.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest

from ocm.provenance import ledger, why
from ocm.sessions import gather
from tests.support.builders import Project, git

_FOLDER = Path(__file__).parent
_BEFORE, _LONG = 60, 600  # seconds from a checkpoint to its commit; how long a session had been at work by then
Facts = dict[str, Any]


def facts(name: str) -> Facts:
    """Return a set of questions: `head`, `sessions` with the `steps` of each, and `questions` with their answers."""
    found: Facts = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def own(folder: Path, asked: Facts) -> Path:
    """Return a clone of the repository that these tests are in; it skips where there is no whole history."""
    root = _FOLDER.parents[1]
    if not (root / ".git").exists():
        pytest.skip("these files are in no repository, so they have no history")
    if git(root, "rev-parse", "--is-shallow-repository") != "false":
        pytest.skip("this clone is shallow, so its history cannot be asked about")
    wanted = [asked["head"], *(step["commit"] for one in asked["sessions"] for step in one["steps"])]
    if not all(_has(root, sha) for sha in wanted):
        pytest.skip("this history was rewritten since the questions were checked")
    return cloned(root, folder, asked, "--shared")


def _has(root: Path, sha: str) -> bool:
    return git(root, "rev-list", "--ignore-missing", "--max-count=1", sha, "--") == sha


def public(folder: Path, asked: Facts) -> Path:
    """Return a repository made of the bundle that lies here."""
    return cloned(_FOLDER / asked["bundle"], folder, asked)


def cloned(source: Path, folder: Path, asked: Facts, *options: str) -> Path:
    """Clone a history as far as the questions' `head`: what came later is none of theirs."""
    git(folder.parent, "clone", "-q", "--no-checkout", "--no-tags", *options, str(source), str(folder))
    git(folder, "checkout", "-q", "--detach", asked["head"])
    git(folder, "remote", "remove", "origin")
    for branch in git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads").split():
        git(folder, "branch", "-q", "-D", branch)
    return folder


# --- the sessions


class _Clock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Clock:
        return cls.fromtimestamp(time.time(), tz)


def build(root: Path, asked: Facts, patch: pytest.MonkeyPatch) -> Project:
    """Let each session do its steps, the oldest commit first, and leave the work tree as `head` has it."""
    clock = [0.0]
    patch.setattr(time, "time", lambda: clock[0])
    patch.setattr(gather, "datetime", _Clock)
    project = Project(root)
    steps = [(one, step) for one in asked["sessions"] for step in one["steps"]]
    made = {step["commit"]: int(git(root, "show", "-s", "--format=%ct", step["commit"])) for _, step in steps}
    for one, step in sorted(steps, key=lambda pair: made[pair[1]["commit"]]):
        clock[0] = float(made[step["commit"]] - _BEFORE - _LONG)
        _begin(project, one["id"], step["commit"])
        clock[0] += _LONG
        _work(project, one, step)
    git(root, "checkout", "-q", "-f", "--detach", asked["head"])
    git(root, "clean", "-q", "-f", "-d")
    return project


def _begin(project: Project, session_id: str, commit: str) -> None:
    git(project.root, "checkout", "-q", "-f", "--detach", f"{commit}^")
    git(project.root, "clean", "-q", "-f", "-d")
    project.hook("session-start", session_id=session_id, source="startup")


def _work(project: Project, one: Facts, step: Facts) -> None:
    """Make the change of a commit, or its part in some files, and save it with the decision behind it."""
    changes = git(
        project.root, "diff-tree", "-r", "--no-renames", "--name-status", "-z", f"{step['commit']}^", step["commit"]
    )
    fields = changes.split("\0")
    for kind, path in zip(fields[::2], fields[1::2], strict=False):
        if path not in step.get("files", [path]):
            continue
        full = project.root / path
        if kind == "D":
            full.unlink()
        else:
            git(project.root, "restore", f"--source={step['commit']}", "--worktree", "--", path)
        project.edited(str(full), session_id=one["id"], kind="create" if kind == "A" else "update")
    project.checkpoint(one["id"], title=one["title"], goal=one["title"], decisions=step["decisions"])


# --- the questions


def text_of(project: Project, question: Facts) -> str:
    """Return the line that is asked about, as it stands there."""
    path: Path = project.root / question["file"]
    return str(path.read_text(encoding="utf-8").splitlines()[question["line"] - 1].strip())


def answered(project: Project, question: Facts) -> Facts:
    """Return a question with what is answered now in the place of what was checked by hand."""
    (found,) = why.why(project.store, question["file"], question["line"])["origins"]
    first, decided = next(iter(found["sessions"]), None), next(iter(found["decisions"]), None)
    ended = decided["superseded"] if decided else None
    return {
        **question,
        "commit": found["commit"]["sha"],
        "session": first["session_id"] if first else None,
        **({"sure": first["sure"]} if first else {}),
        "decision": decided["label"] if decided else None,
        **({"ended_by": ledger.label(ended["by"])} if ended else {}),
    }
