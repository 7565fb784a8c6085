"""Plays a history for real: git, the hooks as a host starts them, and the command line of one installation."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import clients, steps
from .clients import Client, Json
from .words import COMPONENTS, Item

STORE = ".openCodeMemory"
_GIT_CONFIG = """\
[user]
\tname = Tester
\temail = tester@example.org
[init]
\tdefaultBranch = main
[commit]
\tgpgsign = false
[core]
\tautocrlf = false
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
"""
_FOREIGN = ("CLAUDE", "OCM_", "GIT_", "XDG_", "COPILOT", "CODEX", "GEMINI", "OPENCODE", "CURSOR")
_SECONDS = 60
_MOST_DENIED = 5
_LOOKS = 6  # calls of an assistant that saves nothing, after which the gate has surely spoken


class BrokenError(Exception):
    """A step went wrong that has to work in any installation."""


class World:
    """One repository, and who works in it."""

    def __init__(self, folder: Path, programs: Path, seed: str) -> None:
        self._programs = programs
        self._seed = seed
        self._folder = folder
        self.ids: dict[str, str] = {}
        self.unsupported: list[str] = []
        self._clients: dict[str, Client] = {}
        self._places: dict[str, Path] = {}
        self._written = 0
        self._stored = 0
        self.main = self.root = folder / "project"
        self._environment = self._private("home")
        self._found()
        handlers: dict[type, Callable[[Any], None]] = {
            steps.Start: self._start,
            steps.Edit: self._edit,
            steps.Run: self._run,
            steps.Commit: self._commit,
            steps.Checkpoint: self._checkpoint,
            steps.CopyDenial: self._copy_denial,
            steps.Stop: self._stop,
            steps.End: self._end,
            steps.Crash: self._crash,
            steps.Switch: self._switch,
            steps.Squash: self._squash,
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

    def play(self, history: steps.History) -> str:
        """Return what the next conversation is told."""
        for step in history.steps:
            self._handlers[type(step)](step)
        self._wait()
        asking = Client(history.next_host, clients.new_id(history.next_host, f"{self._seed}/next"))
        return clients.told(self._hook(asking, "session-start", asking.start(str(self.root))))

    # --- the place

    def _private(self, name: str) -> dict[str, str]:
        home = self._folder / name
        home.mkdir(parents=True)
        (home / ".gitconfig").write_text(_GIT_CONFIG, encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        path = f"{self._programs}{os.pathsep}{kept.get('PATH', '')}"
        git = {"GIT_CONFIG_GLOBAL": str(home / ".gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        own = {"HOME": str(home), "USERPROFILE": str(home), "OCM_HOME": str(home / STORE)}
        return {**kept, **git, **own, "PATH": path, "NO_COLOR": "1"}

    def _found(self) -> None:
        self.root.mkdir()
        self._git("init", "-q", "--template=")
        for name, path, _ in COMPONENTS:
            self._write(path, f"The {name}\n" + "".join(f"{name} line {number}\n" for number in range(12)))
        said = self._ocm("init", "--host", "claude-code", "--local")
        if not (self.root / STORE).is_dir():
            raise BrokenError(f"ocm init made no store: {said}")
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "The project as it was")

    def _write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BrokenError(f"git {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def _ocm(self, *arguments: str, given: str = "", needed: bool = False) -> str | None:
        """Run a command; None where it fails, which is an error if it is `needed`."""
        command = [str(self._programs / "ocm"), *arguments]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode and needed:
            raise BrokenError(f"ocm {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return None if done.returncode else done.stdout

    def _hook(self, client: Client, event: str, payload: Json) -> Json:
        """Run the hook as its host does, and read its answer."""
        place = {"CLAUDE_PROJECT_DIR": payload["cwd"]} if client.host == "claude-code" else {}
        done = subprocess.run(
            [str(self._programs / "ocm-hook"), event, "--tool", client.host],
            cwd=payload["cwd"],
            env={**self._environment, **place},
            input=json.dumps(payload).encode(),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode:
            raise BrokenError(f"ocm-hook {event} --tool {client.host}: {done.stderr.decode()}")
        answer: Json = json.loads(done.stdout) if done.stdout.strip() else {}
        return answer

    def _wait(self) -> None:
        """Times are kept in seconds: what comes after something stored begins in a later one, as it does with people."""
        if int(time.time()) <= self._stored:
            time.sleep(self._stored + 1.01 - time.time())

    # --- assistants

    def _start(self, step: steps.Start) -> None:
        self._wait()
        self.ids[step.who] = clients.new_id(step.host, f"{self._seed}/{step.who}")
        client = self._clients[step.who] = Client(step.host, self.ids[step.who])
        self._places[step.who] = self.root
        self._hook(client, "session-start", client.start(self._cwd(step.who)))
        self._hook(client, "user-prompt", client.prompt(self._cwd(step.who), step.prompt))

    def _cwd(self, who: str) -> str:
        return str(self._places[who])

    def _edit(self, step: steps.Edit) -> None:
        if not step.who:
            self._change(self.root, step)
            return
        client, place = self._clients[step.who], self._places[step.who]
        created = not (place / step.path).exists()
        before, after = client.edit(str(place), step.path, created=created)
        self._ask(client, before)
        self._change(place, step)
        self._hook(client, "post-tool-use", after)

    def _change(self, place: Path, step: steps.Edit) -> None:
        """Write lines that no other edit writes."""
        self._written += 1
        name = step.adds or f"step_{self._written}"
        target = place / step.path
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"    {name}_{number} = '{self._seed} {self._written}-{number}'\n" for number in range(6)]
        with target.open("a", encoding="utf-8") as file:
            file.write("".join(["\n", f"def {name}():\n", *lines]))

    def _ask(self, client: Client, before: Json) -> None:
        """Ask until a call may run, as an assistant does that tries again; the gate lets go of every one."""
        if any(not clients.denied(self._hook(client, "pre-tool-use", before)) for _ in range(_MOST_DENIED)):
            return
        raise BrokenError(f"never let through: {before}")

    def _run(self, step: steps.Run) -> None:
        client = self._clients[step.who]
        before, after = client.shell(self._cwd(step.who), step.command, failed=step.failed)
        self._ask(client, before)
        self._hook(client, "post-tool-use", after)

    def _commit(self, step: steps.Commit) -> None:
        if not step.who:
            self._store_commit(self.root, step.message)
            return
        client = self._clients[step.who]
        before, after = client.shell(self._cwd(step.who), f'git commit -am "{step.message}"')
        self._ask(client, before)
        self._store_commit(self._places[step.who], step.message)
        self._hook(client, "post-tool-use", after)

    def _store_commit(self, place: Path, message: str) -> None:
        self._wait()
        there, self.root = self.root, place
        try:
            self._git("add", "-A")
            self._git("commit", "-q", "--allow-empty", "-m", message)
        finally:
            self.root = there
        self._stored = int(time.time())

    def _checkpoint(self, step: steps.Checkpoint) -> None:
        given: Json = {
            "work_completed": [_worded(item, how) for item, how in step.completed],
            "work_pending": [item.text for item in step.pending],
            "decisions": [item.text for item, _ in step.decisions],
            "problems": [item.text for item, _ in step.problems],
        }
        if step.goal:
            given["goal"] = step.goal.text
        self._save(step.who, given)

    def _save(self, who: str, arguments: Json) -> None:
        """Call the checkpoint tool: the hooks around it, and between them the function that the tool is."""
        client, place = self._clients[who], self._places[who]
        before, after = client.checkpoint(str(place), arguments)
        self._wait()
        self._hook(client, "pre-tool-use", before)
        there, self.root = self.root, place
        given = {**arguments, "session_id": client.session_id, "tool": client.host}
        try:
            self._ocm("checkpoint", "--from-stdin", given=json.dumps(given), needed=True)
        finally:
            self.root = there
        self._stored = int(time.time())
        self._hook(client, "post-tool-use", after)

    def _copy_denial(self, step: steps.CopyDenial) -> None:
        """Look around until an edit is denied; send what the denial holds; edit."""
        client, place = self._clients[step.who], self._places[step.who]
        before, after = client.edit(str(place), step.path, created=False)
        for _ in range(_LOOKS):
            reason = clients.denied(self._hook(client, "pre-tool-use", before))
            if reason:
                self._save(step.who, clients.ready_made(reason))
                break
            ran, came = client.shell(str(place), "make test")
            self._hook(client, "pre-tool-use", ran)
            self._hook(client, "post-tool-use", came)
        else:
            self.unsupported.append("a denial to copy")
        self._ask(client, before)
        self._change(place, steps.Edit(step.path))
        self._hook(client, "post-tool-use", after)

    def _stop(self, step: steps.Stop) -> None:
        client, cwd = self._clients[step.who], self._cwd(step.who)
        if clients.denied(self._hook(client, "stop", client.stop(cwd, step.message, again=False))):
            self._hook(client, "stop", client.stop(cwd, step.message, again=True))
        self._stored = int(time.time())

    def _end(self, step: steps.End) -> None:
        client = self._clients[step.who]
        self._wait()
        self._hook(client, "session-end", client.end(self._cwd(step.who)))
        self._stored = int(time.time())

    def _crash(self, step: steps.Crash) -> None:
        self._stored = int(time.time())
        if step.aged:
            for journal in self._store().glob("*.jsonl"):
                os.utime(journal, (time.time() - 3600,) * 2)

    # --- git, and people

    def _switch(self, step: steps.Switch) -> None:
        self._git("switch", "-q", *(["-c"] if step.new else []), step.branch)

    def _squash(self, step: steps.Squash) -> None:
        self._wait()
        self._git("merge", "-q", "--squash", step.branch)
        self._git("commit", "-q", "-m", f"{step.branch.replace('/', ' ').replace('-', ' ')} (#{self._written})")
        self._git("branch", "-q", "-D", step.branch)
        self._stored = int(time.time())

    def _merge(self, step: steps.Merge) -> None:
        self._wait()
        self._git("merge", "-q", "--no-ff", "-m", f"Merge branch '{step.branch}'", step.branch)
        self._stored = int(time.time())

    def _rebase(self, step: steps.Rebase) -> None:
        self._wait()
        self._git("rebase", "-q", step.onto)
        self._stored = int(time.time())

    def _detach(self, _: steps.Detach) -> None:
        self._git("checkout", "-q", "--detach")

    def _worktree(self, step: steps.Worktree) -> None:
        place = self._folder / f"tree-{step.branch.replace('/', '-')}"
        self._git("worktree", "add", "-q", "-b", step.branch, str(place))
        self.root = place

    def _leave(self, _: steps.Leave) -> None:
        self.root = self.main

    def _clone(self, _: steps.Clone) -> None:
        place = self._folder / "clone"
        self._git("clone", "-q", str(self.main), str(place))
        shutil.copytree(self._store() / "sessions", place / STORE / "sessions")
        self._environment = self._private("other-home")
        self.root = self.main = place
        self._ocm("trust", needed=True)

    def _reset(self, step: steps.Reset) -> None:
        self._git("checkout", "-q", "--", step.path)

    def _store(self) -> Path:
        return self.main / STORE

    def _tick(self, step: steps.Tick) -> None:
        if step.command and self._by_number(step.command, step.item):
            return
        line = f"- [ ] {step.item.text}\n"
        ticked = "" if step.command == "drop" else line.replace("[ ]", "[x]", 1)
        for file in sorted((self._store() / "sessions").glob("*.md")):
            text = file.read_text(encoding="utf-8")
            if line in text:
                self._by_hand(file, text.replace(line, ticked))
                return
        raise BrokenError(f"nothing to tick: {step.item.text}")

    def _by_number(self, command: str, item: Item) -> bool:
        listed = self._ocm("todo", "--json")
        number = _number(json.loads(listed), item.text) if listed is not None else None
        if number is None or self._ocm(command, str(number)) is None:
            self.unsupported.append(f"ocm {command}")
            return False
        self._stored = int(time.time())
        return True

    def _note(self, step: steps.Note) -> None:
        if not step.who and self._ocm("note", step.item.text) is not None:
            return
        if not step.who:
            self.unsupported.append("ocm note")
        file = self._file(step.who)
        text = file.read_text(encoding="utf-8")
        facts = re.search(r"^```ocm$", text, re.MULTILINE)
        place = facts.start() if facts else len(text)
        self._by_hand(file, f"{text[:place].rstrip()}\n\n## Notes\n\n{step.item.text}\n\n{text[place:]}")

    def _add_todo(self, step: steps.AddTodo) -> None:
        if self._ocm("todo", "add", step.item.text) is not None:
            return
        self.unsupported.append("ocm todo add")
        for file in sorted((self._store() / "sessions").glob("*.md"), key=lambda file: -file.stat().st_mtime):
            text = file.read_text(encoding="utf-8")
            if (heading := "### Work To Be Completed\n\n") in text:
                self._by_hand(file, text.replace(heading, f"{heading}- [ ] {step.item.text}\n", 1))
                return

    def _file(self, who: str) -> Path:
        """Return the file of a session, or of the one that was written last."""
        files = sorted((self._store() / "sessions").glob("*.md"), key=lambda file: -file.stat().st_mtime)
        wanted = self.ids.get(who, "")
        return next(file for file in files if wanted in file.read_text(encoding="utf-8"))

    def _by_hand(self, file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        self._stored = int(time.time())

    def clear(self) -> None:
        """Take the folder away."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self._folder)


def _worded(item: Item, how: str) -> str:
    if how == steps.PAST:
        return item.past
    return f"{item.text}." if how == steps.DOTTED else item.text


def _number(listed: object, text: str) -> object:
    """Return the number under which an item is listed; the keys are searched, not known."""
    rows: Sequence[Any] = listed if isinstance(listed, list) else []
    for row in rows:
        values = row.values() if isinstance(row, dict) else ()
        if any(isinstance(value, str) and text in value for value in values):
            return next((value for value in values if type(value) is int), None)
    return None
