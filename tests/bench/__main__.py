"""The benchmark: `python -m tests.bench [--short] [--rows NAME,…] [--records FILE.jsonl] [--out FILE]`.

Both systems in environments of their own, side by side, runs that alternate, medians. Writes the table as markdown and
exits 1 where a row lacks its runs or misses its figure. The short form, with few sessions, exits 1 where a figure is worse
than in `RESULTS.md` (see `regression.py`); the whole of it writes the figures of both.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import calls, conversation, crowd, hooks, install_size, rebuild, regression, start, terminal, usage
from tests.bench.setting import Setting
from tests.bench.table import HEAD, Detail, Report, Row, grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path(__file__).with_name("RESULTS.md")
SHORT = ("hooks", "checkpoint", "search", "rebuild", "size", "start", "tokens", "conversation", "terminal", "install")
MEASUREMENTS: dict[str, Callable[[Setting], list[Row | Detail]]] = {
    "hooks": hooks.hooks,
    "large": hooks.large,
    "checkpoint": calls.checkpoint,
    "search": calls.search,
    "rebuild": rebuild.rebuild,
    "size": rebuild.size,
    "start": start.start,
    "crowd": crowd.crowd,
    "tokens": start.tokens,
    "conversation": conversation.conversation,
    "payload": hooks.long_payload,
    "unusual": calls.unusual,
    "commands": usage.commands,
    "memory": usage.memory,
    "disk": usage.disk,
    "terminal": terminal.terminal,
    "demo": terminal.demo,
    "install": install_size.install,
}
INTRODUCTION = """\
# What it costs

Written by `python -m tests.bench{options}` on {day}: {machine}. Both systems are installed in environments of their
own and hold the same made-up sessions of about 4 kB; each turn runs every side once, so that what slows the machine
slows both; figures are medians, in wall-clock time where nothing else is said. The reference is openCodeMemory 0.2.0
with `mcp<2`, without which its server does not start, over the only transport it has, HTTP on this machine; ours is
over pipes, as hosts start it. The rebuild is in processor time on one core and takes many seconds, so it runs five
times; what is counted rather than timed runs once. Ratios travel from one machine to another, milliseconds do not.
"""
SHORT_INTRODUCTION = """\
What `python -m tests.bench --short` compares itself with: it fails where a figure is more than a quarter above the one
here, the same is true, with 95 % certainty, of the median of the ratios of the single turns, and a second measurement
says so again.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and say whether every figure holds."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="ocm-bench-", ignore_cleanup_errors=True) as name:
        setting = Setting(Path(name), short=options.short, records=options.records)
        found = _all(options.rows, setting)
        report = _report(found)
        text = report.markdown(_introduction(options))
        if options.short:
            failures = _failures(found, setting)
        else:
            failures = [] if report.holds or not report.rows else ["not every figure holds"]
        if options.out == RESULTS:
            print("=== the short form", flush=True)
            text += _short_table(_report(_all(SHORT, setting.shortened())))
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    for failure in failures:
        print(failure)
    return int(bool(failures))


def _all(names: Sequence[str], setting: Setting) -> dict[str, list[Row | Detail]]:
    """Measure one thing after the other, and show each."""
    found = {}
    for name in names:
        began = time.monotonic()
        found[name] = _measured(name, setting)
        print(f"--- {name} ({time.monotonic() - began:.0f} s)")
        for one in found[name]:
            print("    " + " | ".join(one.cells()), flush=True)
    return found


def _report(found: dict[str, list[Row | Detail]]) -> Report:
    report = Report()
    for rows in found.values():
        report.add(*rows)
    return report


def _failures(found: dict[str, list[Row | Detail]], setting: Setting) -> list[str]:
    """Say what is wrong in a short run: what lacks runs, and what is worse twice; limits are for the whole form."""
    rows = [row for row in _report(found).rows if row.runs < row.least]
    failures = [f"{row.what}: {row.verdict}" for row in rows]
    if not RESULTS.exists():
        print("There is no tests/bench/RESULTS.md to compare with; `python -m tests.bench` writes it.")
        return failures
    before = regression.committed(RESULTS.read_text(encoding="utf-8"))
    suspects = [name for name, some in found.items() if _worse(some, before)]
    again = _all(suspects, setting)
    return failures + [why for name in suspects for what, why in _worse(again[name], before).items()
                       if what in _worse(found[name], before)]  # fmt: skip


def _worse(found: list[Row | Detail], before: dict[str, float]) -> dict[str, str]:
    """Return what is worse than before, and how."""
    rows = [one for one in found if isinstance(one, Row)]
    return {row.what: why for row in rows if (why := regression.worse(row, before))}


def _short_table(report: Report) -> str:
    return "\n".join(
        ["", regression.HEADING, "", SHORT_INTRODUCTION, *grid(HEAD, [row.cells() for row in report.rows]), ""]
    )


def _measured(name: str, setting: Setting) -> list[Row | Detail]:
    """Measure one thing; one that fails is a row without runs, and the others go on."""
    try:
        return MEASUREMENTS[name](setting)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return [Row(f"{name} could not be measured", math.inf, 0, 0, why, "")]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few sessions; compares with RESULTS.md")
    parser.add_argument("--rows", type=_rows, help=f"of: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--records", type=Path, action="append", default=[], help="a set of real sessions; repeatable")
    parser.add_argument("--out", type=Path, help="where the table goes (default, for the whole of it: RESULTS.md)")
    options = parser.parse_args(arguments)
    if options.out is None and not options.short and options.rows is None:
        options.out = RESULTS
    options.rows = options.rows or list(SHORT if options.short else MEASUREMENTS)
    return options


def _rows(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in MEASUREMENTS:
            raise argparse.ArgumentTypeError(f"there is no {name!r}")
    return names


def _introduction(options: argparse.Namespace) -> str:
    git = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.split()[2]
    parts = [
        f"{platform.system()}, {os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"git {git}",
    ]
    given = " --short" * options.short
    return INTRODUCTION.format(options=given, day=f"{time.strftime('%Y-%m-%d')}", machine=", ".join(parts))


if __name__ == "__main__":
    sys.exit(main())
