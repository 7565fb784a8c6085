"""An installation of ocm in an environment of its own: commands, hooks as hosts run them, and servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.bench.wire import Stdio

ROOT = Path(__file__).resolve().parents[2]
_KEPT = frozenset({"PATH", "LANG", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"})
_PIP = ("-m", "pip", "-qq", "--disable-pip-version-check")


def has_commit(commit: str) -> bool:
    """Return whether the history of this repository is here, with this commit in it."""
    asked = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def unpack(commit: str, folder: Path) -> Path:
    """Put the tree of a commit into a folder."""
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def wheel(tree: Path, folder: Path) -> Path:
    """Build the wheel of a tree."""
    subprocess.run([sys.executable, *_PIP, "wheel", "--no-deps", "-w", str(folder), str(tree)], check=True)
    (built,) = folder.glob("ocm_journal-*.whl")
    return built


@dataclass(frozen=True)
class Installation:
    """An environment below `base`, and the home of the user who works with it."""

    base: Path

    @property
    def commands(self) -> Path:
        """Return the folder of its commands."""
        return self.base / "env" / ("Scripts" if os.name == "nt" else "bin")

    @property
    def home(self) -> Path:
        """Return the home of its user."""
        return self.base / "home"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that its commands run with."""
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("PIP_")}
        path = os.pathsep.join([str(self.commands), kept.get("PATH", "")])
        return kept | {"HOME": str(self.home), "USERPROFILE": str(self.home), "PATH": path}

    def create(self) -> None:
        """Make the environment."""
        self.home.mkdir(parents=True)
        venv.create(self.base / "env", with_pip=True)

    def install(self, package: Path) -> None:
        """Install a wheel, over the one that is there."""
        words = [str(self.commands / "python"), *_PIP, "install"]
        subprocess.run([*words, str(package)], env=self.environment, check=True)
        again = ["--force-reinstall", "--no-deps"]  # two builds of one version are not told apart otherwise
        subprocess.run([*words, *again, str(package)], env=self.environment, check=True)

    def ocm(self, project: Path, *words: str) -> str:
        """Run a command of a person, which must succeed, and return what it prints."""
        done = subprocess.run(
            [str(self.commands / "ocm"), *words],
            cwd=project,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def fire(self, project: Path, event: str, **fields: Any) -> dict[str, Any]:
        """Run the hooks of one event as Claude Code does: the commands that its settings name, through a shell."""
        settings = json.loads((project / ".claude" / "settings.json").read_text(encoding="utf-8"))
        given = json.dumps({"cwd": str(project), "hook_event_name": event, **fields})
        handlers = [one for group in settings["hooks"][event] for one in group["hooks"] if "ocm-hook" in str(one)]
        assert handlers, event
        answers = []
        for handler in handlers:
            done = subprocess.run(
                ["sh", "-c", handler["command"]],
                input=given,
                cwd=project,
                env=self.environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, done.stderr
            answers += [json.loads(done.stdout)] if done.stdout.strip() else []
        return answers[0] if answers else {}

    def serve(self, project: Path) -> Stdio:
        """Start the server as a host does."""
        return Stdio([str(self.commands / "ocm"), "serve"], project, self.environment)
