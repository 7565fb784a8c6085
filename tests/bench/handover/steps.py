"""The scripted language: a history is a list of steps, which the model reads and the world plays."""

from __future__ import annotations

from dataclasses import dataclass

from .words import Item

EXACT, DOTTED, PAST = "exact", "dotted", "past"  # how an item that is done is worded


@dataclass(frozen=True)
class Start:
    """A conversation begins with what its user types."""

    who: str
    host: str
    prompt: str


@dataclass(frozen=True)
class Edit:
    """A file is edited by an assistant; without `who` by a person."""

    path: str
    who: str = ""
    adds: str = ""


@dataclass(frozen=True)
class Run:
    """A command is run by an assistant; nothing but the hooks is told."""

    who: str
    command: str
    failed: bool = False


@dataclass(frozen=True)
class Commit:
    """All that is changed is committed; `shows` is what its content shows to be done."""

    message: str
    who: str = ""
    shows: Item | None = None


@dataclass(frozen=True)
class Checkpoint:
    """The assistant saves; each item that is done with how it is worded, each decision and problem with what it ends."""

    who: str
    goal: Item | None = None
    completed: tuple[tuple[Item, str], ...] = ()
    pending: tuple[Item, ...] = ()
    decisions: tuple[tuple[Item, Item | None], ...] = ()
    problems: tuple[tuple[Item, Item | None], ...] = ()


@dataclass(frozen=True)
class CopyDenial:
    """The assistant works on until it is denied, sends the ready-made call as it stands, and goes on."""

    who: str
    path: str


@dataclass(frozen=True)
class Stop:
    """A turn ends with a message; `tells` is what the next one needs of it."""

    who: str
    message: str
    tells: tuple[Item, ...] = ()


@dataclass(frozen=True)
class End:
    """The conversation is ended properly."""

    who: str


@dataclass(frozen=True)
class Crash:
    """The assistant is killed: its journal stays. An `aged` one has lain there for an hour."""

    who: str
    aged: bool = False


@dataclass(frozen=True)
class Switch:
    """Another branch is checked out, cut from here where it is new."""

    branch: str
    new: bool = False


@dataclass(frozen=True)
class Squash:
    """A branch is squash-merged into the one that is checked out, and deleted."""

    branch: str


@dataclass(frozen=True)
class Merge:
    """A branch is merged with a merge commit."""

    branch: str


@dataclass(frozen=True)
class Rebase:
    """The branch that is checked out is rebased."""

    onto: str


@dataclass(frozen=True)
class Detach:
    """The commit is checked out instead of the branch."""


@dataclass(frozen=True)
class Worktree:
    """A new worktree with a branch of its own, cut from here, is where things go on."""

    branch: str


@dataclass(frozen=True)
class Leave:
    """Things go on in the main worktree again."""


@dataclass(frozen=True)
class Clone:
    """Somebody else clones the repository and gets the session files, nothing more."""


@dataclass(frozen=True)
class Tick:
    """A person takes an item off the list: `ocm done`, `ocm drop`, or in the file, where `command` is empty."""

    item: Item
    command: str = ""


@dataclass(frozen=True)
class Note:
    """A person writes something down, by `ocm note` or in the file of a session."""

    item: Item
    who: str = ""


@dataclass(frozen=True)
class AddTodo:
    """A person adds something to be done, by `ocm todo add`."""

    item: Item


@dataclass(frozen=True)
class Reset:
    """What was changed in a file and not committed is thrown away."""

    path: str


Step = (
    Start
    | Edit
    | Run
    | Commit
    | Checkpoint
    | CopyDenial
    | Stop
    | End
    | Crash
    | Switch
    | Squash
    | Merge
    | Rebase
    | Detach
    | Worktree
    | Leave
    | Clone
    | Tick
    | Note
    | AddTodo
    | Reset
)


@dataclass(frozen=True)
class History:
    """What happened, and who asks then."""

    kind: str
    name: str
    steps: tuple[Step, ...]
    next_host: str
