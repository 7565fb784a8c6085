"""The law of what is said of work in git: committed, landed and freshness are what plain git and the files say.

Sessions write blocks of lines that are found nowhere else, and whatever people do with git happens around them. Then
every line is looked for in the commits themselves, without anything of ocm.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from ocm.provenance import why
from ocm.recall import listing, show
from ocm.sessions import gather
from tests.support.builders import Ahead, Project, git

# Each example works in a repository of its own, some 100 processes of git.
EXAMPLES = settings(
    max_examples=min(60, settings().max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
FILES = ("a.py", "src/b.py", "src/c.py")
SESSIONS = ("one", "two", "three")
HISTORY = ("log", "-p", "--format=%x01", "--no-ext-diff", "--no-renames")
# What people do with git; what cannot be done where the repository stands is taken back whole.
MOVES = {
    "commit": (("add", "-A"), ("commit", "-q", "-m", "work")),
    "amend": (("add", "-A"), ("commit", "-q", "--amend", "--no-edit", "--allow-empty")),
    "branch": (("checkout", "-q", "-b", "topic"),),
    "main": (("checkout", "-q", "main"),),
    "topic": (("checkout", "-q", "topic"),),
    "merge": (("checkout", "-q", "main"), ("merge", "-q", "--no-ff", "-m", "merge", "topic")),
    "fast-forward": (("checkout", "-q", "main"), ("merge", "-q", "--ff-only", "topic")),
    "squash": (("checkout", "-q", "main"), ("merge", "-q", "--squash", "topic"), ("commit", "-q", "-m", "in one")),
    "rebase": (("rebase", "-q", "main", "topic"),),
    "pick": (("checkout", "-q", "main"), ("cherry-pick", "--allow-empty", "topic")),
    "revert": (("revert", "--no-edit", "HEAD"),),
    "drop": (("branch", "-q", "-D", "topic"),),
    "detach": (("checkout", "-q", "--detach"),),
    "stash": (("stash", "-q", "-u"),),
    "pop": (("stash", "pop", "-q"),),
    "pack": (("pack-refs", "--all"), ("gc", "-q")),
}
ON_FILES = ("restore", "delete", "rename")

edits = st.tuples(st.just("edit"), st.sampled_from(SESSIONS), st.sampled_from(FILES))
moves = st.tuples(st.sampled_from(sorted(MOVES)))
on_files = st.tuples(st.sampled_from(ON_FILES), st.sampled_from(FILES))
# Most often work is begun on a branch, done, committed, and brought home in one of the ways there are.
ways_home = st.sampled_from(["merge", "fast-forward", "squash", "pick", "rebase"]).map(lambda way: (way,))
usual = st.tuples(edits, edits, ways_home).map(
    lambda drawn: [("branch",), drawn[0], ("commit",), drawn[1], ("commit",), drawn[2]]
)
stories = st.lists(usual | st.lists(edits | moves | on_files, max_size=5), min_size=1, max_size=4)


class Block(NamedTuple):
    """Lines that one session put into one file."""

    session: str
    path: str
    lines: list[str]


class World:
    """A repository, and the blocks that sessions wrote into it."""

    def __init__(self, root: Path) -> None:
        """Make a repository of three files."""
        root.mkdir()
        git(root, "init", "-q", "--template=", "-b", "main")
        for name in FILES:
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{name} {n}\n" for n in range(8)), encoding="utf-8")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "base")
        self.project = Project(root)
        self.root = root
        self.blocks: list[Block] = []
        self.saved: dict[tuple[str, str], bytes] = {}

    def do(self, name: str, *arguments: str) -> None:
        """Let one thing happen."""
        if name == "edit":
            self.edit(*arguments)
        elif name in MOVES:
            self.move(name)
        elif (path := self.root / arguments[0]).exists():
            self.on_file(name, path, arguments[0])

    def edit(self, session: str, name: str) -> None:
        """Let a session put a block at the end of a file, and save."""
        path = self.root / name
        n = len(self.blocks)
        lines = [f"def step_{n}_{part}(value): return value * {n}{part}7 + offset_{n}_{part}" for part in range(3)]
        existed = path.exists()
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        self.project.edited(str(path), session_id=session, kind="update" if existed else "create")
        with patch.object(gather, "datetime", Ahead(n)):  # no two checkpoints of people fall into one second
            self.project.checkpoint(session, goal=f"work of {session}", work_summary=[f"block {n}"])
        self.blocks.append(Block(session, name, lines))
        self.saved[session, name] = path.read_bytes()

    def move(self, name: str) -> None:
        """Let one of the moves happen, whole or not at all; the first commit, which all came from, stays as it is."""
        if name == "amend" and git(self.root, "rev-list", "--count", "HEAD") == "1":
            return
        for command in MOVES[name]:
            done = subprocess.run(["git", *command], cwd=self.root, capture_output=True, check=False)
            if done.returncode:
                event(f"{name} could not be done")
                self.take_back()
                return

    def take_back(self) -> None:
        """End whatever stands half done."""
        for command in ("merge", "rebase", "cherry-pick", "revert"):
            subprocess.run(["git", command, "--abort"], cwd=self.root, capture_output=True, check=False)
        if git(self.root, "diff", "--name-only", "--diff-filter=U"):
            git(self.root, "reset", "-q", "--hard")

    def on_file(self, what: str, path: Path, name: str) -> None:
        """Let a person take a file back to what it was, or remove or rename it in a commit of its own."""
        if what == "restore":
            subprocess.run(["git", "checkout", "-q", "--", name], cwd=self.root, capture_output=True, check=False)
        elif not git(self.root, "status", "--porcelain"):  # else work of a session would go with it
            if what == "delete":
                path.unlink()
            else:
                path.rename(path.with_name("renamed_" + path.name))
            self.move("commit")

    def history(self) -> list[tuple[set[str], set[str]]]:
        """Return of every commit that counts the files it changes and the lines it adds."""
        found: list[tuple[set[str], set[str]]] = []
        for line in git(self.root, *HISTORY, "HEAD", "main", "--").split("\n"):
            if line == "\x01":
                found.append((set(), set()))
            elif line.startswith(("--- a/", "+++ b/")):
                found[-1][0].add(line[6:])
            elif line.startswith("+"):
                found[-1][1].add(line[1:])
        return found

    def here(self) -> dict[str, list[str]]:
        """Return the lines of the files that lie there."""
        found = [path for path in self.root.rglob("*.py") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8").split("\n") for path in found}


def committed_lines(world: World, name: str) -> list[str]:
    """Return the lines of a file as HEAD has it."""
    done = subprocess.run(["git", "show", f"HEAD:{name}"], cwd=world.root, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")


def said_of(project: Project, name: str, line: int) -> dict[str, Any]:
    (origin,) = why.why(project.store, name, line)["origins"]
    return dict(origin)


def check_lines(world: World) -> None:
    """Every line that lies there is committed when the commit that is checked out has it, else it is not."""
    for name, lines in world.here().items():
        in_head = set(committed_lines(world, name))
        for n, line in enumerate(lines, 1):
            if line.startswith("def step_") and line.split("(")[0].endswith("_1"):
                said = said_of(world.project, name, n)
                assert said["committed"] == ("yes" if line in in_head else "no"), (name, line, said)


def verdict(held: set[str], every: set[str]) -> str:
    return ("yes" if held == every else "partly") if held else "no"


def check_landed(world: World, session: str) -> None:
    """The work in a file has landed when some commit of this history holds work of the session and changes the file."""
    mine = [block for block in world.blocks if block.session == session]
    rows = {row["session_id"]: row["landed"] for row in listing.list_sessions(world.project.store)}
    every = {block.path for block in mine}
    written = {line for block in mine for line in block.lines}
    held = {name for names, lines in world.history() if lines & written for name in names & every}
    said = why.commits(world.project.store, session)
    assert said["landed"] == verdict(held, every), (said, held)
    if all((world.root / name).parent.is_dir() for name in every):  # of a folder that is gone a list says "unknown"
        assert rows[session] == said["landed"]
    assert set(said["not_landed"]) == every - held


def check_freshness(world: World, session: str) -> None:
    """A file is unchanged while it is what it was at the last checkpoint, gone when it is not there, else changed."""
    expected = {"unchanged": 0, "changed": 0, "gone": 0}
    for (owner, name), data in world.saved.items():
        if owner == session:
            path = world.root / name
            state = "gone" if not path.exists() else "unchanged" if path.read_bytes() == data else "changed"
            expected[state] += 1
    assert show.freshness_of(world.project.store, session)["freshness"] == expected


@EXAMPLES
@given(stories)
def test_what_is_said_of_work_is_what_git_says(parts: list[list[tuple[str, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "repo")
        for step in (step for part in parts for step in part):
            note(str(step))
            world.do(*step)
        note(git(world.root, "log", "--all", "--graph", "--oneline", "--name-status"))
        check_lines(world)
        for session in {block.session for block in world.blocks}:
            check_landed(world, session)
            check_freshness(world, session)
