"""A small git repository with `ocm` set up in it by its own command, and the client to work there."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .claude import Claude
from .scripted_api import Json, Reply, Request, Script, call, dump, in_turn, say, story

if TYPE_CHECKING:
    from collections.abc import Generator

    from .network import Network

SCRIPTS = sysconfig.get_path("scripts")
SYSTEM_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/bin")
TOOLS = "mcp__opencodememory__ocm__"
CHECKPOINT = f"{TOOLS}checkpoint"
THRESHOLD = 5
HOOK_TEXTS = ("hook error", "hook additional context", "hook success", "hook blocking error", "hook feedback")
FILES = {
    "src/app.py": "def add(a, b):\n    return a + b\n",
    "src/names.py": 'FIRST = "one"\nSECOND = "two"\n',
    "README.md": "# A project\n",
}
ONE = ("src/names.py", '"one"', '"1"')
TWO = ("src/names.py", '"two"', '"2"')


def checkpoint(**arguments: object) -> Reply:
    """Make the model call the checkpoint tool."""
    return call(CHECKPOINT, **arguments)


def note(item: str, **arguments: object) -> Script:
    """Make a script that records one piece of work and ends its turn."""
    return in_turn(checkpoint(work_completed=[item], **arguments), say("Noted."))


def call_in(reason: str, tool: str = CHECKPOINT) -> Reply:
    """Make the call that a denial holds, exactly as it stands there."""
    at = reason.index(f"{tool} {{")
    arguments, _ = json.JSONDecoder().raw_decode(reason, at + len(tool) + 1)
    return call(tool, **arguments)


def holds_call(reason: str) -> bool:
    """Tell whether a denial is the long one, which holds the call to make, and not the line that comes after it."""
    return "checkpoint is due" in reason and f"{CHECKPOINT} {{" in reason


def command_in(reason: str) -> Reply:
    """Make the shell call that a denial holds, exactly as it stands there."""
    found = re.search(r"ocm checkpoint( --[a-z-]+ '[^']*')+", reason)
    assert found
    return call("Bash", command=found[0], description="Checkpoint")


def touch(path: str) -> Reply:
    """Make the model run a shell command that changes something."""
    return call("Bash", command=f"touch {path}", description="Make")


def hook_texts(request: Request) -> str:
    """Return what hooks have added to what the model is shown now."""
    return "\n".join(line for line in request.new_text.splitlines() if any(text in line for text in HOOK_TEXTS))


def brief(told: str) -> list[str]:
    """Return the lines of the one brief among what a model is told; Gemini CLI escapes what hooks say."""
    told = html.unescape(told)
    begin, end = "<ocm-notes>\n", "\n</ocm-notes>"
    assert told.count(begin) == 1, told
    return told.partition(begin)[2].partition(end)[0].splitlines()


def below(lines: list[str], heading: str) -> list[str]:
    """Return the items of a brief below a heading."""
    assert heading in lines, lines
    items = lines[lines.index(heading) + 1 :]
    others = [at for at, line in enumerate(items) if not line.startswith("- ")]
    return items[: others[0]] if others else items


def system_path() -> str:
    """Return a search path that has git and the usual tools, but not `ocm`."""
    git = shutil.which("git")
    assert git
    folders = dict.fromkeys([str(Path(git).parent), *SYSTEM_FOLDERS])
    return os.pathsep.join(f for f in folders if Path(f).is_dir() and not Path(f, "ocm-hook").exists())


@dataclass
class Bench:
    """One repository, one home and the client."""

    claude: Claude

    @property
    def project(self) -> Path:
        """The root of the repository."""
        return self.claude.project

    @property
    def store(self) -> Path:
        """The project's store."""
        return self.project / ".openCodeMemory"

    def command(self, *command: str) -> str:
        """Run a command in the repository, as its user would, and return what it prints."""
        environment = self.claude.environment()
        program = shutil.which(command[0], path=environment["PATH"])
        assert program, f"{command[0]} is not installed in {environment['PATH']}"
        done = subprocess.run(
            [program, *command[1:]], cwd=self.project, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command} exited with {done.returncode}: {done.stderr}"
        return done.stdout

    def ocm(self, *arguments: str) -> Any:
        """Run an `ocm` command with --json and return what it prints."""
        return json.loads(self.command("ocm", *arguments, "--json"))

    def doctor(self) -> Json:
        """Return what `ocm doctor` finds, whether something is wrong or not."""
        environment = self.claude.environment()
        program = shutil.which("ocm", path=environment["PATH"])
        assert program
        done = subprocess.run(
            [program, "doctor", "--json"],
            cwd=self.project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found: Json = json.loads(done.stdout)
        return found

    def session_ids(self) -> list[str]:
        """Return the ids of all sessions in the store, newest first."""
        return [session["session_id"] for session in self.ocm("list")]

    def show(self, session_id: str) -> Json:
        """Return one session."""
        session: Json = self.ocm("show", session_id)
        return session

    def at_work(self) -> str:
        """Return the id of the session whose journal was written to last, as the host's hooks have it."""
        newest = max(self.store.glob("active_*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        lines = [json.loads(line) for line in newest.read_text(encoding="utf-8").splitlines()]
        return str(next(line["session"] for line in lines if "session" in line))

    def active(self, session_id: str) -> Json:
        """Return what `ocm status` says of an active session."""
        (found,) = [session for session in self.ocm("status")["active"] if session["session_id"] == session_id]
        status: Json = found
        return status

    def is_shut(self, session_id: str) -> bool:
        """Tell whether the gate of an active session is shut, as `ocm status` says."""
        return self.active(session_id)["gate_shut"] is True

    def work(self, session_id: str) -> list[str]:
        """Return the completed work of a session."""
        done: list[str] = self.show(session_id)["work_completed"]
        return done

    def files(self, session_id: str) -> set[tuple[str, str]]:
        """Return the files of a session, each with the kind of its change."""
        return {(file["path"], file["change_type"]) for file in self.show(session_id)["files"]}

    def journal(self, session_id: str) -> Path:
        """Return the path of a session's journal."""
        return self.store / f"active_{session_id}.jsonl"

    def set_up(self, *options: str) -> None:
        """Set `ocm` up and commit what that has written."""
        self.command("ocm", "init", "--host", "claude-code", *options)
        self.commit()

    def commit(self) -> None:
        """Commit everything."""
        self.command("git", "add", "-A")
        self.command("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "Work")

    def read(self, path: str) -> Reply:
        """Make the model read a file of the repository."""
        return call("Read", file_path=str(self.project / path))

    def edit(self, path: str, old: str, new: str) -> Reply:
        """Make the model edit a file of the repository."""
        return call("Edit", file_path=str(self.project / path), old_string=old, new_string=new)

    def shut_the_gate(self) -> Generator[Reply, Request, Request]:
        """Make the model change something and look at the rest until the gate is shut; return what it is shown then."""
        for path in ("src/names.py", "src/app.py"):
            yield self.read(path)
        yield self.edit("src/app.py", "a + b", "b + a")
        for _ in range(THRESHOLD - 4):
            yield self.read("README.md")
        return (yield self.read("README.md"))

    def report(self, folder: Path) -> str:
        """Write every request to a file, and return what happened in short."""
        path = folder / "requests.jsonl"
        parts = []
        for run in self.claude.runs:
            dump(run.exchanges, path)
            parts.append(f"{story(run.exchanges)}\nexit code {run.exit_code} {run.stderr}")
        log = self.store / "hook.log"
        parts.append(log.read_text(encoding="utf-8") if log.exists() else "hook.log: none")
        words = "\n\n".join([*parts, f"All requests: {path}"])
        return words.encode("utf-8", "backslashreplace").decode()


def make_bench(binary: Path, folder: Path, network: Network, files: dict[str, str] | None = None) -> Bench:
    """Make a repository with one commit; `ocm` is not set up in it yet."""
    project, home = folder / "a project", folder / "home"
    home.mkdir()
    for name, content in (files or FILES).items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    variables = {"OCM_HOME": str(home / ".openCodeMemory"), "GIT_CONFIG_NOSYSTEM": "1"}
    bench = Bench(Claude(binary, project, home, os.pathsep.join([SCRIPTS, system_path()]), network, variables))
    bench.command("git", "init", "-q", "-b", "main")
    bench.commit()
    return bench
