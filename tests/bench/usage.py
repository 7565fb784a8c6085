"""The command line, memory and disk at few and at many sessions, for whoever wants to know."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from tests.bench import corpus
from tests.bench.calls import CHECKPOINT, SEARCH
from tests.bench.setting import Setting, settle
from tests.bench.sides import STORE, payload
from tests.bench.table import Detail, Row
from tests.bench.timing import alternate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.sides import Side
    from tests.bench.timing import Command

PEAKS, CALLS = 5, 50
COMMANDS = {
    "ocm checkpoint": ("ocm", "checkpoint", "--session-id", corpus.session_id(3), "--goal", "a goal"),
    "ocm search": ("ocm", "search", "default encoding"),
    "ocm list": ("ocm", "list"),
}


def commands(setting: Setting) -> list[Row | Detail]:
    """Measure whole commands."""
    found: list[Row | Detail] = []
    for size in setting.sizes:
        sides = {"here": setting.ours, "reference": setting.reference}
        jobs = {f"{name} {what}": job.wall for name, side in sides.items() for what, job in _all(side, size).items()}
        settle()
        samples = alternate(jobs, setting.runs)
        found += [
            Detail(f"`{what}` at {size:,}", samples.ms(f"here {what}"), samples.ms(f"reference {what}"), setting.runs)
            for what in _all(setting.ours, size)
        ]
    return found


def _all(side: Side, size: int) -> dict[str, Command]:
    project = side.project(size)
    data = payload(project, "PostToolUse", corpus.session_id(4))
    hooks = {f"ocm-hook {event}": side.hook(project, event, data) for event in ("post-tool-use", "pre-tool-use")}
    return {what: side.command(project, *words) for what, words in COMMANDS.items()} | hooks


def memory(setting: Setting) -> list[Row | Detail]:
    """Measure the memory that commands and servers have at most."""
    found: list[Row | Detail] = []
    for size in setting.sizes:
        ours, theirs = _all(setting.ours, size), _all(setting.reference, size)
        for what, command in ours.items():
            samples = alternate({"here": command.peak, "reference": theirs[what].peak}, PEAKS, warm=1)
            found.append(_megabytes(f"`{what}` at {size:,}", samples.median("here"), samples.median("reference")))
        found.append(_megabytes(f"server at {size:,}", _served(setting.ours, size), _served(setting.reference, size)))
    rebuild = _rebuild(setting)
    return [*found, Detail(f"most memory of a cold rebuild of {setting.most:,}", f"{rebuild():.0f} MB", "-", 1)]


def _megabytes(what: str, here: float, there: float) -> Detail:
    return Detail(f"most memory: {what}", f"{here:.0f} MB", f"{there:.0f} MB", PEAKS)


def _served(side: Side, size: int) -> float:
    """Return what a server had at most after so many calls of both kinds."""
    with closing(side.serve(side.project(size))) as server:
        for number in range(CALLS):
            server.call(SEARCH, query="default encoding")
            server.call(CHECKPOINT, session_id=corpus.session_id(5), work_summary=[f"step {number}"])
        return server.memory()


def _rebuild(setting: Setting) -> Callable[[], float]:
    project = setting.ours.project(setting.most)
    (project / STORE / "memory.db").unlink(missing_ok=True)
    return setting.ours.command(project, "ocm", "rebuild-index").peak


def disk(setting: Setting) -> list[Row | Detail]:
    """Measure what the stores take."""
    found: list[Row | Detail] = []
    for size in setting.sizes:
        here, there = (_database(side.project(size)) for side in (setting.ours, setting.reference))
        found.append(Detail(f"database at {size:,} sessions", here, there, 1))
    return found


def _database(project: Path) -> str:
    size = sum(path.stat().st_size for path in (project / STORE).glob("memory.db*"))
    return f"{size / 1e6:.2f} MB"
