"""The histories: a builder for each kind, played in several numbers, each with texts drawn by its own seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import steps
from .clients import HOSTS, LAST_WORDS
from .scene import Scene
from .steps import DOTTED, PAST, History
from .words import Item

Builder = Callable[[Scene], None]


def one_branch(scene: Scene) -> None:
    """One or two diligent sessions, and the next begins where they stopped."""
    for _ in range(1 + scene.number % 2):
        scene.diligent(problems=1, commit=scene.flip())


def new_branch(scene: Scene) -> None:
    """The work is on one branch, the next conversation begins on one cut from it."""
    if scene.number % 2:
        scene.branch()
    scene.diligent(problems=scene.number % 2, commit=scene.number != 2, cuts=scene.number == 4)
    if scene.number == 3:
        scene.diligent(opens=1)
    scene.branch("fix")


def squash(scene: Scene) -> None:
    """The branch was squash-merged and deleted; the next one begins on main, or on a branch cut from there."""
    if scene.number == 4:  # the assistant cuts the branch itself, once it has begun
        scene.land(scene.diligent(problems=1, cuts=True).branch, squash=True)
        return
    works = [scene.diligent, lambda: scene.diligent(opens=1, problems=1)]
    name = scene.on_branch(*works[: 1 + scene.number % 2])
    if scene.number == 2:
        scene.add(steps.Switch("main"))
        scene.person_commits()
        scene.add(steps.Squash(name))
    else:
        scene.land(name, squash=True)
    if scene.number in {1, 3}:
        scene.branch("next")


def merge(scene: Scene) -> None:
    """One or two branches were merged with merge commits."""
    names: list[str] = []
    for _ in range(1 + scene.number % 2):
        scene.add(steps.Switch("main"))
        names.append(scene.on_branch(lambda: scene.diligent(problems=1)))
    for name in names:
        scene.land(name, squash=False)
    if scene.number == 2:
        scene.branch("next")


def rebase(scene: Scene) -> None:
    """The branch was rebased on a main that went on; it may be squashed into main after that."""
    name = scene.on_branch(scene.diligent)
    scene.add(steps.Switch("main"))
    if scene.flip():
        scene.diligent(opens=1)
    else:
        scene.person_commits()
    scene.add(steps.Switch(name), steps.Rebase("main"))
    if scene.number == 1:
        scene.land(name, squash=True)
    elif scene.number == 2:
        scene.branch("next")


def worktree(scene: Scene) -> None:
    """The next conversation begins in a new worktree, or in the main one after work in another."""
    if scene.number == 1:
        scene.diligent(opens=1)
        scene.add(steps.Worktree("side/one"))
        scene.diligent(problems=1)
        scene.add(steps.Leave(), steps.Merge("side/one"))
    elif scene.number == 2:
        scene.diligent()
        scene.unsaved(crash=False)
        scene.add(steps.Worktree("side/two"))
    else:
        scene.diligent(problems=1, host=scene.host())
        scene.add(steps.Worktree("side/three"))


def detached(scene: Scene) -> None:
    """No branch is checked out."""
    if scene.number % 2:
        scene.land(scene.on_branch(scene.diligent), squash=scene.flip())
    scene.diligent(opens=1, problems=1)
    scene.add(steps.Detach())


def other_branch(scene: Scene) -> None:
    """The work is on a branch that is not merged, with a new file; the next one begins on main, or on another branch."""
    if scene.number == 2:
        scene.diligent(opens=1)
    new = f"docs/{scene.pool.part().symbol}.md"
    scene.on_branch(lambda: scene.diligent(problems=1, creates=new))
    scene.add(steps.Switch("main"))
    if scene.number == 1:
        scene.branch("fix")


def clone(scene: Scene) -> None:
    """Somebody else has a clone with the session files."""
    if scene.number % 2:
        scene.land(scene.on_branch(scene.diligent), squash=True)
    scene.diligent(problems=1)
    if scene.number == 2:
        scene.diligent(opens=1)
    scene.add(steps.Clone())
    if scene.number == 3:
        scene.branch("mine")


def crash(scene: Scene) -> None:
    """The last session was killed: at once before, an hour ago, or after it had saved something."""
    if scene.number != 3:
        scene.diligent()
    if scene.number == 2:
        work = scene.diligent(end=False)
        scene.add(steps.Edit(scene.pool.part().path, work.who), steps.Crash(work.who))
        return
    for _ in range(1 + (scene.number == 4)):
        scene.unsaved(files=1 + scene.number % 3, aged=scene.number == 1)


def neighbour(scene: Scene) -> None:
    """Another conversation is at work at the same time."""
    if scene.number != 2:
        scene.diligent(opens=1)
    if scene.number == 1:
        work = scene.diligent(opens=1, end=False)
        scene.add(steps.Edit(scene.pool.part().path, work.who))
        return
    scene.unsaved(crash=False)
    if scene.number == 3:
        scene.unsaved(files=1, crash=False)


def lazy(scene: Scene) -> None:
    """After a diligent session one that saves nothing of its own, but may commit what was open."""
    wanted = scene.pool.shown_by_code(scene.pool.part())
    is_done = scene.number in {0, 2}
    scene.diligent(opens=1, adds=[wanted] if is_done else [])
    if is_done:
        scene.silent(commit=wanted.text.replace("`", ""), shows=wanted, end=scene.number == 0)
    elif scene.number in {1, 3}:
        scene.copying(commit=scene.number == 1)
    else:
        scene.silent(files=2)


def last_words(scene: Scene) -> None:
    """A short session says at its end what it chose and left; nothing else does."""
    if scene.number % 2:
        scene.diligent(opens=1)
    scene.last_words(end=scene.flip(), host=LAST_WORDS[scene.number % 3], commit=scene.number > 1)
    if scene.number == 4:
        scene.branch("fix")


def finished(scene: Scene) -> None:
    """Of what was open, some is done: by a later session, a commit, a person; or was dropped by its own session."""
    first = scene.diligent(opens=3, drops=scene.number == 3)
    if scene.number == 0:
        scene.diligent(opens=1, completes=first.opens[:2])
    elif scene.number == 1:
        scene.add(steps.Tick(first.opens[0]))
    elif scene.number == 2:
        scene.add(steps.Tick(first.opens[1], "done"))
    elif scene.number == 6:
        scene.add(steps.Tick(first.opens[2], "drop"))
    elif scene.number > 3:
        name = scene.on_branch(lambda: scene.diligent(opens=1, completes=first.opens[:1]))
        scene.land(name, squash=scene.number == 4)
    if scene.number == 5:
        scene.branch("next")


def by_commit(scene: Scene) -> None:
    """A person, or an assistant that saves nothing, commits what was open: the code says so."""
    wanted = scene.pool.shown_by_code(scene.pool.part())
    scene.diligent(opens=1, commit=scene.flip(), adds=[wanted])
    if wanted.part is None:
        raise ValueError(wanted)
    name = scene.branch() if scene.number == 1 else ""
    if scene.number == 3:  # the same file, and nothing of what was wanted
        scene.add(steps.Edit(wanted.part.path), steps.Commit(f"Tidy the {wanted.part.name}"))
        return
    scene.add(steps.Edit(wanted.part.path, adds=wanted.part.symbol))
    message = "Small changes" if scene.number == 2 else wanted.text.replace("`", "")
    scene.add(steps.Commit(message, shows=wanted))
    if name:
        scene.land(name, squash=True)


def reworded(scene: Scene) -> None:
    """A later session finished what was open and says so in other words, or the same with something else."""
    first = scene.diligent(opens=2)
    if scene.number == 2:
        scene.diligent(opens=1, completes=[scene.pool.twin(first.opens[0])], wording=PAST)
    else:
        scene.diligent(opens=1, completes=first.opens[:1], wording=DOTTED if scene.number == 0 else PAST)


def superseded(scene: Scene) -> None:
    """A later decision ends an earlier one, a later item solves a problem, over sessions and branches."""
    first = scene.diligent(opens=1, problems=1)
    if scene.number % 2:
        name = scene.on_branch(lambda: scene.diligent(opens=1, supersedes=first.decisions[0], part=first.part))
        scene.land(name, squash=True)
    else:
        second = scene.diligent(opens=1, supersedes=first.decisions[0], solves=first.problems[0])
        if scene.number == 2:
            scene.diligent(opens=0, supersedes=second.decisions[0])
    scene.diligent(opens=1, decisions=0, solves=first.problems[0] if scene.number == 1 else None)


def notes(scene: Scene) -> None:
    """A person wrote something down, or put something on the list."""
    work = scene.diligent()
    if scene.number == 2:
        scene.add(steps.AddTodo(scene.pool.open(scene.pool.part())))
    else:
        scene.add(steps.Note(scene.pool.note(work.part), work.who if scene.number % 2 else ""))
    if scene.number == 3:
        scene.diligent(opens=1)


def reset(scene: Scene) -> None:
    """A file was edited and put back; another was committed by a person after the session."""
    if scene.flip():
        scene.diligent(opens=1)
    who, part = scene.open()
    other = scene.pool.part()
    open_item, decision, goal = scene.pool.open(part), scene.pool.decision(part), scene.pool.goal(part)
    scene.add(steps.Edit(part.path, who), steps.Edit(other.path, who))
    scene.add(steps.Checkpoint(who, goal, pending=(open_item,), decisions=((decision, None),)))
    if scene.number == 1:
        scene.add(steps.End(who))
    scene.add(steps.Reset(part.path))
    if scene.number != 1:
        scene.add(steps.End(who))
    if scene.number == 2:
        scene.add(steps.Commit(f"Change the {other.name}"))


# Which of the branches before were brought into main.
_LANDING = [(True,), (True, False), (False, False, False, False), (False, True), (False, True, False, True)]


def many(scene: Scene) -> None:
    """Up to twelve sessions; those of other branches before, the nearest ones last."""
    for lands in _LANDING[scene.number]:
        name = scene.on_branch(lambda: scene.diligent(opens=1), lambda: scene.diligent(opens=1, decisions=0))
        if lands:
            scene.land(name, squash=scene.flip())
        else:
            scene.add(steps.Switch("main"))
    old = scene.diligent(opens=2)
    scene.branch()
    scene.diligent(opens=1, completes=old.opens[:1])
    scene.diligent(opens=1, problems=1, supersedes=old.decisions[0])
    if scene.number > 1:
        scene.diligent(opens=1, decisions=0, completes=old.opens[1:])


def several_hosts(scene: Scene) -> None:
    """One piece of work goes from assistant to assistant, each of another host."""
    left: list[Item] = []
    for host in scene.pool.random.sample(HOSTS, 3 + scene.number % 3):
        left = [*left, *scene.diligent(opens=2, completes=left[:1], host=host).opens][1:]


def only_asked(scene: Scene) -> None:
    """The last conversations asked a question and changed nothing."""
    scene.diligent(problems=1)
    for _ in range(1 + scene.number % 3):
        scene.question()
    if scene.number == 2:
        scene.branch("fix")


def mixed(scene: Scene) -> None:
    """Anything after anything, by seed."""
    left: list[Item] = []
    for _ in range(scene.pool.random.randrange(2, 6)):
        kind = scene.pool.random.choice(["diligent", "diligent", "completes", "silent", "words", "question", "branch"])
        if kind == "branch":
            name = scene.branch()
            left += scene.diligent(opens=1).opens
            scene.land(name, squash=scene.flip())
        elif kind == "silent":
            scene.silent(commit="Small changes" if scene.flip() else "")
        elif kind == "words":
            scene.last_words(end=True)
        elif kind == "question":
            scene.question()
        else:
            done = left[: kind == "completes"]
            left = left[len(done) :] + scene.diligent(opens=1, completes=done, commit=scene.flip()).opens
    _ending(scene)


def _ending(scene: Scene) -> None:
    """Where and beside whom the next conversation begins."""
    ending = scene.pool.random.choice(["here", "branch", "worktree", "detached", "crash", "neighbour"])
    if ending == "branch":
        scene.branch("next")
    elif ending == "worktree":
        scene.add(steps.Worktree("side/last"))
    elif ending == "detached":
        scene.add(steps.Detach())
    elif ending in {"crash", "neighbour"}:
        scene.unsaved(crash=ending == "crash")


KINDS: dict[str, tuple[Builder, int]] = {
    "one branch": (one_branch, 2),
    "new branch": (new_branch, 5),
    "squash": (squash, 5),
    "merge": (merge, 3),
    "rebase": (rebase, 3),
    "worktree": (worktree, 3),
    "detached": (detached, 2),
    "other branch": (other_branch, 3),
    "clone": (clone, 4),
    "crash": (crash, 5),
    "neighbour": (neighbour, 4),
    "lazy": (lazy, 5),
    "last words": (last_words, 5),
    "finished": (finished, 7),
    "by commit": (by_commit, 4),
    "reworded": (reworded, 3),
    "superseded": (superseded, 3),
    "notes": (notes, 4),
    "reset": (reset, 3),
    "multi-session": (many, len(_LANDING)),
    "multi-host": (several_hosts, 3),
    "only asked": (only_asked, 3),
    "mixed": (mixed, 8),
}
SHORT = ("one branch/0", "new branch/1", "crash/0", "finished/0")


def histories(only: str = "", *, short: bool = False) -> Iterator[History]:
    """Return the histories whose name holds `only`."""
    for kind, (build, count) in KINDS.items():
        for number in range(count):
            name = f"{kind}/{number}"
            if only in name and (not short or name in SHORT):
                scene = Scene(kind, number)
                build(scene)
                yield History(kind, name, tuple(scene.steps), scene.host())
