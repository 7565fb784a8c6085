"""Starting git, and asking it one question at a time. Nothing else in the project starts it but gitstream.py.

Every question is one process, takes at most ten seconds and never writes to the repository.
What git cannot answer is `UnknownError`, which git.py and githistory.py turn into None. Light to import, because a hook
asks for the deleted paths.
"""

import os
import posixpath

from ocm.base import processes
from ocm.git import parse
from ocm.store.paths import linked_git_dir, work_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from subprocess import Popen
    from typing import IO

_MAX_OUTPUT = 16_000_000  # bytes of names; what lies beyond is not looked at
_MAX_ARGUMENTS = 20_000  # characters; Windows takes 32,767
_SECONDS, _HOOK_SECONDS, GRACE = 10.0, 1.5, 1.0
# Git sets these for its own hooks; they name another index, or another repository, than the one asked about.
_MISLEADING = (
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
_DIFF = (
    "diff",
    "--raw",
    "--numstat",
    "-z",  # names as they are, not quoted
    "-M",
    "--no-abbrev",
    "--no-ext-diff",  # a configured diff program prints whatever it likes
    "--no-textconv",  # and this one would run a program for each file
    "--no-relative",  # names from the top, whatever diff.relative says
    "--ignore-submodules=dirty",  # where a submodule points counts; looking inside is one process each
)
_DELETED = (
    "diff-index",
    "-z",
    "--name-only",
    "--no-renames",
    "--diff-filter=D",
    "--ignore-submodules=all",
    "HEAD",
    "--",
)
_NAMES_OF_COMMITS = (
    "diff-tree",
    "--stdin",
    "-z",
    "-r",
    "-c",
    "--root",
    "--name-only",
    "--no-commit-id",
    "--no-renames",
)


class UnknownError(Exception):
    """Git could not say; no caller of git.py sees it, only who reads a stream to its broken end."""


class Place:
    """The top of a work tree (`top`), and where in it the caller's root lies (`prefix`)."""

    __slots__ = ("prefix", "top")

    def __init__(self, top: str, prefix: str) -> None:
        """Keep the real path of the top, and the root's name from there (empty for the top itself)."""
        self.top = top
        self.prefix = prefix

    @classmethod
    def find(cls, root: str) -> "Place | None":
        """Return the place of `root`, or None outside every work tree."""
        root = os.path.realpath(root)  # as git sees it
        top = work_tree(root)
        if top is None:
            return None
        prefix = os.path.relpath(root, top).replace(os.sep, "/")
        return cls(top, "" if prefix == "." else prefix)

    def outward(self, name: bytes) -> str:
        """Return a name from the top as a path from the caller's root."""
        path = parse.printable(name).split("/")
        base = self.prefix.split("/") if self.prefix else []
        shared = 0
        while shared < min(len(base), len(path) - 1) and base[shared] == path[shared]:
            shared += 1
        return "/".join([".."] * (len(base) - shared) + path[shared:])

    def inward(self, path: str) -> str:
        """Return a path from the caller's root, or an absolute one, as a printable name from the top; empty outside."""
        if os.path.isabs(path):
            folder, name = os.path.split(path)
            path = os.path.join(os.path.realpath(folder), name)
            top = os.path.join(self.top, "")
            if not path.startswith(top):
                return ""
            path = path[len(top) :].replace(os.sep, "/")
        else:
            path = posixpath.normpath(posixpath.join(self.prefix, path.replace(os.sep, "/")))
        outside = path in ("", ".", "..") or path.startswith("../")
        return "" if outside else parse.printable(parse.encoded(path))

    def on_disk(self, name: bytes) -> bytes:
        """Return where a name lies, as bytes, because not every name is text."""
        return os.path.join(os.fsencode(self.top), name)

    @property
    def git_dir(self) -> str:
        """The folder with this worktree's own HEAD and logs."""
        return linked_git_dir(self.top) or os.path.join(self.top, ".git")

    @property
    def common_dir(self) -> str:
        """The folder with what all worktrees share, such as the objects and the settings."""
        folder = self.git_dir
        return os.path.join(folder, os.fsdecode(read_tail(os.path.join(folder, "commondir")).strip()))

    @property
    def config(self) -> str:
        """The repository's own settings."""
        return read_tail(os.path.join(self.common_dir, "config")).decode("utf-8", "replace")


def read_tail(path: str, size: int = 1_000_000) -> bytes:
    """Return the last `size` bytes of a file, nothing when it cannot be read."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read(size)
    except OSError:
        return b""


def differences(place: Place, base: str) -> tuple[list[parse.Entry], bool]:
    """Return how the work tree differs from the commit or tree `base`, and whether that is all.

    Raises:
        UnknownError: as everywhere below.
    """
    tracked, others = _run_all(place.top, (*_DIFF, base, "--"), ("ls-files", "-z", "--others", "--exclude-standard"))
    new = (name for name in parse.names(others) if not name.endswith(b"/"))  # with one: another repository
    tracked_is_whole = len(tracked) < _MAX_OUTPUT
    entries = parse.parse_diff(tracked, whole=tracked_is_whole)
    entries += [parse.Entry("created", name, tracked=False) for name in new]
    return entries, tracked_is_whole and len(others) < _MAX_OUTPUT


def dirty(place: Place, commit: str) -> set[bytes]:
    """Return every tracked name, old or new, that is not as in `commit`."""
    entries = parse.parse_diff(_run(place.top, *_DIFF, commit, "--"))
    return {name for entry in entries for name in entry.names}


def files_at(place: Place, sha: str, names: set[str]) -> set[str]:
    """Return which of `names` were files (or submodules) in the commit `sha`, none when that is empty."""
    if not sha or not names:
        return set()
    few = sum(map(len, names)) < _MAX_ARGUMENTS
    arguments = ["--full-tree", sha, "--", *sorted(names)] if few else ["--full-tree", "-r", sha]
    lines = parse.names(_run(place.top, "ls-tree", "-z", *arguments))
    return names & {parse.printable(name) for name in map(parse.tree_name, lines)}


def names_in(place: Place, commits: list[str]) -> set[bytes]:
    """Return every name that these commits changed; of a merge only what it holds that no parent does."""
    if not commits:
        return set()
    return set(parse.names(_run(place.top, *_NAMES_OF_COMMITS, stdin=_lines(commits))))


def lost(place: Place, commits: list[str]) -> set[str]:
    """Return which of these commits no branch, tag or HEAD holds any more."""
    data = _run(place.top, "rev-list", "--stdin", "--not", "--all", stdin=_lines(commits))
    return set(data.decode().split()) & set(commits)


def young(place: Place, start: str, head: str, since: float) -> list[str]:
    """Return the commits between two that are not older than the instant `since`, the newest first."""
    return (
        _run(place.top, "rev-list", f"--max-age={int(since)}", f"{start}..{head}" if start else head).decode().split()
    )


def shows(place: Place, folder: str) -> bool:
    """Tell whether git tracks, or would add, anything in a folder below the top."""
    asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--")
    return bool(_run(place.top, *asked, folder))


def loose_object(place: Place, sha: str) -> str:
    """Return the file in which git first keeps an object."""
    return os.path.join(place.common_dir, "objects", sha[:2], sha[2:])


def deleted(place: Place) -> list[bytes]:
    """Return the tracked names that are gone, staged or not, in at most 1.5 s and without GitPython: a hook waits.

    Plumbing looks at the files' times only, where `git status` would read every file whose times changed.
    """
    return parse.names(_quick(place, *_DELETED))


def commit_times(place: Place, since: float, most: int) -> list[float]:
    """Return when the commits of HEAD that are not older than `since` were made, at most `most` of them."""
    words = _quick(place, "rev-list", "--timestamp", f"--max-age={int(since)}", f"--max-count={most}", "HEAD", "--")
    return [float(line.split()[0]) for line in words.splitlines()]


def log(place: Place, since: float, most: int) -> list[tuple[float, str, str, set[bytes]]]:
    """Return time, id, subject and changed names of the commits of HEAD not older than `since`, the latest first.

    Of a merge those names count that it holds otherwise than every parent.
    """
    style = ("--no-show-signature", "--no-color", "--no-decorate", "-z", "--format=%x01%ct%x09%H%x09%s")
    names = ("--name-only", "--no-renames", "-c", "--no-ext-diff", "--ignore-submodules=dirty")
    words = _quick(place, "log", *style, *names, f"--max-age={int(since)}", f"--max-count={most}", "HEAD", "--")
    found: list[tuple[float, str, str, set[bytes]]] = []
    for word in words.split(b"\0"):
        when, _, rest = word.removeprefix(b"\x01").partition(b"\t")
        if word.startswith(b"\x01") and when.isdigit() and b"\t" in rest:
            sha, _, subject = rest.decode("utf-8", "replace").partition("\t")
            found.append((float(when), sha, subject, set()))
        elif found and (name := word.removeprefix(b"\n")):
            found[-1][3].add(name)
    return found


def hashed(place: Place, paths: "Iterable[str]") -> list[str]:
    """Return the id that git would store each of these files under, converted as their attributes say."""
    names = [os.fsencode(path) for path in paths]
    oids = _quick(place, "hash-object", "--stdin-paths", stdin=b"".join(name + b"\n" for name in names))
    found = oids.decode("ascii", "replace").split()
    if len(found) != len(names):
        raise UnknownError
    return found


def _quick(place: Place, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return what git prints, without GitPython, whose import alone costs more than most answers may."""
    import subprocess

    clear_environment()
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, none of which can be taken for an option
            ["git", *OPTIONS, *arguments],  # noqa: S607 - the user's git is the one on the path
            cwd=place.top,
            env={**os.environ, **variables(place.top)},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_HOOK_SECONDS,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        raise UnknownError from None
    return done.stdout


def _lines(commits: list[str]) -> bytes:
    return "".join(f"{commit}\n" for commit in commits).encode()


def clear_environment() -> None:
    """Drop git's hook variables from this process, for good: GitPython can add to an environment, not take away."""
    if os.name == "nt":  # pragma: no cover - Windows would run a git.exe that lies in the project
        os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"
    for name in _MISLEADING:
        os.environ.pop(name, None)


def variables(top: str) -> dict[str, str]:
    """Return what git is told by its environment."""
    return {
        "GIT_CEILING_DIRECTORIES": os.path.dirname(top),  # a broken .git must not lead git to a repository further up
        "GIT_NO_LAZY_FETCH": "1",  # no network, where a partial clone lacks an object
        "GIT_TERMINAL_PROMPT": "0",
    }


def _run(top: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return what git prints, at most `_MAX_OUTPUT` bytes of it."""
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError:  # GitPython's way to say that there is no git
        raise UnknownError from None
    import tempfile

    clear_environment()
    command = [Git.GIT_PYTHON_GIT_EXECUTABLE or "git", "-C", top, *OPTIONS, *arguments]
    with tempfile.TemporaryFile() as source:  # a pipe could fill while git waits for its output to be read
        source.write(stdin)
        source.seek(0)
        try:
            # In a session of its own, so that whatever git started can be ended with it.
            handle = Git().execute(
                command, as_process=True, istream=source, env=variables(top), start_new_session=processes.OWN_GROUP
            )
        except (GitCommandNotFound, OSError, ValueError):
            raise UnknownError from None
    process, handle.proc = handle.proc, None  # its clean-up would wait for pipes that a reader is still using
    if process is None or process.stdout is None or process.stderr is None:  # pragma: no cover - both are pipes
        raise UnknownError
    return output(process, process.stdout, process.stderr)


def _run_all(top: str, *questions: tuple[str, ...]) -> list[bytes]:
    """Return the same of several questions, which git is asked all at once: most of the time it only starts."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(lambda question: _run(top, *question), questions))


def output(process: "Popen[bytes]", out: "IO[bytes]", errors: "IO[bytes]", seconds: float = 0) -> bytes:
    """Return what `process` prints; GitPython's own time limit is none on Windows, nor for a git behind a wrapper."""
    import contextlib
    import subprocess
    import threading

    found: list[bytes] = []
    reader = threading.Thread(target=read, args=(out, _MAX_OUTPUT, found), daemon=True)
    drain = threading.Thread(target=read, args=(errors, -1, []), daemon=True)  # endless warnings must not block it
    reader.start()
    drain.start()
    reader.join(seconds or _SECONDS)
    cut = bool(found) and len(found[0]) == _MAX_OUTPUT
    if found and not cut:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    if process.poll() is None:
        processes.end(process)
    status = process.wait()
    reader.join(GRACE)  # what git started may hold the pipes open still: then the threads are left behind
    drain.join(GRACE)
    if not found or (status and not cut):
        raise UnknownError
    return found[0]


def read(stream: "IO[bytes]", size: int, found: list[bytes]) -> None:
    """Read at most `size` bytes of a pipe (-1: all) into `found`, and close it."""
    with stream:
        found.append(stream.read(size))
