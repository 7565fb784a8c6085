"""What a person waits for: short commands over a bare interpreter, and the demo from nothing to its end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tests.bench.setting import Setting, settle
from tests.bench.table import Detail, Row
from tests.bench.timing import Command, alternate, at_least

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS, DEMOS, MOST_SECONDS = 1_000, 5, 10.0
COMMANDS = {
    ("ocm", "--version"): 2.5,
    ("ocm", "list"): 6.0,
    ("ocm", "search", "default encoding"): 6.0,
}


def terminal(setting: Setting) -> list[Row | Detail]:
    """Measure commands in a store of many sessions, which the reference has beside it."""
    here, there = setting.ours, setting.reference
    project, theirs = here.project(SESSIONS), there.project(SESSIONS)
    jobs = {"bare": here.command(project, "python", "-c", "pass").wall}
    for words in COMMANDS:
        jobs[f"here {words}"] = here.command(project, *words).wall
        if words[1] != "--version":  # it has none
            jobs[f"reference {words}"] = there.command(theirs, *words).wall
    settle()
    samples = alternate(jobs, setting.runs)
    found: list[Row | Detail] = []
    for words, most in COMMANDS.items():
        mine, other = f"here {words}", f"reference {words}"
        name = f"`{' '.join(words[:2])}` at {SESSIONS:,} sessions over `python -c pass`"
        over = f"bare interpreter {samples.ms('bare')}"
        if other in jobs:
            over += f"; reference {samples.ms(other)}, {samples.ratio(other, 'bare'):.2f}x"
        low = samples.low(mine, "bare")
        found.append(
            Row(name, samples.ratio(mine, "bare"), most, samples.count("bare", mine), samples.ms(mine), over, low=low)
        )
    return found


def demo(setting: Setting) -> list[Row | Detail]:
    """Measure the whole demo, in an empty home."""
    command = demo_command(setting.ours.commands, setting.folder / "demo-home")
    samples = alternate({"demo": command.wall}, DEMOS, warm=1)
    took = samples.values["demo"]
    beside = f"quickest {min(took):.1f} s"
    name = "`ocm demo` from nothing to its end"
    median = samples.median("demo")
    low = at_least(took)
    return [Row(name, median, MOST_SECONDS, DEMOS, f"{median:.1f} s", beside, least=DEMOS, unit=" s", low=low)]


def demo_command(commands: Path, home: Path) -> Command:
    """Name the demo, for a user who has nothing but git and what is installed."""
    home.mkdir(exist_ok=True)
    path = os.pathsep.join([str(commands), os.environ.get("PATH", os.defpath)])
    return Command([str(commands / "ocm"), "demo"], home, {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"})


if __name__ == "__main__":
    from tests.bench.__main__ import main

    sys.exit(main(["--rows", "terminal,demo"]))
