"""Checkpoints and searches over MCP, in stores of few and of many sessions."""

from __future__ import annotations

import itertools
import os
import random
import statistics
from collections import Counter
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from tests.bench import corpus
from tests.bench.setting import Setting, settle
from tests.bench.table import Detail, Row
from tests.bench.timing import Samples, alternate, at_least, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.wire import Server

FEW = 10
MOST_OVER_FEW, MOST_OVER_REFERENCE, MOST_OF_SEARCH = 1.2, 0.3, 0.7
SAMPLE, COMMON = 300, (0.1, 0.33)
CHECKPOINT, SEARCH = "ocm__checkpoint", "ocm__search_sessions"
Jobs = dict[str, "Callable[[], float]"]


def _servers(setting: Setting, sizes: list[int], stack: ExitStack) -> dict[str, Server]:
    """Start a server of each system for each size, all at once, because their runs alternate."""
    servers = {}
    for size in sizes:
        for name, side in (("here", setting.ours), ("reference", setting.reference)):
            servers[f"{name} {size}"] = stack.enter_context(closing(side.serve(side.project(size))))
    settle()
    return servers


def checkpoint(setting: Setting) -> list[Row | Detail]:
    """Measure checkpoints with words, into ten sessions in turn, whatever else the store holds."""
    with ExitStack() as stack:
        servers = _servers(setting, setting.sizes, stack)
        newest = [corpus.session_id(number) for number in range(FEW)]
        jobs = {name: _checkpoints(server, name, newest) for name, server in servers.items()}
        samples = alternate(jobs, setting.runs, warm=FEW)
    most = f"here {setting.most}"
    runs = samples.count(f"here {FEW}", most, f"reference {setting.most}")
    few, theirs = samples.ms(f"here {FEW}"), samples.ms(f"reference {setting.most}")
    growth = samples.ratio(f"reference {setting.most}", f"reference {FEW}")
    name = f"checkpoint over MCP at {setting.most:,} sessions"
    found: list[Row | Detail] = [
        Row(
            f"{name} over the same at {FEW}",
            samples.ratio(most, f"here {FEW}"),
            MOST_OVER_FEW,
            runs,
            samples.ms(most),
            f"at {FEW}: {few}; reference {growth:.2f}x",
            low=samples.low(most, f"here {FEW}"),
        ),
        Row(
            f"{name}, against the reference",
            samples.ratio(most, f"reference {setting.most}"),
            MOST_OVER_REFERENCE,
            runs,
            samples.ms(most),
            f"reference {theirs}",
            low=samples.low(most, f"reference {setting.most}"),
        ),
    ]
    found += [
        Detail(f"checkpoint over MCP at {size:,}", samples.ms(f"here {size}"), samples.ms(f"reference {size}"), runs)
        for size in setting.sizes
    ]
    return found


def _checkpoints(server: Server, name: str, sessions: list[str]) -> Callable[[], float]:
    """Return a job that stores something new each time, in the sessions in turn."""
    writer = corpus.Writer(len(name))
    writer.random = random.Random(name)  # noqa: S311 - nothing is secret here
    keys = itertools.cycle(sessions)

    def job() -> float:
        words: dict[str, Any] = {"work_summary": writer.sentences(2), "decisions": [writer.decision()]}
        key = next(keys)
        return timed(lambda: server.call(CHECKPOINT, session_id=key, **words))

    return job


def unusual(setting: Setting) -> list[Row | Detail]:
    """Measure the first checkpoint of a session that the store does not know, and one of its oldest session."""
    sizes = [FEW, setting.most]
    with ExitStack() as stack:
        servers = _servers(setting, sizes, stack)
        jobs = {f"new {name}": _first_checkpoints(server) for name, server in servers.items()}
        for name, server in servers.items():
            oldest = corpus.session_id(int(name.split()[1]) - 1)
            jobs[f"old {name}"] = _checkpoints(server, f"old {name}", [oldest])
        samples = alternate(jobs, setting.runs)
    kinds = {"new": "first checkpoint of a new session", "old": "checkpoint of the oldest session"}
    return [
        Detail(f"{what} over MCP at {size:,}", samples.ms(f"{kind} here {size}"),
               samples.ms(f"{kind} reference {size}"), samples.count(*jobs))
        for kind, what in kinds.items() for size in sizes
    ]  # fmt: skip


def _first_checkpoints(server: Server) -> Callable[[], float]:
    numbers = itertools.count(1_000_000)
    return lambda: timed(lambda: server.call(CHECKPOINT, session_id=corpus.session_id(next(numbers)), goal="a goal"))


# --- search


def _queries(most: int) -> dict[str, Iterator[str]]:
    """Return questions of each kind, without end; both systems have an answer to each."""
    words = _common_words()
    chosen = random.Random("queries")  # noqa: S311 - nothing is secret here

    def of_one_session(count: int) -> Iterator[str]:
        while True:
            found = corpus.words_of(corpus.Writer(chosen.randrange(most)).session())
            yield " ".join(chosen.sample(found, count))

    def paths() -> Iterator[str]:
        while True:
            yield corpus.Writer(chosen.randrange(most)).session().files[0].path

    return {
        "two words of one session": of_one_session(2),
        "one common word": (chosen.choice(words) for _ in itertools.count()),
        "three common words": (" ".join(chosen.sample(words, 3)) for _ in itertools.count()),
        "a path": paths(),
    }


def _common_words() -> list[str]:
    """Return words that about a tenth to a third of the sessions hold."""
    counts: Counter[str] = Counter()
    for number in range(SAMPLE):
        counts.update(set(corpus.words_of(corpus.Writer(number).session())))
    low, high = SAMPLE * COMMON[0], SAMPLE * COMMON[1]
    return sorted(word for word, count in counts.items() if low <= count <= high)


def search(setting: Setting) -> list[Row | Detail]:
    """Measure searches of four kinds, and in the same turns one look at every file of the folder."""
    with ExitStack() as stack:
        servers = _servers(setting, setting.sizes, stack)
        found: list[Row | Detail] = []
        for size in setting.sizes:
            samples = alternate(_search_jobs(setting, servers, size), setting.runs)
            found += _search_rows(samples, size, setting.most)
    return found


def _search_jobs(setting: Setting, servers: dict[str, Server], size: int) -> Jobs:
    sessions = setting.ours.project(size) / ".openCodeMemory" / "sessions"
    jobs: Jobs = {}
    for kind, queries in _queries(size).items():
        mine, theirs = itertools.tee(queries)
        jobs[f"here {kind}"] = _searches(servers[f"here {size}"], mine)
        jobs[f"reference {kind}"] = _searches(servers[f"reference {size}"], theirs)
        jobs[f"scan {kind}"] = lambda: timed(lambda: look_at_all(sessions))
    return jobs


def _searches(server: Server, queries: Iterator[str]) -> Callable[[], float]:
    def job() -> float:
        query = next(queries)
        return timed(lambda: server.call(SEARCH, query=query, limit=5))

    return job


def look_at_all(folder: Path) -> int:
    """Look at every file of a folder once: the least that notices a change by hand."""
    with os.scandir(folder) as entries:
        return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)


def _search_rows(samples: Samples, size: int, most: int) -> list[Row | Detail]:
    kinds = [name.removeprefix("here ") for name in samples.values if name.startswith("here ")]
    runs = samples.count(*samples.values)
    found: list[Row | Detail] = []
    net = {kind: _less(samples, f"here {kind}", f"scan {kind}") for kind in kinds}
    for kind in kinds:
        here = f"{samples.ms(f'here {kind}')}, less the scan {net[kind] * 1000:.1f} ms"
        found.append(Detail(f"search over MCP at {size:,}: {kind}", here, samples.ms(f"reference {kind}"), runs))
    if size == most:
        theirs = sum(samples.median(f"reference {kind}") for kind in kinds)
        mine = f"mean of four kinds {sum(net.values()) * 250:.1f} ms, less a scan of {samples.ms(f'scan {kinds[0]}')}"
        name = f"search over MCP at {size:,}, less one `scandir` + `stat` pass of `sessions/`, against the reference"
        ratio, low = sum(net.values()) / theirs, _search_low(samples, kinds)
        found.insert(0, Row(name, ratio, MOST_OF_SEARCH, runs, mine, f"reference {theirs * 250:.1f} ms", low=low))
    return found


def _search_low(samples: Samples, kinds: list[str]) -> float:
    """Return what the ratio of all kinds together is at least, judged turn by turn."""
    values = samples.values
    turns = range(samples.count(*values))
    net = [sum(values[f"here {kind}"][n] - values[f"scan {kind}"][n] for kind in kinds) for n in turns]
    return at_least([net[n] / sum(values[f"reference {kind}"][n] for kind in kinds) for n in turns])


def _less(samples: Samples, name: str, other: str) -> float:
    """Return the median of what is left of each run when that of its own turn is taken off."""
    pairs = zip(samples.values[name], samples.values[other], strict=True)
    return statistics.median(one - two for one, two in pairs)
