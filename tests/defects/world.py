"""A private world for one test: a home, a git repository, and an environment that reaches nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

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
[core]
    autocrlf = false
"""


def _git_binary() -> str:
    """Find the real git."""
    found = shutil.which("git")
    if found is None:
        message = "these tests need git"
        raise RuntimeError(message)
    return found


@dataclass
class World:
    """Where one test lives: everything below `root`, with its own home and search path."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The home directory of the test's user."""
        return self.root / "home"

    @property
    def shims(self) -> Path:
        """A directory in front of the search path, for commands that a test replaces."""
        return self.root / "shims"

    @property
    def project(self) -> Path:
        """The git repository that most tests work in."""
        return self.root / "proj"

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run the real git in the project, and return what it printed."""
        command = [_git_binary(), *arguments]
        where = self.project if cwd is None else cwd
        done = subprocess.run(command, cwd=where, env=self.environment, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def write(self, name: str, text: str, base: Path | None = None) -> Path:
        """Write a file of the project."""
        path = (self.project if base is None else base) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, message: str, cwd: Path | None = None) -> str:
        """Commit all that is there, and return the new commit's id."""
        self.git("add", "-A", cwd=cwd)
        self.git("commit", "-q", "--allow-empty", "-m", message, cwd=cwd)
        return self.git("rev-parse", "HEAD", cwd=cwd)

    def new_repository(self, name: str) -> Path:
        """Make a git repository of three small files and one commit."""
        path = self.root / name
        path.mkdir()
        self.git("init", "-q", cwd=path)
        for source in ("src/a.py", "src/b.py", "README.md"):
            self.write(source, f"# {source}\n" * 12, base=path)
        self.commit("first", cwd=path)
        return path

    def slow_git(self, seconds: float) -> None:
        """Put a git in front of the search path that takes its time over what looks at the work tree."""
        shim = self.shims / "git"
        script = f'#!/bin/sh\ncase "$*" in *diff*|*status*) sleep {seconds};; esac\nexec {_git_binary()} "$@"\n'
        shim.write_text(script, encoding="utf-8")
        shim.chmod(0o755)


def make_world(root: Path, bin_dir: Path) -> World:
    """Make a home where Claude Code is used, a search path with the system under test, and one repository."""
    world = World(root)
    for folder in (world.home / ".claude", world.shims):
        folder.mkdir(parents=True)
    (world.home / ".gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    search_path = [world.shims, bin_dir, Path(_git_binary()).parent, Path("/usr/bin"), Path("/bin")]
    kept = {name: value for name, value in os.environ.items() if name.startswith(("COV_", "COVERAGE_", "SYSTEMROOT"))}
    world.environment = kept | {
        "PATH": os.pathsep.join(str(path) for path in search_path),
        "HOME": str(world.home),
        "USERPROFILE": str(world.home),
        "OCM_HOME": str(world.home / ".openCodeMemory"),
        "GIT_CONFIG_GLOBAL": str(world.home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
    }
    world.new_repository("proj")
    return world
