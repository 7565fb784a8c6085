"""Starting the program as a process of its own: forked from here, where it is loaded already, or the real executable."""

import contextlib
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from typing import IO, Any, NoReturn

from tests.laws.crash.faults import SIZE, Layer, Slots

PATIENCE = 60.0
_LOOK, _STILL = 0.01, 3  # less than the time after which a lock is tried again
_REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
_SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")


@dataclass(frozen=True)
class Place:
    """Where a program runs: its project, a home of its own, and the log of the disk, if it keeps one."""

    project: str
    home: str
    log: str = ""

    @property
    def store(self) -> str:
        return os.path.join(self.project, ".openCodeMemory")


@dataclass
class Wish:
    """How a process is to fare: killed or stopped at a point, killed after a time, its clock and its time zone wrong."""

    kill_at: int = 0
    pause_at: int = 0
    after: float | None = None
    offset: float = 0.0
    zone: str = "UTC"
    real: bool = False
    wrapper: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of a process."""

    code: int
    out: bytes
    err: bytes
    points: int
    label: str

    @property
    def died(self) -> bool:
        """Whether it was killed, by a signal or (under a wrapper) in its place."""
        return self.code in {-signal.SIGKILL, 128 + signal.SIGKILL}

    @property
    def json(self) -> Any:
        """Return what it printed; None when that is nothing, or no JSON."""
        with contextlib.suppress(ValueError):
            return json.loads(self.out)
        return None


@dataclass
class Child:
    """A process that was started."""

    pid: int
    slots: Slots
    out: IO[bytes]
    err: IO[bytes]
    lifeline: int
    wish: Wish
    popen: subprocess.Popen[bytes] | None = field(default=None)

    def paused(self) -> bool:
        """Wait until it has stopped at its point, or has ended."""
        self._readable(PATIENCE)
        if os.read(self.lifeline, 1) != b"p":
            return False
        os.waitpid(self.pid, os.WUNTRACED)
        return True

    def run_on(self) -> None:
        """Wait for its end, or until it sleeps and comes no further: it waits for somebody then."""
        still, count = 0, -1
        while still < _STILL and not self._readable(_LOOK):
            before, count = count, self.slots.numbers()[0]
            still = still + 1 if count == before and self._sleeps() else 0

    def _sleeps(self) -> bool:
        """Tell whether it waits for anything but a processor, which a busy machine may keep from it for long."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] in {"S", "D"}
        return True

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> Result:
        """Wait for its end; one that lasts too long is killed, and that is an error."""
        if self.wish.after is not None and not self._readable(self.wish.after):
            os.kill(self.pid, signal.SIGKILL)
        if not self._readable(PATIENCE):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            raise TimeoutError(f"still running after {PATIENCE:.0f} s")
        code = self._reap()
        os.close(self.lifeline)
        with self.out, self.err:
            self.out.seek(0)
            self.err.seek(0)
            label = self.slots.label or ("at a random moment" if self.wish.after is not None else "")
            return Result(code, self.out.read(), self.err.read(), self.slots.numbers()[0], label)

    def _reap(self) -> int:
        if self.popen:
            return self.popen.wait()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _readable(self, seconds: float) -> bool:
        return bool(select.select([self.lifeline], [], [], seconds)[0])


def start(place: Place, argv: list[str], stdin: bytes, wish: Wish) -> Child:
    """Start `argv` (`ocm ...` or `ocm-hook ...`) in `place`."""
    out, err, given = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115 - they are closed with the process
    given.write(stdin)
    given.seek(0)
    if wish.real:
        return _start_real(place, argv, (given, out, err), wish)
    slots = Slots(mmap.mmap(-1, SIZE))
    slots.reset(wish.kill_at, wish.pause_at, wish.offset)
    lifeline, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(place, argv, (given.fileno(), out.fileno(), err.fileno()), wish, slots, theirs)
    os.close(theirs)
    given.close()
    return Child(pid, slots, out, err, lifeline, wish)


def run(place: Place, argv: list[str], stdin: bytes = b"", wish: Wish | None = None) -> Result:
    """Run a process to its end, whichever that is."""
    return start(place, argv, stdin, wish or Wish()).wait()


def ask(place: Place, questions: list[list[str]], wish: Wish) -> list[Result]:
    """Run several commands one after the other in one forked process that lives, and return what each printed."""
    with tempfile.TemporaryFile() as answers:
        pid = os.fork()
        if pid == 0:
            _answer(place, questions, wish, answers)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.seek(0)
        found = json.loads(answers.read() or b"[]")
    if code or len(found) != len(questions) or found[-1][0] == 70:
        raise RuntimeError(f"asking {questions} ended with {code}: {found[-1:]}")
    return [Result(code, out.encode(), err.encode(), 0, "") for code, out, err in found]


def _answer(place: Place, questions: list[list[str]], wish: Wish, answers: IO[bytes]) -> NoReturn:
    found = []
    try:
        _enter(place, wish)
        for question in questions:
            with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                code = _main(["ocm", *question])
                texts = []
                for stream in (out, err):
                    stream.seek(0)
                    texts.append(stream.read().decode(errors="replace"))
                found.append((code, *texts))
    except BaseException:  # noqa: BLE001 - nothing may get back into the parent's code
        found.append((70, "", traceback.format_exc()))
    with contextlib.suppress(BaseException):
        answers.write(json.dumps(found).encode())
        answers.flush()
    os._exit(0)


def environment(place: Place, wish: Wish) -> dict[str, str]:
    """Return the variables that a process gets, none of which leads out of `place`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OCM_", "CLAUDE_", "GIT_", "COV_"))
    }
    return {**kept, "HOME": place.home, "OCM_HOME": os.path.join(place.home, ".openCodeMemory"), "TZ": wish.zone}


def become(  # noqa: PLR0913, PLR0917 - what makes a process
    place: Place, argv: list[str], streams: tuple[int, int, int], wish: Wish, slots: Slots, lifeline: int = -1
) -> NoReturn:
    """Turn this process, a fork, into one that runs `argv`."""
    code = 70
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        _enter(place, wish)
        log = os.open(place.log, os.O_WRONLY | os.O_APPEND) if place.log else -1
        Layer(slots, place.store, lifeline=lifeline, log=log).install()
        code = _main(argv)
    except BaseException as error:  # noqa: BLE001 - nothing may get back into the parent's code
        os.write(2, f"{type(error).__name__}: {error}".encode())
    os._exit(code)


def _enter(place: Place, wish: Wish) -> None:
    os.chdir(place.project)
    os.environ.clear()
    os.environ.update(environment(place, wish))
    time.tzset()


def _main(argv: list[str]) -> int:
    """Call the entry point of an executable, as the executable does."""
    sys.argv = argv
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115 - they last as long as the process
        for number in range(3)
    )
    try:
        if argv[0] == "ocm-hook":
            from ocm.hook import main

            main.main()
        else:
            from ocm.cli import main as command_line

            command_line.main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _start_real(place: Place, argv: list[str], streams: tuple[IO[bytes], ...], wish: Wish) -> Child:
    given, out, err = streams
    descriptor, name = tempfile.mkstemp(dir=place.home)
    os.ftruncate(descriptor, SIZE)
    slots = Slots(mmap.mmap(descriptor, SIZE))
    os.close(descriptor)
    slots.reset(wish.kill_at, 0, wish.offset)
    told = {"slots": name, "log": place.log, "root": place.store}
    python_path = os.pathsep.join((_SITE, _REPOSITORY))
    env = {**environment(place, wish), "OCM_CRASH": json.dumps(told), "PYTHONPATH": python_path}
    program = os.path.join(os.path.dirname(sys.executable), argv[0])
    lifeline, theirs = os.pipe()
    popen = subprocess.Popen(
        [*wish.wrapper, program, *argv[1:]],
        stdin=given, stdout=out, stderr=err, cwd=place.project, env=env, pass_fds=(theirs,),
    )  # fmt: skip
    os.close(theirs)
    given.close()
    return Child(popen.pid, slots, out, err, lifeline, wish, popen)
