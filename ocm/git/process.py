"""The one runner of git: a question is one process with an environment of its own, bounded in time and in output.

Nothing is written to the repository, `os.environ` is never edited, and no program that a repository names is started.
What git cannot say is `UnknownError`. Light to import, because a hook asks for the deleted paths.
"""

import os

from ocm.base import processes
from ocm.git import filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from subprocess import Popen
    from typing import IO

MAX_OUTPUT = 16_000_000  # bytes; what lies beyond is not read
SECONDS, HOOK_SECONDS, STREAM_SECONDS = 10.0, 1.5, 600.0
GRACE = 1.0  # seconds between the end of the output and that of the process
MAX_ARGUMENTS = 20_000  # characters; Windows takes 32,767
_MAX_LINE = 65_536
# Git sets these for its own hooks; they name another index, or another repository, than the one asked about.
MISLEADING = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
        "GIT_GLOB_PATHSPECS",  # git refuses these three together with --literal-pathspecs
        "GIT_ICASE_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
    }
)
OPTIONS = (
    "--no-pager",
    "--no-optional-locks",  # an index.lock of ours would make the user's own git command fail
    "--literal-pathspecs",  # a file may be called `*.py`
    *("-c", "core.fsmonitor=false"),  # it would start a daemon, or run a program that the repository names
    *("-c", "log.showSignature=false"),  # as the repository says, it would run a program for each signed commit
    *("-c", "diff.autoRefreshIndex=false"),  # else `git diff` writes the index, whatever --no-optional-locks says
    *("-c", "diff.renameLimit=400"),  # the cost of inexact renames is the product of both sides
)


class UnknownError(Exception):
    """Git could not say; only who reads a stream to its broken end meets it outside this room."""


def run(
    top: str, *arguments: str, stdin: bytes = b"", seconds: float = 0, meanwhile: "Callable[[], object] | None" = None
) -> bytes:
    """Return what git prints in the work tree `top`, at most `MAX_OUTPUT` bytes of it.

    Args:
        top: The top of the work tree.
        arguments: The command of git and its arguments.
        stdin: What git reads.
        seconds: How long it may take; by default `SECONDS`.
        meanwhile: What to do while git works.

    Raises:
        UnknownError: there is no git, it fails, or it takes too long.
    """
    return _answers(top, [(arguments, stdin)], seconds, meanwhile)[0]


def run_all(
    top: str, *questions: tuple[str, ...], seconds: float = 0, meanwhile: "Callable[[], object] | None" = None
) -> list[bytes]:
    """Return the same of several questions, which git is asked all at once: most of the time it only starts.

    Raises:
        UnknownError: as `run`, of any of them.
    """
    return _answers(top, [(arguments, b"") for arguments in questions], seconds, meanwhile)


def _answers(
    top: str,
    questions: "Sequence[tuple[tuple[str, ...], bytes]]",
    seconds: float,
    meanwhile: "Callable[[], object] | None",
) -> list[bytes]:
    asked: list[_Question] = []
    try:
        for arguments, stdin in questions:
            asked.append(_Question(top, arguments, stdin))
        if meanwhile:
            meanwhile()
        return [question.answer(seconds or SECONDS) for question in asked]
    finally:
        for question in asked:
            question.end()


def stream(top: str, *arguments: str, stdin: bytes = b"") -> "Iterator[bytes]":
    """Return the lines that git prints, one at a time, cut where they are endless; for what would not fit in memory.

    Raises:
        UnknownError: as `run`, after the lines that came before.
    """
    import threading

    child, out = _started(top, arguments, stdin)
    timer = threading.Timer(STREAM_SECONDS, processes.end, (child,))
    timer.daemon = True
    timer.start()
    is_whole = False
    try:
        with out:
            while line := out.readline(_MAX_LINE):
                rest = line
                while rest and not rest.endswith(b"\n"):
                    rest = out.readline(_MAX_LINE)
                yield line
        is_whole = not child.wait(GRACE)
    finally:
        timer.cancel()
        if child.poll() is None:
            processes.end(child)
            child.wait()
    if not is_whole:
        raise UnknownError


def complaint(top: str) -> str | None:
    """Return what git says against the work tree `top`, empty when nothing; None when there is no git."""
    import subprocess

    asked = [*OPTIONS, "rev-parse", "--git-dir"]
    env = _plain(top) | {"LC_ALL": "C", "LANGUAGE": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - as in `_started`
            [_program(), *asked], cwd=top, env=env, capture_output=True, timeout=SECONDS, check=False
        )
    except (FileNotFoundError, PermissionError):
        return None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.decode("utf-8", "replace") if done.returncode else ""


def silenced(top: str) -> set[str]:
    """Return the filters that the repository of `top` names, none of which is run."""
    text = filters.settings(top)
    found = filters.names_in(text)
    if filters.are_elsewhere(text):
        found |= _named_elsewhere(top)
    return found


def filtered(top: str, names: "Collection[str]") -> set[str]:
    """Return which of the files of these names git would have to send through a filter that is not run.

    Raises:
        UnknownError: git cannot say.
    """
    if not names or not (silent := silenced(top)):
        return set()
    asked = b"".join(os.fsencode(name) + b"\0" for name in names)
    words = run(top, "check-attr", "-z", "--stdin", "filter", stdin=asked).split(b"\0")
    return {os.fsdecode(words[n]) for n in range(0, len(words) - 2, 3) if os.fsdecode(words[n + 2]) in silent}


def _named_elsewhere(top: str) -> set[str]:
    import subprocess

    asked = [*OPTIONS, "config", "-z", "--name-only", "--get-regexp", "^filter[.]"]
    try:
        done = subprocess.run(  # noqa: S603 - as in `_started`
            [_program(), *asked], cwd=top, env=_plain(top), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise UnknownError from None
    return filters.names_listed(done.stdout)


def environment(top: str) -> dict[str, str]:
    """Return the environment that git gets: this process's own, without what misleads git, and with bounds.

    Raises:
        UnknownError: git cannot say which filters the repository names.
    """
    plain = _plain(top)
    return plain | filters.off(silenced(top), plain)


def _plain(top: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in MISLEADING} | bounds(top)


def bounds(top: str) -> dict[str, str]:
    """Return the variables that keep git within the work tree `top`, off the network, and silent."""
    return {
        "GIT_CEILING_DIRECTORIES": os.path.dirname(top),  # a broken .git must not lead git to a repository further up
        "GIT_NO_LAZY_FETCH": "1",  # no network, where a partial clone lacks an object
        "GIT_ALLOW_PROTOCOL": "none",  # the same for a git that does not know that variable yet
        "GIT_TERMINAL_PROMPT": "0",
    }


class _Question:
    """One process of git, whose output another thread reads: a pipe cannot be waited for with a time limit."""

    __slots__ = ("_child", "_found", "_reader")

    def __init__(self, top: str, arguments: tuple[str, ...], stdin: bytes) -> None:
        import threading

        self._found: list[bytes] = []
        self._child, out = _started(top, arguments, stdin)
        self._reader = threading.Thread(target=_read, args=(out, self._found), daemon=True)
        self._reader.start()

    def answer(self, seconds: float) -> bytes:
        """Wait for the end of the output, and end whatever goes on after it."""
        import contextlib
        import subprocess

        self._reader.join(seconds)
        is_cut = bool(self._found) and len(self._found[0]) == MAX_OUTPUT
        if self._found and not is_cut:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(GRACE)
        status = self.end()
        self._reader.join(GRACE)  # what git started may hold the pipe open still: then the thread is left behind
        if not self._found or (status and not is_cut):
            raise UnknownError
        return self._found[0]

    def end(self) -> int:
        """End the process, if it still runs, and return its exit code."""
        if self._child.poll() is None:
            processes.end(self._child)
        return self._child.wait()


def _started(top: str, arguments: tuple[str, ...], stdin: bytes) -> "tuple[Popen[bytes], IO[bytes]]":
    """Start git in a session of its own, so that whatever it starts can be ended with it."""
    import subprocess

    try:
        child = subprocess.Popen(  # noqa: S603 - no shell, and no argument that could be an option comes from outside
            [_program(), *OPTIONS, *arguments],
            cwd=top,
            env=environment(top),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=processes.OWN_GROUP,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError):
        raise UnknownError from None
    if child.stdin is not None:
        _feed(child.stdin, stdin)
    if child.stdout is None:  # pragma: no cover - it is a pipe
        raise UnknownError
    return child, child.stdout


def _program() -> str:
    """Return the git to start: that of the PATH, and never one that lies in the current folder, where Windows looks."""
    if os.name != "nt":
        return "git"
    for folder in os.get_exec_path():  # pragma: no cover - Windows
        path = os.path.join(folder, "git.exe")
        if os.path.isabs(folder) and os.path.isfile(path):
            return path
    raise FileNotFoundError("git.exe")  # pragma: no cover - Windows


def _feed(pipe: "IO[bytes]", data: bytes) -> None:
    """Let another thread write: the pipe fills up while git waits for its own output to be read."""
    import threading

    threading.Thread(target=_write, args=(pipe, data), daemon=True).start()


def _write(pipe: "IO[bytes]", data: bytes) -> None:
    import contextlib

    with contextlib.suppress(OSError), pipe:  # git may end before it has read all
        pipe.write(data)


def _read(pipe: "IO[bytes]", found: list[bytes]) -> None:
    with pipe:
        found.append(pipe.read(MAX_OUTPUT))
