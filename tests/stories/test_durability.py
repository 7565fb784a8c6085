"""What happens to a store and its repository in mid-session costs nothing that was acknowledged: git's own housekeeping,
branches and stashes, a worktree or a store that goes away, and a second machine to which no lock reaches.

After each the session files are whole, the cache says what a new one says, and the next run leaves nothing lying about.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ocm.markdown import parse, render
from ocm.recall import listing, search, show
from ocm.sessions import checkpoints, session_files
from ocm.store import files
from ocm.store.paths import STORE, Store
from tests.defects.environment import our_commands
from tests.defects.ours import Ours
from tests.defects.world import make_world
from tests.support.builders import Project, commit, git, script

if TYPE_CHECKING:
    from tests.defects.mcp_client import Mcp

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the driver speaks to /bin/sh")
HOUR = 3600


# --- what must hold afterwards


def answers(store: Store) -> list[Any]:
    """Return what list, search and show say."""
    listed = listing.list_sessions(store, -1)
    shown = [show.show(store, row["session_id"]) for row in listed]
    return [listed, shown, search.search(store, "before"), search.search(store, "after")]


def assert_whole(store: Store) -> None:
    """Every session file is well formed, the cache equals a new one, and the next run clears up."""
    texts = [path.read_bytes().decode() for path in sorted(Path(store.sessions).glob("*.md"))]
    assert texts
    for text in texts:
        assert render.update(text, parse.parse(text)) == text
    ids = [parse.session_id_of(text) for text in texts]
    assert len(set(ids)) == len(ids), "no session has two files"
    now = answers(store)
    for path in Path(store.path).glob("memory.db*"):
        path.unlink()
    assert answers(store) == now
    for path in Path(store.path).rglob("*"):
        os.utime(path, (time.time() - HOUR, time.time() - HOUR))
    assert checkpoints.recover(store) == []
    assert leftovers(store) == []


def leftovers(store: Store) -> list[str]:
    """Return the names of locks, temporary files and journals of a take-over."""
    names = [name for folder in (store.path, store.sessions) for name in os.listdir(folder)]
    marks = ("taken_", ".ocm-tmp-", "forget_")
    return sorted(name for name in names if name.startswith(marks) or name.endswith((".lock", ".tmp", ".damaged")))


# --- git, while a session is at work

GitEvent = Callable[[Path], None]


def collects_garbage(root: Path) -> None:
    """The commit that the session began at is no longer there."""
    began = git(root, "rev-parse", "HEAD")
    git(root, "commit", "-q", "--amend", "--allow-empty", "-m", "another beginning")
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "-q", "--prune=now")
    gone = subprocess.run(["git", "cat-file", "-e", began], cwd=root, capture_output=True, check=False)
    assert gone.returncode, "the control: the commit is gone"


def switches_the_branch(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work of the session")
    git(root, "checkout", "-q", "--orphan", "elsewhere")
    git(root, "rm", "-q", "-r", "-f", ".")
    (root / "other.py").write_text("another tree\n", encoding="utf-8")
    commit(root, "elsewhere")


def stashes(root: Path) -> None:
    git(root, "stash", "push", "-q", "--include-untracked")
    assert not (root / "b.py").exists(), "the control: it was put away"


def stashes_and_takes_back(root: Path) -> None:
    stashes(root)
    git(root, "stash", "pop", "-q")


def resets(root: Path) -> None:
    git(root, "reset", "-q", "--hard")
    git(root, "clean", "-q", "-f", "-d")


def packs_its_refs(root: Path) -> None:
    git(root, "pack-refs", "--all")
    git(root, "repack", "-q", "-a", "-d")


def is_in_the_middle_of_a_rebase(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work of the session")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "rebase", "-q", "--exec", "false", "HEAD~1")
    assert (root / ".git" / "rebase-merge").is_dir(), "the control: it stopped half way"


def loses_its_folder(root: Path) -> None:
    shutil.rmtree(root / ".git")


GIT_EVENTS: tuple[GitEvent, ...] = (
    collects_garbage, switches_the_branch, stashes, stashes_and_takes_back, resets, packs_its_refs,
    is_in_the_middle_of_a_rebase, loses_its_folder,
)  # fmt: skip
every_git_event = pytest.mark.parametrize("happens", GIT_EVENTS, ids=lambda event: event.__name__)


def wrote(project: Project, name: str) -> None:
    """Let the assistant write a file, and its host tell of it."""
    (project.root / name).write_text(f"{name}\n", encoding="utf-8")
    project.edited(str(project.root / name), kind="create")


@every_git_event
def test_what_git_does_in_mid_session_costs_nothing(repo: Project, happens: GitEvent) -> None:
    repo.hook("session-start", source="startup")
    wrote(repo, "one.py")
    repo.checkpoint(goal="g", work_summary=["before"])
    wrote(repo, "b.py")
    happens(repo.root)
    wrote(repo, "c.py")
    assert repo.tally().calls == 2
    repo.checkpoint(work_summary=["after"])
    session = repo.session()
    assert session.work_summary == ["before", "after"]
    assert {"c.py"} <= {change.path for change in session.files}
    assert_whole(repo.store)


@every_git_event
def test_a_session_that_ends_after_it_is_closed_like_any_other(repo: Project, happens: GitEvent) -> None:
    repo.hook("session-start", source="startup")
    wrote(repo, "b.py")
    repo.checkpoint(goal="before")
    happens(repo.root)
    repo.hook("session-end")
    assert (repo.session().status, repo.session().goal, repo.log()) == ("closed", "before", [])
    assert_whole(repo.store)


# --- the same under a server that runs


@pytest.fixture
def system(tmp_path: Path) -> Ours:
    """Set up a project of its own."""
    commands = our_commands()
    found = Ours(make_world(tmp_path, commands), commands)
    found.init().must_work()
    found.world.commit("set up")
    return found


def store_of(system: Ours) -> Store:
    return Store(str(system.store), str(system.world.project))


@contextmanager
def at_work(system: Ours) -> Iterator[Mcp]:
    """Let a session be at work with a server of its own: something is stored, and something only journaled."""
    system.hook("session-start", "S", source="startup")
    with system.mcp() as server:
        assert not server.call("ocm__checkpoint", session_id="S", goal="g", work_summary=["before"]).error
        system.journal_edit("S", "b.py")
        yield server


def goes_on(system: Ours, server: Mcp) -> None:
    """Let the session work and store again, and check that all is there."""
    system.journal_edit("S", "c.py")
    reply = server.call("ocm__checkpoint", session_id="S", work_summary=["after"])
    assert not reply.error, reply.text
    found = server.call("ocm__get_session", session_id="S")
    assert found.data["work_summary"] == ["before", "after"]
    facts = system.show("S")
    assert facts is not None
    assert "c.py" in facts.files


@POSIX
@pytest.mark.long
@pytest.mark.parametrize("happens", [collects_garbage, switches_the_branch, stashes], ids=lambda event: event.__name__)
def test_a_server_works_on_whatever_git_did(system: Ours, happens: GitEvent) -> None:
    with at_work(system) as server:
        happens(system.world.project)
        goes_on(system, server)
    assert_whole(store_of(system))


@POSIX
@pytest.mark.long
def test_a_worktree_that_is_removed_under_a_server_costs_nothing(system: Ours) -> None:
    tree = system.world.root / "linked"
    system.world.git("worktree", "add", "-q", "-b", "side", str(tree))
    system.serving = tree
    system.hook("session-start", "W", cwd=tree, source="startup")
    with system.mcp() as server:
        assert not server.call("ocm__checkpoint", session_id="W", goal="g", work_summary=["before"]).error
        path = str(system.world.write("new.py", "new\n", base=tree))
        fields: dict[str, Any] = {"tool_input": {"file_path": path}, "tool_response": {"type": "create"}}
        system.hook("post-tool-use", "W", cwd=tree, tool_name="Write", **fields)
        system.world.git("worktree", "remove", "--force", str(tree))
        for tool, arguments in (
            ("ocm__checkpoint", {"session_id": "W", "work_summary": ["after"]}),
            ("ocm__list_sessions", {}),
        ):
            reply = server.call(tool, **arguments)
            assert not reply.error or reply.text.count("\n") == 0, "one sentence"
            assert "Traceback" not in reply.text
        assert not tree.exists(), "nothing of it was made again"
        end = json.dumps({"session_id": "W", "cwd": str(tree), "hook_event_name": "SessionEnd", "reason": "other"})
        assert system.raw_hook("session-end", end, cwd=system.world.project).exit == 0
    for path_of in system.store.glob("active_*"):
        os.utime(path_of, (1, 1))
    system.hook("session-start", "next", source="startup")  # which finishes what the dead one left
    facts = system.show("W")
    assert facts is not None
    assert facts.work_summary[0] == "before"
    assert "new.py" in facts.files, "what was only journaled is there, although the work tree is gone"
    assert_whole(store_of(system))


@POSIX
@pytest.mark.long
def test_a_store_that_is_moved_away_and_back_under_a_server_costs_nothing(system: Ours) -> None:
    aside = system.world.root / "aside"
    with at_work(system) as server:
        system.store.rename(aside)
        reply = server.call("ocm__checkpoint", session_id="S", work_summary=["in vain"])
        assert (reply.error, "ocm init" in reply.text) == (True, True)
        system.journal_edit("S", "lost.py")  # a hook says nothing and makes nothing
        assert not system.store.exists()
        aside.rename(system.store)
        goes_on(system, server)
    facts = system.show("S")
    assert facts is not None
    assert {"b.py", "c.py"} <= facts.files.keys()
    assert_whole(store_of(system))


@POSIX
@pytest.mark.long
def test_a_store_that_is_moved_for_good_works_where_it_is(system: Ours) -> None:
    elsewhere = system.world.new_repository("elsewhere")
    with at_work(system):
        shutil.move(str(system.store), str(elsewhere / STORE))
    there = Store(str(elsewhere / STORE), str(elsewhere))
    system.checkpoint("S", "--summary", "after", cwd=elsewhere).must_work()
    shown = json.loads(system.ocm("show", "S", "--json", cwd=elsewhere).must_work().out)
    assert shown["work_summary"] == ["before", "after"]
    assert not system.store.exists()
    assert_whole(there)


@POSIX
@pytest.mark.long
def test_a_store_that_is_deleted_in_use_is_not_made_again_and_a_new_one_works(system: Ours) -> None:
    with at_work(system) as server:
        shutil.rmtree(system.store)
        assert server.call("ocm__checkpoint", session_id="S", work_summary=["in vain"]).error
        system.journal_edit("S", "lost.py")
        assert not system.store.exists()
        system.init().must_work()
        assert not server.call("ocm__checkpoint", session_id="S", goal="g", work_summary=["before"]).error
        goes_on(system, server)
    assert_whole(store_of(system))


def test_a_store_deleted_between_two_hooks_is_not_made_again(repo: Project) -> None:
    repo.hook("session-start", source="startup")
    repo.checkpoint(goal="g")
    shutil.rmtree(repo.store.path)
    for event in ("user-prompt", "pre-tool-use", "post-tool-use", "pre-compact", "stop", "session-end"):
        repo.hook(event, tool_name="Edit", prompt="go on")
    assert not Path(repo.store.path).exists()


# --- a second machine, to which no lock reaches

# Locks live on the machine: each of a file's holders elsewhere is another one's business. So it is on network folders
# that do not pass them on, and with folders that are kept in step between machines.
_OWN_LOCKS = """
import fcntl, os
real_flock, real_close, held = fcntl.flock, os.close, {}

def flock(file, operation):
    number = file if isinstance(file, int) else file.fileno()
    found = os.fstat(number)
    if number not in held:
        path = os.path.join(os.environ["MACHINE"], f"{found.st_dev}-{found.st_ino}")
        held[number] = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    real_flock(held[number], operation)

def close(number):
    if number in held:
        real_close(held.pop(number))
    real_close(number)

fcntl.flock, os.close = flock, close
"""


class Machine:
    """A computer with its own home, its own locks and its own clock's zone, that has the project's folder mounted."""

    def __init__(self, folder: Path, project: Project, name: str) -> None:
        self.project = project
        home, locks, site = (folder / name / part for part in ("home", "locks", "site"))
        for path in (home, locks, site):
            path.mkdir(parents=True)
        (site / "sitecustomize.py").write_text(_OWN_LOCKS, encoding="utf-8")
        own = {"HOME": str(home), "OCM_HOME": str(home / STORE), "MACHINE": str(locks), "PYTHONPATH": str(site)}
        self.environment = {**os.environ, **own, "HOSTNAME": name, "TZ": "UTC" if name == "a" else "Asia/Kolkata"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [script("ocm"), *words], cwd=self.project.root, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def checkpoint(self, session_id: str, *words: str) -> subprocess.Popen[str]:
        """Start a checkpoint."""
        return self.start("checkpoint", "--session-id", session_id, "--tool", "x", *words)


def finished(processes: list[subprocess.Popen[str]]) -> None:
    """Wait for processes that must all do what they were told."""
    for process in processes:
        _, said = process.communicate(timeout=100)
        assert process.returncode == 0, said


@pytest.fixture
def machines(tmp_path: Path, project: Project) -> tuple[Machine, Machine]:
    return Machine(tmp_path, project, "a"), Machine(tmp_path, project, "b")


@POSIX
def test_locks_of_one_machine_do_not_reach_the_other(machines: tuple[Machine, Machine], project: Project) -> None:
    """The control: a lock that this process holds keeps nobody on the other machine waiting."""
    with files.locked(session_files.lock_path(project.store, "S")):
        finished([machines[1].checkpoint("S", "--goal", "g")])
    assert project.session().goal == "g"


@POSIX
@pytest.mark.long
@pytest.mark.parametrize("round_", range(3))
def test_sessions_of_two_machines_at_once_are_all_kept(
    machines: tuple[Machine, Machine], project: Project, round_: int
) -> None:
    """Even where they want the same file name in the same minute."""
    names = [f"{machine}-{number}" for machine in "ab" for number in range(3)]
    for turn in range(2):
        finished([
            machines[name[0] == "b"].checkpoint(name, "--slug", "the same", "--goal", name, "--summary", f"{name} {turn} before")
            for name in names
        ] + [machine.start("search", "--json", "before") for machine in machines])  # fmt: skip
    assert len(project.files()) == len(names), round_
    for path in project.files():
        session = parse.parse(path.read_text(encoding="utf-8"))
        assert session.goal == session.session_id
        assert session.work_summary == [f"{session.session_id} {turn} before" for turn in range(2)]
    assert_whole(project.store)


@POSIX
@pytest.mark.parametrize("is_first", [True, False], ids=["a new session", "a known one"])
def test_one_session_that_two_machines_store_at_once_is_merged(
    machines: tuple[Machine, Machine], project: Project, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    """The other one writes after this one has read: it notices, and begins again from what is there now."""
    if not is_first:
        project.checkpoint(goal="g", work_summary=["at first"])
    project.edited("a.py")
    turns = iter([True])

    def meanwhile(function: Callable[..., str]) -> Callable[..., str]:
        def then(*arguments: Any) -> str:
            done = function(*arguments)
            if next(turns, False):
                finished([machines[1].checkpoint("S", "--summary", "before", "--decision", "of the other machine")])
            return done

        return then

    with monkeypatch.context() as patch:
        for name in ("update_parsed", "render"):
            patch.setattr(render, name, meanwhile(getattr(render, name)))
        checkpoints.checkpoint(project.store, {"session_id": "S", "work_summary": ["after"]}, tool="x")
    session = project.session()
    assert session.work_summary == [*["at first"] * (not is_first), "before", "after"]
    assert (session.decisions, [change.path for change in session.files]) == (["of the other machine"], ["a.py"])
    assert_whole(project.store)


def test_a_name_that_another_machine_gives_away_in_this_moment_is_not_taken_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network folder may go on saying for seconds that a file is not there."""
    project.checkpoint("A", slug="the same", goal="of A")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    project.checkpoint("B", slug="the same", goal="of B")
    monkeypatch.undo()
    found = [parse.parse(path.read_text(encoding="utf-8")) for path in project.files()]
    assert sorted((session.session_id, session.goal) for session in found) == [("A", "of A"), ("B", "of B")]
    assert_whole(project.store)


def test_a_reader_never_meets_half_a_file(project: Project) -> None:
    """What another machine reads at any moment is one whole version: every write is a new file under the old name."""
    project.checkpoint(goal="g", work_summary=["x" * 20_000])
    with project.file().open("rb") as earlier:
        project.checkpoint(work_summary=["after"])
        assert "after" in project.file().read_text(encoding="utf-8")
        held = earlier.read().decode()
    assert parse.parse(held).work_summary == ["x" * 20_000]
