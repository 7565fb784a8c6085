"""The benchmark: `python -m tests.bench.handover [--bin DIR] [--only NAME] [--show NAME] [--short] [--json] [--jobs N]`.

Plays scripted histories with one installation and says what its brief told the next conversation: how many of the facts
that this one needs, how many statements that are not true or not any longer, and for how many tokens.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .histories import histories
from .model import Expected, Model
from .scoring import Score, score
from .steps import History, Start, Step
from .words import Item
from .world import World

LEAST_SHARE, MOST_FALSE, MOST_TOKENS = 0.95, 0, 600


@dataclass(frozen=True)
class Result:
    """One history, what it asked for, and what came."""

    history: History
    expected: Expected
    brief: str
    score: Score
    unsupported: tuple[str, ...]


def play(history: History, programs: Path) -> Result:
    """Play one history in a folder of its own."""
    expected = Model().play(history)
    with tempfile.TemporaryDirectory(prefix="handover-", ignore_cleanup_errors=True) as folder:
        world = World(Path(folder).resolve(), programs, history.name)
        brief = world.play(history)
    return Result(history, expected, brief, score(brief, expected, world.ids), tuple(world.unsupported))


def play_all(chosen: Iterable[History], programs: Path, jobs: int) -> list[Result]:
    """Play histories, `jobs` at a time, in their order."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda history: play(history, programs), chosen))


def table(results: Sequence[Result]) -> str:
    """Return the figures of each kind, and of all."""
    kinds: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        kinds[result.history.kind].append(result)
    lines = [
        "| kind | histories | sessions | facts told | share | false or ended | tokens, mean | tokens, most |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(kind, some) for kind, some in kinds.items()]
    return "\n".join([*lines, _row("**all**", results)])


def _row(kind: str, results: Sequence[Result]) -> str:
    told, needed, false = _counted(results)
    tokens = [result.score.tokens for result in results]
    share = f"{told / needed:.1%}" if needed else "-"
    sessions = sum(isinstance(step, Start) for result in results for step in result.history.steps)
    cells = [kind, len(results), sessions, f"{told} of {needed}", share, false]
    return "| " + " | ".join(map(str, [*cells, round(sum(tokens) / len(tokens)), max(tokens)])) + " |"


def _counted(results: Sequence[Result]) -> tuple[int, int, int]:
    told = sum(len(result.score.told) for result in results)
    missed = sum(len(result.score.missed) for result in results)
    return told, told + missed, sum(len(result.score.false) for result in results)


def detail(results: Sequence[Result]) -> str:
    """Return which kinds of facts were missed, and which kinds of false statements were made."""
    told = Counter(fact.kind for result in results for fact in result.score.told)
    missed = Counter(fact.kind for result in results for fact in result.score.missed)
    false = Counter(one.kind for result in results for one in result.score.false)
    unsupported = Counter(name for result in results for name in result.unsupported)
    lines = [f"{kind}: {told[kind]} of {told[kind] + missed[kind]}" for kind in sorted(told | missed)]
    lines = ["Facts told, by kind: " + ", ".join(lines)]
    if false:
        lines.append("False or ended, by kind: " + ", ".join(f"{kind}: {count}" for kind, count in false.most_common()))
    if unsupported:
        lines.append(
            "Not there, done by hand in the file: " + ", ".join(f"{n} ({c} times)" for n, c in unsupported.items())
        )
    return "\n".join(lines)


def shown(result: Result) -> str:
    """Return a brief as it is, with what was expected of it."""
    lines = [f"## {result.history.name}", "", *(f"    {said(step)}" for step in result.history.steps), ""]
    lines += ["```text", result.brief, "```", "", f"{result.score.tokens} tokens"]
    lines += [f"told    {fact.kind}: {fact.key}" for fact in result.score.told]
    lines += [f"MISSED  {fact.kind}: {fact.key}" for fact in result.score.missed]
    lines += [f"FALSE   {one.kind}: {one.key}" for one in result.score.false]
    return "\n".join(lines)


def said(step: Step) -> str:
    """Return a step in one line, its items by their texts."""
    given = {field.name: _brief(getattr(step, field.name)) for field in fields(step)}
    return f"{type(step).__name__}({', '.join(f'{name}={value}' for name, value in given.items() if value)})"


def _brief(value: object) -> str:
    if isinstance(value, tuple):
        inner = ", ".join(filter(None, map(_brief, value)))
        return f"[{inner}]" if inner else ""
    return repr(value.text) if isinstance(value, Item) else repr(value) if value else ""


def verdict(results: Sequence[Result]) -> str:
    """Return whether the figures hold."""
    told, needed, false = _counted(results)
    share, most = told / max(1, needed), max(result.score.tokens for result in results)
    holds = share >= LEAST_SHARE and false <= MOST_FALSE and most <= MOST_TOKENS
    return f"{'holds' if holds else 'MISSED'}: told >= {LEAST_SHARE:.0%}, false {MOST_FALSE}, tokens <= {MOST_TOKENS}"


def _as_json(results: Sequence[Result]) -> str:
    rows = [
        {
            "kind": result.history.kind,
            "name": result.history.name,
            "tokens": result.score.tokens,
            "told": [asdict(fact) for fact in result.score.told],
            "missed": [asdict(fact) for fact in result.score.missed],
            "false": [asdict(one) for one in result.score.false],
            "unsupported": result.unsupported,
            "brief": result.brief,
        }
        for result in results
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.handover", description=__doc__)
    parser.add_argument("--bin", type=Path, default=Path(sys.executable).parent, help="the folder of ocm and ocm-hook")
    parser.add_argument("--only", default="", help="histories whose name holds this")
    parser.add_argument("--show", default="", help="print the briefs of these, and what was expected")
    parser.add_argument("--missed", action="store_true", help="print each brief that missed something")
    parser.add_argument("--short", action="store_true", help="a few histories")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=8, help="histories played at a time; they mostly wait")
    given = parser.parse_args(arguments)
    chosen = list(histories(given.show or given.only, short=given.short))
    if not chosen:
        parser.error("no history has such a name")
    results = play_all(chosen, given.bin.resolve(), given.jobs)
    if given.json:
        print(_as_json(results))
        return 0
    for result in results:
        if given.show or (given.missed and (result.score.missed or result.score.false)):
            print(shown(result), end="\n\n")
    print(table(results), detail(results), verdict(results), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
