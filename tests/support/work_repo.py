"""A real repository in a temporary folder, and a session that works in it."""

import os
import subprocess
import time
from pathlib import Path

from ocm.git import changes, worktree
from ocm.git.changes import Changes
from ocm.store.paths import git_head

GIT_CONFIG = """\
[user]
    name = Tester
    email = tester@example.org
[init]
    defaultBranch = main
[commit]
    gpgsign = false
[protocol "file"]
    allow = always
[pull]
    rebase = false
[advice]
    detachedHead = false
"""


POSIX = os.name != "nt"


class WorkRepo:
    """A repository, and a session that began in it at `start()`."""

    def __init__(self, path: Path, *, init: tuple[str, ...] | None = ()) -> None:
        self.path = path
        self.root = str(path)
        self.sha = ""
        self.since = 0.0
        self.deleted: list[str] | None = None
        if init is not None:
            path.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", *init)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, name: str, text: str = "one\ntwo\n") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return path

    def commit(self, message: str = "work") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def start(self) -> "WorkRepo":
        """Begin a session, a moment after all that was done before."""
        time.sleep(0.03)
        self.sha = git_head(self.root)[0]
        self.deleted = worktree.deleted_now(self.root)
        self.since = time.time()
        return self

    def changes(
        self,
        *,
        root: str = "",
        touched: set[str] | None = None,
        others: set[str] | None = None,
        forget_deleted: bool = False,
    ) -> Changes:
        found = changes.since_start(
            root or self.root,
            self.sha,
            self.since,
            deleted_before=None if forget_deleted else self.deleted,
            touched=touched or set(),
            others=others or set(),
        )
        assert found is not None
        return found

    def seen(self, **how: object) -> dict[str, str]:
        """Return path → kind of what the session changed; a renamed file's is its old path with an arrow."""
        found = self.changes(**how)  # type: ignore[arg-type]
        return {file.path: f"{file.old_path} →" if file.old_path else file.change_type for file in found.files}


def clone(repo: WorkRepo, path: Path) -> WorkRepo:
    repo.git("clone", "-q", repo.root, str(path))
    return WorkRepo(path, init=None)


def with_feature(repo: WorkRepo) -> str:
    """Add a branch on which a file differs, one is new and one is gone."""
    repo.git("checkout", "-q", "-b", "feature")
    repo.write("a.py", "feature\n")
    repo.write("feature.py")
    repo.git("rm", "-q", "src/b.py")
    sha = repo.commit("feature")
    repo.git("checkout", "-q", "main")
    return sha


def three_files(path: Path) -> WorkRepo:
    """Return a repository with three committed files, and no session yet."""
    made = WorkRepo(path)
    made.write("a.py", "a\n" * 20)
    made.write("src/b.py", "b\n" * 20)
    made.write("src/c.py", "c\n" * 20)
    made.commit("base")
    return made
