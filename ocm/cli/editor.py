"""The editor of a person, on the terminal in front of them: which one it is, and running it on a file."""

import os
import subprocess
import sys

from ocm.base.errors import OcmError

_USUAL = "notepad" if os.name == "nt" else "vi"


def is_there() -> bool:
    """Return whether anybody is there to edit: an editor without a terminal waits for ever, or breaks."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())


def named() -> str:
    """Return the command of the editor, as git finds it: `VISUAL` where the terminal can show it, `EDITOR`, `vi`."""
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    return ("" if dumb else os.environ.get("VISUAL", "")) or os.environ.get("EDITOR", "") or _USUAL


def run(path: str) -> None:
    """Let a person edit a file, and return when they are done.

    Raises:
        OcmError: there is no such editor, or it says that it failed.
    """
    command = named()
    words = [command, path] if os.name == "nt" else ["sh", "-c", f'{command} "$@"', command, path]
    sys.stdout.flush()
    try:
        code = subprocess.run(words, check=False).returncode  # noqa: S603 - what the user named
    except OSError as error:
        code = error.errno or 1
    if code:
        raise OcmError(f"The editor `{command}` ended with {code}.", "Name one that works in EDITOR.")
