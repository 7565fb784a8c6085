"""Many first checkpoints at the same moment: how many are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.bench.table import Detail, Row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.setting import Setting
    from tests.bench.sides import Side

RACERS, ROUNDS, SLOW_ROUNDS = 8, 10, 3
_SLOW_GIT = '#!/bin/sh\ncase "$*" in *diff*|*status*|*ls-files*) sleep 1;; esac\nexec {git} "$@"\n'


def crowd(setting: Setting) -> list[Row | Detail]:
    """Count what is kept of simultaneous first checkpoints, with git as it is and with a slow one."""
    sides = (setting.ours, setting.reference)
    fast = [_first_checkpoints(side, side.project(), ROUNDS) for side in sides]
    series = [_series(side, side.project()) for side in sides]
    slow = [_with_slow_git(side, setting.folder) for side in sides]
    together = "parallel first checkpoints of one session"
    return [
        _row(f"{ROUNDS} x {RACERS} {together}, lost", fast, RACERS * ROUNDS),
        _row(f"{RACERS} processes with {ROUNDS} checkpoints each of one new session, lost", series, RACERS * ROUNDS),
        _row(f"{SLOW_ROUNDS} x {RACERS} {together}, git takes a second, lost", slow, RACERS * SLOW_ROUNDS),
    ]


def _row(what: str, kept: list[int], count: int) -> Row:
    here, there = (f"{number} of {count} kept" for number in kept)
    return Row(what, count - kept[0], 0, count, here, f"reference {there}", least=count, unit="")


def _first_checkpoints(side: Side, project: Path, rounds: int, path: str = "") -> int:
    """Start the racers of each round at once; every session is new in its round."""
    kept = 0
    for number in range(rounds):
        key = f"race-{rounds}-{number}"
        _race(side, project, [[_checkpoint(side, key, f"item {racer} of {key}")] for racer in range(RACERS)], path)
        kept += sum(f"item {racer} of {key}" in _stored(side, project, key) for racer in range(RACERS))
    return kept


def _series(side: Side, project: Path) -> int:
    """Let every racer store one thing after another in the same session."""
    items = [[f"item {racer}-{number} of series" for number in range(ROUNDS)] for racer in range(RACERS)]
    _race(side, project, [[_checkpoint(side, "series", item) for item in mine] for mine in items])
    stored = _stored(side, project, "series")
    return sum(item in stored for mine in items for item in mine)


def _checkpoint(side: Side, key: str, item: str) -> list[str]:
    return [str(side.commands / "ocm"), "checkpoint", "--session-id", key, "--summary", item]


def _race(side: Side, project: Path, commands: list[list[list[str]]], path: str = "") -> None:
    """Run lists of commands beside each other; all begin when they are told to."""
    script = 'read -r go; for line in "$@"; do eval "$line"; done'
    variables = {**side.environment, "PATH": path or side.environment["PATH"]}
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    racers = [
        subprocess.Popen(
            ["/bin/sh", "-c", script, "racer", *(" ".join(f"'{word}'" for word in words) for words in series)],
            cwd=project, env=variables, stdin=pipe, stdout=quiet, stderr=quiet,
        )
        for series in commands
    ]  # fmt: skip
    for racer in racers:
        if racer.stdin:
            racer.stdin.write(b"go\n")
            racer.stdin.flush()
    for racer in racers:
        racer.communicate()


def _stored(side: Side, project: Path, key: str) -> str:
    """Return what the system shows of a session, on one line."""
    shown = subprocess.run(
        [str(side.commands / "ocm"), "show", key], cwd=project, env=side.environment, check=False, capture_output=True
    )
    return " ".join(shown.stdout.decode().split())


def _with_slow_git(side: Side, folder: Path) -> int:
    """Put a git in front that takes a second for whatever looks at the work tree."""
    shims = folder / f"slow-{type(side).__name__}"
    shims.mkdir()
    (shims / "git").write_text(_SLOW_GIT.format(git=shutil.which("git")), encoding="utf-8")
    (shims / "git").chmod(0o755)
    path = os.pathsep.join([str(shims), side.environment["PATH"]])
    return _first_checkpoints(side, side.project(), SLOW_ROUNDS, path)
