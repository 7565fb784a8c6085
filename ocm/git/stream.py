"""Asking git about history, without GitPython and as a stream where an answer need not fit into memory.

As in gitrun.py, a question is one process, nothing is written, and what git cannot say is `UnknownError`. A stream
takes at most ten minutes, and its lines are cut where they are endless.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from ocm.base import processes
from ocm.git import process
from ocm.git.process import Place, UnknownError

_SECONDS, _MAX_LINE = 600.0, 65_536


def run(place: Place, *arguments: str, stdin: bytes = b"", seconds: float = 0) -> bytes:
    """Return what git prints to a question of `history`."""
    child, out, errors = _opened(place.top, *arguments, stdin=stdin)
    return process.output(child, out, errors, seconds)


def stream(place: Place, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
    """Return the lines that git prints, one at a time, cut where they are endless; for what would not fit in memory."""
    child, out, errors = _opened(place.top, *arguments, stdin=stdin)
    threading.Thread(target=process.read, args=(errors, -1, []), daemon=True).start()
    stop = threading.Timer(_SECONDS, processes.end, (child,))
    stop.daemon = True
    stop.start()
    whole = False
    try:
        with out:
            while line := out.readline(_MAX_LINE):
                rest = line
                while rest and not rest.endswith(b"\n"):
                    rest = out.readline(_MAX_LINE)
                yield line
        whole = not child.wait(process.GRACE)
    finally:
        stop.cancel()
        if child.poll() is None:
            processes.end(child)
            child.wait()
    if not whole:
        raise UnknownError


def _opened(top: str, *arguments: str, stdin: bytes) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
    """Start git without GitPython, whose import takes as long as a fifth of a `git blame`."""
    process.clear_environment()
    try:
        with tempfile.TemporaryFile() as source:  # a pipe could fill while git waits for its output to be read
            source.write(stdin)
            source.seek(0)
            child = subprocess.Popen(  # noqa: S603 - no shell, and no argument that could be an option comes from outside
                ["git", "-C", top, *process.OPTIONS, *arguments],  # noqa: S607 - the user's git is the one on the path
                env={**os.environ, **process.variables(top)},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=processes.OWN_GROUP,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
    except (OSError, ValueError):
        raise UnknownError from None
    if child.stdout is None or child.stderr is None:  # pragma: no cover - both are pipes
        raise UnknownError
    return child, child.stdout, child.stderr
