"""Combinators over the scripted language: what assistants and people do in one go, with texts drawn by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from . import steps
from .clients import HOSTS, LAST_WORDS
from .steps import EXACT, Step
from .words import Component, Item, Pool


@dataclass
class Work:
    """What one session left, for the sessions after it to go on with."""

    who: str
    part: Component
    opens: list[Item] = field(default_factory=list)
    decisions: list[Item] = field(default_factory=list)
    problems: list[Item] = field(default_factory=list)
    branch: str = ""


class Scene:
    """Writes a history down, one combinator after the other."""

    def __init__(self, kind: str, number: int) -> None:
        self.pool = Pool(f"{kind}/{number}")
        self.number = number
        self.steps: list[Step] = []
        self._count = 0
        self._hosts = self.pool.random.sample(HOSTS, len(HOSTS))

    def host(self, among: Sequence[str] = HOSTS) -> str:
        """Return the next assistant's host."""
        self._hosts.append(self._hosts.pop(0))
        return next(host for host in reversed(self._hosts) if host in among)

    def flip(self) -> bool:
        """Return yes or no, by seed."""
        return self.pool.random.random() < 0.5

    def add(self, *done: Step) -> None:
        """Write steps down."""
        self.steps += done

    def open(self, part: Component | None = None, host: str = "", prompt: str = "") -> tuple[str, Component]:
        """A conversation begins."""
        part = part or self.pool.part()
        self._count += 1
        who = f"s{self._count}"
        self.add(steps.Start(who, host or self.host(), prompt or self.pool.ask(part)))
        return who, part

    def diligent(  # noqa: PLR0913 - each is one thing that may differ
        self,
        *,
        opens: int = 2,
        decisions: int = 1,
        problems: int = 0,
        completes: Sequence[Item] = (),
        wording: str = EXACT,
        supersedes: Item | None = None,
        solves: Item | None = None,
        commit: bool = True,
        end: bool = True,
        host: str = "",
        part: Component | None = None,
        adds: Sequence[Item] = (),
        drops: int = 0,
        creates: str = "",
        cuts: bool = False,
    ) -> Work:
        """An assistant that edits, saves what it did, decided and left open, and commits."""
        who, part = self.open(part, host)
        work = Work(who, part)
        work.opens = [*(self.pool.open(part) for _ in range(opens)), *adds]
        work.decisions = [self.pool.decision(part, supersedes if number == 0 else None) for number in range(decisions)]
        work.problems = [self.pool.problem(part) for _ in range(problems)]
        said: list[tuple[Item, Item | None]] = [(item, None) for item in work.problems]
        if solves:
            said.append((self.pool.solution(solves), solves))
        ends = [supersedes, *[None] * decisions]
        if cuts:
            work.branch = self.branch()
        self.add(steps.Edit(part.path, who), *([steps.Edit(creates, who)] if creates else []))
        self.add(
            steps.Checkpoint(
                who,
                self.pool.goal(part),
                tuple((item, wording) for item in completes),
                tuple(work.opens),
                tuple(zip(work.decisions, ends, strict=False)),
                tuple(said),
            ),
        )
        if drops:
            self.add(steps.Checkpoint(who, pending=tuple(work.opens[drops:])))
        if commit:
            self.add(steps.Commit(f"Work at the {part.name}", who))
        if end:
            self.add(steps.End(who))
        return work

    def silent(self, *, files: int = 1, commit: str = "", shows: Item | None = None, end: bool = True) -> Work:
        """An assistant that never saves; the host's events alone tell of it."""
        part = shows.part if shows and shows.part else None
        who, part = self.open(part)
        for number in range(files):
            adds = shows.part.symbol if shows and shows.part and number == 0 else ""
            self.add(steps.Edit(part.path if number == 0 else self.pool.part().path, who, adds))
        if commit:
            self.add(steps.Commit(commit, who, shows))
        if end:
            self.add(steps.End(who))
        return Work(who, part)

    def last_words(self, *, end: bool, host: str = "", commit: bool = False) -> Work:
        """A short session whose only account is how it closes its turn."""
        who, part = self.open(host=host or self.host(LAST_WORDS))
        message, tells = self.pool.words(part)
        self.add(steps.Edit(part.path, who))
        if commit:
            self.add(steps.Commit(f"Limit of the {part.name}", who))
        self.add(steps.Stop(who, message, tells))
        if end:
            self.add(steps.End(who))
        return Work(who, part)

    def copying(self, *, commit: bool = True) -> Work:
        """An assistant that sends the ready-made call of the denial and nothing else."""
        who, part = self.open()
        self.add(steps.Edit(part.path, who), steps.Edit(self.pool.part().path, who))
        self.add(steps.CopyDenial(who, part.path))
        if commit:
            self.add(steps.Commit(f"Clean up the {part.name}", who))
        self.add(steps.End(who))
        return Work(who, part)

    def unsaved(self, *, files: int = 2, crash: bool = True, aged: bool = False) -> Work:
        """An assistant that edited and is killed, or still at work in another terminal."""
        who, part = self.open()
        self.add(steps.Edit(part.path, who), steps.Run(who, "pytest -q"))
        self.add(*(steps.Edit(self.pool.part().path, who) for _ in range(files - 1)))
        if crash:
            self.add(steps.Crash(who, aged))
        return Work(who, part)

    def question(self) -> Work:
        """A conversation that asks, changes nothing and saves nothing."""
        part = self.pool.part()
        who, _ = self.open(part, prompt=self.pool.question(part))
        self.add(steps.Run(who, f"cat {part.path}"), steps.End(who))
        return Work(who, part)

    def branch(self, prefix: str = "feature") -> str:
        """Cut a branch from here."""
        name = f"{prefix}/{self.pool.part().symbol.replace('_', '-')}"
        self.add(steps.Switch(name, new=True))
        return name

    def on_branch(self, *works: Callable[[], object]) -> str:
        """Cut a branch and do `works` on it."""
        name = self.branch()
        for work in works:
            work()
        return name

    def land(self, branch: str, *, squash: bool) -> None:
        """Bring a branch into main, and be there."""
        self.add(steps.Switch("main"), steps.Squash(branch) if squash else steps.Merge(branch))

    def person_commits(self) -> None:
        """A person changes something else and commits it."""
        part = self.pool.part()
        self.add(steps.Edit(part.path), steps.Commit(f"Update the {part.name}"))
