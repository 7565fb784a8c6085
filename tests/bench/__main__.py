"""The benchmark: `python -m tests.bench [--short] [--rows NAME,…] [--records FILE.jsonl] [--out FILE]`.

Both systems in environments of their own, side by side, runs that alternate, medians. Writes the table as markdown and
exits 1 where a row lacks its runs or misses its figure.
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

from tests.bench import calls, crowd, hooks, rebuild, start, usage
from tests.bench.setting import Setting
from tests.bench.table import Detail, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path(__file__).with_name("RESULTS.md")
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
    "payload": hooks.long_payload,
    "unusual": calls.unusual,
    "commands": usage.commands,
    "memory": usage.memory,
    "disk": usage.disk,
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and say whether every figure holds."""
    options = _options(arguments)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="ocm-bench-", ignore_cleanup_errors=True) as name:
        setting = Setting(Path(name), short=options.short, records=options.records)
        for row in options.rows:
            began = time.monotonic()
            found = _measured(row, setting)
            report.add(*found)
            print(f"--- {row} ({time.monotonic() - began:.0f} s)")
            for one in found:
                print("    " + " | ".join(one.cells()), flush=True)
    text = report.markdown(_introduction(options))
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    return 0 if report.holds or not report.rows else 1


def _measured(name: str, setting: Setting) -> list[Row | Detail]:
    """Measure one thing; one that fails is a row without runs, and the others go on."""
    try:
        return MEASUREMENTS[name](setting)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return [Row(f"{name} could not be measured", math.inf, 0, 0, why, "")]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a tenth of the sessions and files")
    parser.add_argument("--rows", type=_rows, default=list(MEASUREMENTS), help=f"of: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--records", type=Path, action="append", default=[], help="a set of real sessions; repeatable")
    parser.add_argument("--out", type=Path, help="where the table goes (default, for the whole of it: RESULTS.md)")
    options = parser.parse_args(arguments)
    if options.out is None and not options.short and options.rows == list(MEASUREMENTS):
        options.out = RESULTS
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
