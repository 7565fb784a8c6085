"""What a hook costs over a bare interpreter, in a small repository and in a large one, and with a long payload."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.bench.setting import Setting, settle
from tests.bench.sides import payload
from tests.bench.table import Detail, Row
from tests.bench.timing import WARM, Command, Samples, alternate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.sides import Side

MOST_OVER_BARE, MOST_OVER_SMALL = 2.0, 1.1
EVENTS = {"post-tool-use": "PostToolUse", "pre-tool-use": "PreToolUse"}
LONG = 20_000_000
_READ_ALL = "import os\nwhile os.read(0, 1 << 20): pass"


def hooks(setting: Setting) -> list[Row | Detail]:
    """Measure both hooks of both systems over a bare interpreter."""
    here = setting.ours.project()
    jobs = {"bare": setting.ours.command(here, "python", "-c", "pass").wall}
    jobs |= _jobs("here", setting.ours, here) | _jobs("reference", setting.reference, setting.reference.project())
    samples = alternate(jobs, setting.runs)
    _all_journaled(here, setting.runs)
    found: list[Row | Detail] = []
    for event in EVENTS:
        ratio, other = samples.ratio(f"here {event}", "bare"), samples.ratio(f"reference {event}", "bare")
        bare = f"bare interpreter {samples.ms('bare')}; reference {samples.ms(f'reference {event}')}, {other:.2f}x"
        runs = samples.count("bare", f"here {event}", f"reference {event}")
        name = f"`ocm-hook {event}` over `python -c pass`"
        low = samples.low(f"here {event}", "bare")
        found.append(Row(name, ratio, MOST_OVER_BARE, runs, samples.ms(f"here {event}"), bare, low=low))
    return found


def _jobs(name: str, side: Side, project: Path) -> dict[str, Callable[[], float]]:
    return {
        f"{name} {event}": side.hook(project, event, payload(project, wired, f"bench-{event}")).wall
        for event, wired in EVENTS.items()
    }


def _all_journaled(project: Path, runs: int) -> None:
    """Make sure that what was so quick did its work."""
    journal = project / ".openCodeMemory" / "active_bench-post-tool-use.jsonl"
    lines = journal.read_bytes().count(b'{"e":"call"')
    if lines != runs + WARM:
        raise RuntimeError(f"{journal} holds {lines} calls, not {runs + WARM}")


def large(setting: Setting) -> list[Row | Detail]:
    """Measure both hooks in a large repository over an empty one."""
    files, dirty = setting.files
    small, big = setting.ours.project(files=0, dirty=0), setting.ours.project(files=files, dirty=dirty)
    theirs = setting.reference.project(files=files, dirty=dirty)
    settle()
    jobs = _jobs("small", setting.ours, small) | _jobs("large", setting.ours, big)
    jobs |= _jobs("reference", setting.reference, theirs)
    samples = alternate(jobs, setting.runs)
    where = f"{files:,} files with {dirty} dirty"
    return [_large_row(samples, event, where) for event in EVENTS]


def _large_row(samples: Samples, event: str, where: str) -> Row:
    here, small, other = f"large {event}", f"small {event}", f"reference {event}"
    beside = f"empty repository {samples.ms(small)}; reference {samples.ms(other)}"
    name = f"`ocm-hook {event}` in {where} over an empty repository"
    runs = samples.count(here, small, other)
    low = samples.low(here, small)
    return Row(name, samples.ratio(here, small), MOST_OVER_SMALL, runs, samples.ms(here), beside, low=low)


def long_payload(setting: Setting) -> list[Row | Detail]:
    """Measure a payload of 20 MB beside one of 1 kB, and beside reading as much and doing nothing."""
    found: list[Row | Detail] = []
    for side, name in ((setting.ours, "here"), (setting.reference, "reference")):
        project = side.project()
        data = {f"{size}": payload(project, "PostToolUse", "long", size=size) for size in (1000, LONG)}
        jobs = {size: side.hook(project, "post-tool-use", whole).wall for size, whole in data.items()}
        read = [str(setting.ours.commands / "python"), "-c", _READ_ALL]
        jobs |= {f"read {size}": Command(read, project, side.environment, whole).wall for size, whole in data.items()}
        samples = alternate(jobs, setting.runs)
        ratio = samples.ratio(str(LONG), "1000")
        mine = f"{samples.ms(str(LONG))}, {ratio:.2f}x of one with 1 kB ({samples.ms('1000')})"
        floor = f"reading alone {samples.ms(f'read {LONG}')} and {samples.ms('read 1000')}"
        found.append(Detail(f"`post-tool-use` with a payload of 20 MB, {name}", mine, floor, samples.count(*jobs)))
    return found


if __name__ == "__main__":
    from tests.bench.__main__ import main

    sys.exit(main(["--rows", "hooks,large"]))
