"""A store in a folder of its own, in which operations are run by processes and looked at by the model."""

import contextlib
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.laws.crash import mcp, ops, page, process
from tests.laws.crash.disk import Disk
from tests.laws.crash.model import THRESHOLD, Conversation, State
from tests.laws.crash.ops import GUEST, Kill, Op
from tests.laws.crash.page import Page
from tests.laws.crash.process import Place, Result, Wish
from tests.laws.crash.words import word

AGE, ORPHAN_AGE = 7200, 600
OFFSETS = (-400 * 86_400, -86_400, -3600, 0, 0, 700, 86_400)
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati")
IDS = (
    ("0f6c1f7e-6f0f-4f0e-9f0d-2f6f3d1c9a10", "7d1f8a52-aaaa-4bbb-8ccc-123456789012", "conversation_3"),
    ("0012345", "agent:7/x é", "1.10"),
    ("a", "a.1", "null"),
)
_GUEST_ID = "guest-of-another-store"
_CUTS = 8


class ViolationError(AssertionError):
    """A law was broken."""


@dataclass
class Tally:
    """What was done, for the report."""

    sequences: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    real: int = 0
    stopped: int = 0


class World:
    """One store and what is known about it."""

    def __init__(self, seed: int, folder: str, *, power: bool = False, git: bool = False) -> None:
        self.chooser = random.Random(seed)  # noqa: S311 - not for secrets
        self.tally = Tally()
        self.offset, self.zone = 0.0, "UTC"
        self.broke = self.torn = False
        self.points = 0
        self.server: mcp.Server | None = None
        self.place = Place(os.path.join(folder, "project"), os.path.join(folder, "home"))
        self.sessions = os.path.join(self.place.store, "sessions")
        os.mkdir(self.place.home)
        os.makedirs(self.sessions, 0o700)
        os.chmod(self.place.store, 0o700)
        ids = IDS[seed % len(IDS)] if seed >= 0 else IDS[0]
        self.talks = {who: Conversation(session_id) for who, session_id in enumerate(ids)}
        self.pages: dict[str, Page] = {}
        self.written: set[str] | None = None
        if git:
            self._make_repository()
        process.ask(self.place, [["trust"]], process.Wish())  # as `ocm init` leaves a store: its user's own
        self.disk: Disk | None = None
        if power:
            self.place = replace(self.place, log=os.path.join(folder, "disk.log"))
            open(self.place.log, "w").close()
            self.disk = Disk(os.path.realpath(self.place.store), self.place.log)
            self.disk.sync()

    def _make_repository(self) -> None:
        self.written = set()
        for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
            identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
            subprocess.run(["git", *identity, *command], cwd=self.place.project, check=True, capture_output=True)

    # --- running operations

    def run(self, op: Op) -> None:
        """Run one operation and look at what it left."""
        self.tally.operations[op.kind] += 1
        handler = getattr(self, "_do_" + op.kind.replace("-", "_"), None)
        if handler:
            handler(op)
        elif op.kind in ops.HOOKS + ops.CALLS + ops.COMMANDS:
            self._process(op)
        self.look()

    def _process(self, op: Op) -> None:
        if op.who not in self.talks or (op.kind == "retry" and not self.talks[op.who].last):
            return
        before = self._log_size()
        command = self.command(op)
        result = process.run(self.place, *command, self.wish(op))
        self.points = result.points
        died = result.died
        if died:
            self.tally.kills[result.label or "at a system call (strace)"] += 1
            self.torn |= result.label.startswith("in the middle")
        else:
            self._judge(op, result, before)
        self.tally.real += op.real
        self._turn(op, died=died)
        if died and op.kill and op.kill.how == "power":
            self.cut()

    def _do_mcp(self, op: Op) -> None:
        """Send a checkpoint to the server, which goes on living if it can."""
        if op.who not in self.talks:
            return
        wish = self.wish(op)
        self.server = self.server or mcp.start(self.place, wish)
        given = {"session_id": self.talks[op.who].session_id, **self.given(op)}
        passed = self.server.slots.numbers()[0]
        result = self.server.checkpoint(given, wish)
        self.points = self.server.slots.numbers()[0] - passed
        if result is None:
            self.hang_up()
        elif result.get("isError") or result["structuredContent"]["session_id"] != given["session_id"]:
            raise ViolationError(f"the server did not acknowledge: {result}")
        self._turn(op, died=result is None)
        if result is None and op.kill and op.kill.how == "power":
            self.cut()

    def hang_up(self) -> None:
        """Let the server go, or bury it."""
        if self.server is None:
            return
        label = self.server.slots.label
        code = self.server.close()
        self.server = None
        if label:
            self.tally.kills[f"{label} (server)"] += 1
            self.torn |= label.startswith("in the middle")
        elif code:
            raise ViolationError(f"the server ended with {code}")

    def wish(self, op: Op) -> Wish:
        """Return how the process of an operation is to fare."""
        wish = Wish(offset=self.offset, zone=self.zone, real=op.real)
        kill = op.kill or Kill("", 0)
        if kill.how == "time":
            wish.after = kill.at + (0.08 if op.real else 0)
        elif kill.how == "strace":
            calls = "write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,flock,mkdir,chmod"
            inject = f"inject={calls}:signal=KILL:when={int(kill.at)}"
            wish.wrapper = ("strace", "-f", "-o", os.devnull, "-e", f"trace={calls}", "-e", inject)
        elif kill.how:
            wish.kill_at = int(kill.at)
        return wish

    def command(self, op: Op) -> tuple[list[str], bytes]:
        """Return the command line and the input of an operation."""
        if op.kind in ops.CALLS:
            given = {"session_id": self.talks[op.who].session_id, **self.given(op)}
            return ["ocm", "checkpoint", "--from-stdin"], json.dumps(given).encode()
        if op.kind in ops.HOOKS:
            event, payload = self._payload(op)
            common = {"session_id": self.talks[op.who].session_id, "cwd": self.place.project}
            return ["ocm-hook", event, "--tool", "claude-code"], json.dumps({**common, **payload}).encode()
        arguments = {
            "list": ["list", "--json", "-n", "-1"],
            "search": ["search", "--json", self._some_word(op)],
            "show": ["show", "--json", self.talks[op.who].session_id],
            "rebuild": ["rebuild-index", "--json"],
            "status": ["status", "--json"],
        }
        return ["ocm", *arguments[op.kind]], b""

    def given(self, op: Op) -> dict[str, Any]:
        """Return the arguments of a checkpoint, but for the id."""
        return self.talks[op.who].last if op.kind == "retry" else ops.arguments(op)

    def path(self, op: Op) -> str:
        """Return the path that an operation edits, relative to the project."""
        return f"src/{word(op.n)}.py"

    def _payload(self, op: Op) -> tuple[str, dict[str, Any]]:
        path = os.path.join(self.place.project, self.path(op))
        if self.written is not None and op.kind in {"edit", "create", "sub", "edited"}:
            self.written.add(self.path(op))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"{word(op.n)}\n" * 9)
        edit = {"tool_name": "Edit", "tool_input": {"file_path": path}}
        pre = (edit, {"tool_name": "Bash", "tool_input": {"command": "ls"}}, {"tool_name": "Read", "tool_input": {}})
        own = {"tool_name": "mcp__opencodememory__ocm__checkpoint", "tool_use_id": f"t{op.n}", "tool_input": {}}
        payloads: dict[str, tuple[str, dict[str, Any]]] = {
            "start": ("session-start", {"source": _source(op)}),
            "prompt": ("user-prompt", {"prompt": self._prompt(op)}),
            "pre": ("pre-tool-use", pre[op.pick % 3]),
            "ask": ("pre-tool-use", own),
            "edit": ("post-tool-use", edit),
            "create": ("post-tool-use", {**edit, "tool_name": "Write", "tool_response": {"type": "create"}}),
            "shell": ("post-tool-use", {"tool_name": "Bash", "tool_input": {"command": "git commit -m x"}}),
            "read": ("post-tool-use", {"tool_name": "Read", "tool_input": {"file_path": path}}),
            "failed": ("post-tool-use", {**edit, "hook_event_name": "PostToolUseFailure"}),
            "sub": ("post-tool-use", {**edit, "agent_id": "agent-1"}),
            "edited": ("file-edited", {"file_path": path}),
            "compact": ("pre-compact", {}),
            "stop": ("stop", {}),
            "end": ("session-end", {"reason": "other"}),
        }
        return payloads[op.kind]

    @staticmethod
    def _prompt(op: Op) -> str:
        return f"Please do {word(op.n)} now"

    def _some_word(self, op: Op) -> str:
        words = sorted(self._words_of(op.who))
        return words[op.pick % len(words)] if words else "nothing"

    def _words_of(self, who: int) -> set[str]:
        """Return the words that must be in the file of a conversation, whichever of its states is the true one."""
        talk = self.talks[who]
        return set.intersection(*(set(state._words_once()) for state in talk.possible))

    # --- what the model makes of it

    def outcomes(self, op: Op, state: State) -> tuple[set[State], set[State]]:
        """Return what a conversation is after its own operation was done, and what it may be after that died."""
        if op.kind in ops.CALLS:
            given = self.given(op)
            stored = state.checkpoint(given)
            done = {stored, stored.opened()} if given.get("status") == "closed" else {stored}
            return done, {state, *done, replace(stored, counted=state.counted)}
        path = self.path(op)
        plain: dict[str, set[State]] = {
            "prompt": {state.prompt(self._prompt(op))},
            "edit": {state.call(path)},
            "create": {state.call(path)},
            "shell": {state.call()},
            "read": {state.call()},
            "failed": {state.call(), state.call(path)},
            "sub": {state.call(path, counts=False)},
            "edited": {state.call(path, counts=False)},
            "compact": {state.flushed()},
            "end": {state.flushed("closed"), state.flushed("closed").opened()},
        }
        if op.kind == "start":
            started = state.started(resumed=_source(op) == "resume")
            # a clock that went forward makes the live look dead
            plain["start"] = {*started, state.recovered(), *(one.flushed() for one in started)}
        done = plain.get(op.kind, {state, replace(state, ending=False)})
        if op.kind == "end":
            return done, {state, replace(state, ending=True), *done}
        # a line that was torn is no event, but it may count
        return done, {state, *done, *(replace(state, counted=after.counted) for after in done if after.calls)}

    def _turn(self, op: Op, *, died: bool) -> None:
        for who, talk in self.talks.items():
            talk.turn(
                {after for state in talk.possible for after in self._after(op, who, state, died=died)},
                durable=not died and who == op.who and op.kind in {*ops.CALLS, "compact", "end"},
            )
            if op.kind == "start" and who != op.who and talk.aged and not died and self._finds_orphans():
                talk.settle()
        own = self.talks.get(op.who)
        if own and op.kind in ops.HOOKS + ops.CALLS:
            own.aged = False
            if op.kind in ops.CALLS:
                own.last = self.given(op)
                own.slugs.add(own.last.get("slug", ""))

    def _after(self, op: Op, who: int, state: State, *, died: bool) -> set[State]:
        if who == op.who:
            return self.outcomes(op, state)[died]
        if op.kind != "start":
            return {state}
        if self.talks[who].aged and not died and self._finds_orphans():
            return {state.recovered()}
        return {state, state.recovered()}

    def _finds_orphans(self) -> bool:
        return AGE + self.offset > ORPHAN_AGE + 60

    def _judge(self, op: Op, result: Result, log_size: int) -> None:
        """Check what a process that was not killed said."""
        wrong = result.err.decode(errors="replace").strip()
        is_stranger = op.kind == "show" and not self.talks[op.who].name
        # a clock that jumped makes a new cache look left behind while it is built
        may_fail = is_stranger or (op.kind == "rebuild" and self.offset > ORPHAN_AGE)
        if result.code and not may_fail:
            raise ViolationError(f"{op.kind} ended with {result.code}: {wrong}")
        if self._log_size() != log_size:
            raise ViolationError(f"{op.kind} wrote to hook.log: {self._last_log_line()}")
        if op.kind in ops.CALLS and not (result.json and result.json["session_id"] == self.talks[op.who].session_id):
            raise ViolationError(f"the checkpoint was not acknowledged: {result.out!r} {wrong}")
        if op.kind == "pre":
            self._judge_gate(op, result)
        if op.kind == "status":
            self.judge_counts(result.json)
        if op.kind == "search" and self._some_word(op) != "nothing":
            found = [hit["session_id"] for hit in result.json][:1]
            if found != [self.talks[op.who].session_id]:
                raise ViolationError(f"search {self._some_word(op)} found {found}")

    def _judge_gate(self, op: Op, result: Result) -> None:
        counted = [state.counted for state in self.talks[op.who].possible]
        is_denied = b'"deny"' in result.out
        if is_denied and (max(high for _, high in counted) < THRESHOLD or op.pick % 3 == 2):
            raise ViolationError(f"denied after {counted} calls: {result.out!r}")

    def judge_counts(self, status: dict[str, Any]) -> None:
        """Check the calls that `ocm status` shows."""
        shown = {active["session_id"]: active["calls"] for active in status["active"]}
        for talk in self.talks.values():
            calls = shown.get(talk.session_id, 0)
            allowed = sorted({state.counted for state in talk.possible})
            if not any(low <= calls <= high for low, high in allowed):
                raise ViolationError(f"{talk.session_id}: status shows {calls} calls, the model allows {allowed}")

    # --- looking

    def look(self) -> None:
        """Read every session file and hold it against the model."""
        before, self.pages = self.pages, self._read_pages()
        owners = self._owners(self.pages)
        for session_id, talk in ((talk.session_id, talk) for talk in self.talks.values()):
            wrong = talk.strike(owners.get(session_id), frozenset(self.written or ()))
            if wrong:
                raise ViolationError(f"{session_id}: " + "; ".join(wrong[:6]))
            self._judge_name(before.get(talk.name), owners.get(session_id), talk)

    def _owners(self, pages: dict[str, Page]) -> dict[str, Page]:
        """Return which page is whose; none has two, and none is nobody's."""
        owners: dict[str, Page] = {}
        for found in pages.values():
            if found.session_id in owners:
                raise ViolationError(
                    f"{found.session_id} has two files: {found.name} and {owners[found.session_id].name}"
                )
            owners[found.session_id] = found
            self._judge_times(found)
        nobodys = set(owners) - {talk.session_id for talk in self.talks.values()}
        if nobodys:
            raise ViolationError(f"files of nobody: {sorted(nobodys)}")
        return owners

    def _read_pages(self) -> dict[str, Page]:
        pages = {}
        for name in sorted(os.listdir(self.sessions)):
            if name.endswith(".md"):
                with open(os.path.join(self.sessions, name), "rb") as file:
                    pages[name] = _parsed(name, file.read())
        return pages

    @staticmethod
    def _judge_times(found: Page) -> None:
        started = datetime.fromisoformat(found.front["started_at"])
        for name in ("updated_at", "ended_at"):
            value = found.front.get(name)
            if value and datetime.fromisoformat(value) < started:
                raise ViolationError(f"{found.name}: {name} {value} is before {started.isoformat()}")

    @staticmethod
    def _judge_name(before: Page | None, now: Page | None, talk: Conversation) -> None:
        if before and now and before.name != now.name and before.front.get("slug"):
            raise ViolationError(f"{before.name} was renamed to {now.name}")
        talk.name = now.name if now else ""

    def _log_size(self) -> int:
        with contextlib.suppress(OSError):
            return os.path.getsize(os.path.join(self.place.store, "hook.log"))
        return 0

    def _last_log_line(self) -> str:
        with open(os.path.join(self.place.store, "hook.log"), encoding="utf-8") as file:
            return file.read().strip().split("\n")[-1]

    # --- what a person and the world do

    def _do_write(self, op: Op) -> None:
        talk = self.talks.get(op.who)
        if talk is None or talk.name not in self.pages:
            return
        text = self.pages[talk.name].text
        by_hand, chunk, is_item = _edited_by_hand(text, op)
        path = os.path.join(self.sessions, talk.name)
        target = path if op.pick % 2 else path + "~"
        with open(target, "w", encoding="utf-8") as file:
            file.write(by_hand)
        if target != path:
            os.replace(target, path)
        if is_item:
            talk.turn(state.with_items("problems", [chunk]) for state in talk.possible)
        else:
            talk.turn(replace(state, hand=(*state.hand, chunk)) for state in talk.possible)
        self._sync()

    def _do_rename(self, op: Op) -> None:
        talk = self.talks.get(op.who)
        if talk is None or talk.name not in self.pages:
            return
        name = f"renamed-{op.n}.md"
        os.rename(os.path.join(self.sessions, talk.name), os.path.join(self.sessions, name))
        talk.name = name
        self._sync()

    def _do_forget_cache(self, op: Op) -> None:
        for name in os.listdir(self.place.store):
            if name == "memory.db" or (name.startswith("memory.db") and op.pick % 2):
                os.unlink(os.path.join(self.place.store, name))

    def _do_break_cache(self, op: Op) -> None:
        path = os.path.join(self.place.store, "memory.db")
        self.broke = True
        if os.path.exists(path):
            _break(path, op.pick)

    def _do_merge_in(self, op: Op) -> None:
        """Copy the session files of another store in, as a person who merges two machines does, or all that is in it."""
        if GUEST in self.talks:
            return
        talk = Conversation(_GUEST_ID)
        given = ops.arguments(replace(op, kind="semantic"))
        everything = self.written is None and op.pick % 2 == 1  # where git knows nothing of the file it is not listed
        other = self._other_store(op, given, everything=everything)
        states = {state.checkpoint(given) for state in talk.possible}
        talk.turn({state.call(self.path(op)) for state in states} if everything else states)
        talk.slugs.add(given.get("slug", ""))
        shutil.copytree(
            other if everything else os.path.join(other, "sessions"),
            self.place.store if everything else self.sessions,
            dirs_exist_ok=True,
        )
        (talk.name,) = os.listdir(os.path.join(other, "sessions"))
        self.talks[GUEST] = talk
        self._sync()

    def _other_store(self, op: Op, given: dict[str, Any], *, everything: bool) -> str:
        """Make a store of one conversation, with a journal if `everything` of it is wanted; returns its folder."""
        place = Place(self.place.project + "-2", self.place.home)
        os.makedirs(os.path.join(place.store, "sessions"))
        checkpoint = json.dumps({"session_id": _GUEST_ID, **given})
        edit = {"tool_name": "Edit", "tool_input": {"file_path": os.path.join(place.project, self.path(op))}}
        call = json.dumps({"session_id": _GUEST_ID, "cwd": place.project, **edit})
        commands = [(["ocm", "checkpoint", "--from-stdin"], checkpoint)]
        commands += [(["ocm-hook", "post-tool-use", "--tool", "claude-code"], call)] if everything else []
        for command, stdin in commands:
            result = process.run(place, command, stdin.encode())
            if result.code:
                raise ViolationError(f"the other store refuses: {result.err!r}")
        return place.store

    def _do_clock(self, op: Op) -> None:
        self.offset = OFFSETS[op.pick % len(OFFSETS)]

    def _do_zone(self, op: Op) -> None:
        self.zone = ZONES[op.pick % len(ZONES)]

    def _do_age(self, _: Op) -> None:
        """Let two hours pass over the journals."""
        for name in os.listdir(self.place.store):
            if name.endswith(".jsonl"):
                path = os.path.join(self.place.store, name)
                when = os.stat(path).st_mtime - AGE
                os.utime(path, (when, when))
        for talk in self.talks.values():
            talk.aged = True

    def _do_sync(self, _: Op) -> None:
        self._sync()

    def _sync(self) -> None:
        if self.disk:
            self.disk.sync()
            for talk in self.talks.values():
                talk.settle()

    def _do_power_cut(self, _: Op) -> None:
        if self.disk:
            self.cut()

    def cut(self) -> None:
        """Lose what no process made safe."""
        if self.disk is None:
            raise ViolationError("only a world with a disk can lose its power")
        if self.server:
            self.server.kill()
            self.server = None
        for talk in self.talks.values():
            talk.aged = False
            talk.name = ""
            talk.cut()
        for _ in range(_CUTS):
            contents = self.disk.remains(self.chooser)
            self._judge_remains(contents)
        self.disk.cut(contents, self.chooser)
        self.tally.cuts += 1
        self.broke = self.torn = True

    def _judge_remains(self, contents: dict[str, bytes]) -> None:
        """Check what a power cut may leave, before anything works on it again."""
        folder = os.path.realpath(self.sessions)
        texts = {os.path.basename(path): data for path, data in contents.items() if os.path.dirname(path) == folder}
        pages = {name: _parsed(name, data) for name, data in texts.items() if name.endswith(".md")}
        owners = self._owners(pages)
        journals = b"".join(data for path, data in contents.items() if path.endswith(".jsonl")).decode(errors="replace")
        for talk in self.talks.values():
            left = replace(talk, possible=set(talk.possible))
            wrong = left.strike(owners.get(talk.session_id), frozenset(self.written or ()))
            lost = [state.edits for state in left.possible if not all(path in journals for path in state.edits)]
            if wrong or len(lost) == len(left.possible):
                wrong = wrong or [f"of {sorted(lost[0])} something is neither in the file nor in the journals"]
                raise ViolationError(f"{talk.session_id}, after a power cut: " + "; ".join(wrong[:6]))

    # --- processes at once

    def _do_pair(self, op: Op) -> None:
        """Stop the first process at a point, let the second run as far as it can, and let the first go on."""
        first, second = op.parts
        size = self._log_size()
        one = process.start(self.place, *self.command(first), replace(self.wish(first), pause_at=op.pick))
        stopped = one.paused()
        self.tally.stopped += stopped
        two = process.start(self.place, *self.command(second), self.wish(second))
        if stopped:
            two.run_on()
            one.go_on()
        results = [one.wait(), two.wait()]
        self.points = results[0].points
        self._together(op.parts, results, size)

    def _do_crowd(self, op: Op) -> None:
        size = self._log_size()
        children = [process.start(self.place, *self.command(part), self.wish(part)) for part in op.parts]
        self._together(op.parts, [child.wait() for child in children], size)

    def _together(self, parts: tuple[Op, ...], results: list[Result], size: int) -> None:
        """Take what processes did at once for done in one order or another."""
        for part, result in zip(parts, results, strict=True):
            self.tally.operations[part.kind] += 1
            self._judge(part, result, size)
        for who, talk in self.talks.items():
            after: set[State] = set()
            for order in itertools.permutations(parts):
                states = talk.possible
                for part in order:
                    states = {state for before in states for state in self._after(part, who, before, died=False)}
                after |= states
            talk.turn(after)
            for part in parts:
                if part.who == who:
                    talk.aged = False
                    if part.kind in ops.CALLS:
                        talk.slugs.add(self.given(part).get("slug", ""))


def _source(op: Op) -> str:
    """Return what the host says a conversation starts from."""
    return ("startup", "resume", "clear", "compact")[op.pick % 4]


def _parsed(name: str, data: bytes) -> Page:
    try:
        return page.parse(name, data)
    except (page.UnreadableError, ValueError) as error:
        raise ViolationError(f"{name} is no whole session file: {error}") from error


def _edited_by_hand(text: str, op: Op) -> tuple[str, str, bool]:
    """Return the text with something added, what that is, and whether it is an item of the problems."""
    note = f"By hand: {word(op.n)}"
    kind = op.pick % 4
    if kind == 0 and "\n## Problems\n\n" in text:
        return text.replace("\n## Problems\n\n", f"\n## Problems\n\n- {note}\n", 1), note, True
    if kind == 1:
        key = f"x-note-{op.n}: {word(op.n)}\n"
        return text.replace("\n---\n", f"\n{key}---\n", 1), key, False
    if kind == 2 and "\n## " in text:
        chunk = f"<!-- {note} -->\n"
        return text.replace("\n## ", f"\n{chunk}\n## ", 1), chunk, False
    chunk = f"## Remarks {op.n}\n\n{note}.\n\n- one\n- two\n"
    return f"{text}\n{chunk}", chunk, False


def _break(path: str, pick: int) -> None:
    kind = pick % 6
    size = os.path.getsize(path)
    if kind == 0:
        os.truncate(path, size // 2)
    elif kind == 1:
        os.truncate(path, 0)
    elif kind in {2, 3}:
        with open(path, "r+b") as file:
            file.seek(0 if kind == 2 else pick * 4096 % max(size, 1))
            file.write(random.Random(pick).randbytes(4096))  # noqa: S311 - not for secrets
    elif kind == 4:
        os.unlink(path)
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE sessions(name TEXT)")
    else:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """Make a folder for a world, in memory where that is possible."""
    memory = "/dev/shm"  # noqa: S108 - a folder of its own is made in it
    base = memory if os.access(memory, os.W_OK) else None
    path = tempfile.mkdtemp(prefix="ocm-crash-", dir=base)
    try:
        yield os.path.realpath(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)
