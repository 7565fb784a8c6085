"""What can happen to a store, as values: each operation stands alone, so that a list of them can lose any of its parts."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.laws.crash.words import text, word

TALKERS = 3
GUEST = TALKERS  # the conversation that a merged store brings

HOOKS = (
    "start", "prompt", "pre", "ask", "edit", "create", "shell", "read", "failed", "sub", "edited", "compact", "stop", "end",
)  # fmt: skip
CALLS = ("semantic", "machine", "retry", "mcp")
COMMANDS = ("list", "search", "show", "rebuild", "status")
PERSON = ("write", "rename", "forget-cache", "break-cache", "merge-in")
WORLD = ("clock", "zone", "age", "sync", "power-cut")
TOGETHER = ("pair", "crowd")

_WEIGHTS = {
    "start": 5, "prompt": 3, "pre": 3, "ask": 1, "edit": 9, "create": 4, "shell": 3, "read": 3, "failed": 2, "sub": 3,
    "edited": 2, "compact": 3, "stop": 2, "end": 5, "semantic": 12, "mcp": 4, "machine": 5, "retry": 6, "list": 1, "search": 2, "show": 1,
    "rebuild": 2, "status": 4, "write": 4, "rename": 2, "forget-cache": 2, "break-cache": 2, "merge-in": 1, "clock": 3,
    "zone": 1, "age": 3, "pair": 3, "crowd": 1,
}  # fmt: skip
# How many points there are to die at, roughly; a number beyond the last one kills nothing.
_POINTS = {
    "semantic": 75,
    "mcp": 75,
    "machine": 75,
    "retry": 75,
    "compact": 70,
    "end": 70,
    "start": 40,
    "rebuild": 40,
    "list": 25,
}
_FEW_POINTS = 12
_MAX_SECONDS = {"semantic": 0.03, "machine": 0.03, "retry": 0.03, "compact": 0.02, "end": 0.02, "start": 0.02}


@dataclass(frozen=True)
class Kill:
    """How a process dies: at a `point` (a number), after a `time` (seconds), or with the whole machine (`power`, a point)."""

    how: str
    at: float


@dataclass(frozen=True)
class Op:
    """One operation: its kind, whose conversation, the number that its content is made of, and how its process dies."""

    kind: str
    who: int = 0
    n: int = 0
    pick: int = 0
    kill: Kill | None = None
    real: bool = False
    parts: tuple["Op", ...] = ()

    def __str__(self) -> str:
        fields = asdict(self)
        fields["parts"] = [json.loads(str(part)) for part in self.parts]
        return json.dumps({name: value for name, value in fields.items() if value or name == "kind"})


def parse(line: str | dict[str, Any]) -> Op:
    """Return the operation that `str` wrote."""
    fields = dict(json.loads(line) if isinstance(line, str) else line)
    kill = fields.pop("kill", None)
    parts = tuple(parse(part) for part in fields.pop("parts", ()))
    return Op(**fields, kill=Kill(**kill) if kill else None, parts=parts)


def arguments(op: Op) -> dict[str, Any]:
    """Return the arguments of a checkpoint: which ones, `pick` decides; what they say, `n` does."""
    chooser = random.Random(op.pick)  # noqa: S311 - not for secrets
    if op.kind == "machine" or (op.kind == "mcp" and op.pick % 4 == 0):
        return _machine_arguments(op, chooser)
    given: dict[str, Any] = {}
    makers: dict[str, Callable[[int], Any]] = {
        "goal": text,
        "title": lambda n: f"{word(n).title()} title",
        "slug": lambda n: f"{word(n)} thing",
        "work_completed": lambda n: [text(n), *([text(n + 1)] if chooser.random() < 0.5 else [])],
        "work_pending": lambda n: [text(n), text(n + 1)],
        "work_summary": lambda n: [text(n)],
        "decisions": lambda n: [text(n)],
        "problems": lambda n: [text(n), text(n + 1)],
        "plan_files": lambda n: [{"path": f"docs/{word(n)}.md", "header": f"Plan {word(n + 1)}"}],
        "references": lambda n: [{"url": f"https://example.org/{word(n)}", "title": f"About {word(n + 1)}"}],
        "tags": lambda n: [word(n)],
    }
    for number, (name, make) in enumerate(makers.items()):
        if chooser.random() < 0.4:
            given[name] = make(op.n + 2 * number)
    if not set(given) - {"title", "slug", "tags"}:
        given["work_summary"] = [text(op.n + 30)]
    if chooser.random() < 0.3:
        given["status"] = chooser.choice(("open", "frozen", "closed"))
    if chooser.random() < 0.3:
        given["trigger"] = chooser.choice(("git_commit", "task_end", "manual"))
    return given


def _machine_arguments(op: Op, chooser: random.Random) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if chooser.random() < 0.3:
        given["tags"] = [word(op.n)]
    if chooser.random() < 0.3:
        given["slug"] = f"{word(op.n + 1)} by machine"
    if chooser.random() < 0.2:
        given["work_pending"] = []
    if chooser.random() < 0.2:
        given["status"] = chooser.choice(("open", "frozen", "closed"))
    return given


class Generator:
    """Makes the operations of one sequence out of its seed."""

    def __init__(self, seed: int, *, kills: float, power: bool, real: float = 0.0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._kills = kills
        self._power = power
        self._real = real
        self._next = 1

    def sequence(self) -> list[Op]:
        """Return between 6 and 16 operations, work first."""
        ops = [self._op("start", who) for who in range(self._random.randint(0, TALKERS))]
        ops += [self._any() for _ in range(self._random.randint(6, 14))]
        return ops

    def _any(self) -> Op:
        weights = dict(_WEIGHTS)
        if self._power:
            weights = {name: weight for name, weight in weights.items() if name not in TOGETHER}
            weights.update({"sync": 6, "power-cut": 6})
        (kind,) = self._random.choices(list(weights), list(weights.values()))
        if kind in TOGETHER:
            return self._together(kind)
        op = self._op(kind, self._whose(kind))
        return self._armed(op) if kind in HOOKS + CALLS + COMMANDS else op

    def _whose(self, kind: str) -> int:
        # mostly the first conversation: what meets is more telling than what passes
        guest = [GUEST] if kind in (*CALLS, "write", "rename", "edit") else []
        return self._random.choice([0, 0, 0, 1, 2, *guest])

    def _op(self, kind: str, who: int) -> Op:
        self._next += 50
        return Op(kind, who, self._next, self._random.randrange(1_000_000))

    def _armed(self, op: Op) -> Op:
        dies = self._random.random()
        if self._random.random() < self._real:
            op = replace(op, real=True)
        if dies >= self._kills:
            return op
        point = self._random.randint(1, _POINTS.get(op.kind, _FEW_POINTS))
        if self._power:
            return replace(op, kill=Kill("power" if dies < self._kills / 2 else "point", point))
        if dies < self._kills * 0.8 or op.kind == "mcp":
            return replace(op, kill=Kill("point", point))
        return replace(op, kill=Kill("time", round(self._random.random() * _MAX_SECONDS.get(op.kind, 0.005), 4)))

    def _together(self, kind: str) -> Op:
        """Return processes of one conversation that run at once; in a pair, the first is stopped while the second runs."""
        first = ("semantic", "semantic", "machine", "end", "compact", "edit", "rebuild")
        second = ("semantic", "semantic", "machine", "end", "compact", "edit", "create", "list", "rebuild", "start")
        kinds = [self._random.choice(first), self._random.choice(second)]
        if kind == "crowd":
            kinds = [self._random.choice(("semantic", "semantic", "edit", "machine")) for _ in range(4)]
        who = self._random.choice([0, 0, 1])
        other = who if self._random.random() < 0.85 else 2
        parts = [self._op(name, other if number == 1 else who) for number, name in enumerate(kinds)]
        pause = self._random.randint(1, _POINTS.get(kinds[0], _FEW_POINTS))
        return replace(self._op(kind, who), pick=pause, parts=tuple(parts))


def sweeps() -> dict[str, list[Op]]:
    """Return the scenarios whose last operation is to die at every point in turn; a pair stops there instead."""
    start, edit, prompt = Op("start", n=10), Op("edit", n=60), Op("prompt", n=110)
    said = Op("semantic", n=160, pick=_pick(lambda given: "slug" not in given and len(given) > 3))
    more = Op("semantic", n=210, pick=_pick(lambda given: "slug" not in given and "work_pending" in given))
    named = Op("semantic", n=260, pick=_pick(lambda given: "slug" in given and "goal" in given))
    other = Op("semantic", n=510, pick=_pick(lambda given: "problems" in given and "status" not in given))
    again, machine = Op("create", n=310), Op("machine", n=360, pick=_pick_machine())
    served = Op("mcp", n=210, pick=_pick(lambda given: "slug" not in given and "decisions" in given, "mcp"))
    return {
        "first checkpoint": [start, prompt, edit, said],
        "next checkpoint": [start, edit, said, again, more],
        "checkpoint that names the file": [start, edit, said, again, named],
        "checkpoint of a session without hooks": [named],
        "first checkpoint through the server": [start, edit, served],
        "checkpoint through the server": [start, edit, said, again, served],
        "machine checkpoint": [start, edit, said, again, machine],
        "session-end": [start, prompt, edit, again, Op("end")],
        "pre-compact": [start, edit, said, again, Op("compact")],
        "recovery of an orphan": [start, prompt, edit, said, again, Op("age"), Op("start", 1)],
        "recovery of an orphan without a file": [start, prompt, edit, Op("age"), Op("start", 1)],
        "rebuild": [said, Op("semantic", 1, n=410, pick=7), Op("rebuild")],
        "list without a cache": [said, Op("semantic", 1, n=410, pick=7), Op("forget-cache"), Op("list")],
        "list after an edit by hand": [said, Op("write", n=460), Op("list")],
        "list over a broken cache": [said, Op("break-cache", pick=2), Op("list")],
        "post-tool-use": [start, said, again],
        "two checkpoints": [start, edit, said, Op("pair", parts=(more, other))],
        "two first checkpoints": [start, edit, Op("pair", parts=(said, other))],
        "a checkpoint and one that names the file": [start, said, edit, Op("pair", parts=(more, named))],
        "one that names the file and a checkpoint": [start, said, edit, Op("pair", parts=(named, more))],
        "two that name their files alike": [start, Op("pair", parts=(named, replace(named, who=1)))],
        "session-end and a checkpoint": [start, said, edit, Op("pair", parts=(Op("end"), more))],
        "a hook and a checkpoint": [start, said, edit, Op("pair", parts=(again, machine))],
        "a checkpoint and a hook": [start, said, edit, Op("pair", parts=(machine, again))],
        "two recoveries": [start, edit, said, again, Op("age"), Op("pair", parts=(Op("start", 1), Op("start", 2)))],
        "a rebuild and a checkpoint": [said, edit, Op("pair", parts=(Op("rebuild"), more))],
        "a checkpoint and a rebuild": [said, edit, Op("pair", parts=(more, Op("rebuild")))],
        "two that make the cache": [said, Op("forget-cache"), Op("pair", parts=(Op("list"), Op("search")))],
        "retry after a kill": [start, edit, Op("semantic", n=160, pick=3, kill=Kill("point", 40)), Op("retry")],
    }


def _pick(wanted: Callable[[dict[str, Any]], bool], kind: str = "semantic") -> int:
    return next(pick for pick in range(10_000) if wanted(arguments(Op(kind, pick=pick))))


def _pick_machine() -> int:
    return next(pick for pick in range(10_000) if len(arguments(Op("machine", pick=pick))) == 0)


def dying(ops: list[Op], how: str = "point") -> Iterator[list[Op]]:
    """Yield `ops` without end, the last one dying, or stopping, at its first point, its second, and so on."""
    for number in itertools.count(1):
        if ops[-1].kind == "pair":
            yield [*ops[:-1], replace(ops[-1], pick=number)]
        else:
            yield [*ops[:-1], replace(ops[-1], kill=Kill(how, number), real=how == "strace")]
