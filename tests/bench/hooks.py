"""What a hook costs over a bare interpreter: `python -m tests.bench.hooks`.

Installed from the wheel, alternating runs of both in the same minute, medians; once in a repository of three files and
once in one of 30,000 files with 500 dirty ones. Exits 1 where a figure is missed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

RUNS = 30
MOST_OVER_BARE = 2.0
MOST_OVER_SMALL = 1.1
ROOT = Path(__file__).resolve().parents[2]


def install(folder: Path) -> Path:
    """Build the wheel and install it into an environment of its own; return the folder of its commands."""
    venv.create(folder / "env", with_pip=True)
    commands = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    python = commands / "python"
    _run(python, "-m", "pip", "-q", "--disable-pip-version-check", "wheel", "--no-deps", "-w", folder / "dist", ROOT)
    wheel = next((folder / "dist").glob("*.whl"))
    _run(python, "-m", "pip", "-q", "--disable-pip-version-check", "install", "--no-deps", wheel)
    return commands


def _run(*command: object, cwd: Path | None = None) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([str(word) for word in command], check=True, cwd=cwd, env=environment)


def repository(folder: Path, files: int, dirty: int) -> Path:
    """Make a repository of `files` committed files, `dirty` of which are changed, with a store."""
    for number in range(files):
        path = folder / f"d{number % 300}" / f"f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value = {number}\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".openCodeMemory/\n", encoding="utf-8")
    _run("git", "init", "-q", cwd=folder)
    _run("git", "add", "-A", cwd=folder)
    _run("git", "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-q", "-m", "all", cwd=folder)
    for number in range(dirty):
        (folder / f"d{number % 300}" / f"f{number}.py").write_text("changed\n", encoding="utf-8")
    (folder / ".openCodeMemory" / "sessions").mkdir(parents=True)
    return folder


def payload(project: Path, event: str, session: str) -> bytes:
    """Return what Claude Code sends for a call of its editing tool."""
    return json.dumps({
        "session_id": session,
        "transcript_path": str(project / "t.jsonl"),
        "cwd": str(project),
        "permission_mode": "acceptEdits",
        "hook_event_name": event,
        "tool_name": "Edit",
        "tool_input": {"file_path": str(project / "d0" / "f0.py"), "old_string": "a", "new_string": "b"},
        "tool_response": {"filePath": str(project / "d0" / "f0.py"), "structuredPatch": []},
        "tool_use_id": "toolu_1",
    }).encode()  # fmt: skip


class Timer:
    """Times commands as whole processes, with nothing of this environment in the way."""

    def __init__(self, commands: Path, home: Path) -> None:
        self.commands = commands
        self.environment = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8"}
        self.seconds: dict[str, list[float]] = {}

    def once(self, name: str, command: list[str], data: bytes, project: Path) -> None:
        """Run one command and keep how long it took."""
        start = time.perf_counter()
        subprocess.run(
            [str(self.commands / command[0]), *command[1:]],
            input=data,
            cwd=project,
            env=self.environment,
            check=True,
            capture_output=True,
        )
        self.seconds.setdefault(name, []).append(time.perf_counter() - start)

    def median(self, name: str) -> float:
        """Return the median in milliseconds."""
        return statistics.median(self.seconds[name]) * 1000


def lines(project: Path, session: str) -> int:
    """Count the calls in a journal."""
    journal = project / ".openCodeMemory" / f"active_{session}.jsonl"
    return journal.read_bytes().count(b'{"e":"call"') if journal.exists() else 0


def measure(timer: Timer, projects: dict[str, Path]) -> None:
    """Run everything in turn, after two runs that do not count."""
    for turn in range(-2, RUNS):
        if turn == 0:
            timer.seconds.clear()
        for size, project in projects.items():
            timer.once("bare", ["python", "-c", "pass"], b"", project)
            for event, session in (("post-tool-use", "post"), ("pre-tool-use", "pre")):
                name = "PostToolUse" if event == "post-tool-use" else "PreToolUse"
                command = ["ocm-hook", event, "--tool", "claude-code"]
                timer.once(f"{event} {size}", command, payload(project, name, session), project)


def main() -> int:
    """Measure, print a table, and say whether every figure holds."""
    with tempfile.TemporaryDirectory(prefix="ocm-bench-") as name:
        folder = Path(name)
        commands = install(folder)
        projects = {
            "small": repository(folder / "small", 3, 0),
            "large": repository(folder / "large", 30_000, 500),
        }
        timer = Timer(commands, folder)
        measure(timer, projects)
        grown = {size: lines(project, "post") for size, project in projects.items()}
    return report(timer, grown)


def report(timer: Timer, grown: dict[str, int]) -> int:
    """Print the table; return 1 when a figure is missed or a journal did not grow by exactly its calls."""
    bare = timer.median("bare")
    print(f"bare interpreter: {bare:.1f} ms (n = {len(timer.seconds['bare'])})")
    missed = [f"the journal of {size} holds {n} lines, not {RUNS + 2}" for size, n in grown.items() if n != RUNS + 2]
    for event in ("post-tool-use", "pre-tool-use"):
        small, large = timer.median(f"{event} small"), timer.median(f"{event} large")
        print(f"{event}: {small:.1f} ms = {small / bare:.2f}x bare; in 30,000 files {large / small:.2f}x of that")
        if small / bare > MOST_OVER_BARE:
            missed.append(f"{event} takes {small / bare:.2f}x, more than {MOST_OVER_BARE}x")
        if large / small > MOST_OVER_SMALL:
            missed.append(f"{event} in 30,000 files takes {large / small:.2f}x, more than {MOST_OVER_SMALL}x")
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
