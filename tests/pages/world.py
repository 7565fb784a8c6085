"""The project of which the pages show commands: the recorded conversation took place in it, and was committed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from ocm.cli import demo
from tests.bench.sides import GIT

_SECONDS = 60
_OLDER = (
    "ocm checkpoint --session-id 0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10 --slug start-page --tool codex"
    " --goal 'The start page loads in under a second' --completed 'Pictures are made small when they are uploaded'"
    " --decision '**Pictures:** made small on upload; on request it took two seconds each' --status closed"
)


class World:
    """A repository with two sessions in its store, made by the real hooks and the real server."""

    def __init__(self, folder: Path) -> None:
        """Play the conversation in a folder."""
        self.played = demo._Demo(os.path.realpath(folder))
        self.played.environment |= {
            **GIT, "LANG": "C.UTF-8", "TZ": "UTC", "COLUMNS": "100", "NO_COLOR": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }  # fmt: skip
        recorded = json.loads(Path(demo._CONVERSATION).read_text(encoding="utf-8"))
        with contextlib.redirect_stdout(io.StringIO()):
            self.played.set_up(recorded["repository"])
            self.run(_OLDER)
            self.some_time_ago()
            for event in recorded["events"]:
                self.played.replay(event["payload"])
        later = f"@{int(time.time()) + 60} +0000"  # not in the second of the last checkpoint
        self.played.environment |= {"GIT_AUTHOR_DATE": later, "GIT_COMMITTER_DATE": later}
        self.run("git add -A && git commit -qm 'Retry the warehouse with backoff'")
        self.run("ocm list")

    def some_time_ago(self) -> None:
        """Let what is stored so far be older, as if someone had moved the dates in its file."""
        for file in (Path(self.played.project) / ".openCodeMemory" / "sessions").iterdir():
            text = file.read_text(encoding="utf-8")
            file.write_text(
                re.sub(r"(?m)^((?:started|updated|ended)_at:|dated) \S+T", r"\1 2026-03-02T", text), encoding="utf-8"
            )

    def run(self, command: str) -> str:
        """Run a command as a person types it, and return all that it prints.

        Raises:
            RuntimeError: it fails.
        """
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.played.project,
            env=self.played.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} exits {done.returncode}: {done.stdout}")
        return done.stdout.replace(self.played.project, "~/shop").replace(self.played.home, "~")
