"""`python -m tests.load`: eight assistants in eight worktrees of one repository, all at work at once for two minutes.

Each makes a call every 300 ms (a hook before and one after it), stores a checkpoint after every fifth, searches after
every seventh, and has a prompt and the end of a turn around every tenth. Nothing may be lost, nobody locked out, nothing
left behind or running, and no hook's p99 reach three times its median; it exits 1 when one of these is missed. On a
machine that does other work `--lenient` shows the times and judges only the rest.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocm.markdown import parse
from ocm.recall import listing
from ocm.store.paths import STORE, Store
from tests.support.builders import git, repository, script

PACE = 0.3
_CHECKPOINT_EVERY, _SEARCH_EVERY, _TURN = 5, 7, 10
_SLOW = 3.0
_ENOUGH = 100  # times of a kind, before its p99 means anything
_PATIENCE = 60.0  # seconds, after which a process counts as locked out

Times = dict[str, list[float]]


@dataclass
class Assistant:
    """One assistant in its worktree, what was acknowledged to it, and what went wrong."""

    name: str
    root: Path
    stored: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def work(self, until: float, times: Times) -> None:
        """Make calls until the time is over."""
        self._hook("session-start", {"source": "startup"}, times)
        number = 0
        while time.monotonic() < until:
            start = time.monotonic()
            number += 1
            if number % _TURN == 1:
                self._hook("user-prompt", {"prompt": f"Go on with part {number}"}, times)
            self._call(number, times)
            if number % _CHECKPOINT_EVERY == 0:
                self.checkpoint(f"work-{self.name}-{number}", times)
            if number % _SEARCH_EVERY == 0:
                self._search(times)
            if number % _TURN == 0:
                self._hook("stop", {}, times)
            time.sleep(max(0.0, PACE - (time.monotonic() - start)))

    def _call(self, number: int, times: Times) -> None:
        path = self.root / f"{self.name}-{number}.py"
        call = {"tool_name": "Write", "tool_input": {"file_path": str(path)}}
        if "deny" in self._hook("pre-tool-use", call, times):
            self.wrong.append(f"call {number} was denied, although a checkpoint had been stored")
        path.write_text(f"{number}\n", encoding="utf-8")
        self._hook("post-tool-use", {**call, "tool_response": {"type": "create"}}, times)
        self.edited.append(path.name)

    def checkpoint(self, word: str, times: Times) -> None:
        """Store a word, which must be there in the end if it was acknowledged."""
        words = ["checkpoint", "--session-id", self.name, "--goal", self.name, "--summary", word]
        if self._run(["ocm", *words], "", times) is not None:
            self.stored.append(word)

    def _search(self, times: Times) -> None:
        said = self._run(["ocm", "search", "--json", f"work-{self.name}"], "", times)
        found = [row["session_id"] for row in json.loads(said or "[]")]
        if self.stored and self.name not in found:
            self.wrong.append(f"a search after {self.stored[-1]} finds {found}")

    def _hook(self, event: str, fields: dict[str, Any], times: Times) -> str:
        data = json.dumps({"session_id": self.name, "cwd": str(self.root), **fields})
        return self._run(["ocm-hook", event, "--tool", "claude-code"], data, times) or ""

    def _run(self, command: list[str], data: str, times: Times) -> str | None:
        """Run a command, note its time, and return what it printed; None when it failed or did not end."""
        start = time.perf_counter()
        whole = [script(command[0]), *command[1:]]
        try:
            done = subprocess.run(
                whole, cwd=self.root, input=data, capture_output=True, text=True, check=False, timeout=_PATIENCE
            )
        except subprocess.TimeoutExpired:
            self.wrong.append(f"{command[:2]} was locked out for {_PATIENCE:.0f} s")
            return None
        times[" ".join(command[:2])].append(time.perf_counter() - start)
        if done.returncode:
            self.wrong.append(f"{command[:2]}: {done.stderr.strip()[:200]}")
        return None if done.returncode else done.stdout

    def lost(self, store: Store) -> list[str]:
        """Return what was acknowledged and is in no session file."""
        texts = [path.read_text(encoding="utf-8") for path in Path(store.sessions).glob("*.md")]
        own = [text for text in texts if parse.session_id_of(text) == self.name]
        if len(own) != 1:
            return [f"{self.name} has {len(own)} files"]
        session = parse.parse(own[0])
        known = {os.path.basename(change.path) for change in session.files}
        lost = [word for word in self.stored if session.work_summary.count(word) != 1]
        lost += [name for name in self.edited if name not in known]
        counted = [] if f"calls {len(self.edited)}" in session.facts else [f"the count of {len(self.edited)} calls"]
        return lost + counted


def prepared(folder: Path, count: int) -> tuple[Store, list[Assistant]]:
    """Make a repository with a store, and a worktree for each assistant."""
    root = repository(folder / "project")
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "exclude").write_text(STORE + "\n", encoding="utf-8")
    store = Store(str(root / STORE), str(root))
    os.makedirs(store.sessions, mode=0o700)
    assistants = []
    for number in range(count):
        tree = folder / f"tree{number}"
        git(root, "worktree", "add", "-q", "-b", f"b{number}", str(tree))
        assistants.append(Assistant(f"W{number}", tree))
    return store, assistants


def crowd(store: Store, assistants: list[Assistant], seconds: float) -> tuple[Times, list[str]]:
    """Let all of them work at once; return how long each kind of process took, and everything that went wrong."""
    times: Times = defaultdict(list)
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=one.work, args=(until, times)) for one in assistants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in assistants:  # what the last calls journaled
        one.checkpoint("the end", times)
    wrong = [line for one in assistants for line in [*one.wrong, *(f"lost: {what}" for what in one.lost(store))]]
    return times, wrong + _cache(store, assistants) + _left(store) + still_running(store)


def _cache(store: Store, assistants: list[Assistant]) -> list[str]:
    """Return what is wrong with the cache: it must know everyone, and say what a new one says."""
    now = listing.list_sessions(store, -1)
    wrong = [f"listed: {now}"] if {row["session_id"] for row in now} != {one.name for one in assistants} else []
    for path in Path(store.path).glob("memory.db*"):
        path.unlink()
    return wrong + (["the cache differs from a new one"] if listing.list_sessions(store, -1) != now else [])


def _left(store: Store) -> list[str]:
    """Return what was left behind: locks, temporary files, journals of a take-over, and complaints of hooks."""
    names = [name for folder in (store.path, store.sessions) for name in os.listdir(folder)]
    odd = [name for name in names if name.startswith(("taken_", ".ocm-tmp-", "hook.log")) or name.endswith(".lock")]
    return [f"left behind: {name}" for name in odd]


def still_running(store: Store) -> list[str]:
    """Return the processes of ours that were left behind, where the system lists them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            where = os.readlink(folder / "cwd")
        except OSError:
            continue
        if os.path.dirname(store.root) in where and any(b"ocm" in os.path.basename(word) for word in words[:3]):
            found.append(f"still running: {b' '.join(words).decode(errors='replace')}")
    return found


def report(times: Times, wrong: list[str], assistants: list[Assistant]) -> list[str]:
    """Print the figures, and return which hooks are too slow."""
    slow = []
    print(f"{'process':24}{'times':>7}{'median':>11}{'p99':>11}{'p99/median':>12}   must be under")
    for name, each in sorted(times.items()):
        median = statistics.median(each)
        last = statistics.quantiles(each, n=100, method="inclusive")[-1] if len(each) > 1 else each[0]
        judged = name.startswith("ocm-hook") and len(each) >= _ENOUGH
        missed = judged and last >= _SLOW * median
        slow += [name] if missed else []
        limit = (f"{_SLOW:.1f}" + "  MISSED" * missed) if judged else "-"
        print(f"{name:24}{len(each):7}{1000 * median:8.0f} ms{1000 * last:8.0f} ms{last / median:12.2f}   {limit}")
    stored, edited = (
        sum(len(part) for part in parts)
        for parts in zip(*((one.stored, one.edited) for one in assistants), strict=True)
    )
    print(
        f"{stored} checkpoints and {edited} edits acknowledged; lost, denied, locked out or left behind: {len(wrong)}, must be 0"
    )
    for line in wrong[:20]:
        print(f"    {line}")
    return slow


def main() -> int:
    """Print the figures; 1 when one of them is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--assistants", type=int, default=8)
    parser.add_argument("--lenient", action="store_true", help="show the times, and judge only what was lost")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OCM_HOME"] = os.path.join(folder, "home")
        store, assistants = prepared(Path(folder), wanted.assistants)
        times, wrong = crowd(store, assistants, wanted.seconds)
    slow = report(times, wrong, assistants)
    missed = bool(wrong or (slow and not wanted.lenient))
    print("missed" if missed else "reached")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
