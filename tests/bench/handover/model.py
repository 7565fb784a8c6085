"""What is true after a history: written from the contract, never from the program.

An item is open until a later session completed it, a commit's content shows it, a person ticked it, or its own session
dropped it; a decision is in force until a later one supersedes it; a problem is unsolved until a later item solves it.
What is near is this branch, what it was cut from and what was merged into it; of the rest only what surely fits is
expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import steps
from .clients import LAST_WORDS
from .words import COMPONENTS, Item, plain

# What a brief of 600 tokens surely holds, with where each line is from.
MOST_FACTS, MOST_CHARACTERS, A_LINE = 14, 1600, 28
_THERE = {path for _, path, _ in COMPONENTS}
_ASKED = 40  # characters of a prompt by which it is known
_STATED = {"open", "decision", "problem"}  # kinds of which a brief says that they hold


@dataclass(frozen=True)
class Fact:
    """Something the next conversation needs: a phrase that its brief must hold."""

    kind: str
    key: str
    who: str = ""
    text: str = field(default="", compare=False)

    @property
    def holds(self) -> bool:
        """Whether it is to be told as something that still holds."""
        return self.kind in _STATED


@dataclass(frozen=True)
class Forbidden:
    """A phrase that must not be told the way that `kind` says; `who` is the session it comes from."""

    kind: str
    key: str
    who: str = ""
    text: str = field(default="", compare=False)


@dataclass
class Session:
    """What one conversation left."""

    who: str
    host: str
    prompt: str
    number: int
    goal: Item | None = None
    pending: list[Item] = field(default_factory=list)
    notes: list[Item] = field(default_factory=list)
    said: list[Item] = field(default_factory=list)
    words: tuple[Item, ...] = ()
    files: list[str] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    spoke: bool = False  # a checkpoint said something of its own
    copied: bool = False
    state: str = "running"

    @property
    def worked(self) -> bool:
        """Whether it left anything but a question."""
        return bool(self.spoke or self.copied or self.files or self.words)


@dataclass(frozen=True)
class Expected:
    """What a brief must hold, and what it must not say."""

    facts: tuple[Fact, ...]
    forbidden: tuple[Forbidden, ...]
    sessions: tuple[str, ...]


class Model:
    """Plays a history without a repository."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.ended: dict[Item, str] = {}
        self.near: dict[str, list[str]] = {"main": []}
        self.branch = "main"
        self.home = "main"
        self.reset: list[str] = []
        self.created: dict[str, set[str]] = {}  # new files, and the branches that have them
        self.landed: list[str] = []
        self.dirty: dict[str, str] = {}  # of the work tree where things go on
        self.dirty_at_home: dict[str, str] = {}
        self.committed: list[str] = []
        self.project_notes: list[Item] = []
        self.todos: list[Item] = []
        self.is_clone = False
        handlers: dict[type, Callable[[Any], None]] = {
            steps.Start: self._start,
            steps.Edit: self._edit,
            steps.Commit: self._commit,
            steps.Checkpoint: self._checkpoint,
            steps.CopyDenial: self._copy_denial,
            steps.Stop: self._stop,
            steps.End: self._end,
            steps.Crash: self._crash,
            steps.Switch: self._switch,
            steps.Squash: self._merge,
            steps.Merge: self._merge,
            steps.Rebase: self._rebase,
            steps.Detach: self._detach,
            steps.Worktree: self._worktree,
            steps.Leave: self._leave,
            steps.Clone: self._clone,
            steps.Tick: self._tick,
            steps.Note: self._note,
            steps.AddTodo: self._add_todo,
            steps.Reset: self._reset,
        }
        self._handlers = handlers

    def play(self, history: steps.History) -> Expected:
        """Return what has to be told after `history`, and what must not be."""
        for step in history.steps:
            self._handlers.get(type(step), lambda _: None)(step)
        return Expected(tuple(self._fitting()), tuple(self._forbidden()), tuple(self.sessions))

    # --- the steps

    def _start(self, step: steps.Start) -> None:
        self.sessions[step.who] = Session(step.who, step.host, step.prompt, len(self.sessions))
        self._touch(step.who)

    def _touch(self, who: str) -> None:
        if who not in self.near[self.branch]:
            self.near[self.branch].append(who)

    def _edit(self, step: steps.Edit) -> None:
        self.dirty[step.path] = step.who
        if step.path not in _THERE:
            self.created.setdefault(step.path, set())
        if not step.who:
            return
        session = self.sessions[step.who]
        for paths in (session.files, session.unsaved):
            if step.path not in paths:
                paths.append(step.path)

    def _commit(self, step: steps.Commit) -> None:
        for path, who in self.dirty.items():
            self.committed.append(path)
            if path in self.created:
                self.created[path].add(self.branch)
            if who:
                self._touch(who)
        self.dirty = {}
        if step.shows:
            self.ended[step.shows] = "a commit"

    def _checkpoint(self, step: steps.Checkpoint) -> None:
        session = self.sessions[step.who]
        done = [item for item, _ in step.completed]
        for item in session.pending:
            if item not in step.pending and item not in done:
                self.ended.setdefault(item, "dropped")
        for item in done:
            self.ended[item] = "completed"
        for item, ends in [*step.decisions, *step.problems]:
            session.said.append(item)
            if ends:
                self.ended[ends] = item.label
        for item in step.pending:
            self.ended.pop(item, None)
        session.pending, session.unsaved, session.spoke = list(step.pending), [], True
        session.goal = step.goal or session.goal

    def _copy_denial(self, step: steps.CopyDenial) -> None:
        session = self.sessions[step.who]
        session.copied, session.unsaved = True, []
        self._edit(steps.Edit(step.path, step.who))

    def _stop(self, step: steps.Stop) -> None:
        session = self.sessions[step.who]
        if session.host in LAST_WORDS:
            session.words = step.tells

    def _end(self, step: steps.End) -> None:
        session = self.sessions[step.who]
        session.state, session.unsaved = "ended", []

    def _crash(self, step: steps.Crash) -> None:
        self.sessions[step.who].state = "crashed"

    def _switch(self, step: steps.Switch) -> None:
        if step.new:
            self._cut(step.branch)
        self.branch = step.branch

    def _cut(self, branch: str) -> None:
        self.near[branch] = list(self.near[self.branch])
        for has in self.created.values():
            if self.branch in has:
                has.add(branch)

    def _merge(self, step: steps.Squash | steps.Merge) -> None:
        self.landed.append(step.branch)
        self._take(step.branch)

    def _rebase(self, step: steps.Rebase) -> None:
        self._take(step.onto)

    def _take(self, branch: str) -> None:
        mine = self.near[self.branch]
        mine += [who for who in self.near[branch] if who not in mine]
        for has in self.created.values():
            if branch in has:
                has.add(self.branch)

    def _detach(self, _: steps.Detach) -> None:
        self._cut("(detached)")
        self.branch = "(detached)"

    def _worktree(self, step: steps.Worktree) -> None:
        self.home = self.branch
        self.dirty_at_home, self.dirty = self.dirty, {}
        self._switch(steps.Switch(step.branch, new=True))

    def _leave(self, _: steps.Leave) -> None:
        self.branch = self.home
        self.dirty_at_home, self.dirty = self.dirty, self.dirty_at_home

    def _clone(self, _: steps.Clone) -> None:
        self.is_clone = True

    def _tick(self, step: steps.Tick) -> None:
        self.ended[step.item] = "a person"

    def _note(self, step: steps.Note) -> None:
        notes = self.sessions[step.who].notes if step.who else self.project_notes
        notes.append(step.item)

    def _add_todo(self, step: steps.AddTodo) -> None:
        self.todos.append(step.item)

    def _reset(self, step: steps.Reset) -> None:
        self.reset.append(step.path)
        self.dirty.pop(step.path, None)

    # --- what follows

    def _fitting(self) -> list[Fact]:
        """Return the facts that a brief surely holds: all, or where that is too much, the nearest."""
        near, far = (list(dict.fromkeys(facts)) for facts in (self._near(), self._far()))
        rest = [fact for fact in far if fact not in near]
        return [*near, *rest] if _fits([*near, *rest]) else _first(near)

    def _near(self) -> Iterable[Fact]:
        near = [session for session in self._latest() if session.who in self.near[self.branch]]
        unsaved = [session for session in self._latest() if session.state in {"running", "crashed"} and session.unsaved]
        if not self.is_clone:
            for session in unsaved:
                yield from self._unsaved(session)
        yield from self._goals(near)
        yield from (_fact(item) for item in [*self.todos, *self.project_notes] if item not in self.ended)
        for session in near:
            yield from self._left(session)

    def _far(self) -> Iterable[Fact]:
        for session in self._latest():
            yield from self._left(session)

    def _latest(self) -> list[Session]:
        return sorted(self.sessions.values(), key=lambda session: -session.number)

    def _unsaved(self, session: Session) -> Iterable[Fact]:
        if not session.spoke:
            yield _asked(session)
        yield from (Fact("unsaved", path, session.who, path) for path in session.unsaved)

    def _goals(self, near: list[Session]) -> Iterable[Fact]:
        """The goal of the latest work here that is not finished; where all is, nobody needs it."""
        for session in near:
            if session.goal and any(item not in self.ended for item in session.pending):
                yield _fact(session.goal, session)
                return

    def _left(self, session: Session) -> Iterable[Fact]:
        stating = [item for item in [*session.pending, *session.said] if item.kind in _STATED]
        words = [] if session.spoke else session.words
        yield from (_fact(item, session) for item in [*stating, *session.notes, *words] if item not in self.ended)
        if session.state == "ended" and session.files and not session.spoke and not words:
            yield _asked(session)
            yield from (Fact("touched", path, session.who, path) for path in session.files[:2])

    def _forbidden(self) -> Iterable[Forbidden]:
        yield from (
            Forbidden(f"ended {item.kind}", item.key, text=item.text) for item in self.ended if item.kind in _STATED
        )
        for session in self.sessions.values():
            holding = [item for item in [*session.pending, *session.said] if item.kind in _STATED]
            yield from (Forbidden("holds", item.key, text=item.text) for item in holding if item not in self.ended)
        changed = {**self.dirty, **self.dirty_at_home}
        clean = [path for path in dict.fromkeys([*self.reset, *self.committed]) if path not in changed]
        yield from (Forbidden("not committed", path) for path in clean)
        yield from (Forbidden("gone", path) for path in self.created)
        yield from (Forbidden("not merged", plain(branch)) for branch in dict.fromkeys(self.landed))
        left = {path for session in self.sessions.values() for path in session.unsaved}
        for session in self.sessions.values():
            saved = [path for path in session.files if path not in left]
            yield from (Forbidden("not saved", path) for path in saved)
            if not session.worked:
                yield Forbidden("only asked", plain(session.prompt)[:_ASKED], session.who)
            elif len(self.sessions) > 1:
                alone = [path for path in session.files if self._owners(path) == [session.who]]
                yield from (Forbidden("other's file", path, session.who) for path in alone)

    def _owners(self, path: str) -> list[str]:
        return [session.who for session in self.sessions.values() if path in session.files]


def _fits(facts: Sequence[Fact]) -> bool:
    return len(facts) <= MOST_FACTS and sum(len(fact.text) + A_LINE for fact in facts) <= MOST_CHARACTERS


def _first(facts: Sequence[Fact]) -> list[Fact]:
    """Return as many of the first facts as fit."""
    return next(list(facts[:count]) for count in range(len(facts), -1, -1) if _fits(facts[:count]))


def _fact(item: Item, session: Session | None = None) -> Fact:
    return Fact(item.kind, item.key, session.who if session else "", item.text)


def _asked(session: Session) -> Fact:
    return Fact("asked", plain(session.prompt)[:_ASKED], session.who, session.prompt)
