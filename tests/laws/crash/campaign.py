"""Running sequences: one, many on several cores, and fewer and fewer operations of one that failed."""

import contextlib
import gc
import json
import os
import select
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.laws.crash import ops, settle, world
from tests.laws.crash.mutants import MUTANTS
from tests.laws.crash.ops import Generator, Op
from tests.laws.crash.world import Tally, ViolationError, World

_MORE_SYSTEM_CALLS = 20  # SQLite's own, less those in the middle of writes
_FEW = 12
POWER_SHARE, GIT_SHARE = 4, 25


@dataclass(frozen=True)
class Case:
    """One sequence: a name to run it again by, the kind of its world, and its operations."""

    name: str
    seed: int
    ops: tuple[Op, ...]
    power: bool = False
    git: bool = False


@dataclass
class Report:
    """What a campaign came to."""

    tally: Tally = field(default_factory=Tally)
    failures: list[tuple[Case, str]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        self.tally.sequences += other.sequences
        self.tally.operations += other.operations
        self.tally.kills += other.kills
        self.tally.cuts += other.cuts
        self.tally.real += other.real
        self.tally.stopped += other.stopped


def preload() -> None:
    """Import what the forked processes run, once."""
    import ocm.cli.commands.search
    import ocm.cli.main
    import ocm.git.worktree
    import ocm.hook.main
    import ocm.index
    import ocm.markdown.render
    import ocm.mcp.server
    import ocm.recall.brief
    import ocm.recall.search
    import ocm.sessions.checkpoints  # noqa: F401

    _warm_up()
    gc.collect()
    gc.freeze()


def _warm_up() -> None:
    """Do everything once here, so that what is loaded and compiled at the first use is there for all."""
    from ocm.index import sync
    from ocm.recall import search, show
    from ocm.sessions import checkpoints
    from ocm.store.paths import Store

    with world.folder() as path:
        store = Store(os.path.join(path, ".openCodeMemory"), path)
        for pick in range(6):
            checkpoints.checkpoint(
                store, {"session_id": "warm", **ops.arguments(Op("semantic", n=50 * pick, pick=pick))}
            )
        search.search(store, "now", limit=5, filters=search.Filters())
        show.show(store, "warm")
        sync.rebuild(store)


def seeded(seed: int, *, kills: float = 0.35, real: float = 0.0) -> Case:
    """Return the sequence of a seed."""
    power = seed % POWER_SHARE == 1
    generator = Generator(seed, kills=kills, power=power, real=real)
    return Case(f"--seed {seed}", seed, tuple(generator.sequence()), power, git=not power and seed % GIT_SHARE == 2)


def sweep(scenario: str, *, how: str = "point", step: int = 1) -> list[Case]:
    """Return a scenario once for every `step`th point that its last operation passes, to die there."""
    steps = ops.sweeps()[scenario]
    if how == "power":
        steps = [*steps[:-1], Op("sync"), steps[-1]]  # what was there for a while is on the disk
    name = f'--sweep "{scenario}" --how {how}'
    with world.folder() as path:
        one = World(-1, path, power=how == "power")
        try:
            for op in steps:
                one.run(op)
            one.hang_up()
        except ViolationError:
            return [Case(name, -1, tuple(steps), how == "power")]  # it fails before anything dies
    if one.points < _FEW:
        step = 1
    last = one.points + (_MORE_SYSTEM_CALLS if how == "strace" else 0)
    numbered = zip(range(1, last + 1), ops.dying(steps, how), strict=False)
    return [
        Case(f"{name} --point {number}", -1, tuple(dying), how == "power")
        for number, dying in numbered
        if number % step == 0
    ]


def play(case: Case) -> tuple[Tally, str]:
    """Run one sequence to its end; returns what was done, and what is wrong, if anything is."""
    with world.folder() as path:
        one = World(case.seed, path, power=case.power, git=case.git)
        one.tally.sequences = 1
        number = 0
        try:
            for op in case.ops:
                one.run(op)
                number += 1
            settle.settle(one)
        except (ViolationError, TimeoutError, RuntimeError) as error:
            where = f"operation {number}" if number < len(case.ops) else "the end"
            return one.tally, f"at {where}: {error}"
        finally:
            with contextlib.suppress(ViolationError):
                one.hang_up()
        return one.tally, ""


def shrink(case: Case, *, seconds: float = 60.0) -> Case:
    """Return a sequence that still fails and cannot lose another operation."""
    until = time.monotonic() + seconds
    size = max(1, len(case.ops) // 2)
    while size and time.monotonic() < until:
        for start in range(0, len(case.ops), size):
            left = case.ops[:start] + case.ops[start + size :]
            smaller = Case(case.name, case.seed, left, case.power, case.git)
            if play(smaller)[1]:
                case = smaller
                break
        else:
            size //= 2
    return case


def describe(case: Case, why: str) -> str:
    """Return a failure as text: what broke, how to run it again, and every operation."""
    kind = "power" if case.power else "git" if case.git else "plain"
    lines = [f"FAILED {case.name} ({kind} world, seed {case.seed}): {why}", *(f"  {op}" for op in case.ops)]
    return "\n".join(lines)


def run(  # noqa: PLR0913 - what a campaign can be told, by name
    cases: list[Case],
    *,
    workers: int,
    stop_after: int = 5,
    minutes: float = 600.0,
    mutant: str = "",
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Run `cases` on `workers` processes; `tell` is called after every sequence.

    No more are begun by a worker that has met `stop_after` failures, or after so many `minutes`.
    """
    began = time.monotonic()
    preload()
    report = Report()
    until = began + 60 * minutes
    started = [_start_worker(cases[number::workers], stop_after, until, mutant) for number in range(workers)]
    for line in _lines([reader for _, reader in started]):
        _take(report, json.loads(line))
        report.seconds = time.monotonic() - began
        tell(report)
    for pid, _ in started:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            raise RuntimeError(f"a worker ended with {code}")
    return report


def _lines(readers: list[int]) -> Iterator[bytes]:
    """Yield what the workers write, a line each as it comes: one whose pipe nobody empties would stand still."""
    rests = dict.fromkeys(readers, b"")
    while rests:
        for reader in select.select(list(rests), [], [])[0]:
            data = os.read(reader, 65_536)
            *lines, rests[reader] = (rests[reader] + data).split(b"\n")
            yield from lines
            if not data:
                os.close(reader)
                del rests[reader]


def _start_worker(cases: list[Case], stop_after: int, until: float, mutant: str) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    os.close(reader)
    code = 1
    try:
        with os.fdopen(writer, "w", encoding="utf-8") as out:
            if mutant:
                MUTANTS[mutant]()
            for line in _work(cases, stop_after, until):
                out.write(line + "\n")
                out.flush()
        code = 0
    except BaseException as error:  # noqa: BLE001 - nothing may get back into the parent's code
        sys.__stderr__.write(f"worker: {type(error).__name__}: {error}\n") if sys.__stderr__ else None
    finally:
        os._exit(code)


def _work(cases: list[Case], stop_after: int, until: float) -> Iterator[str]:
    failures = 0
    for case in cases:
        if time.monotonic() > until:
            return
        tally, why = play(case)
        told = {**vars(tally), "why": why}
        if why:
            failures += 1
            told["case"] = [case.name, case.seed, [str(op) for op in case.ops], case.power, case.git]
        yield json.dumps(told)
        if failures >= stop_after:
            return


def _take(report: Report, told: dict[str, object]) -> None:
    why = str(told.pop("why"))
    found = told.pop("case", None)
    numbers = {name: Counter(value) if isinstance(value, dict) else value for name, value in told.items()}
    report.add(Tally(**numbers))  # type: ignore[arg-type]
    if isinstance(found, list):
        name, seed, lines, power, git = found
        report.failures.append((Case(name, seed, tuple(ops.parse(line) for line in lines), power, git), why))
