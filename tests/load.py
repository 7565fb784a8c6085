"""`python -m tests.load`: eight assistants in eight worktrees of one repository, all at work at once for two minutes.

Each makes a call every 300 ms (a hook before and one after it), stores a checkpoint after every fifth and searches after
every seventh. Nothing may be lost, nobody locked out, nothing left running; the hooks' times are printed, and with
`--strict` a p99 above three times the median is a failure too.
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

from ocm import index, markdown
from ocm.paths import STORE, Store
from tests.builders import git, repository, script

PACE = 0.3
_CHECKPOINT_EVERY, _SEARCH_EVERY = 5, 7
_SLOW = 3.0


@dataclass
class Assistant:
    """One assistant in its worktree, what was acknowledged to it, and what went wrong."""

    name: str
    root: Path
    stored: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def work(self, until: float, times: dict[str, list[float]]) -> None:
        """Make calls until the time is over."""
        number = 0
        while time.monotonic() < until:
            start = time.monotonic()
            number += 1
            self._call(number, times)
            if number % _CHECKPOINT_EVERY == 0:
                word = f"work-{self.name}-{number}"
                done = self._run(
                    ["ocm", "checkpoint", "--session-id", self.name, "--goal", self.name, "--summary", word], "", times
                )
                if done:
                    self.stored.append(word)
            if number % _SEARCH_EVERY == 0:
                self._run(["ocm", "search", "--json", "work"], "", times)
            time.sleep(max(0.0, PACE - (time.monotonic() - start)))

    def _call(self, number: int, times: dict[str, list[float]]) -> None:
        path = self.root / f"{self.name}-{number}.py"
        call = {
            "session_id": self.name,
            "cwd": str(self.root),
            "tool_name": "Write",
            "tool_input": {"file_path": str(path)},
        }
        self._run(["ocm-hook", "pre-tool-use", "--tool", "claude-code"], json.dumps(call), times)
        path.write_text(f"{number}\n", encoding="utf-8")
        done = {**call, "tool_response": {"type": "create"}}
        if self._run(["ocm-hook", "post-tool-use", "--tool", "claude-code"], json.dumps(done), times):
            self.edited.append(path.name)

    def _run(self, command: list[str], data: str, times: dict[str, list[float]]) -> bool:
        start = time.perf_counter()
        done = subprocess.run(
            [script(command[0]), *command[1:]], cwd=self.root, input=data, capture_output=True, text=True, check=False
        )
        times[" ".join(command[:2])].append(time.perf_counter() - start)
        if done.returncode:
            self.wrong.append(f"{command[:2]}: {done.stderr.strip()[:200]}")
        return not done.returncode

    def lost(self, store: Store) -> list[str]:
        """Return what was acknowledged and is in no session file."""
        texts = [path.read_text(encoding="utf-8") for path in Path(store.sessions).glob("*.md")]
        own = [text for text in texts if markdown.session_id_of(text) == self.name]
        if len(own) != 1:
            return [f"{self.name} has {len(own)} files"]
        session = markdown.parse(own[0])
        known = {os.path.basename(change.path) for change in session.files}
        return [word for word in self.stored if word not in session.work_summary] + [
            name for name in self.edited if name not in known
        ]


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


def crowd(store: Store, assistants: list[Assistant], seconds: float) -> tuple[dict[str, list[float]], list[str]]:
    """Let all of them work at once; return how long each kind of process took, and everything that went wrong."""
    times: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=one.work, args=(until, times)) for one in assistants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in assistants:  # what the last calls journaled
        one._run(["ocm", "checkpoint", "--session-id", one.name, "--summary", "the end"], "", times)
    wrong = [line for one in assistants for line in [*one.wrong, *(f"lost: {what}" for what in one.lost(store))]]
    rows = index.read(store, lambda cache: cache.sessions(-1, "", ""))
    if sorted(row.session_id for row in rows) != sorted(one.name for one in assistants):
        wrong.append(f"listed: {[row.session_id for row in rows]}")
    left = [
        name for name in os.listdir(store.path) if name.startswith(("taken_", ".ocm-tmp-")) or name.endswith(".lock")
    ]
    return times, wrong + [f"left behind: {name}" for name in left] + still_running(store)


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


def main() -> int:
    """Print the figures; 1 when something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--assistants", type=int, default=8)
    parser.add_argument("--strict", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OCM_HOME"] = os.path.join(folder, "home")
        store, assistants = prepared(Path(folder), wanted.assistants)
        times, wrong = crowd(store, assistants, wanted.seconds)
    slow = []
    for name, each in sorted(times.items()):
        median, last = statistics.median(each), statistics.quantiles(each, n=100)[-1] if len(each) > 1 else each[0]
        print(
            f"{name:24} {len(each):5} times, median {1000 * median:.0f} ms, p99 {1000 * last:.0f} ms ({last / median:.1f}x)"
        )
        slow += [name] if last > _SLOW * median and name.startswith("ocm-hook") else []
    print(
        f"{sum(len(one.stored) for one in assistants)} checkpoints, {sum(len(one.edited) for one in assistants)} edits, {len(wrong)} wrong"
    )
    for line in wrong[:20]:
        print(f"    {line}")
    print(f"slower than {_SLOW:.0f} times the median: {', '.join(slow) or 'none'}")
    return 1 if wrong or (wanted.strict and slow) else 0


if __name__ == "__main__":
    sys.exit(main())
