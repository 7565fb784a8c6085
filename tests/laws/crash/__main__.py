"""`python -m tests.laws.crash`: run sequences, run one again, hold the mutants against the fuzzer."""

import argparse
import os
import shutil
import sys
import zlib
from collections.abc import Iterable

from tests.laws.crash import campaign, clock, ops
from tests.laws.crash.campaign import Case, Report
from tests.laws.crash.mutants import MUTANTS

LONG_SEQUENCES, LONG_REAL = 1100, 30
SHORT_SEQUENCES, SHORT_STEP = 30, 40
MUTANT_SEQUENCES = 600
PAIR_STEP = 2
TELL_EVERY = 100
# How many system calls lie between two of which a scenario dies, as the real executable under strace.
_STRACED = {
    "next checkpoint": 1,
    "checkpoint that names the file": 5,
    "session-end": 5,
    "recovery of an orphan": 5,
    "rebuild": 5,
}


def main() -> int:
    """Do what the command line says; 1 when a law was broken, or a mutant lives."""
    clock.install()  # before the program is imported; never in a process that runs other tests
    wanted = _arguments()
    if wanted.mutants is not None:
        return _hunt(wanted.mutants or list(MUTANTS), wanted.workers)
    cases = _cases(wanted)
    report = campaign.run(cases, workers=wanted.workers, minutes=wanted.minutes, tell=_Teller(len(cases)))
    for case, _ in [] if wanted.no_shrink else report.failures[:3]:
        smaller = campaign.shrink(case, seconds=30)
        _say("smaller: " + campaign.describe(smaller, campaign.play(smaller)[1]))
    _say(_summary(report))
    return 1 if report.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.laws.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--sequences", type=int, default=1, help="how many seeds from there on")
    parser.add_argument(
        "--ops", metavar="FILE", help="play the operations in FILE, a line each, in the world of --seed"
    )
    parser.add_argument("--kills", type=float, default=0.35, help="the share of processes that die")
    parser.add_argument("--real", type=float, default=0.0, help="the share of processes that are the real executables")
    parser.add_argument("--sweep", choices=sorted(ops.sweeps()), help="let the end of one scenario die at every point")
    parser.add_argument("--how", choices=("point", "power", "strace"), default="point")
    parser.add_argument("--point", type=int, help="only at this point")
    parser.add_argument("--short", action="store_true", help="a little of everything")
    parser.add_argument("--long", action="store_true", help="everything: what a release has to pass")
    parser.add_argument(
        "--mutants", nargs="*", choices=MUTANTS, metavar="NAME", help="plant each fault in the program, and find it"
    )
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no more sequences after that")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-shrink", action="store_true")
    return parser.parse_args()


def _cases(wanted: argparse.Namespace) -> list[Case]:
    campaign.preload()
    if wanted.ops:
        base = campaign.seeded(wanted.seed)
        with open(wanted.ops, encoding="utf-8") as lines:
            return [Case(wanted.ops, base.seed, tuple(ops.parse(line) for line in lines), base.power, base.git)]
    if wanted.sweep:
        cases = campaign.sweep(wanted.sweep, how=wanted.how)
        return [case for number, case in enumerate(cases, 1) if wanted.point in {None, number}]
    if wanted.short or wanted.long:
        return _everything(wanted)
    seeds = range(wanted.seed, wanted.seed + wanted.sequences)
    return [campaign.seeded(seed, kills=wanted.kills, real=wanted.real) for seed in seeds]


def _everything(wanted: argparse.Namespace) -> list[Case]:
    """Return the short campaign or the long one: random sequences, and scenarios dying here and there or everywhere."""
    count, real, step = (LONG_SEQUENCES, LONG_REAL, 1) if wanted.long else (SHORT_SEQUENCES, 1, SHORT_STEP)
    cases = _some(wanted.seed, count, step)
    cases += [campaign.seeded(wanted.seed + count + number, real=0.5) for number in range(real)]
    if wanted.long and shutil.which("strace"):
        for scenario, apart in _STRACED.items():
            cases += campaign.sweep(scenario, how="strace", step=apart)
    return _mixed(cases)


def _some(seed: int, count: int, step: int) -> list[Case]:
    """Return `count` seeds, and every `step`th point of each scenario, with every fourth of them as a power cut."""
    cases = [campaign.seeded(seed + number) for number in range(count)]
    for scenario, steps in ops.sweeps().items():
        is_pair = steps[-1].kind == "pair"
        cases += campaign.sweep(scenario, step=step * PAIR_STEP if is_pair else step)
        if not is_pair:
            cases += campaign.sweep(scenario, how="power", step=4 * step)
    return cases


def _mixed(cases: list[Case]) -> list[Case]:
    """Return `cases` in an order in which the slow ones are everywhere."""
    return sorted(cases, key=lambda case: zlib.crc32(case.name.encode()))


def _hunt(names: list[str], workers: int) -> int:
    """Plant one mutant after the other; returns 1 when one lives."""
    alive = []
    campaign.preload()
    cases = _mixed(_some(0, MUTANT_SEQUENCES, 2))
    for name in names:
        report = campaign.run(cases, workers=workers, stop_after=1, mutant=name)
        fate = "LIVES"
        for _, why in report.failures[:1]:  # by a TypeError: it no longer fits the program, and shows nothing
            fate = "BROKEN" if "TypeError" in why else "found"
        _say(f"{name}: {fate} after {report.tally.sequences} sequences, {report.seconds:.0f} s")
        for case, why in report.failures[:1]:
            _say(f"    {case.name} {why.splitlines()[0][:200]}")
        alive += [] if fate == "found" else [name]
    return 1 if alive else 0


class _Teller:
    """Says on stderr, now and then, how far it is, and what broke as soon as it did."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._told = 0

    def __call__(self, report: Report) -> None:
        for case, why in report.failures[self._told :]:
            _say(campaign.describe(case, why))
        self._told = len(report.failures)
        if report.tally.sequences % TELL_EVERY == 0:
            killed = sum(report.tally.kills.values())
            so_far = f"{report.tally.sequences} of {self._total} sequences, {killed} killed"
            sys.stderr.write(f"{so_far}, {self._told} failures, {report.seconds:.0f} s\n")


def _summary(report: Report) -> str:
    tally = report.tally
    total = sum(tally.kills.values())
    lines = [
        (
            f"{tally.sequences} sequences, {sum(tally.operations.values())} operations "
            f"({tally.real} by real executables), {total} processes killed, {tally.cuts} power cuts, "
            f"{tally.stopped} stopped midway, {len(report.failures)} failures, {report.seconds:.0f} s"
        ),
        *_table("killed", tally.kills.most_common()),
        *_table("operations", tally.operations.most_common()),
    ]
    return "\n".join(lines)


def _table(title: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{title}:", *(f"  {count:6}  {name}" for name, count in rows)]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
